"""What must hold in any weather."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from greenhouse.plant.climate.checks import check_state
from greenhouse.plant.climate.house import House
from greenhouse.plant.climate.reading import read_house
from greenhouse.plant.climate.starting import resting_state
from greenhouse.plant.climate.state import Canopy, ClimateState
from greenhouse.plant.climate.step import step
from greenhouse.plant.moist_air import saturation_pa
from greenhouse.plant.surroundings import Equipment, Weather
from scripts.validate_plant.skies import CROP, STILL

HOUSES = {kind: read_house(kind) for kind in ("solar_greenhouse", "glasshouse")}
share = st.floats(0.0, 1.0)
MILD_C = 10.0
"""Outside: above it no house is covered for the night."""


@st.composite
def weathers(draw: st.DrawFn) -> Weather:
    air_c = draw(st.floats(-35.0, 42.0))
    elevation = draw(st.floats(-60.0, 75.0))
    up = elevation > 0.0
    return Weather(
        air_c=air_c,
        vapor_pressure_pa=draw(share) * 610.8 * math.exp(17.27 * air_c / (air_c + 237.3)),
        wind_m_s=draw(st.floats(0.0, 25.0)),
        wind_from_deg=draw(st.floats(0.0, 360.0)),
        beam_normal_w_m2=draw(st.floats(0.0, 1050.0)) if up else 0.0,
        diffuse_w_m2=draw(st.floats(0.0, 400.0)) if up else 0.0,
        sky_c=air_c - draw(st.floats(0.0, 35.0)),
        sun_elevation_deg=elevation,
        sun_azimuth_deg=draw(st.floats(0.0, 360.0)),
        rain_mm_h=draw(st.sampled_from([0.0, 0.0, 8.0])),
        snow_mm_h=draw(st.sampled_from([0.0, 0.0, 3.0])),
        hail_mm_h=draw(st.sampled_from([0.0, 0.0, 20.0])),
        dust=draw(share),
        co2_ppm=420.0,
        deep_soil_c=draw(st.floats(2.0, 16.0)),
    )


@st.composite
def equipments(draw: st.DrawFn) -> Equipment:
    return STILL._replace(
        roof_vent=draw(share),
        bottom_vent=draw(share),
        blanket=draw(share),
        screen=draw(share),
        shade=draw(share),
        pipe_supply_c=draw(st.floats(5.0, 90.0)),
        pipe_flow=draw(share),
        fog=draw(share),
        fan=draw(share),
        pad=draw(share),
        lamp=draw(share),
        circulation=draw(share),
        co2_kg_ha_h=draw(st.floats(0.0, 50.0)),
    )


canopies = st.builds(
    Canopy,
    lai=st.floats(0.0, 6.0),
    water_factor=st.floats(0.05, 1.0),
    respiration_umol_m2_s=st.floats(0.0, 5.0),
    assimilation_factor=share,
)


@pytest.mark.parametrize("kind", sorted(HOUSES))
@settings(max_examples=25, deadline=None)
@given(
    changes=st.lists(st.tuples(weathers(), equipments(), canopies), min_size=1, max_size=4),
    start_c=st.floats(-15.0, 40.0),
    dt_s=st.sampled_from([10.0, 60.0, 300.0]),
)
def test_no_state_leaves_its_physical_range(kind, changes, start_c, dt_s):
    """Weather and equipment jump as they never do; each holds for two hours."""
    house = HOUSES[kind]
    state = resting_state(start_c, 9.0, 70.0, 420.0)
    for weather, equipment, canopy in changes:
        for _ in range(int(7200.0 / dt_s)):
            state, flows = step(state, canopy, weather, equipment, house, dt_s)
        check_state(state)
        assert all(math.isfinite(value) for value in flows)
        for name in ("air_c", "canopy_c", "floor_c", "soil1_c", "wall_face_c", "cover_c", "blanketed_c", "screen_c"):
            assert -75.0 < getattr(state, name) < 90.0, name
        assert 0.0 < state.vapor_kg_m3 < 0.25
        assert 0.0 < state.co2_ppm < 20_000.0
        assert 0.0 <= state.dust <= house.soiling.dust_highest
        assert 0.0 <= state.blanket_wet <= 1.0
        assert 0.0 <= state.snow_mm < 50.0
        assert min(flows.transpiration_kg_m2_s, flows.cover_condensation_kg_m2_s, flows.assimilation_umol_m2_s) >= 0.0


def cold_night(weather: Weather) -> Weather:
    """The weather in the dark, no warmer than nights on which houses are covered."""
    air_c = min(weather.air_c, MILD_C)
    return weather._replace(
        air_c=air_c,
        sky_c=air_c - (weather.air_c - weather.sky_c),
        vapor_pressure_pa=min(weather.vapor_pressure_pa, saturation_pa(air_c)),
        beam_normal_w_m2=0.0,
        diffuse_w_m2=0.0,
        sun_elevation_deg=-20.0,
    )


def nights(
    house: House, canopy: Canopy, night: Weather, start: ClimateState, covered: float
) -> Iterator[tuple[ClimateState, ClimateState]]:
    """Four hours bare and under a blanket, minute by minute, as long as both are warmer than outside."""
    bare = under = start
    for _ in range(240):
        bare, _ = step(bare, canopy, night, STILL, house, 60.0)
        under, _ = step(under, canopy, night, STILL._replace(blanket=covered), house, 60.0)
        yield bare, under
        if min(bare.air_c, under.air_c) <= night.air_c:
            break


blanketed = given(
    weather=weathers(),
    warmer_k=st.floats(0.5, 30.0),
    lai=st.floats(0.0, 5.0),
    covered=st.floats(0.1, 1.0),
    wet=share,
)


@settings(max_examples=25, deadline=None)
@blanketed
def test_blanket_down_never_cools_on_a_night_on_which_houses_are_covered(weather, warmer_k, lai, covered, wet):
    """However wet the blanket is. To 0.1 K: bare film also takes vapor out of a saturated house.

    Its heat of condensation stays with the house. On a night warmer than houses are covered on, that may outweigh what
    the blanket keeps.
    """
    house, night = HOUSES["solar_greenhouse"], cold_night(weather)
    start = resting_state(night.air_c + warmer_k, 9.0, 80.0, 420.0)._replace(blanket_wet=wet)
    for bare, under in nights(house, CROP._replace(lai=lai), night, start, covered):
        assert under.air_c >= bare.air_c - 0.1


@settings(max_examples=25, deadline=None)
@blanketed
def test_blanket_down_never_cools_a_dry_house_at_night(weather, warmer_k, lai, covered, wet):
    """Where nothing evaporates and nothing condenses, temperature is all the heat there is. To a millikelvin."""
    house = HOUSES["solar_greenhouse"]
    dry = house._replace(ground=house.ground._replace(evaporation_share=0.0))
    night = cold_night(weather)._replace(vapor_pressure_pa=0.0, rain_mm_h=0.0)
    start = resting_state(night.air_c + warmer_k, 9.0, 0.0, 420.0)._replace(blanket_wet=wet)
    for bare, under in nights(dry, CROP._replace(lai=0.0), night, start, covered):
        assert under.air_c >= bare.air_c - 1e-3


@pytest.mark.parametrize("kind", sorted(HOUSES))
@settings(max_examples=25, deadline=None)
@given(weather=weathers(), warmer_k=st.floats(1.0, 20.0), vent=st.floats(0.0, 0.9), more=st.floats(0.02, 1.0))
def test_more_vent_never_warms_a_house_warmer_than_outside(kind, weather, warmer_k, vent, more):
    house = HOUSES[kind]
    little = STILL._replace(roof_vent=vent)
    wide = STILL._replace(roof_vent=min(1.0, vent + more), bottom_vent=more if house.vents.bottom_area_m2_m2 else 0.0)
    start = resting_state(weather.air_c + warmer_k, 9.0, 60.0, 420.0)
    # Dry enough that no air drops mist, which warms it.
    dry = weather._replace(vapor_pressure_pa=0.5 * weather.vapor_pressure_pa)
    after_little, _ = step(start, CROP, dry, little, house, 60.0)
    after_wide, _ = step(start, CROP, dry, wide, house, 60.0)
    assert after_wide.air_c <= after_little.air_c + 1e-9


@settings(max_examples=25, deadline=None)
@given(at_c=st.floats(-10.0, 35.0))
def test_closed_dark_house_in_balance_with_all_around_it_stays(at_c):
    """No sun, no crop, everything equally warm: no heat flows."""
    house = HOUSES["solar_greenhouse"]
    weather = Weather(at_c, 0.0, 0.0, 0.0, 0.0, 0.0, at_c, -30.0, 0.0, 0.0, 0.0, 0.0, 0.0, 420.0, at_c)
    state = resting_state(at_c, at_c, 0.0, 420.0)
    dry = house._replace(ground=house.ground._replace(evaporation_share=0.0))
    bare = Canopy(lai=0.0, water_factor=1.0, respiration_umol_m2_s=0.0, assimilation_factor=1.0)
    after, _ = step(state, bare, weather, STILL, dry, 60.0)
    assert after.air_c == pytest.approx(at_c, abs=1e-6)
    assert after.floor_c == pytest.approx(at_c, abs=1e-6)
