"""What `benchmarks.store` measures on one engine, in a process and on databases of its own. Prints JSON."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import numpy as np

if TYPE_CHECKING:
    from greenhouse.site.point_index import PointIndex

_START = datetime(2026, 11, 1, tzinfo=UTC)
_PER_READING = 20
_HOURS = 8760
HOUR = timedelta(hours=1)


@contextmanager
def databases() -> Iterator[None]:
    """Empty databases with all tables, on the engine that DATABASE_URL names or else on SQLite; gone afterwards."""
    import django
    from django.core.management import call_command

    folder = Path(tempfile.mkdtemp(prefix="greenhouse-bench-"))
    os.environ |= {"GREENHOUSE_VAR": str(folder), "DJANGO_SETTINGS_MODULE": "config.settings.console"}
    os.environ.setdefault("GREENHOUSE_LOG_LEVEL", "ERROR")
    url = os.environ.get("DATABASE_URL", "")
    name = f"bench_{os.getpid()}"
    if url:
        _on_server(url, f"CREATE DATABASE {name}")
        os.environ["DATABASE_URL"] = urlsplit(url)._replace(path=f"/{name}").geturl()
    try:
        django.setup()
        for alias in ("default",) if url else ("default", "telemetry"):
            call_command("migrate", database=alias, verbosity=0)
        yield
    finally:
        from django.db import connections

        connections.close_all()
        if url:
            _on_server(url, f"DROP DATABASE {name} WITH (FORCE)")
        shutil.rmtree(folder, ignore_errors=True)


def _on_server(url: str, statement: str) -> None:
    import psycopg

    server = urlsplit(url)._replace(path="/postgres").geturl()
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(statement.encode())


def made_up_index(count: int) -> PointIndex:
    """So many temperatures that are recorded at every poll."""
    from devices.profiles.recording import EVERY_POLL
    from devices.units import Quantity, Unit
    from greenhouse.site.point_index import PointIndex

    keys = [f"unit-{number // _PER_READING}.point_{number}" for number in range(count)]
    return PointIndex(
        revision=None,
        ids={key: number + 1 for number, key in enumerate(keys)},
        units=dict.fromkeys(keys, Unit.DEGREE_CELSIUS),
        quantities=dict.fromkeys(keys, Quantity.TEMPERATURE),
        records=dict.fromkeys(keys, EVERY_POLL),
        longest_gaps_s=dict.fromkeys(keys, 5.0),
    )


class Ingest:
    """Readings of made-up points, each with other values, stored tick after tick."""

    def __init__(self, index: PointIndex) -> None:
        from greenhouse.telemetry import ingest

        self._index = index
        self._keys = list(index.ids)
        self._draw = np.random.default_rng(1)
        self._tick = ingest.last_tick("bench")
        self.at = _START

    def store(self, samples: int, *, step_s: float) -> float:
        """Store a tick of so many samples, as many moments as it takes to have them. Time it took. [s]"""
        from devices.samples import Origin, Reading
        from greenhouse.telemetry import ingest

        readings: list[Reading] = []
        while sum(len(reading.points) for reading in readings) < samples:
            self.at += timedelta(seconds=step_s)
            for first in range(0, min(len(self._keys), samples), _PER_READING):
                points = tuple(self._keys[first : first + _PER_READING])
                values = np.round(self._draw.normal(20.0, 1.0, len(points)), 1)
                zeros = np.zeros(len(points), np.uint8)
                readings.append(Reading(points, values, zeros, zeros, self.at, Origin.SIMULATED))
        self._tick += 1
        began_s = time.perf_counter()
        ingest.record(readings, ids=self._index.ids, writer="bench", tick=self._tick, now=self.at)
        return time.perf_counter() - began_s


def measure_ingest(points: int, ticks: int, bulk: int) -> dict[str, float]:
    """A tick of all points, then bulk as after an outage: slices of 2,000 samples, one transaction each."""
    from scheduler.cycle import SAMPLES_PER_TICK

    store = Ingest(made_up_index(points))
    store.store(points, step_s=5.0)
    ticks_ms = [1000 * store.store(points, step_s=5.0) for _ in range(ticks)]
    slices = max(1, bulk // SAMPLES_PER_TICK)
    bulk_s = sum(store.store(SAMPLES_PER_TICK, step_s=5.0) for _ in range(slices))
    p50, p99 = np.percentile(ticks_ms, (50, 99))
    return {"p50_ms": float(p50), "p99_ms": float(p99), "bulk_per_s": slices * SAMPLES_PER_TICK / bulk_s}


def measure_upkeep(points: int, hours: int) -> dict[str, float]:
    """Pack some hours of all points at 5 s; the longest transaction and slice of it."""
    from greenhouse.telemetry import store
    from greenhouse.telemetry.packing import PointTraits, pack

    index = made_up_index(points)
    ingest = Ingest(index)
    for _ in range(hours * 720):
        ingest.store(points, step_s=5.0)
    slices_s: list[float] = []
    with timed(store, "save_chunks") as transactions_s:
        began_s = at_s = time.perf_counter()
        for _slice in pack(PointTraits(index), ingest.at + timedelta(hours=1)):
            slices_s.append(time.perf_counter() - at_s)
            at_s = time.perf_counter()
    return {
        "per_s": points * hours * 720 / (time.perf_counter() - began_s),
        "longest_transaction_ms": 1000 * max(transactions_s),
        "longest_slice_ms": 1000 * max(slices_s),
    }


@contextmanager
def timed(module: ModuleType, name: str) -> Iterator[list[float]]:
    """How long each call of a function takes meanwhile. [s]"""
    function, times_s = getattr(module, name), []

    def call(*positional: object, **named: object) -> None:
        began_s = time.perf_counter()
        function(*positional, **named)
        times_s.append(time.perf_counter() - began_s)

    setattr(module, name, call)
    yield times_s
    setattr(module, name, function)


def fill_history(index: PointIndex, days: int) -> None:
    """Packed days of one point every 5 s, and a year of hours of 20 points."""
    from greenhouse.telemetry import store
    from greenhouse.telemetry.buckets import Buckets, MeanKind, pack_buckets
    from greenhouse.telemetry.chunk import pack_samples
    from greenhouse.telemetry.codes import to_ms
    from greenhouse.telemetry.columns import Samples
    from greenhouse.telemetry.levels import DAY_MS, Level, day_of, period
    from greenhouse.telemetry.packing import PointTraits, chunk_row
    from greenhouse.telemetry.store import Packed, RollupRow

    draw, today = np.random.default_rng(2), day_of(to_ms(_START))
    traits = PointTraits(index)
    for day in range(today - days, today):
        count = 17_280
        ts_ms = day * DAY_MS + 5000 * np.arange(count) + draw.integers(0, 4, count)
        zeros = np.zeros(count, np.uint8)
        values = np.round(20 + np.cumsum(draw.normal(0, 0.05, count)), 1)
        samples = Samples(ts_ms.astype(np.int64), values, zeros, zeros, zeros)
        assert pack_samples(samples)
        store.save_chunks([chunk_row(point_id, day, samples, traits) for point_id in (1, 2)])
    for point_id in range(1, 21):
        for first in {period(Level.HOUR, day)[0] for day in (today - 365, today)}:
            count = min(_HOURS, (today - first) * 24)
            minimum = np.round(20 + 5 * np.sin(np.arange(count) / 24) + draw.normal(0, 0.5, count), 1)
            maximum = minimum + np.round(draw.uniform(0, 3, count), 1)
            hours = Buckets(
                start_ms=first * DAY_MS + Level.HOUR.ms * np.arange(count, dtype=np.int64),
                minimum=minimum,
                mean=(minimum + maximum) / 2,
                maximum=maximum,
                resultant=np.full(count, np.nan),
                count=np.full(count, 720),
                unusable=np.zeros(count, np.int64),
                covered_ms=np.full(count, Level.HOUR.ms),
            )
            data = pack_buckets(hours, MeanKind.ARITHMETIC)
            ends_ms = int(hours.start_ms[0]), int(hours.start_ms[-1])
            store.save_rollups([RollupRow(point_id, Level.HOUR.value, first, count, *ends_ms, data)], (point_id, 0), {})
    store.set_packed(Packed(today * DAY_MS, today * DAY_MS))
    from django.db import connections

    with connections["telemetry"].cursor() as cursor:
        cursor.execute("DELETE FROM telemetry_rollup_due")


def measure_reads(points: int, repeats: int) -> dict[str, float]:
    """Median times of readers, with the last twenty minutes of all points not packed yet. [ms]"""
    from greenhouse.telemetry import series

    index = made_up_index(points)
    fill_history(index, 35)
    store = Ingest(index)
    for _ in range(24):  # as often as the demonstration base records a point on the average
        store.store(points, step_s=50.0)
    key, now, day = next(iter(index.ids)), store.at, timedelta(days=1)
    twenty = list(index.ids)[:20]
    hour_now = now.replace(minute=0, second=0, microsecond=0)
    asked: dict[str, Callable[[], object]] = {
        "packed_day_ms": lambda: series.samples(key, _START - day, _START, index=index),
        "last_24_h_ms": lambda: series.samples(key, now - day, now, index=index),
        "days_34_ms": lambda: series.samples(key, _START - 34 * day, _START, index=index),
        "year_ms": lambda: series.window(twenty, hour_now - 365 * day, hour_now, HOUR, index=index),
        "last_hour_ms": lambda: series.window(twenty, now - timedelta(hours=1), now, timedelta(minutes=1), index=index),
    }
    assert len(series.samples(key, _START - day, _START, index=index).samples) == 17_280
    found = {}
    for name, read in asked.items():
        times_ms, cpu_ms = [], []
        for _ in range(repeats):
            began_s, began_cpu_s = time.perf_counter(), time.process_time()
            read()
            times_ms.append(1000 * (time.perf_counter() - began_s))
            cpu_ms.append(1000 * (time.process_time() - began_cpu_s))
        found[name] = float(np.median(times_ms))
        found[f"cpu_{name}"] = float(np.median(cpu_ms))
    return found


def measure_demo(seconds: int) -> dict[str, float]:
    """Bytes of the demonstration base's samples, as they are recorded by default and at every poll."""
    from benchmarks.demo_samples import record_demo_base
    from greenhouse.telemetry.chunk import pack_samples

    chosen, every = record_demo_base(seconds)
    counts = [sum(map(len, recorded.samples.values())) for recorded in (chosen, every)]
    sizes = [sum(len(pack_samples(samples)) for samples in recorded.samples.values()) for recorded in (chosen, every)]
    return {
        "points": len(chosen.samples),
        "polls": chosen.polls,
        "samples": counts[0],
        "bytes": sizes[0],
        "bytes_per_sample": sizes[0] / counts[0],
        "every_bytes_per_sample": sizes[1] / counts[1],
    }


MEASURES: dict[str, Callable[..., dict[str, float]]] = {
    "ingest": measure_ingest,
    "upkeep": measure_upkeep,
    "reads": measure_reads,
    "demo": measure_demo,
}


def main() -> None:
    """One measure by its name, with its numbers: ``ingest 1000 300 600000``."""
    name, *numbers = sys.argv[1:]
    with databases():
        found = MEASURES[name](*map(int, numbers))
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
