"""What solar greenhouses are known to do, as figures of ours: published responses, and what is only plausible."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import date
from functools import cache
from typing import NamedTuple

from greenhouse.plant.climate.house import House
from greenhouse.plant.climate.starting import resting_state
from greenhouse.plant.climate.state import ClimateState
from greenhouse.plant.climate.step import step
from greenhouse.plant.surroundings import Equipment, Weather
from greenhouse.plant.weather.climate import kangbashi
from greenhouse.plant.weather.generator import generate
from greenhouse.plant.weather.generator_parameters import shipped_generator
from scripts.validate_plant.skies import (
    CROP,
    JANUARY,
    STILL,
    SUMMER,
    WINTER,
    Control,
    Moment,
    Sky,
    always,
    by_clock,
    daylight_min,
    last_day,
    mean,
)

MIXED = WINTER._replace(clear=0.85, coldest_c=-16.0, warmest_c=-5.0)
OPEN = STILL._replace(roof_vent=1.0, bottom_vent=1.0)
#: Ordinary days until the soil has forgotten how it began.
WEEKS = 20


class Change(NamedTuple):
    """A changed house against the usual one: light and mean air temperature."""

    light_pct: float
    air_k: float
    air_pct: float


def mean_air_c(moments: Iterable[Moment]) -> float:
    """Mean temperature of the air."""
    return mean([one.state.air_c for one in moments])


def captured_mj(moments: Iterable[Moment]) -> float:
    """Light that anything inside absorbs. [MJ m-2]"""
    flows = [one.flows for one in moments]
    parts = (one.sun_canopy_w_m2 + one.sun_floor_w_m2 + one.sun_wall_w_m2 + one.sun_air_w_m2 for one in flows)
    return sum(parts) * 60e-6


def light_mj(moments: Iterable[Moment]) -> float:
    """Light above the crop. [MJ m-2]"""
    return sum(one.flows.light_w_m2 for one in moments) * 60e-6


def usual_day(house: House) -> list[Moment]:
    """A mixed January day at the end of weeks of them, blanket by clock."""
    return last_day(house, MIXED, by_clock(JANUARY), days=WEEKS)


def raised(house: House, by_m: float) -> House:
    """Ridge lifted: the film grows with its chord, the mean height by half."""
    shape, cover = house.shape, house.cover
    higher_m = shape.ridge_height_m + by_m
    longer = math.hypot(shape.roof_run_m, higher_m) / math.hypot(shape.roof_run_m, shape.ridge_height_m)
    return house._replace(
        shape=shape._replace(ridge_height_m=higher_m, mean_height_m=shape.mean_height_m + by_m / 2.0),
        cover=cover._replace(area_m2_m2=cover.area_m2_m2 * longer),
    )


def apex_response(house: House, usual: list[Moment]) -> Change:
    """The ridge a meter higher."""
    higher = usual_day(raised(house, 1.0))
    warmer_k = mean_air_c(higher) - mean_air_c(usual)
    return Change(
        light_pct=100.0 * (light_mj(higher) / light_mj(usual) - 1.0),
        air_k=warmer_k,
        air_pct=100.0 * warmer_k / mean_air_c(usual),
    )


def sunk_response(house: House, usual: list[Moment], *, deep_soil_warmer_k: float = 0.0) -> Change:
    """The floor half a meter lower; the ground two meters under it may be warmer than that under a level floor."""
    sunk = house._replace(shape=house.shape._replace(sunk_m=0.5))
    sky = MIXED._replace(deep_soil_c=MIXED.deep_soil_c + deep_soil_warmer_k)
    moments = last_day(sunk, sky, by_clock(JANUARY), days=WEEKS)
    degrees = mean([max(0.0, one.state.air_c) for one in moments])
    before = mean([max(0.0, one.state.air_c) for one in usual])
    return Change(
        light_pct=100.0 * (captured_mj(moments) / captured_mj(usual) - 1.0),
        air_k=degrees - before,
        air_pct=100.0 * (degrees / before - 1.0),
    )


def by_sun_and_difference() -> Control:
    """Blanket up while the sun outweighs what an open roof loses: 6 W m-2 for each kelvin of difference."""
    covered, decided = 1.0, -1

    def control(minute: int, state: ClimateState, weather: Weather) -> Equipment:
        nonlocal covered, decided
        if minute // 15 != decided:
            decided = minute // 15
            up = max(0.0, math.sin(math.radians(weather.sun_elevation_deg)))
            sun_w_m2 = weather.beam_normal_w_m2 * up + weather.diffuse_w_m2
            needed = 6.0 * (state.air_c - weather.air_c) + (20.0 if covered else 0.0)
            covered = 0.0 if sun_w_m2 > needed else 1.0
        return STILL._replace(blanket=covered)

    return control


def blanket_rule_gain_k(house: House, autumn: Autumn) -> float:
    """Mean air temperature that the rule gains on the clock, over the 62 days of December and January."""
    ruled = through_winter(house, autumn, by_sun_and_difference())
    return mean(ruled.air_c) - mean(through_winter(house, autumn, by_clock(JANUARY)).air_c)


def coldest_c(moments: Iterable[Moment]) -> float:
    """Lowest temperature of the air."""
    return min(one.state.air_c for one in moments)


def night(moments: Iterable[Moment]) -> list[Moment]:
    """From two hours after sunset to sunrise, in January."""
    rise, fall = daylight_min(JANUARY)
    return [one for one in moments if one.minute < rise or one.minute > fall + 120]


def night_lift_k(moments: Iterable[Moment]) -> float:
    """Mean of inside above outside over the night."""
    return mean([one.state.air_c - one.weather.air_c for one in night(moments)])


def coldest_lift_k(moments: list[Moment]) -> float:
    """Coldest inside above coldest outside."""
    return coldest_c(moments) - min(one.weather.air_c for one in moments)


def noon_co2_ppm(moments: Iterable[Moment]) -> list[float]:
    """Carbon dioxide from 11 to 15 o'clock."""
    return [one.state.co2_ppm for one in moments if 11 * 60 <= one.minute <= 15 * 60]


def summer_day(house: House, lai: float) -> list[Moment]:
    """A cloudless June day with open vents."""
    return last_day(house, SUMMER, always(OPEN), days=4, canopy=CROP._replace(lai=lai))


def uptake_ml_m2_per_j_cm2(moments: list[Moment]) -> float:
    """Water that the crop takes for each joule of sun on a square centimeter outside."""
    sun_j_cm2 = 0.0
    for one in moments:
        up = max(0.0, math.sin(math.radians(one.weather.sun_elevation_deg)))
        sun_j_cm2 += (one.weather.diffuse_w_m2 + one.weather.beam_normal_w_m2 * up) * 60e-4
    return sum(one.flows.transpiration_kg_m2_s for one in moments) * 60.0 * 1000.0 / sun_j_cm2


def growth_g_m2(moments: Iterable[Moment]) -> float:
    """Dry matter of a day: gross sugar less 3 % of a grown crop's leaves and fruit, at 0.72 g/g."""
    sugar = sum(one.flows.assimilation_umol_m2_s for one in moments) * 60.0 * 30e-6
    return (sugar - 8.0) * 0.72


def air_changes_per_h(house: House, wind_m_s: float) -> float:
    """With open vents at 13 o'clock of a June day."""
    moments = last_day(house, SUMMER._replace(wind_m_s=wind_m_s), always(OPEN), days=2)
    noon = next(one for one in moments if one.minute == 13 * 60)
    return noon.flows.ventilation_m3_m2_s * 3600.0 / house.shape.mean_height_m


def without_net(house: House) -> House:
    """The same without insect net."""
    return house._replace(vents=house.vents._replace(net_porosity=1.0))


class Ground(NamedTuple):
    """Day by day from 1 December to 31 January: means of outside air, inside air and plough layer. [°C]"""

    outside_c: list[float]
    air_c: list[float]
    plough_c: list[float]


#: Depth of the plough layer; of it the floor, two layers and a part of the third are in it.
PLOUGH_M = 0.2


def plough_layer_c(state: ClimateState, house: House) -> float:
    """Mean temperature of the upper 20 cm of the soil."""
    ground = house.ground
    left_m = PLOUGH_M - ground.floor_m - ground.layer_1_m - ground.layer_2_m
    heat = (
        state.floor_c * ground.floor_m
        + state.soil1_c * ground.layer_1_m
        + state.soil2_c * ground.layer_2_m
        + state.soil3_c * left_m
    )
    return heat / PLOUGH_M


class Autumn(NamedTuple):
    """A house on 1 December in generated weather of Kangbashi, and the weather of the days that follow.

    Its soil has lived through the autumn: the ground under a house keeps the summer for months.
    """

    state: ClimateState
    winter: list[Weather]


def by_height() -> Control:
    """Blanket up while the sun is over 7°."""
    return lambda minute, state, weather: STILL._replace(blanket=0.0 if weather.sun_elevation_deg > 7.0 else 1.0)


def with_vent(control: Control) -> Control:
    """The same with the roof vent open above 28 °C, shut below 25 °C."""
    vent = 0.0

    def vented(minute: int, state: ClimateState, weather: Weather) -> Equipment:
        nonlocal vent
        vent = 0.3 if state.air_c > 28.0 else 0.0 if state.air_c < 25.0 else vent
        return control(minute, state, weather)._replace(roof_vent=vent)

    return vented


#: Step of the long runs. [s]
WINTER_STEP_S = 120
STEPS_A_DAY = 86400 // WINTER_STEP_S
#: Days from 1 September to 1 December, and in December and January.
AUTUMN_DAYS, WINTER_DAYS = 91, 62


def solar_minute(index: int) -> int:
    """Minute of the day in mean solar time of Kangbashi, for a step since local midnight."""
    return round(index * WINTER_STEP_S / 60.0 - _sun_behind_clock_min()) % 1440


@cache
def _sun_behind_clock_min() -> float:
    place = kangbashi().place
    return 4.0 * (15.0 * place.utc_offset_h - place.longitude_deg)


def autumn(house: House, seed: int) -> Autumn:
    """Live from 1 September, when a house with open vents is about 20 °C, to 1 December."""
    days = AUTUMN_DAYS + WINTER_DAYS
    series = generate(kangbashi(), shipped_generator(), seed=seed, first=date(2025, 9, 1), days=days)
    arrays = series.sampled(series.start, count=days * STEPS_A_DAY, step_s=WINTER_STEP_S)
    weathers = [Weather(*(float(value) for value in values)) for values in zip(*arrays, strict=True)]
    state = resting_state(20.0, weathers[0].deep_soil_c, 80.0, 420.0)
    control = with_vent(by_height())
    december = AUTUMN_DAYS * STEPS_A_DAY
    for index, weather in enumerate(weathers[:december]):
        equipment = control(solar_minute(index), state, weather)
        state, _flows = step(state, CROP, weather, equipment, house, float(WINTER_STEP_S))
    return Autumn(state, weathers[december:])


def through_winter(house: House, start: Autumn, blanket: Control) -> Ground:
    """December and January with a rule for the blanket."""
    state, control = start.state, with_vent(blanket)
    found = Ground([], [], [])
    today: list[tuple[float, float, float]] = []
    for index, weather in enumerate(start.winter):
        equipment = control(solar_minute(index), state, weather)
        state, _flows = step(state, CROP, weather, equipment, house, float(WINTER_STEP_S))
        today.append((weather.air_c, state.air_c, plough_layer_c(state, house)))
        if len(today) == STEPS_A_DAY:
            for column, values in zip(found, zip(*today, strict=True), strict=True):
                column.append(mean(list(values)))
            today = []
    return found


def free_ground_warmer_k(sky: Sky, deeper_m: float) -> float:
    """How much warmer January's ground is so much deeper than two meters: the year's wave, damped and late.

    References
    ----------
    Hillel (1998), Environmental Soil Physics, eq. 12.33, with the generator's swing of the air and its diffusivity.
    """
    climate, soil = kangbashi(), shipped_generator().soil
    air_c = climate.monthly.air_c
    swing = (max(air_c) - min(air_c)) / 2.0
    damping_m = math.sqrt(2.0 * soil.diffusivity_m2_s * 365.25 * 86400.0 / (2.0 * math.pi))

    def at(depth_m: float) -> float:
        ratio = depth_m / damping_m
        since = 2.0 * math.pi * (sky.day - soil.warmest_day) / 365.0 - ratio
        return swing * math.exp(-ratio) * math.cos(since)

    return at(soil.depth_m + deeper_m) - at(soil.depth_m)
