"""When a schedule is due. Pure: no clock, no database.

A schedule of the calendar is due at a time of day of the base, whatever zone the server stands in. A schedule of an
interval is due so long after its last due time; it has no times of day, so a clock that is set back repeats none.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Every:
    """Due again so long after the last due time. [s]"""

    seconds: float

    def __post_init__(self) -> None:
        if not self.seconds >= 1.0:
            raise ValueError(f"an interval of {self.seconds} s is below one second")


@dataclass(frozen=True, slots=True)
class Daily:
    """Due each day at a local time of the base.

    Where summer time skips that time of day it is due as much later as the clocks were moved; where a time comes twice,
    at the first.
    """

    at: time
    zone: ZoneInfo


When = Every | Daily


@dataclass(frozen=True, slots=True)
class DueTimes:
    """The due times within a span of time.

    Attributes
    ----------
    count : int
        How many there are.
    first : datetime
        The oldest of them, aware UTC.
    newest : tuple of datetime
        The newest of them in order of time: all, or as many as were asked for.
    """

    count: int
    first: datetime
    newest: tuple[datetime, ...]


def next_due(when: When, last: datetime, *, after: datetime) -> datetime:
    """The first due time after a moment.

    Parameters
    ----------
    when : Every or Daily
    last : datetime
        A due time of the interval, or the moment from which on it counts. It may lie ahead, if the clock was set back.
    after : datetime
        Aware.
    """
    if isinstance(when, Daily):
        day = after.astimezone(when.zone).date() - timedelta(days=1)
        while (due_at := _on(day, when)) <= after:
            day += timedelta(days=1)
        return due_at
    step = timedelta(seconds=when.seconds)
    return last + step * ((after - last) // step + 1)


def due_times(when: When, last: datetime, *, until: datetime, most: int) -> DueTimes | None:
    """The due times after ``last`` and up to ``until``, or None if there are none.

    Parameters
    ----------
    last : datetime
        The last due time that was dealt with.
    until : datetime
        Aware.
    most : int
        How many of the newest are named; a month of minutes is counted, not listed.
    """
    if until <= last:
        return None
    if isinstance(when, Daily):
        return _days(when, last, until, most)
    step = timedelta(seconds=when.seconds)
    count = (until - last) // step
    if count == 0:
        return None
    newest = tuple(last + step * number for number in range(max(1, count - most + 1), count + 1))
    return DueTimes(count, last + step, newest)


def _days(when: Daily, last: datetime, until: datetime, most: int) -> DueTimes | None:
    first_day, last_day = (moment.astimezone(when.zone).date() for moment in (last, until))
    days = (first_day + timedelta(days=number) for number in range(-1, (last_day - first_day).days + 2))
    found = [due_at for day in days if last < (due_at := _on(day, when)) <= until]
    return DueTimes(len(found), found[0], tuple(found[-most:])) if found else None


def _on(day: date, when: Daily) -> datetime:
    return datetime.combine(day, when.at, tzinfo=when.zone).astimezone(UTC)
