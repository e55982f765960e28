"""The table of calendar jobs: what runs when, and what happens to a run that is late.

The loops that control (looking for requests, storing readings) are not here: they follow the monotonic clock in
``runtime``, because APScheduler follows the wall clock and would stand still for an hour when it is set back by one.

APScheduler's defaults (a run more than one second late is dropped without a word) would be an accident for control, so
every job states its policy here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.background import BackgroundScheduler


@dataclass(frozen=True, slots=True, kw_only=True)
class JobPolicy:
    """When a job runs and what a late run means.

    Attributes
    ----------
    every_s : float
        Interval. [s]
    misfire_grace_s : int or None
        A run later than this is dropped. None: it always runs, however late. [s]
    coalesce : bool
        Several overdue runs become one.
    why : str
        The reason of the policy.
    """

    every_s: float
    misfire_grace_s: int | None
    coalesce: bool
    why: str


CLEAR_SESSIONS = JobPolicy(
    every_s=3600.0,
    misfire_grace_s=None,
    coalesce=True,
    why="Ended sessions can wait, but must go some time.",
)
CLEAR_DIAGNOSTICS = JobPolicy(
    every_s=3600.0,
    misfire_grace_s=None,
    coalesce=True,
    why="Old diagnostic reads can wait, but must go some time.",
)
CHECKPOINT = JobPolicy(
    every_s=300.0,
    misfire_grace_s=60,
    coalesce=True,
    why="Keeps the write-ahead log short; a missed run is repeated by the next.",
)
BACKUP = JobPolicy(
    every_s=600.0,
    misfire_grace_s=None,
    coalesce=True,
    why="Each run looks whether today's backup is due and missing: one that was missed while the machine was off, or "
    "that found no room, is made at the next look, and a restart at noon makes no second one.",
)
LEDGER_HEAD = JobPolicy(
    every_s=600.0,
    misfire_grace_s=None,
    coalesce=True,
    why="Each run writes today's head of the ledger unless it is written: never none a day, never two.",
)


def new_scheduler() -> BackgroundScheduler:
    """A scheduler with a memory store: what is due is kept in rows of our own, never in APScheduler's store."""
    return BackgroundScheduler(
        jobstores={"default": MemoryJobStore()},
        executors={"default": ThreadPoolExecutor(2)},
        timezone="UTC",
    )


def clock_jumped(scheduler: BackgroundScheduler) -> None:
    """Plan every job anew from now: the wall clock was set, so the planned times mean nothing."""
    for job in scheduler.get_jobs():
        job.reschedule("interval", seconds=job.trigger.interval.total_seconds())


def add(scheduler: BackgroundScheduler, key: str, policy: JobPolicy, work: Callable[[], object]) -> None:
    """Let ``work`` run by its policy, one run at a time."""
    scheduler.add_job(
        work,
        "interval",
        seconds=policy.every_s,
        id=key,
        misfire_grace_time=policy.misfire_grace_s,
        coalesce=policy.coalesce,
        max_instances=1,
    )
