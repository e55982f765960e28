"""From what counters go on after a restart: total and register, stored with the samples that they gave."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from django.db.backends.utils import CursorWrapper

from devices.samples import CounterState, Reading
from greenhouse.site.point_index import PointIndex
from greenhouse.telemetry import store
from greenhouse.telemetry.bulk import BulkInsert
from greenhouse.telemetry.codes import from_ms, to_ms

CounterRow = tuple[int, int, str, str]
"""Point id, time, total and register; the numbers as text, since they may be of any size."""
_UPSERT = BulkInsert(
    "telemetry_counter",
    (("point_id", "bigint"), ("ts_ms", "bigint"), ("total", "text"), ("raw", "text")),
    conflict="ON CONFLICT (point_id) DO UPDATE SET ts_ms = excluded.ts_ms, total = excluded.total, raw = excluded.raw",
)
_KEPT = "SELECT point_id, ts_ms, total, raw FROM telemetry_counter"


def rows_of(readings: Iterable[Reading], ids: Mapping[str, int]) -> list[CounterRow]:
    """Where the counters of readings stand, the last of each."""
    rows: dict[int, CounterRow] = {}
    for reading in readings:
        for position, state in reading.counters.items():
            point_id = ids.get(reading.points[position])
            if point_id is not None:
                rows[point_id] = (point_id, to_ms(reading.observed_at), str(state.total), str(state.raw))
    return list(rows.values())


def keep(cursor: CursorWrapper, rows: Sequence[CounterRow]) -> None:
    """Store them, within the transaction of the samples that they gave."""
    if rows:
        _UPSERT.run(cursor, rows)


def kept(points: Collection[str], *, index: PointIndex) -> dict[str, CounterState]:
    """Where counters stood when they were last read well, by key. One that never was is left out."""
    ids = [index.ids[key] for key in points if key in index.ids]
    if not ids:
        return {}
    return {
        index.keys[point_id]: CounterState(total=int(total), raw=int(raw), read_at=from_ms(ts_ms))
        for point_id, ts_ms, total, raw in store.fetch(f"{_KEPT} WHERE point_id IN ({store.places(ids)})", ids)
    }


def untimed(states: Mapping[str, CounterState]) -> dict[str, CounterState]:
    """The same, without the time: while the clock is in doubt nobody knows how much can have been counted since."""
    return {key: replace(state, read_at=None) for key, state in states.items()}
