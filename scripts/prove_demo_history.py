"""Kill the storing of simulated history at random instants, again and again, and compare with an undisturbed run.

    python scripts/prove_demo_history.py --kills 200 --output docs/proof-demo-history.md

A store of its own is made (on SQLite, or on the server that DATABASE_URL names). Each of its points records samples of
its own; then a child process takes pasts out of a pipe and stores them, and is killed with SIGKILL after a random time.
After each kill every point has all of its past or nothing of it, and its own samples to the bit. At last one child is
left to finish, and every row of every table must be the one of a store in which nothing was killed.
"""

from __future__ import annotations

import argparse
import io
import os
import random
import signal
import sys
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # the process forks: it must have one thread

import numpy as np

from benchmarks.results import circumstances
from benchmarks.store_run import databases, made_up_index
from greenhouse.clock import utc_now

_START = datetime(2026, 11, 11, 20, 0, tzinfo=UTC)
_POINTS, _DAYS, _SAMPLE_DAYS = 20, 40, 3
_LIFE_S = 0.06
"""Mean life of a storing process; storing all points takes some tenths of a second."""
_TABLES = ("telemetry_chunk", "telemetry_rollup", "telemetry_rollup_due", "telemetry_backfill")


class Proof:
    """The store, the pasts on their way to it, and what was found."""

    def __init__(self, seed: int) -> None:
        from greenhouse.telemetry.packing import PointTraits

        self.index = made_up_index(_POINTS)
        self.traits = PointTraits(self.index)
        self.draw = random.Random(seed)  # noqa: S311  (nobody attacks it)
        self.found: Counter[str] = Counter()
        self._record_own()
        self.pipe = self._pasts()
        self._own = self._samples()

    def _record_own(self) -> None:
        from devices.samples import Origin, Reading
        from greenhouse.telemetry import backfill, ingest

        points = tuple(self.index.ids)
        zeros = np.zeros(len(points), np.uint8)
        readings = [
            Reading(
                points,
                np.full(len(points), 20.0 + n),
                zeros,
                zeros,
                _START + n * timedelta(seconds=5),
                Origin.SIMULATED,
            )
            for n in range(20)
        ]
        ingest.record(readings, ids=self.index.ids, writer="proof", tick=1, now=_START + timedelta(minutes=2))
        backfill.begin_packing()

    def _pasts(self) -> bytes:
        from greenhouse.telemetry.backfill import kept_days, past_of
        from greenhouse.telemetry.codes import to_ms
        from greenhouse.telemetry.levels import DAY_MS, day_of
        from greenhouse.telemetry.retention import retention_of
        from scheduler.demo_history import frames

        keep = retention_of(dict.fromkeys(("rows", "samples", "minute", "quarter_hour", "hour")))
        until_ms, pipe = to_ms(_START), io.BytesIO()
        ts_ms = np.arange((day_of(until_ms) - _DAYS) * DAY_MS, until_ms, 60_000)
        kept = kept_days(until_ms, rollup_days=_DAYS, sample_days=_SAMPLE_DAYS, keep=keep, now=_START)
        for point_id in self.index.ids.values():
            values = np.round(20.0 + 5.0 * np.sin(ts_ms / 9e6 + point_id), 1)
            frames.write(pipe, past_of(point_id, ts_ms, values, self.traits, until_ms=until_ms, kept=kept))
        return pipe.getvalue()

    def _samples(self) -> dict[int, bytes]:
        """The own samples of each point, as bytes."""
        from greenhouse.telemetry import store
        from greenhouse.telemetry.chunk import pack_samples
        from greenhouse.telemetry.codes import to_ms

        found, _damaged = store.read_samples(list(self.index.ids.values()), to_ms(_START), 2**42)
        return {point_id: pack_samples(samples) for point_id, samples in found.items()}

    def store_all(self) -> None:
        """Take all pasts out of the pipe and store those that are not."""
        from greenhouse.fencing import UNFENCED
        from greenhouse.telemetry import backfill
        from scheduler.demo_history import frames

        pipe = io.BytesIO(self.pipe)
        while (past := frames.read(pipe)) is not None:
            backfill.store_past(past, self.traits, now=_START, fence=UNFENCED)

    def store_and_be_killed(self) -> None:
        """A child stores; it is killed after a random time, or has finished before."""
        from django.db import connections

        connections.close_all()
        child = os.fork()
        if child == 0:
            status = 1
            try:
                self.store_all()
                status = 0
            finally:
                os._exit(status)  # not a step further: the databases belong to the parent
        time.sleep(self.draw.expovariate(1 / _LIFE_S))
        os.kill(child, signal.SIGKILL)
        _pid, status = os.waitpid(child, 0)
        self.found["killed" if os.WIFSIGNALED(status) else "finished before the kill"] += 1
        if os.WIFEXITED(status) and os.WEXITSTATUS(status):
            self.found["failed"] += 1
        self.check()

    def check(self) -> None:
        """Each point has all of its past or nothing of it, and its own samples."""
        from greenhouse.telemetry import backfill, store

        done = set(backfill.stored_points())
        for table in ("telemetry_chunk", "telemetry_rollup"):
            counts: dict[int, int] = dict(store.fetch(f"SELECT point_id, COUNT(*) FROM {table} GROUP BY point_id"))  # noqa: S608
            is_right = set(counts) == done and len(set(counts.values())) <= 1
            self.found[f"{'right' if is_right else 'WRONG'} rows of {table} after the kill"] += 1
        self.found[f"{'right' if self._samples() == self._own else 'WRONG'} own samples after the kill"] += 1
        self.found["some points done, some not"] += 0 < len(done) < _POINTS

    def forget(self) -> None:
        """Begin again without any past."""
        from django.db import connections, transaction

        with transaction.atomic(using="telemetry"), connections["telemetry"].cursor() as cursor:
            for table in _TABLES:
                cursor.execute(f"DELETE FROM {table}")  # noqa: S608

    def rows(self) -> dict[str, list[tuple[object, ...]]]:
        """Everything that is stored of pasts."""
        from greenhouse.telemetry import store

        return {table: sorted(store.fetch(f"SELECT * FROM {table}")) for table in _TABLES}  # noqa: S608


def prove(kills: int, *, seed: int) -> Counter[str]:
    """Kill so many times; what was found, by its name."""
    proof = Proof(seed)
    proof.store_all()
    undisturbed = proof.rows()
    proof.forget()
    while proof.found["killed"] < kills:
        proof.store_and_be_killed()
        if len(proof.rows()["telemetry_backfill"]) == _POINTS:
            is_right = proof.rows() == undisturbed
            proof.found[f"{'right' if is_right else 'WRONG'} when complete"] += 1
            proof.forget()
    proof.store_all()
    proof.found[f"{'right' if proof.rows() == undisturbed else 'WRONG'} at the end"] += 1
    return proof.found


def document(found: Counter[str], began: str, took_s: float) -> str:
    """The result as a page."""
    rows = "\n".join(f"| {name} | {number} |" for name, number in sorted(found.items()))
    return (
        "# Simulated history, killed at random instants\n\nWritten by `make prove` (`scripts/prove_demo_history.py`). "
        f"A process that stores the pasts of {_POINTS} points is killed with SIGKILL after a random time and started "
        "again until all are stored; every row must then be the one of a store in which nothing was killed.\n\n"
        f"{began}\n- Took: {took_s:.0f} s\n\n| found | times |\n| --- | --- |\n{rows}\n"
    )


def main() -> None:
    """Exit status 1 when anything was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--output", type=Path)
    options = parser.parse_args()
    began, began_s = circumstances(utc_now()), time.monotonic()
    with databases():
        found = prove(options.kills, seed=options.seed)
    text = document(found, began, time.monotonic() - began_s)
    if options.output:
        options.output.write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)
    if any(name.startswith(("WRONG", "failed")) for name in found):
        sys.exit(1)


if __name__ == "__main__":
    main()
