"""Irrigation runs on real Modbus: the register first, then the valve, and closed whatever happens."""

from __future__ import annotations

import time
from datetime import timedelta
from uuid import uuid4

import pytest

from greenhouse.clock import moment_now
from greenhouse.commands import irrigation_runs as runs
from greenhouse.commands.checks import Code
from greenhouse.commands.errors import Conflict, InvalidRequest
from greenhouse.commands.models import CommandRequest, IrrigationRun
from greenhouse.commands.run_lifecycle import RunReason, RunState
from greenhouse.commands.sources import VALVE_GUARD

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True, databases=["default", "telemetry"])]
VALVE_1, VALVE_2, VALVE_3 = "h1-valves.valve_1", "h1-valves.valve_2", "h1-valves.valve_3"
THREE_SECONDS = 0.05


def start(flow, group: str = "north", minutes: float = THREE_SECONDS) -> IrrigationRun:
    return runs.start(group, minutes, by=flow.technician, now=moment_now(), submission=uuid4())


def turn_until(flow, run: IrrigationRun, *states: RunState) -> IrrigationRun:
    def is_there() -> bool:
        run.refresh_from_db()
        return run.state in states

    flow.turn_until(is_there)
    return run


def open_on_site(flow, valve: str) -> None:
    flow.simulated.call(lambda: flow.simulated._plant.command("h1-valves", valve, 1))


def is_open(flow, valve: str) -> bool:
    return bool(flow.simulated.value("h1-valves", valve) == 1.0)


def test_a_run_sets_the_register_opens_counts_and_closes(flow):
    flow.begin()
    begun_s = time.monotonic()
    run = turn_until(flow, start(flow), RunState.RUNNING)
    assert is_open(flow, "valve_1")
    assert is_open(flow, "valve_2")
    left_s = flow.simulated.value("h1-valves", "remaining_1")
    assert 3.0 < left_s <= 3.0 + 20.0 + 10.0, "closed by the device, should nobody do it"
    turn_until(flow, run, RunState.DONE)
    assert not is_open(flow, "valve_1")
    assert (run.reason, run.ended_at is not None) == (RunReason.DOSE_GIVEN, True)
    assert run.given_l > 0.0
    written = [(record.point, record.value) for record in flow.writes_by_master(begun_s)]
    for number in (1, 2):
        of_valve = [(point, value) for point, value in written if point in (f"run_time_{number}", f"valve_{number}")]
        assert [point for point, _value in of_valve] == [f"run_time_{number}", f"valve_{number}", f"valve_{number}"]
        assert [value for _point, value in of_valve[1:]] == [1.0, 0.0]
    assert [event.state for event in run.events.all()] == ["planned", "opening", "running", "closing", "done"]


def test_a_valve_that_somebody_opened_without_a_run_is_closed(flow):
    flow.begin()
    open_on_site(flow, "valve_3")
    flow.turn_until(lambda: flow.value(VALVE_3) == 1.0)
    flow.turn_until(lambda: not is_open(flow, "valve_3"))
    assert set(CommandRequest.objects.filter(point_key=VALVE_3).values_list("actor", flat=True)) == {VALVE_GUARD}


def test_nobody_opens_a_bare_valve_and_anybody_closes_one(flow):
    flow.begin()
    flow.turn_until(lambda: flow.value(VALVE_1) is not None)
    with pytest.raises(InvalidRequest) as caught:
        flow.ask(VALVE_1, 1.0)
    assert caught.value.verdict.code is Code.NEEDS_RUN
    with pytest.raises(InvalidRequest):
        flow.ask("h1-valves.run_time_1", 600.0)
    request = flow.ask(VALVE_1, 0.0)
    flow.turn_until(lambda: "confirmed" in flow.states_of(request))


def test_groups_of_one_water_source_wait_for_each_other(flow):
    flow.begin()
    first, second = start(flow), start(flow, "south")
    turn_until(flow, first, RunState.RUNNING)
    assert not is_open(flow, "valve_3")
    second.refresh_from_db()
    assert second.state == RunState.PLANNED
    turn_until(flow, first, RunState.DONE)
    turn_until(flow, second, RunState.RUNNING)
    assert not is_open(flow, "valve_1")


def test_a_person_stops_a_run(flow):
    flow.begin()
    run = turn_until(flow, start(flow, minutes=10.0), RunState.RUNNING)
    runs.stop(run.pk, by=flow.technician, now=moment_now())
    turn_until(flow, run, RunState.STOPPED)
    assert not is_open(flow, "valve_1")
    assert run.reason == RunReason.BY_PERSON
    with pytest.raises(Conflict):
        runs.stop(run.pk, by=flow.technician, now=moment_now())


def test_a_killed_run_is_closed_counted_and_not_resumed(flow):
    flow.begin()
    run = turn_until(flow, start(flow, minutes=10.0), RunState.RUNNING)
    flow.kill()
    assert is_open(flow, "valve_1"), "nobody closed it: its register will"
    opened = flow.writes_by_master()
    flow.cycle = flow.new_cycle()
    flow.begin()
    turn_until(flow, run, RunState.STOPPED)
    assert run.reason == RunReason.INTERRUPTED
    assert run.given_l is not None
    assert not is_open(flow, "valve_1")
    later = flow.writes_by_master()[len(opened) :]
    assert {record.value for record in later if record.point.startswith("valve_")} == {0.0}


def test_a_valve_closed_on_site_ends_its_run_as_failed(flow):
    flow.begin()
    run = turn_until(flow, start(flow, minutes=10.0), RunState.RUNNING)
    flow.simulated.call(lambda: flow.simulated._plant.command("h1-valves", "valve_2", 0))
    turn_until(flow, run, RunState.FAILED)
    assert (run.reason, run.facts["point"]) == (RunReason.CLOSED_BY_ITSELF, VALVE_2)
    assert not is_open(flow, "valve_1")


def test_the_deadline_stands_before_the_first_command(flow):
    flow.begin()
    run = turn_until(flow, start(flow, minutes=10.0), RunState.RUNNING)
    first = CommandRequest.objects.filter(run=run).order_by("created_at").first()
    assert first.point_key == "h1-valves.run_time_1"
    assert run.begun_at <= first.created_at
    assert run.deadline - run.begun_at == timedelta(seconds=620)
