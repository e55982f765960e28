"""Roll-ups: buckets of a minute, a quarter and an hour of each packed day, made once and again after late samples.

A day is rolled up when all of its rows are packed. The mark that it is due is set in the transaction that changes its
chunk, and goes in the transaction that stores its roll-ups: a reader that finds the mark takes the samples themselves.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from greenhouse.telemetry import store
from greenhouse.telemetry.buckets import NO_BUCKETS, Buckets, Span, bucket, combine, join, pack_buckets, unpack_buckets
from greenhouse.telemetry.chunk import ChunkDamaged
from greenhouse.telemetry.columns import Samples, merge
from greenhouse.telemetry.levels import DAY_MS, Level, day_of, period
from greenhouse.telemetry.packing import PointTraits
from greenhouse.telemetry.store import RollupRow


def roll_up(traits: PointTraits) -> Iterator[None]:
    """Roll up every day that is due and packed. A day that cannot be read stays due."""
    before_day = day_of(store.packed().packed_until_ms)
    due = store.fetch(
        "SELECT point_id, day FROM telemetry_rollup_due WHERE day < %s ORDER BY day, point_id", (before_day,)
    )
    for point_id, day in due:
        if _has_late(point_id, day):  # it came in after late rows were merged: the next round
            continue
        try:
            samples = _samples_of(point_id, day, traits.hold_ms(point_id))
        except ChunkDamaged:
            continue
        if samples.between(day * DAY_MS, (day + 1) * DAY_MS):
            _roll_up_day(point_id, day, samples, traits)
        else:
            store.save_rollups([], (point_id, day), due={})
        yield


def _has_late(point_id: int, day: int) -> bool:
    query = "SELECT 1 FROM telemetry_late WHERE point_id = %s AND ts_ms >= %s AND ts_ms < %s LIMIT 1"
    return bool(store.fetch(query, (point_id, (day - 1) * DAY_MS, (day + 1) * DAY_MS)))


def _samples_of(point_id: int, day: int, hold_ms: int) -> Samples:
    """Samples of a day and the last ones of the day before, which hold into it."""
    start_ms = day * DAY_MS
    before = store.read_chunk(point_id, day - 1).between(start_ms - hold_ms, start_ms)
    return merge(before, store.read_chunk(point_id, day))


def _roll_up_day(point_id: int, day: int, samples: Samples, traits: PointTraits) -> None:
    kind, start_ms, end_ms = traits.kind(point_id), day * DAY_MS, (day + 1) * DAY_MS
    span = Span(start_ms, end_ms, Level.MINUTE.ms)
    minutes = bucket(samples, span, kind, hold_ms=traits.hold_ms(point_id), known_until_ms=end_ms)
    rows: list[RollupRow] = []
    lost: set[int] = set()
    for level in Level:
        of_level = minutes if level is Level.MINUTE else combine(minutes, Span(start_ms, end_ms, level.ms), kind)
        others, damaged_days = _others_of_period(point_id, day, level, traits)
        lost.update(damaged_days)
        buckets = join(others.between(-(2**62), start_ms), of_level, others.between(end_ms, 2**62))
        if len(buckets):
            rows.append(
                RollupRow(
                    point_id=point_id,
                    level_s=level.value,
                    first_day=period(level, day)[0],
                    n=len(buckets),
                    first_ms=int(buckets.start_ms[0]),
                    last_ms=int(buckets.start_ms[-1]),
                    data=pack_buckets(buckets, kind),
                )
            )
    store.save_rollups(rows, (point_id, day), due={point_id: lost - {day}})


def _others_of_period(point_id: int, day: int, level: Level, traits: PointTraits) -> tuple[Buckets, Collection[int]]:
    """Stored buckets of the period of a day; where they are damaged, the days to be rolled up again instead."""
    first, after = period(level, day)
    stored = store.rollups([point_id], level.value, first, first)
    if not stored:
        return NO_BUCKETS, ()
    try:
        return unpack_buckets(stored[0][2], traits.kind(point_id)), ()
    except ChunkDamaged as error:
        store.report_damaged(point_id, first, f"roll-up of {level.value} s: {error}")
        return NO_BUCKETS, store.packed_days(point_id, first, after - 1)
