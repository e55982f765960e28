"""What a season is counted against: beyond which temperatures a crop suffers, and the band it is kept in."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated, NamedTuple

from greenhouse.plant.crops.parameters import CropKind
from greenhouse.plant.parameters import ParameterFile, Unit, parse_parameters

LIMITS_FILE = Path(__file__).parent / "data" / "limits.toml"

Celsius = Annotated[float, Unit("degC", lowest=-10.0, highest=50.0)]
Kilopascal = Annotated[float, Unit("kPa", highest=10.0)]


class Limits(NamedTuple):
    """Of a crop."""

    lowest_c: Celsius
    highest_c: Celsius
    band_low_c: Celsius
    band_high_c: Celsius
    vpd_low_kpa: Kilopascal
    vpd_high_kpa: Kilopascal
    light_mol_m2_d: Annotated[float, Unit("mol m-2 d-1", highest=60.0)]


@cache
def limits_file() -> ParameterFile:
    """The figures of all crops, with their words and sources."""
    parts = {crop.value: Limits for crop in CropKind}
    return parse_parameters(LIMITS_FILE.read_text("utf-8"), file=LIMITS_FILE.name, parts=parts)


def limits_of(crop: CropKind) -> Limits:
    """The figures of a crop."""
    return limits_file().part(crop.value, Limits)
