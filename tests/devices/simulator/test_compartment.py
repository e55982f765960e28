"""The climate of a compartment stays physical whatever the weather and the devices do to it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.simulator.compartment import LONGEST_STEP_S, Compartment, Enclosure
from devices.simulator.outside import Outside

share = st.floats(min_value=0.0, max_value=1.0)
weather = st.builds(
    Outside,
    air_temperature_c=st.floats(min_value=-35.0, max_value=40.0),
    relative_humidity_pct=st.floats(min_value=5.0, max_value=100.0),
    irradiance_w_m2=st.floats(min_value=0.0, max_value=1100.0),
    sun_elevation_deg=st.floats(min_value=-60.0, max_value=74.0),
    wind_speed_m_s=st.floats(min_value=0.0, max_value=30.0),
    wind_gust_m_s=st.just(5.0),
    wind_direction_deg=st.just(300.0),
    rain_mm_h=st.just(0.0),
    air_pressure_kpa=st.just(86.7),
    dust_ug_m3=st.just(40.0),
)


@given(st.sampled_from(Enclosure), st.lists(st.tuples(weather, share, share, share), min_size=1, max_size=40))
def test_no_sequence_of_weather_and_actuation_drives_the_climate_out_of_physics(enclosure, steps):
    house = Compartment(enclosure)
    for outside, opening, cover, dosing in steps:
        house.actuation.openings["vent"] = opening
        house.actuation.cover = cover
        house.actuation.co2_dosing = dosing
        house.actuation.pipe_temperature_c = 80.0 * dosing
        house.advance(LONGEST_STEP_S, outside)
        assert -40.0 < house.air_temperature_c < 90.0
        assert 0.0 < house.relative_humidity_pct <= 100.0
        assert house.vapor_pressure_deficit_kpa >= 0.0
        assert 0.0 < house.co2_ppm < 6000.0
        assert 0.0 <= house.substrate_moisture_pct <= 85.0
        assert house.irradiance_w_m2 >= 0.0


def test_air_that_cools_below_its_dew_point_loses_the_water_it_cannot_hold():
    """18 g/m³ do not stay in air that falls from 22 °C (saturated at 19.4 g/m³) toward -20 °C."""
    house = Compartment(Enclosure.GLASSHOUSE)
    house.air_temperature_c, house.mass_temperature_c, house.vapor_density_g_m3 = 22.0, 0.0, 18.0
    cold = Outside(-20.0, 50.0, 0.0, -30.0, 8.0, 9.0, 300.0, 0.0, 86.7, 40.0)
    house.actuation.cover = 1.0
    for _ in range(20):
        house.advance(LONGEST_STEP_S, cold)
        assert house.relative_humidity_pct <= 99.6


@pytest.mark.parametrize("enclosure", Enclosure)
def test_one_long_step_ends_near_where_many_short_ones_do(enclosure):
    """The implicit step makes the model insensitive to how often it is asked: within 0.1 K after ten minutes."""
    noon = Outside(2.0, 40.0, 450.0, 27.0, 2.0, 3.0, 300.0, 0.0, 86.7, 40.0)
    coarse, fine = Compartment(enclosure), Compartment(enclosure)
    for _ in range(10):
        coarse.advance(60.0, noon)
    for _ in range(1200):
        fine.advance(0.5, noon)
    assert coarse.air_temperature_c == pytest.approx(fine.air_temperature_c, abs=0.1)
    assert coarse.co2_ppm == pytest.approx(fine.co2_ppm, abs=3.0)


@pytest.mark.parametrize("enclosure", Enclosure)
def test_a_dark_house_as_warm_as_ground_and_air_around_it_stays_as_it_is(enclosure):
    """Nothing to exchange: 14 °C inside, outside and in the deep ground."""
    mild = Outside(14.0, 60.0, 0.0, -30.0, 2.0, 3.0, 300.0, 0.0, 86.7, 40.0)
    house = Compartment(enclosure)
    house.air_temperature_c = house.mass_temperature_c = house.substrate_temperature_c = 14.0
    for _ in range(60):
        house.advance(LONGEST_STEP_S, mild)
    temperatures = (house.air_temperature_c, house.mass_temperature_c, house.substrate_temperature_c)
    assert temperatures == pytest.approx((14.0, 14.0, 14.0), abs=1e-9)
