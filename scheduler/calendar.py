"""Runs what is due: APScheduler says when to look, the store says what is due and who does it.

APScheduler keeps its jobs in memory and knows no misfire: at each of its calls every due time since the last one is
decided by the policy of its schedule (`greenhouse.schedules`), written down, and only then run. So a start, a late call
and a clock that was set all take the same path.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger
from django.db import connections

from greenhouse.clock import base_time, machine_time, machine_utc_now, pace, utc_now
from greenhouse.schedules import runs
from greenhouse.schedules.due_times import When, next_due
from greenhouse.schedules.models import Cause, DueRun, Schedule
from greenhouse.schedules.runs import Declared
from greenhouse.site.virtual_points import Clock
from scheduler.runtime import Boundary, WallClockWatch

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 5
THREADS = 4
_LOOK = "look"
_START = "start:"
_DEFAULTS = {"coalesce": True, "misfire_grace_time": None, "max_instances": 2}
"""APScheduler drops nothing: what a late call means is for our own policies."""


class WallClock(Protocol):
    """Says whether the calendar may be believed."""

    def look(self) -> Clock:
        """How the wall clock stands now."""


@dataclass(slots=True, eq=False)
class _Job:
    """``busy`` is held while it runs; ``cause`` says why its next look comes late."""

    declared: Declared
    work: Callable[[], object]
    looks: Boundary
    works: Boundary
    busy: threading.Lock
    cause: Cause = Cause.WAS_DOWN


class DueTrigger(BaseTrigger):  # type: ignore[misc]  # APScheduler publishes no types
    """Fires at the due times of a schedule.

    Due times are base time; APScheduler waits by the wall clock of the machine and is told when that will be. On a live
    base both are the same, and on a training base everything is planned anew when the pace changes (`Calendar.turn`).
    """

    def __init__(self, when: When, last: datetime) -> None:
        self.when, self._last = when, last

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime:
        """When the next due time comes, by the wall clock of the machine."""
        after = base_time(now if previous is None else max(now, previous))
        return machine_time(next_due(self.when, self._last, after=after))


class Calendar:
    """The schedules of one process. Exactly one process of an owner runs: the caller holds its lease.

    Parameters
    ----------
    owner : str
        Name of the process.
    jobs : mapping of str to (Declared, callable)
        What to run when, by key.
    clock : WallClock
        Whether the wall clock may be believed.
    has_fresh_inputs : callable
        Whether the samples that schedules decide by are live.
    zone : callable
        Time zone of the base.
    on_fatal : callable
        Called when the calendar itself fails again and again. A job that fails does not end the process.
    """

    def __init__(
        self,
        owner: str,
        jobs: Mapping[str, tuple[Declared, Callable[[], object]]],
        *,
        clock: WallClock,
        has_fresh_inputs: Callable[[], bool],
        zone: Callable[[], ZoneInfo],
        on_fatal: Callable[[], None],
    ) -> None:
        self._owner, self._clock, self._zone = owner, clock, zone
        self._has_fresh_inputs = has_fresh_inputs
        self._jobs = {
            key: _Job(declared, work, Boundary(f"schedule {key}", on_fatal), Boundary(key, _go_on), threading.Lock())
            for key, (declared, work) in jobs.items()
        }
        self._looks = Boundary("calendar", on_fatal)
        self._watch = WallClockWatch(wall_s=machine_utc_now().timestamp(), steady_s=time.monotonic())
        self._pace = pace()
        self._is_believed = True
        self._idle = threading.Condition()
        self._at_work, self._is_ending = 0, False
        self._telling = threading.Lock()
        self._untold: list[tuple[DueRun, datetime, str]] = []
        self._scheduler = BackgroundScheduler(
            jobstores={"default": MemoryJobStore()},
            executors={"default": ThreadPoolExecutor(THREADS)},
            job_defaults=_DEFAULTS,
            timezone="UTC",
        )

    def start(self) -> None:
        """Bring the rows in line, end what the last process left under way, decide what was missed, and go on.

        Raises
        ------
        DatabaseError
            If the store does not answer.
        """
        now = utc_now()
        runs.sync(self._owner, [job.declared for job in self._jobs.values()], now)
        if ended := runs.interrupt(self._owner, now):
            logger.warning("%d runs were under way when the last process ended; none is done again by itself", ended)
        self._plan()
        self._scheduler.start()

    def turn(self) -> None:
        """Look at everything at once if the wall clock was set, or is believed again, or the pace is another.

        Every second; asks no store.
        """
        jump_s = self._watch.jump_s(wall_s=machine_utc_now().timestamp(), steady_s=time.monotonic())
        was_pace, self._pace = self._pace, pace()
        was_believed, self._is_believed = self._is_believed, self._clock.look().is_plausible
        if jump_s:
            logger.warning("the wall clock was set by %+.0f s; everything is planned anew", jump_s)
        elif (was_believed or not self._is_believed) and was_pace == self._pace:
            return
        if was_pace == self._pace:
            for job in self._jobs.values():
                job.cause = Cause.CLOCK
        for key in (*self._jobs, _LOOK):
            self._scheduler.modify_job(key, next_run_time=machine_utc_now())

    def stop(self) -> None:
        """Let the runs under way come to their end, and start no other."""
        # APScheduler waits for its threads under a lock that they need to plan: they must be idle before it is asked.
        with self._idle:
            self._is_ending = True
            self._idle.wait_for(lambda: self._at_work == 0)
        self._scheduler.shutdown(wait=True)

    def look(self) -> None:
        """Write down ends that the store did not take, start what waited, follow rows that were changed."""
        self._tell_ends()
        for run in runs.open_runs(self._owner):
            key = run.schedule.key
            if key in self._jobs and not self._jobs[key].busy.locked() and self._may_follow_clock(run.schedule):
                fresh = not run.schedule.needs_fresh_inputs or self._has_fresh_inputs()
                if runs.decide_again(run, utc_now(), has_fresh_inputs=fresh):
                    self._scheduler.add_job(
                        self._guarded_do, args=(key, run), id=f"{_START}{run.pk}", replace_existing=True
                    )
        self._plan_changed()

    def fire(self, key: str) -> None:
        """Decide about every due time of a schedule that nobody has decided about, and run what is to run."""
        job = self._jobs[key]
        schedule = Schedule.objects.get(key=key)
        if not self._may_follow_clock(schedule):
            job.cause = Cause.CLOCK
            return
        if job.busy.locked():
            job.cause = Cause.BUSY  # its due times are decided about when it has ended
            return
        fresh = not schedule.needs_fresh_inputs or self._has_fresh_inputs()
        zone = self._zone()
        may_start = runs.settle(schedule, utc_now(), zone=zone, cause=job.cause, has_fresh_inputs=fresh)
        job.cause = Cause.LATE
        self._plan_next(schedule, zone)
        for run in may_start:
            self._do(job, run)

    def _may_follow_clock(self, schedule: Schedule) -> bool:
        return not schedule.needs_clock or self._clock.look().is_plausible

    def _do(self, job: _Job, run: DueRun) -> None:
        """Do one run, if nobody else has claimed it, and write down how it ended."""
        with job.busy:
            if runs.start(run, utc_now()):
                job.works.run(job.work)
                self._untold.append((run, utc_now(), job.works.fault))
                self._tell_ends()

    def _tell_ends(self) -> None:
        with self._telling:
            while self._untold:
                run, at, fault = self._untold[0]
                runs.finish(run, at, fault=fault)
                del self._untold[0]

    def _plan(self) -> None:
        """Decide at once about what may have been missed, and then at each due time."""
        for schedule in Schedule.objects.filter(key__in=self._jobs):
            trigger = DueTrigger(runs.when_of(schedule, self._zone()), schedule.decided_until)
            key = schedule.key
            self._scheduler.add_job(self._guarded_fire, trigger, args=(key,), id=key, next_run_time=machine_utc_now())
        self._scheduler.add_job(self._guarded_look, "interval", seconds=LOOK_EVERY_S, id=_LOOK, max_instances=1)

    def _plan_changed(self) -> None:
        """Plan anew what somebody changed in the store, or what another base file moved to another zone."""
        zone = self._zone()
        for schedule in Schedule.objects.filter(key__in=self._jobs):
            planned = self._scheduler.get_job(schedule.key)
            if planned is not None and planned.trigger.when != runs.when_of(schedule, zone):
                self._plan_next(schedule, zone)

    def _plan_next(self, schedule: Schedule, zone: ZoneInfo) -> None:
        """Let the next look come at the next due time as the store counts it."""
        trigger = DueTrigger(runs.when_of(schedule, zone), schedule.decided_until)
        self._scheduler.reschedule_job(schedule.key, trigger=trigger)

    def _guarded_fire(self, key: str) -> None:
        self._guard(self._jobs[key].looks, lambda: self.fire(key))

    def _guarded_do(self, key: str, run: DueRun) -> None:
        self._guard(self._jobs[key].looks, lambda: self._do(self._jobs[key], run))

    def _guarded_look(self) -> None:
        self._guard(self._looks, self.look)

    def _guard(self, boundary: Boundary, work: Callable[[], None]) -> None:
        """What a thread of APScheduler does: nothing once the stop has begun, and nothing gets out of it."""
        with self._idle:
            if self._is_ending:
                return
            self._at_work += 1
        boundary.run(work)
        connections.close_all()  # a thread of the pool keeps none between two runs
        with self._idle:
            self._at_work -= 1
            self._idle.notify_all()


def _go_on() -> None:
    """A job that fails is told of by its row and by the log; the others go on."""
