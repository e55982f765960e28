"""Levels of roll-up, and the day, month or year whose buckets are packed together. Pure."""

from __future__ import annotations

from datetime import date, timedelta
from enum import IntEnum
from typing import Final

DAY_MS: Final = 86_400_000
_EPOCH = date(1970, 1, 1)


class Level(IntEnum):
    """Length of a roll-up's buckets. [s]

    Buckets are packed by the day, month and year: 1,440, about 2,900 and 8,760 of them. So a chart of a day, a month or
    a year reads one or two chunks per point, and a chunk stays below some ten kilobytes although its last part is
    rewritten once a day.
    """

    MINUTE = 60
    QUARTER_HOUR = 900
    HOUR = 3600

    @property
    def ms(self) -> int:
        """Length of a bucket. [ms]"""
        return 1000 * self.value


def day_of(ts_ms: int) -> int:
    """UTC day of a moment, counted from 1970-01-01."""
    return ts_ms // DAY_MS


def period(level: Level, day: int) -> tuple[int, int]:
    """First day of the period whose buckets are packed with those of ``day``, and the first one after it."""
    if level is Level.MINUTE:
        return day, day + 1
    first = (_EPOCH + timedelta(days=day)).replace(day=1)
    if level is Level.HOUR:
        first = first.replace(month=1)
        after = first.replace(year=first.year + 1)
    else:
        after = (first + timedelta(days=31)).replace(day=1)
    return (first - _EPOCH).days, (after - _EPOCH).days


def coarsest(start_ms: int, resolution_ms: int) -> Level | None:
    """The coarsest level whose buckets fill those of a window exactly. None: only the samples themselves do."""
    fitting = [level for level in Level if resolution_ms % level.ms == 0 and start_ms % level.ms == 0]
    return max(fitting, default=None)
