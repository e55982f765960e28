"""How things stand: which values are not live and good, what is the matter with the clock, what schedules missed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from devices.samples import Freshness
from greenhouse.console.payloads import PointState
from greenhouse.console.schedule_words import HOW_TO_TRUST, clock_in_words, schedule_name
from greenhouse.console.shown_value import NO_VALUE, ShownValue
from greenhouse.console.states import standing
from greenhouse.schedules import history
from greenhouse.site.structure import BaseStructure, PointStructure
from greenhouse.site.virtual_points import CLOCK, Clock, control_key

SHOWN_ON_THE_OVERVIEW = 6
COMING_ON_THE_OVERVIEW = 3
LOOK_BACK_ON_THE_OVERVIEW = timedelta(days=1)
CLOCK_POINT = control_key(CLOCK)

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


def placed(base: BaseStructure) -> Iterator[tuple[str, PointStructure]]:
    """Every point with the name of its place, in the order of the base file."""
    for house in base.houses:
        for part in house.compartments:
            for point in part.points.values():
                yield part.name, point
    for point in base.common_points.values():
        yield base.name, point


def clock_standing(states: Mapping[str, PointState]) -> dict[str, object]:
    """What is the matter with the server's clock, for a template."""
    state = states.get(CLOCK_POINT)
    clock = Clock.RIGHT if state is None or state["value"] is None else Clock(int(state["value"]))
    return {
        "clock_trouble": clock_in_words(clock),
        "how_to_trust": "" if clock.is_plausible else HOW_TO_TRUST,
    }


def schedules_standing(base: BaseStructure, now: datetime) -> dict[str, object]:
    """What the overview says of schedules, for a template."""
    coming = history.coming(now, ZoneInfo(base.time_zone), most=COMING_ON_THE_OVERVIEW)
    return {
        "coming": [(schedule_name(schedule), due_at) for schedule, due_at in coming],
        "questions_count": len(history.questions()),
        "missed_count": history.count_missed(now - LOOK_BACK_ON_THE_OVERVIEW),
    }
