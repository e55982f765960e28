"""The wall clock is wrong while the base runs: samples go on and say so, and people keep control."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from devices.samples import Quality, Reason
from greenhouse.clock import moment_now, utc_now
from greenhouse.commands.models import HoldState, ManualHold
from greenhouse.commands.submit import submit_setpoint
from greenhouse.site.virtual_points import CLOCK, Clock, control_key
from greenhouse.telemetry import sample_time, series
from scheduler.inputs import has_fresh_inputs

pytestmark = [pytest.mark.django_db(transaction=True, databases=["default", "telemetry"])]
SETPOINT = "h1-climate.heating_setpoint"
CLOCK_POINT = control_key(CLOCK)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
IN_1970 = datetime(1970, 1, 1, tzinfo=UTC)


@contextmanager
def wall_clock_at(moment: datetime) -> Iterator[None]:
    with time_machine.travel(moment, tick=True):
        yield


@pytest.mark.parametrize(
    ("by", "state"), [(-HOUR, Clock.BEHIND), (DAY, Clock.AHEAD)], ids=["an hour back", "a day ahead"]
)
def test_a_clock_that_is_set_wrong_marks_what_is_read_and_takes_nobodys_control(flow, by, state):
    """Not one sample goes back in time, and the confirmed setpoint of a person is as good as ever."""
    flow.begin()
    before = series.latest()
    with wall_clock_at(utc_now() + by):
        flow.turn_until(lambda: flow.value(CLOCK_POINT) == state)
        request = flow.ask(SETPOINT, flow.value(SETPOINT) + 1.0)
        flow.turn_until(lambda: "confirmed" in flow.states_of(request))
        flow.turn_until(lambda: series.latest()[SETPOINT].observed_at > before[SETPOINT].observed_at)
        after = series.latest()
        assert after[SETPOINT].quality is Quality.UNCERTAIN
        assert after[SETPOINT].reason is Reason.CLOCK_SUSPECT
        assert all(after[key].observed_at >= sample.observed_at for key, sample in before.items())
        age = sample_time.look(timezone.now()) - after[SETPOINT].observed_at
        assert timedelta(0) <= age < timedelta(seconds=30)
    flow.turn_until(lambda: flow.value(CLOCK_POINT) == Clock.RIGHT)
    flow.turn_until(lambda: series.latest()[SETPOINT].quality is Quality.GOOD)
    assert abs(sample_time.look(timezone.now()) - timezone.now()) < timedelta(seconds=1)


def test_a_control_process_that_starts_in_1970_goes_on_from_the_last_stored_time(flow):
    """After a power cut with an empty battery."""
    flow.begin()
    newest = max(sample.observed_at for sample in series.latest().values())
    flow.kill()
    (flow.locks / "clock.json").unlink()  # another boot: nothing is known of this one
    with wall_clock_at(IN_1970):
        flow.cycle = flow.new_cycle()
        flow.begin()
        flow.turn_until(lambda: flow.value(CLOCK_POINT) == Clock.BEHIND)
        assert min(sample.observed_at for sample in series.latest().values()) >= newest - timedelta(seconds=30)
        assert max(sample.observed_at for sample in series.latest().values()) >= newest


def test_a_manual_hold_ends_although_the_control_process_starts_in_1970(flow):
    """What another boot stored is compared with the time of the samples; people keep control all the while."""
    flow.begin()
    before = flow.value(SETPOINT)
    request = submit_setpoint(
        SETPOINT,
        before + 1.5,
        by=flow.technician,
        seen_value=before,
        seen_at=None,
        now=moment_now(),
        hold_for=timedelta(seconds=5),
    )
    flow.turn_until(lambda: "confirmed" in flow.states_of(request))
    flow.kill()
    (flow.locks / "clock.json").unlink()
    ManualHold.objects.update(ends_at_boot_id="another boot")
    with wall_clock_at(IN_1970):
        flow.cycle = flow.new_cycle()
        flow.begin()
        flow.turn_until(lambda: ManualHold.objects.get().state == HoldState.ENDED)
        flow.turn_until(lambda: flow.value(SETPOINT) == pytest.approx(before))
    assert ManualHold.objects.get().end == "returned"


def test_values_still_grow_old_when_the_control_process_dies_under_a_wrong_clock(flow):
    flow.begin()
    with wall_clock_at(utc_now() - HOUR):
        flow.turn_until(lambda: flow.value(CLOCK_POINT) == Clock.BEHIND)
        first = sample_time.look(timezone.now())
        assert sample_time.look(timezone.now()) > first


def test_inputs_are_fresh_only_while_the_control_process_works(flow):
    """After a start nothing is fresh until it has polled; when it has died, nothing is fresh any more."""
    assert not has_fresh_inputs(utc_now())
    flow.begin()
    assert has_fresh_inputs(utc_now())
    assert not has_fresh_inputs(utc_now() + HOUR)
    with wall_clock_at(utc_now() + DAY):
        flow.turn_until(lambda: flow.value(CLOCK_POINT) == Clock.AHEAD)
        assert has_fresh_inputs(utc_now())
