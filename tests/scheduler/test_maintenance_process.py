"""``manage.py runmaintenance`` as a process of its own: killed, started again, and two at once."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
WITHIN_S = 60.0
pytestmark = [pytest.mark.slow]


def wait_until(is_so: Callable[[], object]) -> None:
    over_at_s = time.monotonic() + WITHIN_S
    while not is_so():
        assert time.monotonic() < over_at_s, f"not so within {WITHIN_S} s"
        time.sleep(0.05)  # another process works; there is nothing to wait for but what it stores


class Place:
    """A folder with a base's databases, and processes that work in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._environment = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
        self._environment |= {"GREENHOUSE_VAR": str(folder), "DJANGO_SETTINGS_MODULE": "config.settings.console"}
        self._running: list[subprocess.Popen[bytes]] = []

    def migrate(self) -> None:
        for alias in ("default", "telemetry"):
            assert self.start("migrate", "--database", alias, "--verbosity", "0").wait(WITHIN_S) == 0

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        manage = [sys.executable, str(PROJECT / "manage.py"), *command]
        process = subprocess.Popen(manage, env=self._environment, cwd=PROJECT)
        self._running.append(process)
        return process

    def ask(self, query: str) -> list[tuple]:
        with closing(sqlite3.connect(self.folder / "main.sqlite3", timeout=10)) as store, store:
            return store.execute(query).fetchall()

    def close(self) -> None:
        for process in self._running:
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Empty databases, made once."""
    folder = tmp_path_factory.mktemp("migrated")
    Place(folder).migrate()
    return folder


@pytest.fixture
def place(tmp_path: Path, migrated: Path) -> Iterator[Place]:
    shutil.copytree(migrated, tmp_path, dirs_exist_ok=True)
    place = Place(tmp_path)
    yield place
    place.close()


def test_a_maintenance_process_that_was_killed_decides_about_what_it_missed(place: Place):
    first = place.start("runmaintenance")
    wait_until(lambda: place.ask("SELECT COUNT(*) FROM schedules_schedule") >= [(6,)])
    first.send_signal(signal.SIGKILL)
    first.wait()
    place.ask("UPDATE schedules_schedule SET decided_until = datetime('now', '-150 minutes')")
    second = place.start("runmaintenance")
    ends = (
        "SELECT s.key, r.state, r.count, r.cause FROM schedules_duerun r"
        " JOIN schedules_schedule s ON s.id = r.schedule_id WHERE s.key IN ('clear_sessions', 'checkpoint') ORDER BY 1"
    )
    wait_until(lambda: [row[1] for row in place.ask(ends)] in (["done", "done"], ["skipped", "done"]))
    checkpoint, sessions = place.ask(ends)
    assert checkpoint[2:] == (30, "was_down")
    assert sessions == ("clear_sessions", "done", 2, "was_down")
    second.terminate()
    assert second.wait(WITHIN_S) == 0


def test_a_second_maintenance_process_stands_by(place: Place):
    first = place.start("runmaintenance")
    wait_until(lambda: place.ask("SELECT COUNT(*) FROM schedules_schedule") >= [(6,)])
    second = place.start("runmaintenance")
    beat = place.folder / "heartbeat" / "maintenance"
    wait_until(lambda: beat.exists() and beat.read_text().split()[0] == str(second.pid))
    lock = place.folder / "locks" / "maintenance.lock"
    assert lock.read_text().strip() == str(first.pid)
    first.kill()
    first.wait()
    wait_until(lambda: lock.read_text().strip() == str(second.pid))


def test_a_person_vouches_for_the_clock_and_the_ledger_knows(place: Place):
    assert place.start("trust_clock").wait(WITHIN_S) == 0
    assert (place.folder / "locks" / "clock.json").exists()
    assert place.ask("SELECT kind FROM ledger_entry") == [("clock",)]
