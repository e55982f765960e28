"""What a reading is: a value with its quality, its origin and its age.

Quality and origin are stored with the value. Freshness is never stored: it follows from the age, and this module is
the only place that computes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum

import numpy as np
import numpy.typing as npt

from devices.units import Unit


class Quality(IntEnum):
    """How far a value may be believed. Stored as its number."""

    GOOD = 0
    UNCERTAIN = 1
    BAD = 2


class Reason(IntEnum):
    """Why a value is not good. Stored as its number; never renumber."""

    NONE = 0
    OUT_OF_RANGE = 1
    NOT_FINITE = 2
    INVALID_WORD = 3
    ILLEGAL_ADDRESS = 4
    DEVICE_FAULT = 5
    COUNTER_RESET = 6
    SCALE_UNKNOWN = 7
    CLOCK_SUSPECT = 8
    COUNTER_LEAP = 9


class Origin(StrEnum):
    """Where a value comes from. Stored."""

    MEASURED = "measured"
    MANUAL = "manual"
    ESTIMATED = "estimated"
    SIMULATED = "simulated"


class Freshness(StrEnum):
    """How old a value is, against how often it should come. Computed, never stored."""

    LIVE = "live"
    LATE = "late"
    STALE = "stale"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class FreshnessLimits:
    """Ages at which a value stops being live. [s]"""

    late_after_s: float
    stale_after_s: float
    dead_after_s: float


def freshness_limits(interval_s: float) -> FreshnessLimits:
    """Ages at which a value polled every ``interval_s`` becomes late, stale and dead.

    References
    ----------
    Design rule DQ1: late beyond 2 intervals, stale beyond 3 intervals or 5 minutes, dead beyond 6 intervals or
    15 minutes, whichever is longer.
    """
    return FreshnessLimits(
        late_after_s=2 * interval_s,
        stale_after_s=max(3 * interval_s, 300.0),
        dead_after_s=max(6 * interval_s, 900.0),
    )


def freshness(*, age: timedelta, interval_s: float, pace: float = 1.0) -> Freshness:
    """Freshness of a value of this age that should come every ``interval_s``.

    Parameters
    ----------
    age : timedelta
        Since the reply arrived, by the clock that dates samples.
    interval_s : float
        Between two polls, by the clock of the wire. [s]
    pace : float
        How many seconds of the first clock pass in one of the second: 1, but on a training base. There polls lie so
        much further apart in the time of the samples.

    Notes
    -----
    A negative age (a sample from the future: the clock jumped) is not live. Nobody knows how old it is.
    """
    limits, age_s = freshness_limits(interval_s * pace), age.total_seconds()
    if age_s < -limits.late_after_s:
        return Freshness.STALE
    if age_s <= limits.late_after_s:
        return Freshness.LIVE
    if age_s <= limits.stale_after_s:
        return Freshness.LATE
    if age_s <= limits.dead_after_s:
        return Freshness.STALE
    return Freshness.DEAD


@dataclass(frozen=True, slots=True)
class Sample:
    """One value of one point at one moment.

    Attributes
    ----------
    point : str
        ``device.point``, unique in the base.
    value : float, int or None
        In ``unit``, which is canonical for the point's quantity. Integers are kept exact. None: there is no value.
    observed_at : datetime
        When the reply arrived, aware UTC.
    """

    point: str
    value: float | int | None
    unit: Unit
    quality: Quality
    reason: Reason
    origin: Origin
    observed_at: datetime


@dataclass(frozen=True, slots=True)
class CounterState:
    """What must be known of a counter to count on, also across a restart.

    Attributes
    ----------
    total : int
        Steps of the register since it was first read, and what it showed then.
    raw : int
        The last reading of the register.
    read_at : datetime or None
        When that was. None: nobody knows.
    """

    total: int
    raw: int
    read_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """The values of one block read, as arrays: what travels from a line to the store.

    Attributes
    ----------
    points : tuple of str, length n
        ``device.point`` keys in the order of the arrays. The tuple is the same object at every poll of a block.
    values : float64 array, shape (n,)
        Canonical units. NaN where there is no value.
    quality, reason : uint8 arrays, shape (n,)
        Numbers of ``Quality`` and ``Reason``.
    exact : mapping of position to int
        Integers that a float64 may not hold exactly (counters, 64-bit words).
    observed_at : datetime
        When the reply arrived, aware UTC.
    counters : mapping of position to CounterState
        From what a counter goes on, where this reading advanced it.
    """

    points: tuple[str, ...]
    values: npt.NDArray[np.float64]
    quality: npt.NDArray[np.uint8]
    reason: npt.NDArray[np.uint8]
    observed_at: datetime
    origin: Origin
    exact: Mapping[int, int] = field(default_factory=dict)
    counters: Mapping[int, CounterState] = field(default_factory=dict)
