"""Packing: rows become one chunk per point and UTC day, a quarter of an hour at a time.

The generators here do one slice of work between two `yield`s; a slice writes in one short transaction. They may be
dropped, or the process killed, at any moment: the store says where to go on, and merging the same samples again changes
nothing.

1. *Freeze*: from now on samples before a moment go to the late rows, so the rows before it stay as they are.
2. *Merge* them into the chunks of their day. Readers see a sample in its row or in its chunk, or in both, once.
3. *Move on*: one row says that all rows before the moment stand in chunks. They are deleted much later (`retention`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

import numpy as np

from greenhouse.clock import fastest_pace, pace
from greenhouse.site.point_index import PointIndex
from greenhouse.telemetry import store
from greenhouse.telemetry.buckets import MeanKind, Span, bucket, hold_ms, mean_kind
from greenhouse.telemetry.chunk import ChunkDamaged, pack_samples
from greenhouse.telemetry.codes import to_ms
from greenhouse.telemetry.columns import Row, Samples, concatenate, from_columns, from_rows, merge
from greenhouse.telemetry.levels import DAY_MS, day_of
from greenhouse.telemetry.store import ChunkRow, Packed

EVERY_MS: Final = 900_000
"""Rows are packed by whole quarters of an hour. More often would rewrite chunks more often; less often, a chart of the
last day would have to search more rows, whose key begins with the time."""
AFTER_MS: Final = 300_000
"""Samples have so long to come in before they count as late. [ms]"""
_MOST_AT_ONCE_MS = 7_200_000
_ROWS_PER_SLICE = 5000
_POINTS_PER_SLICE = 4
_COLUMNS = "point_id, ts_ms, nth, value, exact, quality, reason, origin"


class PointTraits:
    """What packing and rolling up must know of a point."""

    def __init__(self, index: PointIndex) -> None:
        self._kinds = {index.ids[key]: mean_kind(quantity) for key, quantity in index.quantities.items()}
        self._holds_ms = {index.ids[key]: hold_ms(gap_s) for key, gap_s in index.longest_gaps_s.items()}

    def kind(self, point_id: int) -> MeanKind:
        """What its mean is."""
        return self._kinds.get(point_id, MeanKind.NONE)

    def hold_ms(self, point_id: int) -> int:
        """How long a value of it is known."""
        return round(self._holds_ms.get(point_id, 0) * fastest_pace())


def pack(traits: PointTraits, now: datetime) -> Iterator[None]:
    """Pack all whole quarters of an hour that are old enough."""
    while (state := _next_span(store.packed(), to_ms(now) - round(AFTER_MS * pace()))) is not None:
        store.set_packed(state)
        yield
        start_ms, end_ms = state.packed_until_ms, state.frozen_until_ms
        samples: dict[int, Samples] = {}
        for found in _read(start_ms, end_ms):
            samples = found
            yield
        ids = sorted(samples)
        for first in range(0, len(ids), _POINTS_PER_SLICE):
            some = {point_id: samples[point_id] for point_id in ids[first : first + _POINTS_PER_SLICE]}
            _merge(some, traits, start_ms, end_ms)
            yield
        store.set_packed(Packed(end_ms, end_ms))
        yield


def merge_late(traits: PointTraits, *, from_day: int | None = None) -> Iterator[None]:
    """Merge late rows of packed time into their chunks. A day whose chunk is damaged keeps them as rows.

    Parameters
    ----------
    from_day : int, optional
        The oldest day whose samples are kept. Late ones of older days stay rows: rolled up alone they would come in the
        place of the whole day.
    """
    query = "SELECT DISTINCT point_id, ts_ms / %s FROM telemetry_late WHERE ts_ms >= %s ORDER BY 1, 2"
    days = store.fetch(query, (DAY_MS, -(2**62) if from_day is None else from_day * DAY_MS))
    for point_id, day in days:
        late = from_rows(_late_rows(point_id, day))
        try:
            merged = merge(store.read_chunk(point_id, day), late)
        except ChunkDamaged:
            continue
        store.save_late(chunk_row(point_id, day, merged, traits))
        yield


def chunk_row(point_id: int, day: int, samples: Samples, traits: PointTraits) -> ChunkRow:
    """The chunk of a day with its columns."""
    start_ms = day * DAY_MS
    of_day = bucket(
        samples,
        Span(start_ms, start_ms + DAY_MS, DAY_MS),
        traits.kind(point_id),
        hold_ms=traits.hold_ms(point_id),
        known_until_ms=start_ms + DAY_MS,
    )
    statistics = [_or_none(float(column[0])) for column in (of_day.minimum, of_day.mean, of_day.maximum)]
    return ChunkRow(
        point_id=point_id,
        day=day,
        n=len(samples),
        first_ms=int(samples.ts_ms[0]),
        last_ms=int(samples.ts_ms[-1]),
        minimum=statistics[0],
        mean=statistics[1],
        maximum=statistics[2],
        covered_ms=int(of_day.covered_ms[0]),
        data=pack_samples(samples),
    )


def _or_none(number: float) -> float | None:
    return number if math.isfinite(number) else None


def _next_span(state: Packed, oldest_young_ms: int) -> Packed | None:
    """From where to where to pack next, within one day; None when nothing is old enough.

    What was frozen before a restart is finished first. Time without any row, such as months in which the machine stood
    still, is stepped over.
    """
    if state.frozen_until_ms > state.packed_until_ms:
        return state
    oldest_ms = store.oldest_unpacked_ms()
    if oldest_ms is None:
        return None
    start_ms = max(state.packed_until_ms, oldest_ms // EVERY_MS * EVERY_MS)
    end_ms = min(oldest_young_ms // EVERY_MS * EVERY_MS, start_ms + _MOST_AT_ONCE_MS, (day_of(start_ms) + 1) * DAY_MS)
    return Packed(end_ms, start_ms) if end_ms > start_ms else None


def _read(start_ms: int, end_ms: int) -> Iterator[dict[int, Samples]]:
    """Rows of a span, a slice at a time; what comes last holds all of them, by point."""
    query = f"""
        SELECT {_COLUMNS} FROM telemetry_sample
        WHERE (ts_ms, point_id, nth) > (%s, %s, %s) AND ts_ms < %s
        ORDER BY ts_ms, point_id, nth LIMIT {_ROWS_PER_SLICE}"""  # noqa: S608  (constants)
    last = (start_ms - 1, 2**62, 0)
    read: list[tuple[np.ndarray, Samples]] = []
    while rows := store.fetch(query, (*last, end_ms)):
        point_id, ts_ms, nth, values, exact, *codes = zip(*rows, strict=True)
        last = (ts_ms[-1], point_id[-1], nth[-1])
        numbers = {i: int(text) for i, text in enumerate(exact) if text is not None} if any(exact) else {}
        columns = np.array(ts_ms, np.int64), np.array(values, np.float64), np.array(codes, np.uint8)
        read.append((np.array(point_id, np.int64), from_columns(*columns, numbers)))
        yield {}
    yield _by_point(read)


def _by_point(read: list[tuple[np.ndarray, Samples]]) -> dict[int, Samples]:
    """Samples by point; they were read in the order of time."""
    if not read:
        return {}
    ids, samples = np.concatenate([ids for ids, _samples in read]), concatenate(*(samples for _ids, samples in read))
    order = np.argsort(ids, kind="stable")
    firsts = np.flatnonzero(np.diff(ids[order], prepend=-1))
    return {int(ids[rows[0]]): samples.at(rows) for rows in np.split(order, firsts[1:])}


def _merge(samples: Mapping[int, Samples], traits: PointTraits, start_ms: int, end_ms: int) -> None:
    """Merge samples of one day into their chunks."""
    day = day_of(start_ms)
    rows, unmergeable = [], []
    stored = {point_id: data for point_id, _day, data in store.chunks(samples, day, day)}
    for point_id, new in samples.items():
        try:
            old = store.unpack_reported(point_id, day, stored[point_id]) if point_id in stored else None
        except ChunkDamaged:
            unmergeable.append((start_ms, end_ms, point_id))
            continue
        rows.append(chunk_row(point_id, day, new if old is None else merge(old, new), traits))
    store.save_chunks(rows, unmergeable=unmergeable)


def _late_rows(point_id: int, day: int) -> list[Row]:
    query = """
        SELECT ts_ms, value, exact, quality, reason, origin FROM telemetry_late
        WHERE point_id = %s AND ts_ms >= %s AND ts_ms < %s"""
    found: list[Row] = store.fetch(query, (point_id, day * DAY_MS, (day + 1) * DAY_MS))
    return found
