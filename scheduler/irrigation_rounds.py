"""Irrigation at work: runs are begun, watched and closed; what stands open without a run is closed.

One look a second. Each step of a run is a stored request like any other; what it has come to is read from the store, so
a look needs no memory but that of pauses and of when a meter last moved. A run that another process had begun is closed
and counted, never resumed: nobody knows how much it had given when nobody looked.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from devices.samples import Quality
from greenhouse.clock import pacing
from greenhouse.commands import irrigation_runs as runs
from greenhouse.commands.checks import Code
from greenhouse.commands.errors import RequestError
from greenhouse.commands.lifecycle import NOT_SENT, State
from greenhouse.commands.models import CommandRequest, IrrigationRun
from greenhouse.commands.recording import recorded
from greenhouse.commands.run_lifecycle import (
    COVERS,
    OPENING_S,
    STANDS_AFTER_S,
    RunReason,
    RunState,
    covers,
    register_s,
)
from greenhouse.commands.seen import seen_in
from greenhouse.commands.sources import IRRIGATION_RUN, VALVE_GUARD, Automatic, Source
from greenhouse.commands.submit import Slip, submit_setpoint
from greenhouse.commands.water import OFF, seen_outputs
from greenhouse.deadlines import Moment
from greenhouse.fencing import Fence
from greenhouse.ledger.chain import restored_at
from greenhouse.rules.irrigation_due import IrrigationInForce, plan_due
from greenhouse.rules.irrigation_withdrawn import why_withdrawn, withdrawn
from greenhouse.site import structure
from greenhouse.site.point_index import index_of
from greenhouse.site.valve_groups import Guarded, ValveGroupStructure, guarded, valve_groups
from greenhouse.stored_deadlines import stored
from greenhouse.telemetry import sample_time, series
from scheduler.valve_guard import PAUSES_S, ValveGuard

logger = logging.getLogger(__name__)

ProgramsOf = Callable[[], Sequence[IrrigationInForce]]
"""The irrigation programs that are on."""

BY = Automatic(Source.PROGRAM, IRRIGATION_RUN)
BY_GUARD = Automatic(Source.INTERLOCK, VALVE_GUARD)
OPEN = 1.0
PROGRAMS_EVERY_S = 5.0
"""How often programs are asked, by the clock of the base; more often than once a look never. [s]"""
METER_POLLS = 3
"""So many polls without a new count are needed before a meter counts as standing."""


@dataclass(frozen=True, slots=True)
class _Look:
    """What one look goes by; ``at``: now, on the clock of the samples. The base is looked up once, not for each run."""

    now: Moment
    at: datetime
    monotonic_s: float
    groups: Mapping[str, ValveGroupStructure]
    outputs: Guarded


@dataclass(frozen=True, slots=True)
class _Moved:
    """When a meter was last seen to count."""

    value: float | None
    at: datetime
    monotonic_s: float


class IrrigationRounds:
    """Every irrigation run, and every valve.

    Parameters
    ----------
    programs : callable
        What to run; asked at every look.
    fence : Fence
        Of the control lease.
    """

    def __init__(self, programs: ProgramsOf, *, fence: Fence) -> None:
        self._programs, self._fence = programs, fence
        self._guard = ValveGuard(fence=fence)
        self._has_recovered = False
        self._restored_at: datetime | None = None
        self._next_programs_s = 0.0
        self._pauses: dict[tuple[UUID, str], tuple[int, float]] = {}
        self._moved: dict[UUID, _Moved] = {}

    def run(self, now: Moment, *, monotonic_s: float) -> None:
        """One look. What is open without a run comes first, a run that is to begin last."""
        look = _Look(now, sample_time.look(now.wall), monotonic_s, valve_groups(), guarded())
        self._recover(look)
        begun = list(runs.begun())
        for run in begun:
            self._advance(run, look)
        stray = self._guard.run(_covered(begun, now), now=now, at=look.at, monotonic_s=monotonic_s)
        if monotonic_s >= self._next_programs_s:
            self._next_programs_s = monotonic_s + PROGRAMS_EVERY_S / now.pace
            plan_due(self._own(), now=now, at=look.at, fence=self._fence)
        self._begin_next(stray, look)

    def _recover(self, look: _Look) -> None:
        """Close what another process had begun, before anything else is opened."""
        if self._has_recovered:
            return
        for run in runs.begun().filter(state__in=sorted(COVERS)):
            logger.warning("irrigation run %s was under way when its control process ended; it is closed", run)
            runs.close(run, RunReason.INTERRUPTED, now=look.now, fence=self._fence)
        restored = restored_at()  # a backup is put back while nothing runs, so before now, whatever its clock read
        self._restored_at = None if restored is None else min(restored, look.at)
        self._has_recovered = True

    def _own(self) -> list[IrrigationInForce]:
        """The programs; what was due before a backup was put back may have been given already."""
        return [replace(one, restored_at=self._restored_at) for one in self._programs()]

    def _begin_next(self, stray: frozenset[str], look: _Look) -> None:
        """Begin the runs whose turn it is: one per water source, and only on valves that are read closed."""
        taken = set(runs.begun().values_list("water_source", flat=True))
        seen = None
        for run in self._waiting(look):
            if run.water_source in taken:
                continue
            taken.add(run.water_source)  # also while its valves are not known: those behind it wait for their turn
            seen = seen_outputs(look.outputs, at=look.at) if seen is None else seen
            keys = [*run.valve_keys, *([] if run.pump is None else [run.pump])]
            if stray.isdisjoint(keys) and all(key in seen and seen[key].usable == OFF for key in keys):
                self._begin(run, look)

    def _waiting(self, look: _Look) -> list[IrrigationRun]:
        """Runs that wait for their turn. Those that are not to begin any more end here, whether or not it is their
        turn: each keeps its water source from the programs behind it.
        """
        planned = list(runs.live().filter(state=RunState.PLANNED))
        over = {run.pk: reason for run in planned if (reason := _why_over(run, look))}
        over |= withdrawn([run for run in planned if run.pk not in over])
        for run in planned:
            if run.pk in over:
                runs.miss(run, over[run.pk], now=look.now, fence=self._fence)
        return [run for run in planned if run.pk not in over]

    def _begin(self, run: IrrigationRun, look: _Look) -> None:
        """Begin a run, unless its program has withdrawn it: one transaction, so that nobody can in between."""
        with recorded(look.now, fence=self._fence):
            if reason := why_withdrawn(run):
                runs.miss(run, reason, now=look.now, fence=self._fence)
            else:
                runs.begin(run, meter_m3=_meter_m3(run, look), now=look.now, fence=self._fence)

    def _advance(self, run: IrrigationRun, look: _Look) -> None:
        match run.state:
            case RunState.OPENING:
                self._open(run, look)
            case RunState.RUNNING:
                self._watch(run, look)
            case RunState.CLOSING:
                self._shut(run, look)

    def _open(self, run: IrrigationRun, look: _Look) -> None:
        """Registers, then valves, then the pump; each stage is begun when the one before was read back."""
        deadline = stored(run, "deadline")
        assert deadline is not None, "a run that has begun has a deadline"
        left = deadline.remaining(look.now) - timedelta(seconds=run.limit_s)
        if left <= timedelta(0):
            self._close(run, RunReason.NOT_OPENED, look, {"after_s": OPENING_S})
            return
        registers = {key: register_s(deadline, look.now, most_s=_most_s(key)) for key in run.register_keys}
        pump = {} if run.pump is None else {run.pump: OPEN}
        for stage in (registers, dict.fromkeys(run.valve_keys, OPEN), pump):
            requests = {key: _newest(run, key, is_closing=False) for key in stage}
            for key, request in requests.items():
                if request is None or request.state in NOT_SENT:
                    self._ask(run, key, stage[key], BY, look.now)
                elif request.ended_at is not None and request.state != State.CONFIRMED:
                    facts = {"point": key, "verdict": request.verdict}
                    self._close(run, RunReason.NOT_OPENED, look, facts)
                    return
            if any(request is None or request.state != State.CONFIRMED for request in requests.values()):
                return
        runs.is_open(run, at=look.at, now=look.now, fence=self._fence)

    def _watch(self, run: IrrigationRun, look: _Look) -> None:
        """Whether the dose is given, its time is over, or something is wrong."""
        value = _meter_m3(run, look)
        given_l = runs.metered_l(run, value)
        facts = {} if given_l is None else {"given_l": round(given_l, 1)}
        close_at, deadline = stored(run, "close_at"), stored(run, "deadline")
        is_over = any(one is not None and one.has_passed(look.now) for one in (close_at, deadline))
        if run.dose_l is not None and given_l is not None and given_l >= run.dose_l:
            self._close(run, RunReason.DOSE_GIVEN, look, facts)
        elif is_over:
            is_given = run.dose_s is not None and run.limit_s >= run.dose_s
            self._close(run, RunReason.DOSE_GIVEN if is_given else RunReason.TOO_LONG, look, facts)
        elif shut := _shut_meanwhile(run, look.outputs):
            self._close(run, RunReason.CLOSED_BY_ITSELF, look, {"point": shut, **facts})
        elif reason := self._meter_fault(run, value, look):
            self._close(run, reason, look, facts)

    def _meter_fault(self, run: IrrigationRun, value: float | None, look: _Look) -> RunReason:
        """Why a run cannot go on by its meter, once that has counted nothing for too long."""
        if run.meter is None:
            return RunReason.NO_METER if run.dose_l is not None else RunReason.NONE
        if value is None and run.dose_l is None:
            return RunReason.NONE  # its time says when it is over
        last = self._moved.get(run.pk)
        if last is None or (value is not None and (last.value is None or value > last.value)):
            last = self._moved[run.pk] = _Moved(value, look.at, look.monotonic_s)
        group = look.groups.get(run.group_key)
        poll_s = 0.0 if group is None or group.meter is None else group.meter.poll_s
        if (
            look.at - last.at < timedelta(seconds=STANDS_AFTER_S)
            or look.monotonic_s - last.monotonic_s < METER_POLLS * poll_s
        ):
            return RunReason.NONE
        return RunReason.METER_UNKNOWN if value is None else RunReason.METER_STANDS

    def _close(self, run: IrrigationRun, reason: RunReason, look: _Look, facts: Mapping[str, float | str]) -> None:
        if runs.close(run, reason, now=look.now, facts=facts, fence=self._fence):
            if reason is not RunReason.DOSE_GIVEN:
                logger.warning("irrigation run %s is closed: %s %s", run, reason, facts)
            self._shut(run, look)

    def _shut(self, run: IrrigationRun, look: _Look) -> None:
        """Pump, then valves, again and again until each is read closed; then the water is counted."""
        known = look.outputs.points
        pumps = [run.pump] if run.pump is not None and run.pump in known else []
        requests = {key: self._closing(run, key, look) for key in pumps}
        if all(request is not None and request.ended_at is not None for request in requests.values()):
            requests |= {key: self._closing(run, key, look) for key in run.valve_keys if key in known}
        else:
            return
        if any(request is None or request.state != State.CONFIRMED for request in requests.values()):
            return
        closed_at = max(
            (request.state_at for request in requests.values() if request is not None), default=run.state_at
        )
        group = look.groups.get(run.group_key)
        polls_s = 0.0 if group is None or group.meter is None else 2 * group.meter.poll_s
        if look.now.wall - closed_at >= look.now.span(timedelta(seconds=polls_s)):
            runs.end(run, meter_m3=_meter_m3(run, look), now=look.now, fence=self._fence)
            self._moved.pop(run.pk, None)
            self._pauses = {key: pause for key, pause in self._pauses.items() if key[0] != run.pk}

    def _closing(self, run: IrrigationRun, key: str, look: _Look) -> CommandRequest | None:
        """The newest request of a run that closes something; another one where it did not take, after pauses."""
        request = _newest(run, key, is_closing=True)
        if request is not None and (request.ended_at is None or request.state == State.CONFIRMED):
            return request
        times, again_at_s = self._pauses.get((run.pk, key), (0, look.monotonic_s))
        if look.monotonic_s >= again_at_s and self._ask(run, key, OFF, BY if times == 0 else BY_GUARD, look.now):
            self._pauses[run.pk, key] = times + 1, look.monotonic_s + PAUSES_S[min(times, len(PAUSES_S) - 1)]
        return request

    def _ask(self, run: IrrigationRun, key: str, value: float, by: Automatic, now: Moment) -> bool:
        """Ask for a step of a run. False: a request of the point is under way, so the next look asks."""
        point = guarded().points.get(key)
        seen = series.latest([key if point is None else point.readback or key])
        sample = next(iter(seen.values()), None)
        current = None if sample is None or sample.value is None else float(sample.value)
        try:
            with recorded(now, fence=self._fence):
                submit_setpoint(key, value, by=by, seen_value=current, seen_at=None, now=now, slip=Slip(run=run))
        except RequestError as error:
            if error.verdict.code is Code.UNDER_WAY:
                return False
            logger.warning("a step of irrigation run %s is refused: %s", run, error.verdict.code)
        return True


def _why_over(run: IrrigationRun, look: _Look) -> RunReason:
    """Why a planned run cannot begin any more."""
    start_by = stored(run, "start_by")
    if start_by is not None and start_by.has_passed(look.now):
        return RunReason.TOO_LATE
    return RunReason.NONE if run.group_key in look.groups else RunReason.GROUP_GONE


def _covered(begun: Iterable[IrrigationRun], now: Moment) -> set[str]:
    """Keys of what runs may have open now, or are closing."""
    found: set[str] = set()
    for run in begun:
        if run.state == RunState.CLOSING or covers(RunState(run.state), stored(run, "deadline"), now):
            found |= {*run.valve_keys, *([] if run.pump is None else [run.pump])}
    return found


def _most_s(register: str) -> float:
    """The longest time that a run-time register takes. [s]"""
    point = structure.point(register)
    return math.inf if point is None or point.limits is None else point.limits[1]


def _newest(run: IrrigationRun, key: str, *, is_closing: bool) -> CommandRequest | None:
    asked = CommandRequest.objects.filter(run=run, point_key=key)
    asked = asked.filter(value=OFF) if is_closing else asked.exclude(value=OFF)
    return asked.order_by("-created_at").first()


def _meter_m3(run: IrrigationRun, look: _Look) -> float | None:
    """The newest count of a run's meter that may be decided by. [m³]"""
    group = look.groups.get(run.group_key)
    meter = None if group is None else group.meter
    if meter is None or meter.key != run.meter:
        return None
    sample = series.latest([meter.key], index=index_of([meter])).get(meter.key)
    return seen_in(sample, meter.poll_s, at=look.at, pacing=pacing()).usable


def _shut_meanwhile(run: IrrigationRun, outputs: Guarded) -> str:
    """Key of a valve, or the pump, of a run that was read closed since everything was open; empty: of none."""
    keys = [*run.valve_keys, *([] if run.pump is None else [run.pump])]
    shown = {outputs.points[key].readback or key: key for key in keys if key in outputs.points}
    index = index_of([outputs.shown[key] for key in shown if key in outputs.shown])
    for readback, sample in series.latest(list(shown), index=index).items():
        is_newer = run.running_at is not None and sample.observed_at > run.running_at
        if is_newer and sample.quality is not Quality.BAD and sample.value == OFF:
            return shown[readback]
    return ""
