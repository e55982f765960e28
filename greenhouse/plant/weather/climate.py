"""A climate, month by month, from TOML: each row with its unit, what it is, and where the figures come from.

The form of a row is that of a parameter (`greenhouse.plant.parameters`) with twelve values, January first::

    [monthly.air_c]
    unit = "degC"
    zh = "月平均气温"
    en = "Mean air temperature"
    reference = "station record 1991-2020"
    values = [-10.5, -6.6, 0.3, 8.2, 14.8, 19.3, 21.0, 19.1, 13.6, 6.7, -1.9, -8.9]
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import Annotated, NamedTuple

from devices.profiles.fields import Fields, as_number
from greenhouse.plant.errors import ParameterError
from greenhouse.plant.parameters import Unit, parameters_of, units_of
from greenhouse.plant.weather.generator_parameters import DATA
from greenhouse.plant.weather.series import Place

Months = tuple[float, ...]
"""Twelve values, January first."""


class MonthlyClimate(NamedTuple):
    """What the generator aims at, and what its tests compare it with."""

    air_c: Annotated[Months, Unit("degC", lowest=-60.0, highest=50.0)]
    range_k: Annotated[Months, Unit("K", highest=40.0)]
    rh_pct: Annotated[Months, Unit("%", lowest=5.0, highest=100.0)]
    wind_m_s: Annotated[Months, Unit("m s-1", highest=30.0)]
    wind_from_deg: Annotated[Months, Unit("deg", highest=360.0)]
    precipitation_mm: Annotated[Months, Unit("mm", highest=2000.0)]
    wet_days: Annotated[Months, Unit("d", lowest=0.1, highest=31.0)]
    sunshine: Annotated[Months, Unit("1", lowest=0.05, highest=0.9)]
    global_mj_m2_d: Annotated[Months, Unit("MJ m-2 d-1", highest=50.0)]
    turbidity: Annotated[Months, Unit("1", lowest=1.0, highest=10.0)]
    clear_global_mj_m2_d: Annotated[Months, Unit("MJ m-2 d-1", highest=50.0)]
    clear_diffuse_mj_m2_d: Annotated[Months, Unit("MJ m-2 d-1", highest=50.0)]
    extraterrestrial_mj_m2_d: Annotated[Months, Unit("MJ m-2 d-1", highest=50.0)]
    noon_elevation_deg: Annotated[Months, Unit("deg", lowest=-90.0, highest=90.0)]
    day_length_h: Annotated[Months, Unit("h", highest=24.0)]
    erodibility: Annotated[Months, Unit("1", highest=1.0)]
    cold_waves: Annotated[Months, Unit("1", highest=10.0)]
    dust_storms: Annotated[Months, Unit("1", highest=10.0)]
    wet_snows: Annotated[Months, Unit("1", highest=10.0)]
    overcast_spells: Annotated[Months, Unit("1", highest=4.0)]
    hail_storms: Annotated[Months, Unit("1", highest=10.0)]


@dataclass(frozen=True, slots=True)
class Climate:
    """A place and its months."""

    place: Place
    monthly: MonthlyClimate


def parse_climate(text: str, *, file: str) -> Climate:
    """Read a climate.

    Raises
    ------
    ParameterError
        With every fault: a row missing or unknown, another unit, not twelve values, a value outside its range, no
        reference, no description in one of the two languages.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ParameterError(file, [f"is not TOML: {error}"]) from error
    faults: list[str] = []
    top = Fields(document, where="file", faults=faults)
    place = parameters_of(top, "place", Place)
    monthly = top.section("monthly", required=True)
    rows = []
    if monthly is not None:
        rows = [_row(monthly, name, unit) for name, unit in units_of(MonthlyClimate).items()]
        monthly.finish()
    top.finish()
    if faults:
        raise ParameterError(file, faults)
    return Climate(Place(*(one.value for one in place)), MonthlyClimate._make(rows))


def kangbashi() -> Climate:
    """The assumed climate of the base's own place, which comes with the system."""
    file = DATA / "kangbashi_climate.toml"
    return parse_climate(file.read_text("utf-8"), file=file.name)


def _row(monthly: Fields, name: str, unit: Unit) -> Months:
    row = monthly.nested(name)
    if row is None:
        if name not in monthly:
            monthly.fault(name, "is missing")
        return ()
    if (given := row.text("unit")) != unit.name and row.is_sound("unit"):
        row.fault("unit", f'"{given}" must be "{unit.name}"; convert the values')
    for words in ("zh", "en", "reference"):
        row.text(words)
    values = [as_number(value) for value in row.rows("values")]
    numbers = tuple(value for value in values if value is not None)
    if len(values) != 12 or len(numbers) != 12:
        row.fault("values", "must be twelve finite numbers, January first")
    for month, value in enumerate(numbers, start=1):
        if not unit.lowest <= value <= unit.highest:
            row.fault(
                "values", f"has {value:g} in month {month}, outside {unit.lowest:g} to {unit.highest:g} {unit.name}"
            )
    row.finish()
    return numbers
