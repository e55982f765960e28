"""Which values are not live and good, and where they are measured."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from devices.samples import Freshness
from greenhouse.console.values.payloads import PointState
from greenhouse.console.values.places import placed
from greenhouse.console.values.shown_value import NO_VALUE, ShownValue
from greenhouse.console.values.states import standing
from greenhouse.site.structure import BaseStructure

SHOWN_ON_THE_OVERVIEW = 6

_SIGNS = {Freshness.LATE.value: "late", Freshness.STALE.value: "stale"}


@dataclass(frozen=True, slots=True)
class PointRow:
    """A value that is not live and good.

    Attributes
    ----------
    standing : str
        Its freshness, or ``bad``.
    """

    reading: ShownValue
    place: str
    standing: str

    @property
    def sign(self) -> str:
        """Sign of its standing."""
        return _SIGNS.get(self.standing, "bad")

    @property
    def last(self) -> str:
        """The last value that was received, whatever it is worth."""
        state = self.reading.state
        return NO_VALUE if state is None or state["value"] is None else self.reading.format(state["value"])


def wrong_points(
    base: BaseStructure, states: Mapping[str, PointState], *, now: datetime, of: Collection[str] | None = None
) -> list[PointRow]:
    """Every polled point that is not live and good: those without a value first, then by place.

    Parameters
    ----------
    of : collection of str, optional
        Keys of the points to look at; None: all.
    """
    rows = [
        PointRow(ShownValue(point, states.get(point.key), now), place, how)
        for place, point in placed(base)
        if (of is None or point.key in of)
        and point.access.can_read
        and (how := standing(point, states.get(point.key), now=now)) != Freshness.LIVE.value
    ]
    return sorted(rows, key=lambda row: ("bad", "stale", "late").index(row.sign))


def attention(rows: Sequence[PointRow]) -> dict[str, object]:
    """The first of these rows and how many more there are, for a template."""
    return {"attention": rows[:SHOWN_ON_THE_OVERVIEW], "more": max(0, len(rows) - SHOWN_ON_THE_OVERVIEW)}
