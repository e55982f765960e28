"""Schedules as they stand after a night without power: what was missed, and what was decided."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.contrib.auth.models import User

from greenhouse.schedules import runs
from greenhouse.schedules.due_times import Daily, Every
from greenhouse.schedules.models import Cause, Schedule
from greenhouse.schedules.policy import Beyond, Outcome, Policy
from greenhouse.schedules.runs import Declared
from scheduler import jobs

ZONE = ZoneInfo("Asia/Shanghai")
HOUR = timedelta(hours=1)
ASK = Policy(grace_s=1800.0, beyond=Beyond.ASK, needs_fresh_inputs=True)


def store_missed_runs(now: datetime, *, decided_by: User) -> None:
    """Runs of every kind: made up for, skipped, failed, interrupted, decided by a person, still asked about.

    ``decided_by`` needs the right to decide.
    """
    hour = now.astimezone(ZONE).hour
    declared = [
        jobs.CLEAR_SESSIONS.declared("clear_sessions", ZONE),
        jobs.CHECKPOINT.declared("checkpoint", ZONE),
        Declared("asked", Daily(time((hour - 2) % 24), ZONE), ASK, jobs.CLEAR_DIAGNOSTICS.title),
        Declared("decided", Daily(time((hour - 3) % 24), ZONE), ASK, jobs.CLEAR_DUE_RUNS.title),
        Declared("failed", Every(7200.0), Policy(grace_s=None), jobs.CLEAR_SESSIONS.title),
    ]
    up_again = now - HOUR
    runs.sync("maintenance", declared, now - 11 * HOUR)
    for key in ("clear_sessions", "checkpoint", "asked", "decided", "failed"):
        schedule = Schedule.objects.get(key=key)
        for run in runs.settle(schedule, up_again, zone=ZONE, cause=Cause.WAS_DOWN, has_fresh_inputs=True):
            runs.start(run, up_again)
            runs.finish(run, up_again, fault="OSError: [Errno 28] No space left on device" if key == "failed" else "")
    (question,) = Schedule.objects.get(key="decided").runs.all()
    runs.answer(question.pk, Outcome.SKIP, by=decided_by, now=up_again)
    clear = Schedule.objects.get(key="clear_sessions")
    (died,) = runs.settle(clear, now, zone=ZONE, cause=Cause.NONE, has_fresh_inputs=True)
    runs.start(died, now)
    runs.interrupt("maintenance", now)
