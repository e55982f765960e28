"""A month's figure as a smooth course of the year that keeps the month's mean."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_MIDDLES = np.array([15.5, 45.0, 74.5, 105.0, 135.5, 166.0, 196.5, 227.5, 258.0, 288.5, 319.0, 349.5])
_YEAR_DAYS = 365.0


def day_of_year(first: date, days: int) -> Array:
    """Of the noon of each day, on a year of 365 days: 29 February counts as 1 March."""
    span = np.arange(np.datetime64(first), np.datetime64(first) + days)
    starts = span.astype("datetime64[Y]").astype("datetime64[D]")
    number = (span - starts).astype(np.float64)
    leap = np.array([_is_leap(int(str(start)[:4])) for start in starts])
    noons: Array = number - np.where(leap & (number >= 59.5), 1.0, 0.0) + 0.5
    return noons


def smooth(monthly: Sequence[float], day: Array) -> Array:
    """Monthly means as a course straight from month's middle to month's middle, whose own monthly means they are.

    A course through the means themselves would cut off summer and winter: at Kangbashi by 0.7 K. So the knots are
    moved until the means fit.
    """
    target = list(monthly)
    knots = list(target)
    for _ in range(40):  # the middle of a month weighs 3/4 of its mean, so this converges
        means = [knots[m - 1] / 8 + knots[m] * 3 / 4 + knots[(m + 1) % 12] / 8 for m in range(12)]
        knots = [knot + wanted - mean for knot, wanted, mean in zip(knots, target, means, strict=True)]
    course: Array = np.interp(day, _MIDDLES, np.array(knots), period=_YEAR_DAYS)
    return course


def stepped(monthly: Sequence[float], first: date, days: int) -> Array:
    """The month's own figure on each day."""
    span = np.arange(np.datetime64(first), np.datetime64(first) + days)
    months = span.astype("datetime64[M]").astype(np.int64) % 12
    return np.array(monthly, dtype=np.float64)[months]


def yearly_wave(day: Array, *, mean: float, swing: float, highest_day: float) -> Array:
    """A figure that rises and falls once a year."""
    wave: Array = mean + swing * np.cos(2 * np.pi * (day - highest_day) / _YEAR_DAYS)
    return wave


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
