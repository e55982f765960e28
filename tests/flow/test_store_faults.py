"""The store is locked, cut off, or its clock is wrong: nothing is lost and nothing is invented."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from django.db import DatabaseError, connections

from greenhouse.clock import utc_now
from greenhouse.commands.models import CommandEvent, CommandRequest
from greenhouse.site.virtual_points import CONTROL
from greenhouse.telemetry import ingest, series
from scheduler.cycle import SAMPLES_PER_TICK

pytestmark = [pytest.mark.django_db(transaction=True, databases=["default", "telemetry"])]
SETPOINT = "h1-climate.heating_setpoint"


@contextmanager
def locked(alias: str) -> Iterator[None]:
    """Another program holds the write lock of a file."""
    if connections[alias].vendor != "sqlite":
        pytest.skip("PostgreSQL locks rows, not the store")
    connections[alias].cursor().execute("PRAGMA busy_timeout = 100")
    with closing(sqlite3.connect(connections[alias].settings_dict["NAME"], isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def test_readings_wait_while_the_store_is_locked(flow) -> None:
    """Another program holds the store's write lock: nothing is lost, and what was read first is stored first."""
    flow.begin()
    before = max(sample.observed_at for sample in series.latest().values())
    with locked("telemetry"):
        for _ in range(3):
            with pytest.raises(DatabaseError, match="locked"):
                flow.cycle.tick()
            time.sleep(0.7)  # let polls arrive while the store is down
    waiting = [reading.observed_at for reading in flow.cycle._inbox._readings]
    assert waiting
    assert min(waiting) > before
    flow.cycle.tick()
    stored = {sample.observed_at for sample in series.latest().values()}
    assert max(stored) >= max(waiting).replace(microsecond=max(waiting).microsecond // 1000 * 1000)


def test_an_outcome_waits_for_a_store_that_is_locked(flow) -> None:
    """The controller took the value while the store was locked: the request ends as confirmed, not as unknown."""
    flow.begin()
    value = flow.value(SETPOINT) + 1.0
    request = flow.ask(SETPOINT, value)
    flow.cycle.look()
    with locked("default"):
        flow.wait_until(lambda: flow.simulated.value("h1-climate", "heating_setpoint") == pytest.approx(value))
        time.sleep(0.5)  # the line reads back and tells; only then is the outcome waiting
        with pytest.raises(DatabaseError, match="locked"):
            flow.cycle.look()
    flow.turn_until(lambda: "confirmed" in flow.states_of(request))


def test_a_start_beside_a_store_that_is_locked_polls_at_once_and_sends_nothing_before_it_recovered(flow) -> None:
    """What the last process left under way may have left; until that is recorded, nothing newer is sent."""
    flow.begin()
    left = flow.ask(SETPOINT, flow.value(SETPOINT) + 1.0)
    CommandRequest.objects.filter(pk=left.pk).update(state="dispatched")
    asked = flow.ask("h1-fan.speed_setpoint", 60.0)
    flow.kill()
    flow.cycle = flow.new_cycle()
    with locked("default"):
        flow.cycle.begin()
        flow.wait_until(lambda: len(flow.cycle._inbox) > 0)
        with pytest.raises(DatabaseError, match="locked"):
            flow.cycle.look()
    flow.turn_until(lambda: "unverifiable" in flow.states_of(asked))
    steps = CommandEvent.objects.order_by("id").values_list("request", "state")
    assert list(steps)[2:4] == [(left.pk, "timeout"), (asked.pk, "dispatched")]


def test_a_tick_whose_commit_is_uncertain_is_not_counted_twice(flow) -> None:
    """The connection broke after the commit took effect: the next tick goes on from what the store says."""
    flow.begin()
    stored = ingest.last_tick(CONTROL)
    with connections["telemetry"].cursor() as cursor:
        cursor.execute("UPDATE telemetry_tick SET tick = %s WHERE writer = %s", (stored + 1, CONTROL))
    with pytest.raises(ingest.TickNotNewer):
        flow.cycle.tick()
    flow.cycle.tick()
    assert ingest.last_tick(CONTROL) >= stored + 2


def test_a_long_outage_is_caught_up_in_short_transactions(flow) -> None:
    """What waits is stored a slice at a time, each with its own tick number."""
    flow.begin()
    flow.wait_until(lambda: len(flow.cycle._inbox) > 0)
    (one,) = flow.cycle._inbox.take(0)
    copies = 3 * SAMPLES_PER_TICK // len(one.points)
    for number in range(copies):
        flow.cycle._inbox.put(replace(one, observed_at=one.observed_at + timedelta(milliseconds=number)))
    before = ingest.last_tick(CONTROL)
    flow.cycle.tick()
    assert len(flow.cycle._inbox) <= 2  # a poll may have come meanwhile
    assert ingest.last_tick(CONTROL) - before >= 3


def test_a_clock_that_jumps_ahead_deletes_no_history(flow) -> None:
    """Two days ahead, every sample would be older than two days."""
    flow.begin()
    flow.turn_until(lambda: flow.value("h1-air.air_temperature") is not None)
    with connections["telemetry"].cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM telemetry_sample")
        before = cursor.fetchone()[0]
        flow.cycle._upkeep._next_round_s = 0.0
        with time_machine.travel(utc_now() + timedelta(days=3), tick=True):
            flow.cycle.tick()
            flow.cycle._upkeep.run(now=utc_now(), monotonic_s=time.monotonic(), for_s=60.0, is_now_sure=True)
        cursor.execute("SELECT COUNT(*) FROM telemetry_sample")
        assert cursor.fetchone()[0] >= before


def test_a_stop_needs_no_store(flow) -> None:
    """Both files locked: the outputs are brought to their safe state all the same."""
    flow.begin()
    flow.simulated.call(lambda: flow.simulated._plant.command("h1-blanket", "motor_command", 1))
    with locked("default"), locked("telemetry"):
        flow.cycle.stop_outputs()
        assert flow.simulated.value("h1-blanket", "motor_state") == 0.0
