"""Samples of a chart as columns of small whole numbers: what goes over the line and into a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, TypedDict

import numpy as np
import numpy.typing as npt

from greenhouse.console.trends.steps import Grid
from greenhouse.site.display import display
from greenhouse.site.structure import PointStructure
from greenhouse.telemetry import series
from greenhouse.telemetry.codes import from_ms
from greenhouse.telemetry.unreadable import Unreadable

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]
Column = list[int | None]
_LARGEST = 2.0**53
"""Whole numbers beyond are no longer exact, in JSON as well; no sensor reaches them. NaN compares as larger."""
_WHOLE_PCT = 99
"""A bucket that is known for so much of its time is whole: the edge of a sample need not meet that of a bucket. [%]"""


class Columns(TypedDict):
    """One point over the buckets of a chart, in units of its display's resolution; None: no usable value.

    ``below`` and ``above``: how far minimum and maximum lie from the mean; None where all are 0. ``cover``: share of
    each bucket with a usable value, percent; None where all that have a value are whole. ``bad``: positions of buckets
    that hold bad samples.
    """

    mean: Column
    below: Column | None
    above: Column | None
    cover: list[int] | None
    bad: list[int]


@dataclass(frozen=True, slots=True)
class Track:
    """One point over the buckets of a chart: NaN where there is no usable value.

    Attributes
    ----------
    mean : float array, shape (n,)
        Of a state or mode, which has no mean: its highest number in the bucket.
    cover_pct : float array, shape (n,)
        Share of the bucket's time with a usable value, 0 to 100.
    count, unusable : int arrays, shape (n,)
        Usable samples; those that were bad or had no value.
    """

    mean: Floats
    minimum: Floats
    maximum: Floats
    cover_pct: Floats
    count: npt.NDArray[np.int64]
    unusable: npt.NDArray[np.int64]


def tracks(points: Sequence[str], grid: Grid, *, until: datetime) -> tuple[dict[str, Track], tuple[Unreadable, ...]]:
    """What the store knows of some points in the buckets of a chart, and what of it is damaged.

    Parameters
    ----------
    until : datetime
        Now: the part of the last bucket that is still to come is not missing.
    """
    start, end = from_ms(grid.start_ms), min(from_ms(grid.end_ms), until)
    if end <= start or not points:
        return {key: _track(_NOTHING, grid) for key in points}, ()
    frame = series.window(points, start, end, from_ms(grid.step_ms) - from_ms(0))
    return {key: _track(rows, grid) for key, rows in _rows_by_point(frame)}, frame.attrs["unreadable"]


def _rows_by_point(frame: pd.DataFrame) -> list[tuple[str, Mapping[str, npt.NDArray[np.float64]]]]:
    """Columns of each point. Rows are in the order of points, so each is one slice."""
    codes, keys = frame["point"].cat.codes.to_numpy(), list(frame["point"].cat.categories)
    edges = np.searchsorted(codes, np.arange(len(keys) + 1))
    whole = {name: frame[name].to_numpy() for name in _NAMES}
    whole["start"] = frame["start"].to_numpy("datetime64[ms]").astype(np.int64)
    return [
        (key, {name: values[edges[i] : edges[i + 1]] for name, values in whole.items()}) for i, key in enumerate(keys)
    ]


_NAMES = ("mean", "minimum", "maximum", "coverage", "count", "unusable")


_NOTHING = {name: np.empty(0) for name in (*_NAMES, "start")}


def _track(rows: Mapping[str, npt.NDArray[np.float64]], grid: Grid) -> Track:
    at = ((rows["start"] - grid.start_ms) // grid.step_ms).astype(np.intp)
    has_no_mean = np.isnan(rows["mean"])
    return Track(
        mean=_spread(np.where(has_no_mean, rows["maximum"], rows["mean"]), at, grid.count, np.nan),
        minimum=_spread(np.where(np.isnan(rows["minimum"]), rows["mean"], rows["minimum"]), at, grid.count, np.nan),
        maximum=_spread(np.where(np.isnan(rows["maximum"]), rows["mean"], rows["maximum"]), at, grid.count, np.nan),
        cover_pct=_spread(100 * rows["coverage"], at, grid.count, 0.0),
        count=_spread(rows["count"], at, grid.count, 0.0).astype(np.int64),
        unusable=_spread(rows["unusable"], at, grid.count, 0.0).astype(np.int64),
    )


def _spread(values: npt.NDArray[np.float64], at: npt.NDArray[np.intp], count: int, empty: float) -> Floats:
    whole = np.full(count, empty)
    whole[at] = values
    return whole


def columns(point: PointStructure, track: Track) -> Columns:
    """A point as a chart gets it."""
    resolution = display(point.quantity).resolution
    mean, minimum, maximum = (_rounded(values, resolution) for values in (track.mean, track.minimum, track.maximum))
    return Columns(
        mean=_column(mean),
        below=_unless_zero(mean - minimum),
        above=_unless_zero(maximum - mean),
        cover=_cover(track),
        bad=np.flatnonzero(track.unusable).tolist(),
    )


def _rounded(values: Floats, resolution: float) -> Floats:
    return np.floor(values / resolution + 0.5)  # halves go up, as everywhere on the pages


def _column(values: Floats) -> Column:
    is_missing = ~(np.abs(values) <= _LARGEST)
    found: Column = np.where(is_missing, 0, values).astype(np.int64).tolist()
    for position in np.flatnonzero(is_missing).tolist():
        found[position] = None
    return found


def _unless_zero(values: Floats) -> Column | None:
    return _column(values) if np.nan_to_num(values).any() else None


def _cover(track: Track) -> list[int] | None:
    known = np.floor(track.cover_pct[np.isfinite(track.mean)] + 0.5)
    if (known >= _WHOLE_PCT).all():
        return None
    whole: list[int] = np.floor(track.cover_pct + 0.5).astype(np.int64).tolist()
    return whole
