"""Signs of life of the processes of one machine.

Each process calls `beat` at least every 2 s from the loop that does its work, so a hung loop falls silent. The watchdog
(``scheduler.supervision.watchdog``) reads the ages. A beat is written in monotonic seconds, which all processes of a
machine share and which neither a set clock nor a suspended machine moves.
"""

from __future__ import annotations

import math
import os
import time
from dataclasses import dataclass
from pathlib import Path

PROJECT_DIRECTORY = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Beat:
    """The last sign of life of a process."""

    pid: int
    monotonic_s: float


def heartbeat_directory() -> Path:
    """Folder of the beats: ``heartbeat`` in the folder that ``GREENHOUSE_VAR`` names, or in ``var``."""
    return Path(os.environ.get("GREENHOUSE_VAR") or PROJECT_DIRECTORY / "var") / "heartbeat"


def beat(name: str, *, directory: Path | None = None) -> None:
    """Say that this process is alive and its loop turns.

    Parameters
    ----------
    name : str
        Name of the process under the supervisor: ``control``, ``maintenance``, ``console``, ``simulator``.
    directory : Path, optional
        Folder of the beats, `heartbeat_directory` unless given.
    """
    path = (directory or heartbeat_directory()) / name
    # Overwritten in place, always the same length: this needs no new block, so a full disk silences nobody.
    # Rounded down: a beat ahead of the clock of whoever reads it is taken for one of another boot.
    content = f"{os.getpid():>10d} {math.floor(time.monotonic() * 1000) / 1000:>20.3f}\n".encode()
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o644)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o644)
    try:
        os.pwrite(descriptor, content, 0)
    finally:
        os.close(descriptor)


def last_beat(name: str, *, directory: Path | None = None) -> Beat | None:
    """Last sign of life of a process. None if there is none or the file is not a beat."""
    try:
        pid, monotonic_s = ((directory or heartbeat_directory()) / name).read_text().split()
        return Beat(int(pid), float(monotonic_s))
    except (FileNotFoundError, ValueError):
        return None


def age_s(name: str, *, directory: Path | None = None) -> float | None:
    """Age of the last sign of life. [s]

    None if there is none, or if it is from before the machine was last started.
    """
    last = last_beat(name, directory=directory)
    if last is None:
        return None
    age = time.monotonic() - last.monotonic_s
    return age if age >= 0 else None
