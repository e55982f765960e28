"""What an address asks a chart for: points, a span of time, and what to compare with. Everything in it may be wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.http import QueryDict
from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from greenhouse.console.page.years import FIRST_YEAR, LAST_YEAR
from greenhouse.site.keys import ANY_KEY, KEY_LENGTH, POINT_KEY

MOST_POINTS: Final = 20
DEFAULT_HOURS: Final = 24
LONGEST: Final = timedelta(days=366 * 20)
SHORTEST: Final = timedelta(minutes=1)
USUAL_WIDTH_PX: Final = 800
_WIDTHS_PX = range(100, 4001)

SPANS: Mapping[int, Promise] = {
    1: gettext_lazy("1 hour"),
    6: gettext_lazy("6 hours"),
    24: gettext_lazy("24 hours"),
    24 * 7: gettext_lazy("7 days"),
    24 * 30: gettext_lazy("30 days"),
    24 * 365: gettext_lazy("1 year"),
}
"""Lengths that are offered, in hours. Any other whole number of hours may be asked for."""

_KEY = re.compile(POINT_KEY)
_NUMBER = re.compile(r"[0-9]{1,15}")
_DAYS_BACK = re.compile(r"([0-9]{1,4})d")
_PLACE = re.compile(ANY_KEY)


class BadQuery(Exception):
    """An address that no chart can be drawn of; its text says why, in the reader's language."""


@dataclass(frozen=True, slots=True)
class Compare:
    """What the same curves are compared with: as many days before, or another compartment. One of the two."""

    days_back: int = 0
    compartment: str = ""

    def __str__(self) -> str:
        return self.compartment or f"{self.days_back}d"


@dataclass(frozen=True, slots=True)
class TrendQuery:
    """What is asked for.

    Attributes
    ----------
    points : tuple of str
        Keys in the order in which they were asked for, each once. They need not be known.
    malformed : int
        How many words stood among the points that are no keys at all.
    start, end : datetime
        Aware.
    hours : int or None
        Length of a window that ends now and goes on; None: a fixed span.
    width_px : int
        Width of the drawing.
    after_ms : int or None
        Send no bucket that begins before: the reader has them.
    """

    points: tuple[str, ...]
    malformed: int
    start: datetime
    end: datetime
    hours: int | None
    compare: Compare | None
    width_px: int
    after_ms: int | None

    @property
    def is_live(self) -> bool:
        """Whether the window ends now and goes on."""
        return self.hours is not None


def read_query(given: QueryDict, *, now: datetime, zone: ZoneInfo) -> TrendQuery:
    """Read an address.

    Parameters
    ----------
    now : datetime
        End of a window that goes on.
    zone : ZoneInfo
        Of times that name none.

    Raises
    ------
    BadQuery
        If there is nothing sensible to draw of it.
    """
    words = [word for text in given.getlist("points") for word in text.split(",") if word]
    keys = tuple(dict.fromkeys(word for word in words if _KEY.fullmatch(word)))
    if len(keys) > MOST_POINTS:
        raise BadQuery(_("A chart shows at most %(most)d points; %(count)d were asked for.") % _counts(keys))
    hours, (start, end) = None, _fixed_span(given, zone) or (now, now)
    if start == end:
        hours = _hours(given.get("hours", ""))
        start = end - timedelta(hours=hours)
    return TrendQuery(
        points=keys,
        malformed=sum(1 for word in words if not _KEY.fullmatch(word)),
        start=start,
        end=end,
        hours=hours,
        compare=_compare(given.get("compare", "")),
        width_px=_width(given.get("width", "")),
        after_ms=_whole(given.get("after", "")),
    )


def _counts(keys: tuple[str, ...]) -> dict[str, int]:
    return {"most": MOST_POINTS, "count": len(keys)}


def _fixed_span(given: QueryDict, zone: ZoneInfo) -> tuple[datetime, datetime] | None:
    texts = given.get("from", ""), given.get("to", "")
    if not any(texts):
        return None
    if not all(texts):
        raise BadQuery(_("A span of time needs both its start and its end."))
    start, end = (read_moment(text, zone) for text in texts)
    if end <= start:
        raise BadQuery(_("The start of the span lies after its end. Exchange the two."))
    if end - start < SHORTEST:
        raise BadQuery(_("The span is shorter than a minute."))
    if end - start > LONGEST:
        raise BadQuery(_("The span is longer than twenty years."))
    return start, end


def read_moment(text: str, zone: ZoneInfo) -> datetime:
    """A time as addresses and forms write it; in this zone, if it names none.

    Raises
    ------
    BadQuery
        If it is none, or lies where no base has ever been.
    """
    try:
        moment = parse_datetime(text.replace(" ", "+") if "T" in text else text)
    except ValueError:
        moment = None
    if moment is None or not FIRST_YEAR <= moment.year < LAST_YEAR:
        # What was typed is not repeated: it may be as long as an address, and hold anything.
        raise BadQuery(
            _("A time must look like 2026-11-24T08:00 and lie between %(first)d and %(last)d.")
            % {"first": FIRST_YEAR, "last": LAST_YEAR}
        )
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def _hours(text: str) -> int:
    if not text:
        return DEFAULT_HOURS
    hours = _whole(text)
    if not hours or timedelta(hours=min(hours, 10**6)) > LONGEST:
        raise BadQuery(_("The length of the window must be a whole number of hours, from one hour to twenty years."))
    return hours


def _compare(text: str) -> Compare | None:
    if not text:
        return None
    if match := _DAYS_BACK.fullmatch(text):
        if days := int(match[1]):
            return Compare(days_back=days)
    elif _PLACE.fullmatch(text) and len(text) <= KEY_LENGTH:
        return Compare(compartment=text)
    raise BadQuery(_("Curves can be compared with those of earlier days (1d, 7d) or of another house."))


def _width(text: str) -> int:
    width_px = _whole(text) or USUAL_WIDTH_PX
    return min(max(width_px, _WIDTHS_PX[0]), _WIDTHS_PX[-1])


def _whole(text: str) -> int | None:
    return int(text) if _NUMBER.fullmatch(text) else None
