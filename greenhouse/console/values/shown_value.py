"""A value as a page shows it: its number or words, and how far it may be believed.

The page's script (``frontend/values/readings.js``) goes on where this leaves off, by the same rules and with the ages
that are sent along here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import floor

from django.utils.functional import cached_property

from devices.samples import Freshness, freshness, freshness_limits
from devices.units import Quantity
from greenhouse.clock import pace
from greenhouse.console.values.payloads import PointState
from greenhouse.console.values.words import age_in_words, reason_in_words, word
from greenhouse.site.display import display, unit_sign
from greenhouse.site.naming import in_readers_language
from greenhouse.site.structure import PointStructure

NO_VALUE = "—"


def format_number(value: float, *, resolution: float, decimals: int) -> str:
    """A number as people read it: rounded to its resolution, a true minus sign, no negative zero.

    Halves go up, as in the page's script; Python's own rounding would send every second half down.
    """
    text = f"{floor(value / resolution + 0.5) * resolution:.{decimals}f}"
    return text.replace("-", "" if float(text) == 0 else "−")


@dataclass(frozen=True)
class ShownValue:
    """One value of one point, ready for a template.

    Attributes
    ----------
    state : PointState or None
        None: the point was never seen.
    now : datetime
        Server time, aware UTC.
    """

    point: PointStructure
    state: PointState | None
    now: datetime

    @property
    def key(self) -> str:
        """Key of the point."""
        return self.point.key

    @cached_property
    def freshness(self) -> Freshness:
        """How old the value is, against how often it should come."""
        if self.state is None:
            return Freshness.DEAD
        return freshness(age=timedelta(seconds=self.age_s), interval_s=self.point.poll_s, pace=pace())

    @property
    def age_s(self) -> float:
        """Age of the value. [s]"""
        return float("inf") if self.state is None else self.now.timestamp() - self.state["at"] / 1000

    @property
    def believable_value(self) -> float | None:
        """The value, unless there is none that may be shown as one."""
        if self.state is None or self.state["quality"] == "bad" or self.freshness is Freshness.DEAD:
            return None
        return self.state["value"]

    @property
    def text(self) -> str:
        """Number or word, or a dash."""
        value = self.believable_value
        return NO_VALUE if value is None else self.format(value)

    def format(self, value: float) -> str:
        """Another value of the same point, written the same way."""
        return format_value(self.point, value)

    @property
    def unit(self) -> str:
        """Sign of the unit; empty for numbers without one."""
        return unit_sign(self.point.unit)

    @property
    def note(self) -> str:
        """What stands beside a value that is not live and good."""
        if self.state is None:
            return word("freshness.never")
        if self.freshness in {Freshness.STALE, Freshness.DEAD}:
            return age_in_words(self.age_s)
        return "" if self.state["quality"] == "good" else reason_in_words(self.state["reason"])

    @property
    def attributes(self) -> Mapping[str, str]:
        """``data-`` attributes for the page's script and for tests."""
        limits, shown, state = freshness_limits(self.point.poll_s), display(self.point.quantity), self.state
        attributes = {
            "point": self.point.key,
            "value": "" if state is None or state["value"] is None else repr(state["value"]),
            "quality": "bad" if state is None else state["quality"],
            "reason": "none" if state is None else state["reason"],
            "freshness": self.freshness.value,
            "origin": "" if state is None else state["origin"],
            "observed-at": "" if state is None else str(state["at"]),
            "late-after": f"{limits.late_after_s:g}",
            "stale-after": f"{limits.stale_after_s:g}",
            "dead-after": f"{limits.dead_after_s:g}",
            "resolution": f"{shown.resolution:g}",
            "decimals": str(shown.decimals),
        }
        if self.point.quantity is Quantity.STATUS_BITS:
            attributes["bits"] = json.dumps(bit_names(self.point), ensure_ascii=False)
        elif self.point.states:
            attributes["states"] = json.dumps(state_names(self.point), ensure_ascii=False)
        return attributes


def format_value(point: PointStructure, value: float) -> str:
    """A value of this point as its number or, for a state, as its word."""
    if point.quantity is Quantity.STATUS_BITS:
        return bits_in_words(value, bit_names(point))
    shown = display(point.quantity)
    names = state_names(point)
    return names.get(f"{value:g}") or format_number(value, resolution=shown.resolution, decimals=shown.decimals)


def written(point: PointStructure | None, value: float | None) -> str:
    """A value as pages write it: a dash for none, the bare number for a point that is not part of the base any more."""
    if value is None:
        return NO_VALUE
    return f"{value:g}" if point is None else format_value(point, value)


def state_names(point: PointStructure) -> dict[str, str]:
    """Names of the numbers of a mode or state, in the reader's language. Status bits have none: theirs name bits."""
    return {} if point.quantity is Quantity.STATUS_BITS else _names(point)


def bit_names(point: PointStructure) -> dict[str, str]:
    """Names of the bits of a word of status bits by their number, in the reader's language."""
    return _names(point)


def bits_in_words(value: float, names: Mapping[str, str]) -> str:
    """The names of the bits that are set; those without a name by their number."""
    word_ = int(value)
    bits = [number for number in range(word_.bit_length()) if word_ >> number & 1]
    return word("list.comma").join(names.get(str(number), str(number)) for number in bits) or word("bits.none")


def _names(point: PointStructure) -> dict[str, str]:
    return {str(number): in_readers_language(zh, en) for number, zh, en in point.states}
