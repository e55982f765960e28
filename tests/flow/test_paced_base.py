"""A training base over real Modbus while its time goes fast: the wire keeps the machine's time, all else base time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from devices.samples import Freshness, freshness
from devices.simulator.faults import Fault
from greenhouse import clock
from greenhouse.alarms.models import Occurrence
from greenhouse.clock import moment_now, utc_now
from greenhouse.commands.lifecycle import State
from greenhouse.commands.models import CommandRequest, HoldState, ManualHold
from greenhouse.commands.submit import submit_setpoint
from greenhouse.site import structure
from greenhouse.telemetry import series
from scheduler.inputs import has_fresh_inputs
from tests.paced import PacedClock, paced

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "telemetry"])
SETPOINT, POSITION = "h1-climate.heating_setpoint", "h1-vent.position"
OF_THE_WIRE = ("line-lost", "link-lost", "sensor-unusable", "clock-in-doubt")


@pytest.fixture(params=[60.0, 600.0], ids=["60", "600"])
def lesson(request: pytest.FixtureRequest) -> Iterator[PacedClock]:
    with paced(request.param) as stored:
        yield stored


def is_live(point: str, now: datetime) -> bool:
    """Whether a value is shown as live, as every page and rule asks."""
    known, sample = structure.point(point), series.latest([point])[point]
    assert known is not None
    age = now - sample.observed_at
    return freshness(age=age, interval_s=known.poll_s, pace=clock.pace()) is Freshness.LIVE


def plant_now(flow) -> datetime:
    """How far the plant behind the devices has lived."""
    return flow.simulated.call(lambda: flow.simulated._plant.now)


def polled(flow, point: str, times: int) -> list[datetime]:
    """When a point was read, so many times."""
    seen: list[datetime] = []

    def look() -> bool:
        at = series.latest([point])[point].observed_at
        if not seen or at != seen[-1]:
            seen.append(at)
        return len(seen) >= times

    flow.turn_until(look)
    return seen


def test_samples_plant_and_hold_follow_base_time_and_the_wire_does_not(lesson: PacedClock, flow) -> None:
    flow.begin()
    machine_s, at = time.monotonic(), utc_now()
    plant = plant_now(flow)
    readings = polled(flow, POSITION, 3)
    # Polled every two seconds of the machine, whatever the pace; dated in base time, forward.
    assert readings == sorted(readings)
    apart_s = (readings[-1] - readings[0]).total_seconds() / 2
    assert apart_s == pytest.approx(structure.point(POSITION).poll_s * clock.pace(), rel=0.5)
    assert is_live(POSITION, utc_now())
    assert has_fresh_inputs(utc_now())
    # The plant has lived through as much as base time has.
    passed = (utc_now() - at).total_seconds()
    assert passed == pytest.approx((time.monotonic() - machine_s) * clock.pace(), rel=0.2)
    lived = (plant_now(flow) - plant).total_seconds()
    assert lived == pytest.approx(passed, abs=2.0 * clock.pace())

    before = flow.value(SETPOINT)
    lasts = timedelta(seconds=3 * clock.pace())  # base time; three seconds for whoever waits
    submit_setpoint(
        SETPOINT, before + 1.5, by=flow.technician, seen_value=before, seen_at=None, now=moment_now(), hold_for=lasts
    )
    flow.turn_until(lambda: ManualHold.objects.filter(state=HoldState.ACTIVE).exists())
    ends_at = ManualHold.objects.get().ends_at
    flow.turn_until(lambda: CommandRequest.objects.filter(actor="automatic_return", state=State.CONFIRMED).exists())
    assert flow.simulated.value("h1-climate", "heating_setpoint") == pytest.approx(before)
    asked = CommandRequest.objects.get(actor="automatic_return").created_at
    assert timedelta(0) <= asked - ends_at <= timedelta(seconds=3 * clock.pace())
    assert not Occurrence.objects.filter(definition_key__in=OF_THE_WIRE).exists()


@pytest.mark.parametrize("lesson", [600.0], indirect=True)
def test_a_dead_device_is_not_live_for_long_and_a_slower_pace_raises_no_alarm(lesson: PacedClock, flow) -> None:
    flow.begin()
    flow.simulated.switch_on(Fault.DEAD, "h1-vent")
    flow.turn_until(lambda: not is_live(POSITION, utc_now()))
    flow.simulated.clear("h1-vent")
    flow.turn_until(lambda: is_live(POSITION, utc_now()))
    lesson.set_pace(1.0)
    # What was read at the old pace is base minutes old: stale until it is read again, never live for too long.
    flow.turn_until(lambda: is_live(POSITION, utc_now()))
    flow.turn_until(lambda: has_fresh_inputs(utc_now()))
    assert not Occurrence.objects.filter(definition_key="sensor-unusable").exists()


@pytest.mark.parametrize("lesson", [600.0], indirect=True)
def test_after_a_kill_base_time_goes_on_and_no_sample_goes_back(lesson: PacedClock, flow) -> None:
    flow.begin()
    last = max(sample.observed_at for sample in series.latest().values())
    flow.kill()
    lesson.set_pace(1.0)  # what was read last is minutes old in base time, and that is no silence
    flow.cycle = flow.new_cycle()
    flow.begin()
    flow.turn_until(lambda: series.latest([POSITION])[POSITION].observed_at > last)
    assert flow.cycle._sample_clock.state.name == "RIGHT"
    assert not Occurrence.objects.filter(definition_key="sensor-unusable").exists()
