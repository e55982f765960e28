"""The address of the yield review: it says all that is shown, so that a link opens the same again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.http import QueryDict

from greenhouse.harvest.sums import Axis, YieldUnit

ALL_SEASONS = "all"


@dataclass(frozen=True, slots=True)
class YieldQuery:
    """What is looked at.

    Attributes
    ----------
    season : int or None
        The year in which it begins; None: all of them.
    """

    crop: str
    season: int | None
    unit: YieldUnit = YieldUnit.KG_M2
    axis: Axis = Axis.PLANTING

    def address(self) -> str:
        """As an address asks for it."""
        found = QueryDict(mutable=True)
        found["crop"] = self.crop
        found["season"] = ALL_SEASONS if self.season is None else str(self.season)
        found["unit"], found["axis"] = self.unit.value, self.axis.value
        return found.urlencode()

    def with_unit(self, unit: YieldUnit) -> YieldQuery:
        """The same in another unit."""
        return replace(self, unit=unit)

    def with_axis(self, axis: Axis) -> YieldQuery:
        """The same with weeks that are counted from something else."""
        return replace(self, axis=axis)


def read_query(given: QueryDict, *, crops: Sequence[str]) -> YieldQuery:
    """What an address asks for; what it does not say, or says wrongly, is the usual. ``season`` may need `settled`."""
    crop = given.get("crop", "")
    season, unit, axis = given.get("season", ""), given.get("unit", ""), given.get("axis", "")
    is_year = season.isascii() and season.isdecimal() and len(season) == 4
    return YieldQuery(
        crop=crop if crop in crops else crops[0],
        season=int(season) if is_year else None if season == ALL_SEASONS else 0,
        unit=YieldUnit(unit) if unit in set(YieldUnit) else YieldUnit.KG_M2,
        axis=Axis(axis) if axis in set(Axis) else Axis.PLANTING,
    )


def settled(query: YieldQuery, seasons: Sequence[int]) -> YieldQuery:
    """With a season in which the crop was planted: the newest one, where another was asked for."""
    is_known = query.season is None or query.season in seasons
    return query if is_known else replace(query, season=seasons[0])
