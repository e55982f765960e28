"""Dust and snow on the cover, water in the blanket (§1.4 (1), (4))."""

from __future__ import annotations

import math

from greenhouse.plant.climate.constants import MELTING_HEAT_J_KG
from greenhouse.plant.climate.house import Blanket, House, Soiling
from greenhouse.plant.climate.state import ClimateState
from greenhouse.plant.surroundings import Equipment, Weather

_DAY_S = 86400.0
_HOUR_S = 3600.0


def dust_after(dust: float, weather: Weather, blanket: float, soiling: Soiling, dt_s: float) -> float:
    """Share of the light that dust takes, a step later: it falls on what no blanket covers, and rain washes it off."""
    bare = 1.0 - blanket
    rate = soiling.dust_per_day * (1.0 + (soiling.storm_factor - 1.0) * weather.dust) / _DAY_S
    fallen = dust + bare * rate * dt_s * max(0.0, 1.0 - dust / soiling.dust_highest)
    washed = bare * weather.rain_mm_h * dt_s / _HOUR_S / soiling.wash_mm
    if fallen <= soiling.washed_dust:
        return fallen
    return soiling.washed_dust + (fallen - soiling.washed_dust) * math.exp(-washed)


def cleaned(state: ClimateState, house: House) -> ClimateState:
    """The state after someone washed the cover."""
    return state._replace(dust=min(state.dust, house.soiling.washed_dust))


def melting_mm_s(state: ClimateState, equipment: Equipment, soiling: Soiling, dt_s: float) -> float:
    """Snow that a warm cover melts. Under a blanket the snow lies on that and stays cold, as it does above a screen."""
    bare = (1.0 - equipment.blanket) * (1.0 - equipment.screen)
    rate = soiling.snow_melts_mm_h_k * max(0.0, state.cover_c) * bare / _HOUR_S
    return min(rate, state.snow_mm / dt_s)


def melting_heat_w_m2(melting: float) -> float:
    """Heat that melts so much snow, in millimeters a second. [W m-2]"""
    return melting * MELTING_HEAT_J_KG


def snow_after(state: ClimateState, weather: Weather, melting: float, soiling: Soiling, dt_s: float) -> float:
    """Snow on the roof a step later: it falls, melts, and slides off a cover that is above freezing."""
    slides = soiling.snow_slides_per_h / _HOUR_S if state.cover_c > 0.0 else 0.0
    lying = state.snow_mm + (weather.snow_mm_h / _HOUR_S - melting) * dt_s
    return max(0.0, lying) * math.exp(-slides * dt_s)


def blanket_wet_after(
    state: ClimateState, weather: Weather, equipment: Equipment, blanket: Blanket, dt_s: float
) -> float:
    """How wet the blanket is a step later: rain and wet snow soak it while it lies out, and it dries by and by.

    Snow below -2 °C is dry and falls off it; between -2 and 2 °C it is the wetter the warmer.
    """
    melted = min(1.0, max(0.0, (weather.air_c + 2.0) / 4.0))
    water_mm = (weather.rain_mm_h + melted * weather.snow_mm_h) * dt_s / _HOUR_S
    soaked = min(1.0, state.blanket_wet + equipment.blanket * water_mm / blanket.wetting_mm)
    if water_mm > 0.0:
        return soaked
    return soaked * math.exp(-dt_s / (blanket.drying_h * _HOUR_S))
