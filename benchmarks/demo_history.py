"""The simulated past of the demonstration base: a year for every point, made and stored on an empty store."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from benchmarks.results import PROJECT, Row, Section, at_most

_GOAL_S, _TRANSACTION_GOAL_MS = 300.0, 50.0


def measure(*, quick: bool) -> Section:
    """In a process and on databases of its own; on PostgreSQL as well where DATABASE_URL names a server."""
    days = 1 if quick else 365
    text = (
        "Each point of the demonstration base has recorded one sample; then the work of `manage.py demohistory` is "
        f"done in one process: {days} days of the model and programs of all compartments, roll-ups of a quarter of an "
        "hour and of an hour for all of them, samples and roll-ups of a minute for the last 14. *CPU* is the processor "
        "time of that one process, with the model compiled before; in a running base it has the lowest priority, and "
        "the control process has the part *storing*. The goal of five minutes is for a machine with little else to do."
    )
    rows = []
    url = os.environ.get("DATABASE_URL", "")
    for name, its_url in (("SQLite", ""), *([("PostgreSQL", url)] if url else [])):
        rows += _rows(name, _run(its_url, days, quick=quick))
    return Section("Simulated history", text, rows)


def _run(url: str, days: int, *, quick: bool) -> dict[str, float]:
    environment = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
    if url:
        environment["DATABASE_URL"] = url
    command = [sys.executable, "-m", "benchmarks.demo_history_run", str(days), *(["--quick"] if quick else [])]
    done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def _rows(engine: str, found: dict[str, float]) -> list[Row]:
    return [
        at_most(f"{engine}: {found['points']:.0f} points, from begin to end", found["took_s"], _GOAL_S, "{:.0f} s"),
        Row(f"{engine}: CPU, all / of it storing", f"{found['cpu_s']:.0f} / {found['storing_cpu_s']:.1f} s"),
        Row(f"{engine}: CPU of compiling the model, once", f"{found['compiling_s']:.0f} s"),
        at_most(f"{engine}: longest transaction", found["longest_ms"], _TRANSACTION_GOAL_MS, "{:.1f} ms"),
        Row(f"{engine}: transaction, median", f"{found['median_ms']:.1f} ms"),
        Row(f"{engine}: rows of chunks / of roll-ups", f"{found['chunks']:,.0f} / {found['rollups']:,.0f}"),
        Row(f"{engine}: samples in them", f"{found['samples']:,.0f}"),
        Row(f"{engine}: bytes of them", f"{found['bytes'] / 1e6:.0f} MB"),
        Row(f"{engine}: most memory of the process", f"{found['memory_mb']:.0f} MB"),
    ]
