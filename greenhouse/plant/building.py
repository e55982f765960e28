"""The door of the whole model: a house of a kind with a crop in it, and the state it starts from."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from greenhouse.plant.climate.checks import check_house
from greenhouse.plant.climate.house import House
from greenhouse.plant.climate.reading import read_house
from greenhouse.plant.climate.starting import resting_state
from greenhouse.plant.crops.lettuce import lettuce_photosynthesis
from greenhouse.plant.crops.parameters import CropKind, crop_parameters
from greenhouse.plant.crops.planting import crop_of_age
from greenhouse.plant.crops.state import NO_CROP
from greenhouse.plant.faults import PlantFaults, apply, tear, torn_fir_transmission, torn_leak
from greenhouse.plant.machinery import machinery_at_rest
from greenhouse.plant.outfit import glass_outfit, solar_outfit
from greenhouse.plant.roots import Medium, root_zone_at_start, root_zone_parameters
from greenhouse.plant.whole import Inside, WholeParameters, WholeState

START_AIR_C = 15.0
START_HUMIDITY_PCT = 75.0


class HouseKind(StrEnum):
    """A house that has a parameter file."""

    SOLAR_GREENHOUSE = "solar_greenhouse"
    GLASSHOUSE = "glasshouse"

    @property
    def medium(self) -> Medium:
        """What its crops usually stand in: soil in a solar greenhouse, slabs in a glasshouse."""
        return Medium.SOIL if self is HouseKind.SOLAR_GREENHOUSE else Medium.SUBSTRATE


def whole_house(kind: HouseKind, crop: CropKind, medium: Medium) -> WholeParameters:
    """A sound house of a kind with a crop.

    Raises
    ------
    ParameterError, PlantInputError
        If a parameter file is wrong or describes what cannot be.
    """
    house = read_house(kind.value)
    fitted = solar_outfit if kind is HouseKind.SOLAR_GREENHOUSE else glass_outfit
    return WholeParameters(
        house=house,
        outfit=fitted(house.shape.floor_area_m2),
        root_zone=root_zone_parameters(medium),
        crop=crop_parameters(crop),
        lettuce=lettuce_photosynthesis(),
        own_light_use=1.0 if crop is CropKind.LETTUCE else 0.0,
    )


def broken(sound: WholeParameters, faults: PlantFaults, ec_drift_days: float) -> WholeParameters:
    """A house with its faults.

    Parameters
    ----------
    sound : WholeParameters
        Without faults; what comes back is never given in again.
    ec_drift_days : float
        How long the probe of the feed unit has been drifting. [d]
    """
    return sound._replace(house=torn(sound.house, faults), outfit=apply(faults, sound.outfit, ec_drift_days))


def torn(house: House, faults: PlantFaults) -> House:
    """The house with the holes of its film: they breathe with the wind, and nothing there holds long-wave radiation."""
    hole = tear(faults, house.cover.area_m2_m2)
    vents, cover = house.vents, house.cover
    torn_house = house._replace(
        vents=vents._replace(leak=torn_leak(vents.leak, hole, vents.discharge, vents.wind_pressure)),
        cover=cover._replace(infrared_transmission=torn_fir_transmission(cover.infrared_transmission, hole)),
    )
    check_house(torn_house)
    return torn_house


def whole_at_start(
    parameters: WholeParameters, *, planted_at: datetime | None, now: datetime, deep_c: float, co2_ppm: float
) -> WholeState:
    """A house that was just shut, with everything at rest.

    Parameters
    ----------
    planted_at : datetime or None
        When its crop was planted; None for an empty house.
    now : datetime
        The moment that the state is of.
    deep_c, co2_ppm : float
        Soil two meters down, and carbon dioxide outside.

    Raises
    ------
    PlantInputError
        If the crop is planted in the future or too long ago.
    """
    crop = NO_CROP
    if planted_at is not None:
        crop = crop_of_age(parameters.crop, planted_at=planted_at, now=now)
    return WholeState(
        machinery=machinery_at_rest(START_AIR_C),
        inside=Inside(
            climate=resting_state(START_AIR_C, deep_c, START_HUMIDITY_PCT, co2_ppm),
            root_zone=root_zone_at_start(parameters.root_zone),
            crop=crop,
            respiration_umol_m2_s=0.0,
        ),
    )
