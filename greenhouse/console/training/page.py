"""The training page of a compartment: each truth beside what the base says of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from devices.samples import Freshness
from greenhouse.console.training.causes import cause_in_words, difference_unit
from greenhouse.console.training.comparison import Claim, ComparedPlace, TruthRow
from greenhouse.console.trends.query import MOST_POINTS
from greenhouse.console.values.payloads import PointState
from greenhouse.console.values.shown_value import NO_VALUE, ShownValue, format_number
from greenhouse.console.values.words import age_in_words
from greenhouse.site.display import display
from greenhouse.site.naming import in_readers_language

PERIODS_H: Mapping[int, Promise] = {1: _("1 h"), 6: _("6 h"), 24: _("24 h"), 72: _("3 days")}
"""Lengths of time that the curves can be asked for. [h]"""
USUAL_PERIOD_H = 6

GROUPS: Mapping[str, Promise] = {
    "air_temperature": _("Air and light"),
    "canopy_temperature": _("Crop, floor and roots"),
    "feed_conductivity": _("Feed and water"),
    "controller_vent_position": _("Positions"),
}
"""A truth unit's points in groups, by the first point of each."""

_CURVES = (
    "air_temperature",
    "relative_humidity",
    "co2",
    "roof_vent_position",
    "lee_vent_position",
    "controller_vent_position",
    "root_moisture",
    "feed_conductivity",
)
"""Truths that are worth a curve, beside all that claims to show them."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Reading less truth; nothing where the two are not of one time, or one of them is not valid."""

    reading: ShownValue
    truth: ShownValue

    @property
    def value(self) -> float | None:
        """In the unit of the points; None: not comparable."""
        if any(shown.freshness is not Freshness.LIVE for shown in (self.reading, self.truth)):
            return None
        reading, truth = self.reading.believable_value, self.truth.believable_value
        return None if reading is None or truth is None else reading - truth

    @property
    def text(self) -> str:
        """With its sign, or a dash."""
        if self.value is None:
            return NO_VALUE
        shown = display(self.reading.point.quantity)
        text = format_number(self.value, resolution=shown.resolution, decimals=shown.decimals)
        return f"+{text}" if self.value > 0 and float(text) != 0 else text

    @property
    def unit(self) -> str:
        """Sign of its unit."""
        return difference_unit(self.reading.point)


@dataclass(frozen=True, slots=True)
class ShownClaim:
    """A reading beside its truth."""

    device: str
    reading: ShownValue
    age: str
    difference: Difference
    cause: str


@dataclass(frozen=True, slots=True)
class ShownTruth:
    """A truth with all that claims to show it."""

    truth: ShownValue
    age: str
    claims: tuple[ShownClaim, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Truths of one kind."""

    name: str
    truths: tuple[ShownTruth, ...]


@dataclass(frozen=True, slots=True)
class TrainingPage:
    """The page of one compartment.

    Attributes
    ----------
    query : str
        What the chart asks the server for.
    """

    faults: tuple[ShownValue, ...]
    groups: tuple[Group, ...]
    query: str


def training_page(place: ComparedPlace, states: Mapping[str, PointState], *, hours: int, now: datetime) -> TrainingPage:
    """The page of a compartment as it stands now."""
    return TrainingPage(
        faults=tuple(ShownValue(point, states.get(point.key), now) for point in place.faults),
        groups=tuple(_groups(place, states, now)),
        query=urlencode({"points": ",".join(_curves(place)), "hours": hours}, safe=","),
    )


def _groups(place: ComparedPlace, states: Mapping[str, PointState], now: datetime) -> Iterator[Group]:
    names: list[str] = []
    rows: list[list[ShownTruth]] = []
    for row in place.rows:
        if row.truth.local_key in GROUPS or not names:
            names.append(str(GROUPS.get(row.truth.local_key, "")))
            rows.append([])
        rows[-1].append(_shown(row, states, now))
    for name, truths in zip(names, rows, strict=True):
        yield Group(name, tuple(truths))


def _shown(row: TruthRow, states: Mapping[str, PointState], now: datetime) -> ShownTruth:
    truth = ShownValue(row.truth, states.get(row.truth.key), now)
    return ShownTruth(truth, _age(truth), tuple(_shown_claim(claim, truth, states, now) for claim in row.claims))


def _shown_claim(claim: Claim, truth: ShownValue, states: Mapping[str, PointState], now: datetime) -> ShownClaim:
    reading = ShownValue(claim.reading, states.get(claim.reading.key), now)
    return ShownClaim(
        device=in_readers_language(claim.device.name_zh, claim.device.name_en),
        reading=reading,
        age=_age(reading),
        difference=Difference(reading, truth),
        cause=cause_in_words(claim.source, claim.reading),
    )


def _age(shown: ShownValue) -> str:
    return "" if shown.state is None else age_in_words(shown.age_s)


def _curves(place: ComparedPlace) -> list[str]:
    rows = {row.truth.local_key: row for row in place.rows}
    found = []
    for key in _CURVES:
        if key in rows:
            found += [rows[key].truth.key, *(claim.reading.key for claim in rows[key].claims)]
    return found[:MOST_POINTS]
