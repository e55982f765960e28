"""The sample store's tables in plain SQL: rows, late rows, chunks, roll-ups, marks.

Each call is one statement outside of a transaction, or one short transaction. A reader takes rows before chunks: what
is packed in between stands in both, and is seen once because merging knows what comes twice.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connections, transaction
from django.db.backends.utils import CursorWrapper

from greenhouse.telemetry.chunk import ChunkDamaged, unpack_samples
from greenhouse.telemetry.codes import ALIAS
from greenhouse.telemetry.columns import NO_SAMPLES, Row, Samples, from_rows, merge
from greenhouse.telemetry.levels import DAY_MS, day_of

logger = logging.getLogger(__name__)

DatabaseRow = tuple[Any, ...]
"""A row as the database driver gives it."""
PointDay = tuple[int, int]
"""Point id and UTC day."""

_COLUMNS = "point_id, ts_ms, value, exact, quality, reason, origin"
_UPSERT_CHUNK = """
    INSERT INTO telemetry_chunk
        (point_id, day, n, first_ms, last_ms, minimum, mean, maximum, covered_ms, data)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (point_id, day) DO UPDATE SET
        n = excluded.n, first_ms = excluded.first_ms, last_ms = excluded.last_ms, minimum = excluded.minimum,
        mean = excluded.mean, maximum = excluded.maximum, covered_ms = excluded.covered_ms, data = excluded.data"""
_UPSERT_ROLLUP = """
    INSERT INTO telemetry_rollup (point_id, level_s, first_day, n, first_ms, last_ms, data)
    VALUES (%s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (point_id, level_s, first_day) DO UPDATE SET
        n = excluded.n, first_ms = excluded.first_ms, last_ms = excluded.last_ms, data = excluded.data"""
_MARK_DUE = "INSERT INTO telemetry_rollup_due (point_id, day) VALUES (%s, %s) ON CONFLICT DO NOTHING"
_INSERT_LATE = """
    INSERT INTO telemetry_late (point_id, ts_ms, nth, value, exact, quality, reason, origin)
    SELECT point_id, ts_ms, nth, value, exact, quality, reason, origin FROM telemetry_sample
    WHERE ts_ms >= %s AND ts_ms < %s AND point_id = %s ON CONFLICT DO NOTHING"""
_SET_PACKED = """
    INSERT INTO telemetry_packed (id, frozen_until_ms, packed_until_ms) VALUES (1, %s, %s)
    ON CONFLICT (id) DO UPDATE SET
        frozen_until_ms = excluded.frozen_until_ms, packed_until_ms = excluded.packed_until_ms"""

_reported: set[tuple[int, int, str]] = set()
"""Damaged chunks that were logged; kept so that each is logged once and not at every look."""


@dataclass(frozen=True, slots=True)
class Packed:
    """How far samples are packed. [ms since 1970]

    Attributes
    ----------
    frozen_until_ms : int
        A sample before this is late: it goes to the late rows, so that the rows being packed stay as they are.
    packed_until_ms : int
        Every row before this stands in a chunk, or among the late rows.
    """

    frozen_until_ms: int = 0
    packed_until_ms: int = 0


@dataclass(frozen=True, slots=True)
class ChunkRow:
    """A chunk with its columns, as they stand in the table."""

    point_id: int
    day: int
    n: int
    first_ms: int
    last_ms: int
    minimum: float | None
    mean: float | None
    maximum: float | None
    covered_ms: int
    data: bytes


@dataclass(frozen=True, slots=True)
class RollupRow:
    """A packed roll-up, as it stands in the table."""

    point_id: int
    level_s: int
    first_day: int
    n: int
    first_ms: int
    last_ms: int
    data: bytes


def fetch(query: str, parameters: Sequence[int | str] = ()) -> list[DatabaseRow]:
    """All rows of a query; no transaction stays open."""
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(query, parameters)
        rows: list[DatabaseRow] = cursor.fetchall()
    return rows


def places(ids: Collection[int]) -> str:
    """As many parameters as there are ids."""
    return ", ".join(["%s"] * len(ids))


def packed() -> Packed:
    """How far samples are packed."""
    rows = fetch("SELECT frozen_until_ms, packed_until_ms FROM telemetry_packed WHERE id = 1")
    return Packed(*rows[0]) if rows else Packed()


def set_packed(state: Packed) -> None:
    """Store how far samples are packed."""
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(_SET_PACKED, (state.frozen_until_ms, state.packed_until_ms))


def count_rows() -> int:
    """How many samples are kept as rows. Reads all of them: for once at the start."""
    ((count,),) = fetch("SELECT COUNT(*) FROM telemetry_sample")
    return int(count)


def oldest_unpacked_ms() -> int | None:
    """Time of the oldest row that does not stand in a chunk yet."""
    query = "SELECT MIN(ts_ms) FROM telemetry_sample WHERE ts_ms >= %s"
    ((oldest_ms,),) = fetch(query, (packed().packed_until_ms,))
    return None if oldest_ms is None else int(oldest_ms)


def known_until_ms() -> int:
    """When any writer last stored anything. 0: none ever did."""
    ((newest,),) = fetch("SELECT MAX(committed_at_ms) FROM telemetry_tick")
    return newest or 0


def unpacked(ids: Collection[int], start_ms: int, end_ms: int) -> dict[int, list[Row]]:
    """Rows of a span that may not stand in a chunk yet, late ones among them, by point."""
    found: defaultdict[int, list[Row]] = defaultdict(list)
    if ids:
        since_ms = max(start_ms, packed().packed_until_ms)
        for table, from_ms in (("telemetry_sample", since_ms), ("telemetry_late", start_ms)):
            query = f"""
                SELECT {_COLUMNS} FROM {table}
                WHERE ts_ms >= %s AND ts_ms < %s AND point_id IN ({places(ids)})"""  # noqa: S608  (constants; ids are parameters)
            for point_id, *row in fetch(query, (from_ms, end_ms, *ids)):
                found[point_id].append(tuple(row))
    return found


def chunks(ids: Collection[int], first_day: int, last_day: int) -> list[tuple[int, int, bytes]]:
    """``point id, day, bytes`` of the chunks of some days, the last one included."""
    if not ids:
        return []
    query = f"""
        SELECT point_id, day, data FROM telemetry_chunk
        WHERE point_id IN ({places(ids)}) AND day >= %s AND day <= %s ORDER BY point_id, day"""  # noqa: S608  (constants; ids are parameters)
    return [(point_id, day, bytes(data)) for point_id, day, data in fetch(query, (*ids, first_day, last_day))]


def read_chunk(point_id: int, day: int) -> Samples:
    """Samples of one point and day; none if there is no chunk.

    Raises
    ------
    ChunkDamaged
        If its bytes are not what was packed. Logged once.
    """
    found = chunks([point_id], day, day)
    return unpack_reported(point_id, day, found[0][2]) if found else NO_SAMPLES


def unpack_reported(point_id: int, day: int, data: bytes) -> Samples:
    """Samples of a chunk; damage is logged once.

    Raises
    ------
    ChunkDamaged
        If its bytes are not what was packed.
    """
    try:
        return unpack_samples(data)
    except ChunkDamaged as error:
        report_damaged(point_id, day, f"samples: {error}")
        raise


def report_damaged(point_id: int, day: int, what: str) -> None:
    """Log once that a chunk cannot be read."""
    if (point_id, day, what) not in _reported:
        _reported.add((point_id, day, what))
        logger.error("point id %d, day %d after 1970-01-01: a chunk cannot be read (%s)", point_id, day, what)


def read_samples(
    ids: Collection[int], start_ms: int, end_ms: int
) -> tuple[dict[int, Samples], dict[PointDay, ChunkDamaged]]:
    """Every sample of a span, each once, by point; and the days that cannot be read."""
    rows = unpacked(ids, start_ms, end_ms)
    parts: defaultdict[int, list[Samples]] = defaultdict(list)
    damaged: dict[PointDay, ChunkDamaged] = {}
    for point_id, day, data in chunks(ids, day_of(start_ms), day_of(end_ms - 1)):
        try:
            parts[point_id].append(unpack_reported(point_id, day, data).between(start_ms, end_ms))
        except ChunkDamaged as error:
            damaged[point_id, day] = error
    found = {}
    for point_id in ids:
        own = parts[point_id]
        if rows.get(point_id):
            own.append(from_rows(rows[point_id]))
        found[point_id] = NO_SAMPLES if not own else own[0] if len(own) == 1 else merge(*own)
    return found, damaged


def save_chunks(rows: Sequence[ChunkRow], *, unmergeable: Iterable[tuple[int, int, int]] = ()) -> None:
    """Put merged chunks in the place of the old ones and mark their roll-ups as due, in one transaction.

    Parameters
    ----------
    unmergeable : iterable of (start_ms, end_ms, point id)
        Spans of rows whose chunk cannot be read: they are kept among the late rows.
    """
    with transaction.atomic(using=ALIAS), connections[ALIAS].cursor() as cursor:
        upsert_chunks(cursor, rows)
        mark_due(cursor, [(row.point_id, row.day) for row in rows])
        for span in unmergeable:
            cursor.execute(_INSERT_LATE, span)


def upsert_chunks(cursor: CursorWrapper, rows: Sequence[ChunkRow]) -> None:
    """Put chunks in the place of the old ones, within the caller's transaction."""
    values = [
        (
            *(row.point_id, row.day, row.n, row.first_ms, row.last_ms),
            *(row.minimum, row.mean, row.maximum, row.covered_ms, row.data),
        )
        for row in rows
    ]
    if values:
        cursor.executemany(_UPSERT_CHUNK, values)


def upsert_rollups(cursor: CursorWrapper, rows: Sequence[RollupRow]) -> None:
    """Put roll-ups in the place of the old ones, within the caller's transaction."""
    values = [(r.point_id, r.level_s, r.first_day, r.n, r.first_ms, r.last_ms, r.data) for r in rows]
    if values:
        cursor.executemany(_UPSERT_ROLLUP, values)


def save_late(row: ChunkRow) -> None:
    """Put a chunk with its late samples merged in the place of the old one, and delete these rows, in one transaction.

    The next day's roll-ups are due as well: its first minutes begin with the last value of this one.
    """
    start_ms = row.day * DAY_MS
    with transaction.atomic(using=ALIAS):
        save_chunks([row])
        with connections[ALIAS].cursor() as cursor:
            cursor.execute(
                "DELETE FROM telemetry_late WHERE point_id = %s AND ts_ms >= %s AND ts_ms < %s",
                (row.point_id, start_ms, start_ms + DAY_MS),
            )
            mark_due(cursor, [(row.point_id, row.day + 1)])


def mark_due(cursor: CursorWrapper, days: Collection[PointDay]) -> None:
    """Note, within the caller's transaction, that roll-ups of some days do not hold all samples any more."""
    if days:
        cursor.executemany(_MARK_DUE, list(days))


def due_days(ids: Collection[int], first_day: int, last_day: int) -> dict[int, set[int]]:
    """Days, the last one included, whose roll-ups do not hold all samples, by point."""
    found: defaultdict[int, set[int]] = defaultdict(set)
    if ids:
        query = f"""
            SELECT point_id, day FROM telemetry_rollup_due
            WHERE point_id IN ({places(ids)}) AND day >= %s AND day <= %s"""  # noqa: S608  (constants; ids are parameters)
        for point_id, day in fetch(query, (*ids, first_day, last_day)):
            found[point_id].add(day)
    return found


def rollups(ids: Collection[int], level_s: int, first_day: int, last_day: int) -> list[tuple[int, int, bytes]]:
    """``point id, first day, bytes`` of the roll-ups whose period begins within some days, the last one included."""
    if not ids:
        return []
    query = f"""
        SELECT point_id, first_day, data FROM telemetry_rollup
        WHERE point_id IN ({places(ids)}) AND level_s = %s AND first_day >= %s AND first_day <= %s
        ORDER BY point_id, first_day"""  # noqa: S608  (constants; ids are parameters)
    rows = fetch(query, (*ids, level_s, first_day, last_day))
    return [(point_id, day, bytes(data)) for point_id, day, data in rows]


def save_rollups(rows: Sequence[RollupRow], done: PointDay, due: Mapping[int, Iterable[int]]) -> None:
    """Store the roll-ups that hold a day, take away its mark, and mark others, in one transaction."""
    with transaction.atomic(using=ALIAS), connections[ALIAS].cursor() as cursor:
        upsert_rollups(cursor, rows)
        mark_due(cursor, [(point_id, day) for point_id, days in due.items() for day in days])
        cursor.execute("DELETE FROM telemetry_rollup_due WHERE point_id = %s AND day = %s", done)


def packed_days(point_id: int, first_day: int, last_day: int) -> list[int]:
    """Days of a point, the last one included, that have a chunk."""
    query = "SELECT day FROM telemetry_chunk WHERE point_id = %s AND day >= %s AND day <= %s"
    return [day for (day,) in fetch(query, (point_id, first_day, last_day))]
