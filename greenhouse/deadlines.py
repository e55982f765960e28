"""Deadlines that hold when somebody sets the clock. Pure: `Moment` is passed in.

A deadline is kept on two clocks: as wall time, which survives a restart of the machine, and as time since boot, which
nobody can set. The earlier one counts, so a clock that is set back makes nothing last longer than was meant.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Moment:
    """Now, on both clocks.

    Attributes
    ----------
    wall : datetime
        Aware UTC.
    boot_id : str
        Another one after each start of the machine; readings of the boot clock compare only within one.
    boot_s : float
        Time since the machine started, sleep included. [s]
    """

    wall: datetime
    boot_id: str
    boot_s: float


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment in the future, on both clocks. Attributes as of `Moment`."""

    wall: datetime
    boot_id: str
    boot_s: float

    def has_passed(self, now: Moment) -> bool:
        """Whether it is over, by the clock on which it is over first."""
        return self.remaining(now) <= timedelta(0)

    def remaining(self, now: Moment) -> timedelta:
        """Time left, by the clock on which less is left; negative when it is over."""
        by_wall = self.wall - now.wall
        if now.boot_id != self.boot_id:
            return by_wall
        return min(by_wall, timedelta(seconds=self.boot_s - now.boot_s))


def deadline_after(now: Moment, duration: timedelta) -> Deadline:
    """The deadline that lies a duration ahead."""
    return Deadline(now.wall + duration, now.boot_id, now.boot_s + duration.total_seconds())
