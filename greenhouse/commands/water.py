"""Whether water may be let flow: valves and pumps open as a step of a live irrigation run, and close whenever asked.

The register from which a valve closes by itself is written by the run too, before its valve, and must have been read
back: without it nothing would close the valve if this system died.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from devices.profiles.outputs import OutputKind, StoppedBy
from greenhouse.clock import pacing
from greenhouse.commands import interlocks
from greenhouse.commands.checks import WATER, Code, Verdict
from greenhouse.commands.interlocks import Move, Situation
from greenhouse.commands.lifecycle import State
from greenhouse.commands.models import CommandRequest
from greenhouse.commands.run_lifecycle import RunState, may_open
from greenhouse.commands.run_models import IrrigationRun
from greenhouse.commands.seen import FRESH, Seen, seen_in
from greenhouse.commands.weather_limits import OPEN_PCT
from greenhouse.deadlines import Moment
from greenhouse.site.point_index import index_of
from greenhouse.site.structure import PointStructure
from greenhouse.site.valve_groups import Guarded, guarded
from greenhouse.stored_deadlines import stored
from greenhouse.telemetry import series

OFF = 0.0
"""Closed, or standing."""


class Step(NamedTuple):
    """A step of an irrigation run, which is as it is stored now."""

    run: IrrigationRun
    now: Moment


def forbids(point: PointStructure, value: float, step: Step | None, *, at: datetime) -> Verdict | None:
    """Why a value may not be written to a valve, a pump, or the run-time register of a valve; None: it may.

    Parameters
    ----------
    step : Step or None
        None: no run wants it.
    at : datetime
        Now, on the clock of the samples.
    """
    if point.output_kind in WATER and value == OFF:
        return None
    if step is None:
        return Verdict(Code.NEEDS_RUN)
    run, now = step
    if not _is_of(run, point) or not may_open(RunState(run.state), stored(run, "deadline"), now):
        return Verdict(Code.NEEDS_RUN)
    if point.output_kind is OutputKind.VALVE:
        return _of_register(point, run)
    if point.output_kind is OutputKind.PUMP:
        seen = seen_outputs(guarded(), at=at)
        valves = tuple(seen[key] for key in run.valve_keys if key in seen)
        return interlocks.check(Move(OutputKind.PUMP, None, OPEN_PCT), Situation(valves=valves), at)
    return None


def seen_outputs(outputs: Guarded, *, at: datetime) -> dict[str, Seen]:
    """What is read back of valves and pumps: 0 is closed. Only what is fresh counts."""
    samples = series.latest(list(outputs.shown), index=index_of(outputs.shown.values()))
    found: dict[str, Seen] = {}
    for key, point in outputs.points.items():
        shown = outputs.shown.get(point.readback or key, point)
        found[key] = seen_in(samples.get(shown.key), shown.poll_s, at=at, pacing=pacing(), usable_while=FRESH)
    return found


def _is_of(run: IrrigationRun, point: PointStructure) -> bool:
    return point.key in {*run.valve_keys, *run.register_keys, run.pump}


def _of_register(point: PointStructure, run: IrrigationRun) -> Verdict | None:
    if point.stopped_by is not StoppedBy.RUN_TIME_REGISTER:
        return None
    written = CommandRequest.objects.filter(run=run, point_key=point.run_time or "", state=State.CONFIRMED)
    return None if written.exists() else Verdict(Code.RUN_TIME_NOT_SET)
