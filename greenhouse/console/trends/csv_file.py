"""A chart as a file for a spreadsheet: one row per bucket, columns with units, quality and coverage beside each value.

UTF-8 with the mark that Excel wants, times in ISO form with their zone.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from greenhouse.console.shown_value import state_names
from greenhouse.console.trends.chart import Chosen, labels_of, role_of, simulated_points
from greenhouse.console.trends.columns import Track, tracks
from greenhouse.console.trends.marks import Mark
from greenhouse.console.trends.steps import Grid
from greenhouse.site.display import display, unit_sign
from greenhouse.site.structure import BaseStructure, PointStructure
from greenhouse.telemetry.codes import from_ms
from greenhouse.telemetry.unreadable import Unreadable

MOST_CELLS = 2_000_000
BYTE_ORDER_MARK = "\ufeff"
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_WHOLE_PCT = 99.5


class _Echo:
    """Hands back what `csv` writes."""

    def write(self, text: str) -> str:
        return text


def csv_lines(
    base: BaseStructure, chosen: Chosen, grid: Grid, noted: Sequence[Mark], *, now: datetime
) -> Iterator[str]:
    """The file, line by line."""
    points, zone = chosen.points, ZoneInfo(base.time_zone)
    known, damaged = tracks([point.key for point in points], grid, until=now)
    simulated = simulated_points([point.key for point in points])
    writer = csv.writer(_Echo())
    yield BYTE_ORDER_MARK + writer.writerow(_header(base, points, simulated))
    columns = [_Cells(point, known[point.key], [its for its in damaged if its.point == point.key]) for point in points]
    for number in range(grid.count):
        start = from_ms(grid.start_ms + number * grid.step_ms).astimezone(zone)
        end_ms = grid.start_ms + (number + 1) * grid.step_ms
        row = [start.isoformat(), from_ms(end_ms).astimezone(zone).isoformat()]
        for cells in columns:
            row += cells.at(number, from_ms(end_ms - grid.step_ms))
        row.append(_notes(noted, end_ms - grid.step_ms, end_ms))
        yield writer.writerow(row)


def _header(base: BaseStructure, points: Sequence[PointStructure], simulated: frozenset[str]) -> list[str]:
    labels = labels_of(base, points)
    row = [_("from (with time zone)"), _("to (with time zone)")]
    for point in points:
        place, label, unit = labels[point.key].place, labels[point.key].label, unit_sign(point.unit)
        name = f"{place} · {label}" + (f" ({unit})" if unit else "")
        if point.key in simulated:
            name = _("%(name)s [demo data]") % {"name": name}
        row += [safe_text(f"{name} · {what}") for what in _whats(point)]
    return [*row, _("Notes")]


def _whats(point: PointStructure) -> list[str]:
    ranged = [pgettext("column", "minimum"), pgettext("column", "maximum")]
    value = pgettext("column", "value") if role_of(point) == "state" else pgettext("column", "mean")
    return [value, *ranged, pgettext("column", "quality"), pgettext("column", "coverage (%)")]


class _Cells:
    """The cells of one point."""

    def __init__(self, point: PointStructure, track: Track, damaged: Sequence[Unreadable]) -> None:
        self._track, self._damaged = track, damaged
        self._decimals = display(point.quantity).decimals
        self._names = state_names(point)

    def at(self, number: int, start: datetime) -> list[str]:
        track = self._track
        values = (track.mean[number], track.minimum[number], track.maximum[number])
        cover_pct = track.cover_pct[number]
        return [*map(self._written, values), self._quality(number, start), f"{cover_pct:.0f}"]

    def _written(self, value: float) -> str:
        if not np.isfinite(value):
            return ""
        # One digit more than on the page: whoever computes on rounds last.
        return safe_text(self._names.get(f"{value:g}", "")) or f"{value:.{self._decimals + 1}f}"

    def _quality(self, number: int, start: datetime) -> str:
        if any(its.start <= start < its.end for its in self._damaged):
            return pgettext("quality", "damaged")
        if not np.isfinite(self._track.mean[number]):
            return pgettext("quality", "bad") if self._track.unusable[number] else pgettext("quality", "none")
        if self._track.unusable[number]:
            return pgettext("quality", "partly bad")
        if self._track.cover_pct[number] < _WHOLE_PCT:
            return pgettext("quality", "partly missing")
        return pgettext("quality", "good")


def _notes(noted: Sequence[Mark], start_ms: int, end_ms: int) -> str:
    """What people noted on times that begin in this bucket."""
    texts = (f"{mark['what']} ({mark['by']})" for mark in noted if start_ms <= mark["at"] < end_ms)
    return safe_text(" | ".join(texts))


def safe_text(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
