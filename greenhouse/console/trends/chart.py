"""Everything that one chart shows, as the page's script gets it: data and names. Sentences are made there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, TypedDict
from zoneinfo import ZoneInfo

from django.contrib.auth.models import AnonymousUser, User
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from devices.samples import Origin
from devices.units import Quantity
from greenhouse.agronomy.sun import sun_times
from greenhouse.console.overview.overview import MEASURES
from greenhouse.console.trends.columns import Columns, columns, tracks
from greenhouse.console.trends.counterparts import counterpart
from greenhouse.console.trends.marks import Mark, concerned, marks
from greenhouse.console.trends.query import BadQuery, Compare, TrendQuery
from greenhouse.console.trends.steps import Grid, grid
from greenhouse.console.values.quantities import quantity_name
from greenhouse.console.values.shown_value import state_names
from greenhouse.site.display import display, unit_sign
from greenhouse.site.structure import BaseStructure, PointStructure
from greenhouse.telemetry import series
from greenhouse.telemetry.codes import from_ms, to_ms
from greenhouse.telemetry.unreadable import Unreadable

LONGEST_WITH_NIGHTS: Final = timedelta(days=45)
"""In a longer chart a night is a few pixels wide: shading would be a pattern and tell nothing."""
_NUMBERED = frozenset({Quantity.STATE, Quantity.MODE, Quantity.STATUS_BITS, Quantity.CODE})
_BANDS = {spec.low: spec.high for spec in MEASURES if spec.low and spec.high}


class Series(TypedDict):
    """One curve. ``role``: ``measured``, ``setpoint``, ``outside``, ``state`` or ``direction``.

    ``common``: it serves the whole base. ``until``: key of the point up to which the band above this setpoint reaches;
    empty: there is none.
    """

    key: str
    label: str
    place: str
    common: bool
    quantity: str
    quantity_name: str
    unit: str
    resolution: float
    decimals: int
    role: str
    until: str
    states: dict[str, str]
    simulated: bool
    data: Columns


class Comparison(TypedDict):
    """The same curves of another time or place, bucket by bucket; None for a point that has no like there.

    ``shift``: so many milliseconds later they would have been now.
    """

    label: str
    shift: int
    series: list[Columns | None]


class DamagedSpan(TypedDict):
    """A span of a point whose samples cannot be read."""

    point: str
    start: int
    end: int


class ChartData(TypedDict):
    """One chart. Times in milliseconds since 1970 UTC. ``sun``: sunrise and sunset of each day, in this order."""

    zone: str
    now: int
    live: bool
    start: int
    step: int
    count: int
    series: list[Series]
    compare: Comparison | None
    sun: list[tuple[int, int]]
    marks: tuple[Mark, ...]
    cut_off: tuple[str, ...]
    unreadable: list[DamagedSpan]
    unknown: list[str]
    notice: list[str]


@dataclass(frozen=True, slots=True)
class Chosen:
    """The points of a chart that the base has, and those that it has not."""

    points: tuple[PointStructure, ...]
    unknown: tuple[str, ...]


def chosen(base: BaseStructure, keys: Sequence[str]) -> Chosen:
    """The points that are meant by some keys."""
    return Chosen(
        tuple(base.points[key] for key in keys if key in base.points),
        tuple(key for key in keys if key not in base.points),
    )


def grid_of(query: TrendQuery, zone: ZoneInfo) -> Grid:
    """The buckets of a chart."""
    return grid(query.start, query.end, width_px=query.width_px, zone=zone)


def chart_data(base: BaseStructure, query: TrendQuery, *, reader: User | AnonymousUser, now: datetime) -> ChartData:
    """A chart of what is asked for.

    Raises
    ------
    BadQuery
        If it is to be compared with a compartment that the base has not.
    """
    zone = ZoneInfo(base.time_zone)
    whole = grid_of(query, zone)
    shown = since(whole, query.after_ms)
    found = chosen(base, query.points)
    simulated = simulated_points([point.key for point in found.points])
    known, damaged = tracks([point.key for point in found.points], shown, until=now)
    told = marks(base, concerned(found.points), from_ms(whole.start_ms), from_ms(whole.end_ms), reader=reader)
    labels = labels_of(base, found.points)
    return ChartData(
        zone=base.time_zone,
        now=to_ms(now),
        live=query.is_live,
        start=shown.start_ms,
        step=shown.step_ms,
        count=shown.count,
        series=[
            _series(point, labels[point.key], columns(point, known[point.key]), is_simulated=point.key in simulated)
            for point in found.points
        ],
        compare=None if query.compare is None else _comparison(base, query.compare, found.points, shown, now),
        sun=_suns(base, zone, whole),
        marks=told.listed,
        cut_off=told.cut_off,
        unreadable=_spans(damaged),
        unknown=list(found.unknown),
        notice=_notices(query, found),
    )


def since(whole: Grid, after_ms: int | None) -> Grid:
    """The part of a chart from a moment on; all of it if the moment does not lie in it."""
    if after_ms is None or not whole.start_ms <= after_ms < whole.end_ms:
        return whole
    skipped = (after_ms - whole.start_ms) // whole.step_ms
    return replace(whole, start_ms=whole.start_ms + skipped * whole.step_ms, count=whole.count - skipped)


def simulated_points(keys: Sequence[str]) -> frozenset[str]:
    """Those of some points whose newest value is simulated."""
    return frozenset(key for key, sample in series.latest(keys).items() if sample.origin is Origin.SIMULATED)


@dataclass(frozen=True, slots=True)
class Labels:
    """How a curve is called."""

    label: str
    place: str


def labels_of(base: BaseStructure, points: Sequence[PointStructure]) -> Mapping[str, Labels]:
    """Names of curves by point key; two points of one name in one place carry the name of their device as well."""
    parts = base.compartments
    places = {point.key: base.name if point.compartment is None else parts[point.compartment].name for point in points}
    times = Counter((places[point.key], point.label) for point in points)
    return {
        point.key: Labels(
            point.label if times[places[point.key], point.label] == 1 else f"{point.label} ({point.device})",
            places[point.key],
        )
        for point in points
    }


def role_of(point: PointStructure) -> str:
    """How a point is drawn."""
    if point.quantity in _NUMBERED or point.states:
        return "state"
    if point.quantity is Quantity.WIND_DIRECTION:
        return "direction"
    if point.is_writable:
        return "setpoint"
    return "measured" if point.compartment is not None else "outside"


def _series(point: PointStructure, labels: Labels, data: Columns, *, is_simulated: bool) -> Series:
    shown = display(point.quantity)
    until = _BANDS.get(point.local_key)
    return Series(
        key=point.key,
        label=labels.label,
        place=labels.place,
        common=point.compartment is None,
        quantity=point.quantity.value,
        quantity_name=quantity_name(point.quantity),
        unit=unit_sign(point.unit),
        resolution=shown.resolution,
        decimals=shown.decimals,
        role=role_of(point),
        until=f"{point.device}.{until}" if until else "",
        states=state_names(point),
        simulated=is_simulated,
        data=data,
    )


def _comparison(
    base: BaseStructure, compare: Compare, points: Sequence[PointStructure], shown: Grid, now: datetime
) -> Comparison:
    others, label, shift_ms = compared(base, compare, points)
    moved = replace(shown, start_ms=shown.start_ms - shift_ms)
    known, _damaged = tracks([other.key for other in others.values()], moved, until=now)
    found = {key: columns(other, known[other.key]) for key, other in others.items()}
    return Comparison(label=label, shift=shift_ms, series=[found.get(point.key) for point in points])


def compared(
    base: BaseStructure, compare: Compare, points: Sequence[PointStructure]
) -> tuple[Mapping[str, PointStructure], str, int]:
    """By point key, what a curve is compared with; what that is called; and by how much it is shifted. [ms]

    Raises
    ------
    BadQuery
        If the base has no such compartment.
    """
    if not compare.compartment:
        same = {point.key: point for point in points}
        return same, days_before(compare.days_back), compare.days_back * 86_400_000
    other = base.compartments.get(compare.compartment)
    if other is None:
        raise BadQuery(_("The base has no such house to compare with."))
    likes = ((point.key, counterpart(point, other)) for point in points)
    return {key: like for key, like in likes if like is not None}, other.name, 0


def days_before(days: int) -> str:
    """What curves of so many days before are called."""
    if days == 1:
        return _("the day before")
    return ngettext("%(days)d day before", "%(days)d days before", days) % {"days": days}


def _suns(base: BaseStructure, zone: ZoneInfo, whole: Grid) -> list[tuple[int, int]]:
    start, end = from_ms(whole.start_ms).astimezone(zone), from_ms(whole.end_ms).astimezone(zone)
    if end - start > LONGEST_WITH_NIGHTS:
        return []
    suns = []
    for number in range((end.date() - start.date()).days + 1):
        day = start.date() + timedelta(days=number)
        times = sun_times(day, latitude_deg=base.latitude_deg, longitude_deg=base.longitude_deg)
        if times.sunrise and times.sunset:
            suns.append((to_ms(times.sunrise), to_ms(times.sunset)))
    return suns


def _spans(damaged: Sequence[Unreadable]) -> list[DamagedSpan]:
    return [DamagedSpan(point=its.point, start=to_ms(its.start), end=to_ms(its.end)) for its in damaged]


def _notices(query: TrendQuery, found: Chosen) -> list[str]:
    """What is wrong with the address, and yet leaves something to draw."""
    notices = []
    if found.unknown:
        names = {"keys": ", ".join(key[:60] for key in found.unknown)}
        notices.append(_("The base has no point %(keys)s, or not any more.") % names)
    if query.malformed:
        notices.append(
            ngettext(
                "%(count)d word of the address is not the key of a point.",
                "%(count)d words of the address are not keys of points.",
                query.malformed,
            )
            % {"count": query.malformed}
        )
    return notices
