"""Energy, water and carbon dioxide close over a day with everything running."""

from __future__ import annotations

import pytest

from greenhouse.plant.climate.balances import (
    co2_gain_umol_m2_s,
    heat_gain_w_m2,
    stored_co2_umol_m2,
    stored_heat_j_m2,
    stored_vapor_kg_m2,
    vapor_gain_kg_m2_s,
)
from tests.plant.climate.conftest import CROP, STILL, SUMMER, WINTER, live


def busy(minute, state, weather):
    """Everything moves: vents, blanket, screen, pipes, fog, fans over a wet pad, lamps, carbon dioxide."""
    wave = minute % 97 / 96.0
    return STILL._replace(
        roof_vent=wave if minute % 240 < 60 else 0.0,
        bottom_vent=1.0 - wave if minute % 300 < 60 else 0.0,
        blanket=1.0 - wave if minute < 600 else 0.0,
        screen=wave if minute > 700 else 0.0,
        pipe_supply_c=60.0,
        pipe_flow=wave,
        fog=1.0 if minute % 50 < 10 else 0.0,
        fan=1.0 if 700 < minute < 800 else 0.0,
        pad=wave,
        lamp=1.0 if minute < 300 else 0.0,
        circulation=1.0,
        co2_kg_ha_h=40.0 if minute > 600 else 0.0,
    )


@pytest.mark.parametrize("kind", ["solar_greenhouse", "glasshouse"])
@pytest.mark.parametrize("sky", [WINTER, SUMMER])
def test_a_day_closes(kind, sky, request):
    """Asked is half a percent of what went through; found is rounding."""
    house = request.getfixturevalue(kind)
    heat = water = co2 = 0.0
    heat_through = water_through = co2_through = 0.0
    moments = list(live(house, sky, busy, days=1))
    for one in moments:
        heat += heat_gain_w_m2(one.flows) * 60.0
        water += vapor_gain_kg_m2_s(one.flows) * 60.0
        co2 += co2_gain_umol_m2_s(one.flows) * 60.0
        heat_through += (abs(one.flows.cover_loss_w_m2) + abs(one.flows.ventilation_loss_w_m2)) * 60.0
        water_through += one.flows.transpiration_kg_m2_s * 60.0
        co2_through += one.flows.assimilation_umol_m2_s * 60.0
    first, last = moments[0].before, moments[-1].state
    assert heat_through > 1e6
    assert water_through > 0.3
    heat_missing = stored_heat_j_m2(last, CROP, house) - stored_heat_j_m2(first, CROP, house) - heat
    water_missing = stored_vapor_kg_m2(last, house) - stored_vapor_kg_m2(first, house) - water
    co2_missing = stored_co2_umol_m2(last, house) - stored_co2_umol_m2(first, house) - co2
    assert abs(heat_missing) < 1e-6 * heat_through
    assert abs(water_missing) < 1e-9 * water_through
    assert abs(co2_missing) < 1e-9 * co2_through
