"""When an irrigation program will start next, and on which days of the year it cannot."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import islice

from greenhouse.rules.evaluate.day_periods import Day
from greenhouse.rules.evaluate.irrigation import moments, never_starts_on
from greenhouse.rules.evaluate.irrigation_program import RadiationStarts, Starts
from greenhouse.rules.snapshots import local_day
from greenhouse.site.structure import BaseStructure

YEAR_DAYS = 365
_AHEAD_DAYS = 3


def next_starts(starts: Starts, base: BaseStructure, after: datetime, *, most: int) -> list[datetime]:
    """The next starts that have a moment; none of one by radiation, which comes when the sun has given enough."""
    if isinstance(starts, RadiationStarts):
        return []
    coming = (moment for moment in moments(starts, _days(base, after, _AHEAD_DAYS)) if moment > after)
    return list(islice(coming, most))


def days_without_start(starts: Starts, base: BaseStructure, since: datetime) -> list[date]:
    """The days of the coming year that have no time for a start: the sun has moved one end past the other."""
    days = _days(base, since, YEAR_DAYS)
    return [day.midnight.date() for day in days if never_starts_on(starts, day)]


def _days(base: BaseStructure, since: datetime, count: int) -> Iterator[Day]:
    noon = local_day(base, since).midnight + timedelta(hours=12)
    for ahead in range(count):
        yield local_day(base, noon + timedelta(days=ahead))
