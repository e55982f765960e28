"""Kill packing at random instants, again and again, and look each time whether every sample is seen exactly once.

    python scripts/prove_packing.py --kills 300 --output docs/packing.md

A store of its own is made (on SQLite, or on the server that DATABASE_URL names) and filled with samples: values that
repeat, gaps, integers that no float holds, late ones. Then a child process packs, merges late samples, rolls up and
deletes, and is killed with SIGKILL after a random time, while this process reads. After each kill new samples come in,
some of them late. The end of the last round is left to finish, and roll-ups are compared with the samples.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import time
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # the process forks: it must have one thread

from benchmarks.results import circumstances
from benchmarks.store_run import databases, made_up_index
from greenhouse.clock import utc_now

if TYPE_CHECKING:
    from devices.samples import Reading
    from greenhouse.telemetry.columns import Row

_START = datetime(2026, 11, 1, 20, 0, tzinfo=UTC)
_POINTS = 12
_LIFE_S = 0.15
"""Mean life of a packing process; a round of it takes some tenths of a second."""


class Proof:
    """The store, what was written to it, and what was found."""

    def __init__(self, seed: int) -> None:
        import greenhouse.telemetry.upkeep  # noqa: F401  (loaded once, not in each child)
        from greenhouse.telemetry.columns import NO_SAMPLES

        self.index = made_up_index(_POINTS)
        self.draw = random.Random(seed)  # noqa: S311  (nobody attacks it)
        self.now = _START
        self.written = dict.fromkeys(self.index.ids.values(), NO_SAMPLES)
        self.found: Counter[str] = Counter()
        self._tick = 0

    def write(self, minutes: int) -> None:
        """Samples of some minutes, and a few late ones."""
        from greenhouse.telemetry import ingest
        from greenhouse.telemetry.columns import from_rows, merge

        moments = [self.now + timedelta(seconds=5 * i) for i in range(12 * minutes)]
        moments += [self.now - timedelta(minutes=self.draw.uniform(0, 900)) for _ in range(3)]
        rows: defaultdict[int, list[Row]] = defaultdict(list)
        readings = [self._reading(moment, rows) for moment in moments if self.draw.random() > 0.1]
        for point_id, own in rows.items():
            self.written[point_id] = merge(self.written[point_id], from_rows(own))
        self.now += timedelta(minutes=minutes)
        self._tick += 1
        ingest.record(readings, ids=self.index.ids, writer="proof", tick=self._tick, now=self.now)

    def _reading(self, moment: datetime, rows: defaultdict[int, list[Row]]) -> Reading:
        import numpy as np

        from devices.samples import Origin, Reading
        from greenhouse.telemetry.codes import to_ms

        points = tuple(self.index.ids)
        numbers = [self.draw.choice([2**60 + 1, 2**60 + 3, 20, 21]) for _ in points]
        zeros = np.zeros(len(points), np.uint8)
        for key, number in zip(points, numbers, strict=True):
            exact = str(number) if number > 2**53 else None
            rows[self.index.ids[key]].append((to_ms(moment), float(number), exact, 0, 0, 0))
        exact_numbers = dict(enumerate(numbers))
        return Reading(points, np.array(numbers, float), zeros, zeros, moment, Origin.MEASURED, exact_numbers)

    def pack_and_be_killed(self) -> None:
        """A child packs; it is killed after a random time, or has finished before. Meanwhile this process reads."""
        from django.db import connections

        from greenhouse.telemetry import store

        before = store.packed()
        connections.close_all()
        child = os.fork()
        if child == 0:
            status = 1
            try:
                self._work()
                status = 0
            finally:
                os._exit(status)  # not a step further: the databases belong to the parent
        time.sleep(self.draw.expovariate(1 / _LIFE_S))
        if self.draw.random() < 0.5:
            self.check("while packing")
        os.kill(child, signal.SIGKILL)
        _pid, status = os.waitpid(child, 0)
        self.found["killed" if os.WIFSIGNALED(status) else "finished before the kill"] += 1
        if os.WIFEXITED(status) and os.WEXITSTATUS(status):
            self.found["failed"] += 1
        self.found["packing had moved on"] += store.packed() != before
        self.check("after the kill")

    def _work(self) -> None:
        from greenhouse.telemetry.upkeep import Upkeep

        Upkeep(self.index).run(now=self.now, monotonic_s=0.0, for_s=1e9, is_now_sure=True)

    def check(self, when: str) -> None:
        """Every sample once, none else."""
        from greenhouse.telemetry import store

        found, damaged = store.read_samples(list(self.written), 0, 2**42)
        is_right = not damaged and all(found[point_id].is_same(own) for point_id, own in self.written.items())
        self.found[f"{'right' if is_right else 'WRONG'} {when}"] += 1

    def finish(self) -> None:
        """Let everything be packed and rolled up, and compare the roll-ups with the samples."""
        from greenhouse.telemetry import series

        self._work()
        self.check("at the end")
        whole = (self.now - timedelta(days=400)).replace(minute=0), self.now.replace(minute=0) + timedelta(hours=1)
        counts = series.window(list(self.index.ids), *whole, timedelta(hours=1), index=self.index)["count"]
        is_right = int(counts.sum()) == sum(len(own) for own in self.written.values())
        self.found[f"{'right' if is_right else 'WRONG'} in the roll-ups"] += 1


def prove(kills: int, *, seed: int) -> Counter[str]:
    """Kill so many times; what was found, by its name."""
    proof = Proof(seed)
    proof.write(300)
    while proof.found["killed"] < kills:
        proof.pack_and_be_killed()
        proof.write(proof.draw.choice([1, 5, 30]))
    proof.finish()
    return proof.found


def document(found: Counter[str], began: str, took_s: float) -> str:
    """The result as a page."""
    rows = "\n".join(f"| {name} | {number} |" for name, number in sorted(found.items()))
    return (
        "# Packing, killed at random instants\n\nWritten by `make prove` (`scripts/prove_packing.py`). A process that "
        "packs, merges late samples, rolls up and deletes is killed with SIGKILL after a random time; before and after "
        "each kill every sample must be seen exactly once, to the bit.\n\n"
        f"{began}\n- Took: {took_s:.0f} s\n\n| found | times |\n| --- | --- |\n{rows}\n"
    )


def main() -> None:
    """Exit status 1 when anything was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=300)
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
        print(text)
    if any(name.startswith(("WRONG", "failed")) for name in found):
        sys.exit(1)


if __name__ == "__main__":
    main()
