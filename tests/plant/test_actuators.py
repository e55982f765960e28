"""Drives take time, lose count, and find it again at their end switches."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenhouse.plant.actuators import (
    STANDING,
    Drive,
    DriveParameters,
    HeatingParameters,
    HeatingState,
    drive_at,
    heat,
    move,
    toward,
)
from greenhouse.plant.outfit import equipment_parameters

SHARE = st.floats(0.0, 1.0)
PARAMS = st.builds(
    DriveParameters,
    travel_s=st.floats(60.0, 600.0),
    start_loss_s=st.floats(0.0, 5.0),
    slip_forward=SHARE,
    slip_backward=SHARE,
    backlash=st.floats(0.0, 0.1),
    minimum_step=st.floats(0.0, 0.1),
)
DRIVES = st.builds(Drive, st.sampled_from([-1.0, 0.0, 1.0]), st.floats(0.0, 90.0))
EXACT = DriveParameters(180.0, 0.0, 0.0, 0.0, 0.0, 0.0)


def driven(state, target, params, dt_s, steps):
    """A controller that counts run time brings the drive toward a target."""
    for _ in range(steps):
        state = move(state, toward(target, state, params, dt_s), params, dt_s)
    return state


@given(PARAMS, SHARE, st.lists(DRIVES, max_size=40), st.sampled_from([0.5, 10.0, 60.0]))
def test_positions_stay_between_the_ends_and_the_motor_never_runs_longer_than_told(params, start, drives, dt_s):
    state = drive_at(start)
    for drive in drives:
        after = move(state, drive, params, dt_s)
        assert 0.0 <= after.position <= 1.0
        assert 0.0 <= after.believed <= 1.0
        assert 0.0 <= after.slack <= params.backlash
        assert 0.0 <= after.run_s - state.run_s <= min(drive.run_s, dt_s) + 1e-9
        assert (after.position - state.position) * drive.direction >= -1e-12
        state = after


@given(SHARE, st.lists(DRIVES, max_size=60))
def test_without_slip_what_is_believed_is_true(start, drives):
    state = drive_at(start)
    for drive in drives:
        state = move(state, drive, EXACT, 60.0)
        assert state.believed == state.position


@given(st.floats(60.0, 600.0), st.sampled_from([0.5, 7.0, 60.0]), st.sampled_from([1.0, -1.0]))
def test_a_full_travel_takes_the_travel_time(travel_s, dt_s, direction):
    params = EXACT._replace(travel_s=travel_s)
    state = drive_at(0.0 if direction > 0.0 else 1.0)
    steps = math.ceil(travel_s / dt_s)
    for _ in range(steps - 1):
        state = move(state, Drive(direction, dt_s), params, dt_s)
    assert state.position != (1.0 if direction > 0.0 else 0.0)
    state = move(state, Drive(direction, dt_s), params, dt_s)
    state = move(state, Drive(direction, dt_s), params, dt_s)  # a last one for the rounding of many small steps
    assert state.position == (1.0 if direction > 0.0 else 0.0)
    assert state.starts == 1.0
    assert state.traveled == pytest.approx(1.0)


def test_a_start_loses_its_time_once_however_short_the_steps():
    """180 s of travel, 3 s lost: after 63 s a third of the way, in steps of 0.5 s or of 63 s."""
    params = EXACT._replace(start_loss_s=3.0)
    fine = drive_at(0.0)
    for _ in range(126):
        fine = move(fine, Drive(1.0, 0.5), params, 0.5)
    coarse = move(drive_at(0.0), Drive(1.0, 63.0), params, 63.0)
    assert fine.position == pytest.approx(1.0 / 3.0)
    assert coarse.position == pytest.approx(1.0 / 3.0)
    assert coarse.believed == pytest.approx(63.0 / 180.0)


def test_backlash_is_taken_up_at_each_reversal_and_only_there():
    params = EXACT._replace(backlash=0.1)
    state = move(drive_at(0.5), Drive(1.0, 36.0), params, 36.0)  # a fifth: half of it is play
    assert state.position == pytest.approx(0.6)
    state = move(state, Drive(1.0, 36.0), params, 36.0)
    assert state.position == pytest.approx(0.8)
    state = move(state, Drive(-1.0, 18.0), params, 36.0)  # a tenth back: play alone
    assert state.position == pytest.approx(0.8)
    assert state.believed == pytest.approx(0.8)


@pytest.mark.parametrize("part", ["blanket", "roll_up_vent", "glass_vent", "screen"])
def test_drift_grows_with_starts_and_an_end_switch_ends_it(part):
    """Between 30 and 60 % to and fro: the count is off by more after 20 moves than after 4, and right at an end."""
    params = equipment_parameters().part(part, DriveParameters)
    state = driven(drive_at(0.0), 0.3, params, 60.0, 10)
    errors = []
    for moves in range(20):
        state = driven(state, 0.6 if moves % 2 == 0 else 0.3, params, 60.0, 10)
        errors.append(abs(state.believed - state.position))
    assert 0.0 < errors[3] < errors[19] < 0.5
    assert state.starts == 21.0
    state = driven(state, 0.0, params, 60.0, 12)
    assert state.believed == state.position == 0.0


def test_toward_an_end_the_motor_runs_until_the_switch_answers_whatever_the_count_says():
    """Truly at 80 %, believed to be shut: the drive runs on to the switch."""
    state = drive_at(0.8)._replace(believed=0.0)
    assert toward(0.0, state, EXACT, 60.0) == Drive(-1.0, 60.0)
    state = driven(state, 0.0, EXACT, 60.0, 3)
    assert (state.position, state.believed) == (0.0, 0.0)
    assert toward(0.0, state, EXACT, 60.0) == STANDING


@given(SHARE, st.floats(0.01, 0.99), st.sampled_from([0.5, 60.0]))
def test_a_controller_comes_to_its_target_or_leaves_less_than_the_smallest_step(start, target, dt_s):
    params = EXACT._replace(minimum_step=0.05)
    state = driven(drive_at(start), target, params, dt_s, math.ceil(400.0 / dt_s))
    if abs(start - target) < 0.05:
        assert state == drive_at(start)
    else:
        assert state.position == pytest.approx(target, abs=1e-9)
        assert state.starts == 1.0


@pytest.mark.parametrize(("start", "believed", "target"), [(0.2, 0.8, 0.0), (0.8, 0.2, 1.0)])
def test_a_switch_that_answers_before_the_count_is_over_is_believed(start, believed, target):
    state = driven(drive_at(start)._replace(believed=believed), target, EXACT, 60.0, 3)
    assert (state.position, state.believed) == (target, target)
    assert state.run_s == pytest.approx(36.0)  # a fifth of 180 s: the switch cut the rest of the step


def test_a_motor_on_its_end_switch_does_not_start():
    state = move(drive_at(1.0)._replace(believed=0.9), Drive(1.0, 60.0), EXACT, 60.0)
    assert state.starts == 0.0
    assert state.run_s == 0.0
    assert state.believed == 1.0


def test_at_full_slip_the_motor_turns_the_count_runs_and_nothing_moves():
    params = EXACT._replace(slip_forward=1.0, slip_backward=1.0)
    state = move(drive_at(0.2), Drive(1.0, 60.0), params, 60.0)
    assert state.position == 0.2
    assert state.believed == pytest.approx(0.2 + 60.0 / 180.0)
    assert state.run_s == 60.0


def test_the_travel_times_are_those_of_the_agronomy():
    """Agronomy §1.4 (11): blanket 5 to 8 min, roll-up vents 2 to 4, glass vents and screens 3 to 5."""
    read = equipment_parameters()
    minutes = {"blanket": (5, 8), "roll_up_vent": (2, 4), "glass_vent": (3, 5), "screen": (3, 5)}
    for part, (low, high) in minutes.items():
        assert low * 60.0 <= read.part(part, DriveParameters).travel_s <= high * 60.0


def test_the_supply_has_come_632_thousandths_of_its_way_after_its_time_constant():
    """1 - 1/e = 0.63212: from 20 to 80 °C that is 57.927 °C, in one step or in twenty."""
    params = HeatingParameters(full_supply_c=80.0, lag_s=1200.0)
    state = HeatingState(20.0)
    for _ in range(20):
        state = heat(state, 1.0, 20.0, params, 60.0)
    assert state.supply_c == pytest.approx(57.927, abs=0.001)
    assert heat(HeatingState(20.0), 1.0, 20.0, params, 1200.0).supply_c == pytest.approx(state.supply_c)


@given(SHARE, st.floats(-20.0, 100.0), st.floats(-20.0, 100.0), st.floats(1.0, 300.0))
def test_the_supply_stays_between_the_pipes_the_boiler_and_where_it_was(demand, supply_c, pipe_c, dt_s):
    params = HeatingParameters(full_supply_c=80.0, lag_s=1200.0)
    after_c = heat(HeatingState(supply_c), demand, pipe_c, params, dt_s).supply_c
    assert min(supply_c, pipe_c) - 1e-9 <= after_c <= max(supply_c, pipe_c, 80.0) + 1e-9
