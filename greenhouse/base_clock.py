"""The clock of a training base: base time as a line over the time that this machine has run. Pure.

The line has one bend, where the pace changes. A change is agreed upon a moment before it comes, so that every process
knows of it in time: all read the same base time at the same moment, and none goes back.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from devices.samples import Freshness, freshness

LEAST_PACE, MOST_PACE = 1.0, 720.0
"""A day in two minutes is the fastest: what acts once a second still acts every twelve minutes of base time."""
LEAD_S = 2.0
"""A change of pace comes so long after it was decided; every process looks several times within it. [s]"""


class PaceRefused(ValueError):
    """No base can go at this pace."""


class ChangeUnderWay(Exception):
    """The last change of pace has not come yet; the next one has to wait for it."""


@dataclass(frozen=True, slots=True)
class Pacing:
    """How base time passes, and how it passed until it was bent.

    Attributes
    ----------
    pace, pace_before : float
        Base seconds per second of the machine, now and before the bend.
    bend_at : datetime or None
        Base time of the bend. None: nobody knows of one.
    """

    pace: float = LEAST_PACE
    pace_before: float = LEAST_PACE
    bend_at: datetime | None = None

    def age(self, of: datetime, *, at: datetime) -> timedelta:
        """How old something is, in base time that had always gone as it goes now.

        What was read a second before a fast base was slowed down is a second old on the wire, not ten minutes. Of the
        bends before the last one nothing is known: what is older than they are is taken for younger than it is.
        """
        return at - of if self.bend_at is None else self._since(self.bend_at, at) - self._since(self.bend_at, of)

    def _since(self, bend_at: datetime, at: datetime) -> timedelta:
        """Time since the bend, at the pace of now; before it less than nothing."""
        return (at - bend_at) * (1.0 if at >= bend_at else self.pace / self.pace_before)

    def freshness(self, of: datetime, *, interval_s: float, at: datetime) -> Freshness:
        """How fresh a value of a moment is that should come so often on the wire."""
        return freshness(age=self.age(of, at=at), interval_s=interval_s, pace=self.pace)


LIVE = Pacing()
"""How time passes on a base that is no training base."""


@dataclass(frozen=True, slots=True)
class BaseClock:
    """Base time of one run of the machine.

    Attributes
    ----------
    key : str
        Names the clock, for good.
    bend_at : datetime
        Base time of the bend, aware UTC.
    boot_id : str
        The run of the machine that the line belongs to.
    bend_boot_s : float
        Time since the machine started, at the bend. [s]
    pace_before, pace : float
        Base seconds per second of the machine, before the bend and after it.
    fastest : float
        The highest pace that this clock has ever been given.
    version : int
        Grows with every change.
    """

    key: str
    bend_at: datetime
    boot_id: str
    bend_boot_s: float
    pace_before: float
    pace: float
    fastest: float = LEAST_PACE
    version: int = 1

    def pace_at(self, boot_s: float) -> float:
        """Base seconds per second of the machine at a moment of this run. [1]"""
        return self.pace if boot_s >= self.bend_boot_s else self.pace_before

    def pacing_at(self, boot_s: float) -> Pacing:
        """How base time passes at a moment of this run."""
        if boot_s < self.bend_boot_s:
            return Pacing(self.pace_before)
        return Pacing(self.pace, self.pace_before, self.bend_at)

    def at(self, boot_s: float) -> datetime:
        """Base time at a moment of this run."""
        return self.bend_at + timedelta(seconds=(boot_s - self.bend_boot_s) * self.pace_at(boot_s))

    def with_pace(self, pace: float, *, boot_s: float) -> BaseClock:
        """The same clock, bent to another pace a little later than the given moment.

        Raises
        ------
        PaceRefused
            If no base can go at that pace.
        ChangeUnderWay
            If the last bend has not been reached.
        """
        if not math.isfinite(pace) or not LEAST_PACE <= pace <= MOST_PACE:
            raise PaceRefused(f"a pace of {pace} is not within {LEAST_PACE:g} to {MOST_PACE:g}")
        if boot_s < self.bend_boot_s:
            raise ChangeUnderWay
        bend_boot_s = boot_s + LEAD_S
        return replace(
            self,
            bend_at=self.at(bend_boot_s),
            bend_boot_s=bend_boot_s,
            pace_before=self.pace,
            pace=pace,
            fastest=max(self.fastest, pace),
            version=self.version + 1,
        )

    def begun_again(self, reached: datetime, *, boot_id: str, boot_s: float) -> BaseClock:
        """The same clock after it stood still: it goes on from the time it had reached, at the pace of the machine."""
        return replace(
            self,
            bend_at=reached,
            boot_id=boot_id,
            bend_boot_s=boot_s,
            pace_before=LEAST_PACE,
            pace=LEAST_PACE,
            version=self.version + 1,
        )
