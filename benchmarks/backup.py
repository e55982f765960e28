"""What a backup does to the control process: its commits, with and without a copy of a large store under way.

``python -m benchmarks.backup ticks <seconds>`` is the peer that commits as the control process does.
"""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import numpy as np

from benchmarks.results import PROJECT, Row, Section, at_most

_POINTS = 1_000
_TICK_S = 0.2
_GOAL = 2.0
_TEXT = """\
A store on SQLite is copied by `manage.py backup`, while a process commits five times a second what the control process
commits once a second: {points:,} samples to the telemetry file, and a ledger entry to the main file, each forced to the
disk. Measured in turns, without and with a copy under way; a time is that of one commit with all its statements. The
write-ahead log cannot be emptied during the copy: that is the price of not beginning anew at each commit."""


def measure(*, quick: bool) -> Section:
    """Commit in turns with and without a backup."""
    megabytes, rounds = (30, 1) if quick else (1_000, 3)
    alone: dict[str, list[float]] = {"telemetry": [], "main": []}
    beside: dict[str, list[float]] = {"telemetry": [], "main": []}
    copies_s: list[float] = []
    wal_mib: list[float] = []
    with tempfile.TemporaryDirectory(prefix="greenhouse-bench-", dir=os.environ.get("GREENHOUSE_BENCH_DIR")) as folder:
        environment = _installation(Path(folder), megabytes)
        for number in range(rounds):
            _add(alone, _ticks(environment, 2.0 if quick else 15.0))
            peer = _start(environment, "-m", "benchmarks.backup", "ticks", "600")
            assert peer.stdout is not None
            peer.stdout.readline()  # it has committed once
            began_s = time.perf_counter()
            _run(environment, "manage.py", "backup", "--to", str(Path(folder) / f"backups-{number}"))
            copies_s.append(time.perf_counter() - began_s)
            wal_mib.append(Path(folder, "telemetry.sqlite3-wal").stat().st_size / 2**20)
            peer.terminate()
            _add(beside, json.loads(peer.communicate()[0]))
    rows = [
        Row(f"copying and checking {megabytes:,} MB", f"{max(copies_s):.0f} s"),
        Row("write-ahead log of the telemetry file after it", f"{max(wal_mib):.0f} MiB"),
    ]
    for alias in ("telemetry", "main"):
        usual, during = np.array(alone[alias]) * 1e3, np.array(beside[alias]) * 1e3
        for share in (50, 99):
            before_ms, during_ms = np.percentile(usual, share), np.percentile(during, share)
            what = (
                f"commit to the {alias} file, p{share} (alone {before_ms:.1f} ms, during a backup {during_ms:.1f} ms)"
            )
            rows.append(at_most(what, float(during_ms / before_ms), _GOAL, "{:.2f} ×"))
        rows.append(Row(f"longest commit to the {alias} file, alone {usual.max():.0f} ms", f"{during.max():.0f} ms"))
    return Section("A backup while control works", _TEXT.format(points=_POINTS), rows)


def _installation(folder: Path, megabytes: int) -> dict[str, str]:
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("DJANGO", "GREENHOUSE", "DATABASE"))
    }
    environment = kept | {"GREENHOUSE_VAR": str(folder), "DJANGO_SETTINGS_MODULE": "config.settings.console"}
    for alias in ("default", "telemetry"):
        _run(environment, "manage.py", "migrate", "--database", alias, "--verbosity", "0")
    with closing(sqlite3.connect(folder / "telemetry.sqlite3", isolation_level=None)) as file:
        file.execute("CREATE TABLE filler (bytes BLOB)")
        for _ in range(megabytes):
            file.execute("INSERT INTO filler VALUES (randomblob(1000000))")
    return environment


def _ticks(environment: Mapping[str, str], seconds: float) -> dict[str, list[float]]:
    found: dict[str, list[float]] = json.loads(
        _run(environment, "-m", "benchmarks.backup", "ticks", str(seconds)).partition("\n")[2]
    )
    return found


def _add(to: dict[str, list[float]], more: Mapping[str, list[float]]) -> None:
    for alias, times in more.items():
        to[alias] += times


def _start(environment: Mapping[str, str], *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, *arguments], cwd=PROJECT, env=environment, stdout=subprocess.PIPE, text=True
    )


def _run(environment: Mapping[str, str], *arguments: str) -> str:
    process = _start(environment, *arguments)
    out, _err = process.communicate()
    if process.returncode:
        raise RuntimeError(f"{' '.join(arguments)} ended with {process.returncode}")
    return out


def _peer(seconds: float) -> None:
    """Commit until the time is up or somebody says so, then print how long each commit took. [s]"""
    import django

    django.setup()
    from django.db import transaction

    from devices.samples import Origin, Reading
    from greenhouse.clock import utc_now
    from greenhouse.ledger.chain import Kind, append
    from greenhouse.telemetry import ingest
    from scheduler.runtime import StopSignal

    stop = StopSignal()
    stop.install()
    keys = tuple(f"p{number}" for number in range(_POINTS))
    ids = {key: number for number, key in enumerate(keys, start=1)}
    zeros, values = np.zeros(_POINTS, np.uint8), np.arange(_POINTS, dtype=float)
    times: dict[str, list[float]] = {"telemetry": [], "main": []}
    tick, end_s = ingest.last_tick("bench"), time.monotonic() + seconds
    while not stop.wait(_TICK_S) and time.monotonic() < end_s:
        tick, now = tick + 1, utc_now()
        began_s = time.perf_counter()
        ingest.record(
            [Reading(keys, values + tick, zeros, zeros, now, Origin.SIMULATED)],
            ids=ids,
            writer="bench",
            tick=tick,
            now=now,
        )
        times["telemetry"].append(time.perf_counter() - began_s)
        began_s = time.perf_counter()
        with transaction.atomic():
            append(Kind.COMMAND, {"tick": tick}, now=now)
        times["main"].append(time.perf_counter() - began_s)
        if len(times["main"]) == 1:
            print("begun", flush=True)
    print(json.dumps(times))


if __name__ == "__main__":
    _peer(float(sys.argv[2]))
