"""The door of the climate model: what no house can have is refused here, with its name, its value and what to do.

The step itself checks nothing, because it runs half a million times a year.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

from greenhouse.plant.climate.house import House
from greenhouse.plant.climate.state import Canopy, ClimateState
from greenhouse.plant.errors import PlantInputError
from greenhouse.plant.surroundings import Equipment, Weather


class _Range(NamedTuple):
    lowest: float
    highest: float


_SHARES: Final = (
    "roof_vent",
    "bottom_vent",
    "blanket",
    "screen",
    "shade",
    "pipe_flow",
    "fog",
    "fan",
    "pad",
    "lamp",
    "circulation",
)
_EQUIPMENT: Final = dict.fromkeys(_SHARES, _Range(0.0, 1.0)) | {
    "pipe_supply_c": _Range(-40.0, 110.0),
    "co2_kg_ha_h": _Range(0.0, 1000.0),
}
_WEATHER: Final = {
    "air_c": _Range(-60.0, 60.0),
    "vapor_pressure_pa": _Range(0.0, 8000.0),
    "wind_m_s": _Range(0.0, 60.0),
    "beam_normal_w_m2": _Range(0.0, 1400.0),
    "diffuse_w_m2": _Range(0.0, 1000.0),
    "sky_c": _Range(-100.0, 60.0),
    "sun_elevation_deg": _Range(-90.0, 90.0),
    "sun_azimuth_deg": _Range(-360.0, 720.0),
    "rain_mm_h": _Range(0.0, 500.0),
    "snow_mm_h": _Range(0.0, 100.0),
    "dust": _Range(0.0, 1.0),
    "co2_ppm": _Range(100.0, 5000.0),
    "deep_soil_c": _Range(-30.0, 40.0),
}
_CANOPY: Final = {
    "lai": _Range(0.0, 15.0),
    "water_factor": _Range(0.01, 1.0),
    "respiration_umol_m2_s": _Range(0.0, 100.0),
    "assimilation_factor": _Range(0.0, 5.0),
}
_HOUSE_OVER_ZERO: Final = ("pressure_pa", "floor_area_m2", "span_m", "roof_run_m", "mean_height_m")


def _check(of: NamedTuple, what: str, ranges: dict[str, _Range]) -> None:
    for name, value in of._asdict().items():
        if not math.isfinite(value):
            raise PlantInputError(f"{what} {name} is {value}; give a number")
        if name in ranges and not ranges[name].lowest <= value <= ranges[name].highest:
            raise PlantInputError(
                f"{what} {name} is {value:g}; give {ranges[name].lowest:g} to {ranges[name].highest:g}"
            )


def check_equipment(equipment: Equipment) -> None:
    """Refuse equipment that stands where none can.

    Raises
    ------
    PlantInputError
        Naming the first that is no number or outside its range.
    """
    _check(equipment, "equipment", _EQUIPMENT)


def check_weather(weather: Weather) -> None:
    """Refuse weather that no place on earth has.

    Raises
    ------
    PlantInputError
        Naming the first that is no number or outside its range.
    """
    _check(weather, "weather", _WEATHER)


def check_canopy(canopy: Canopy) -> None:
    """Refuse a canopy that no crop has.

    Raises
    ------
    PlantInputError
        Naming the first that is no number or outside its range.
    """
    _check(canopy, "canopy", _CANOPY)


def check_state(state: ClimateState) -> None:
    """Refuse a state with anything that is no number.

    Raises
    ------
    PlantInputError
        Naming the first.
    """
    _check(state, "state", {})


def check_house(house: House) -> None:
    """Refuse a house that has no floor, no air or no roof: the model divides by them.

    Raises
    ------
    PlantInputError
        Naming the first fault.
    """
    for part in house:
        _check(part, "house", {})
    for name in _HOUSE_OVER_ZERO:
        value = getattr(house.shape, name)
        if value <= 0.0:
            raise PlantInputError(f"house {name} is {value:g}; give more than 0")
    if house.cover.area_m2_m2 <= 0.0:
        raise PlantInputError(f"house cover area_m2_m2 is {house.cover.area_m2_m2:g}; give more than 0")
    if house.cover.beam_transmission + house.cover.solar_absorption > 1.0:
        raise PlantInputError("house cover lets pass and absorbs more than all of the light; lower one of the two")
    if not 0.0 < house.cover.sky_view + house.cover.ground_view <= 1.0:
        raise PlantInputError(
            "house cover sees no sky and ground, or more than all; sky_view and ground_view make up to 1"
        )
