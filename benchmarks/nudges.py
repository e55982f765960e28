"""From a stored request to its being taken by the control process, with nudges and by the looks alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack, suppress

import numpy as np
import psycopg
import redis

from benchmarks.own_database import own_database, postgresql_server
from benchmarks.results import PROJECT, Row, Section, at_most

_GOAL_MS = 150.0
_TEXT = (
    "A thread stores a setpoint's request at any moment; the look loop of the control process (every 100 ms, and at "
    "once when it is nudged) claims it in another, checks it and hands it to the bus. The time runs from the commit of "
    "the request."
)


def measure(*, quick: bool) -> Section:
    """SQLite with Redis beside it, and PostgreSQL, each without and with nudges."""
    count = 10 if quick else 100
    rows = []
    with ExitStack() as stack:
        for name, environment in _stores(stack).items():
            for how, arguments in (("looks alone", ["--deaf"]), ("nudged", [])):
                found = _run(environment, count, arguments) if environment is not None else None
                rows.append(_row(f"{name}, {how}", found))
    return Section("From a stored request to dispatch", _TEXT, rows)


def _stores(stack: ExitStack) -> dict[str, dict[str, str] | None]:
    """Environment of each store; None where there is no server for it."""
    address = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/0")
    stores: dict[str, dict[str, str] | None] = {"SQLite and Redis": None, "PostgreSQL": None}
    with suppress(redis.RedisError), redis.Redis.from_url(address) as client:
        client.ping()
        stores["SQLite and Redis"] = {"REDIS_URL": address}
    with suppress(psycopg.OperationalError):
        stores["PostgreSQL"] = {"DATABASE_URL": stack.enter_context(own_database(postgresql_server()))}
    return stores


def _run(environment: dict[str, str], count: int, arguments: list[str]) -> np.ndarray:
    with tempfile.TemporaryDirectory(prefix="greenhouse-bench-") as folder:
        inherited = {key: value for key, value in os.environ.items() if key not in ("DATABASE_URL", "REDIS_URL")}
        answer = subprocess.run(
            [sys.executable, "-m", "benchmarks.nudged_looks", str(count), *arguments],
            cwd=PROJECT,
            env={**inherited, "GREENHOUSE_VAR": folder, "GREENHOUSE_LOG_LEVEL": "WARNING", **environment},
            stdout=subprocess.PIPE,
            check=True,
            text=True,
        )
    return np.array(json.loads(answer.stdout.splitlines()[-1]))


def _row(what: str, times_ms: np.ndarray | None) -> Row:
    if times_ms is None:
        return Row(what, "not measured: no server")
    half, most = np.percentile(times_ms, (50, 99))
    row = at_most(what, float(most), _GOAL_MS, "{:.0f} ms")
    return Row(f"{what}, p50 / p99", f"{half:.1f} / {most:.1f} ms", row.goal, row.met)
