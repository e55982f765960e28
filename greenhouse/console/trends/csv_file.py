"""A chart as a file for a spreadsheet: one row per bucket, columns with units, quality and coverage beside each value.

Times in ISO form with their zone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from greenhouse.console.trends.chart import Chosen, compared, labels_of, role_of, simulated_points
from greenhouse.console.trends.columns import Track, tracks
from greenhouse.console.trends.marks import Mark
from greenhouse.console.trends.query import Compare
from greenhouse.console.trends.steps import Grid
from greenhouse.console.values.shown_value import state_names
from greenhouse.site.display import display, unit_sign
from greenhouse.site.structure import BaseStructure, PointStructure
from greenhouse.telemetry.codes import from_ms
from greenhouse.telemetry.unreadable import Unreadable

MOST_CELLS = 2_000_000
CELLS_PER_POINT = 5
_WHOLE_PCT = 99.5


def csv_rows(
    base: BaseStructure,
    chosen: Chosen,
    grid: Grid,
    noted: Sequence[Mark],
    *,
    compare: Compare | None = None,
    now: datetime,
) -> Iterator[list[str]]:
    """The rows of the file, after the names of its columns. What is compared with stands in the row it belongs to."""
    zone = ZoneInfo(base.time_zone)
    columns = [*_columns(base, chosen.points, grid, now), *_compared(base, compare, chosen.points, grid, now)]
    heads = [f"{cells.name} · {what}" for cells in columns for what in _whats(cells.point)]
    yield [_("from (with time zone)"), _("to (with time zone)"), *heads, _("Notes")]
    notes = _by_row(noted, grid)
    for number in range(grid.count):
        start_ms, end_ms = (grid.start_ms + n * grid.step_ms for n in (number, number + 1))
        times = [from_ms(ms).astimezone(zone).isoformat() for ms in (start_ms, end_ms)]
        row = [cell for cells in columns for cell in cells.at(number)]
        yield [*times, *row, " | ".join(notes.get(number, ()))]


def _columns(base: BaseStructure, points: Sequence[PointStructure], grid: Grid, now: datetime) -> list[_Cells]:
    keys = [point.key for point in points]
    (known, damaged), simulated, labels = tracks(keys, grid, until=now), simulated_points(keys), labels_of(base, points)
    found = []
    for point in points:
        unit = unit_sign(point.unit)
        name = f"{labels[point.key].place} · {labels[point.key].label}" + (f" ({unit})" if unit else "")
        if point.key in simulated:
            name = _("%(name)s [demo data]") % {"name": name}
        spans = [its for its in damaged if its.point == point.key]
        found.append(_Cells(name, point, known[point.key], grid, spans))
    return found


def _compared(
    base: BaseStructure, compare: Compare | None, points: Sequence[PointStructure], grid: Grid, now: datetime
) -> list[_Cells]:
    if compare is None:
        return []
    others, label, shift_ms = compared(base, compare, points)
    moved = replace(grid, start_ms=grid.start_ms - shift_ms)
    found = _columns(base, list(others.values()), moved, now)
    if not compare.compartment:
        for cells in found:
            cells.name = f"{cells.name} · {label}"
    return found


def _whats(point: PointStructure) -> list[str]:
    ranged = [pgettext("column", "minimum"), pgettext("column", "maximum")]
    value = pgettext("column", "value") if role_of(point) == "state" else pgettext("column", "mean")
    return [value, *ranged, pgettext("column", "quality"), pgettext("column", "coverage (%)")]


class _Cells:
    """The cells of one point."""

    def __init__(
        self, name: str, point: PointStructure, track: Track, grid: Grid, damaged: Sequence[Unreadable]
    ) -> None:
        self.name, self.point = name, point
        self._track, self._grid, self._damaged = track, grid, damaged
        self._decimals = display(point.quantity).decimals
        self._names = state_names(point)

    def at(self, number: int) -> list[str]:
        """Mean, minimum, maximum, quality and coverage of a bucket."""
        track = self._track
        values = (track.mean[number], track.minimum[number], track.maximum[number])
        return [*map(self._written, values), self._quality(number), f"{track.cover_pct[number]:.0f}"]

    def _written(self, value: float) -> str:
        if not np.isfinite(value):
            return ""
        # One digit more than on the page: whoever computes on rounds last.
        return self._names.get(f"{value:g}", "") or f"{value:.{self._decimals + 1}f}"

    def _quality(self, number: int) -> str:
        start, end = (from_ms(self._grid.start_ms + n * self._grid.step_ms) for n in (number, number + 1))
        if any(its.start < end and start < its.end for its in self._damaged):
            return pgettext("quality", "damaged")
        if not np.isfinite(self._track.mean[number]):
            return pgettext("quality", "bad") if self._track.unusable[number] else pgettext("quality", "none")
        if self._track.unusable[number]:
            return pgettext("quality", "partly bad")
        if self._track.cover_pct[number] < _WHOLE_PCT:
            return pgettext("quality", "partly missing")
        return pgettext("quality", "good")


def _by_row(noted: Sequence[Mark], grid: Grid) -> dict[int, list[str]]:
    """What people noted, by the row in whose time it begins."""
    found: defaultdict[int, list[str]] = defaultdict(list)
    for mark in noted:
        found[(mark["at"] - grid.start_ms) // grid.step_ms].append(f"{mark['what']} ({mark['by']})")
    return found
