"""A span of samples for one answer: what it costs, read in parts, written as JSON, CSV or Parquet.

A part is read with a few short queries, so no transaction stays open and little more than the answer stands in memory.
What would be too much is refused before anything is read.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
from django.utils.translation import gettext as _

from devices.units import Quantity, Unit
from greenhouse.api.problems import Problem, ProblemKind
from greenhouse.site.point_index import PointIndex
from greenhouse.telemetry import series
from greenhouse.telemetry.codes import to_ms
from greenhouse.telemetry.levels import coarsest
from greenhouse.telemetry.series import Unreadable

if TYPE_CHECKING:
    import pandas as pd

MOST_ROWS = 200_000
"""Buckets of one answer, of all its points together."""
MOST_READ = 5_000_000
"""Stored values that are read for one answer."""
READ_AT_ONCE = 250_000
"""Stored values that are read for one part of it."""
USUAL_ROWS = 1_000
"""Buckets per point where nobody says how long they are."""
STEPS_S = (1, 5, 10, 30, 60, 300, 900, 1800, 3600, 10_800, 21_600, 43_200, 86_400, 604_800)
"""Lengths of buckets that are chosen from then. [s]"""

COLUMNS = ("minimum", "mean", "maximum", "count", "unusable", "coverage")


@dataclass(frozen=True, slots=True)
class AskedPoint:
    """A point with a history; it may have been switched off since.

    Attributes
    ----------
    shortest_gap_s : float
        Between two recorded samples. [s]
    """

    key: str
    unit: Unit
    quantity: Quantity
    shortest_gap_s: float


@dataclass(frozen=True, slots=True)
class Ask:
    """What is asked for: points, ``start`` to before ``end``, in buckets of ``resolution``."""

    points: Sequence[AskedPoint]
    start: datetime
    end: datetime
    resolution: timedelta

    @property
    def resolution_s(self) -> int:
        """Length of a bucket. [s]"""
        return round(self.resolution.total_seconds())

    @property
    def buckets(self) -> int:
        """Buckets of one point, if there are no gaps."""
        return -(-(self.end - self.start) // self.resolution)

    def stored_step(self, point: AskedPoint) -> timedelta:
        """About how much time lies between two stored values that are read for this point."""
        level = coarsest(to_ms(self.start), round(self.resolution / timedelta(milliseconds=1)))
        return timedelta(seconds=point.shortest_gap_s) if level is None else timedelta(milliseconds=level.ms)


@dataclass(frozen=True, slots=True)
class Found:
    """The buckets of an answer, by point and time, and what could not be read."""

    ask: Ask
    frame: pd.DataFrame
    unreadable: tuple[Unreadable, ...]


def asked_point(key: str, index: PointIndex) -> AskedPoint | None:
    """The point of a key; None: there never was one, or it is a truth, which leaves the system by no way."""
    if key not in index.ids or key in index.truths:
        return None
    poll_s = index.longest_gaps_s[key] - index.records[key].due_after_s
    return AskedPoint(key, index.units[key], index.quantities[key], poll_s)


def usual_resolution(start: datetime, end: datetime) -> timedelta:
    """Length of buckets that gives a usable number of them. They begin at whole multiples if ``start`` does."""
    wanted_s = (end - start).total_seconds() / USUAL_ROWS
    return timedelta(seconds=next((step_s for step_s in STEPS_S if step_s >= wanted_s), STEPS_S[-1]))


def require_affordable(ask: Ask) -> None:
    """Do nothing if one answer may hold this much.

    Raises
    ------
    Problem
        With the limit, what was asked for, and what to change.
    """
    rows = ask.buckets * len(ask.points)
    if rows > MOST_ROWS:
        detail = _(
            "This asks for %(rows)s buckets; one answer holds at most %(most)s. Ask for a shorter span, fewer points "
            "or a larger resolution_s."
        )
        raise Problem(ProblemKind.TOO_MUCH, detail % {"rows": rows, "most": MOST_ROWS})
    span = ask.end - ask.start
    reads = sum(span // ask.stored_step(point) for point in ask.points)
    if reads > MOST_READ:
        detail = _(
            "About %(reads)s stored values would be read; at most %(most)s are for one answer. Ask for a shorter span, "
            "fewer points, or a resolution_s that is a multiple of 3600, 900 or 60 with a start that is one too."
        )
        raise Problem(ProblemKind.TOO_MUCH, detail % {"reads": reads, "most": MOST_READ})


def read(ask: Ask, *, index: PointIndex) -> Found:
    """The buckets, read in parts. What was asked for must be affordable."""
    import pandas as pd  # half a second that only who exports shall pay

    frames: list[pd.DataFrame] = []
    unreadable: dict[tuple[str, datetime], Unreadable] = {}
    for keys, start, end in _parts(ask):
        frame = series.window(keys, start, end, ask.resolution, index=index)
        unreadable |= {(span.point, span.start): span for span in frame.attrs.pop("unreadable")}
        frame["point"] = frame["point"].astype(str)
        frames.append(frame)
    whole = pd.concat([frame for frame in frames if len(frame)] or frames[:1], ignore_index=True)
    whole = whole.sort_values(["point", "start"], ignore_index=True, kind="stable")
    return Found(ask, whole, tuple(unreadable[key] for key in sorted(unreadable)))


def _parts(ask: Ask) -> Iterator[tuple[list[str], datetime, datetime]]:
    """Points and spans that are read at once; each begins at the edge of a bucket."""
    span = ask.end - ask.start
    keys = [point.key for point in ask.points]
    if sum(span // ask.stored_step(point) for point in ask.points) <= READ_AT_ONCE:
        yield keys, ask.start, ask.end
        return
    for point in ask.points:
        at_once = max(1, (READ_AT_ONCE * ask.stored_step(point)) // ask.resolution) * ask.resolution
        start = ask.start
        while start < ask.end:
            end = min(start + at_once, ask.end)
            yield [point.key], start, end
            start = end


def as_json(found: Found) -> str:
    """The answer as JSON: columns by point."""
    points = {point.key: point for point in found.ask.points}
    parts: dict[str, Any] = dict(tuple(found.frame.groupby("point", sort=True, observed=True)))
    return json.dumps(
        {
            "start": _iso(found.ask.start),
            "end": _iso(found.ask.end),
            "resolution_s": found.ask.resolution_s,
            "series": [_point_json(points[key], parts.get(key, found.frame[:0])) for key in sorted(points)],
            "unreadable": [
                {"point": span.point, "start": _iso(span.start), "end": _iso(span.end), "reason": span.reason}
                for span in found.unreadable
            ],
        },
        allow_nan=False,
        separators=(",", ":"),
    )


def _point_json(point: AskedPoint, part: pd.DataFrame) -> dict[str, Any]:
    columns = {name: _plain(part[name].to_numpy()) for name in COLUMNS}
    return {
        "point": point.key,
        "unit": point.unit.value,
        "quantity": point.quantity.value,
        "start": _iso_column(part),
        **columns,
    }


def as_csv(found: Found) -> str:
    """The answer as CSV. A span that cannot be read is a row whose note says so: a saved file must not hide it."""
    units = {point.key: point.unit.value for point in found.ask.points}
    frame = _noted(found)
    frame["start"] = frame["start"].dt.strftime("%Y-%m-%dT%H:%M:%S.%fZ").str.replace(".000000Z", "Z", regex=False)
    frame["unit"] = frame["point"].map(units)
    text: str = frame[["point", "start", "unit", *COLUMNS, "note"]].to_csv(index=False, lineterminator="\r\n")
    return text


def as_parquet(found: Found) -> bytes:
    """The answer as a Parquet file. What it is made from stands in the metadata of its schema."""
    import pyarrow as pa  # 40 MB of memory that only who asks for Parquet shall pay
    import pyarrow.parquet as pq

    table = pa.Table.from_pandas(_noted(found), preserve_index=False)
    note = table.schema.get_field_index("note")  # a column without any note would be one of no type
    table = table.set_column(note, "note", table["note"].cast(pa.string()))
    metadata = {
        "resolution_s": str(found.ask.resolution_s),
        "units": json.dumps({point.key: point.unit.value for point in found.ask.points}),
    }
    sink = io.BytesIO()
    pq.write_table(table.replace_schema_metadata({**(table.schema.metadata or {}), **metadata}), sink)
    return sink.getvalue()


def _noted(found: Found) -> pd.DataFrame:
    """The buckets with a column of notes, and a row for each span that cannot be read."""
    import pandas as pd  # as above

    frame = found.frame.copy()
    frame["note"] = pd.Series([None] * len(frame), dtype="object")
    frame["count"], frame["unusable"] = frame["count"].astype("Int64"), frame["unusable"].astype("Int64")
    if found.unreadable:
        spans = pd.DataFrame(
            {
                "point": [span.point for span in found.unreadable],
                "start": pd.to_datetime([span.start for span in found.unreadable], utc=True).astype(
                    frame["start"].dtype
                ),
                "note": [f"unreadable until {_iso(span.end)}: {span.reason}" for span in found.unreadable],
            }
        )
        frame = pd.concat([frame, spans], ignore_index=True) if len(frame) else spans.reindex(columns=frame.columns)
        frame = frame.sort_values(["point", "start"], ignore_index=True, kind="stable")
    return frame


def _plain(column: np.ndarray[Any, Any]) -> list[Any]:
    if column.dtype.kind != "f":
        return [int(number) for number in column]
    return [number if np.isfinite(number) else None for number in column.tolist()]


def _iso_column(part: pd.DataFrame) -> list[str]:
    moments = part["start"].dt.tz_localize(None).to_numpy().astype("datetime64[ms]")
    return [text.removesuffix(".000") + "Z" for text in np.datetime_as_string(moments, unit="ms").tolist()]


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
