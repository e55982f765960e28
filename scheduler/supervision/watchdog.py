"""The watchdog: kills what hangs, revives what supervisord has given up.

Runs as a program of the same supervisord (``python -m scheduler.supervision.watchdog``). supervisord restarts what
*dies*; it cannot see what *hangs*, and it gives up a program that dies too often. Both are the watchdog's work.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from scheduler.heartbeat import Beat, beat, last_beat
from scheduler.supervision.programs import WATCHDOG
from scheduler.supervision.supervisor_client import (
    ProgramState,
    ProgramStatus,
    SupervisorClient,
    SupervisorRefusedError,
    SupervisorUnreachableError,
)

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 1.0


@dataclass(frozen=True, slots=True)
class VigilLimits:
    """When the watchdog acts. [s]

    Attributes
    ----------
    silence_s : float
        A process whose last sign of life is older is killed.
    start_s : float
        A new process may take this long to its first sign of life; a cold start on a slow disk does.
    revive_s : float
        A program that supervisord has given up is started again after this pause.
    blind_s : float
        If the watchdog itself did not look for this long, the machine was frozen or suspended, and nobody is to blame.
    """

    silence_s: float = 10.0
    start_s: float = 60.0
    revive_s: float = 10.0
    blind_s: float = 5.0


@dataclass(frozen=True, slots=True)
class Kill:
    """A process has fallen silent and is to be killed."""

    name: str
    pid: int
    silent_s: float


@dataclass(frozen=True, slots=True)
class Revive:
    """A program was given up by supervisord and is to be started again."""

    name: str


class Vigil:
    """Decides, look by look, what to kill and what to revive. Pure: time and facts are passed in."""

    def __init__(self, limits: VigilLimits | None = None) -> None:
        self._limits = limits or VigilLimits()
        self._first_seen_s: dict[int, float] = {}
        self._last_beat_s: dict[int, float] = {}
        self._given_up_s: dict[str, float] = {}
        self._last_look_s: float | None = None
        self._watching_since_s = 0.0

    def look(
        self, programs: Sequence[ProgramStatus], beats: Mapping[str, Beat | None], now_s: float
    ) -> list[Kill | Revive]:
        """Compare the states and signs of life with the limits.

        Parameters
        ----------
        programs : sequence of ProgramStatus
            What supervisord says.
        beats : mapping of str to Beat or None
            Last sign of life by program name.
        now_s : float
            Monotonic time, the clock of the beats. [s]
        """
        if self._last_look_s is None or now_s - self._last_look_s > self._limits.blind_s:
            self._watching_since_s = now_s
        self._last_look_s = now_s
        alive = [program for program in programs if program.state in (ProgramState.STARTING, ProgramState.RUNNING)]
        self._first_seen_s = {program.pid: self._first_seen_s.get(program.pid, now_s) for program in alive}
        given_up = [program.name for program in programs if program.state is ProgramState.FATAL]
        self._given_up_s = {name: self._given_up_s.get(name, now_s) for name in given_up}
        return [*self._silent(alive, beats, now_s), *self._to_revive(now_s)]

    def _silent(
        self, alive: Sequence[ProgramStatus], beats: Mapping[str, Beat | None], now_s: float
    ) -> list[Kill | Revive]:
        kills: list[Kill | Revive] = []
        self._last_beat_s = {pid: beat_s for pid, beat_s in self._last_beat_s.items() if pid in self._first_seen_s}
        for program in alive:
            last = beats.get(program.name)
            if last is not None and last.pid == program.pid and last.monotonic_s <= now_s:
                self._last_beat_s[program.pid] = last.monotonic_s
            if program.pid in self._last_beat_s:  # a beat that cannot be read just now takes back none before it
                since_s, limit_s = self._last_beat_s[program.pid], self._limits.silence_s
            else:
                since_s, limit_s = self._first_seen_s[program.pid], self._limits.start_s
            silent_s = now_s - max(since_s, self._watching_since_s)
            if silent_s > limit_s:
                kills.append(Kill(program.name, program.pid, silent_s))
        return kills

    def _to_revive(self, now_s: float) -> list[Revive]:
        due = [name for name, since_s in self._given_up_s.items() if now_s - since_s >= self._limits.revive_s]
        for name in due:
            self._given_up_s[name] = now_s  # a refused start is tried again after the same pause
        return [Revive(name) for name in due]


class Watchdog:
    """Looks at the programs of one supervisord and acts on what `Vigil` decides.

    Parameters
    ----------
    client : SupervisorClient
        The supervisord to look after.
    beats : Path
        Folder of the signs of life.
    """

    def __init__(self, client: SupervisorClient, beats: Path, *, limits: VigilLimits | None = None) -> None:
        self._client = client
        self._beats = beats
        self._vigil = Vigil(limits)
        self._reachable = True

    def look_once(self) -> None:
        """Look at every program once and act."""
        beat(WATCHDOG, directory=self._beats)
        try:
            programs = [program for program in self._client.programs() if program.name != WATCHDOG]
            self._note_reachable(reachable=True)
            beats = {program.name: last_beat(program.name, directory=self._beats) for program in programs}
            for action in self._vigil.look(programs, beats, time.monotonic()):
                self._act(action)
        except SupervisorUnreachableError as error:
            self._note_reachable(reachable=False, why=str(error))

    def _act(self, action: Kill | Revive) -> None:
        try:
            match action:
                case Kill(name, pid, silent_s):
                    logger.error("killing %s (pid %s): silent for %.0f s", name, pid, silent_s)
                    self._client.kill(name)
                case Revive(name):
                    logger.warning("starting %s again: supervisord had given it up", name)
                    self._client.start(name)
        except SupervisorRefusedError as error:
            logger.warning("supervisord refused: %s", error)

    def _note_reachable(self, *, reachable: bool, why: str = "") -> None:
        if reachable != self._reachable:
            if reachable:
                logger.info("supervisord answers again")
            else:
                logger.error("supervisord does not answer, nothing is watched: %s", why)
        self._reachable = reachable


def main() -> None:
    """Watch until told to stop."""
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    url = os.environ.get("SUPERVISOR_SERVER_URL", "")
    if not url.startswith("unix://"):
        sys.exit("the watchdog runs under supervisord: SUPERVISOR_SERVER_URL names no socket")
    beats = Path(os.environ["GREENHOUSE_VAR"]) / "heartbeat"
    watchdog = Watchdog(SupervisorClient(Path(url.removeprefix("unix://"))), beats)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    while not stop.is_set():
        watchdog.look_once()
        stop.wait(LOOK_EVERY_S)


if __name__ == "__main__":
    main()
