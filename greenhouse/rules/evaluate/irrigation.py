"""Whether a run of an irrigation program is due. Pure.

Starts by the clock and by an interval are moments of a day. Each is decided once: what was decided lies before
``decided_until``, which whoever carries programs out stores with the run. So a clock that was set back waters nothing
twice, and a start that came while nothing ran is found, run if it is not too late, or told as missed.

A start by radiation has no moment: a run is due when enough sun has come in since the last one, or since the program
was switched on. Midnight ends no sum: what the evening took from the crop counts in the morning. Where too much of that
time has no reading the sum is not known, and nothing is made up for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from greenhouse.commands.seen import MISSING, Seen
from greenhouse.rules.evaluate.day_periods import Day, moment_of
from greenhouse.rules.evaluate.irrigation_program import (
    ClockStarts,
    DoseKind,
    IntervalStarts,
    IrrigationProgram,
    RadiationStarts,
    Starts,
    ValveGroup,
)

LATEST_MIN = 15.0
"""A start that is later than this is missed. [min]"""
LOOK_BACK = timedelta(hours=24)
LEAST_COVERAGE = 0.9
"""Share of the time that the sum counts that must have readings, so that it is known."""
_J_CM2_PER_WS_M2 = 1e-4


class RadiationSpan(NamedTuple):
    """A span of time with its mean global radiation outside. [W/m²]"""

    begins: datetime
    ends: datetime
    mean_w_m2: float


class GroupDose(NamedTuple):
    """What one group gets: a volume, or a time. [L], [s]"""

    group: ValveGroup
    volume_l: float | None
    time_s: float | None


class Why(StrEnum):
    """Reason of a decision."""

    CLOCK = "clock"
    INTERVAL = "interval"
    RADIATION_SUM = "radiation_sum"
    RADIATION_MISSING = "radiation_missing"
    """The sum is not known, and the time for that case has passed."""
    NOT_YET = "not_yet"
    OUTSIDE_HOURS = "outside_hours"
    RADIATION_UNKNOWN = "radiation_unknown"
    RUNNING = "running"
    RESTING = "resting"
    DRAIN_REACHED = "drain_reached"
    CLOCK_BACK = "clock_back"
    """This time has been decided before."""


@dataclass(frozen=True, slots=True)
class IrrigationSnapshot:
    """A program at a moment.

    Attributes
    ----------
    program : IrrigationProgram
        Has no faults.
    days : tuple of Day
        The local days to look at, that of the moment last.
    decided_until : datetime
        Starts up to here have been decided, aware.
    on_since : datetime
        When it was switched on: the sun of before is none that it has to make up for.
    last_run_at : datetime or None
        When its last run began, or may have begun.
    is_running : bool
        Whether any run is under way on its valves or its pump: one group at a time.
    radiation : tuple of RadiationSpan
        In the order of time, without overlap; gaps have no span.
    drain_pct : Seen
        Share of the water of this day that drained. [%]
    """

    program: IrrigationProgram
    days: tuple[Day, ...]
    decided_until: datetime
    on_since: datetime
    last_run_at: datetime | None = None
    is_running: bool = False
    radiation: tuple[RadiationSpan, ...] = ()
    drain_pct: Seen = MISSING


@dataclass(frozen=True, slots=True)
class IrrigationDecision:
    """What is due.

    Attributes
    ----------
    doses : tuple of GroupDose
        In the order of watering; empty: no run now.
    decided_until : datetime
        To be stored with the run.
    missed, left_out : tuple of datetime
        Starts that came too late to be run, and starts that the drain made needless.
    """

    why: Why
    decided_until: datetime
    doses: tuple[GroupDose, ...] = ()
    facts: Mapping[str, float] = field(default_factory=dict)
    missed: tuple[datetime, ...] = ()
    left_out: tuple[datetime, ...] = ()


def due(snapshot: IrrigationSnapshot, now: datetime) -> IrrigationDecision:
    """Whether a run is due, and which dose each group gets.

    Parameters
    ----------
    snapshot : IrrigationSnapshot
    now : datetime
        Aware.
    """
    if now < snapshot.decided_until:
        return IrrigationDecision(Why.CLOCK_BACK, snapshot.decided_until)
    if isinstance(snapshot.program.starts, RadiationStarts):
        return _by_radiation(snapshot.program.starts, snapshot, now)
    return _by_moments(snapshot, now)


def doses_of(program: IrrigationProgram) -> tuple[GroupDose, ...]:
    """What each group gets in a run."""
    kind, amount = program.dose
    match kind:
        case DoseKind.TIME:
            return tuple(GroupDose(group, None, amount) for group in program.groups)
        case DoseKind.VOLUME:
            return tuple(GroupDose(group, amount, None) for group in program.groups)
        case DoseKind.VOLUME_PER_AREA:
            return tuple(GroupDose(group, amount * group.area_m2, None) for group in program.groups)


def radiation_sum(spans: tuple[RadiationSpan, ...], since: datetime, now: datetime) -> tuple[float, float]:
    """Sum of the radiation since a moment, and the share of that time that has readings. [J/cm²], [0..1]"""
    sum_ws_m2, covered_s = 0.0, 0.0
    for span in spans:
        seconds = (min(span.ends, now) - max(span.begins, since)).total_seconds()
        if seconds > 0:
            sum_ws_m2 += span.mean_w_m2 * seconds
            covered_s += seconds
    asked_s = (now - since).total_seconds()
    return sum_ws_m2 * _J_CM2_PER_WS_M2, 1.0 if asked_s <= 0 else covered_s / asked_s


def moments(starts: Starts, days: Iterable[Day]) -> Iterator[datetime]:
    """Every start of the days that has a moment, in the order of time."""
    for day in days:
        if isinstance(starts, ClockStarts):
            for minutes in starts.minutes:
                yield day.midnight + timedelta(minutes=minutes)
        elif isinstance(starts, IntervalStarts):
            yield from _of_interval(starts, day)


def never_starts_on(starts: Starts, day: Day) -> bool:
    """Whether a day has no time for a start: its last one lies before its first, as the sun goes on that day."""
    if isinstance(starts, ClockStarts):
        return False
    first, last = moment_of(starts.first, day), moment_of(starts.last, day)
    return first is None or last is None or last < first


def _by_moments(snapshot: IrrigationSnapshot, now: datetime) -> IrrigationDecision:
    program = snapshot.program
    open_ = [moment for moment in moments(program.starts, snapshot.days) if snapshot.decided_until < moment <= now]
    in_time = [moment for moment in open_ if now - moment <= timedelta(minutes=LATEST_MIN)]
    missed = tuple(moment for moment in open_ if moment not in in_time)
    before = max(missed, default=snapshot.decided_until)
    if not in_time:
        return IrrigationDecision(Why.NOT_YET, before, missed=missed)
    held = _held(snapshot, now)
    if held is not None and held.why is Why.DRAIN_REACHED:
        return replace(held, decided_until=now, missed=missed, left_out=tuple(in_time))
    if held is not None:
        return replace(held, decided_until=before, missed=missed)
    late_min = (now - in_time[-1]) / timedelta(minutes=1)
    why = Why.CLOCK if isinstance(program.starts, ClockStarts) else Why.INTERVAL
    return IrrigationDecision(why, now, doses_of(program), {"late_min": late_min}, missed=missed)


def _by_radiation(starts: RadiationStarts, snapshot: IrrigationSnapshot, now: datetime) -> IrrigationDecision:
    today = snapshot.days[-1]
    first, last = moment_of(starts.first, today), moment_of(starts.last, today)
    undecided = snapshot.decided_until
    if first is None or last is None or not first <= now <= last:
        return IrrigationDecision(Why.OUTSIDE_HOURS, undecided)
    if (held := _held(snapshot, now)) is not None:
        return replace(held, decided_until=undecided)
    counts_from = snapshot.on_since if snapshot.last_run_at is None else max(snapshot.last_run_at, snapshot.on_since)
    since = max(counts_from, now - LOOK_BACK)
    sum_j_cm2, coverage = radiation_sum(snapshot.radiation, since, now)
    facts = {"sum": sum_j_cm2, "wanted": starts.sum_j_cm2, "coverage": coverage}
    if sum_j_cm2 >= starts.sum_j_cm2:  # what is missing could only add to it
        return IrrigationDecision(Why.RADIATION_SUM, now, doses_of(snapshot.program), facts)
    if coverage >= LEAST_COVERAGE:
        return IrrigationDecision(Why.NOT_YET, undecided, facts=facts)
    waited_min = (now - max(since, first)) / timedelta(minutes=1)
    if starts.without_radiation_min is not None and waited_min >= starts.without_radiation_min:
        return IrrigationDecision(Why.RADIATION_MISSING, now, doses_of(snapshot.program), facts)
    return IrrigationDecision(Why.RADIATION_UNKNOWN, undecided, facts=facts)


def _held(snapshot: IrrigationSnapshot, now: datetime) -> IrrigationDecision | None:
    """What stands against any run now."""
    program, until = snapshot.program, snapshot.decided_until
    if snapshot.is_running:
        return IrrigationDecision(Why.RUNNING, until)
    limit, drain = program.drain_limit_pct, snapshot.drain_pct.usable
    if limit is not None and drain is not None and drain >= limit:
        return IrrigationDecision(Why.DRAIN_REACHED, until, facts={"drain": drain, "limit": limit})
    if snapshot.last_run_at is not None:
        left_min = program.rest_min - (now - snapshot.last_run_at) / timedelta(minutes=1)
        if left_min > 0:
            return IrrigationDecision(Why.RESTING, until, facts={"left_min": left_min})
    return None


def _of_interval(starts: IntervalStarts, day: Day) -> Iterator[datetime]:
    moment, last = moment_of(starts.first, day), moment_of(starts.last, day)
    while moment is not None and last is not None and moment <= last:
        yield moment
        moment += timedelta(minutes=starts.interval_min)
