"""Those who ask for changes, each in a process of its own, without a pause."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from threading import Thread

from django.contrib.auth.models import User
from django.db import DatabaseError

from greenhouse.clock import moment_now
from greenhouse.commands.checks import confirmed_value
from greenhouse.commands.errors import RequestError
from greenhouse.commands.submit import submit_setpoint
from greenhouse.commands.target import read_target
from scripts.prove_commands.load import ASKERS, HOLD_FOR, HOLD_SHARE, HOUSES, STEPS

PROJECT = Path(__file__).resolve().parents[2]


def start_asker(number: int, var: Path) -> subprocess.Popen[str]:
    """A process that asks until the file ``stop-asking`` is there, and prints the id of each request."""
    command = [sys.executable, "-m", "scripts.prove_commands", "--ask", str(number), "--var", str(var)]
    return subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True)


def ask(number: int, stop_file: Path) -> None:
    """Ask for one change after the other; each that was stored is told on standard output."""
    chance = random.Random(number)  # noqa: S311 - nobody attacks a proof
    user = User.objects.get(username=f"asker{number}")
    asked: Counter[str] = Counter()
    while not stop_file.exists():
        name = chance.choice(list(STEPS))
        point = f"h{chance.randrange(HOUSES) + 1}-climate.{name}"
        first, step, count = STEPS[name]
        value = round(first + step * ((asked[point] * ASKERS + number) % count), 1)
        try:
            found = read_target(point)
            assert found is not None
            request = submit_setpoint(
                point,
                value,
                by=user,
                seen_value=confirmed_value(found[1]),
                seen_at=None,
                now=moment_now(),
                hold_for=HOLD_FOR if chance.random() < HOLD_SHARE else None,
            )
        except (RequestError, DatabaseError):  # refused in words, or the store was busy: nothing was stored
            time.sleep(0.05)
            continue
        asked[point] += 1
        print(request.pk, flush=True)
        time.sleep(chance.uniform(0.0, 0.15))


class Drain:
    """Reads what a process prints, so that it never waits for a full pipe."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._lines: list[str] = []
        self._process = process
        self._thread = Thread(target=self._read)
        self._thread.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        self._lines.extend(line.strip() for line in self._process.stdout)

    def lines(self) -> list[str]:
        """All of them, when the process has ended."""
        self._thread.join(timeout=30)
        if self._process.wait(timeout=30):
            raise SystemExit("a process that asks has failed")
        return self._lines
