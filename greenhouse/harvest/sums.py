"""What harvests come to: weeks, sums, targets, who leads. Pure.

Weights are whole grams and areas are square meters, so a sum is exact and each figure is divided once, at its end.
Nothing is rounded here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import accumulate

from greenhouse.harvest.grades import Grade

MU_M2 = 667.0
"""A mu as Chinese trial reports count it: kg/667 m²."""
HECTARE_M2 = 10_000.0
_G_PER_KG = 1000
_G_PER_T = 1_000_000
_WEEK = timedelta(days=7)


class YieldUnit(StrEnum):
    """How a yield is told."""

    KG_M2 = "kg_m2"
    KG_MU = "kg_mu"
    T_HA = "t_ha"


class Axis(StrEnum):
    """What the weeks are counted from."""

    CALENDAR = "calendar"
    """Weeks that begin on Monday."""
    PLANTING = "planting"
    """Weeks since planting: the first seven days are week 1."""


@dataclass(frozen=True, slots=True)
class Picked:
    """A harvest that counts."""

    day: date
    grade: Grade
    mass_g: int


@dataclass(frozen=True, slots=True)
class Grown:
    """A crop cycle and what it gave.

    Attributes
    ----------
    target_kg_m2 : float or None
    is_weekly_target : bool
        The target is for each week from the first harvest on, not for the whole cycle.
    """

    area_m2: float
    planted_on: date
    ended_on: date | None
    picked: tuple[Picked, ...]
    target_kg_m2: float | None = None
    is_weekly_target: bool = False


@dataclass(frozen=True, slots=True)
class Week:
    """A week of a series. ``first`` is its Monday, or None on the axis of planting, where ``number`` counts from 1."""

    number: int
    first: date | None


@dataclass(frozen=True, slots=True)
class Series:
    """The weeks of a group of cycles: all from the first to the last, those without a harvest too.

    Attributes
    ----------
    area_m2 : float
        Of all cycles of the group.
    mass_g : mapping of grade to tuple of int
        Of each week. Every grade is there.
    """

    area_m2: float
    weeks: tuple[Week, ...]
    mass_g: Mapping[Grade, tuple[int, ...]]

    @property
    def weekly_g(self) -> tuple[int, ...]:
        """All grades of each week."""
        return tuple(map(sum, zip(*self.mass_g.values(), strict=True)))

    @property
    def cumulative_g(self) -> tuple[int, ...]:
        """All grades up to the end of each week."""
        return tuple(accumulate(self.weekly_g))

    @property
    def total_g(self) -> int:
        """Everything."""
        return sum(self.weekly_g)

    def of_grade_g(self, grade: Grade) -> int:
        """Everything of a grade."""
        return sum(self.mass_g[grade])

    @property
    def marketable_share(self) -> float | None:
        """Share of the weight that is sold. None before the first harvest."""
        total = self.total_g
        return sum(self.of_grade_g(grade) for grade in Grade if grade.is_sold) / total if total else None


def yield_of(mass_g: int | float, area_m2: float, unit: YieldUnit) -> float:
    """A weight from an area as a yield."""
    match unit:
        case YieldUnit.KG_M2:
            return mass_g / (_G_PER_KG * area_m2)
        case YieldUnit.KG_MU:
            return mass_g * MU_M2 / (_G_PER_KG * area_m2)
    return mass_g * HECTARE_M2 / (_G_PER_T * area_m2)


def in_unit(kg_m2: float, unit: YieldUnit) -> float:
    """A yield of kg/m² in another unit."""
    return yield_of(kg_m2 * _G_PER_KG, 1.0, unit)


def week_of(day: date, planted_on: date, axis: Axis) -> Week:
    """The week that a day is in."""
    if axis is Axis.PLANTING:
        return Week((day - planted_on) // _WEEK + 1, None)
    monday = day - timedelta(days=day.weekday())
    return Week(day.isocalendar().week, monday)


def series_of(grown: Sequence[Grown], axis: Axis, *, until: date) -> Series:
    """The weeks of some cycles together; on the axis of planting each counts from its own planting.

    Parameters
    ----------
    grown : sequence of Grown
        At least one.
    until : date
        Today: the last day of what has not ended.
    """
    mass: defaultdict[tuple[Week, Grade], int] = defaultdict(int)
    for cycle in grown:
        for picked in cycle.picked:
            mass[week_of(picked.day, cycle.planted_on, axis), picked.grade] += picked.mass_g
    weeks = _weeks(grown, axis, until)
    by_grade = {grade: tuple(mass[week, grade] for week in weeks) for grade in Grade}
    return Series(area_m2=sum(cycle.area_m2 for cycle in grown), weeks=weeks, mass_g=by_grade)


def complete_weeks(cycle: Grown, until: date) -> int:
    """Weeks since planting that are over, or that the cycle ended in."""
    if cycle.ended_on is not None and cycle.ended_on <= until:
        return (cycle.ended_on - cycle.planted_on) // _WEEK + 1
    return max(0, (until - cycle.planted_on) // _WEEK)


def _weeks(grown: Sequence[Grown], axis: Axis, until: date) -> tuple[Week, ...]:
    if axis is Axis.PLANTING:
        count = max((_last_day(cycle, until) - cycle.planted_on) // _WEEK + 1 for cycle in grown)
        return tuple(Week(number, None) for number in range(1, count + 1))
    first = min(cycle.planted_on for cycle in grown)
    monday = first - timedelta(days=first.weekday())
    count = (max(_last_day(cycle, until) for cycle in grown) - monday) // _WEEK + 1
    mondays = (monday + n * _WEEK for n in range(count))
    return tuple(Week(day.isocalendar().week, day) for day in mondays)


def _last_day(cycle: Grown, until: date) -> date:
    return until if cycle.ended_on is None else min(until, cycle.ended_on)


@dataclass(frozen=True, slots=True)
class Standing:
    """What a group has yielded after so many weeks."""

    name: str
    kg_m2: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """Groups after the same number of weeks since planting, the best first."""

    weeks: int
    standings: tuple[Standing, ...]

    @property
    def lead_kg_m2(self) -> float:
        """By how much the first one leads."""
        return self.standings[0].kg_m2 - self.standings[1].kg_m2


def compared(groups: Mapping[str, Sequence[Grown]], *, until: date) -> Comparison | None:
    """Groups after the weeks since planting that all of them have behind them; None with fewer than two, or none over.

    What has ended gives nothing more, so it holds nobody up.
    """
    if len(groups) < 2:
        return None
    everything = [cycle for grown in groups.values() for cycle in grown]
    lasting = [cycle for cycle in everything if cycle.ended_on is None or cycle.ended_on > until]
    lived = [complete_weeks(cycle, until) for cycle in lasting or everything]
    weeks = min(lived) if lasting else max(lived)
    if weeks < 1:
        return None
    standings = [Standing(name, _after_weeks_kg_m2(grown, weeks)) for name, grown in groups.items()]
    return Comparison(weeks, tuple(sorted(standings, key=lambda one: -one.kg_m2)))


def _after_weeks_kg_m2(grown: Iterable[Grown], weeks: int) -> float:
    cycles = list(grown)
    mass_g = sum(picked.mass_g for cycle in cycles for picked in cycle.picked if _week_number(picked, cycle) <= weeks)
    return yield_of(mass_g, sum(cycle.area_m2 for cycle in cycles), YieldUnit.KG_M2)


def _week_number(picked: Picked, cycle: Grown) -> int:
    return week_of(picked.day, cycle.planted_on, Axis.PLANTING).number


@dataclass(frozen=True, slots=True)
class Against:
    """A yield and what it should have been by then."""

    kg_m2: float
    target_kg_m2: float

    @property
    def share(self) -> float:
        """Of the target."""
        return self.kg_m2 / self.target_kg_m2


def against_target(grown: Sequence[Grown], *, until: date) -> Against | None:
    """What a group was to yield by now, and has; None unless each of its cycles has a target of the same kind.

    A weekly target counts the complete weeks since planting, from that of the first harvest on, and what was picked in
    them. A target in total is set against everything.
    """
    kinds = {(cycle.target_kg_m2 is None, cycle.is_weekly_target) for cycle in grown}
    if len(kinds) != 1 or next(iter(kinds))[0]:
        return None
    mass_g, wanted_kg = 0, 0.0
    for cycle in grown:
        target_kg = (cycle.target_kg_m2 or 0.0) * cycle.area_m2
        if not cycle.is_weekly_target:
            mass_g += sum(picked.mass_g for picked in cycle.picked)
            wanted_kg += target_kg
            continue
        over = complete_weeks(cycle, until)
        numbers = [_week_number(picked, cycle) for picked in cycle.picked]
        wanted_kg += target_kg * max(0, over - min(numbers, default=over + 1) + 1)
        mass_g += sum(picked.mass_g for picked, number in zip(cycle.picked, numbers, strict=True) if number <= over)
    if wanted_kg <= 0.0:
        return None
    area_m2 = sum(cycle.area_m2 for cycle in grown)
    return Against(yield_of(mass_g, area_m2, YieldUnit.KG_M2), wanted_kg / area_m2)


def target_path_kg_m2(grown: Sequence[Grown], series: Series, axis: Axis) -> tuple[float, ...] | None:
    """The weekly target summed up to the end of each week of a series; None unless all cycles have one."""
    if any(cycle.target_kg_m2 is None or not cycle.is_weekly_target for cycle in grown):
        return None
    places = {week: place for place, week in enumerate(series.weeks)}
    path = [0.0] * len(series.weeks)
    for cycle in grown:
        weeks = [places[week_of(picked.day, cycle.planted_on, axis)] for picked in cycle.picked]
        last = len(path) if cycle.ended_on is None else places[week_of(cycle.ended_on, cycle.planted_on, axis)] + 1
        for place in range(min(weeks, default=len(path)), len(path)):
            counted = min(place + 1, last) - min(weeks)
            path[place] += (cycle.target_kg_m2 or 0.0) * cycle.area_m2 / series.area_m2 * counted
    return tuple(path)


@dataclass(frozen=True, slots=True)
class Metered:
    """What a meter counted, and the share of the time between its first and last reading in the whole."""

    counted: float
    coverage: float


def metered(readings: Sequence[tuple[float, float, float]], *, hours: float) -> Metered | None:
    """What a counting meter went up by. None without a reading.

    A meter goes on counting while nobody reads it, so a gap loses nothing between two readings. Where it fell (it was
    replaced, or began anew) what it counted between the two is unknown, and so is that time.

    Parameters
    ----------
    readings : sequence of (hour, lowest, highest)
        Of each hour with a reading, in the order of time: hours since the start of the span.
    hours : float
        Length of the span. [h]
    """
    if not readings or hours <= 0.0:
        return None
    counted, known_h, before = 0.0, 0.0, None
    for hour, lowest, highest in readings:
        since = 1.0 if before is None else hour - before[0]
        rise = highest - (lowest if before is None else before[1])
        if rise >= 0.0:
            counted += rise
            known_h += since
        before = (hour, highest)
    return Metered(counted, min(1.0, known_h / hours))
