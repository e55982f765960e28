"""Random numbers that a seed and a calendar day fix for ever.

A number belongs to a stream and a day, not to an order of calls, so two spans of time that overlap agree. Only the raw
bits of PCG64 are used: NumPy promises that they stay the same from version to version (NEP 19), and does not promise
it of its normal and exponential numbers.
"""

from __future__ import annotations

from datetime import date, timedelta
from enum import IntEnum
from itertools import accumulate
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from greenhouse.plant.errors import PlantInputError
from greenhouse.plant.sentences import Sentence

Array = NDArray[np.float64]

_DAYS = 366  # drawn for every year, leap or not


class Stream(IntEnum):
    """What is drawn. The numbers are part of what a seed means: never change one."""

    DAY_CLEARNESS = 1
    DAY_CLOUD_DEPTH = 2
    DAY_TEMPERATURE = 3
    DAY_HUMIDITY = 4
    DAY_RAIN = 5
    CLOUD = 6
    WIND = 7
    WIND_GUST = 8
    WIND_DIRECTION = 9
    EVENT_COLD_WAVE = 10
    EVENT_DUST_STORM = 11
    EVENT_WET_SNOW = 12
    EVENT_OVERCAST = 13
    EVENT_HAIL = 14


def check_seed(seed: int) -> None:
    """Refuse what is no seed.

    Raises
    ------
    PlantInputError
        If it is negative or above 2⁶³.
    """
    if not 0 <= seed < 2**63:
        raise PlantInputError(Sentence("seed %(seed)s: must be a whole number from 0 to below 2^63", seed=seed))


def uniforms(seed: int, stream: Stream, *, first: date, days: int, per_day: int) -> Array:
    """Numbers between 0 and 1, both excluded, ``per_day`` of each day."""
    parts = [_of_year(seed, stream, year, per_day) for year in _years(first, days)]
    start = (first - date(first.year, 1, 1)).days * per_day
    return np.concatenate(parts)[start : start + days * per_day]


def normals(seed: int, stream: Stream, *, first: date, days: int, per_day: int) -> Array:
    """Numbers of mean 0 and variance 1, by Box and Muller (1958), Ann. Math. Stat. 29, 610-611."""
    pairs = uniforms(seed, stream, first=first, days=days, per_day=2 * per_day).reshape(-1, 2)
    normal: Array = np.sqrt(-2 * np.log(pairs[:, 0])) * np.cos(2 * np.pi * pairs[:, 1])
    return normal


def chained(innovations: Array, correlation: float) -> Array:
    """First-order autoregression of variance 1: each number remembers the one before."""
    fresh = sqrt(1 - correlation**2)
    steps = (innovations * fresh).tolist()
    steps[0] = float(innovations[0])
    return np.array(list(accumulate(steps, lambda before, step: correlation * before + step)))


def normal_share(normal: Array) -> Array:
    """Share of a normal distribution that lies below, within 7.5e-8.

    References
    ----------
    Abramowitz and Stegun (1964), Handbook of Mathematical Functions, 26.2.17.
    """
    size = np.abs(normal)
    t = 1 / (1 + 0.2316419 * size)
    series = t * (0.319381530 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
    above = np.exp(-size * size / 2) / sqrt(2 * np.pi) * series
    share: Array = np.where(normal < 0, above, 1 - above)
    return share


def _years(first: date, days: int) -> range:
    return range(first.year, (first + timedelta(days=max(days - 1, 0))).year + 1)


def _of_year(seed: int, stream: Stream, year: int, per_day: int) -> Array:
    source = np.random.PCG64(np.random.SeedSequence([seed, year, int(stream)]))
    raw = source.random_raw(_DAYS * per_day)
    length = (date(year + 1, 1, 1) - date(year, 1, 1)).days
    drawn: Array = ((raw[: length * per_day] >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53
    return drawn
