"""The equipment of the two kinds of house, from ``data/equipment.toml``."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from greenhouse.plant.actuators import DriveParameters, HeatingDesign, HeatingParameters
from greenhouse.plant.errors import PlantInputError
from greenhouse.plant.machinery import Dosing, Outfit, Supply
from greenhouse.plant.parameters import ParameterFile, parse_parameters
from greenhouse.plant.sentences import Sentence
from greenhouse.plant.watering import Pipework, WaterParameters

EQUIPMENT_FILE = Path(__file__).parent / "data" / "equipment.toml"

EQUIPMENT_PARTS = {
    "blanket": DriveParameters,
    "roll_up_vent": DriveParameters,
    "glass_vent": DriveParameters,
    "screen": DriveParameters,
    "shade": DriveParameters,
    "heating": HeatingParameters,
    "glass_heating_design": HeatingDesign,
    "dosing": Dosing,
    "water": WaterParameters,
}

SOUND_PIPEWORK = Pipework(pump=1.0, blocked=0.0, burst=0.0)
SOUND_SUPPLY = Supply(mains=1.0, boiler=1.0, ec_probe_error_ms_cm=0.0)


@cache
def equipment_parameters() -> ParameterFile:
    """The file of this project, read once."""
    text = EQUIPMENT_FILE.read_text(encoding="utf-8")
    return parse_parameters(text, file=EQUIPMENT_FILE.name, parts=EQUIPMENT_PARTS)


def solar_outfit(floor_m2: float) -> Outfit:
    """A solar greenhouse without faults: roll-up vents above and below, a blanket, a shading net.

    Raises
    ------
    PlantInputError
        If it has no floor.
    """
    return _outfit("roll_up_vent", floor_m2)


def glass_outfit(floor_m2: float) -> Outfit:
    """A glasshouse without faults: roof vents, a screen, a shading net.

    Raises
    ------
    PlantInputError
        If it has no floor.
    """
    return _outfit("glass_vent", floor_m2)


def _outfit(vent: str, floor_m2: float) -> Outfit:
    if not 0.0 < floor_m2 <= 1e6:
        raise PlantInputError(
            Sentence(
                "a floor of %(floor)s m² is no house: it must be above 0 and at most 1000000 m²", floor=f"{floor_m2:g}"
            )
        )
    read = equipment_parameters()
    return Outfit(
        floor_m2=floor_m2,
        roof_vent=read.part(vent, DriveParameters),
        bottom_vent=read.part(vent, DriveParameters),
        blanket=read.part("blanket", DriveParameters),
        screen=read.part("screen", DriveParameters),
        shade=read.part("shade", DriveParameters),
        heating=read.part("heating", HeatingParameters),
        dosing=read.part("dosing", Dosing),
        water=read.part("water", WaterParameters),
        pipework=SOUND_PIPEWORK,
        supply=SOUND_SUPPLY,
    )
