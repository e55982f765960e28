"""Fault in the simulated base → one alarm → acknowledged → cleared, over real Modbus and through restarts."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connections

from devices.simulator.faults import Fault
from greenhouse.alarms import site_file
from greenhouse.alarms.models import Occurrence, OccurrenceEvent
from greenhouse.alarms.occurrences import acknowledge
from greenhouse.clock import moment_now, utc_now
from greenhouse.commands.models import HoldState, ManualHold
from greenhouse.commands.submit import submit_setpoint
from greenhouse.site.models import Device
from greenhouse.site.virtual_points import CONTROL
from greenhouse.telemetry import ingest, series
from scheduler import runtime
from tests.flow.test_store_faults import locked

pytestmark = [pytest.mark.django_db(transaction=True, databases=["default", "telemetry"])]
AIR, SETPOINT = "h1-climate.air_temperature", "h1-climate.heating_setpoint"
QUICK = "\n".join(
    f'[[alarm]]\nkey = "{key}"\non_delay_s = {on_s}\noff_delay_s = 0\nreason = "a test has no minutes"'
    for key, on_s in (("link-lost", 1), ("line-lost", 1), ("air-temperature-high-high", 1), ("return-waiting", 1))
)


@pytest.fixture
def quick(flow):
    """The base with short delays, and a temperature that is polled often."""
    site_file.store(QUICK, now=utc_now())
    Device.objects.filter(key="h1-climate").update(overrides={"air_temperature": {"poll_s": 0.3}})
    flow.kill()
    flow.cycle = flow.new_cycle()
    return flow


def open_alarms() -> dict[tuple[str, str], str]:
    rows = Occurrence.objects.exclude(state="normal")
    return {(row.definition_key, row.object_key): row.state for row in rows}


def age_s(point: str) -> float:
    return (utc_now() - series.latest([point])[point].observed_at).total_seconds()


def kinds(definition: str) -> list[str]:
    return list(OccurrenceEvent.objects.filter(occurrence__definition_key=definition).values_list("kind", flat=True))


def test_a_dead_device_is_one_alarm_its_points_are_silent_and_it_clears(quick) -> None:
    """With a restart of control in between."""
    quick.begin()
    quick.simulated.switch_on(Fault.DEAD, "h1-climate")
    dead = ("link-lost", "h1-climate.link")
    quick.turn_until(lambda: dead in open_alarms())
    quick.kill()
    quick.cycle = quick.new_cycle()
    quick.cycle.begin()
    silent_from = utc_now()
    quick.turn_until(lambda: (utc_now() - silent_from).total_seconds() > 2)
    assert {key for key in open_alarms() if key[1].startswith("h1-climate")} == {dead}
    quick.simulated.clear()
    quick.turn_until(lambda: open_alarms().get(dead) == "returned_unacknowledged")
    assert kinds("link-lost") == ["raised", "cleared"]


def test_a_drifting_sensor_is_raised_acknowledged_and_cleared(quick) -> None:
    quick.begin()
    hot = ("air-temperature-high-high", AIR)
    quick.turn_until(lambda: quick.value(AIR) is not None)
    assert hot not in open_alarms()
    quick.simulated.switch_on(Fault.DRIFTING, AIR, 18_000.0)  # 5 K a second
    quick.turn_until(lambda: open_alarms().get(hot) == "unacknowledged")
    found = Occurrence.objects.get(definition_key=hot[0])
    assert found.value > 38.0
    acknowledge(found.pk, by=quick.technician, now=utc_now())
    quick.kill()
    quick.cycle = quick.new_cycle()
    quick.cycle.begin()
    quick.simulated.clear()
    quick.turn_until(lambda: hot not in open_alarms())
    found.refresh_from_db()
    assert (found.state, found.acknowledged_by) == ("normal", quick.technician)
    assert kinds(hot[0]) == ["raised", "acknowledged", "cleared"]


def test_a_command_that_was_not_confirmed_is_an_alarm_until_one_is(flow) -> None:
    flow.begin()
    before = flow.value(SETPOINT)
    alarm = ("command-unconfirmed", SETPOINT)
    flow.simulated.switch_on(Fault.WRITE_IGNORED, SETPOINT)
    flow.ask(SETPOINT, before + 1.5)
    flow.turn_until(lambda: alarm in open_alarms())
    found = Occurrence.objects.get(definition_key=alarm[0])
    assert (found.reference_value, found.value) == (pytest.approx(before + 1.5), pytest.approx(before))
    flow.kill()
    flow.cycle = flow.new_cycle()
    flow.cycle.begin()
    again = flow.ask(SETPOINT, before + 2.0)
    flow.turn_until(lambda: "timeout" in flow.states_of(again))
    flow.cycle.tick()
    assert kinds(alarm[0]) == ["raised"]
    flow.simulated.clear()
    flow.turn_until(lambda: flow.value("h1-climate.control_location") is not None)
    over = flow.ask(SETPOINT, before + 1.0)
    flow.turn_until(lambda: "confirmed" in flow.states_of(over))
    flow.turn_until(lambda: open_alarms().get(alarm) == "returned_unacknowledged")


def test_a_return_that_waits_for_a_readback_is_an_alarm_until_it_has_found_its_way(quick) -> None:
    """The setpoint's register answers nothing when the hold ends; with a restart of control in between."""
    quick.begin()
    before = quick.value(SETPOINT)
    seen = {"seen_value": before, "seen_at": None}
    submit_setpoint(
        SETPOINT, before + 1.5, by=quick.technician, now=moment_now(), hold_for=timedelta(minutes=10), **seen
    )
    quick.turn_until(lambda: ManualHold.objects.filter(state=HoldState.ACTIVE).exists())
    quick.simulated.switch_on(Fault.OPEN, SETPOINT)
    quick.turn_until(lambda: age_s(SETPOINT) > 8.0)  # it is polled every 5 s
    with connections["telemetry"].cursor() as cursor:  # minutes later
        cursor.execute("UPDATE telemetry_latest SET ts_ms = ts_ms - 600000")
    now = moment_now()
    ManualHold.objects.update(ends_at=now.wall, ends_at_boot_s=now.boot_s)
    alarm = ("return-waiting", SETPOINT)
    quick.turn_until(lambda: open_alarms().get(alarm) == "unacknowledged")
    assert ManualHold.objects.get().return_waits_since is not None
    quick.kill()
    quick.cycle = quick.new_cycle()
    quick.cycle.begin()
    quick.simulated.clear()
    quick.turn_until(lambda: open_alarms().get(alarm) == "returned_unacknowledged")
    quick.turn_until(lambda: quick.value(SETPOINT) == pytest.approx(before))
    assert kinds("return-waiting") == ["raised", "cleared"]
    assert ManualHold.objects.get().end == "returned"


def test_a_value_that_is_read_back_later_as_asked_clears_the_alarm(flow) -> None:
    """Somebody set it by hand at the controller."""
    flow.begin()
    before = flow.value(SETPOINT)
    alarm = ("command-unconfirmed", SETPOINT)
    flow.simulated.switch_on(Fault.WRITE_IGNORED, SETPOINT)
    flow.ask(SETPOINT, before + 1.5)
    flow.turn_until(lambda: alarm in open_alarms())
    flow.simulated.clear()
    flow.simulated.call(lambda: flow.simulated._plant.command("h1-climate", "heating_setpoint", before + 1.5))
    flow.turn_until(lambda: open_alarms().get(alarm) == "returned_unacknowledged")
    event = OccurrenceEvent.objects.get(kind="cleared")
    assert event.facts == {"read_back": pytest.approx(before + 1.5)}


def test_where_nothing_can_be_read_back_the_alarm_ends_with_its_acknowledgement(flow) -> None:
    flow.begin()
    alarm = ("command-unconfirmed", "h1-fan.speed_setpoint")
    flow.ask("h1-fan.speed_setpoint", 60.0)
    flow.turn_until(lambda: alarm in open_alarms())
    found = Occurrence.objects.get(definition_key=alarm[0])
    acknowledge(found.pk, by=flow.technician, now=utc_now())
    flow.turn_until(lambda: alarm not in open_alarms())


def test_alarms_that_fail_stop_neither_storing_nor_commands(flow, caplog) -> None:
    """The main database refuses alarms: samples are stored, and the store of values says that nobody looks."""
    flow.begin()
    flow.turn_until(lambda: flow.value("control.alarm_evaluation") == 1.0)
    with locked("default"):
        before = ingest.last_tick(CONTROL)
        flow.cycle._alarms._duty._unwritten.append(None)  # something to write; it gets as far as the lock
        flow.cycle.tick()
        flow.cycle.tick()
        assert ingest.last_tick(CONTROL) >= before + 2
        assert flow.value("control.alarm_evaluation") == 0.0
    assert "alarms: the store does not answer" in caplog.text
    del flow.cycle._alarms._duty._unwritten[-1]
    flow.turn_until(lambda: flow.value("control.alarm_evaluation") == 1.0)


def test_alarms_that_are_broken_are_taken_up_anew(flow, caplog) -> None:
    """A defect in the alarms: told, and begun again from the store after a while."""
    flow.begin()
    rounds = flow.cycle._alarms
    rounds._duty._unwritten.append("no transition")
    for _ in range(runtime.FAILURES_BEFORE_STOP):
        flow.cycle.tick()
    assert "alarms are not evaluated" in caplog.text
    flow.turn_until(lambda: flow.value("control.alarm_evaluation") == 0.0)
    rounds._not_before_s = 0.0
    flow.turn_until(lambda: flow.value("control.alarm_evaluation") == 1.0)
