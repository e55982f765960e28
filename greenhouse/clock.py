"""The clocks, read here alone. What decides gets their readings passed in.

*Base time* is what is stored, shown and planned by: `utc_now`, `moment_now`. On a live base it is the wall clock of
this machine, and nothing can make it faster. On a training base (docs/training.md) it is the stored base clock, which
`follow` puts in the place of the wall clock when a process of such a base starts.

*Machine time* is what people, wires and processes live by: `machine_utc_now`, `machine_moment_now`. Durations of the
machine are measured with `time.monotonic`, which is no time of day and may be read anywhere.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Protocol

from greenhouse.base_clock import LIVE, Pacing
from greenhouse.deadlines import Moment

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class StoredClock(Protocol):
    """The base clock of a training base."""

    @property
    def key(self) -> str:
        """Names the clock, for good."""

    @property
    def fastest(self) -> float:
        """The highest pace that it has ever been given."""

    def read(self) -> tuple[datetime, float]:
        """Base time now, never before one that was read earlier, and its pace. Any thread may ask."""

    def pacing(self) -> Pacing:
        """How base time passes, and how it passed before. Any thread may ask."""


_stored: StoredClock | None = None
"""None on a live base, always."""


def follow(stored: StoredClock | None) -> None:
    """Let base time be that of a stored clock. `greenhouse.training` calls it, on a training base alone."""
    global _stored  # noqa: PLW0603  (what time it is, is the one thing that is the same everywhere in a process)
    _stored = stored


def is_training() -> bool:
    """Whether base time is that of a stored clock."""
    return _stored is not None


def utc_now() -> datetime:
    """Base time, aware UTC."""
    return machine_utc_now() if _stored is None else _stored.read()[0]


def moment_now() -> Moment:
    """Now, in base time and on a clock that nobody sets: that of this run of the machine, or the stored one itself."""
    if _stored is None:
        return machine_moment_now()
    at, pace = _stored.read()
    return Moment(at, _stored.key, _since_epoch_s(at), pace=pace)


def pace() -> float:
    """How many seconds of base time pass in one of the machine. 1 on a live base."""
    return 1.0 if _stored is None else _stored.read()[1]


def pacing() -> Pacing:
    """How base time passes, and how it passed before: what ages are judged by."""
    return LIVE if _stored is None else _stored.pacing()


def fastest_pace() -> float:
    """The highest pace at which this base has ever gone: its history may be as sparse as that. 1 on a live base."""
    return 1.0 if _stored is None else _stored.fastest


def span(of_machine: timedelta) -> timedelta:
    """How much base time passes, at the pace of now, while so much passes for the machine and for people before it."""
    return of_machine * pace()


def steady_s(at: datetime) -> float:
    """A clock that nobody can set, as it reads when base time is ``at``, just read: `time.monotonic` if live. [s]

    Base time is compared with it to notice that somebody set the wall clock. The stored clock cannot be set.
    """
    return time.monotonic() if _stored is None else _since_epoch_s(at)


def machine_time(at: datetime) -> datetime:
    """When, by the wall clock of this machine, base time will be ``at`` if the pace stays."""
    if _stored is None:
        return at
    now, pace_now = _stored.read()
    return machine_utc_now() + (at - now) / pace_now


def base_time(machine_at: datetime) -> datetime:
    """Base time at a moment of the wall clock of this machine, if the pace stays."""
    if _stored is None:
        return machine_at
    now, pace_now = _stored.read()
    return now + (machine_at - machine_utc_now()) * pace_now


def machine_utc_now() -> datetime:
    """The wall clock of this machine, aware UTC."""
    return datetime.now(UTC)


def machine_moment_now() -> Moment:
    """Now, on the wall clock and on the clock that runs since the machine started."""
    return Moment(machine_utc_now(), boot_id(), boot_s())


def boot_s() -> float:
    """Time since this machine was started, a suspended time included, whatever the wall clock says. [s]"""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


@cache
def boot_id() -> str:
    """The kernel's name of this run of the machine."""
    return _BOOT_ID.read_text(encoding="ascii").strip()


def _since_epoch_s(at: datetime) -> float:
    return (at - _EPOCH).total_seconds()
