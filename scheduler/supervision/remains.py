"""What an earlier start left behind: a running base, orphans of a killed supervisor, ports in use."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from scheduler.supervision.configuration import Instance
from scheduler.supervision.programs import Program

PROCESSES = Path("/proc")


@dataclass(frozen=True, slots=True)
class Orphan:
    """A process that outlived the supervisord that started it."""

    pid: int
    name: str


def is_running(instance: Instance) -> bool:
    """Whether a supervisord listens for this base, even one too busy to answer."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(instance.socket))
        except (FileNotFoundError, ConnectionRefusedError):
            return False
    return True


def find_orphans(instance: Instance) -> list[Orphan]:
    """Processes of this base; orphans if no supervisord runs.

    supervisord writes its address and the program's name into the environment of what it starts, which the kernel shows
    to the same user. That names a process beyond doubt, where a process id in a file may long be somebody else's.
    """
    address = f"SUPERVISOR_SERVER_URL={instance.server_url}".encode()
    orphans = []
    for folder in PROCESSES.glob("[0-9]*"):
        try:
            environment = (folder / "environ").read_bytes().split(b"\0")
        except OSError:  # it has just ended, or it is not ours
            continue
        if address in environment and int(folder.name) != os.getpid():
            name = b"SUPERVISOR_PROCESS_NAME="
            value = next((entry.removeprefix(name) for entry in environment if entry.startswith(name)), b"")
            orphans.append(Orphan(int(folder.name), value.decode(errors="replace")))
    return orphans


def stop_orphans(
    orphans: Sequence[Orphan], programs: Iterable[Program], *, sleep: Callable[[float], None] = time.sleep
) -> None:
    """Stop what a killed supervisord left running, in the order of a planned stop.

    Parameters
    ----------
    orphans : sequence of Orphan
        What to stop. A name that is not in `programs` stops last.
    programs : iterable of Program
        The programs, with their rank and patience.
    """
    by_name = {program.name: program for program in programs}
    unknown = Program("", (), stop_rank=-1)
    remaining = sorted(orphans, key=lambda orphan: by_name.get(orphan.name, unknown).stop_rank, reverse=True)
    for orphan in remaining:
        patience_s = by_name.get(orphan.name, unknown).stop_wait_s
        for number, wait_s in ((signal.SIGTERM, patience_s), (signal.SIGKILL, 5)):
            if _alive(orphan.pid):
                _signal(orphan.pid, number)
            deadline_s = time.monotonic() + wait_s
            while _alive(orphan.pid) and time.monotonic() < deadline_s:
                sleep(0.05)


def busy_ports(addresses: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    """Those of the addresses (host, port) that another program listens on."""
    busy = []
    for host, port in addresses:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                busy.append((host, port))
    return busy


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _alive(pid: int) -> bool:
    """Whether a process still runs; a zombie does not."""
    try:
        status = (PROCESSES / str(pid) / "stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"
