"""What a commissioner looks at: the cycles of a crop in its seasons, what they gave, and what they grew in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from django.db.models import Count, Max, Min, Q

from devices.samples import Origin
from greenhouse.crops import cycles
from greenhouse.crops.models import CropCycle, TargetPer
from greenhouse.harvest.entries import standing
from greenhouse.harvest.grades import Grade
from greenhouse.harvest.growing import Growing, growing_of
from greenhouse.harvest.models import Harvest
from greenhouse.harvest.sums import Grown, Picked
from greenhouse.site.structure import BaseStructure

SEASON_BEGINS_IN = 7
"""Month. A season is called by the year that it begins in: what was planted from July to June."""


def season_of(day: date) -> int:
    """The season of a crop that was planted on a day."""
    return day.year if day.month >= SEASON_BEGINS_IN else day.year - 1


@dataclass(frozen=True, slots=True)
class Group:
    """The cycles of a cultivar in a season."""

    cultivar: str
    season: int
    cycles: tuple[CropCycle, ...]
    grown: tuple[Grown, ...]

    @property
    def area_m2(self) -> float:
        """Of all of them."""
        return sum(cycle.area_m2 for cycle in self.cycles)


@dataclass(frozen=True, slots=True)
class Footing:
    """What the figures stand on.

    Attributes
    ----------
    entries, corrections, withdrawn : int
        Entries that count; of all that are stored, how many correct another one, and how many withdraw one.
    first, last : date or None
        Days of the first and last harvest.
    entered_at : datetime or None
        When the last one was stored.
    """

    entries: int
    corrections: int
    withdrawn: int
    first: date | None
    last: date | None
    entered_at: datetime | None
    is_simulated: bool


@dataclass(frozen=True)
class Review:
    """A crop in one or all of its seasons.

    Attributes
    ----------
    seasons : tuple of int
        In which the crop was planted, the newest first.
    season : int or None
        The one that is looked at; None: all.
    """

    crop: str
    seasons: tuple[int, ...]
    season: int | None
    groups: tuple[Group, ...]
    footing: Footing
    today: date

    @cached_property
    def cycles(self) -> tuple[CropCycle, ...]:
        """Of all groups."""
        return tuple(cycle for group in self.groups for cycle in group.cycles)


def crops_grown() -> list[str]:
    """Keys of the crops that were ever planted, the one that was harvested last first."""
    last = Max("harvests__day")
    rows = CropCycle.objects.order_by().values("crop").annotate(last=last, planted=Max("planted_on"))
    return [
        row["crop"] for row in sorted(rows, key=lambda row: (row["last"] or date.min, row["planted"]), reverse=True)
    ]


def review_of(crop: str, *, season: int | None, now: datetime) -> Review:
    """The cycles of a crop and what they gave."""
    everything = [cycle for cycle in cycles.all_cycles() if cycle.crop == crop]
    seasons = tuple(sorted({season_of(cycle.planted_on) for cycle in everything}, reverse=True))
    chosen = [cycle for cycle in everything if season is None or season_of(cycle.planted_on) == season]
    return Review(
        crop=crop,
        seasons=seasons,
        season=season,
        groups=_groups(chosen),
        footing=_footing(chosen),
        today=cycles.local_day(now),
    )


def growing_in(base: BaseStructure, review: Review, *, now: datetime) -> Mapping[str, Growing]:
    """What the cycles of a review grew in, by the text of their ids."""
    return growing_of(base, review.cycles, now=now)


def entries_of(review: Review) -> list[Harvest]:
    """The entries that count, in the order of their days."""
    rows = standing().filter(cycle__in=[cycle.pk for cycle in review.cycles])
    return list(rows.select_related("cycle", "entered_by").order_by("day", "cycle", "grade", "entered_at"))


def _groups(chosen: Sequence[CropCycle]) -> tuple[Group, ...]:
    picked = _picked(chosen)
    by_key: defaultdict[tuple[int, str], list[CropCycle]] = defaultdict(list)
    for cycle in sorted(chosen, key=lambda one: (-season_of(one.planted_on), one.planted_on, one.compartment_key)):
        by_key[season_of(cycle.planted_on), cycle.cultivar].append(cycle)
    return tuple(
        Group(cultivar, season, tuple(own), tuple(_grown(cycle, picked[str(cycle.pk)]) for cycle in own))
        for (season, cultivar), own in by_key.items()
    )


def _picked(chosen: Iterable[CropCycle]) -> Mapping[str, list[Picked]]:
    found: defaultdict[str, list[Picked]] = defaultdict(list)
    rows = standing().filter(cycle__in=[cycle.pk for cycle in chosen])
    for cycle, day, grade, mass_g in rows.values_list("cycle_id", "day", "grade", "mass_g").iterator():
        found[str(cycle)].append(Picked(day, Grade(grade), mass_g or 0))
    return found


def _grown(cycle: CropCycle, picked: Iterable[Picked]) -> Grown:
    return Grown(
        area_m2=cycle.area_m2,
        planted_on=cycle.planted_on,
        ended_on=cycle.ended_on,
        picked=tuple(picked),
        target_kg_m2=cycle.target_kg_m2,
        is_weekly_target=cycle.target_per == TargetPer.WEEK,
    )


def _footing(chosen: Sequence[CropCycle]) -> Footing:
    rows = Harvest.objects.filter(cycle__in=[cycle.pk for cycle in chosen])
    counts = Q(replaced_by__isnull=True, mass_g__isnull=False)
    told = rows.aggregate(
        entries=Count("pk", filter=counts),
        corrections=Count("pk", filter=Q(replaces__isnull=False, mass_g__isnull=False)),
        withdrawn=Count("pk", filter=Q(mass_g__isnull=True)),
        first=Min("day", filter=counts),
        last=Max("day", filter=counts),
        entered_at=Max("entered_at"),
    )
    simulated = Origin.SIMULATED.value
    is_simulated = any(cycle.origin == simulated for cycle in chosen) or rows.filter(origin=simulated).exists()
    return Footing(**told, is_simulated=is_simulated)
