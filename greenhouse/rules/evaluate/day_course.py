"""Which period is in force when on a day. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from greenhouse.rules.evaluate.day_periods import Day, Period, moment_of, number_in_force


class Stretch(NamedTuple):
    """A part of a day through which one period is in force.

    Attributes
    ----------
    begins, ends : datetime
        Aware; the end is the begin of the next one.
    number : int
        Of the period in the program, from 0.
    """

    begins: datetime
    ends: datetime
    number: int


def course(periods: Sequence[Period], day: Day, day_ends: datetime) -> tuple[Stretch, ...]:
    """The stretches of a day, without a gap.

    Parameters
    ----------
    periods : sequence of Period
        At least one.
    day : Day
    day_ends : datetime
        The next local midnight, aware.
    """
    moments = {moment_of(period.start, day) for period in periods}
    inner = sorted(moment for moment in moments if moment is not None and day.midnight < moment < day_ends)
    begins = [day.midnight, *inner]
    stretches: list[Stretch] = []
    for begin, end in zip(begins, [*inner, day_ends], strict=True):
        number = number_in_force(periods, day, begin)
        if stretches and stretches[-1].number == number:
            stretches[-1] = stretches[-1]._replace(ends=end)
        else:
            stretches.append(Stretch(begin, end, number))
    return tuple(stretches)
