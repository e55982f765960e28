"""A control process on a machine of its own, what may disturb it, and what the kernel knows of its connections."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from scripts.store_link import StoreLink

PROJECT = Path(__file__).resolve().parents[1]
PATIENCE_S = 60.0
SEEN_WITHIN_S = 5.0
"""A connection that was last seen longer ago than this has ended, and its port may be another one's. [s]"""
_TAKEN = re.compile(r"lease control taken under token (\d+)")


def wait_for(condition: Callable[[], bool], what: str) -> None:
    """Wait until something is so.

    Raises
    ------
    TimeoutError
        If it does not become so.
    """
    over_at_s = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > over_at_s:
            raise TimeoutError(f"gave up waiting: {what}")
        time.sleep(0.02)  # other processes work; the condition is all there is to see of them


class Disturbance(StrEnum):
    """What keeps a holder from renewing its lease."""

    STOPPED = "stopped"
    """Its process stands still (SIGSTOP) and goes on (SIGCONT)."""
    REFUSED = "refused"
    """The store takes no connection from it."""
    CUT_OFF = "cut off"
    """Nothing comes through between it and the store, and nobody says so."""


class Machine:
    """One machine with its control process, restarted by whoever asks when it has ended."""

    def __init__(self, name: str, folder: Path, *, database_url: str, lease_s: float) -> None:
        self.name = name
        parts = urlsplit(database_url)
        self.link = StoreLink((parts.hostname or "127.0.0.1", parts.port or 5432))
        user = parts.netloc.rpartition("@")[0]
        database_url = parts._replace(netloc=f"{user}@127.0.0.1:{self.link.port}").geturl()
        self._log = folder / f"{name}.log"
        self._environment = {
            **{key: value for key, value in os.environ.items() if key != "DJANGO_SETTINGS_MODULE"},
            "GREENHOUSE_VAR": str(folder / name),
            "DATABASE_URL": database_url,
            "GREENHOUSE_LEASE_S": f"{lease_s:g}",
            "GREENHOUSE_LOG_LEVEL": "INFO",  # it says which token was taken
        }
        self._process: subprocess.Popen[bytes] | None = None
        self._read_to = 0
        self.pids: list[int] = []
        self.token_of: dict[int, int] = {}

    def start(self) -> None:
        """Start the control process."""
        self._read_to = self._log.stat().st_size if self._log.exists() else 0
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "manage.py", "runcontrol"],
                cwd=PROJECT,
                env=self._environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self.pids.append(self._process.pid)

    @property
    def pid(self) -> int:
        """Of its present process."""
        return self.pids[-1]

    def token(self) -> int | None:
        """Token under which its present process controls or has controlled; None: it stands by."""
        if found := _TAKEN.search(self._news()):
            self.token_of[self.pid] = int(found[1])
        return self.token_of.get(self.pid)

    def stands_by(self) -> bool:
        """Whether its present process has found the lease taken."""
        return self.token() is None and "standing by" in self._news()

    def has_ended(self) -> bool:
        """Whether its present process is dead."""
        return self._process is None or self._process.poll() is not None

    def send(self, number: signal.Signals) -> None:
        """Send a signal to its process."""
        os.kill(self.pid, number)

    def disturb(self, how: Disturbance) -> None:
        """Keep its process from the store, or from everything."""
        match how:
            case Disturbance.STOPPED:
                self.send(signal.SIGSTOP)
            case Disturbance.REFUSED:
                self.link.refuse()
            case Disturbance.CUT_OFF:
                self.link.freeze()

    def mend(self, how: Disturbance) -> None:
        """Let it go on."""
        if how is Disturbance.STOPPED:
            self.send(signal.SIGCONT)
        else:
            self.link.mend()

    def stop(self) -> None:
        """End its process and wait for the end."""
        self.link.mend()
        if self._process is not None and not self.has_ended():
            self.send(signal.SIGCONT)
            self.send(signal.SIGTERM)
            self._process.wait(30)

    def close(self) -> None:
        """End its process and its link."""
        self.stop()
        self.link.close()

    def log(self) -> str:
        """Everything that its processes have said."""
        return self._log.read_text() if self._log.exists() else ""

    def _news(self) -> str:
        with self._log.open() as log:
            log.seek(self._read_to)
            return log.read()


class Kernel:
    """Knows which process a connection belongs to. Looks often, in a thread of its own.

    The system gives the port of a connection that has ended to another one some time, so it matters when it was seen.
    """

    def __init__(self, machines: tuple[Machine, ...], ports: frozenset[int]) -> None:
        self._seen: dict[str, tuple[int, float]] = {}
        self._machines, self._ports = machines, ports
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look_on, name="kernel")
        self._thread.start()

    def pid_of(self, address: str | None, *, at_s: float) -> int | None:
        """The process whose connection had this address then; None while that has not been seen."""
        pid, seen_s = self._seen.get(address or "", (None, float("-inf")))
        return pid if seen_s > at_s - SEEN_WITHIN_S else None

    def stop(self) -> None:
        """Look no more."""
        self._stop.set()
        self._thread.join()

    def _look_on(self) -> None:
        while not self._stop.wait(0.02):
            looked_s, inodes = time.monotonic(), dict(self._connections())
            for machine in self._machines:
                if not machine.has_ended():
                    for inode in _sockets_of(machine.pid) & inodes.keys():
                        self._seen[inodes[inode]] = (machine.pid, looked_s)

    def _connections(self) -> Iterator[tuple[str, str]]:
        """Inode and own address of each connection to a simulated line."""
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
            _number, own, peer, _state, _queues, _timer, _retries, _uid, _timeout, inode, *_rest = line.split()
            if int(peer.partition(":")[2], 16) in self._ports:
                yield inode, f"127.0.0.1:{int(own.partition(':')[2], 16)}"


def _sockets_of(pid: int) -> set[str]:
    found = set()
    try:
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            target = os.readlink(descriptor)  # noqa: PTH115  Path.readlink would be slower by far
            if target.startswith("socket:["):
                found.add(target[8:-1])
    except OSError:
        pass  # it ended just now
    return found
