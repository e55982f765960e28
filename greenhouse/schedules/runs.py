"""Everything that changes schedules and due runs. Nothing here does the work that is due.

Each due time becomes a row before anything is done about it, and a run is claimed by compare-and-set: whoever moves it
from ``due`` to ``started`` does the work, and nobody does it again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction
from django.db.models import Q, QuerySet

from greenhouse.access.errors import NotAllowed
from greenhouse.access.roles import Action, may, role_of
from greenhouse.clock import span
from greenhouse.ledger import chain as ledger
from greenhouse.schedules.due_times import Daily, Every, When
from greenhouse.schedules.models import Cause, DueRun, Kind, Schedule, State
from greenhouse.schedules.policy import (
    ON_TIME,
    Beyond,
    Decided,
    Decision,
    Outcome,
    Policy,
    Rule,
    check_policy,
    decide,
    decide_all,
)

KEEP_ON_TIME = timedelta(days=7)
KEEP_MISSED = timedelta(days=400)
ROWS_PER_SLICE = 500
FAULT_LENGTH = 500

_STATE_AFTER = {
    Outcome.RUN: State.DUE,
    Outcome.WAIT: State.DUE,
    Outcome.ASK: State.ASKED,
    Outcome.SKIP: State.SKIPPED,
}


class NotAsked(Exception):
    """The run waits for nobody's decision any more."""


@dataclass(frozen=True, slots=True)
class Declared:
    """A schedule as the code declares it.

    Attributes
    ----------
    title, why : str
        English message ids of its name and of the reason of its policy.
    """

    key: str
    when: When
    policy: Policy
    title: str = ""
    why: str = ""


def when_of(schedule: Schedule, zone: ZoneInfo) -> When:
    """When a schedule is due, in the zone of the base."""
    if schedule.kind == Kind.DAILY:
        assert schedule.daily_at is not None
        return Daily(schedule.daily_at, zone)
    assert schedule.every_s is not None
    return Every(schedule.every_s)


def policy_of(schedule: Schedule) -> Policy:
    """The misfire policy of a schedule."""
    return Policy(
        grace_s=schedule.grace_s,
        beyond=Beyond(schedule.beyond),
        coalesce=schedule.coalesce,
        needs_fresh_inputs=schedule.needs_fresh_inputs,
        needs_clock=schedule.needs_clock,
    )


def sync(owner: str, declared: Iterable[Declared], now: datetime) -> None:
    """Bring the rows of one process in line with what its code declares, by key.

    A new schedule is due from now on. One that is declared no more is retired, and what was still open of it is
    skipped. Whether a schedule is enabled is not the code's to say.

    Raises
    ------
    ValueError
        If a policy could owe runs without end.
    """
    wanted = {one.key: one for one in declared}
    with transaction.atomic():
        known = {schedule.key: schedule for schedule in Schedule.objects.all()}
        for key, one in wanted.items():
            check_policy(one.when, one.policy)
            fields = _fields(owner, one)
            schedule = known.get(key)
            if schedule is None:
                Schedule.objects.create(key=key, decided_until=now, **fields)
            elif schedule.retired_at is not None:
                Schedule.objects.filter(pk=schedule.pk).update(**fields, decided_until=now, retired_at=None)
            elif any(getattr(schedule, name) != value for name, value in fields.items()):
                Schedule.objects.filter(pk=schedule.pk).update(**fields)
        for schedule in known.values():
            if schedule.owner == owner and schedule.key not in wanted and schedule.retired_at is None:
                Schedule.objects.filter(pk=schedule.pk).update(retired_at=now)
                _skip(schedule.runs.filter(state__in=(State.DUE, State.ASKED)), Rule.SCHEDULE_REMOVED, now)


def interrupt(owner: str, now: datetime) -> int:
    """End what was started and never finished, when its process starts again. Returns how many.

    Nobody knows how far such a run came, so nothing is done again by itself. Where the policy asks, a person is asked.
    """
    started = DueRun.objects.filter(state=State.STARTED, schedule__owner=owner)
    asks = started.filter(schedule__beyond=Beyond.ASK, schedule__retired_at=None)
    asked = asks.update(state=State.ASKED, decision=Outcome.ASK, rule=Rule.NOT_REPEATED, decided_at=now, ended_at=now)
    return asked + started.update(state=State.INTERRUPTED, rule=Rule.NOT_REPEATED, ended_at=now)


def settle(schedule: Schedule, now: datetime, *, zone: ZoneInfo, cause: Cause, has_fresh_inputs: bool) -> list[DueRun]:
    """Decide about every due time since the last look, write it down, and return the runs that may start.

    Parameters
    ----------
    schedule : Schedule
        As it stands in the store.
    now : datetime
        Wall clock; it must be believed if the schedule needs it.
    zone : ZoneInfo
        Of the base.
    cause : Cause
        Why nobody looked earlier, for those that are late.
    has_fresh_inputs : bool
        Whether what the schedule decides by is live.
    """
    when, last = when_of(schedule, zone), schedule.decided_until
    if not schedule.enabled or schedule.retired_at is not None:
        return _move_on(schedule, last, now, ())
    if last > now or (cause is Cause.CLOCK and not schedule.needs_clock):
        # The clock was set back: an interval counts anew from here; times of day that come again have their rows.
        # Or it was set and does not matter here: what passed on the clock alone was not missed.
        return _move_on(schedule, last, now, ())
    decided = decide_all(when, last, now, policy_of(schedule), has_fresh_inputs=has_fresh_inputs, on_time=span(ON_TIME))
    if not decided:
        return []
    rows = [_row(schedule, one, now, cause) for one in decided]
    return _move_on(schedule, last, decided[-1].due_at, rows)


def _move_on(schedule: Schedule, last: datetime, until: datetime, rows: Sequence[DueRun]) -> list[DueRun]:
    """Store the rows, and that everything up to a moment is dealt with, unless another process already has."""
    with transaction.atomic():
        if not Schedule.objects.filter(pk=schedule.pk, decided_until=last).update(decided_until=until):
            return []
        if written := DueRun.objects.bulk_create(_new(schedule, rows)):
            _give_way(schedule, written[-1])
    schedule.decided_until = until
    return [row for row in written if row.state == State.DUE and row.decision == Outcome.RUN]


def _new(schedule: Schedule, rows: Sequence[DueRun]) -> list[DueRun]:
    """The rows whose due time has none yet. A time of day comes twice when the clock is set back; it runs once."""
    if not rows:
        return []
    around = schedule.runs.filter(due_at__gte=rows[0].due_at, first_due_at__lte=rows[-1].due_at)
    known = list(around.values_list("first_due_at", "due_at"))
    if schedule.kind == Kind.DAILY:
        return [row for row in rows if not any(first <= row.due_at <= last for first, last in known)]
    return [row for row in rows if row.due_at not in {last for _first, last in known}]


def _give_way(schedule: Schedule, newest: DueRun) -> None:
    """Older runs that still wait, for inputs or for a person, give way to a newer due time."""
    if not schedule.coalesce:
        return
    waiting = Q(state=State.ASKED) | Q(state=State.DUE, decision=Outcome.WAIT)
    older = schedule.runs.filter(waiting, due_at__lt=newest.first_due_at)
    _skip(older, Rule.NEWER_STANDS_FOR_IT, newest.decided_at)


def open_runs(owner: str) -> list[DueRun]:
    """Runs that may start: those that wait for inputs, and those that a person let go."""
    return list(
        DueRun.objects.select_related("schedule")
        .filter(state=State.DUE, schedule__owner=owner, schedule__retired_at=None)
        .order_by("due_at")
    )


def decide_again(run: DueRun, now: datetime, *, has_fresh_inputs: bool) -> bool:
    """Whether a run that waited may start now; if it has become too late meanwhile, write that down."""
    policy = policy_of(run.schedule)
    if run.rule == Rule.PERSON:
        return has_fresh_inputs or not policy.needs_fresh_inputs
    # A clock that was set back makes nothing undue that was due.
    decision = decide(
        run.due_at, max(now, run.due_at), policy, has_fresh_inputs=has_fresh_inputs, on_time=span(ON_TIME)
    )
    if decision.outcome is Outcome.WAIT:
        return False
    if decision.outcome is Outcome.RUN:
        decision = Decision(Outcome.RUN, Rule.INPUTS_FIRST) if run.decision == Outcome.WAIT else decision
    changes = {"state": _STATE_AFTER[decision.outcome], "decision": decision.outcome, "rule": decision.rule}
    DueRun.objects.filter(pk=run.pk, state=State.DUE).update(**changes, decided_at=now)
    return decision.outcome is Outcome.RUN


def start(run: DueRun, now: datetime) -> bool:
    """Claim a run. True for one caller only, who must do the work."""
    return bool(DueRun.objects.filter(pk=run.pk, state=State.DUE).update(state=State.STARTED, started_at=now))


def finish(run: DueRun, now: datetime, *, fault: str) -> None:
    """How a run ended; a fault in words, or an empty text if there was none."""
    state = State.FAILED if fault else State.DONE
    DueRun.objects.filter(pk=run.pk, state=State.STARTED).update(
        state=state, ended_at=now, fault=fault[:FAULT_LENGTH].replace("\0", "")
    )


def answer(run_id: int, outcome: Outcome, *, by: User | AnonymousUser, now: datetime) -> None:
    """A person decides about a run that waits for it.

    Parameters
    ----------
    outcome : Outcome
        ``RUN`` or ``SKIP``.
    by : User
        Needs the right to decide about missed runs.

    Raises
    ------
    NotAllowed
        If the person lacks it.
    NotAsked
        If somebody decided before, or a newer due time stands for it.
    """
    if not isinstance(by, User) or not may(by, Action.DECIDE_MISSED_RUN):
        raise NotAllowed
    if outcome not in (Outcome.RUN, Outcome.SKIP):
        raise ValueError(f"{outcome} is no answer")
    asked = DueRun.objects.filter(pk=run_id, state=State.ASKED, schedule__retired_at=None)
    state = _STATE_AFTER[outcome]
    changes = {"state": state, "decision": outcome, "rule": Rule.PERSON, "decided_at": now, "decided_by": by}
    with transaction.atomic():
        if not asked.update(**changes, role=role_of(by) or ""):
            raise NotAsked
        entry: ledger.Payload = {"run": run_id, "decision": outcome.value, "user": by.pk}
        ledger.append_or_report([(ledger.Kind.SCHEDULE, entry)], now=now)


def clear_old(now: datetime) -> int:
    """Delete runs that nobody will ask about: a week of what went as planned, a year of the rest. Returns how many."""
    as_planned = Q(state=State.DONE, rule=Rule.ON_TIME, count=1, due_at__lt=now - KEEP_ON_TIME)
    ended = Q(state__in=(State.DONE, State.FAILED, State.INTERRUPTED, State.SKIPPED), due_at__lt=now - KEEP_MISSED)
    cleared = 0
    while True:
        old = list(DueRun.objects.filter(as_planned | ended).values_list("pk", flat=True)[:ROWS_PER_SLICE])
        if not old:
            return cleared
        cleared += DueRun.objects.filter(pk__in=old).delete()[0]


def _skip(runs: QuerySet[DueRun], rule: Rule, now: datetime) -> None:
    runs.update(state=State.SKIPPED, decision=Outcome.SKIP, rule=rule, decided_at=now)


def _row(schedule: Schedule, one: Decided, now: datetime, cause: Cause) -> DueRun:
    is_late = one.count > 1 or now - one.due_at > span(ON_TIME)
    return DueRun(
        schedule=schedule,
        due_at=one.due_at,
        first_due_at=one.first_due_at,
        count=one.count,
        state=_STATE_AFTER[one.decision.outcome],
        decision=one.decision.outcome,
        rule=one.decision.rule,
        cause=cause if is_late else Cause.NONE,
        decided_at=now,
    )


def _fields(owner: str, one: Declared) -> dict[str, object]:
    is_daily = isinstance(one.when, Daily)
    return {
        "owner": owner,
        "title": one.title,
        "why": one.why,
        "kind": (Kind.DAILY if is_daily else Kind.EVERY).value,
        "every_s": None if isinstance(one.when, Daily) else one.when.seconds,
        "daily_at": one.when.at if isinstance(one.when, Daily) else None,
        "grace_s": one.policy.grace_s,
        "beyond": one.policy.beyond.value,
        "coalesce": one.policy.coalesce,
        "needs_fresh_inputs": one.policy.needs_fresh_inputs,
        "needs_clock": one.policy.needs_clock,
    }
