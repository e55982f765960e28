"""The sample store on SQLite and PostgreSQL: ingest, bytes per sample, packing, reading."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass

from benchmarks.results import PROJECT, Row, Section, at_least, at_most

_TICK_GOAL_MS, _BULK_GOAL_PER_S, _BYTES_GOAL, _TRANSACTION_GOAL_MS = 20.0, 100_000.0, 3.0, 50.0
_DAY_GOAL_MS, _YEAR_GOAL_MS = 5.0, 50.0
_DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class _Engine:
    name: str
    url: str


def measure(*, quick: bool) -> Section:
    """Each measure in a process and on databases of its own; PostgreSQL where DATABASE_URL names a server."""
    url = os.environ.get("DATABASE_URL", "")
    engines = [_Engine("SQLite", ""), *([_Engine("PostgreSQL", url)] if url else [])]
    rows = [row for engine in engines for row in _rows_of(engine, quick=quick)]
    if not url:
        rows.append(Row("PostgreSQL", "not measured: DATABASE_URL names no server"))
    text = (
        "A tick stores every sample as a row and the newest value of each point, in one transaction with its number. "
        f"Bulk is what follows an outage: 2,000 samples a transaction. Bytes are those of packed samples of "
        f"{'an hour' if quick else 'a day'} of the demonstration base (simulated, with noise, in the resolution of its "
        "registers, replies some milliseconds late), recorded by the default policies, and again at every poll of an "
        "hour. Readers have 744 points with 35 packed days of one point every 5 s, a year of hourly roll-ups of 20 "
        "points, and twenty minutes of all points not packed yet; times are medians. The CPU is that of the reading "
        "process: on SQLite all of the work, and what a busy machine does not change."
    )
    return Section("The sample store", text, [*_demo_rows(quick=quick), *rows])


def _demo_rows(*, quick: bool) -> list[Row]:
    found = _run(_Engine("SQLite", ""), "demo", 600 if quick else _DAY_S)
    share = 100 * found["samples"] / found["polls"]
    return [
        at_most("bytes per sample, demonstration base", found["bytes_per_sample"], _BYTES_GOAL, "{:.2f}"),
        at_most("bytes per sample, every poll recorded", found["every_bytes_per_sample"], _BYTES_GOAL, "{:.2f}"),
        Row(f"recorded of {found['polls']:,.0f} polls of {found['points']:.0f} points", f"{share:.1f} %"),
        Row("packed samples of these points", f"{found['bytes'] / 1e6:.2f} MB"),
    ]


def _rows_of(engine: _Engine, *, quick: bool) -> list[Row]:
    rows = []
    for points, ticks, bulk in ((1000, 300, 600_000), (20_000, 30, 600_000)):
        found = _run(engine, "ingest", points, *((3, 4000) if quick else (ticks, bulk)))
        what = f"{engine.name}: tick of {points:,} points, p50 / p99"
        shown = f"{found['p50_ms']:.1f} / {found['p99_ms']:.1f} ms"
        has_goal = points == 1000
        goal = f"p99 ≤ {_TICK_GOAL_MS:.0f} ms" if has_goal else ""
        rows.append(Row(what, shown, goal, found["p99_ms"] <= _TICK_GOAL_MS if has_goal else None))
        bulk_what = f"{engine.name}: bulk with {points:,} points, samples per second"
        rows.append(at_least(bulk_what, found["bulk_per_s"], _BULK_GOAL_PER_S, "{:,.0f}"))
    packed = _run(engine, "upkeep", 50 if quick else 744, 1)
    longest_ms = packed["longest_transaction_ms"]
    rows += [
        Row(f"{engine.name}: packing, samples per second", f"{packed['per_s']:,.0f}"),
        at_most(f"{engine.name}: packing, longest transaction", longest_ms, _TRANSACTION_GOAL_MS, "{:.1f} ms"),
        Row(f"{engine.name}: packing, longest slice", f"{packed['longest_slice_ms']:.1f} ms"),
    ]
    read = _run(engine, "reads", 744, 3 if quick else 31)
    readers = (
        ("24 packed hours of one point", "packed_day_ms", _DAY_GOAL_MS),
        ("the last 24 hours of one point", "last_24_h_ms", _DAY_GOAL_MS),
        ("34 days of one point", "days_34_ms", None),
        ("a year of hours of 20 points", "year_ms", _YEAR_GOAL_MS),
        ("the last hour of 20 points by minutes", "last_hour_ms", None),
    )
    for what, name, goal_ms in readers:
        shown = f"{read[name]:.1f} ms ({read[f'cpu_{name}']:.1f} ms CPU)"
        goal = "" if goal_ms is None else f"≤ {goal_ms:.0f} ms"
        rows.append(Row(f"{engine.name}: {what}", shown, goal, None if goal_ms is None else read[name] <= goal_ms))
    return rows


def _run(engine: _Engine, name: str, *numbers: int) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.store_run", name, *map(str, numbers)]
    environment = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
    if engine.url:
        environment["DATABASE_URL"] = engine.url
    done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found
