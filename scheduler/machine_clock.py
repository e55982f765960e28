"""What this machine knows of the time: its wall clock, its boot-time clock, and why the wall clock may be believed.

The boot-time clock runs on while the machine sleeps and is moved by nobody; the wall clock is set by people, by the
network and by a battery that may be empty.
"""

from __future__ import annotations

import ctypes
import json
import os
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from greenhouse.clock import is_training, moment_now
from greenhouse.deadlines import Moment

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MARK = "clock.json"
_UNSYNCHRONIZED = 5
"""What ``adjtimex`` returns while nobody disciplines the clock; setting the clock by hand brings this state back."""
_SIZE_OF_TIMEX = 256
"""At least the size of ``struct timex``; all zero it asks and changes nothing. [B]"""


@dataclass(frozen=True, slots=True)
class ClockMark:
    """Within one boot, the wall clock is believed to be this far from the boot-time clock.

    Attributes
    ----------
    boot_id : str
        Changes with every start of the machine.
    offset_s : float
        Wall clock, in seconds since 1970, minus boot-time clock. [s]
    is_vouched_for : bool
        A person, or a time source of the kernel, has said so; otherwise nothing speaks against it.
    """

    boot_id: str
    offset_s: float
    is_vouched_for: bool = False


class MachineClock(Protocol):
    """The clocks of a machine, as `scheduler.sample_clock` asks them."""

    def moment(self) -> Moment:
        """Now, on both clocks."""

    def is_synchronized(self) -> bool:
        """Whether the kernel says that a time source disciplines the wall clock."""

    def mark(self) -> ClockMark | None:
        """What was last believed on this machine, by a process or by a person."""

    def keep(self, mark: ClockMark) -> None:
        """Remember what is believed, for the next process."""


class LinuxClock:
    """The clocks of this machine.

    Parameters
    ----------
    folder : Path
        Where what is believed is kept. Belongs to this machine alone: boot ids mean nothing on another.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / _MARK
        self._libc = ctypes.CDLL(None)

    def moment(self) -> Moment:
        """Now, on both clocks."""
        return moment_now()

    def is_synchronized(self) -> bool:
        """Whether the kernel says that a time source disciplines the wall clock. No, if it does not let us ask."""
        state: int = self._libc.adjtimex(ctypes.create_string_buffer(_SIZE_OF_TIMEX))
        return 0 <= state < _UNSYNCHRONIZED

    def mark(self) -> ClockMark | None:
        """What was last believed on this machine. None: nothing, or the file is no mark."""
        try:
            kept = json.loads(self._path.read_text())
            return ClockMark(str(kept["boot_id"]), float(kept["offset_s"]), kept.get("is_vouched_for") is True)
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def keep(self, mark: ClockMark) -> None:
        """Remember what is believed, for the next process.

        Raises
        ------
        OSError
            If the disk does not take it.
        """
        scratch = self._path.with_suffix(f".{os.getpid()}")
        scratch.write_text(json.dumps(asdict(mark)))
        scratch.replace(self._path)


class TrainingClock:
    """The stored clock of a training base: nobody can set it, so there is nothing to doubt and nothing to remember."""

    def moment(self) -> Moment:
        """Now, in base time."""
        return moment_now()

    def is_synchronized(self) -> bool:
        """Always."""
        return True

    def mark(self) -> ClockMark | None:
        """None: it was never in doubt."""
        return None

    def keep(self, mark: ClockMark) -> None:
        """Nothing to remember."""


def clock_of_the_base(folder: Path) -> MachineClock:
    """The clock that samples are dated by; ``folder`` as of `LinuxClock`."""
    return TrainingClock() if is_training() else LinuxClock(folder)


def offset_s(moment: Moment) -> float:
    """Wall clock, in seconds since 1970, minus boot-time clock. [s]"""
    return (moment.wall - _EPOCH).total_seconds() - moment.boot_s
