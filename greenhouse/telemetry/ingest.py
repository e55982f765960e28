"""Writing samples: one short transaction per tick, with its tick number inside."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from django.db import IntegrityError, connections, transaction
from django.db.backends.utils import CursorWrapper

from devices.samples import Reading
from greenhouse import nudges
from greenhouse.fencing import UNFENCED, Fence
from greenhouse.nudges import Subject
from greenhouse.telemetry import counters as kept
from greenhouse.telemetry.bulk import BulkInsert
from greenhouse.telemetry.codes import ALIAS, ORIGIN_CODES, to_ms
from greenhouse.telemetry.counters import CounterRow
from greenhouse.telemetry.levels import day_of
from greenhouse.telemetry.recorder import Mask, Recorder
from greenhouse.telemetry.store import mark_due, places

logger = logging.getLogger(__name__)

_CLOCK_TOLERANCE_MS = 2000
"""A newest sample further ahead of the clock than this came from a wrong clock and gives way to any other. [ms]"""

_SAMPLE_COLUMNS = (
    ("ts_ms", "bigint"),
    ("point_id", "bigint"),
    ("value", "double precision"),
    ("exact", "text"),
    ("quality", "smallint"),
    ("reason", "smallint"),
    ("origin", "smallint"),
)
_TABLES = ("telemetry_sample", "telemetry_late")
_INSERT = {table: BulkInsert(table, _SAMPLE_COLUMNS) for table in _TABLES}
_INSERT_MISSING = {table: BulkInsert(table, _SAMPLE_COLUMNS, conflict="ON CONFLICT DO NOTHING") for table in _TABLES}
_INSERT_FURTHER = {table: BulkInsert(table, (*_SAMPLE_COLUMNS, ("nth", "smallint"))) for table in _TABLES}
_SAME_MOMENT = "SELECT point_id, nth, value, exact FROM {table} WHERE ts_ms = %s AND point_id IN ({places})"
_UPSERT_LATEST = BulkInsert(
    "telemetry_latest",
    _SAMPLE_COLUMNS,
    ("writer", "tick"),
    """ON CONFLICT (point_id) DO UPDATE SET
        ts_ms = excluded.ts_ms, value = excluded.value, exact = excluded.exact, quality = excluded.quality,
        reason = excluded.reason, origin = excluded.origin, writer = excluded.writer, tick = excluded.tick
    WHERE excluded.ts_ms >= telemetry_latest.ts_ms OR telemetry_latest.ts_ms > %s""",
)
_UPSERT_TICK = """
    INSERT INTO telemetry_tick (writer, tick, committed_at_ms) VALUES (%s, %s, %s)
    ON CONFLICT (writer) DO UPDATE SET tick = excluded.tick, committed_at_ms = excluded.committed_at_ms
    WHERE excluded.tick > telemetry_tick.tick"""

_reported_unknown: set[str] = set()
"""Keys that were logged as unknown; kept so that each is logged once and not at every poll."""

SampleRow = tuple[int, int, float | None, str | None, int, int, int]


@dataclass(frozen=True, slots=True)
class _Tick:
    """What is committed at once."""

    writer: str
    number: int
    now_ms: int
    rows: list[SampleRow]
    history: list[SampleRow]
    counters: list[CounterRow]


_Insert = Callable[[CursorWrapper, str, list[SampleRow]], None]


class TickNotNewer(Exception):
    """The writer's tick number is not above its last one: two processes write under one name, or one counts wrongly."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a call of `record` stored.

    Attributes
    ----------
    samples : int
        Samples whose newest value was stored.
    history : int
        Those of them that became history.
    unknown : int
        Samples left out because their point is not in the base.
    """

    samples: int
    history: int
    unknown: int


def record(
    readings: Sequence[Reading],
    *,
    ids: Mapping[str, int],
    writer: str,
    tick: int,
    now: datetime,
    recorder: Recorder | None = None,
    fence: Fence = UNFENCED,
) -> Recorded:
    """Store what was read since the last tick, newest values and tick number included, or nothing of it.

    Parameters
    ----------
    readings : sequence of Reading
        May be empty: the tick is stored all the same and shows that the writer lives.
    ids : mapping
        Store ids by ``device.point`` key.
    writer : str
        Name of the writing process.
    tick : int
        Above the writer's last one (`last_tick`).
    now : datetime
        Aware; when this is stored.
    recorder : Recorder, optional
        Chooses what becomes history; None: everything. Newest values follow every reading.
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
    choice = None if recorder is None else recorder.choose(readings)
    masks: Sequence[Mask | None] = [None] * len(readings) if choice is None else choice.masks
    rows: list[SampleRow] = []
    history: list[SampleRow] = []
    for reading, mask in zip(readings, masks, strict=True):
        _add_rows(reading, mask, ids, (rows, history, unknown))
    of_tick = _Tick(writer, tick, to_ms(now), rows, history, kept.rows_of(readings, ids))
    try:
        _commit(of_tick, _insert_new, fence)
    except IntegrityError:
        _commit(of_tick, _insert_missing, fence)
    if recorder is not None and choice is not None:
        recorder.accept(choice)
    _report(unknown)
    return Recorded(len(rows), len(history), len(unknown))


def last_tick(writer: str) -> int:
    """Number of a writer's last tick; 0 if it never wrote. A writer goes on from here after a restart."""
    with connections[ALIAS].cursor() as cursor:
        cursor.execute("SELECT tick FROM telemetry_tick WHERE writer = %s", (writer,))
        row = cursor.fetchone()
    return 0 if row is None else int(row[0])


def _commit(tick: _Tick, insert: _Insert, fence: Fence) -> None:
    """Store a tick in one transaction.

    That a sample comes again is rare: a commit whose answer was lost, two values in one millisecond. To look for each
    one first costs PostgreSQL nearly as much as storing it (`docs/adr/0018`). So all go in as new ones, and a
    transaction that finds one there already is taken back as a whole and done again with ``_insert_missing``.
    """
    with transaction.atomic(using=ALIAS), connections[ALIAS].cursor() as cursor:
        fence.require(ALIAS)
        cursor.execute(_UPSERT_TICK, (tick.writer, tick.number, tick.now_ms))
        if cursor.rowcount != 1:
            raise TickNotNewer(f"writer {tick.writer}: tick {tick.number} is not above its last one")
        nudges.send(Subject.CHANGES, using=ALIAS)
        if tick.rows:
            _insert_history(cursor, tick.history, insert)
            before_ms = tick.now_ms + _CLOCK_TOLERANCE_MS
            latest = _newest_of_each(tick.rows, before_ms=before_ms)
            _UPSERT_LATEST.run(cursor, latest, tick.writer, tick.number, before_ms)
            kept.keep(cursor, tick.counters)


def _add_rows(
    reading: Reading,
    mask: Mask | None,
    ids: Mapping[str, int],
    into: tuple[list[SampleRow], list[SampleRow], list[str]],
) -> None:
    """Rows of one reading: all, those of the history, and keys nobody knows.

    Missing values and those that no database takes alike (NaN, infinity) become NULL.
    """
    rows, history, unknown = into
    ts_ms, origin = to_ms(reading.observed_at), ORIGIN_CODES[reading.origin]
    finite = np.isfinite(reading.values).tolist()
    values, quality, reason = reading.values.tolist(), reading.quality.tolist(), reading.reason.tolist()
    chosen = None if mask is None else mask.tolist()
    for i, key in enumerate(reading.points):
        point_id = ids.get(key)
        if point_id is None:
            unknown.append(key)
            continue
        value = values[i] if finite[i] else None
        exact = None
        if value is not None and i in reading.exact:
            exact = _exact_text(reading.exact[i], value)
        row = (ts_ms, point_id, value, exact, quality[i], reason[i], origin)
        rows.append(row)
        if chosen is None or chosen[i]:
            history.append(row)


def _insert_history(cursor: CursorWrapper, rows: list[SampleRow], insert: _Insert) -> None:
    """Rows of young samples as they come; those of time that is packed already apart, with their roll-ups marked."""
    cursor.execute("SELECT frozen_until_ms FROM telemetry_packed WHERE id = 1")
    found = cursor.fetchone()
    frozen_until_ms = 0 if found is None else found[0]
    late = [row for row in rows if row[0] < frozen_until_ms]
    if late:
        insert(cursor, "telemetry_late", late)
        mark_due(cursor, {(row[1], day_of(row[0]) + further) for row in late for further in (0, 1)})
        rows = [row for row in rows if row[0] >= frozen_until_ms]
    if rows:
        insert(cursor, "telemetry_sample", rows)


def _insert_new(cursor: CursorWrapper, table: str, rows: list[SampleRow]) -> None:
    _INSERT[table].run(cursor, rows)


def _insert_missing(cursor: CursorWrapper, table: str, rows: list[SampleRow]) -> None:
    """Each moment and value of a point once; another value of the same moment beside the first."""
    _INSERT_MISSING[table].run(cursor, rows)
    moments: defaultdict[int, list[SampleRow]] = defaultdict(list)
    for row in rows:
        moments[row[0]].append(row)
    further = []
    for ts_ms, of_moment in moments.items():
        ids = {row[1] for row in of_moment}
        cursor.execute(_SAME_MOMENT.format(table=table, places=places(ids)), (ts_ms, *ids))
        there: defaultdict[int, dict[tuple[float | None, str | None], int]] = defaultdict(dict)
        for point_id, nth, value, exact in cursor.fetchall():
            there[point_id][value, exact] = nth
        for row in of_moment:
            known, (value, exact) = there[row[1]], row[2:4]
            if (value, exact) not in known:
                known[value, exact] = max(known.values()) + 1
                further.append((*row, known[value, exact]))
    if further:
        _INSERT_FURTHER[table].run(cursor, further)


def _newest_of_each(rows: Sequence[SampleRow], *, before_ms: int) -> list[SampleRow]:
    """The newest sample of each point. One beyond ``before_ms``, by a wrong clock, gives way to any that follows it."""
    newest: dict[int, SampleRow] = {}
    for row in rows:
        there = newest.get(row[1])
        if there is None or row[0] >= there[0] or there[0] > before_ms:
            newest[row[1]] = row
    return list(newest.values())


def _exact_text(exact: int, value: float) -> str | None:
    """The integer where it is the value and a float cannot hold it; a raw number behind a scaled value is neither."""
    return str(exact) if int(value) != exact and value == float(exact) else None


def _report(unknown: Iterable[str]) -> None:
    new = sorted({key for key in unknown if key not in _reported_unknown})
    if new:
        _reported_unknown.update(new)
        logger.error("samples of points that are not in the base are left out: %s", ", ".join(new))
