"""Killing the control process at random instants, again and again."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from greenhouse.commands.models import CommandRequest
from scheduler.leases.choice import locks_folder
from scheduler.leases.file_lease import FileLeases
from scripts.prove_commands.askers import Drain, start_asker
from scripts.prove_commands.load import ASKERS
from scripts.prove_commands.result import Result

PROJECT = Path(__file__).resolve().parents[2]
CONTROLS_WITHIN_S, ENDS_WITHIN_S = 300.0, 120.0


class Control:
    """The control process and one that stands by."""

    def __init__(self, var: Path) -> None:
        self._log = (var / "control.log").open("ab")
        self.process, self._standby = self._start(), self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "manage.py", "runcontrol"]
        return subprocess.Popen(command, cwd=PROJECT, stdout=self._log, stderr=self._log)

    def wait_until_it_controls(self) -> None:
        """Until one of both holds the lease: whichever it is, it is the control process."""
        over_at_s = time.monotonic() + CONTROLS_WITHIN_S
        lease = FileLeases(locks_folder()).control()
        while (holder := lease.holder()) != f"process {self.process.pid}":
            if holder == f"process {self._standby.pid}":
                self.process, self._standby = self._standby, self.process
            assert time.monotonic() < over_at_s, "no control process took the lease"
            time.sleep(0.01)

    def kill(self) -> None:
        """Kill the control process; the other one takes over, and a new one stands by."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process, self._standby = self._standby, self._start()

    def stop(self) -> None:
        """A planned stop of both."""
        for process in (self._standby, self.process):
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=60)
        self._log.close()


def wait_until_one_is_confirmed() -> None:
    """Until the whole path works: on PostgreSQL a line that is new to the store has a term to wait before."""
    over_at_s = time.monotonic() + CONTROLS_WITHIN_S
    while not CommandRequest.objects.filter(state="confirmed").exists():
        assert time.monotonic() < over_at_s, "no request was confirmed before the first kill"
        time.sleep(0.05)


def wait_for_an_instant(chance: random.Random) -> None:
    """Half of the instants are any; half lie within 50 ms after a request was taken."""
    if chance.random() < 0.5:
        time.sleep(chance.uniform(0.0, 3.0))
        return
    over_at_s = time.monotonic() + 4.0
    while (
        time.monotonic() < over_at_s
        and not CommandRequest.objects.filter(ended_at=None, state__in=("dispatched", "accepted")).exists()
    ):
        time.sleep(0.003)
    time.sleep(chance.uniform(0.0, 0.05))


def kill_again_and_again(var: Path, kills: int, result: Result) -> list[str]:
    """Kill, let the next one work, kill. Returns the requests that were acknowledged to those who asked."""
    chance = random.Random(kills)  # noqa: S311 - repeatable, nobody attacks a proof
    control, stop_file = Control(var), var / "stop-asking"
    outputs = [Drain(start_asker(number, var)) for number in range(ASKERS)]
    try:
        wait_until_one_is_confirmed()
        for _kill in range(kills):
            control.wait_until_it_controls()
            wait_for_an_instant(chance)
            control.kill()
            result.kills += 1
            under_way = CommandRequest.objects.filter(ended_at=None, state__in=("dispatched", "accepted"))
            result.kills_with_a_write_under_way += under_way.exists()
            if result.kills % 25 == 0:
                print(f"{result.engine}: {result.kills} of {kills} kills", file=sys.stderr, flush=True)
        stop_file.touch()
        acknowledged = [line for output in outputs for line in output.lines()]
        over_at_s = time.monotonic() + ENDS_WITHIN_S
        while CommandRequest.objects.filter(ended_at=None).exists() and time.monotonic() < over_at_s:
            time.sleep(0.05)
    finally:
        stop_file.touch()
        control.stop()
    return acknowledged
