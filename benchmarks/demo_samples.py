"""A day of the demonstration base as its lines would read it: simulated values in their registers' resolution."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from benchmarks.results import PROJECT
from devices.codec.scaling import Scaling, point_scaling
from devices.profiles.recording import RecordPolicy, effective_policy
from devices.profiles.schema import PointSpec, WordType
from devices.samples import Origin, Reading
from devices.units import Quantity
from greenhouse.site.basefile.reader import load_base
from greenhouse.telemetry.codes import ORIGIN_CODES, to_ms
from greenhouse.telemetry.columns import Samples
from greenhouse.telemetry.recorder import Recorder
from scheduler.simulation import simulated_plant

STEP_S = 5
"""Of the plant. Points that are polled every 2 s are taken every 5 s: twice as fast, and harder to pack. [s]"""
START = datetime(2026, 11, 24, tzinfo=UTC)
_LATENESS_S = 0.002
"""Mean of how late a reply is in its period, as the polling benchmark measures it at the 99th percentile. [s]"""


@dataclass(frozen=True, slots=True)
class Recorded:
    """Samples by point key, and how often the points were polled for them."""

    samples: dict[str, Samples]
    polls: int


@dataclass(frozen=True, slots=True)
class _Block:
    """Points of a device that are polled together."""

    device: str
    points: tuple[PointSpec, ...]
    scalings: tuple[Scaling, ...]
    keys: tuple[str, ...]


def record_demo_base(seconds: int) -> tuple[Recorded, Recorded]:
    """What is recorded of the demonstration base: by its points' default policies, and each poll of the first hour."""
    base = load_base(PROJECT / "bases" / "kangbashi.toml")
    plant = simulated_plant(base, start=START, seed=1)
    blocks: defaultdict[float, list[_Block]] = defaultdict(list)
    policies: dict[str, RecordPolicy] = {}
    quantities: dict[str, Quantity] = {}
    for device in base.devices:
        by_period: defaultdict[float, list[PointSpec]] = defaultdict(list)
        for point in device.profile.points:
            if point.access.can_read:
                key = f"{device.key}.{point.key}"
                by_period[max(point.poll_s, STEP_S)].append(point)
                quantities[key] = point.quantity
                policies[key] = effective_policy(
                    point.record, point.quantity, point.unit, is_writable=point.access.can_write, poll_s=point.poll_s
                )
        for period_s, points in by_period.items():
            keys = tuple(f"{device.key}.{point.key}" for point in points)
            scalings = tuple(map(point_scaling, points))
            blocks[period_s].append(_Block(device.key, tuple(points), scalings, keys))
    chosen, every = _Columns(), _Columns()
    recorder, polls, draw = Recorder(policies, quantities), 0, random.Random(1)
    for second in range(0, seconds, STEP_S):
        plant.advance(STEP_S)
        for period_s in (period_s for period_s in blocks if second % period_s == 0):
            for block in blocks[period_s]:
                at = START + timedelta(seconds=second + draw.expovariate(1 / _LATENESS_S))
                reading = _reading(block, [plant.value(block.device, point.key) for point in block.points], at)
                choice = recorder.choose([reading])
                recorder.accept(choice)
                chosen.add(reading, choice.masks[0])
                if second < 3600:
                    every.add(reading, np.ones(len(block.keys), bool))
                polls += len(block.keys)
    return Recorded(chosen.samples(), polls), Recorded(every.samples(), polls)


def _reading(block: _Block, values: list[float | None], at: datetime) -> Reading:
    shown = [
        np.nan if value is None else _as_shown(point, scaling, value)
        for point, scaling, value in zip(block.points, block.scalings, values, strict=True)
    ]
    zeros = np.zeros(len(shown), np.uint8)
    return Reading(block.keys, np.array(shown), zeros, zeros, at, Origin.SIMULATED)


def _as_shown(point: PointSpec, scaling: Scaling, value: float) -> float:
    """The value as the point's register can say it."""
    if point.type.is_integer:
        raw = round((value * scaling.divisor - scaling.addend) / scaling.multiplier)
        return (raw * scaling.multiplier + scaling.addend) / scaling.divisor
    return float(np.float32(value)) if point.type is WordType.FLOAT32 else value


class _Columns:
    """Samples by point, as they come."""

    def __init__(self) -> None:
        self._rows: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)

    def add(self, reading: Reading, mask: np.ndarray) -> None:
        ts_ms, values = to_ms(reading.observed_at), reading.values.tolist()
        for i in np.flatnonzero(mask).tolist():
            self._rows[reading.points[i]].append((ts_ms, values[i]))

    def samples(self) -> dict[str, Samples]:
        return {key: _samples(rows) for key, rows in self._rows.items()}


def _samples(rows: list[tuple[int, float]]) -> Samples:
    ts_ms, values = zip(*rows, strict=True)
    zeros = np.zeros(len(ts_ms), np.uint8)
    origin = np.full(len(ts_ms), ORIGIN_CODES[Origin.SIMULATED], np.uint8)
    return Samples(np.array(ts_ms, np.int64), np.array(values, np.float64), zeros, zeros, origin)
