"""Winder and vent motor behave as their profiles say, on drives that lose count."""

from __future__ import annotations

import pytest

from devices.profiles.catalog import shipped_profile
from greenhouse.plant.faults import hindered
from greenhouse.plant.outfit import solar_outfit
from scheduler.simulated_plant.motors import (
    ROLL_DOWN,
    ROLL_UP,
    STOP,
    advance_vent,
    advance_winder,
    command_vent,
    command_winder,
    vent_at,
    vent_readings,
    winder_at,
    winder_readings,
)

BLANKET = solar_outfit(480.0).blanket
VENT = solar_outfit(480.0).roof_vent
TICK_S = 0.5


def wind(state, seconds, *, params=BLANKET, limit_s=600.0, mains=1.0):
    for _ in range(round(seconds / TICK_S)):
        state = advance_winder(state, limit_s, params, mains, TICK_S)
    return state


def vent(state, seconds, *, params=VENT, gust_m_s=3.0, mains=1.0):
    for _ in range(round(seconds / TICK_S)):
        state = advance_vent(state, gust_m_s, params, mains, TICK_S)
    return state


@pytest.mark.parametrize(
    ("profile", "readings"),
    [
        ("blanket-winder", winder_readings(winder_at(1.0))),
        ("vent-motor", vent_readings(vent_at(0.0), vent_at(0.0))),
    ],
)
def test_every_point_that_is_no_setting_is_shown(profile, readings):
    assert set(readings) == {point.key for point in shipped_profile(profile).points if point.write is None}


def test_a_winder_rolls_up_to_its_end_switch_and_stops_by_itself():
    """360 s of travel, 2 s of start and 1.5 % of slip: 360 / 0.985 + 2 = 367.5 s, and the play of a half percent."""
    state = wind(command_winder(winder_at(1.0), ROLL_UP), 10.0)
    assert winder_readings(state)["motor_state"] == ROLL_UP
    assert winder_readings(state)["end_switch_up"] == 0.0
    state = wind(state, 400.0)
    shown = winder_readings(state)
    assert (shown["position"], shown["end_switch_up"], shown["motor_state"]) == (100.0, 1.0, STOP)
    assert shown["run_seconds"] == pytest.approx(367.5, abs=3.0)


def test_a_winder_stops_at_its_run_time_limit():
    state = wind(command_winder(winder_at(1.0), ROLL_UP), 60.0, limit_s=60.0)
    assert state.command == STOP
    assert state.run_s == pytest.approx(60.0)
    assert wind(state, 60.0).drive.position == state.drive.position
    assert 0.8 < state.drive.position < 0.9


def test_a_winder_does_not_start_again_by_itself_after_a_power_cut():
    state = wind(command_winder(winder_at(1.0), ROLL_UP), 60.0)
    cut = wind(state, 30.0, mains=0.0)
    back = wind(cut, 60.0)
    assert back.drive.position == cut.drive.position == state.drive.position
    assert back.command == STOP


def test_a_frozen_winder_draws_more_and_shows_a_count_that_is_not_true():
    state = wind(command_winder(winder_at(1.0), ROLL_UP), 100.0, params=hindered(BLANKET, 1.0))
    shown = winder_readings(state)
    assert state.drive.position == 1.0
    assert shown["position"] == pytest.approx(100.0 * 100.0 / 360.0)
    assert shown["end_switch_down"] == 1.0
    assert (
        shown["motor_current"] > winder_readings(wind(command_winder(winder_at(1.0), ROLL_UP), 100.0))["motor_current"]
    )


def test_an_unknown_command_is_rejected():
    assert command_winder(winder_at(1.0), 3.0) is None
    assert command_vent(vent_at(0.0), 101.0) is None


def test_a_winder_that_stands_half_way_shows_neither_end():
    state = wind(command_winder(winder_at(1.0), ROLL_UP), 180.0)
    state = wind(command_winder(state, STOP), 10.0)
    shown = winder_readings(state)
    assert (shown["end_switch_up"], shown["end_switch_down"], shown["motor_current"]) == (0.0, 0.0, 0.0)
    assert wind(command_winder(state, ROLL_DOWN), 400.0).drive.position == 1.0


def test_a_vent_goes_to_its_target_by_its_count():
    state = vent(command_vent(vent_at(0.0), 40.0), 120.0)
    assert vent_readings(state, state)["position"] == pytest.approx(40.0)
    assert 0.35 < state.drive.position < 0.4
    before, moving = state, vent(command_vent(state, 80.0), TICK_S)
    assert vent_readings(before, moving)["motor_state"] == 1.0


def test_a_storm_shuts_a_vent_and_rejects_a_wider_target_until_it_is_calm():
    state = vent(command_vent(vent_at(0.0), 40.0), 120.0)
    state = vent(state, 300.0, gust_m_s=13.0)
    assert (state.drive.position, state.is_locked) == (0.0, True)
    assert command_vent(state, 30.0) is None
    assert command_vent(state, 0.0) is not None
    state = vent(state, 10.0, gust_m_s=10.0)
    assert state.is_locked
    state = vent(state, 120.0, gust_m_s=8.0)
    assert not state.is_locked
    assert state.drive.believed == pytest.approx(0.4)


def test_a_stuck_vent_is_given_up_after_a_third_more_than_its_travel_until_it_is_told_again():
    """1.3 times 180 s."""
    stuck = hindered(VENT, 1.0)
    state = vent(command_vent(vent_at(0.5), 0.0), 600.0, params=stuck)
    assert state.has_given_up
    assert state.drive.run_s == pytest.approx(234.0, abs=1.0)
    assert state.drive.position == 0.5
    again = vent(command_vent(state, 0.0), 10.0, params=stuck)
    assert again.drive.run_s > state.drive.run_s


def test_without_power_a_vent_stands_and_goes_on_when_it_is_back():
    state = vent(command_vent(vent_at(0.0), 40.0), 30.0)
    cut = vent(state, 60.0, mains=0.0)
    assert cut.drive.position == state.drive.position
    assert vent(cut, 120.0).drive.believed == pytest.approx(0.4)
