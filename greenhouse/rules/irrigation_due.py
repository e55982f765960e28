"""From programs to stored runs: what is due is planned, what came too late is stored as missed. The rule is pure.

How far a program has been decided is kept with the runs themselves, in the same transaction: a process that is killed
in between decides about the same starts again, or not at all.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

import numpy as np

from devices.profiles.schema import Role
from devices.samples import Quality
from greenhouse.commands.irrigation_runs import ByProgram, Plan, live, plan_all, plan_missed
from greenhouse.commands.run_lifecycle import RunReason, RunState
from greenhouse.commands.run_models import IrrigationRun
from greenhouse.deadlines import Moment
from greenhouse.fencing import UNFENCED, Fence
from greenhouse.rules.evaluate.day_periods import Day
from greenhouse.rules.evaluate.irrigation import (
    LOOK_BACK,
    IrrigationDecision,
    IrrigationSnapshot,
    RadiationSpan,
    doses_of,
    due,
)
from greenhouse.rules.evaluate.irrigation_program import IrrigationProgram, RadiationStarts
from greenhouse.rules.snapshots import local_day
from greenhouse.site.current import NoBase, current_base
from greenhouse.site.roles import base_roles
from greenhouse.site.structure import BaseStructure
from greenhouse.site.valve_groups import valve_groups
from greenhouse.telemetry import series
from greenhouse.telemetry.codes import from_ms
from greenhouse.telemetry.columns import Samples

logger = logging.getLogger(__name__)

LOOKED_BACK = timedelta(days=7)
"""Starts that were missed longer ago are not listed one by one; they are too old to be of use to anybody."""
LONGEST_SPAN = timedelta(minutes=10)
"""Between two samples of the radiation that are further apart nobody knows it."""


@dataclass(frozen=True, slots=True)
class IrrigationInForce:
    """A program that is on.

    Attributes
    ----------
    since : datetime
        When it was switched on with the starts that it has, on the clock of the samples: those before are not its own.
    on_since : datetime
        When it was switched on, whatever was changed in it since then.
    restored_at : datetime or None
        When a backup was last put back: what was given before that is not known, so a run may have begun just then.
    """

    key: str
    version: int
    program: IrrigationProgram
    since: datetime
    on_since: datetime
    restored_at: datetime | None = None


def plan_due(programs: Iterable[IrrigationInForce], *, now: Moment, at: datetime, fence: Fence = UNFENCED) -> int:
    """Store the runs that are due now and those that were missed. Returns how many.

    Parameters
    ----------
    at : datetime
        Now, on the clock of the samples.
    """
    try:
        base = current_base()
    except NoBase:
        return 0
    stored = 0
    for one in programs:
        decision = due(snapshot_of(one, base, at), at)
        stored += _store(one, decision, now=now, at=at, fence=fence)
    return stored


def _store(one: IrrigationInForce, decision: IrrigationDecision, *, now: Moment, at: datetime, fence: Fence) -> int:
    by, until = ByProgram(one.key, one.version), decision.decided_until
    stored = 0
    for moments, reason in ((decision.missed, RunReason.TOO_LATE), (decision.left_out, RunReason.DRAIN_REACHED)):
        for moment in moments:
            plans = _plans(one.program)
            missed = plan_missed(plans, by, reason, due_at=moment, decided_until=until, now=now, fence=fence)
            stored += len(missed)
    if not decision.doses:
        return stored
    plans = _plans(one.program)
    due_at = _due_at(decision, at)
    if any(plan.dose_l is not None and plan.group.meter is None for plan in plans):
        reason = RunReason.NO_METER
        return stored + len(plan_missed(plans, by, reason, due_at=due_at, decided_until=until, now=now, fence=fence))
    return stored + len(plan_all(plans, by, due_at=due_at, decided_until=until, now=now, fence=fence))


def _due_at(decision: IrrigationDecision, at: datetime) -> datetime:
    """The moment that a run was meant for: that of its start, or now."""
    late = timedelta(minutes=decision.facts.get("late_min", 0.0))
    return (at - late + timedelta(milliseconds=500)).replace(microsecond=0)


def _plans(program: IrrigationProgram) -> list[Plan]:
    groups = valve_groups()
    found = []
    for position, dose in enumerate(doses_of(program)):
        group = groups.get(dose.group.key)
        if group is not None:  # one that left the base file waters nothing; the page of the program says so
            found.append(Plan(group, dose.volume_l, dose.time_s, position))
    return found


def snapshot_of(
    one: IrrigationInForce, base: BaseStructure, at: datetime, *, radiation: tuple[RadiationSpan, ...] | None = None
) -> IrrigationSnapshot:
    """What a program decides by.

    Parameters
    ----------
    at : datetime
        Now, on the clock of the samples.
    radiation : tuple of RadiationSpan, optional
        Of `radiation_until`, where several programs share it. None: it is read if the program needs it.
    """
    program = one.program
    rows = IrrigationRun.objects.filter(program_key=one.key)
    newest = rows.order_by("-decided_until").values_list("decided_until", flat=True).first()
    decided_until = max(moment for moment in (one.since, one.restored_at, newest) if moment is not None)
    carried_out = rows.exclude(state=RunState.MISSED).order_by("-due_at").values_list("due_at", flat=True)
    runs_at = [run_at for run_at in (carried_out.first(), one.restored_at) if run_at is not None]
    groups = valve_groups()
    sources = {groups[group.key].water_source for group in program.groups if group.key in groups}
    if radiation is None:
        radiation = radiation_until(at) if isinstance(program.starts, RadiationStarts) else ()
    return IrrigationSnapshot(
        program=program,
        days=_days(base, max(decided_until, at - LOOKED_BACK), at),
        decided_until=decided_until,
        on_since=one.on_since,
        last_run_at=max(runs_at, default=None),
        is_running=live().filter(water_source__in=sources).exists(),
        radiation=radiation,
    )


def _days(base: BaseStructure, since: datetime, at: datetime) -> tuple[Day, ...]:
    """The local days from one moment to another."""
    days = [local_day(base, at)]
    while days[0].midnight > since:
        days.insert(0, local_day(base, days[0].midnight - timedelta(hours=12)))
    return tuple(days)


def radiation_until(at: datetime) -> tuple[RadiationSpan, ...]:
    """Global radiation of the last day, between samples that are near enough."""
    point = base_roles().weather.get(Role.RADIATION)
    if point is None:
        return ()
    return tuple(_spans(series.samples(point.key, at - LOOK_BACK, at).samples))


def _spans(found: Samples) -> Iterator[RadiationSpan]:
    usable = (found.quality != Quality.BAD) & np.isfinite(found.values)
    rows = zip(found.ts_ms[usable], found.values[usable], strict=True)
    for (begins_ms, first), (ends_ms, last) in pairwise(rows):
        begins, ends = from_ms(int(begins_ms)), from_ms(int(ends_ms))
        if ends - begins <= LONGEST_SPAN:
            yield RadiationSpan(begins, ends, (float(first) + float(last)) / 2)
