"""How long each level of detail is kept, and deleting what is older, a slice at a time."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import connections, transaction

from greenhouse.telemetry import store
from greenhouse.telemetry.codes import ALIAS, to_ms
from greenhouse.telemetry.levels import DAY_MS, Level, day_of, period

logger = logging.getLogger(__name__)

ROWS_PER_SLICE: Final = 5000
"""One slice is one transaction of a few milliseconds, so that the next tick is not held up."""
_POINTS_PER_SLICE: Final = 50


@dataclass(frozen=True, slots=True)
class Retention:
    """How long samples are kept as rows, as packed samples, and as roll-ups. None: for ever.

    Attributes
    ----------
    rows : timedelta
        At least an hour: a reader that began before packing may still be looking for them.
    """

    rows: timedelta
    samples: timedelta | None
    levels: Mapping[Level, timedelta | None]


def retention_of(keep_days: Mapping[str, int | None]) -> Retention:
    """Retention from a setting in days: ``rows``, ``samples``, ``minute``, ``quarter_hour``, ``hour``."""
    kept = {name: None if days is None else timedelta(days=days) for name, days in keep_days.items()}
    return Retention(
        rows=kept["rows"] or timedelta.max,
        samples=kept["samples"],
        levels={level: kept[level.name.lower()] for level in Level},
    )


def prune(before: datetime, *, rows: int = ROWS_PER_SLICE) -> int:
    """Delete a slice of the rows that are older than a moment and packed, the oldest first.

    Parameters
    ----------
    before : datetime
        Aware.
    rows : int
        Size of a slice; samples of the same millisecond go together, so it may be exceeded.

    Returns
    -------
    int
        How many were deleted; 0: nothing is left. The caller goes on when it has time.
    """
    before_ms = min(to_ms(before), store.packed().packed_until_ms)
    found = store.fetch(
        "SELECT ts_ms FROM telemetry_sample WHERE ts_ms < %s ORDER BY ts_ms LIMIT 1 OFFSET %s", (before_ms, rows - 1)
    )
    newest_ms = found[0][0] if found else before_ms - 1
    with connections[ALIAS].cursor() as cursor:
        cursor.execute("DELETE FROM telemetry_sample WHERE ts_ms <= %s", (newest_ms,))
        deleted: int = cursor.rowcount
    return deleted


def first_kept_day(keep: Retention, now: datetime) -> int | None:
    """The oldest day whose samples are kept; None: all of them are."""
    return None if keep.samples is None else day_of(to_ms(now)) - keep.samples.days


def drop_too_late(keep: Retention, now: datetime) -> None:
    """Delete late samples of days whose samples are not kept any more. By a clock that is sure: they are gone then."""
    before_day = first_kept_day(keep, now)
    if before_day is None:
        return
    with transaction.atomic(using=ALIAS), connections[ALIAS].cursor() as cursor:
        cursor.execute("DELETE FROM telemetry_late WHERE ts_ms < %s", (before_day * DAY_MS,))
        if cursor.rowcount > 0:
            logger.warning("%d samples came so late that their day is not kept any more", cursor.rowcount)
        cursor.execute("DELETE FROM telemetry_rollup_due WHERE day < %s", (before_day,))


def prune_packed(ids: Collection[int], keep: Retention, now: datetime) -> Iterator[None]:
    """Delete chunks and roll-ups that are older than they are kept, a slice of points between two `yield`s."""
    today, points, before_day = day_of(to_ms(now)), sorted(ids), first_kept_day(keep, now)
    for first in range(0, len(points), _POINTS_PER_SLICE):
        some = points[first : first + _POINTS_PER_SLICE]
        if before_day is not None:
            _delete("telemetry_chunk", some, "day < %s", before_day)
        for level, kept in keep.levels.items():
            if kept is not None:
                first_day = period(level, today - kept.days)[0]
                _delete("telemetry_rollup", some, f"level_s = {level.value} AND first_day < %s", first_day)
        yield


def _delete(table: str, ids: Collection[int], condition: str, before: int) -> None:
    query = f"DELETE FROM {table} WHERE point_id IN ({store.places(ids)}) AND {condition}"  # noqa: S608  (constants; ids are parameters)
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(query, (*ids, before))
