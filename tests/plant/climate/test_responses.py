"""Published responses of solar greenhouses to their shape and their control."""

from __future__ import annotations

import math

import pytest

from tests.plant.climate.conftest import CROP, JANUARY, STILL, WINTER, by_clock, last_day, live, mean

pytestmark = pytest.mark.slow  # weeks of minutes

MIXED = WINTER._replace(clear=0.85, coldest_c=-16.0, warmest_c=-5.0)


def captured_mj(moments):
    return (
        sum(
            one.flows.sun_canopy_w_m2 + one.flows.sun_floor_w_m2 + one.flows.sun_wall_w_m2 + one.flows.sun_air_w_m2
            for one in moments
        )
        * 60e-6
    )


def light_mj(moments):
    return sum(one.flows.light_w_m2 for one in moments) * 60e-6


def mean_air_c(moments):
    return mean([one.state.air_c for one in moments])


@pytest.fixture(scope="module")
def usual(solar_greenhouse):
    return last_day(solar_greenhouse, MIXED, by_clock(JANUARY), days=20)


def raised(house, by_m):
    """Ridge lifted: the film grows with its chord, the mean height by half."""
    shape, cover = house.shape, house.cover
    longer = math.hypot(shape.roof_run_m, shape.ridge_height_m + by_m) / math.hypot(
        shape.roof_run_m, shape.ridge_height_m
    )
    return house._replace(
        shape=shape._replace(
            ridge_height_m=shape.ridge_height_m + by_m, mean_height_m=shape.mean_height_m + by_m / 2.0
        ),
        cover=cover._replace(area_m2_m2=cover.area_m2_m2 * longer),
    )


def test_raising_the_apex_gives_light_and_warmth_in_the_published_proportion(solar_greenhouse, usual):
    """Xu (2024): +33.5 % of light and +3.1 K of mean air, 0.093 K for each percent. A meter gives half of that here."""
    higher = last_day(raised(solar_greenhouse, 1.0), MIXED, by_clock(JANUARY), days=20)
    lighter_pct = 100.0 * (light_mj(higher) / light_mj(usual) - 1.0)
    warmer_k = mean_air_c(higher) - mean_air_c(usual)
    assert lighter_pct > 10.0
    assert warmer_k > 0.5
    assert warmer_k / lighter_pct == pytest.approx(3.1 / 33.5, rel=0.3)


def test_sinking_the_floor_loses_a_little_light_and_gains_warmth(solar_greenhouse, usual):
    """Xu (2024): half a meter gives -1.1 % of light and +6.7 % of degree-days.

    Ours has the light; of the degree-days it gains only about 1 %, for its base house loses little through the ground.
    """
    sunk = solar_greenhouse._replace(shape=solar_greenhouse.shape._replace(sunk_m=0.5))
    moments = last_day(sunk, MIXED, by_clock(JANUARY), days=20)
    assert -0.02 < captured_mj(moments) / captured_mj(usual) - 1.0 < -0.003
    degree_days = mean([max(0.0, one.state.air_c) for one in moments])
    before = mean([max(0.0, one.state.air_c) for one in usual])
    assert 0.005 < degree_days / before - 1.0 < 0.10


def by_sun_and_difference():
    """Blanket up while the sun outweighs what an open roof loses: 6 W m-2 for each kelvin of difference."""
    covered = 1.0

    def control(minute, state, weather):
        nonlocal covered
        if minute % 15 == 0:
            up = max(0.0, math.sin(math.radians(weather.sun_elevation_deg)))
            sun_w_m2 = weather.beam_normal_w_m2 * up + weather.diffuse_w_m2
            needed = 6.0 * (state.air_c - weather.air_c) + (20.0 if covered else 0.0)
            covered = 0.0 if sun_w_m2 > needed else 1.0
        return STILL._replace(blanket=covered)

    return control


def test_blanket_by_sun_and_difference_beats_the_clock(solar_greenhouse):
    """+0.53 K of mean air over 62 days (Liu 2023): the direction and the order of it."""
    gains = []
    for clear in (1.0, 0.6, 0.3):
        sky = MIXED._replace(clear=clear)
        clock = last_day(solar_greenhouse, sky, by_clock(JANUARY), days=8)
        rule = last_day(solar_greenhouse, sky, by_sun_and_difference(), days=8)
        gains.append(mean_air_c(rule) - mean_air_c(clock))
    assert 0.1 < mean(gains) < 1.1


def test_dust_on_the_film_costs_warmth_at_night(solar_greenhouse):
    """60 % of transmission cost 1.8 K of the night's minimum (design paper §1.4)."""
    dirty = solar_greenhouse._replace(
        cover=solar_greenhouse.cover._replace(
            beam_transmission=solar_greenhouse.cover.beam_transmission * 0.6 / 0.72,
            diffuse_transmission=solar_greenhouse.cover.diffuse_transmission * 0.6 / 0.72,
        )
    )
    clean = min(one.state.air_c for one in last_day(solar_greenhouse, MIXED, by_clock(JANUARY)))
    cost = clean - min(one.state.air_c for one in last_day(dirty, MIXED, by_clock(JANUARY)))
    assert cost == pytest.approx(1.8, abs=1.0)


def test_more_leaves_keep_the_wall_cooler_at_noon(solar_greenhouse):
    def hottest(lai):
        moments = live(solar_greenhouse, WINTER, by_clock(JANUARY), days=4, canopy=CROP._replace(lai=lai))
        return max(one.state.wall_face_c for one in moments)

    assert hottest(3.0) < hottest(0.5) - 2.0
