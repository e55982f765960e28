"""Deadlines that hold when somebody sets the clock. Pure: `Moment` is passed in.

A deadline is kept on two clocks: as wall time, which survives a restart of the machine, and as time since boot, which
nobody can set. The earlier one counts, so a clock that is set back makes nothing last longer than was meant. After a
restart with a clock that stands years behind only a time that has certainly been reached is left, see `Moment`.
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
    reached : datetime, optional
        A time that has certainly been reached although the wall clock reads less. Deadlines of another boot, which no
        other clock of this one can end, are compared with it; those of this boot were made by the wall clock as it is.
    pace : float
        How many seconds of these clocks pass in one of the machine: 1, but on a training base.
    """

    wall: datetime
    boot_id: str
    boot_s: float
    reached: datetime | None = None
    pace: float = 1.0

    @property
    def wall_of_others(self) -> datetime:
        """The wall time that deadlines of another boot are compared with."""
        return self.wall if self.reached is None else max(self.wall, self.reached)

    def span(self, of_machine: timedelta) -> timedelta:
        """How much passes on these clocks while so much time passes for the machine, and for people before it."""
        return of_machine * self.pace


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
        if now.boot_id != self.boot_id:
            return self.wall - now.wall_of_others
        return min(self.wall - now.wall, timedelta(seconds=self.boot_s - now.boot_s))


def deadline_after(now: Moment, duration: timedelta) -> Deadline:
    """The deadline that lies a duration ahead."""
    return Deadline(now.wall + duration, now.boot_id, now.boot_s + duration.total_seconds())
