"""A sun and a sky that repeat day by day: solar time, no randomness. The weather generator is tested elsewhere.

Tests of the climate and `docs/validation.md` live through the same days.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

from greenhouse.plant.climate.house import House
from greenhouse.plant.climate.starting import resting_state
from greenhouse.plant.climate.state import Canopy, ClimateState, Flows
from greenhouse.plant.climate.step import step
from greenhouse.plant.moist_air import saturation_pa
from greenhouse.plant.surroundings import Equipment, Weather

LATITUDE_DEG = 39.6
JANUARY, JUNE = 15, 172
STILL = Equipment(
    roof_vent=0.0,
    bottom_vent=0.0,
    blanket=0.0,
    screen=0.0,
    shade=0.0,
    pipe_supply_c=15.0,
    pipe_flow=0.0,
    fog=0.0,
    fan=0.0,
    pad=0.0,
    lamp=0.0,
    circulation=0.0,
    co2_kg_ha_h=0.0,
    water_l_m2_h=0.0,
    water_ec_ms_cm=0.0,
    water_ph=6.0,
    water_c=15.0,
)
CROP = Canopy(lai=2.5, water_factor=1.0, respiration_umol_m2_s=2.0, assimilation_factor=1.0)


class Sky(NamedTuple):
    """A day that repeats."""

    day: int = JANUARY
    coldest_c: float = -20.0
    warmest_c: float = -8.0
    clear: float = 1.0
    wind_m_s: float = 2.0
    dew_point_c: float = -24.0
    deep_soil_c: float = 9.0


WINTER = Sky()
SUMMER = Sky(day=JUNE, coldest_c=13.0, warmest_c=26.0, dew_point_c=8.0, deep_soil_c=12.0)


def sun_deg(day: int, hour: float) -> tuple[float, float]:
    """Elevation and azimuth of the sun at solar time (Cooper's declination)."""
    declination = math.radians(23.45 * math.sin(2.0 * math.pi * (284 + day) / 365.0))
    latitude, angle = math.radians(LATITUDE_DEG), math.radians(15.0 * (hour - 12.0))
    up = math.sin(latitude) * math.sin(declination) + math.cos(latitude) * math.cos(declination) * math.cos(angle)
    east = -math.cos(declination) * math.sin(angle)
    north = math.sin(declination) * math.cos(latitude) - math.cos(declination) * math.cos(angle) * math.sin(latitude)
    return math.degrees(math.asin(up)), math.degrees(math.atan2(east, north)) % 360.0


def weather_at(sky: Sky, hour: float) -> Weather:
    """The weather at an hour of solar time."""
    elevation, azimuth = sun_deg(sky.day, hour)
    up = math.sin(math.radians(elevation))
    beam = sky.clear * 1250.0 * math.exp(-0.13 / up) if up > 0.02 else 0.0
    diffuse = (25.0 + 60.0 * up + (1.0 - sky.clear) * 300.0 * up) * min(1.0, elevation / 2.0) if up > 0.0 else 0.0
    half = (sky.warmest_c - sky.coldest_c) / 2.0
    air_c = sky.coldest_c + half + half * math.cos(2.0 * math.pi * (hour - 14.5) / 24.0)
    dew = sky.dew_point_c / 100.0
    bare = 0.711 + 0.56 * dew + 0.73 * dew * dew
    emissivity = bare + (1.0 - bare) * 0.9 * (1.0 - sky.clear)
    return Weather(
        air_c=air_c,
        vapor_pressure_pa=saturation_pa(sky.dew_point_c),
        wind_m_s=sky.wind_m_s,
        wind_from_deg=300.0,
        beam_normal_w_m2=beam,
        diffuse_w_m2=diffuse,
        sky_c=emissivity**0.25 * (air_c + 273.15) - 273.15,
        sun_elevation_deg=elevation,
        sun_azimuth_deg=azimuth,
        rain_mm_h=0.0,
        snow_mm_h=0.0,
        hail_mm_h=0.0,
        dust=0.0,
        co2_ppm=420.0,
        deep_soil_c=sky.deep_soil_c,
    )


def daylight_min(day: int) -> tuple[int, int]:
    """First and last minute of sun."""
    up = [minute for minute in range(1440) if sun_deg(day, minute / 60.0)[0] > 0.0]
    return up[0], up[-1]


class Moment(NamedTuple):
    """A minute of a day and what flowed in it."""

    minute: int
    weather: Weather
    equipment: Equipment
    before: ClimateState
    state: ClimateState
    flows: Flows


Control = Callable[[int, ClimateState, Weather], Equipment]


def by_clock(day: int) -> Control:
    """Blanket up an hour after sunrise, down half an hour before sunset; vents shut."""
    rise, fall = daylight_min(day)

    def control(minute: int, state: ClimateState, weather: Weather) -> Equipment:
        return STILL._replace(blanket=0.0 if rise + 60 <= minute <= fall - 30 else 1.0)

    return control


def always(equipment: Equipment) -> Control:
    """Everything stands where it is, day and night."""
    return lambda minute, state, weather: equipment


def live(house: House, sky: Sky, control: Control, *, days: int, canopy: Canopy = CROP) -> Iterator[Moment]:
    """Every minute of the days."""
    state = resting_state(12.0, sky.deep_soil_c, 80.0, 420.0)
    for minute in range(days * 1440):
        weather = weather_at(sky, minute % 1440 / 60.0)
        equipment = control(minute % 1440, state, weather)
        before = state
        state, flows = step(state, canopy, weather, equipment, house, 60.0)
        yield Moment(minute % 1440, weather, equipment, before, state, flows)


def last_day(house: House, sky: Sky, control: Control, *, days: int = 12, canopy: Canopy = CROP) -> list[Moment]:
    """The last of the days."""
    return list(live(house, sky, control, days=days, canopy=canopy))[-1440:]


def mean(values: Iterator[float] | list[float]) -> float:
    """The arithmetic mean."""
    found = list(values)
    return sum(found) / len(found)
