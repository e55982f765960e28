"""The solar greenhouse where the prototype was weak (issue 5, line 2), and plausibility that no publication proves."""

from __future__ import annotations

import pytest

from scripts.validate_plant.responses import (
    air_changes_per_h,
    coldest_c,
    coldest_lift_k,
    growth_g_m2,
    night_lift_k,
    noon_co2_ppm,
    summer_day,
    uptake_ml_m2_per_j_cm2,
    without_net,
)
from scripts.validate_plant.skies import JANUARY, STILL, WINTER, always, by_clock, last_day


@pytest.fixture(scope="module")
def january(solar_greenhouse):
    return last_day(solar_greenhouse, WINTER, by_clock(JANUARY))


@pytest.fixture(scope="module")
def january_without_blanket(solar_greenhouse):
    return last_day(solar_greenhouse, WINTER, always(STILL))


def test_clear_january_day_with_vents_shut_reaches_25_to_30(january):
    assert 25.0 <= max(one.state.air_c for one in january) <= 30.0


def test_blanket_keeps_the_night_18_to_30_above_outside(january):
    assert 18.0 <= night_lift_k(january) <= 30.0
    assert coldest_c(january) > 5.0


def test_without_blanket_the_night_is_only_some_kelvin_above_outside(january_without_blanket):
    """6 to 7 K are told."""
    assert 6.0 <= coldest_lift_k(january_without_blanket) <= 7.0


def test_crop_draws_carbon_dioxide_to_150_to_250_around_noon(january):
    """Growers' figure; the prototype fell to 90 to 140."""
    around_noon = noon_co2_ppm(january)
    assert min(around_noon) >= 150.0
    assert max(around_noon) <= 250.0


def test_wall_face_is_above_air_in_sun_and_at_night_and_lags_behind(january):
    by_minute = {one.minute: one.state for one in january}
    above = {minute: state.wall_face_c - state.air_c for minute, state in by_minute.items()}
    assert max(state.wall_face_c for state in by_minute.values()) < 38.0
    assert 3.0 < above[13 * 60] < 11.0
    assert 1.0 < above[4 * 60] < 6.0
    warmest_air = max(by_minute, key=lambda minute: by_minute[minute].air_c)
    warmest_deep = max(by_minute, key=lambda minute: by_minute[minute].wall3_c)
    assert warmest_deep > warmest_air + 180


def test_growth_potential_stays_under_20_g_of_dry_matter(solar_greenhouse):
    """A cloudless June day, vents open."""
    assert 10.0 < growth_g_m2(summer_day(solar_greenhouse, 3.5)) < 20.0


def test_uptake_follows_the_radiation_as_growers_count(solar_greenhouse):
    """1.7 ml per J cm-2 and m2 ± 20 % for a mature crop (Dol): a cloudless June day with vents open."""
    assert uptake_ml_m2_per_j_cm2(summer_day(solar_greenhouse, 3.0)) == pytest.approx(1.7, rel=0.2)


def test_open_vents_change_the_air_as_often_as_is_known(solar_greenhouse, glasshouse):
    """About 70 times an hour in a solar greenhouse without net, about 100 in glass in more wind (plausibility only)."""
    assert 50.0 < air_changes_per_h(without_net(solar_greenhouse), 3.0) < 90.0
    assert 70.0 < air_changes_per_h(glasshouse, 5.0) < 130.0
