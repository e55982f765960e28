"""A compartment's equipment follows its orders, and faults change what the model is told, not what is ordered."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenhouse.plant.errors import ParameterError, PlantInputError
from greenhouse.plant.faults import (
    FAULTS_FILE,
    NO_FAULTS,
    PlantFaults,
    apply,
    fault_kinds,
    parse_fault_kinds,
    plant_faults,
    tear,
    torn_fir_transmission,
    torn_leak,
)
from greenhouse.plant.machinery import (
    Machinery,
    Orders,
    check_orders,
    equipment,
    machinery_at_rest,
    run,
)
from greenhouse.plant.outfit import glass_outfit, solar_outfit

OUTFIT = solar_outfit(480.0)
IDLE = Orders(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 2.0, 5.8)
FULL = Orders(1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 2.0, 5.8)
SHARE = st.floats(0.0, 1.0)
ORDERS = st.builds(Orders, *([SHARE] * 13), st.floats(0.0, 6.0), st.floats(4.0, 8.0))
FAULTS = st.builds(PlantFaults, st.floats(0.0, 0.2), *([SHARE] * 7), st.floats(-2.0, 2.0))


def run_for(orders, outfit, minutes, machinery=None):
    state = machinery or machinery_at_rest(15.0)
    for _ in range(minutes):
        state = run(state, orders, outfit, 15.0, 60.0)
    return state


def test_orders_are_reached_when_there_was_time():
    seen = equipment(run_for(FULL, OUTFIT, 120), FULL, OUTFIT, 15.0)
    assert (seen.roof_vent, seen.bottom_vent, seen.blanket, seen.screen, seen.shade) == (1.0,) * 5
    assert seen.pipe_supply_c == pytest.approx(80.0, abs=0.2)
    assert (seen.pipe_flow, seen.fog, seen.fan, seen.pad, seen.lamp, seen.circulation) == (1.0,) * 6
    assert seen.co2_kg_ha_h == 50.0
    assert seen.water_l_m2_h == pytest.approx(7.12, abs=0.01)
    assert (seen.water_ec_ms_cm, seen.water_ph) == (2.0, 5.8)


def test_without_demand_the_pump_stands_and_the_pipe_has_its_own_temperature():
    seen = equipment(run_for(IDLE, OUTFIT, 5), IDLE, OUTFIT, 23.0)
    assert (seen.pipe_flow, seen.pipe_supply_c) == (0.0, 23.0)


@given(st.lists(st.tuples(ORDERS, FAULTS), min_size=1, max_size=12))
def test_whatever_is_ordered_and_broken_the_model_is_told_possible_things(course):
    state = machinery_at_rest(15.0)
    for orders, faults in course:
        outfit = apply(faults, OUTFIT, 3.0)
        state = run(state, orders, outfit, 15.0, 60.0)
        seen = equipment(state, orders, outfit, 15.0)
        assert all(math.isfinite(value) for value in seen)
        assert all(0.0 <= share <= 1.0 for share in (*seen[:5], *seen[6:12]))
        assert 15.0 <= seen.pipe_supply_c <= 80.0
        assert seen.water_l_m2_h >= 0.0
        assert seen.water_ec_ms_cm >= OUTFIT.water.raw_ec_ms_cm


def test_no_faults_change_nothing():
    assert apply(NO_FAULTS, OUTFIT, 100.0) == OUTFIT


def test_in_a_power_cut_motors_stand_and_all_that_is_electric_is_off():
    half = run_for(FULL, OUTFIT, 2)
    dark = apply(plant_faults({"power_cut": 1.0}), OUTFIT, 0.0)
    after = run_for(IDLE, dark, 30, half)
    for before, now in zip(half[:4], after[:4], strict=True):
        assert (now.position, now.believed, now.starts) == (before.position, before.believed, before.starts)
    seen = equipment(after, FULL, dark, 15.0)
    assert (seen.pipe_flow, seen.fog, seen.fan, seen.pad, seen.lamp, seen.circulation) == (0.0,) * 6
    assert (seen.co2_kg_ha_h, seen.water_l_m2_h) == (0.0, 0.0)
    assert seen.pipe_supply_c == 15.0


@pytest.mark.parametrize(
    ("fault", "drive"),
    [("stuck_roof_vent", "roof_vent"), ("stuck_bottom_vent", "bottom_vent"), ("frozen_winder", "blanket")],
)
def test_a_stuck_drive_stands_while_its_controller_believes_it_moves(fault, drive):
    orders = FULL._replace(roof_vent=0.5, bottom_vent=0.5, blanket=0.5)
    state = run_for(orders, apply(plant_faults({fault: 1.0}), OUTFIT, 0.0), 30)
    stuck = getattr(state, drive)
    assert stuck.position == 0.0
    assert stuck.believed == pytest.approx(0.5)
    others = [name for name in ("roof_vent", "bottom_vent", "blanket") if name != drive]
    assert all(getattr(state, name).position > 0.4 for name in others)


def test_a_tripped_boiler_cools_while_its_pump_runs_on():
    cold = apply(plant_faults({"boiler_trip": 1.0}), OUTFIT, 0.0)
    state = run_for(FULL, cold, 120, run_for(FULL, OUTFIT, 120))
    seen = equipment(state, FULL, cold, 15.0)
    assert seen.pipe_flow == 1.0
    assert seen.pipe_supply_c == pytest.approx(15.0, abs=0.2)


def test_faults_of_water_reach_the_crop():
    def water(**severities):
        broken = apply(plant_faults(severities), OUTFIT, 2.0)
        return equipment(machinery_at_rest(15.0), FULL, broken, 15.0)

    assert water(blocked_drippers=0.3).water_l_m2_h < water().water_l_m2_h
    assert water(burst_pipe=0.5).water_l_m2_h < water().water_l_m2_h
    assert water(blocked_drippers=1.0).water_l_m2_h == 0.0
    assert water(drifted_ec_probe=-0.2).water_ec_ms_cm == pytest.approx(2.4)


def test_a_tear_opens_and_lets_long_waves_through_by_its_area():
    """1 % of a cover of 1.22 m² per m²: 0.0122 m²/m²; 0.99 · 0.25 + 0.01 = 0.2575."""
    torn = tear(plant_faults({"torn_film": 0.01}), 1.22)
    assert torn.open_m2_m2 == pytest.approx(0.0122)
    assert torn_fir_transmission(0.25, torn) == pytest.approx(0.2575)
    whole = tear(NO_FAULTS, 1.22)
    assert (whole.open_m2_m2, torn_fir_transmission(0.25, whole)) == (0.0, 0.25)


def test_a_tear_leaks_like_an_open_vent_of_its_area():
    """1 % of 1.22 m²/m² with C_d 0.65 and C_w 0.09: 0.325 · 0.0122 · 0.3 = 1.1895e-3 beside a leakage of 1e-4."""
    torn = tear(plant_faults({"torn_film": 0.01}), 1.22)
    assert torn_leak(1e-4, torn, 0.65, 0.09) == pytest.approx(1.2895e-3)
    assert torn_leak(1e-4, tear(NO_FAULTS, 1.22), 0.65, 0.09) == 1e-4


def test_every_fault_says_in_both_languages_what_it_is_and_what_it_changes():
    kinds = fault_kinds()
    assert tuple(kind.key for kind in kinds) == PlantFaults._fields
    for kind in kinds:
        assert all((kind.zh, kind.en, kind.changes_zh, kind.changes_en, kind.reference, kind.severity.zh))
        assert plant_faults({kind.key: kind.severity.usual}) != NO_FAULTS


@pytest.mark.parametrize(
    ("severities", "sentence"),
    [
        ({"torn_film": 0.5}, "severity of torn_film is 0.5, but it must lie from 0 to 0.2"),
        ({"power_cut": math.nan}, "severity of power_cut is nan"),
        ({"torn_fim": 0.1}, 'did you mean "torn_film"'),
    ],
)
def test_a_fault_that_cannot_be_is_refused_with_what_could(severities, sentence):
    with pytest.raises(PlantInputError, match=sentence):
        plant_faults(severities)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (('en = "Torn film"\n', ""), r"\[torn_film\]: en is missing"),
        (("power_cut", "power_out"), "power_cut is missing"),
        (("lowest = 0.0\n  highest = 0.2", "lowest = 0.1\n  highest = 0.2"), "must hold 0"),
        (("usual = 0.01", "usual = 0.3"), "usual 0.3 must be inside"),
        (("[torn_film.severity]", "[torn_film.strength]"), "severity is missing"),
        (("[torn_film]", "[torn_film"), "is not TOML"),
    ],
)
def test_a_wrong_file_of_faults_is_refused_with_its_fault(change, sentence):
    with pytest.raises(ParameterError, match=sentence):
        parse_fault_kinds(FAULTS_FILE.read_text(encoding="utf-8").replace(*change), file="faults.toml")


@pytest.mark.parametrize(("name", "value"), [("roof_vent", 1.2), ("heat", -0.1), ("fog", math.nan), ("feed_ph", 15.0)])
def test_orders_outside_their_range_are_refused_by_name(name, value):
    with pytest.raises(PlantInputError, match=f"order {name} is {value:g}, but it must lie from 0"):
        check_orders(FULL._replace(**{name: value}))


def test_possible_orders_pass():
    check_orders(FULL)


@pytest.mark.parametrize("floor_m2", [0.0, -480.0, math.nan])
def test_a_house_without_a_floor_is_refused(floor_m2):
    with pytest.raises(PlantInputError, match="is no house"):
        solar_outfit(floor_m2)
    with pytest.raises(PlantInputError, match="is no house"):
        glass_outfit(floor_m2)


def test_the_glasshouse_has_its_own_vents():
    assert glass_outfit(512.0).roof_vent.travel_s > solar_outfit(480.0).roof_vent.travel_s


def test_the_states_are_named_tuples_of_numbers_all_the_way_down():
    """What a compiler for numbers needs."""

    def numbers(value):
        return all(numbers(part) for part in value) if isinstance(value, tuple) else type(value) is float

    assert numbers(run_for(FULL, OUTFIT, 3))
    assert numbers(OUTFIT)
    assert isinstance(run_for(IDLE, OUTFIT, 1), Machinery)
