"""Several processes of one training base read one clock, through a change of pace and through a kill."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import NamedTuple

import pytest
from django.db import connection

from greenhouse.base_clock import BaseClock
from greenhouse.clock import machine_utc_now
from greenhouse.training import stored

pytestmark = pytest.mark.django_db(transaction=True)
PROGRAM = Path(__file__).with_name("clock_program.py")
WITHIN_S = 60.0
PACE = 600.0
ROUNDED_S = 1e-3


class Seen(NamedTuple):
    """Base time, and the time of the machine before and after it was read. [s]"""

    base_s: float
    before_s: float
    after_s: float


class Reader:
    """A process, and what it read."""

    def __init__(self, folder: Path) -> None:
        database = str(connection.settings_dict["NAME"])
        command = [sys.executable, str(PROGRAM), database, str(folder)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.seen: list[Seen] = []
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        with self.process.stdout or nullcontext(()) as lines:
            for line in lines:
                self.seen.append(Seen(*map(float, line.split())))

    def wait_for(self, count: int) -> None:
        over_at_s = time.monotonic() + WITHIN_S
        while len(self.seen) < count:
            assert time.monotonic() < over_at_s
            assert self.process.poll() is None
            time.sleep(0.05)  # another process works; there is nothing to wait for but what it says

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        self._thread.join()


@pytest.fixture
def readers(tmp_path: Path) -> Iterator[list[Reader]]:
    stored.begin(machine_now=machine_utc_now(), newest_stored=None)
    started = [Reader(tmp_path) for _ in range(2)]
    yield started
    for reader in started:
        reader.kill()


@pytest.mark.skipif("connection.vendor == 'postgresql'", reason="the program is told the name of a file")
def test_all_see_a_change_of_pace_at_one_moment_and_a_new_process_goes_on(readers: list[Reader], tmp_path: Path):
    for reader in readers:
        reader.wait_for(3)
    changed = stored.set_pace(PACE, by=None)
    for reader in readers:
        reader.wait_for(len(reader.seen) + 30)
    for reader in readers:
        assert all(follows(changed, seen) for seen in reader.seen)
        bases = [seen.base_s for seen in reader.seen]
        assert bases == sorted(bases)
        assert reader.seen[0].after_s < changed.bend_boot_s < reader.seen[-1].before_s

    readers[0].kill()
    last = max(seen.base_s for reader in readers for seen in reader.seen)
    readers.append(Reader(tmp_path))
    readers[-1].wait_for(3)
    assert readers[-1].seen[0].base_s > last
    assert all(follows(changed, seen) for seen in readers[-1].seen)


def follows(clock: BaseClock, seen: Seen) -> bool:
    """Whether the stored line itself was read, at the pace before its bend or after it."""
    return (
        clock.at(seen.before_s).timestamp() - ROUNDED_S <= seen.base_s <= clock.at(seen.after_s).timestamp() + ROUNDED_S
    )
