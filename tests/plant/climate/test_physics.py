"""Each formula against a published number, or one worked out by hand in the test."""

from __future__ import annotations

import math

import numpy as np
import pytest

from greenhouse.plant.climate.cover import long_wave_w_m2_k, wind_convection_w_m2_k
from greenhouse.plant.climate.crop_exchange import (
    assimilation_umol_m2_s,
    compensation_ppm,
    stomatal_resistance_s_m,
    vapor_given,
)
from greenhouse.plant.climate.equipment_effects import dose_umol_m2_s, fog_kg_m2_s, inlet, pipe_heat_j_m2_k
from greenhouse.plant.climate.layers import Before, Chain, eliminated, layers, surface_heat, surface_row
from greenhouse.plant.climate.network import Core, Strip, solve, strip_c, with_strip
from greenhouse.plant.climate.optics import Room, bed, settled
from greenhouse.plant.climate.soiling import blanket_wet_after, cleaned, dust_after, snow_after
from greenhouse.plant.climate.starting import resting_state
from greenhouse.plant.climate.step import step
from greenhouse.plant.climate.sunlight import beam_capture, pit_view, room_of, sun_from_front, sunlight, wall_share
from greenhouse.plant.climate.surfaces import beside_c, edge_w_m2_k, ground_chain, pit_w_m2_k, pit_wall_w_m2_k
from greenhouse.plant.climate.ventilation import leakage_m3_m2_s, natural_m3_m2_s, through_screen_m3_m2_s
from greenhouse.plant.moist_air import (
    air_heat_j_m3_k,
    psychrometric_pa_k,
    saturation_kg_m3,
    saturation_pa,
    saturation_slope_pa_k,
    wet_bulb_c,
)
from scripts.validate_plant.skies import CROP, STILL, SUMMER, WINTER, weather_at


def test_saturation_matches_fao_56():
    """25 °C: 3.168 kPa (annex 2, table 2.3); slope 0.1888 kPa/K (table 2.4)."""
    assert saturation_pa(25.0) == pytest.approx(3168.0, abs=1.0)
    assert saturation_slope_pa_k(25.0) == pytest.approx(188.8, abs=0.5)


def test_psychrometric_constant_is_that_of_the_altitude():
    """FAO-56 example 2: 81.8 kPa at 1800 m gives 0.054 kPa/K; 86.7 kPa about 57 Pa/K, not the 66 of the sea."""
    assert psychrometric_pa_k(81_800.0) == pytest.approx(54.0, abs=0.5)
    assert psychrometric_pa_k(86_700.0) == pytest.approx(57.2, abs=0.3)


def test_air_is_thinner_at_altitude():
    assert air_heat_j_m3_k(86_700.0) / air_heat_j_m3_k(101_325.0) == pytest.approx(0.8557, abs=0.001)


def test_wet_bulb_balances_its_own_equation():
    """A dry noon at Kangbashi: 30 °C, 1000 Pa."""
    wet = wet_bulb_c(30.0, 1000.0, 86_700.0)
    assert saturation_pa(wet) - psychrometric_pa_k(86_700.0) * (30.0 - wet) == pytest.approx(1000.0, abs=0.5)
    assert 14.0 < wet < 18.0


def test_beam_through_a_south_roof_at_noon_in_december(solar_greenhouse):
    """By hand, 27.4° high in the south: (sin 27.4 · 6.6 + cos 27.4 · 4.5) / 8 = 0.879."""
    assert beam_capture(27.4, 180.0, solar_greenhouse.shape) == pytest.approx(0.879, abs=0.001)


def test_morning_and_afternoon_are_alike_and_the_north_gives_nothing(solar_greenhouse):
    shape = solar_greenhouse.shape
    assert beam_capture(20.0, 130.0, shape) == pytest.approx(beam_capture(20.0, 230.0, shape))
    assert sun_from_front(20.0, 300.0, 180.0) == 0.0
    assert sun_from_front(20.0, 190.0, 190.0) == pytest.approx(math.cos(math.radians(20.0)))
    assert beam_capture(-1.0, 180.0, shape) == 0.0


def test_glass_catches_the_beam_on_the_horizontal(glasshouse):
    assert beam_capture(30.0, 250.0, glasshouse.shape) == pytest.approx(0.5)
    assert wall_share(30.0, 180.0, glasshouse.shape) == 0.0


@pytest.mark.parametrize("elevation", [0.1, 1.0, 5.0, 27.4, 60.0, 89.0])
def test_wall_never_gets_more_than_six_tenths(solar_greenhouse, elevation):
    assert 0.0 <= wall_share(elevation, 180.0, solar_greenhouse.shape) <= 0.6


def test_wall_share_at_noon_in_december_by_hand(solar_greenhouse):
    """cos 27.4 · 3.2 / (8 · 0.879) = 0.404, well under the limit."""
    assert wall_share(27.4, 180.0, solar_greenhouse.shape) == pytest.approx(0.404, abs=0.002)


def test_half_a_meter_of_pit_hides_six_percent_of_the_sky(solar_greenhouse):
    """Hottel: sqrt(1 + 0.0625²) - 0.0625 = 0.939."""
    assert pit_view(solar_greenhouse.shape._replace(sunk_m=0.5)) == pytest.approx(0.9395, abs=0.0005)


def test_roof_vents_alone_follow_vanthoor(glasshouse):
    """8.65 by hand: 0.2 · 0.75 / 2 · sqrt(9.81 · 1.0 / 2 · 5 / 295 + 0.09 · 3²) = 0.0709."""
    assert natural_m3_m2_s(glasshouse.vents, 1.0, 0.0, 5.0, 295.0, 3.0) == pytest.approx(0.0709, abs=0.0001)


def test_opening_further_never_lessens_the_exchange(solar_greenhouse):
    vents = solar_greenhouse.vents
    rates = [natural_m3_m2_s(vents, roof / 10.0, 0.5, 10.0, 290.0, 2.0) for roof in range(11)]
    assert rates == sorted(rates)
    assert natural_m3_m2_s(vents, 0.0, 0.0, 10.0, 290.0, 2.0) == 0.0


def test_shut_house_leaks_by_wind_as_vanthoor_and_by_its_height(solar_greenhouse, glasshouse):
    """8.64: 1e-4 · 5 m/s, and never under 0.25 m/s. Sherman and Grimsrud: 2 m/s and 30 K leak like sqrt(4 + 30) m/s."""
    assert leakage_m3_m2_s(glasshouse.vents, 30.0, 5.0) == pytest.approx(5e-4)
    assert leakage_m3_m2_s(glasshouse.vents, 30.0, 0.0) == pytest.approx(0.25e-4)
    by_wind = solar_greenhouse.vents.leak * math.sqrt(34.0)
    assert leakage_m3_m2_s(solar_greenhouse.vents, -30.0, 2.0) == pytest.approx(by_wind)


def test_buoyancy_of_the_leakage_is_that_of_the_ridge(solar_greenhouse):
    """Sherman and Grimsrud by hand: half of the gaps in floor and roof, light shielding 0.285, rural."""
    stack = (1.0 + 0.25) / 3.0 * math.sqrt(9.81 * solar_greenhouse.shape.ridge_height_m / 283.0)
    wind = 0.285 * 0.5 ** (1.0 / 3.0) * 0.85 * (solar_greenhouse.shape.ridge_height_m / 10.0) ** 0.2
    assert solar_greenhouse.vents.leak_buoyancy_m2_s2_k == pytest.approx((stack / wind) ** 2, rel=0.05)


def test_wall_of_a_pit_by_hand(solar_greenhouse):
    """EN ISO 13370, eq. 16, half a meter, 0.85 W/m/K, 0.5 m²K/W: d_w 0.5695, d_f 0.5695.

    2 · 0.85 / (π · 0.5) · (1 + 0.5 · 0.5695 / 1.0695) · ln(0.5 / 0.5695 + 1) = 0.863; a deeper one loses less.
    """
    assert pit_wall_w_m2_k(0.5, 0.85, 0.5) == pytest.approx(0.863, abs=0.001)
    assert pit_wall_w_m2_k(1.5, 0.85, 0.5) < pit_wall_w_m2_k(0.5, 0.85, 0.5)
    sunk = solar_greenhouse._replace(shape=solar_greenhouse.shape._replace(sunk_m=0.5))
    assert pit_w_m2_k(sunk) == pytest.approx(0.863 * 2.0 * 0.5 / 8.0, abs=0.001)
    assert pit_w_m2_k(solar_greenhouse) == 0.0


def test_sunk_floor_lies_away_from_the_cold(solar_greenhouse):
    """EN ISO 13370, annex H: exp(-0.5 / 2.2) = 0.797 of the edge is left."""
    sunk = solar_greenhouse._replace(shape=solar_greenhouse.shape._replace(sunk_m=0.5))
    assert edge_w_m2_k(sunk) == pytest.approx(0.797 * edge_w_m2_k(solar_greenhouse), rel=0.001)
    weather = weather_at(WINTER, 0.0)
    assert beside_c(solar_greenhouse, weather) == pytest.approx(weather.air_c)
    assert weather.air_c < beside_c(sunk, weather) < weather.deep_soil_c


def test_ground_loses_what_the_standard_says(solar_greenhouse):
    """EN ISO 13370 by hand: B' 480 / 68 = 7.06 m, d_t 0.5 + 0.85 · 0.21: 2 · 0.85 / 22.85 · ln(22.2 / 0.68 + 1) = 0.26.

    The same from floor to free ground and outside air, the surface's 0.17 m²K/W included.
    """
    chain = ground_chain(solar_greenhouse, 1e12)
    left = eliminated(chain, Before(0.0, 0.0, 0.0, 0.0, 0.0, 0.0))
    through = surface_row(chain, left)
    assert 1.0 / (1.0 / through + 0.17) == pytest.approx(0.26, abs=0.02)


def test_closed_screen_leaks_only_through_its_cloth():
    """5e-5 · 5^0.66 = 1.446e-4."""
    assert through_screen_m3_m2_s(1.0, 5e-5, 5.0, 290.0) == pytest.approx(1.446e-4, rel=0.001)


def _two(upper, lower):
    """Vanthoor (2011), eqs. 8.14 to 8.17: transmission and reflection of two layers, each (tau, rho)."""
    to_and_fro = 1.0 - upper[1] * lower[1]
    return upper[0] * lower[0] / to_and_fro, upper[1] + upper[0] ** 2 * lower[1] / to_and_fro


def test_near_infrared_follows_vanthoors_layers():
    """His cover (0.13), canopy (LAI 2.7, k 0.27, 0.35) and floor (0.5): canopy 0.385, floor 0.240 of what falls on it.

    He lets it pass the cover with 1 - 0.13, so that is divided out here.
    """
    passed = math.exp(-0.27 * 2.7)
    leaf = (passed, 0.35 * (1.0 - passed))
    to_and_fro = 1.0 - 0.13 * leaf[1]
    down = 0.13 * passed * passed / to_and_fro + leaf[1]
    tau, rho = _two((0.87, 0.13), leaf)
    floor = tau * 0.5 / (1.0 - down * 0.5)
    up = rho + tau * tau * 0.5 / (1.0 - down * 0.5)
    layers = bed(passed, 0.35, 0.5)
    room = Room(cover_reflection=0.13, cover_seen=1.0, wall_reflection=0.0, wall_seen=0.0, bed_seen=0.0)
    found = settled(0.87, 0.0, layers, room)
    assert found.bed * layers.floor == pytest.approx(floor, rel=1e-9)
    assert found.bed * layers.canopy == pytest.approx(1.0 - floor - up, abs=0.002)
    assert found.wall == 0.0


def test_no_light_is_lost_in_a_room_that_lets_none_out(solar_greenhouse):
    """A cover that reflects all, a wall that sees only the bed: canopy, floor and wall absorb what fell in."""
    layers = bed(0.4, 0.35, 0.3)
    assert layers.canopy + layers.floor + layers.up == pytest.approx(1.0)
    room = Room(cover_reflection=1.0, cover_seen=0.8, wall_reflection=0.2, wall_seen=0.2, bed_seen=1.0)
    found = settled(100.0, 50.0, layers, room)
    absorbed = found.bed * (layers.canopy + layers.floor) + 0.8 * found.wall
    assert absorbed == pytest.approx(150.0)


def test_floor_sees_the_wall_as_the_wall_sees_it(solar_greenhouse, glasshouse):
    """0.4 m2 of wall for each of floor, half of its view: 0.2; a glasshouse has no wall."""
    assert room_of(solar_greenhouse).wall_seen == pytest.approx(0.2)
    assert room_of(glasshouse).wall_seen == 0.0
    assert room_of(glasshouse).cover_seen == 1.0


def test_wind_convection_does_not_jump():
    assert wind_convection_w_m2_k(3.999) == pytest.approx(wind_convection_w_m2_k(4.001), rel=0.01)


def test_long_wave_between_near_temperatures_is_four_sigma_t_cubed():
    assert long_wave_w_m2_k(20.0, 20.0) == pytest.approx(4.0 * 5.670374e-8 * 293.15**3, rel=1e-9)


def test_stomata_shut_at_night_and_against_dry_air(solar_greenhouse):
    """In the dark 82 · 4.3 / 0.54 = 653 s/m; in full sun 82 · 804.3 / 800.54 · (1 + 6.1e-7 · 200²) = 84.4."""
    leaves = solar_greenhouse.leaves
    assert stomatal_resistance_s_m(leaves, 0.0, 400.0, 0.0) == pytest.approx(653.0, abs=1.0)
    assert stomatal_resistance_s_m(leaves, 800.0, 400.0, 0.0) == pytest.approx(84.4, abs=0.1)
    assert stomatal_resistance_s_m(leaves, 800.0, 400.0, 3000.0) == pytest.approx(84.4 * 5.8, abs=1.0)


def test_transpiration_by_hand(solar_greenhouse):
    """LAI 2.5, 20 °C, 70 %: 2·1036·2.5/(2.45e6·57.2·(275+r_s)) · 0.3·2338 Pa, with the r_s of 300 W and 400 ppm."""
    state = resting_state(20.0, 9.0, 70.0, 400.0)
    resistance = stomatal_resistance_s_m(solar_greenhouse.leaves, 300.0, 400.0, 0.3 * saturation_pa(20.0))
    by_hand = 2.0 * 1035.5 * 2.5 / (2.45e6 * 57.18 * (275.0 + resistance)) * 0.3 * 2338.0
    given = vapor_given(state, CROP, solar_greenhouse.leaves, 300.0, 86_700.0)
    assert given.at_start_kg_m2_s == pytest.approx(by_hand, rel=0.005)


def test_thirsty_crop_gives_less_and_a_cold_leaf_takes_dew(solar_greenhouse):
    state = resting_state(20.0, 9.0, 70.0, 400.0)
    usual = vapor_given(state, CROP, solar_greenhouse.leaves, 300.0, 86_700.0).at_start_kg_m2_s
    thirsty = CROP._replace(water_factor=0.2)
    assert vapor_given(state, thirsty, solar_greenhouse.leaves, 300.0, 86_700.0).at_start_kg_m2_s < 0.75 * usual
    cold = state._replace(canopy_c=12.0)
    assert vapor_given(cold, CROP, solar_greenhouse.leaves, 300.0, 86_700.0).at_start_kg_m2_s < 0.0


def test_photosynthesis_stops_at_the_compensation_point_and_rises_with_carbon_dioxide(solar_greenhouse):
    leaf = solar_greenhouse.photosynthesis
    gamma = compensation_ppm(leaf, 2.5, 20.0)
    assert gamma == pytest.approx(34.0, abs=0.1)
    rates = [
        assimilation_umol_m2_s(leaf, CROP, resting_state(20.0, 9.0, 70.0, ppm), 900.0)
        for ppm in (gamma / 0.67, 60.0, 150.0, 400.0, 800.0)
    ]
    assert rates[0] == 0.0
    assert rates == sorted(rates)
    assert 0.0 < rates[1] < 1.5
    assert 15.0 < rates[3] < 35.0


def test_four_equations_solve_as_by_gauss():
    core = Core(30.0, 25.0, 40.0, 20.0, 100.0, 250.0, 300.0, 90.0, 8.0, 5.0, 2.0, 4.0, 1.0, 3.0)
    strip = Strip(air=4.0, canopy=3.0, floor=2.0, wall=1.0, outward=9.0, outward_c=-5.0, heat=12.0)
    matrix = np.array(
        [
            [34.0, -8.0, -5.0, -2.0, -4.0],
            [-8.0, 28.0, -4.0, -1.0, -3.0],
            [-5.0, -4.0, 42.0, -3.0, -2.0],
            [-2.0, -1.0, -3.0, 21.0, -1.0],
            [-4.0, -3.0, -2.0, -1.0, 19.0],
        ]
    )
    expected = np.linalg.solve(matrix, np.array([100.0, 250.0, 300.0, 90.0, -45.0 + 12.0]))
    found = solve(with_strip(core, strip))
    assert found == pytest.approx(tuple(expected[:4]), rel=1e-12)
    assert strip_c(strip, found, 0.0) == pytest.approx(expected[4], rel=1e-12)


def test_layers_settle_on_a_straight_line():
    """Four equal links between 20 and 10 °C: in balance 18, 16, 14, 12."""
    chain = Chain(1.0, 1.0, 1.0, 1.0, 5.0, 5.0, 5.0, 5.0, 5.0, 0.0, 0.0)
    before = Before(15.0, 15.0, 15.0, 15.0, 10.0, 0.0)
    for _ in range(200):
        after = layers(chain, eliminated(chain, before), 20.0)
        before = Before(*after, 10.0, 0.0)
    assert after == pytest.approx((18.0, 16.0, 14.0, 12.0), abs=1e-6)
    left = eliminated(chain, before)
    into = surface_row(chain, left) * 20.0 - surface_heat(chain, left)
    assert into == pytest.approx(5.0 * 2.0, abs=1e-6)


def test_pipes_hold_the_heat_of_their_steel_and_water(glasshouse):
    """0.25 π 3.0 ((0.051² - 0.047²) 7850 · 640 + 0.047² · 4.18e6) = 26.4 kJ m-2 K-1."""
    assert pipe_heat_j_m2_k(glasshouse.pipes) == pytest.approx(26_400.0, rel=0.01)


def test_dose_in_moles():
    """44.01 kg ha-1 h-1 are 1 kmol on 10,000 m2 in 3600 s: 27.8 µmol m-2 s-1."""
    assert dose_umol_m2_s(STILL._replace(co2_kg_ha_h=44.01)) == pytest.approx(27.78, abs=0.01)


def test_fog_stops_at_its_humidity(glasshouse):
    misty = STILL._replace(fog=1.0)
    assert fog_kg_m2_s(resting_state(25.0, 9.0, 93.0, 420.0), misty, glasshouse.air) == 0.0
    assert fog_kg_m2_s(resting_state(25.0, 9.0, 50.0, 420.0), misty, glasshouse.air) == pytest.approx(0.3 / 3600.0)


def test_wet_pad_cools_most_of_the_way_to_the_wet_bulb_and_moistens(glasshouse):
    hot = weather_at(SUMMER, 14.0)._replace(air_c=32.0, vapor_pressure_pa=1200.0)
    dry = inlet(hot, STILL._replace(fan=1.0), glasshouse)
    wet = inlet(hot, STILL._replace(fan=1.0, pad=1.0), glasshouse)
    wet_bulb = wet_bulb_c(32.0, 1200.0, glasshouse.shape.pressure_pa)
    assert dry.air_c == 32.0
    assert (32.0 - wet.air_c) / (32.0 - wet_bulb) == pytest.approx(0.8)
    assert saturation_kg_m3(wet.air_c) > wet.vapor_kg_m3 > dry.vapor_kg_m3


def test_dust_falls_faster_in_a_storm_and_rain_washes_it_off(solar_greenhouse):
    soiling = solar_greenhouse.soiling
    calm, storm = WINTER._replace(), weather_at(WINTER, 12.0)._replace(dust=1.0)
    day = dust_after(0.1, weather_at(calm, 12.0), 0.0, soiling, 86_400.0) - 0.1
    assert dust_after(0.1, storm, 0.0, soiling, 86_400.0) - 0.1 == pytest.approx(5.0 * day)
    assert dust_after(0.1, storm, 1.0, soiling, 86_400.0) == pytest.approx(0.1)
    rain = weather_at(SUMMER, 12.0)._replace(rain_mm_h=10.0)
    assert dust_after(0.3, rain, 0.0, soiling, 3600.0) < 0.05
    assert (
        cleaned(resting_state(15.0, 9.0, 70.0, 420.0)._replace(dust=0.3), solar_greenhouse).dust == soiling.washed_dust
    )


def test_wet_snow_soaks_the_blanket_and_dry_snow_does_not(solar_greenhouse):
    state = resting_state(10.0, 9.0, 70.0, 420.0)
    down = STILL._replace(blanket=1.0)
    snow = weather_at(WINTER, 1.0)._replace(snow_mm_h=2.0)
    wet, dry = snow._replace(air_c=1.0), snow._replace(air_c=-15.0)
    assert blanket_wet_after(state, wet, down, solar_greenhouse.blanket, 3600.0) > 0.3
    assert blanket_wet_after(state, dry, down, solar_greenhouse.blanket, 3600.0) == 0.0
    soaked = state._replace(blanket_wet=1.0)
    clear = weather_at(WINTER, 1.0)
    assert blanket_wet_after(soaked, clear, down, solar_greenhouse.blanket, 86_400.0) == pytest.approx(math.exp(-1.0))


def test_snow_on_the_roof_takes_the_light_until_the_cover_thaws(solar_greenhouse):
    noon = weather_at(WINTER, 12.0)
    state = resting_state(15.0, 9.0, 70.0, 420.0)
    _, clear = step(state, CROP, noon, STILL, solar_greenhouse, 60.0)
    snowed, covered = step(state._replace(snow_mm=6.0), CROP, noon, STILL, solar_greenhouse, 60.0)
    assert covered.light_w_m2 == pytest.approx(clear.light_w_m2 * math.exp(-3.0), rel=1e-9)
    assert covered.snow_melt_w_m2 > 0.0
    assert snowed.snow_mm < 6.0
    frozen = state._replace(snow_mm=6.0, cover_c=-5.0)
    assert snow_after(frozen, noon, 0.0, solar_greenhouse.soiling, 60.0) == 6.0


def test_shading_net_lets_its_share_through_and_keeps_the_rest_off_the_cover(glasshouse):
    """Agronomy §1.3: G falls by (1 - transmission) of what is drawn; half drawn at 0.45 leaves 0.725."""
    state, noon = resting_state(25.0, 20.0, 70.0, 420.0), weather_at(SUMMER, 13.0)
    assert glasshouse.shade.light_transmission == 0.45
    _, clear = step(state, CROP, noon, STILL, glasshouse, 60.0)
    drawn, half = (step(state, CROP, noon, STILL._replace(shade=shade), glasshouse, 60.0) for shade in (1.0, 0.5))
    assert half[1].light_w_m2 == pytest.approx(0.725 * clear.light_w_m2)
    assert drawn[1].light_w_m2 == pytest.approx(0.45 * clear.light_w_m2)
    on_glass = [sunlight(state, noon, STILL._replace(shade=shade), glasshouse).outside for shade in (0.0, 1.0)]
    assert on_glass[1] == pytest.approx(0.45 * on_glass[0]), "the glass under it stays cool"
    with_screen = step(state, CROP, noon, STILL._replace(shade=1.0, screen=1.0), glasshouse, 60.0)[1]
    assert with_screen.light_w_m2 == pytest.approx(0.45 * glasshouse.screen.light_transmission * clear.light_w_m2)


def test_time_step_changes_a_day_by_little(solar_greenhouse):
    """10, 60 and 300 s within 0.3 K of each other (§1.5: 0.2 K up to 60 s)."""
    found = []
    for dt_s in (10.0, 60.0, 300.0):
        state = resting_state(12.0, 9.0, 80.0, 420.0)
        for number in range(int(43_200 / dt_s)):
            weather = weather_at(WINTER, number * dt_s // 300 * 300 / 3600.0)
            vent = 0.2 if weather.sun_elevation_deg > 20.0 else 0.0
            state, _ = step(state, CROP, weather, STILL._replace(roof_vent=vent), solar_greenhouse, dt_s)
        found.append(state.air_c)
    assert max(found) - min(found) < 0.3
