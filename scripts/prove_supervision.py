"""Kills and hangs every process of the real base and measures how it comes back: ``make prove``.

Starts a base of its own in a temporary folder with ``make run``, so no other base may run on this machine meanwhile.
Fails if a process takes longer than the limits to come back, if another one is hurt, or if the next start does not get
rid of what a killed supervisor left running.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT))

from scheduler.heartbeat import last_beat  # noqa: E402
from scheduler.supervision.configuration import Instance  # noqa: E402
from scheduler.supervision.programs import WATCHDOG, base_programs  # noqa: E402
from scheduler.supervision.remains import find_orphans, is_running  # noqa: E402

NAMES = [program.name for program in base_programs("", port=0, simulated=True, public_port=1)]
DEAD_LIMIT_S = 2.0
HUNG_LIMIT_S = 15.0  # 10 s of silence, a look each second, a restart
SETTLED_S = 12.0  # longer than a start lasts for supervisord, or a kill counts as an early death
WAIT_S = 90.0

failures: list[str] = []


def report(what: str, seconds: float, limit_s: float) -> None:
    """Print one line of the result and note a miss."""
    missed = seconds > limit_s
    if missed:
        failures.append(what)
    print(f"{what:<44} {seconds:6.2f} s   limit {limit_s:4.0f} s   {'MISSED' if missed else 'ok'}", flush=True)


def seconds_until(condition: Callable[[], bool]) -> float:
    """Time until something holds. [s]"""
    began_s = time.monotonic()
    while not condition():
        if time.monotonic() - began_s > WAIT_S:
            raise SystemExit(f"gave up after {WAIT_S:.0f} s")
        time.sleep(0.02)
    return time.monotonic() - began_s


class ProvedBase:
    """A base started by ``make run``, seen from outside: the kernel's process table, heartbeats, the console's port.

    supervisord itself is never asked: a question would wake it up and make it look quicker than it is.
    """

    def __init__(self, var: Path, port: int) -> None:
        self.instance = Instance(project=PROJECT, var=var)
        self._port = port

    def start(self) -> float:
        """Start it and wait until it works. Returns how long the console took to answer. [s]"""
        before = self.pids()  # orphans, if there are any
        began_s = time.monotonic()
        with (self.instance.var / "make-run.log").open("w") as log:
            subprocess.Popen(
                ["make", "run", f"PORT={self._port}"],
                cwd=PROJECT,
                env={**os.environ, "GREENHOUSE_VAR": str(self.instance.var)},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        seconds_until(lambda: self.pids().get("console") not in (None, before.get("console")))
        seconds_until(self.console_answers)
        took_s = time.monotonic() - began_s
        seconds_until(lambda: set(self.pids()) == set(NAMES) and all(map(self.beats, NAMES)))
        return took_s

    def console_answers(self) -> bool:
        """Whether the console serves its login page."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._port}/login", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def pids(self) -> dict[str, int]:
        """Process ids by program."""
        return {process.name: process.pid for process in find_orphans(self.instance)}

    def beats(self, name: str) -> bool:
        """Whether the program's present process has given a sign of life in the last 5 s."""
        last = last_beat(name, directory=self.instance.var / "heartbeat")
        return last is not None and last.pid == self.pids().get(name) and time.monotonic() - last.monotonic_s < 5.0

    def strike(self, name: str, number: signal.Signals, limit_s: float) -> None:
        """Send a signal to one program; it must come back and the others must not notice."""
        time.sleep(SETTLED_S)
        before = self.pids()
        os.kill(before[name], number)
        took_s = seconds_until(lambda: self.pids().get(name, before[name]) != before[name])
        report(f"{number.name} {name}: new process after", took_s, limit_s)
        report(f"{number.name} {name}: working again after", took_s + seconds_until(lambda: self.beats(name)), 30.0)
        if hurt := {other for other, pid in self.pids().items() if other != name and pid != before.get(other)}:
            failures.append(f"{number.name} {name} hurt {hurt}")
            print(f"    HURT: {', '.join(sorted(hurt))}")

    def stop(self) -> float:
        """Planned stop; how long it took. [s]"""
        os.kill(int((self.instance.run / "supervisord.pid").read_text()), signal.SIGTERM)
        return seconds_until(lambda: not is_running(self.instance))


def prove(base: ProvedBase) -> None:
    """Everything, in order."""
    report("first start: console answers after", base.start(), 90.0)
    for name in NAMES:
        base.strike(name, signal.SIGKILL, DEAD_LIMIT_S)
    for name in NAMES:
        if name != WATCHDOG:  # who would watch it
            base.strike(name, signal.SIGSTOP, HUNG_LIMIT_S)

    before = base.pids()
    os.kill(int((base.instance.run / "supervisord.pid").read_text()), signal.SIGKILL)
    time.sleep(20.0)
    alive = [name for name in NAMES if base.pids().get(name) == before[name] and base.beats(name)]
    print(f"20 s after the supervisor was killed still working: {', '.join(alive)}", flush=True)
    if set(alive) != set(NAMES):
        failures.append("a killed supervisor took others along")
    report("start over the orphans: console answers after", base.start(), 40.0)
    if kept := set(before.values()) & set(base.pids().values()):
        failures.append(f"orphans kept running: {kept}")
    report("planned stop took", base.stop(), 40.0)
    report("second start: console answers after", base.start(), 10.0)
    base.stop()
    if left := base.pids():
        failures.append(f"left running after a planned stop: {left}")


def main() -> None:
    """Prove and say what failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="prove-") as folder:
        base = ProvedBase(Path(folder), arguments.port)
        try:
            prove(base)
        finally:
            subprocess.run(
                [sys.executable, "manage.py", "stopbase"],
                cwd=PROJECT,
                env={**os.environ, "GREENHOUSE_VAR": folder},
                check=False,
            )
    sys.exit("failed: " + "; ".join(failures) if failures else 0)


if __name__ == "__main__":
    main()
