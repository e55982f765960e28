"""Runs that wait while their program is switched off, changed, or can no longer be read."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from greenhouse.commands.lifecycle import State
from greenhouse.commands.models import IrrigationRun
from greenhouse.commands.run_lifecycle import RunReason, RunState
from greenhouse.rules.irrigation_due import plan_due
from greenhouse.rules.irrigation_programs import history, in_force, save, switch
from greenhouse.rules.irrigation_withdrawn import withdrawn
from tests.bases import load
from tests.commands.conftest import after, moment
from tests.commands.conftest import store as store  # noqa: PLC0414  (a fixture)
from tests.commands.conftest import technician as technician  # noqa: PLC0414  (a fixture)
from tests.scheduler.test_irrigation_rounds import BASE, BY_SUN, PROGRAM, VALVE, reread, stored
from tests.scheduler.test_irrigation_rounds import control as control  # noqa: PLC0414  (a fixture)

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])


def test_a_program_that_is_switched_off_during_a_look_waters_nothing_any_more(control, technician):
    """The look had read which programs are on just before."""
    one = stored(technician)
    switch("morning", is_on=False, seen_version=1, by=technician, reason="", now=moment(59))
    control.new_process(one)
    control.turn(120)
    run = IrrigationRun.objects.get()
    assert reread(run) == (RunState.MISSED, RunReason.SWITCHED_OFF)
    assert (run.due_at, run.begun_at, control.asked()) == (after(60), None, [])


def test_a_run_that_waited_while_its_program_was_off_does_not_begin_when_it_is_on_again(control, technician):
    one = stored(technician)
    change = {"by": technician, "reason": "x"}
    switch("morning", is_on=False, seen_version=1, now=moment(59), **change)
    switch("morning", is_on=True, seen_version=2, now=moment(60), **change)
    control.new_process(one)
    control.turn(70)
    assert reread(IrrigationRun.objects.get()) == (RunState.MISSED, RunReason.SWITCHED_OFF)
    control.new_process(*in_force())
    control.turn(70)
    assert (IrrigationRun.objects.count(), control.asked()) == (1, []), "the start is decided"


def at_clocks(*minutes: int) -> dict[str, object]:
    return {**PROGRAM, "starts": {"kind": "clock", "minutes": [14 * 60 + minute for minute in minutes]}}


@pytest.mark.parametrize(
    ("document", "is_begun"),
    [
        ({**PROGRAM, "dose": {"kind": "time", "amount": 90}}, True),
        (at_clocks(1, 30), True),
        (at_clocks(30), False),
        ({**PROGRAM, "groups": ["south"]}, False),
        ({**PROGRAM, "starts": {"kind": "interval", "first": "14:01", "interval_min": 20, "last": "18:00"}}, True),
        ({**PROGRAM, "starts": {"kind": "interval", "first": "14:00", "interval_min": 20, "last": "18:00"}}, False),
    ],
    ids=["another dose", "one more start", "another start", "another group", "the same start", "other starts"],
)
def test_a_run_of_a_version_that_was_replaced_begins_only_if_the_new_one_has_its_start(
    control, technician, document, is_begun
):
    one = stored(technician)
    save("morning", document, is_on=True, seen_version=1, by=technician, reason="x", now=moment(59))
    control.new_process(one)
    control.turn(65)
    run = IrrigationRun.objects.get(group_key="north")
    assert reread(run) == ((RunState.RUNNING, "") if is_begun else (RunState.MISSED, RunReason.CHANGED))
    assert ((VALVE, 1.0) in control.asked()) is is_begun


@pytest.mark.parametrize(
    ("change", "is_begun"),
    [
        ({"starts": {**BY_SUN, "last": "20:30"}}, True),
        ({"starts": {**BY_SUN, "sum_j_cm2": 400}}, True),
        ({"starts": BY_SUN, "groups": ["south"]}, False),
        ({}, False),
    ],
    ids=["another end", "another sum", "another group", "by the clock"],
)
def test_a_run_that_the_sun_had_asked_for_begins_while_its_program_starts_by_the_sun(
    control, technician, change, is_begun
):
    """Its sum was reached when it was planned."""
    one = stored(technician, starts=BY_SUN)
    save("morning", {**PROGRAM, **change}, is_on=True, seen_version=1, by=technician, reason="x", now=moment(599))
    control.at_s = 600
    control.new_process(one)
    control.turn(5)
    run = IrrigationRun.objects.get(group_key="north")
    assert reread(run) == ((RunState.RUNNING, "") if is_begun else (RunState.MISSED, RunReason.CHANGED))


def test_a_start_by_the_clock_is_none_of_a_program_that_goes_by_the_sun_now(control, technician):
    one = stored(technician)
    save(
        "morning", {**PROGRAM, "starts": BY_SUN}, is_on=True, seen_version=1, by=technician, reason="x", now=moment(59)
    )
    control.new_process(one)
    control.turn(65)
    assert reread(IrrigationRun.objects.get()) == (RunState.MISSED, RunReason.CHANGED)


def test_a_run_of_a_version_that_one_replaced_that_cannot_be_read_does_not_begin(control, technician):
    one = stored(technician)
    row = history("morning").first()
    row.pk, row.number, row.document = None, 2, {**row.document, "starts": {"kind": "moon"}}
    row.save(force_insert=True)
    control.new_process(one)
    control.turn(65)
    assert reread(IrrigationRun.objects.get()) == (RunState.MISSED, RunReason.CHANGED)


def test_a_run_that_is_withdrawn_while_its_valve_cannot_open_leaves_the_water_to_the_others(control, technician):
    """North waits for a valve that somebody opened by hand; a person moves its start, and south has its own."""
    load(BASE.replace('pump = "feed.pump_command"', 'meter = "h1-valves.total_volume"'))
    stored(technician)
    change = {"is_on": True, "by": technician, "reason": "x"}
    save("noon", {**at_clocks(2), "groups": ["south"]}, seen_version=0, now=moment(0), **change)
    control.new_process(*in_force())
    control.values[VALVE], control.answers[VALVE] = 1.0, State.TIMEOUT
    control.turn(70)
    save("morning", at_clocks(30), seen_version=1, now=moment(70), **change)
    control.new_process(*in_force())
    control.turn(70)
    states = {run.group_key: reread(run) for run in IrrigationRun.objects.all()}
    assert states == {"north": (RunState.MISSED, RunReason.CHANGED), "south": (RunState.RUNNING, "")}


def test_whether_runs_are_withdrawn_takes_as_many_queries_for_one_run_as_for_many(control, technician):
    stored(technician, groups=["north", "south"])
    plan_due(in_force(), now=moment(61), at=after(61))
    waiting = list(IrrigationRun.objects.all())
    save("morning", at_clocks(1, 30), is_on=True, seen_version=1, by=technician, reason="x", now=moment(62))
    asked = []
    for found in (waiting[:1], waiting):
        with CaptureQueriesContext(connection) as queries:
            assert len(withdrawn(found)) == len([run for run in found if run.group_key == "south"])
        asked.append(len(queries))
    assert (len(waiting), asked) == (2, [3, 3])
