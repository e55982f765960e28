"""The weather outside: plausible for Kangbashi, and the same whenever it is asked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.simulator.outside import (
    clear_sky_irradiance_w_m2,
    outside_at,
    saturation_vapor_density_g_m3,
    smooth_noise,
    sun_elevation_deg,
)


def hours(start: datetime, count: int) -> list[datetime]:
    return [start + timedelta(hours=hour) for hour in range(count)]


@pytest.mark.parametrize(
    ("moment", "noon_elevation_deg"),
    [
        (datetime(2026, 6, 21, 4, 41, tzinfo=UTC), 90 - 39.6 + 23.45),
        (datetime(2026, 12, 21, 4, 41, tzinfo=UTC), 90 - 39.6 - 23.45),
    ],
)
def test_the_noon_sun_of_the_solstices_stands_at_its_geometric_height(moment, noon_elevation_deg):
    """90° less the latitude, plus or less the obliquity; mean solar noon at 109.8° E is 04:40:48 UTC."""
    assert sun_elevation_deg(moment) == pytest.approx(noon_elevation_deg, abs=0.1)


@pytest.mark.parametrize(
    ("month", "lowest_mj", "highest_mj"), [(1, 6.5, 11.5), (4, 16.0, 27.0), (7, 18.0, 31.0), (11, 7.0, 12.6)]
)
def test_the_daily_sum_of_the_sun_is_that_of_the_place(month, lowest_mj, highest_mj):
    """Between the assumed normal less a cloudy fifth and the clear sky of Kangbashi's monthly table. [MJ/(m² d)]"""
    month_hours = hours(datetime(2026, month, 1, tzinfo=UTC), 24 * 28)
    mean_w_m2 = sum(outside_at(moment, 1).irradiance_w_m2 for moment in month_hours) / len(month_hours)
    assert lowest_mj < mean_w_m2 * 0.0864 < highest_mj


def test_the_clear_sky_at_the_zenith_gives_the_number_of_haurwitz():
    """1098 exp(-0.059) = 1035.1 W/m²."""
    assert clear_sky_irradiance_w_m2(90.0) == pytest.approx(1035.1, abs=0.1)


def test_there_is_no_sun_under_the_horizon():
    assert clear_sky_irradiance_w_m2(-5.0) == 0.0
    assert clear_sky_irradiance_w_m2(0.0) == 0.0


def test_saturated_air_at_20_degrees_holds_17_grams_of_water():
    """17.3 g/m³, psychrometric tables; the ideal gas law is good to a percent there."""
    assert saturation_vapor_density_g_m3(20.0) == pytest.approx(17.3, rel=0.01)


def test_november_lies_between_minus_15_and_plus_9_degrees():
    temperatures = [outside_at(moment, 1).air_temperature_c for moment in hours(datetime(2026, 11, 1, tzinfo=UTC), 720)]
    assert -15.0 < min(temperatures) < -5.0
    assert 2.0 < max(temperatures) < 9.5


@given(
    st.floats(min_value=0.0, max_value=60 * 365.25 * 86_400.0),
    st.integers(min_value=0, max_value=1000),
)
def test_the_weather_is_physical_at_any_time_of_any_year(since_s, seed):
    outside = outside_at(datetime(2000, 1, 1, tzinfo=UTC) + timedelta(seconds=since_s), seed)
    assert -35.0 < outside.air_temperature_c < 40.0
    assert 0.0 < outside.relative_humidity_pct <= 100.0
    assert 0.0 <= outside.irradiance_w_m2 < 1100.0
    assert 0.0 < outside.wind_speed_m_s < outside.wind_gust_m_s < 35.0
    assert 0.0 <= outside.wind_direction_deg < 360.0
    assert 0.0 <= outside.rain_mm_h < 30.0
    assert 85.0 < outside.air_pressure_kpa < 89.0
    assert 0.0 < outside.dust_ug_m3 < 3000.0


def test_the_same_moment_and_seed_give_the_same_weather_in_any_time_zone():
    moment = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
    local = moment.astimezone(timezone(timedelta(hours=8)))
    assert outside_at(moment, 3).irradiance_w_m2 == outside_at(local, 3).irradiance_w_m2
    assert outside_at(moment, 3) == outside_at(moment, 3)
    assert outside_at(moment, 3) != outside_at(moment, 4)


@given(st.floats(min_value=-1e10, max_value=1e10), st.sampled_from([30.0, 900.0, 86_400.0]))
def test_noise_stays_within_one_and_changes_without_jumps(time_s, period_s):
    """Over a thousandth of its period it changes by at most 2 sin(π/2000) of its range."""
    before, after = (smooth_noise("wind", time_s + step, period_s) for step in (0.0, period_s / 1000.0))
    assert -1.0 <= before <= 1.0
    assert abs(after - before) <= 0.01
