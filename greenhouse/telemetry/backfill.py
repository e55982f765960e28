"""The simulated past of a point: made elsewhere, stored here as the store itself would have made it.

One point is one transaction, and the row that says that it has its past is part of it. So a kill at any instant leaves
a point with all of its past or with none, and nothing comes twice. What the point recorded itself is never touched: its
past ends where its own first sample stands.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from django.db import connections, transaction

from devices.samples import Origin
from greenhouse.fencing import Fence
from greenhouse.telemetry import store
from greenhouse.telemetry.buckets import Buckets, MeanKind, Span, combine, join, pack_buckets, unpack_buckets
from greenhouse.telemetry.chunk import ChunkDamaged, unpack_samples
from greenhouse.telemetry.codes import ALIAS, ORIGIN_CODES, from_ms, to_ms
from greenhouse.telemetry.columns import Floats, Ints, Samples, merge
from greenhouse.telemetry.levels import DAY_MS, Level, day_of, period
from greenhouse.telemetry.packing import EVERY_MS, PointTraits, chunk_row
from greenhouse.telemetry.retention import Retention
from greenhouse.telemetry.store import ChunkRow, Packed, RollupRow

_FIRST_OWN = """
    SELECT point_id, MIN(first_ms) FROM (
        SELECT point_id, MIN(ts_ms) AS first_ms FROM telemetry_sample GROUP BY point_id
        UNION ALL SELECT point_id, MIN(ts_ms) FROM telemetry_late GROUP BY point_id
        UNION ALL SELECT point_id, MIN(first_ms) FROM telemetry_chunk GROUP BY point_id
    ) AS firsts GROUP BY point_id"""
_PROGRESS = """
    SELECT newest.point_id, past.stored_at_ms FROM telemetry_latest AS newest
    LEFT JOIN telemetry_backfill AS past ON past.point_id = newest.point_id WHERE newest.origin = %s"""
_INSERT = "INSERT INTO telemetry_backfill (point_id, until_ms, stored_at_ms) VALUES (%s, %s, %s)"


@dataclass(frozen=True, slots=True)
class Past:
    """All that is stored of the past of one point.

    Attributes
    ----------
    until_ms : int
        Time of the point's own first sample; all of this is before it.
    chunks : list of ChunkRow
        Samples, a UTC day each; the last day may be one that the point's own samples go on in.
    rollups : list of RollupRow
        Of whole days before that one.
    """

    point_id: int
    until_ms: int
    chunks: list[ChunkRow]
    rollups: list[RollupRow]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the pasts of a base are.

    Attributes
    ----------
    done, total : int
        Simulated points of a base that have recorded anything: those that have their past, and all.
    stored_at : datetime or None
        When the last one was stored.
    """

    done: int
    total: int
    stored_at: datetime | None


@dataclass(frozen=True, slots=True)
class Kept:
    """From which UTC day on samples and roll-ups of the past are stored: none older than they are kept."""

    samples: int
    levels: Mapping[Level, int]


def kept_days(until_ms: int, *, rollup_days: int, sample_days: int, keep: Retention, now: datetime) -> Kept:
    """What of the past is stored, as far as the retention lets it stand.

    Parameters
    ----------
    rollup_days, sample_days : int
        Days before the one of ``until_ms``. Buckets of a minute reach as far back as samples.
    """
    end, today = day_of(until_ms), day_of(to_ms(now))
    samples = _latest(end - sample_days, None if keep.samples is None else today - keep.samples.days)
    levels = {}
    for level in Level:
        kept = keep.levels[level]
        first = end - (sample_days if level is Level.MINUTE else rollup_days)
        levels[level] = _latest(first, None if kept is None else today - kept.days)
    return Kept(samples, levels)


def _latest(first: int, kept_from: int | None) -> int:
    return first if kept_from is None else max(first, kept_from)


def past_of(point_id: int, ts_ms: Ints, values: Floats, traits: PointTraits, *, until_ms: int, kept: Kept) -> Past:
    """The past of a point, ready to be stored.

    Parameters
    ----------
    ts_ms : int64 array, shape (n,)
        Rising, on whole minutes, all before ``until_ms``.
    values : float64 array, shape (n,)
        Canonical unit; none is missing.
    """
    if len(ts_ms) == 0:
        return Past(point_id, until_ms, [], [])
    kind, end_day = traits.kind(point_id), day_of(until_ms)
    minutes = _minutes(ts_ms, values, kind, hold_ms=traits.hold_ms(point_id), until_ms=end_day * DAY_MS)
    rollups = list(_rollups(point_id, minutes, kind, end_day, kept))
    first = int(np.searchsorted(ts_ms, kept.samples * DAY_MS))
    good = np.zeros(len(ts_ms) - first, np.uint8)
    samples = Samples(ts_ms[first:], values[first:], good, good, good + np.uint8(ORIGIN_CODES[Origin.SIMULATED]))
    days = range(kept.samples, end_day + 1)
    parts = [(day, samples.between(day * DAY_MS, (day + 1) * DAY_MS)) for day in days]
    chunks = [chunk_row(point_id, day, of_day, traits) for day, of_day in parts if len(of_day)]
    return Past(point_id, until_ms, chunks, rollups)


def _minutes(ts_ms: Ints, values: Floats, kind: MeanKind, *, hold_ms: int, until_ms: int) -> Buckets:
    """Buckets of a minute, as `buckets.bucket` makes them, of samples that stand on whole minutes."""
    minute = Level.MINUTE.ms
    ends = np.minimum(ts_ms + hold_ms, np.append(ts_ms[1:], np.iinfo(np.int64).max))
    lasting = np.maximum(1, -(-(ends - ts_ms) // minute))
    which = np.repeat(np.arange(len(ts_ms)), lasting)
    nth = np.arange(len(which)) - np.repeat(np.cumsum(lasting) - lasting, lasting)
    start_ms = ts_ms[which] + nth * minute
    covered = np.maximum(0, np.minimum(ends[which], start_ms + minute) - start_ms)
    value = values[which]
    is_known = start_ms < until_ms
    nothing = np.full(len(which), np.nan)
    no_range = kind is MeanKind.DIRECTION
    whole = Buckets(
        start_ms=start_ms,
        minimum=nothing if no_range else value,
        mean=nothing if kind is MeanKind.NONE else value,
        maximum=nothing if no_range else value,
        resultant=np.ones(len(which)) if no_range else nothing,
        count=(nth == 0).astype(np.int64),
        unusable=np.zeros(len(which), np.int64),
        covered_ms=covered.astype(np.int64),
    )
    return whole.at(np.flatnonzero(is_known))


def _rollups(point_id: int, minutes: Buckets, kind: MeanKind, end_day: int, kept: Kept) -> Iterator[RollupRow]:
    for level in Level:
        first_ms = kept.levels[level] * DAY_MS
        of_level = minutes.between(first_ms, end_day * DAY_MS)
        if len(of_level) and level is not Level.MINUTE:
            of_level = combine(of_level, Span(first_ms, end_day * DAY_MS, level.ms), kind)
        day = kept.levels[level]
        while day < end_day:
            first, after = period(level, day)
            part = of_level.between(first * DAY_MS, after * DAY_MS)
            if len(part):
                yield _row(point_id, level, first, part, kind)
            day = after


def _row(point_id: int, level: Level, first_day: int, buckets: Buckets, kind: MeanKind) -> RollupRow:
    return RollupRow(
        point_id=point_id,
        level_s=level.value,
        first_day=first_day,
        n=len(buckets),
        first_ms=int(buckets.start_ms[0]),
        last_ms=int(buckets.start_ms[-1]),
        data=pack_buckets(buckets, kind),
    )


def store_past(past: Past, traits: PointTraits, *, now: datetime, fence: Fence) -> bool:
    """Store the past of a point in one transaction. False: it had one already, and nothing was stored.

    Called by whoever may write samples, between two of its other writes.

    Raises
    ------
    LeaseLost
        If another process has taken over. Nothing was stored.
    """
    if past.point_id in stored_points([past.point_id]):
        return False
    kind, end_day = traits.kind(past.point_id), day_of(past.until_ms)
    chunks = list(_beside_own_samples(past, traits))
    rollups, lost = [], set[int]()
    for row in past.rollups:
        beside, damaged = _beside_own_buckets(row, kind)
        rollups.append(beside)
        lost.update(damaged)
    with transaction.atomic(using=ALIAS), connections[ALIAS].cursor() as cursor:
        fence.require(ALIAS)
        cursor.execute(_INSERT, (past.point_id, past.until_ms, to_ms(now)))
        store.upsert_chunks(cursor, chunks)
        store.upsert_rollups(cursor, rollups)
        # Its own samples go on in the last day: the store rolls that one up from all of them.
        store.mark_due(cursor, {(past.point_id, day) for day in (*lost, end_day)})
    return True


def _beside_own_samples(past: Past, traits: PointTraits) -> Iterator[ChunkRow]:
    """Chunks with what the point itself recorded on their day. A damaged one is never written over."""
    own = {day: data for _id, day, data in store.chunks([past.point_id], day_of(past.until_ms), day_of(past.until_ms))}
    for row in past.chunks:
        if row.day not in own:
            yield row
            continue
        try:
            merged = merge(store.unpack_reported(row.point_id, row.day, own[row.day]), unpack_samples(row.data))
        except ChunkDamaged:
            continue
        yield chunk_row(row.point_id, row.day, merged, traits)


def _beside_own_buckets(row: RollupRow, kind: MeanKind) -> tuple[RollupRow, Collection[int]]:
    """A roll-up with the point's own buckets of its period; where they are damaged, days to be rolled up again."""
    stored = store.rollups([row.point_id], row.level_s, row.first_day, row.first_day)
    if not stored:
        return row, ()
    level = Level(row.level_s)
    try:
        own = unpack_buckets(stored[0][2], kind)
    except ChunkDamaged as error:
        store.report_damaged(row.point_id, row.first_day, f"roll-up of {row.level_s} s: {error}")
        return row, store.packed_days(row.point_id, row.first_day, period(level, row.first_day)[1] - 1)
    made = unpack_buckets(row.data, kind)
    first_own_ms = int(own.start_ms[0]) if len(own) else 2**62
    return _row(row.point_id, level, row.first_day, join(made.between(-(2**62), first_own_ms), own), kind), ()


def begin_packing() -> None:
    """Let a store that has never packed anything say so: no row stands before its oldest one.

    Readers take roll-ups of days that are packed. Without this a past would show only after the first packing.
    """
    oldest_ms = store.oldest_unpacked_ms()
    if oldest_ms is not None and store.packed() == Packed():
        start_ms = oldest_ms // EVERY_MS * EVERY_MS
        store.set_packed(Packed(start_ms, start_ms))


def first_own_ms() -> dict[int, int]:
    """When each point recorded its first own sample, by id; of a point that has its past, what it ended at.

    Reads all rows: for once at a start.
    """
    firsts: dict[int, int] = dict(store.fetch(_FIRST_OWN))
    firsts.update(store.fetch("SELECT point_id, until_ms FROM telemetry_backfill"))
    return firsts


def first_own_values(firsts: Mapping[int, int]) -> dict[int, float]:
    """The value of each point's own first sample that has one."""
    found = {}
    for point_id, first_ms in firsts.items():
        samples, _damaged = store.read_samples([point_id], first_ms, first_ms + 1)
        if len(samples[point_id]) and np.isfinite(samples[point_id].values[0]):
            found[point_id] = float(samples[point_id].values[0])
    return found


def progress(ids: Collection[int]) -> Progress:
    """How far the pasts of some points are, in one query. Those of truth units and of what is disabled get none."""
    rows = [row for row in store.fetch(_PROGRESS, (ORIGIN_CODES[Origin.SIMULATED],)) if row[0] in ids]
    stored_at_ms = [at_ms for _id, at_ms in rows if at_ms is not None]
    return Progress(len(stored_at_ms), len(rows), from_ms(max(stored_at_ms)) if stored_at_ms else None)


def stored_points(ids: Collection[int] | None = None) -> dict[int, datetime]:
    """When the past of each point was stored, by id; of those that have one."""
    query = "SELECT point_id, stored_at_ms FROM telemetry_backfill"
    if ids is not None:
        query += f" WHERE point_id IN ({store.places(ids)})"
    return {point_id: from_ms(at_ms) for point_id, at_ms in store.fetch(query, [] if ids is None else list(ids))}
