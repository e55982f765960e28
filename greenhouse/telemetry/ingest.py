"""Writing samples: one short transaction per tick, with its tick number inside."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from django.db import connections, transaction

from devices.samples import Reading
from greenhouse import nudges
from greenhouse.fencing import UNFENCED, Fence
from greenhouse.nudges import Subject
from greenhouse.telemetry.codes import ALIAS, ORIGIN_CODES, to_ms

logger = logging.getLogger(__name__)

_CLOCK_TOLERANCE_MS = 2000
"""A newest sample further ahead of the clock than this came from a wrong clock and gives way to any other. [ms]"""

_INSERT_SAMPLE = """
    INSERT INTO telemetry_sample (ts_ms, point_id, value, exact, quality, reason, origin)
    VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT (ts_ms, point_id) DO NOTHING"""
_UPSERT_LATEST = """
    INSERT INTO telemetry_latest (ts_ms, point_id, value, exact, quality, reason, origin, writer, tick)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (point_id) DO UPDATE SET
        ts_ms = excluded.ts_ms, value = excluded.value, exact = excluded.exact, quality = excluded.quality,
        reason = excluded.reason, origin = excluded.origin, writer = excluded.writer, tick = excluded.tick
    WHERE excluded.ts_ms >= telemetry_latest.ts_ms OR telemetry_latest.ts_ms > %s"""
_UPSERT_TICK = """
    INSERT INTO telemetry_tick (writer, tick, committed_at_ms) VALUES (%s, %s, %s)
    ON CONFLICT (writer) DO UPDATE SET tick = excluded.tick, committed_at_ms = excluded.committed_at_ms
    WHERE excluded.tick > telemetry_tick.tick"""

_reported_unknown: set[str] = set()
"""Keys that were logged as unknown; kept so that each is logged once and not at every poll."""

SampleRow = tuple[int, int, float | None, str | None, int, int, int]


class TickNotNewer(Exception):
    """The writer's tick number is not above its last one: two processes write under one name, or one counts wrongly."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a call of `record` stored.

    Attributes
    ----------
    samples : int
        Samples handed to the store.
    unknown : int
        Samples left out because their point is not in the base.
    """

    samples: int
    unknown: int


def record(
    readings: Iterable[Reading],
    *,
    ids: Mapping[str, int],
    writer: str,
    tick: int,
    now: datetime,
    fence: Fence = UNFENCED,
) -> Recorded:
    """Store what was read since the last tick, newest values and tick number included, or nothing of it.

    Parameters
    ----------
    readings : iterable of Reading
        May be empty: the tick is stored all the same and shows that the writer lives.
    ids : mapping
        Store ids by ``device.point`` key.
    writer : str
        Name of the writing process.
    tick : int
        Above the writer's last one (`last_tick`).
    now : datetime
        Aware; when this is stored.
    fence : Fence
        Shows in the same transaction that no other process has taken over.

    Raises
    ------
    LeaseLost
        If another process has taken over. Nothing was stored.
    TickNotNewer
        If the tick is not above the last one. Nothing was stored.
    """
    unknown: list[str] = []
    rows = [row for reading in readings for row in _rows(reading, ids, unknown)]
    now_ms = to_ms(now)
    latest = [(*row, writer, tick, now_ms + _CLOCK_TOLERANCE_MS) for row in rows]
    with transaction.atomic(using=ALIAS), connections[ALIAS].cursor() as cursor:
        fence.require(ALIAS)
        cursor.execute(_UPSERT_TICK, (writer, tick, now_ms))
        if cursor.rowcount != 1:
            raise TickNotNewer(f"writer {writer}: tick {tick} is not above its last one")
        nudges.send(Subject.CHANGES, using=ALIAS)
        if rows:
            cursor.executemany(_INSERT_SAMPLE, rows)
            cursor.executemany(_UPSERT_LATEST, latest)
    _report(unknown)
    return Recorded(samples=len(rows), unknown=len(unknown))


def last_tick(writer: str) -> int:
    """Number of a writer's last tick; 0 if it never wrote. A writer goes on from here after a restart."""
    with connections[ALIAS].cursor() as cursor:
        cursor.execute("SELECT tick FROM telemetry_tick WHERE writer = %s", (writer,))
        row = cursor.fetchone()
    return 0 if row is None else int(row[0])


def _rows(reading: Reading, ids: Mapping[str, int], unknown: list[str]) -> Iterator[SampleRow]:
    """Rows of one reading. Missing values and those no database takes alike (NaN, infinity) become NULL."""
    ts_ms, origin = to_ms(reading.observed_at), ORIGIN_CODES[reading.origin]
    finite = np.isfinite(reading.values).tolist()
    values, quality, reason = reading.values.tolist(), reading.quality.tolist(), reading.reason.tolist()
    for i, key in enumerate(reading.points):
        point_id = ids.get(key)
        if point_id is None:
            unknown.append(key)
            continue
        value = values[i] if finite[i] else None
        exact = None
        if value is not None and i in reading.exact:
            exact = _exact_text(reading.exact[i], value)
        yield ts_ms, point_id, value, exact, quality[i], reason[i], origin


def _exact_text(exact: int, value: float) -> str | None:
    """The integer where it is the value and a float cannot hold it; a raw number behind a scaled value is neither."""
    return str(exact) if int(value) != exact and value == float(exact) else None


def _report(unknown: Iterable[str]) -> None:
    new = sorted({key for key in unknown if key not in _reported_unknown})
    if new:
        _reported_unknown.update(new)
        logger.error("samples of points that are not in the base are left out: %s", ", ".join(new))
