"""Faults are switched by name; a wrong name or number is told with what would be right."""

from __future__ import annotations

import math

import pytest

from devices.simulator.faults import CLOCK, FAULT_KINDS, Fault, FaultBoard, FaultRefused, Scope


@pytest.fixture
def board() -> FaultBoard:
    return FaultBoard(["solar", "meters"], {"h1-climate": ["air_temperature", "co2"], "weather": ["wind_speed"]})


def test_every_fault_has_a_scope_and_an_explanation():
    assert set(FAULT_KINDS) == set(Fault)
    assert all(kind.effect for kind in FAULT_KINDS.values())


@pytest.mark.parametrize(
    ("fault", "target", "message"),
    [
        (Fault.DEAD, "h1-climat", 'there is no device "h1-climat"; near it: h1-climate'),
        (Fault.STUCK, "h1-climate.air_temp", 'no point "h1-climate.air_temp"; near it: h1-climate.air_temperature'),
        (Fault.LATE, "zzz", 'there is no line "zzz"; for example: meters, solar'),
        (Fault.LATE, "weather", "late befalls a line, but weather is a device"),
        (Fault.DEAD, "weather.wind_speed", "dead befalls a device, but weather.wind_speed is a point"),
        (Fault.CLOCK_SKEW, "weather", "clock-skew befalls a base, but weather is a device"),
    ],
)
def test_a_wrong_target_is_told_with_near_names(board, fault, target, message):
    with pytest.raises(FaultRefused, match=message):
        board.switch_on(fault, target, 1.0)
    assert board.active() == ()


@pytest.mark.parametrize(
    ("fault", "target", "amount", "message"),
    [
        (Fault.DRIFTING, "weather.wind_speed", None, "drifting needs a number: stored units per hour"),
        (Fault.CLOCK_SKEW, CLOCK, None, "clock-skew needs a number: seconds ahead"),
        (Fault.DEAD, "weather", 3.0, "dead takes no number, got 3"),
        (Fault.LATE, "solar", -1.0, "late takes milliseconds, 0 to 60000; got -1"),
        (Fault.GARBLED, "solar", 1.5, "garbled takes share of the replies, 0 to 1, 0 to 1; got 1.5"),
        (Fault.DRIFTING, "weather.wind_speed", math.nan, "drifting takes stored units per hour"),
        (Fault.STUCK, "weather.wind_speed", math.inf, "stuck takes"),
    ],
)
def test_a_wrong_amount_is_refused(board, fault, target, amount, message):
    with pytest.raises(FaultRefused, match=message):
        board.switch_on(fault, target, amount)
    assert board.active() == ()


def test_a_fault_on_one_target_leaves_the_others_alone(board):
    board.switch_on(Fault.LATE, "solar", 200.0)
    board.switch_on(Fault.GARBLED, "solar", 0.5)
    board.switch_on(Fault.DEAD, "weather")
    assert board.on_line("solar") == {Fault.LATE: 200.0, Fault.GARBLED: 0.5}
    assert board.on_line("meters") == {}
    assert set(board.on_device("weather")) == {Fault.DEAD}
    assert set(board.on_device("h1-climate")) == set()


def test_switching_on_again_replaces_the_amount(board):
    board.switch_on(Fault.LATE, "solar", 200.0)
    board.switch_on(Fault.LATE, "solar", 300.0)
    assert board.on_line("solar") == {Fault.LATE: 300.0}
    assert len(board.active()) == 1


def test_clearing_a_device_clears_its_points_too(board):
    board.switch_on(Fault.DEAD, "h1-climate")
    board.switch_on(Fault.OPEN, "h1-climate.co2")
    board.switch_on(Fault.OPEN, "weather.wind_speed")
    assert {active.fault for active in board.clear("h1-climate")} == {Fault.DEAD, Fault.OPEN}
    assert [active.target for active in board.active()] == ["weather.wind_speed"]


def test_clearing_everything_leaves_nothing(board):
    for fault, kind in FAULT_KINDS.items():
        board.switch_on(fault, board.targets(kind.scope)[0], 1.0 if kind.amount else None)
    assert len(board.clear()) == len(Fault)
    assert board.active() == ()


def test_clearing_an_unknown_target_is_refused(board):
    with pytest.raises(FaultRefused, match='no line, device, point or compartment "solr"; near it: solar'):
        board.clear("solr")


def test_an_open_sensor_outranks_a_stuck_one_and_a_stuck_one_a_drift(board):
    board.switch_on(Fault.DRIFTING, "weather.wind_speed", 3600.0)
    board.advance(2.0)
    assert board.shown("weather", "wind_speed", 5.0) == 7.0
    board.switch_on(Fault.STUCK, "weather.wind_speed", 4.0)
    assert board.shown("weather", "wind_speed", 5.0) == 4.0
    board.switch_on(Fault.OPEN, "weather.wind_speed")
    assert board.shown("weather", "wind_speed", 5.0) is None


def test_a_drift_needs_a_value_to_drift_from(board):
    board.switch_on(Fault.DRIFTING, "weather.wind_speed", 1.0)
    assert board.shown("weather", "wind_speed", None) is None


def test_targets_are_listed_by_scope(board):
    assert board.targets(Scope.LINE) == ("meters", "solar")
    assert board.targets(Scope.POINT) == ("h1-climate.air_temperature", "h1-climate.co2", "weather.wind_speed")
    assert board.targets(Scope.BASE) == (CLOCK,)
