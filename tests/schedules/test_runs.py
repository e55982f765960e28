"""Schedules and due runs as rows: each due time once, each run claimed once, each end honest."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, time, timedelta

import pytest
from django.db import IntegrityError, connections, transaction

from greenhouse.access.errors import NotAllowed
from greenhouse.access.roles import Role
from greenhouse.schedules import runs
from greenhouse.schedules.due_times import Daily, Every
from greenhouse.schedules.models import Cause, DueRun, Schedule, State
from greenhouse.schedules.policy import Beyond, Outcome, Policy, Rule
from tests.schedules.conftest import ALWAYS, NOON, ZONE, declare, settle

pytestmark = pytest.mark.django_db
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
ASK = Policy(grace_s=600.0, beyond=Beyond.ASK)
SIX = Daily(time(6), ZONE)
SIX_ON_THE_25TH = datetime(2026, 11, 24, 22, tzinfo=UTC)


def only() -> DueRun:
    return DueRun.objects.get()


def test_a_new_schedule_is_due_from_now_on_and_keeps_its_time_over_restarts():
    runs.sync("maintenance", [declare()], NOON)
    assert settle(NOON + 4 * MINUTE) == []
    runs.sync("maintenance", [declare()], NOON + 4 * MINUTE)
    (run,) = settle(NOON + 5 * MINUTE)
    assert (run.due_at, run.rule, run.cause) == (NOON + 5 * MINUTE, Rule.ON_TIME, Cause.NONE)


def test_a_due_time_has_one_row_however_often_it_is_looked_at():
    runs.sync("maintenance", [declare()], NOON)
    stale = Schedule.objects.get()
    assert len(settle(NOON + 5 * MINUTE)) == 1
    assert settle(NOON + 5 * MINUTE) == []
    assert runs.settle(stale, NOON + 5 * MINUTE, zone=ZONE, cause=Cause.LATE, has_fresh_inputs=True) == []
    assert runs.settle(stale, NOON + 12 * MINUTE, zone=ZONE, cause=Cause.LATE, has_fresh_inputs=True) == []
    twin = only()
    twin.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        twin.save(force_insert=True)
    assert DueRun.objects.count() == 1


def test_a_month_down_is_one_row_with_a_count():
    runs.sync("maintenance", [declare(Every(60.0))], NOON)
    (run,) = settle(NOON + 30 * DAY)
    assert (run.count, run.first_due_at, run.due_at) == (43_200, NOON + MINUTE, NOON + 30 * DAY)
    assert (run.cause, run.decision) == (Cause.WAS_DOWN, Outcome.RUN)


def test_a_clock_set_back_by_an_hour_repeats_no_time_of_day():
    """Six comes twice; it runs once, also when it stood for days that were missed."""
    runs.sync("maintenance", [declare(SIX)], SIX_ON_THE_25TH - 2 * DAY - HOUR)
    assert len(settle(SIX_ON_THE_25TH + MINUTE)) == 1
    assert settle(SIX_ON_THE_25TH - HOUR) == []
    assert settle(SIX_ON_THE_25TH + MINUTE) == []
    assert settle(SIX_ON_THE_25TH - 2 * DAY) == []
    assert settle(SIX_ON_THE_25TH + MINUTE) == []
    assert only().count == 3
    assert len(settle(SIX_ON_THE_25TH + DAY)) == 1


def test_a_clock_set_back_by_an_hour_stops_no_interval():
    runs.sync("maintenance", [declare()], NOON)
    settle(NOON + 5 * MINUTE)
    assert settle(NOON - HOUR, cause=Cause.CLOCK) == []
    (run,) = settle(NOON - HOUR + 5 * MINUTE)
    assert run.due_at == NOON - HOUR + 5 * MINUTE


def test_what_needs_no_clock_misses_nothing_when_only_the_clock_moves():
    """After a start in 1970 it owes no fifty years of runs."""
    runs.sync("maintenance", [declare(policy=Policy(grace_s=60.0, needs_clock=False))], NOON)
    assert settle(datetime(1970, 1, 1, tzinfo=UTC), cause=Cause.CLOCK) == []
    assert settle(NOON, cause=Cause.CLOCK) == []
    assert not DueRun.objects.exists()
    (run,) = settle(NOON + 5 * MINUTE, cause=Cause.LATE)
    assert (run.count, run.rule) == (1, Rule.ON_TIME)


def test_a_clock_set_ahead_by_a_day_fires_nothing_that_its_policy_does_not_want():
    short = Policy(grace_s=60.0)
    runs.sync("maintenance", [declare(Every(3600.0), short, "hourly"), declare(SIX, ASK, "daily")], NOON)
    assert settle(NOON + DAY + 10 * MINUTE, key="hourly", cause=Cause.CLOCK) == []
    assert settle(NOON + DAY + 10 * MINUTE, key="daily", cause=Cause.CLOCK) == []
    found = dict(DueRun.objects.values_list("schedule__key", "state"))
    assert found == {"hourly": State.SKIPPED, "daily": State.ASKED}
    assert set(DueRun.objects.values_list("cause", flat=True)) == {Cause.CLOCK}


def test_an_overdue_run_waits_for_fresh_inputs_and_is_then_decided_about():
    policy = Policy(grace_s=600.0, needs_fresh_inputs=True)
    runs.sync("control", [declare(Every(3600.0), policy)], NOON)
    assert settle(NOON + HOUR + MINUTE, has_fresh_inputs=False) == []
    (waiting,) = runs.open_runs("control")
    assert waiting.decision == Outcome.WAIT
    assert not runs.decide_again(waiting, NOON + HOUR + 2 * MINUTE, has_fresh_inputs=False)
    assert runs.decide_again(waiting, NOON + HOUR + 3 * MINUTE, has_fresh_inputs=True)
    assert (only().decision, only().rule) == (Outcome.RUN, Rule.INPUTS_FIRST)


def test_inputs_that_come_too_late_end_a_wait_as_the_policy_says():
    policy = Policy(grace_s=600.0, needs_fresh_inputs=True)
    runs.sync("control", [declare(Every(3600.0), policy)], NOON)
    settle(NOON + HOUR, has_fresh_inputs=False)
    (waiting,) = runs.open_runs("control")
    assert not runs.decide_again(waiting, NOON + HOUR + 11 * MINUTE, has_fresh_inputs=True)
    assert (only().state, only().rule) == (State.SKIPPED, Rule.TOO_LATE)


def test_what_waits_gives_way_to_a_newer_due_time():
    runs.sync("maintenance", [declare(SIX, ASK)], NOON - 2 * DAY)
    settle(NOON - DAY)
    settle(NOON)
    older, newer = DueRun.objects.order_by("due_at")
    assert (older.state, older.rule) == (State.SKIPPED, Rule.NEWER_STANDS_FOR_IT)
    assert newer.state == State.ASKED


@pytest.mark.django_db(transaction=True)
def test_of_many_who_claim_a_run_one_gets_it():
    runs.sync("maintenance", [declare()], NOON)
    (run,) = settle(NOON + 5 * MINUTE)
    gate, won = threading.Barrier(6), []

    def claim() -> None:
        gate.wait(10)
        won.append(runs.start(run, NOON + 5 * MINUTE))
        connections.close_all()

    threads = [threading.Thread(target=claim) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(won) == [False] * 5 + [True]


def test_a_run_that_died_with_its_process_is_interrupted_and_not_done_again():
    runs.sync("maintenance", [declare()], NOON)
    (run,) = settle(NOON + 5 * MINUTE)
    assert runs.start(run, NOON + 5 * MINUTE)
    assert runs.interrupt("control", NOON + 6 * MINUTE) == 0
    assert runs.interrupt("maintenance", NOON + 6 * MINUTE) == 1
    assert (only().state, only().rule) == (State.INTERRUPTED, Rule.NOT_REPEATED)
    assert runs.open_runs("maintenance") == []
    assert not runs.start(run, NOON + 7 * MINUTE)
    runs.finish(run, NOON + 8 * MINUTE, fault="")  # the old process was not dead after all: too late
    assert only().state == State.INTERRUPTED


def test_a_run_that_died_is_asked_about_where_the_policy_asks(person):
    runs.sync("maintenance", [declare(Every(300.0), ASK)], NOON)
    (run,) = settle(NOON + 5 * MINUTE)
    runs.start(run, NOON + 5 * MINUTE)
    assert runs.interrupt("maintenance", NOON + 6 * MINUTE) == 1
    assert (only().state, only().rule) == (State.ASKED, Rule.NOT_REPEATED)
    runs.answer(run.pk, Outcome.RUN, by=person(Role.ENGINEER), now=NOON + 7 * MINUTE)
    (again,) = runs.open_runs("maintenance")
    assert runs.decide_again(again, NOON + DAY, has_fresh_inputs=True)
    assert runs.start(again, NOON + DAY)


@pytest.mark.parametrize("role", list(Role))
def test_a_supervisor_or_an_engineer_decides_and_nobody_else(person, role):
    runs.sync("maintenance", [declare(SIX, ASK)], NOON - DAY)
    settle(NOON)
    user = person(role)
    if role not in (Role.SUPERVISOR, Role.ENGINEER):
        with pytest.raises(NotAllowed):
            runs.answer(only().pk, Outcome.RUN, by=user, now=NOON)
        assert only().state == State.ASKED
        return
    runs.answer(only().pk, Outcome.RUN, by=user, now=NOON + MINUTE)
    run = only()
    assert (run.state, run.rule, run.decided_by, run.role) == (State.DUE, Rule.PERSON, user, role.value)
    assert run.decided_at == NOON + MINUTE
    with pytest.raises(runs.NotAsked):
        runs.answer(run.pk, Outcome.SKIP, by=user, now=NOON + HOUR)


def test_a_person_may_let_it_be(person):
    runs.sync("maintenance", [declare(SIX, ASK)], NOON - DAY)
    settle(NOON)
    runs.answer(only().pk, Outcome.SKIP, by=person(Role.SUPERVISOR), now=NOON)
    assert (only().state, only().decision) == (State.SKIPPED, Outcome.SKIP)
    with pytest.raises(ValueError, match="no answer"):
        runs.answer(only().pk, Outcome.WAIT, by=person(Role.ENGINEER), now=NOON)


def test_a_schedule_that_is_removed_while_its_run_is_due_skips_it_and_keeps_its_history(person):
    runs.sync("maintenance", [declare(SIX, ASK), declare(key="other")], NOON - DAY)
    settle(NOON)
    runs.sync("maintenance", [declare(key="other")], NOON)
    assert (only().state, only().rule) == (State.SKIPPED, Rule.SCHEDULE_REMOVED)
    assert settle(NOON + 5 * DAY) == []
    with pytest.raises(runs.NotAsked):
        runs.answer(only().pk, Outcome.RUN, by=person(Role.ENGINEER), now=NOON)
    runs.sync("maintenance", [declare(SIX, ASK), declare(key="other")], NOON + 5 * DAY)
    assert settle(NOON + 5 * DAY + MINUTE) == []  # it missed nothing while it was no schedule
    assert DueRun.objects.count() == 1


def test_one_process_leaves_the_schedules_of_another_alone():
    runs.sync("control", [declare(key="irrigation")], NOON)
    runs.sync("maintenance", [declare()], NOON)
    assert Schedule.objects.get(key="irrigation").retired_at is None


def test_a_changed_policy_reaches_the_store_and_a_person_keeps_the_switch():
    runs.sync("maintenance", [declare()], NOON)
    Schedule.objects.update(enabled=False)
    runs.sync("maintenance", [declare(policy=ASK)], NOON + MINUTE)
    schedule = Schedule.objects.get()
    assert runs.policy_of(schedule) == ASK
    assert not schedule.enabled
    assert schedule.decided_until == NOON
    assert settle(NOON + DAY) == []
    Schedule.objects.update(enabled=True)
    assert settle(NOON + DAY + MINUTE) == []  # what fell while it was off was not missed


def test_a_policy_that_could_owe_runs_without_end_is_not_stored():
    with pytest.raises(ValueError, match="separate runs"):
        runs.sync("maintenance", [declare(Every(60.0), Policy(grace_s=None, coalesce=False))], NOON)
    assert not Schedule.objects.exists()


def test_old_runs_go_and_the_missed_ones_stay_a_year():
    runs.sync("maintenance", [declare(Every(86_400.0), ALWAYS)], NOON)
    for day in range(1, 4):
        (run,) = settle(NOON + day * DAY)
        runs.start(run, NOON + day * DAY)
        runs.finish(run, NOON + day * DAY, fault="" if day > 1 else "OSError: disk full")
    assert runs.clear_old(NOON + 9 * DAY) == 0
    assert runs.clear_old(NOON + 30 * DAY) == 2
    assert only().fault == "OSError: disk full"
    assert runs.clear_old(NOON + 500 * DAY) == 1
