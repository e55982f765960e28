"""How long each level of detail is kept, and deleting what is older, a slice at a time."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import connections

from greenhouse.telemetry import store
from greenhouse.telemetry.codes import ALIAS, to_ms
from greenhouse.telemetry.levels import DAY_MS, Level, day_of, period

logger = logging.getLogger(__name__)

ROWS_PER_SLICE: Final = 5000
"""One slice is one transaction of a few milliseconds, so that the next tick is not held up."""
_PACKED_PER_SLICE: Final = 100
"""Chunks are several pages each, which the store has to free."""


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


def drop_too_late(keep: Retention, now: datetime) -> Iterator[None]:
    """Delete late samples of days whose samples are not kept any more. By a clock that is sure: they are gone then."""
    before_day = first_kept_day(keep, now)
    if before_day is None:
        return
    dropped = 0
    while deleted := _delete_some("telemetry_late", ("point_id", "ts_ms", "nth"), "ts_ms < %s", (before_day * DAY_MS,)):
        dropped += deleted
        yield
    if dropped:
        logger.warning("%d samples came so late that their day is not kept any more", dropped)
    while _delete_some("telemetry_rollup_due", ("point_id", "day"), "day < %s", (before_day,)):
        yield


def prune_packed(ids: Collection[int], keep: Retention, now: datetime) -> Iterator[None]:
    """Delete chunks and roll-ups that are older than they are kept, some of one point between two `yield`s."""
    today, before_day = day_of(to_ms(now)), first_kept_day(keep, now)
    for point_id in sorted(ids):
        if before_day is not None:
            while _delete_some(
                "telemetry_chunk", ("point_id", "day"), "point_id = %s AND day < %s", (point_id, before_day)
            ):
                yield
        for level, kept in keep.levels.items():
            if kept is not None:
                first_day = period(level, today - kept.days)[0]
                condition = "point_id = %s AND level_s = %s AND first_day < %s"
                key = ("point_id", "level_s", "first_day")
                while _delete_some("telemetry_rollup", key, condition, (point_id, level.value, first_day)):
                    yield
        yield


def _delete_some(table: str, key: Sequence[str], condition: str, parameters: Sequence[int]) -> int:
    """Delete so many rows as one transaction may; how many there were. A shortened retention makes thousands due."""
    columns = ", ".join(key)
    query = (  # constants, but for the parameters
        f"DELETE FROM {table} WHERE ({columns}) IN (SELECT {columns} FROM {table} WHERE {condition} LIMIT %s)"  # noqa: S608
    )
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(query, (*parameters, _PACKED_PER_SLICE))
        deleted: int = cursor.rowcount
    return deleted
