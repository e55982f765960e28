"""Times of day by clock and by sun, and which period of a program is in force. Pure.

A start by the sun moves through the year and may pass one by the clock. So periods have an order of their own: of all
whose start has come today, the one that stands last in the program is in force. Before the first start of a day the
last period of the day before goes on. There is no moment without a period, and none with two.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from greenhouse.agronomy.sun import SunTimes


class StartKind(StrEnum):
    """What a time of day is counted from."""

    CLOCK = "clock"
    SUNRISE = "sunrise"
    SUNSET = "sunset"


class TimeOfDay(NamedTuple):
    """A time of day.

    Attributes
    ----------
    kind : StartKind
    minutes : int
        After local midnight, or after sunrise or sunset (negative: before). [min]
    """

    kind: StartKind
    minutes: int


class Day(NamedTuple):
    """A local day.

    Attributes
    ----------
    midnight : datetime
        At which it began, aware.
    sun : SunTimes
    """

    midnight: datetime
    sun: SunTimes


class Period(NamedTuple):
    """A part of the day with temperatures of its own.

    Attributes
    ----------
    start : TimeOfDay
    heating_c : float
        Below it the house is heated. [°C]
    ventilation_c : float
        Above it the vents open. [°C]
    """

    start: TimeOfDay
    heating_c: float
    ventilation_c: float


def moment_of(time: TimeOfDay, day: Day) -> datetime | None:
    """When a time of day comes on a day, aware; None where the sun does not rise or set."""
    offset = timedelta(minutes=time.minutes)
    match time.kind:
        case StartKind.CLOCK:
            return day.midnight + offset
        case StartKind.SUNRISE:
            return None if day.sun.sunrise is None else day.sun.sunrise + offset
        case StartKind.SUNSET:
            return None if day.sun.sunset is None else day.sun.sunset + offset


def has_come(time: TimeOfDay, day: Day, now: datetime) -> bool:
    """Whether a time of day has come on its day."""
    moment = moment_of(time, day)
    return moment is not None and moment <= now


def is_between(first: TimeOfDay, last: TimeOfDay, day: Day, now: datetime) -> bool:
    """Whether now lies from the first time of day to before the last.

    Where the first comes after the last, the span reaches over midnight. Without one of both there is no such span.
    """
    begins, ends = moment_of(first, day), moment_of(last, day)
    if begins is None or ends is None:
        return False
    return begins <= now < ends if begins <= ends else now >= begins or now < ends


def number_in_force(periods: Sequence[Period], day: Day, now: datetime) -> int:
    """Which period is in force: its number in the program, from 0.

    Parameters
    ----------
    periods : sequence of Period
        At least one.
    day : Day
        The local day of ``now``.
    now : datetime
        Aware.
    """
    come = [number for number, period in enumerate(periods) if has_come(period.start, day, now)]
    return come[-1] if come else len(periods) - 1


def without_time(periods: Sequence[Period], days: Sequence[Day]) -> dict[int, tuple[date, date]]:
    """Periods that have no time on some day, because a later one of the program begins before them.

    Returns
    -------
    dict of int to (date, date)
        Number of the period, and the first and the last such day.
    """
    found: dict[int, tuple[date, date]] = {}
    for day in days:
        moments = [moment_of(period.start, day) for period in periods]
        for number, moment in enumerate(moments):
            later = [other for other in moments[number + 1 :] if other is not None]
            if moment is None or any(other <= moment for other in later):
                on = day.midnight.date()
                found[number] = (found.get(number, (on, on))[0], on)
    return found
