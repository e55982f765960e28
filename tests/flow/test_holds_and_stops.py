"""Manual hold and return, changes at the controller, the record of a planned stop: over real Modbus."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import DataError, OperationalError

from devices.errors import LeaseLost
from devices.simulator.faults import Fault
from greenhouse.clock import moment_now
from greenhouse.commands import history, on_site, returns
from greenhouse.commands.checks import Code
from greenhouse.commands.lifecycle import State
from greenhouse.commands.models import CommandRequest, HoldState, InForce, ManualHold, PlannedStop
from greenhouse.commands.submit import submit_setpoint

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "telemetry"])
SETPOINT = "h1-climate.heating_setpoint"


def hold(flow, value: float, seconds: float) -> CommandRequest:
    return submit_setpoint(
        SETPOINT,
        value,
        by=flow.technician,
        seen_value=flow.value(SETPOINT),
        seen_at=None,
        now=moment_now(),
        hold_for=timedelta(seconds=seconds),
    )


def is_returned() -> bool:
    return CommandRequest.objects.filter(actor="automatic_return", state=State.CONFIRMED).exists()


def test_a_manual_hold_returns_by_itself_and_is_read_back(flow) -> None:
    flow.begin()
    before = flow.value(SETPOINT)
    hold(flow, before + 1.5, seconds=2)
    flow.turn_until(lambda: ManualHold.objects.filter(state=HoldState.ACTIVE).exists())
    assert flow.simulated.value("h1-climate", "heating_setpoint") == pytest.approx(before + 1.5)
    flow.turn_until(is_returned)
    assert flow.simulated.value("h1-climate", "heating_setpoint") == pytest.approx(before)
    assert [record.value for record in flow.writes_by_master()] == [
        pytest.approx(before + 1.5),
        pytest.approx(before),
    ]


def test_a_hold_that_ends_while_no_process_works_returns_after_the_restart(flow) -> None:
    flow.begin()
    before = flow.value(SETPOINT)
    hold(flow, before + 1.5, seconds=600)
    flow.turn_until(lambda: ManualHold.objects.filter(state=HoldState.ACTIVE).exists())
    flow.kill()
    now = moment_now()
    ManualHold.objects.update(ends_at=now.wall, ends_at_boot_s=now.boot_s)
    flow.cycle = flow.new_cycle()
    flow.begin()
    flow.turn_until(is_returned)
    assert flow.simulated.value("h1-climate", "heating_setpoint") == pytest.approx(before)


def test_a_further_try_of_a_return_leaves_alone_what_was_set_at_the_controller(flow) -> None:
    """The return was ignored by the controller; before its next try somebody sets another value at the panel."""
    flow.begin()
    before = flow.value(SETPOINT)
    hold(flow, before + 1.5, seconds=600)
    flow.turn_until(lambda: ManualHold.objects.filter(state=HoldState.ACTIVE).exists())
    flow.turn_until(lambda: flow.value(SETPOINT) == pytest.approx(before + 1.5))
    flow.simulated.switch_on(Fault.WRITE_IGNORED, SETPOINT)
    now = moment_now()
    ManualHold.objects.update(ends_at=now.wall, ends_at_boot_s=now.boot_s)
    flow.turn_until(lambda: CommandRequest.objects.filter(actor="automatic_return", state=State.TIMEOUT).exists())
    flow.simulated.clear()
    flow.simulated.call(lambda: flow.simulated._plant.command("h1-climate", "heating_setpoint", before + 6))
    flow.turn_until(lambda: flow.value(SETPOINT) == pytest.approx(before + 6))
    written = flow.writes_by_master()
    # Long after: nothing can be on its way any more, and the next try is due.
    past = {"answer_by": now.wall - timedelta(hours=1), "answer_by_boot_s": now.boot_s - 3600}
    CommandRequest.objects.filter(actor="automatic_return").update(
        **past, retry_at=now.wall, retry_at_boot_s=now.boot_s
    )
    flow.turn_until(lambda: CommandRequest.objects.filter(verdict=Code.SET_ON_SITE).exists())
    again = CommandRequest.objects.get(verdict=Code.SET_ON_SITE)
    assert (again.state, again.attempt, again.value) == (State.SUPERSEDED, 2, pytest.approx(before))
    assert flow.writes_by_master() == written
    assert flow.simulated.value("h1-climate", "heating_setpoint") == pytest.approx(before + 6)


def test_a_setpoint_changed_at_the_controller_is_recorded_once_as_its_own(flow) -> None:
    flow.begin()
    before = flow.value(SETPOINT)
    flow.turn_until(lambda: SETPOINT in _known())
    flow.simulated.call(lambda: flow.simulated._plant.command("h1-climate", "heating_setpoint", before + 3))
    flow.turn_until(lambda: CommandRequest.objects.filter(source="controller").exists())
    seen = [flow.value(SETPOINT)]
    flow.turn_until(lambda: flow.value("h1-climate.air_temperature") is not None and flow.value(SETPOINT) in seen)
    (change,) = CommandRequest.objects.all()
    assert (change.previous_value, change.value) == (pytest.approx(before), pytest.approx(before + 3))
    assert flow.writes_by_master() == []


def _known() -> set[str]:
    return set(InForce.objects.values_list("point_key", flat=True))


def test_a_planned_stop_is_kept_with_what_it_could_not_confirm(flow) -> None:
    """A dead valve block: the record names its outputs, and the alarm core can ask for them."""
    flow.begin()
    began = moment_now()
    flow.simulated.switch_on(Fault.DEAD, "h1-valves")
    flow.stop()
    stop = PlannedStop.objects.get()
    valves = {f"h1-valves.valve_{number}" for number in range(1, 9)}
    assert (stop.outputs, set(stop.unconfirmed)) == (10, valves)
    found = history.unconfirmed(began.wall)
    assert {output.point_key for output in found} == valves
    assert {output.verdict.code for output in found} == {Code.STOP_UNCONFIRMED}


@pytest.mark.parametrize("fault", [KeyError("a defect"), DataError("a row that the store refuses")], ids=repr)
def test_a_fault_in_what_follows_up_one_thing_holds_up_no_other(flow, monkeypatch, fault) -> None:
    """Holds cannot be returned, again and again: changes on site are recorded and people's changes are sent."""
    flow.begin()
    monkeypatch.setattr(returns, "return_ended", raising(fault))
    before = flow.value(SETPOINT)
    flow.simulated.call(lambda: flow.simulated._plant.command("h1-climate", "heating_setpoint", before + 3))
    flow.turn_until(lambda: CommandRequest.objects.filter(verdict=Code.CHANGED_ON_SITE).exists())
    request = flow.ask("h1-fan.speed_setpoint", 60.0)
    flow.turn_until(lambda: "unverifiable" in flow.states_of(request))


@pytest.mark.parametrize("fault", [LeaseLost("control"), OperationalError("no answer")], ids=repr)
def test_a_lost_lease_and_a_silent_store_end_a_look_wherever_they_are_met(flow, monkeypatch, fault) -> None:
    flow.begin()
    monkeypatch.setattr(on_site, "note_changes", raising(fault))
    monkeypatch.setattr(returns, "return_ended", raising(AssertionError("it went on")))
    with pytest.raises(type(fault)):
        flow.turn_until(lambda: False)


def raising(fault: Exception) -> Callable[..., None]:
    """Code of ours, or the store, that fails."""

    def fail(*_arguments: object, **_more: object) -> None:
        raise fault

    return fail
