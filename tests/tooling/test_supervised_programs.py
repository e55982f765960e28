"""Real processes under a real supervisord: what dies or hangs comes back, the others are left alone."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from scheduler.supervision.configuration import Instance, RestartPolicy, make_folders, supervisord_configuration
from scheduler.supervision.programs import WATCHDOG, base_programs
from scheduler.supervision.remains import find_orphans, is_running, stop_orphans
from scheduler.supervision.supervisor_client import ProgramState, SupervisorClient
from scheduler.supervision.watchdog import VigilLimits, Watchdog

PROJECT = Path(__file__).resolve().parents[2]
TOY = Path(__file__).with_name("toy_program.py")
QUICK_RESTARTS = RestartPolicy(start_s=1, retries=1)
QUICK_LIMITS = VigilLimits(silence_s=1.0, start_s=10.0, revive_s=1.0)
PATIENCE_S = 30.0


def until(condition: Callable[[], object]) -> None:
    deadline_s = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline_s, "did not happen in time"
        time.sleep(0.02)


@dataclass
class SupervisedToys:
    """The base's programs with toys in their place, under supervisord."""

    instance: Instance
    journal: Path
    supervisord: subprocess.Popen[bytes]

    @property
    def client(self) -> SupervisorClient:
        return SupervisorClient(self.instance.socket)

    def pids(self) -> dict[str, int]:
        return {program.name: program.pid for program in self.client.programs()}

    def states(self) -> dict[str, ProgramState]:
        return {program.name: program.state for program in self.client.programs()}

    def events(self, event: str) -> list[str]:
        """Names of the programs to which something happened, in order."""
        lines = (line.split() for line in self.journal.read_text().splitlines())
        return [name for name, happened, *_ in lines if happened == event]


def toys(*, crashing: str = "", journal: Path) -> list:
    def command(name: str) -> tuple[str, ...]:
        return (sys.executable, str(TOY), name, str(journal), *(["crash"] if name == crashing else []))

    programs = base_programs(sys.executable, port=0, simulated=True)
    return [replace(program, command=command(program.name)) for program in programs]


@pytest.fixture
def start(tmp_path, monkeypatch) -> Iterator[Callable[..., SupervisedToys]]:
    monkeypatch.setenv("PYTHONPATH", str(PROJECT))
    running: list[SupervisedToys] = []

    def start_toys(*, crashing: str = "") -> SupervisedToys:
        instance = Instance(project=PROJECT, var=tmp_path / "v")
        make_folders(instance)
        journal = tmp_path / "journal"
        journal.touch()
        programs = toys(crashing=crashing, journal=journal)
        instance.configuration.write_text(supervisord_configuration(instance, programs, restart=QUICK_RESTARTS))
        supervisord = subprocess.Popen(
            [sys.executable, "-m", "scheduler.supervision.supervisord", "--configuration", str(instance.configuration)]
        )
        base = SupervisedToys(instance, journal, supervisord)
        running.append(base)
        until(lambda: is_running(instance))
        until(lambda: all(s is ProgramState.RUNNING for n, s in base.states().items() if n != crashing))
        until(lambda: len(set(base.events("started"))) == len(programs))
        return base

    yield start_toys
    for base in running:
        base.supervisord.kill()
        base.supervisord.wait(PATIENCE_S)
        for orphan in find_orphans(base.instance):
            # Whatever find_orphans says while it is being changed: a test kills toys only.
            if TOY.name.encode() in Path(f"/proc/{orphan.pid}/cmdline").read_bytes():
                os.kill(orphan.pid, signal.SIGKILL)


@pytest.fixture
def watch() -> Iterator[Callable[[SupervisedToys], None]]:
    """Runs the watchdog's loop, with short limits, in a thread."""
    stop = threading.Event()
    threads: list[threading.Thread] = []

    def begin(base: SupervisedToys) -> None:
        watchdog = Watchdog(base.client, base.instance.var / "heartbeat", limits=QUICK_LIMITS)

        def loop() -> None:
            while not stop.wait(0.1):
                watchdog.look_once()

        threads.append(threading.Thread(target=loop))
        threads[-1].start()

    yield begin
    stop.set()
    for thread in threads:
        thread.join()


def test_a_killed_program_comes_back_and_the_others_keep_running(start):
    base = start()
    before = base.pids()

    os.kill(before["control"], signal.SIGKILL)

    until(lambda: base.events("started").count("control") >= 2)
    until(lambda: base.states()["control"] is ProgramState.RUNNING)
    after = base.pids()
    assert {name for name in before if before[name] != after[name]} == {"control"}


def test_a_hung_program_is_killed_and_comes_back(start, watch):
    """A process that lives but no longer beats is as bad as a dead one."""
    base = start()
    watch(base)
    before = base.pids()

    hang = Path(f"{base.journal}.console.hang")
    hang.touch()

    until(lambda: base.events("started").count("console") >= 2)
    hang.unlink()
    until(lambda: base.states()["console"] is ProgramState.RUNNING)
    after = base.pids()
    assert {name for name in before if before[name] != after[name]} == {"console"}


def test_a_stopped_process_counts_as_hung(start, watch):
    base = start()
    watch(base)

    os.kill(base.pids()["maintenance"], signal.SIGSTOP)

    until(lambda: base.events("started").count("maintenance") >= 2)


def test_a_program_that_cannot_start_is_tried_again_and_again(start, watch):
    """supervisord gives it up after its retries; the watchdog revives it, and the others are left alone."""
    base = start(crashing="maintenance")
    before = base.pids()
    until(lambda: base.states()["maintenance"] is ProgramState.FATAL)
    given_up_after = base.events("started").count("maintenance")

    watch(base)

    until(lambda: base.events("started").count("maintenance") > given_up_after + QUICK_RESTARTS.retries + 1)
    after = base.pids()
    assert {name for name in before if before[name] != after[name]} <= {"maintenance"}


def test_a_planned_stop_goes_from_the_watchdog_over_control_to_the_simulator(start):
    """Each waits for the one before: control's last writes must still reach the simulated base."""
    base = start()

    base.supervisord.send_signal(signal.SIGINT)
    base.supervisord.wait(PATIENCE_S)

    assert base.events("stopped") == [WATCHDOG, "control", "maintenance", "console", "simulator"]
    assert not is_running(base.instance)


def test_programs_outlive_a_killed_supervisor_and_the_next_start_stops_them_in_order(start):
    base = start()
    before = base.pids()

    base.supervisord.kill()
    base.supervisord.wait(PATIENCE_S)
    orphans = find_orphans(base.instance)
    assert {orphan.name: orphan.pid for orphan in orphans} == before
    stop_orphans(orphans, toys(journal=base.journal))

    assert not is_running(base.instance)
    assert base.events("stopped") == [WATCHDOG, "control", "maintenance", "console", "simulator"]
    assert find_orphans(base.instance) == []


def test_another_bases_processes_are_no_orphans(start, tmp_path):
    start()

    assert find_orphans(Instance(project=PROJECT, var=tmp_path / "other")) == []
