"""What the houses of the simulated base have beyond their kind's parameter file, from ``data/base_houses.toml``."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, NamedTuple

from greenhouse.plant.climate.house import House, Pipes
from greenhouse.plant.parameters import ParameterFile, Unit, parse_parameters

BASE_HOUSES_FILE = Path(__file__).parent / "data" / "base_houses.toml"

Celsius = Annotated[float, Unit("degC", highest=50.0)]
DayOfYear = Annotated[float, Unit("d", lowest=1.0, highest=366.0)]


class Whitening(NamedTuple):
    """Mud or whitewash on the film of a solar greenhouse, which has no other shade.

    Attributes
    ----------
    light_kept_off : float
        Share.
    first_day, last_day : float
        Days of the year, both included.
    """

    light_kept_off: Annotated[float, Unit("1", highest=0.95)]
    first_day: DayOfYear
    last_day: DayOfYear


class Settling(NamedTuple):
    """How a house lives before the base begins.

    Attributes
    ----------
    days : float
    crop_age_d : float
        Since planting, at the beginning of the base.
    glass_heat_c, solar_heat_c, vent_from_c : float
        What its simple program keeps.
    """

    days: Annotated[float, Unit("d", lowest=1.0, highest=100.0)]
    crop_age_d: Annotated[float, Unit("d", highest=1000.0)]
    glass_heat_c: Celsius
    solar_heat_c: Celsius
    vent_from_c: Celsius


class StartingSetpoints(NamedTuple):
    """What the climate controllers hold until someone writes something else."""

    solar_heating_c: Celsius
    solar_ventilation_c: Celsius
    glass_heating_c: Celsius
    glass_ventilation_c: Celsius
    humidity_pct: Annotated[float, Unit("%", highest=100.0)]
    co2_ppm: Annotated[float, Unit("ppm", highest=5000.0)]


BASE_HOUSES_PARTS = {"aid_pipes": Pipes, "whitening": Whitening, "settling": Settling, "setpoints": StartingSetpoints}


@cache
def base_houses() -> ParameterFile:
    """The file of this project, read once."""
    text = BASE_HOUSES_FILE.read_text(encoding="utf-8")
    return parse_parameters(text, file=BASE_HOUSES_FILE.name, parts=BASE_HOUSES_PARTS)


def with_aid_pipes(house: House) -> House:
    """A solar greenhouse with pipes against frost."""
    return house._replace(pipes=base_houses().part("aid_pipes", Pipes))


def is_whitening_time(day: date) -> bool:
    """Whether films are splashed on a local day."""
    time = base_houses().part("whitening", Whitening)
    return time.first_day <= day.timetuple().tm_yday <= time.last_day


def whitened(house: House) -> House:
    """A house whose film is splashed for the summer."""
    cover, kept = house.cover, 1.0 - base_houses().part("whitening", Whitening).light_kept_off
    return house._replace(
        cover=cover._replace(
            beam_transmission=kept * cover.beam_transmission, diffuse_transmission=kept * cover.diffuse_transmission
        )
    )
