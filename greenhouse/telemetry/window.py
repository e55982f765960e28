"""A span of time in buckets, from the coarsest roll-up that fits and from the samples themselves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from greenhouse.clock import fastest_pace
from greenhouse.site.point_index import PointIndex, point_index
from greenhouse.telemetry import store
from greenhouse.telemetry.buckets import (
    NO_BUCKETS,
    Buckets,
    MeanKind,
    Span,
    bucket,
    combine,
    hold_ms,
    join,
    mean_kind,
    unpack_buckets,
)
from greenhouse.telemetry.chunk import ChunkDamaged
from greenhouse.telemetry.codes import to_ms
from greenhouse.telemetry.levels import DAY_MS, Level, coarsest, day_of, period
from greenhouse.telemetry.store import PointDay
from greenhouse.telemetry.unreadable import unreadable_days

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class _Asked:
    """A point of a window."""

    key: str
    kind: MeanKind
    hold_ms: int


def window(
    points: Sequence[str],
    start: datetime,
    end: datetime,
    resolution: timedelta,
    *,
    index: PointIndex | None = None,
) -> pd.DataFrame:
    """Samples of a span of time in buckets. A bucket without samples is no row: gaps stay gaps.

    Whole days come from the coarsest roll-up whose buckets fill these exactly: so ``start`` and ``resolution`` that are
    whole hours, quarters or minutes make a window of months fast. Days without a roll-up, or with late samples that are
    not in it yet, come from the samples. Of days whose samples and minutes are not kept any more, the quarters of an
    hour are shown: each fine bucket says what its quarter says.

    Parameters
    ----------
    points : sequence of str
        Keys; unknown ones have no rows.
    start, end : datetime
        Aware. The span includes its start and not its end.
    resolution : timedelta
        Length of a bucket, at least 1 ms. The first one begins at ``start``.
    index : PointIndex, optional
        As for `greenhouse.telemetry.series.latest`.

    Returns
    -------
    DataFrame
        One row per point and bucket, ordered by both: ``point``; ``start`` of the bucket, UTC; ``minimum``, ``mean``,
        ``maximum`` of the usable values, canonical unit; ``count`` of usable samples; ``unusable``: samples that were
        bad or had no value; ``coverage``: share of the bucket's time, as far as it lies in the span, with a usable
        value, 0 to 1. A value holds until the next sample, at most until it is late; the mean is weighed by time. NaN
        where there is no usable value. A wind direction has a vector mean and neither minimum nor maximum; a state or
        mode has no mean.
        ``attrs["unreadable"]``: spans whose samples are damaged, and therefore missing.

    Raises
    ------
    ValueError
        If the end is not after the start, or the resolution is below 1 ms.
    """
    index = index or point_index()
    span = _span(start, end, resolution)
    found, damaged = _find(points, span, index)
    frame = _frame(found, span)
    frame.attrs["unreadable"] = unreadable_days(damaged, index)
    return frame


def buckets_of(
    points: Sequence[str],
    start: datetime,
    end: datetime,
    resolution: timedelta,
    *,
    index: PointIndex | None = None,
) -> dict[str, Buckets]:
    """The same by key, as arrays, for a process that shall not load pandas. What is damaged is missing.

    Raises
    ------
    ValueError
        As `window` does.
    """
    return _find(points, _span(start, end, resolution), index or point_index())[0]


def _span(start: datetime, end: datetime, resolution: timedelta) -> Span:
    span = Span(to_ms(start), to_ms(end), resolution // timedelta(milliseconds=1))
    if span.end_ms <= span.start_ms or span.resolution_ms < 1:
        raise ValueError(f"no buckets: {start} to {end} in steps of {resolution}")
    return span


def _find(
    points: Sequence[str], span: Span, index: PointIndex
) -> tuple[dict[str, Buckets], dict[PointDay, ChunkDamaged]]:
    asked = {
        index.ids[key]: _Asked(
            key, mean_kind(index.quantities[key]), hold_ms(index.longest_gaps_s[key] * fastest_pace())
        )
        for key in sorted(set(points))
        if key in index.ids
    }
    damaged: dict[PointDay, ChunkDamaged] = {}
    level = coarsest(span.start_ms, span.resolution_ms)
    found = _of_samples(asked, span, damaged) if level is None else _of_level(asked, span, level, damaged)
    if span.resolution_ms < Level.QUARTER_HOUR.ms:
        found = _with_coarser(asked, span, found)
    return {asked[point_id].key: buckets for point_id, buckets in found.items()}, damaged


def _of_samples(asked: Mapping[int, _Asked], span: Span, damaged: dict[PointDay, ChunkDamaged]) -> dict[int, Buckets]:
    """Buckets straight from the samples, those that reach into the span included."""
    longest_ms = max((its.hold_ms for its in asked.values()), default=0)
    known_until_ms = store.known_until_ms()
    samples, its_damaged = store.read_samples(asked, span.start_ms - longest_ms, span.end_ms)
    damaged.update({day: error for day, error in its_damaged.items() if (day[1] + 1) * DAY_MS > span.start_ms})
    return {
        point_id: bucket(samples[point_id], span, its.kind, hold_ms=its.hold_ms, known_until_ms=known_until_ms)
        for point_id, its in asked.items()
    }


def _of_level(
    asked: Mapping[int, _Asked], span: Span, level: Level, damaged: dict[PointDay, ChunkDamaged]
) -> dict[int, Buckets]:
    """Whole days from a roll-up, the rest from the samples at the same level, and all put together."""
    rolled_until = min(span.end_ms // level.ms * level.ms, day_of(store.packed().packed_until_ms) * DAY_MS)
    parts: dict[int, list[Buckets]] = {point_id: [] for point_id in asked}
    due: dict[int, set[int]] = {}
    if rolled_until > span.start_ms:
        first_day, last_day = day_of(span.start_ms), day_of(rolled_until - 1)
        due = store.due_days(asked, first_day, last_day)
        for point_id, first, after, buckets in _rolled(asked, level, first_day, last_day):
            if buckets is None:
                due.setdefault(point_id, set()).update(range(first, after))
            else:
                parts[point_id] += _without(buckets.between(span.start_ms, rolled_until), due.get(point_id, ()))
    else:
        rolled_until = span.start_ms
    for some, part in _missing(asked, due, span, rolled_until, level):
        for point_id, buckets in _of_samples(some, part, damaged).items():
            parts[point_id].append(buckets)
    found = {}
    for point_id, own in parts.items():
        joined = _sorted(join(*own)) if own else NO_BUCKETS
        is_fine_enough = span.resolution_ms == level.ms
        found[point_id] = joined if is_fine_enough else combine(joined, span, asked[point_id].kind)
    return found


def _with_coarser(asked: Mapping[int, _Asked], span: Span, found: Mapping[int, Buckets]) -> dict[int, Buckets]:
    """Days of which nothing is found, from the quarters of an hour, which are kept longest."""
    end_ms = min(span.end_ms, day_of(store.packed().packed_until_ms) * DAY_MS)
    if end_ms <= span.start_ms:
        return dict(found)
    first_day, last_day = day_of(span.start_ms), day_of(end_ms - 1)
    lacking = {
        point_id: set(range(first_day, last_day + 1)).difference((found[point_id].start_ms // DAY_MS).tolist())
        for point_id in asked
    }
    some = {point_id: its for point_id, its in asked.items() if lacking[point_id]}
    parts: defaultdict[int, list[Buckets]] = defaultdict(list)
    for point_id, _first, _after, buckets in _rolled(some, Level.QUARTER_HOUR, first_day, last_day):
        if buckets is not None:
            is_lacking = np.isin(buckets.start_ms // DAY_MS, list(lacking[point_id]))
            parts[point_id].append(_spread(buckets.at(np.flatnonzero(is_lacking)), span))
    return {
        point_id: _sorted(join(own, *parts[point_id])) if parts[point_id] else own for point_id, own in found.items()
    }


def _spread(quarters: Buckets, span: Span) -> Buckets:
    """Quarters of an hour as the finer buckets of a span; samples are counted in the first one of each."""
    length_ms = Level.QUARTER_HOUR.ms
    if len(quarters) == 0:
        return quarters
    first = max(0, int(quarters.start_ms[0]) - span.start_ms) // span.resolution_ms
    start_ms = np.arange(span.start_ms + first * span.resolution_ms, span.end_ms, span.resolution_ms)
    which = np.searchsorted(quarters.start_ms, start_ms, side="right") - 1
    is_in = (which >= 0) & (start_ms < quarters.start_ms[which] + length_ms)
    start_ms, which = start_ms[is_in], which[is_in]
    is_first = np.diff(which, prepend=-1) != 0
    spread = quarters.at(which)
    return replace(
        spread,
        start_ms=start_ms,
        count=spread.count * is_first,
        unusable=spread.unusable * is_first,
        covered_ms=spread.covered_ms * span.resolution_ms // length_ms,
    )


def _rolled(
    asked: Mapping[int, _Asked], level: Level, first_day: int, last_day: int
) -> Iterable[tuple[int, int, int, Buckets | None]]:
    """Point, first day of a period, first day after it, and its buckets: None where they are damaged."""
    for point_id, first, data in store.rollups(asked, level.value, period(level, first_day)[0], last_day):
        try:
            buckets = unpack_buckets(data, asked[point_id].kind)
        except ChunkDamaged as error:
            store.report_damaged(point_id, first, f"roll-up of {level.value} s: {error}")
            buckets = None
        yield point_id, max(first, first_day), min(period(level, first)[1], last_day + 1), buckets


def _without(buckets: Buckets, days: Collection[int]) -> list[Buckets]:
    """Buckets of all days but some."""
    parts = []
    for day in sorted(days):
        parts.append(buckets.between(-(2**62), day * DAY_MS))
        buckets = buckets.between((day + 1) * DAY_MS, 2**62)
    return [*parts, buckets]


def _missing(
    asked: Mapping[int, _Asked], due: Mapping[int, Collection[int]], span: Span, rolled_until: int, level: Level
) -> Iterable[tuple[Mapping[int, _Asked], Span]]:
    """What no roll-up holds: single days of some points, and the end of the span of all."""
    ids_by_day: defaultdict[int, list[int]] = defaultdict(list)
    for point_id, days in due.items():
        for day in days:
            ids_by_day[day].append(point_id)
    for day, ids in ids_by_day.items():
        start_ms, end_ms = max(day * DAY_MS, span.start_ms), min((day + 1) * DAY_MS, rolled_until)
        if start_ms < end_ms:
            yield {point_id: asked[point_id] for point_id in ids}, Span(start_ms, end_ms, level.ms)
    if rolled_until < span.end_ms:
        yield asked, Span(rolled_until, span.end_ms, level.ms)


def _sorted(buckets: Buckets) -> Buckets:
    order = np.argsort(buckets.start_ms, kind="stable")
    return buckets if (order[:-1] < order[1:]).all() else buckets.at(order)


def _frame(found: Mapping[str, Buckets], span: Span) -> pd.DataFrame:
    import pandas as pd  # a second and 40 MB that only a process that draws trends shall pay

    keys = sorted(found)
    joined = join(*(found[key] for key in keys)) if keys else NO_BUCKETS
    ends_ms = np.minimum(joined.start_ms + span.resolution_ms, span.end_ms)
    of_key = np.repeat(np.arange(len(keys)), [len(found[key]) for key in keys])
    return pd.DataFrame(
        {
            # As text, a hundred thousand equal keys would take longer than all the rest.
            "point": pd.Categorical.from_codes(of_key, categories=keys),
            "start": pd.to_datetime(joined.start_ms, unit="ms", utc=True),
            "minimum": joined.minimum,
            "mean": joined.mean,
            "maximum": joined.maximum,
            "count": joined.count,
            "unusable": joined.unusable,
            "coverage": joined.covered_ms / (ends_ms - joined.start_ms),
        }
    )
