"""The table of a run's states, and for how long it lets water flow."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from greenhouse.commands.run_lifecycle import (
    BEGUN,
    COVERS,
    OPENING_S,
    REGISTER_MARGIN_S,
    TERMINAL,
    TRANSITIONS,
    RunReason,
    RunState,
    covers,
    end_of,
    lasts,
    may_open,
    register_s,
)
from greenhouse.deadlines import deadline_after
from tests.commands.conftest import moment

DEADLINE = deadline_after(moment(0), lasts(60.0, moment(0)))


def test_no_way_leads_from_an_open_valve_to_an_end_but_through_closing():
    for state in COVERS:
        assert TRANSITIONS[state] <= BEGUN - {RunState.PLANNED}
        assert not TRANSITIONS[state] & TERMINAL
    assert TRANSITIONS[RunState.CLOSING] <= TERMINAL


def test_every_reason_ends_a_run_as_the_table_allows():
    for reason in RunReason:
        assert end_of(reason) in TRANSITIONS[RunState.CLOSING]
    assert end_of(RunReason.DOSE_GIVEN) is RunState.DONE
    assert end_of(RunReason.INTERRUPTED) is RunState.STOPPED
    assert end_of(RunReason.METER_STANDS) is RunState.FAILED


@pytest.mark.parametrize("state", list(RunState))
def test_only_an_opening_run_opens_and_only_before_its_deadline(state):
    assert may_open(state, DEADLINE, moment(79)) is (state is RunState.OPENING)
    assert not may_open(state, DEADLINE, moment(80))
    assert not may_open(state, None, moment(0))
    assert covers(state, DEADLINE, moment(79)) is (state in COVERS)
    assert not covers(state, DEADLINE, moment(80))


def test_a_clock_that_is_set_back_lets_nothing_run_longer():
    assert not covers(RunState.RUNNING, DEADLINE, moment(80, wall_set_by=timedelta(hours=-1)))


def test_the_register_closes_a_margin_after_the_deadline():
    assert register_s(DEADLINE, moment(0), most_s=7200.0) == 80.0 + REGISTER_MARGIN_S
    assert register_s(DEADLINE, moment(50), most_s=7200.0) == 30.0 + REGISTER_MARGIN_S


def test_opening_takes_the_time_of_the_wire_and_a_dose_that_of_the_base():
    """On a training base that goes 60 times as fast the wire's twenty seconds are twenty minutes of base time."""
    fast = replace(moment(0), pace=60.0)
    assert lasts(600.0, fast) == timedelta(seconds=600.0 + 60.0 * OPENING_S)
    deadline = deadline_after(fast, lasts(600.0, fast))
    assert register_s(deadline, fast, most_s=7200.0) == 600.0 + 60.0 * (OPENING_S + REGISTER_MARGIN_S)
    assert register_s(deadline, fast, most_s=1800.0) == 1800.0, "no register is written more than it takes"
