"""APScheduler fires, the store decides, each run is done once and its row says how it ended."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
import time_machine
from django.contrib.auth.models import Group, User
from django.db import connection

from greenhouse.access.roles import Role, ensure_roles
from greenhouse.clock import utc_now
from greenhouse.schedules import runs
from greenhouse.schedules.due_times import Daily, Every
from greenhouse.schedules.models import Cause, DueRun, Schedule, State
from greenhouse.schedules.policy import Beyond, Outcome, Policy, Rule
from greenhouse.schedules.runs import Declared
from greenhouse.site.virtual_points import Clock
from scheduler.calendar import Calendar
from scheduler.runtime import FAILURES_BEFORE_STOP
from tests.paced import PacedClock, paced
from tests.schedules.conftest import ZONE

pytestmark = [pytest.mark.django_db(transaction=True)]
HOUR = timedelta(hours=1)
WITHIN_S = 30.0
KILLS = 5
SECOND = Every(1.0)
ALWAYS = Policy(grace_s=None)


class Bench:
    """A calendar whose clock and inputs a test holds."""

    def __init__(self) -> None:
        self.clock, self.has_inputs = Clock.RIGHT, True
        self.fatal: list[bool] = []
        self.calendar: Calendar | None = None

    def look(self) -> Clock:
        return self.clock

    def run(self, **jobs: tuple[Every | Daily, Policy, Callable[[], object]]) -> Calendar:
        declared = {
            key: (Declared(key=key, when=when, policy=policy), work) for key, (when, policy, work) in jobs.items()
        }
        self.calendar = Calendar(
            "maintenance",
            declared,
            clock=self,
            has_fresh_inputs=lambda: self.has_inputs,
            zone=lambda: ZONE,
            on_fatal=lambda: self.fatal.append(True),
        )
        self.calendar.start()
        return self.calendar


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench()
    yield bench
    if bench.calendar is not None:
        bench.calendar.stop()


def wait_until(is_so: Callable[[], bool]) -> None:
    over_at_s = time.monotonic() + WITHIN_S
    while not is_so():
        assert time.monotonic() < over_at_s, f"not so within {WITHIN_S} s"
        time.sleep(0.05)  # other threads and processes work; there is nothing to wait for but what they store


def ended(state: State, key: str = "job") -> int:
    return DueRun.objects.filter(state=state, schedule__key=key).count()


def missed_since(age: timedelta, policy: Policy, when: Every | Daily) -> None:
    """A schedule that nobody has looked at for a while."""
    runs.sync("maintenance", [Declared(key="job", when=when, policy=policy)], utc_now() - age)


def test_what_is_due_is_done_once_and_its_row_says_so(bench: Bench):
    done: list[int] = []
    bench.run(job=(SECOND, ALWAYS, lambda: done.append(1)))
    wait_until(lambda: ended(State.DONE) >= 3)
    bench.calendar.stop()
    bench.calendar = None
    assert len(done) == ended(State.DONE) == DueRun.objects.count()
    dues = list(DueRun.objects.order_by("due_at").values_list("due_at", flat=True))
    assert {(b - a) % timedelta(seconds=1) for a, b in pairwise(dues)} == {timedelta(0)}


def test_a_job_that_fails_always_says_why_and_takes_nothing_with_it(bench: Bench):
    def fail() -> None:
        raise OSError("disk full")

    hourly = Every(3600.0)
    calendar = bench.run(job=(hourly, ALWAYS, fail), other=(hourly, ALWAYS, lambda: None))

    def have_ended(runs_each: int) -> bool:
        # Again and again: the calendar's own first look, in a thread of its own, may be at the same run just now.
        calendar.fire("job")
        calendar.fire("other")
        return ended(State.FAILED) == ended(State.DONE, "other") == runs_each

    for number in range(1, FAILURES_BEFORE_STOP + 2):
        Schedule.objects.update(decided_until=utc_now() - HOUR)
        wait_until(lambda number=number: have_ended(number))
    assert set(DueRun.objects.filter(schedule__key="job").values_list("fault", flat=True)) == {"OSError: disk full"}
    assert bench.fatal == []


@pytest.mark.slow
def test_a_job_longer_than_its_interval_never_runs_beside_itself(bench: Bench):
    at_work, most, lock = [0], [0], threading.Lock()

    def long_work() -> None:
        with lock:
            at_work[0] += 1
            most[0] = max(most[0], at_work[0])
        time.sleep(1.5)  # the length of the work, not a wait
        with lock:
            at_work[0] -= 1

    bench.run(job=(SECOND, ALWAYS, long_work))
    wait_until(lambda: ended(State.DONE) >= 2)
    assert most == [1]
    second = DueRun.objects.order_by("due_at")[1]
    assert second.count >= 2
    assert second.cause == Cause.BUSY


def test_nothing_that_acts_runs_by_a_clock_that_is_not_believed(bench: Bench):
    """What fell meanwhile is decided about when it is believed again, and the row says what held it up."""
    bench.clock = Clock.BEHIND
    done: list[str] = []
    calendar = bench.run(
        job=(SECOND, ALWAYS, lambda: done.append("acts")),
        tidy=(SECOND, Policy(grace_s=None, needs_clock=False), lambda: done.append("tidies")),
    )
    calendar.turn()
    wait_until(lambda: ended(State.DONE, "tidy") >= 2)
    assert "acts" not in done
    assert not DueRun.objects.filter(schedule__key="job").exists()
    bench.clock = Clock.CATCHING_UP
    calendar.turn()
    wait_until(lambda: ended(State.DONE) >= 1)
    first = DueRun.objects.filter(schedule__key="job").order_by("due_at").first()
    assert first.cause == Cause.CLOCK or first.rule == Rule.ON_TIME
    assert first.count >= 1


def test_what_was_missed_while_down_is_decided_at_the_start(bench: Bench):
    short = Policy(grace_s=60.0)
    declared = [Declared(key=key, when=Every(1700.0), policy=one) for key, one in (("job", ALWAYS), ("late", short))]
    runs.sync("maintenance", declared, utc_now() - HOUR)
    done: list[str] = []
    bench.run(
        job=(Every(1700.0), ALWAYS, lambda: done.append("job")),
        late=(Every(1700.0), short, lambda: done.append("late")),
    )
    wait_until(lambda: ended(State.DONE) == 1 and ended(State.SKIPPED, "late") == 1)
    assert done == ["job"]
    assert set(DueRun.objects.values_list("count", "cause")) == {(2, Cause.WAS_DOWN)}


def test_an_overdue_run_waits_until_its_inputs_are_fresh(bench: Bench):
    policy = Policy(grace_s=7200.0, needs_fresh_inputs=True)
    missed_since(HOUR, policy, Every(1800.0))
    bench.has_inputs = False
    done: list[int] = []
    calendar = bench.run(job=(Every(1800.0), policy, lambda: done.append(1)))
    wait_until(lambda: DueRun.objects.filter(decision=Outcome.WAIT).exists())
    calendar.look()
    assert done == []
    bench.has_inputs = True
    calendar.look()
    wait_until(lambda: ended(State.DONE) == 1)
    assert done == [1]


def test_a_run_that_a_person_lets_go_is_done(bench: Bench):
    policy = Policy(grace_s=60.0, beyond=Beyond.ASK)
    missed_since(HOUR, policy, Every(1700.0))
    done: list[int] = []
    calendar = bench.run(job=(Every(1700.0), policy, lambda: done.append(1)))
    wait_until(lambda: ended(State.ASKED) == 1)
    calendar.look()
    assert done == []
    ensure_roles()
    wang = User.objects.create_user("wang")
    wang.groups.add(Group.objects.get(name=Role.ENGINEER.value))
    runs.answer(DueRun.objects.get().pk, Outcome.RUN, by=wang, now=utc_now())
    calendar.look()
    wait_until(lambda: ended(State.DONE) == 1)
    assert done == [1]


@pytest.mark.parametrize("by", [-HOUR, 24 * HOUR], ids=["back an hour", "ahead a day"])
def test_an_interval_goes_on_when_the_clock_is_set(bench: Bench, by: timedelta):
    """And a day that was jumped over is one run, not a day of runs."""
    calendar = bench.run(job=(SECOND, ALWAYS, lambda: None))
    wait_until(lambda: ended(State.DONE) >= 1)
    with time_machine.travel(utc_now() + by, tick=True):
        before = DueRun.objects.count()
        calendar.turn()
        wait_until(lambda: DueRun.objects.count() >= before + 3)
        bench.calendar.stop()
        bench.calendar = None
    assert max(DueRun.objects.values_list("count", flat=True)) > 80_000 or by < timedelta(0)
    assert DueRun.objects.count() < before + 60


def test_a_row_that_is_changed_is_followed_without_a_restart(bench: Bench):
    calendar = bench.run(job=(Every(3600.0), ALWAYS, lambda: None))
    Schedule.objects.update(every_s=1.0)
    calendar.look()
    wait_until(lambda: ended(State.DONE) >= 1)


def test_an_end_that_the_store_does_not_take_is_told_later(bench: Bench):
    """Another program holds the file while the job ends."""
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL locks rows, not the store")
    begun, may_end = threading.Event(), threading.Event()

    def work() -> None:
        connection.cursor().execute("PRAGMA busy_timeout = 50")
        begun.set()
        may_end.wait(10)

    missed_since(HOUR, ALWAYS, Every(1700.0))
    calendar = bench.run(job=(Every(1700.0), ALWAYS, work))
    assert begun.wait(10)
    with closing(sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        may_end.set()
        wait_until(lambda: bool(calendar._untold))
        other.execute("ROLLBACK")
    calendar.look()
    assert ended(State.DONE) == 1


@pytest.mark.slow
def test_a_process_killed_in_the_middle_of_a_job_leaves_an_honest_row(tmp_path: Path):
    """SIGKILL during the work, again and again: no due time is done twice, and each row says what happened."""
    program = Path(__file__).with_name("calendar_program.py")
    log = tmp_path / "work.log"
    log.touch()
    name = str(connection.settings_dict["NAME"])
    for kill in range(KILLS):
        process = subprocess.Popen([sys.executable, str(program), name, str(tmp_path)])
        starts = log.read_text().count("start")
        wait_until(lambda starts=starts: log.read_text().count("start") > starts)
        time.sleep(0.09 * kill)  # so far into the work, which takes 0.4 s
        process.kill()
        process.wait()
    assert ended(State.STARTED, "slow") <= 1  # each process has ended what the one before left
    runs.interrupt("maintenance", utc_now())
    lines = log.read_text().split()
    states = list(DueRun.objects.values_list("state", flat=True))
    assert states.count(State.STARTED) == 0
    assert lines.count("start") == states.count(State.DONE) + states.count(State.INTERRUPTED)
    assert states.count(State.DONE) <= lines.count("end")
    assert states.count(State.INTERRUPTED) >= 1


@pytest.fixture
def lesson() -> Iterator[PacedClock]:
    with paced(60.0) as stored:
        yield stored


def test_on_a_training_base_due_times_are_base_time(lesson: PacedClock, bench: Bench):
    began_s, began = time.monotonic(), utc_now()
    every_minute = Every(60.0)
    calendar = bench.run(job=(every_minute, Policy(grace_s=0.0), lambda: None))
    wait_until(lambda: ended(State.DONE) >= 2)
    assert (utc_now() - began).total_seconds() == pytest.approx(60.0 * (time.monotonic() - began_s), rel=0.2)
    at_60 = list(DueRun.objects.order_by("due_at"))
    assert {(b.due_at - a.due_at) % timedelta(minutes=1) for a, b in pairwise(at_60)} == {timedelta(0)}
    # A second of the machine is a minute here: what a busy machine takes is no lateness, though there is no grace.
    assert {run.rule for run in at_60} == {Rule.ON_TIME}
    assert all(run.started_at is None or run.started_at >= run.due_at for run in at_60)

    lesson.set_pace(600.0)
    calendar.turn()
    before = ended(State.DONE)
    wait_until(lambda: ended(State.DONE) > before)
    newest = DueRun.objects.latest("due_at")
    assert newest.due_at > at_60[-1].due_at
    assert newest.cause in {Cause.NONE, Cause.LATE, Cause.BUSY}  # nobody set a clock


def test_a_pace_that_was_raised_is_followed_at_once(lesson: PacedClock, bench: Bench):
    lesson.set_pace(1.0)
    calendar = bench.run(job=(Every(600.0), ALWAYS, lambda: None))
    assert ended(State.DONE) == 0  # ten minutes to go
    lesson.set_pace(600.0)
    calendar.turn()
    wait_until(lambda: ended(State.DONE) >= 1)
