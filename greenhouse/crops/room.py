"""How much of a compartment is planted when. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

TOLERANCE_M2 = 1e-6


@dataclass(frozen=True, slots=True)
class Planted:
    """An area that is taken from a day on, up to the day it was cleared, which is free again. None: still taken."""

    area_m2: float
    first: date
    cleared: date | None


def fullest(planted: Iterable[Planted], *, first: date, cleared: date | None) -> tuple[float, date]:
    """The most area that is taken at one time between two days, and the first day on which it is."""
    if cleared is not None and cleared <= first:  # planted and cleared on one day: for no time at all
        return 0.0, first
    inside = [
        one
        for one in planted
        if (cleared is None or one.first < cleared) and (one.cleared is None or one.cleared > first)
    ]
    days = sorted({first, *(one.first for one in inside if one.first > first)})
    return max(((_taken(inside, day), day) for day in days), key=lambda found: found[0])


def _taken(planted: Iterable[Planted], day: date) -> float:
    return sum(one.area_m2 for one in planted if one.first <= day and (one.cleared is None or day < one.cleared))
