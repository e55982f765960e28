"""Reading schedules and their runs. Nothing here changes anything."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from greenhouse.schedules.due_times import When, next_due
from greenhouse.schedules.models import DueRun, Schedule, State
from greenhouse.schedules.policy import Policy, Rule
from greenhouse.schedules.runs import policy_of, when_of

_AS_PLANNED = Q(rule=Rule.ON_TIME, count=1, state__in=(State.DUE, State.STARTED, State.DONE))


@dataclass(frozen=True, slots=True)
class Plan:
    """A schedule with its last run and its next due time, which is None while it is switched off."""

    schedule: Schedule
    when: When
    policy: Policy
    last: DueRun | None
    next_due_at: datetime | None


def plans(now: datetime, zone: ZoneInfo) -> list[Plan]:
    """Every schedule that is not retired, by key."""
    found = []
    for schedule in Schedule.objects.filter(retired_at=None):
        when = when_of(schedule, zone)
        due_at = next_due(when, schedule.decided_until, after=now) if schedule.enabled else None
        last = schedule.runs.filter(started_at__isnull=False).order_by("-started_at").first()
        found.append(Plan(schedule, when, policy_of(schedule), last, due_at))
    return found


def coming(now: datetime, zone: ZoneInfo, *, most: int) -> list[tuple[Schedule, datetime]]:
    """The schedules that are due next, each with that time, the next one first."""
    running = Schedule.objects.filter(retired_at=None, enabled=True)
    due = [(one, next_due(when_of(one, zone), one.decided_until, after=now)) for one in running]
    return sorted(due, key=lambda pair: pair[1])[:most]


def questions() -> list[DueRun]:
    """Runs that wait for a person's decision, the oldest first."""
    return list(_runs().filter(state=State.ASKED).order_by("due_at"))


def missed(since: datetime, *, most: int) -> list[DueRun]:
    """Runs that did not go as planned, the newest first: late, folded, waited for, skipped, failed, interrupted."""
    return list(_missed(since).order_by("-due_at", "-pk")[:most])


def count_missed(since: datetime) -> int:
    """How many runs did not go as planned."""
    return _missed(since).count()


def _missed(since: datetime) -> QuerySet[DueRun]:
    return _runs().filter(due_at__gte=since).exclude(_AS_PLANNED).exclude(state=State.ASKED)


def _runs() -> QuerySet[DueRun]:
    return DueRun.objects.select_related("schedule", "decided_by")
