"""Irrigation runs: the one way to open a valve. Stored before the first command, each step with its event.

Nothing here touches the bus or decides when a program is due. The control process (`scheduler.irrigation_rounds`) takes
a run from state to state; people start one of limited time, and stop one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.models import AnonymousUser, User
from django.db import IntegrityError
from django.db.models import QuerySet

from greenhouse import nudges
from greenhouse.access.roles import Action, may
from greenhouse.commands.checks import Code, Verdict
from greenhouse.commands.errors import error_for
from greenhouse.commands.recording import note, number, recorded
from greenhouse.commands.run_lifecycle import (
    BEGUN,
    LATEST_BEGIN_S,
    TERMINAL,
    RunReason,
    RunState,
    end_of,
    lasts,
    predecessors,
)
from greenhouse.commands.run_models import IrrigationRun, IrrigationRunEvent, counted_l
from greenhouse.commands.steps import Hand, hand_of, hand_of_control
from greenhouse.deadlines import Moment, deadline_after
from greenhouse.fencing import UNFENCED, Fence
from greenhouse.ledger.chain import Kind
from greenhouse.nudges import Subject
from greenhouse.site.valve_groups import ValveGroupStructure, valve_groups
from greenhouse.stored_deadlines import columns

SHORTEST_MIN = 0.05
"""Shortest run that a person may start. [min]"""


@dataclass(frozen=True, slots=True)
class Plan:
    """What one group is to get.

    Attributes
    ----------
    dose_l, dose_s : float or None
        One of both. [L], [s]
    position : int
        Its place among the runs of the same due time.
    """

    group: ValveGroupStructure
    dose_l: float | None
    dose_s: float | None
    position: int = 0

    @property
    def limit_s(self) -> float:
        """How long it may last: as long as its dose, if that is a time, and never longer than its group lets it. [s]"""
        longest_s = self.group.longest_run_s
        return longest_s if self.dose_s is None else min(self.dose_s, longest_s)


@dataclass(frozen=True, slots=True)
class ByProgram:
    """A program that asks for runs."""

    key: str
    version: int


def live() -> QuerySet[IrrigationRun]:
    """Runs that may still do something, in the order in which their turn comes."""
    return IrrigationRun.objects.filter(ended_at=None).order_by("due_at", "position", "created_at")


def begun() -> QuerySet[IrrigationRun]:
    """Runs that may have opened something."""
    return live().filter(state__in=sorted(BEGUN))


def plan_all(
    plans: list[Plan], by: ByProgram, *, due_at: datetime, decided_until: datetime, now: Moment, fence: Fence = UNFENCED
) -> list[IrrigationRun]:
    """Store the runs of a program that are due, all or none; none where they are stored already."""
    waits_s, runs = LATEST_BEGIN_S, []
    for plan in plans:
        run = _run(plan, due_at=due_at, now=now, waits_s=waits_s)
        run.program_key, run.program_version = by.key, by.version
        run.asker, run.decided_until = f"program {by.key}", decided_until
        runs.append(run)
        waits_s += lasts(plan.limit_s, now).total_seconds()
    try:
        with recorded(now, fence=fence):
            for run in runs:
                _begin(run, hand_of_control(fence), now)
    except IntegrityError:  # this due time has its runs: no dose is given twice
        return []
    return runs


def plan_missed(
    plans: list[Plan],
    by: ByProgram,
    reason: RunReason,
    *,
    due_at: datetime,
    decided_until: datetime,
    now: Moment,
    fence: Fence = UNFENCED,
) -> list[IrrigationRun]:
    """Store runs whose time had come and that are not made up for, so that a person sees them."""
    runs = []
    for plan in plans:
        run = _run(plan, due_at=due_at, now=now, waits_s=0.0)
        run.program_key, run.program_version = by.key, by.version
        run.asker, run.decided_until = f"program {by.key}", decided_until
        run.state, run.reason, run.ended_at = RunState.MISSED, reason, now.wall
        runs.append(run)
    try:
        with recorded(now, fence=fence):
            for run in runs:
                _begin(run, hand_of_control(fence), now)
    except IntegrityError:
        return []
    return runs


def start(
    group_key: str, minutes: float, *, by: User | AnonymousUser, now: Moment, submission: UUID, device_label: str = ""
) -> IrrigationRun:
    """A person waters a group for some minutes; the same form twice is one run.

    Raises
    ------
    NotAllowed, InvalidRequest
        See `greenhouse.commands.errors`. Nothing was stored.
    """
    person = _allowed(by)
    if (sent := IrrigationRun.objects.filter(submission=submission, requested_by=person).first()) is not None:
        return sent
    group = valve_groups().get(group_key)
    if group is None:
        raise error_for(Verdict(Code.UNKNOWN_POINT))
    longest_min = group.longest_run_s / 60
    if not SHORTEST_MIN <= minutes <= longest_min:  # NaN is in no range
        raise error_for(Verdict(Code.RUN_TIME_UNKNOWN, {"low": SHORTEST_MIN, "high": longest_min}))
    run = _run(Plan(group, None, minutes * 60.0), due_at=now.wall, now=now, waits_s=LATEST_BEGIN_S)
    run.asker, run.requested_by, run.submission = f"person {person.pk}", person, submission
    try:
        with recorded(now):
            _begin(run, hand_of(person, device_label), now)
    except IntegrityError:
        stored = IrrigationRun.objects.filter(submission=submission, requested_by=person).first()
        if stored is None:
            raise
        return stored
    return run


def stop(run_id: UUID, *, by: User | AnonymousUser, now: Moment, device_label: str = "") -> IrrigationRun:
    """A person stops a run: one that waits ends, one that has begun is closed by the control process.

    Raises
    ------
    NotAllowed, Conflict
        If this person may not, or the run is over.
    """
    person = _allowed(by)
    run = IrrigationRun.objects.filter(pk=run_id).first()
    hand = hand_of(person, device_label)
    while run is not None and RunState(run.state) not in TERMINAL | {RunState.CLOSING}:
        state = RunState.STOPPED if run.state == RunState.PLANNED else RunState.CLOSING
        if move(run, state, hand, now=now, reason=RunReason.BY_PERSON):
            return run
        run.refresh_from_db()
    if run is None or run.state != RunState.CLOSING:
        raise error_for(Verdict(Code.RUN_OVER))
    return run


def begin(run: IrrigationRun, *, meter_m3: float | None, now: Moment, fence: Fence = UNFENCED) -> bool:
    """Give a planned run its deadline, ahead of its first command. False while its water source is taken."""
    deadline = deadline_after(now, lasts(run.limit_s, now))
    changes = {"begun_at": now.wall, "meter_start": meter_m3, **columns("deadline", deadline)}
    try:
        return move(run, RunState.OPENING, hand_of_control(fence), now=now, changes=changes)
    except IntegrityError:
        return False


def is_open(run: IrrigationRun, *, at: datetime, now: Moment, fence: Fence = UNFENCED) -> bool:
    """Everything was read back: from now on its time counts. ``at`` is on the clock of the samples."""
    close_at = deadline_after(now, timedelta(seconds=run.limit_s))
    changes = {"running_at": at, **columns("close_at", close_at)}
    return move(run, RunState.RUNNING, hand_of_control(fence), now=now, changes=changes)


def close(
    run: IrrigationRun,
    reason: RunReason,
    *,
    now: Moment,
    facts: Mapping[str, float | str] | None = None,
    fence: Fence = UNFENCED,
) -> bool:
    """A run is over, whatever it has given; its valves are to be closed."""
    return move(run, RunState.CLOSING, hand_of_control(fence), now=now, reason=reason, facts=facts)


def end(run: IrrigationRun, *, meter_m3: float | None, now: Moment, fence: Fence = UNFENCED) -> bool:
    """Everything was read closed."""
    reason = RunReason(run.reason)
    changes = {"meter_end": meter_m3}
    return move(run, end_of(reason), hand_of_control(fence), now=now, reason=reason, facts=run.facts, changes=changes)


def miss(run: IrrigationRun, reason: RunReason, *, now: Moment, fence: Fence = UNFENCED) -> bool:
    """A planned run whose turn did not come in time."""
    return move(run, RunState.MISSED, hand_of_control(fence), now=now, reason=reason)


def stop_planned(program_key: str, *, by: User, now: Moment) -> None:
    """End the runs of a program that wait for their turn: a person has switched it off."""
    for run in live().filter(state=RunState.PLANNED, program_key=program_key):
        move(run, RunState.STOPPED, hand_of(by), now=now, reason=RunReason.BY_PERSON)


def give_up_planned(by: Hand, *, now: Moment) -> None:
    """End what waits for its turn: a store that was put back does not know what was given since."""
    for run in live().filter(state=RunState.PLANNED):
        move(run, RunState.MISSED, by, now=now, reason=RunReason.RESTORED)


def move(
    run: IrrigationRun,
    state: RunState,
    by: Hand,
    *,
    now: Moment,
    reason: RunReason = RunReason.NONE,
    facts: Mapping[str, Any] | None = None,
    changes: Mapping[str, Any] | None = None,
) -> bool:
    """Bring a run to a state that may follow its own, by compare-and-set. False if it stands elsewhere by now."""
    columns_now: dict[str, Any] = {
        "state": state.value,
        "state_at": now.wall,
        "reason": reason.value,
        "facts": dict(facts or {}),
        **(changes or {}),
        **({"ended_at": now.wall} if state in TERMINAL else {}),
    }
    with recorded(now, fence=by.fence):
        rows = IrrigationRun.objects.filter(pk=run.pk, state__in=sorted(predecessors(state)))
        if not rows.update(**columns_now):
            return False
        for name, value in columns_now.items():
            setattr(run, name, value)
        _append_event(run, by, now)
    return True


def metered_l(run: IrrigationRun, meter_m3: float | None) -> float | None:
    """What a run has given so far. None: nobody knows. [L]"""
    return counted_l(run.meter_start, meter_m3)


def _run(plan: Plan, *, due_at: datetime, now: Moment, waits_s: float) -> IrrigationRun:
    group = plan.group
    return IrrigationRun(
        group_key=group.key,
        water_source=group.water_source,
        valves=[[valve.key, valve.run_time] for valve in group.valves],
        pump=None if group.pump is None else group.pump.key,
        meter=None if group.meter is None else group.meter.key,
        due_at=due_at,
        position=plan.position,
        dose_l=plan.dose_l,
        dose_s=plan.dose_s,
        limit_s=plan.limit_s,
        created_at=now.wall,
        state=RunState.PLANNED,
        state_at=now.wall,
        **columns("start_by", deadline_after(now, timedelta(seconds=waits_s))),
    )


def _begin(run: IrrigationRun, by: Hand, now: Moment) -> None:
    run.save(force_insert=True)
    _append_event(run, by, now)


def _append_event(run: IrrigationRun, by: Hand, now: Moment) -> None:
    nudges.send(Subject.CHANGES)
    IrrigationRunEvent.objects.create(
        run=run, at=now.wall, state=run.state, actor=by.actor, reason=run.reason, facts=run.facts
    )
    note(
        Kind.IRRIGATION,
        {
            "run": str(run.pk),
            "group": run.group_key,
            "state": str(run.state),
            "reason": str(run.reason),
            "by": by.actor if by.user_id is None else by.user_id,
            "program": run.program_key,
            "version": run.program_version,
            "dose_l": number(run.dose_l),
            "dose_s": number(run.dose_s),
            "given_l": number(run.given_l),
        },
    )


def _allowed(by: User | AnonymousUser) -> User:
    if not isinstance(by, User) or not may(by, Action.SUBMIT_SETPOINT):
        raise error_for(Verdict(Code.NOT_ALLOWED))
    return by
