"""Decoding a block, and planning the reads of 20,000 points."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import numpy as np

from benchmarks import bare
from benchmarks.results import Row, Section
from benchmarks.rounds import Meter, median_ratio, take_turns
from benchmarks.unit import GAP, LIMITS, POINTS, make_driver, unit_profile
from devices.codec import BlockDecoder
from devices.profiles.schema import DeviceProfile
from devices.read_plan import Block, plan_reads

_BLOCK_POINTS = 100
_OURS, _POINT_BY_POINT, _VECTORIZED = "ours", "pymodbus point by point", "numpy by hand"


def measure(*, quick: bool) -> Section:
    """Decode in turns and compare; plan once per unit."""
    rounds, times, units = (3, 20, 5) if quick else (31, 300, 100)
    profile = unit_profile()
    block = _block_of_100(profile)
    words = np.arange(block.address, block.end).astype(np.uint16)
    registers = words.tolist()
    ours = BlockDecoder(block.points, address=block.address, count=block.count)
    point_by_point, vectorized = bare.PointByPoint(block), bare.Vectorized(block)
    costs_s = take_turns(
        {
            _OURS: lambda: _cpu_s(lambda: ours.decode(words), times),
            _POINT_BY_POINT: lambda: _cpu_s(lambda: point_by_point(registers), times),
            _VECTORIZED: lambda: _cpu_s(lambda: vectorized(registers), times),
        },
        rounds,
    )
    plan_s, drivers_s = _planning_s(profile, units)
    text = (
        f"A block of {_BLOCK_POINTS} points in {block.count} registers: int16, uint16, bit fields and counters. Ours "
        "brings value, quality, reason and exact counters; the comparators value and quality. Planning is done at the "
        "start and when a hole is learned; it includes no request."
    )
    median_us = {name: 1e6 * statistics.median(of_one) for name, of_one in costs_s.items()}
    rows = [
        Row(f"decoding {_BLOCK_POINTS} points", f"{median_us[_OURS]:.0f} µs"),
        *(
            Row(f"to {name} ({median_us[name]:.0f} µs)", f"{median_ratio(costs_s[_OURS], costs_s[name]):.2f} ×")
            for name in (_POINT_BY_POINT, _VECTORIZED)
        ),
        Row(f"planning the reads of {units * POINTS:,} points", f"{1000 * plan_s:.0f} ms"),
        Row("the same with drivers, decoders and poll tasks", f"{1000 * drivers_s:.0f} ms"),
    ]
    return Section("Decoding and planning", text, rows)


def _block_of_100(profile: DeviceProfile) -> Block:
    """A hundred neighbors of many kinds: the last ones of the input registers."""
    inputs = sorted((p for p in profile.points if p.table == "input"), key=lambda point: point.address)
    points = tuple(inputs[-_BLOCK_POINTS:])
    first = points[0].address
    return Block(points[0].table, first, max(point.extent[1] for point in points) - first, points)


def _cpu_s(decode: Callable[[], object], times: int) -> float:
    meter = Meter()
    for _ in range(times):
        decode()
    return meter.cost().cpu_s / times


def _planning_s(profile: DeviceProfile, units: int) -> tuple[float, float]:
    """Time to plan the reads of so many units, and to make all that polls them. [s]"""
    began_s = time.perf_counter()
    for _ in range(units):
        plan_reads(profile.points, limits=LIMITS, gap=GAP)
    planned_s = time.perf_counter()
    for number in range(units):
        make_driver(f"unit-{number}", profile, lambda _: None).poll_tasks()
    return planned_s - began_s, time.perf_counter() - planned_s
