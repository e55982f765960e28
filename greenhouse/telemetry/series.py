"""Reading samples: the newest, what changed, every single one, and a span of time in buckets (`window`)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from devices.samples import Quality, Reason, Sample
from greenhouse.site.point_index import PointIndex, point_index
from greenhouse.telemetry import store
from greenhouse.telemetry.codes import ORIGINS, from_ms, to_ms
from greenhouse.telemetry.columns import NO_SAMPLES, Samples
from greenhouse.telemetry.store import DatabaseRow
from greenhouse.telemetry.unreadable import Unreadable, unreadable_days
from greenhouse.telemetry.window import buckets_of, window

__all__ = [
    "Cursor",
    "PointSamples",
    "Unreadable",
    "buckets_of",
    "committed_at",
    "latest",
    "samples",
    "since",
    "window",
]

Cursor = Mapping[str, int]
"""How far a reader has read: the last tick it has seen of each writer. Survives JSON."""

_LATEST = "SELECT point_id, ts_ms, value, exact, quality, reason, origin FROM telemetry_latest"


@dataclass(frozen=True, slots=True)
class PointSamples:
    """Recorded samples of one point, and the days whose samples cannot be read."""

    samples: Samples
    unreadable: tuple[Unreadable, ...]


def latest(points: Collection[str] | None = None, *, index: PointIndex | None = None) -> dict[str, Sample]:
    """Newest sample of each point. It follows every poll, whatever the point's record policy.

    Parameters
    ----------
    points : collection of str, optional
        Keys. None: all. A point without any sample is left out.
    index : PointIndex, optional
        Read before with `greenhouse.site.point_index`; read now if not given.
    """
    index = index or point_index()
    if points is None:
        return _by_key(store.fetch(_LATEST), index)
    ids = [index.ids[key] for key in points if key in index.ids]
    if not ids:
        return {}
    return _by_key(store.fetch(f"{_LATEST} WHERE point_id IN ({store.places(ids)})", ids), index)


def since(cursor: Cursor, *, index: PointIndex | None = None) -> tuple[dict[str, int], dict[str, Sample]]:
    """What is new since a reader's last look.

    Parameters
    ----------
    cursor : mapping
        From the last call; empty at the first, which then gives everything.
    index : PointIndex, optional
        As for `latest`. Samples of points that it does not know are left out.

    Returns
    -------
    cursor : dict
        For the next call.
    changed : dict of Sample
        Newest samples of the points that were stored since. A sample may come twice, none is left out: the ticks are
        read before the samples, and each tick was committed together with its samples.
    """
    ticks: dict[str, int] = dict(store.fetch("SELECT writer, tick FROM telemetry_tick"))
    rows: list[DatabaseRow] = []
    for writer, tick in ticks.items():
        seen = cursor.get(writer, 0)
        if tick == seen:
            continue
        # A number below the reader's is another store's: a backup was put back. Everything is new then.
        rows += store.fetch(f"{_LATEST} WHERE writer = %s AND tick > %s", (writer, seen if tick > seen else 0))
    return ticks, _by_key(rows, index or point_index()) if rows else {}


def committed_at() -> dict[str, datetime]:
    """When each writer last stored anything, by the writer's clock."""
    rows = store.fetch("SELECT writer, committed_at_ms FROM telemetry_tick")
    return {writer: from_ms(committed_at_ms) for writer, committed_at_ms in rows}


def samples(point: str, start: datetime, end: datetime, *, index: PointIndex | None = None) -> PointSamples:
    """Every recorded sample of a point from ``start`` to before ``end``, as arrays.

    Parameters
    ----------
    start, end : datetime
        Aware.
    index : PointIndex, optional
        As for `latest`. A point that it does not know has no samples.
    """
    index = index or point_index()
    point_id = index.ids.get(point)
    if point_id is None or end <= start:
        return PointSamples(NO_SAMPLES, ())
    found, damaged = store.read_samples([point_id], to_ms(start), to_ms(end))
    return PointSamples(found[point_id], unreadable_days(damaged, index))


def _by_key(rows: Iterable[DatabaseRow], index: PointIndex) -> dict[str, Sample]:
    found: dict[str, Sample] = {}
    for point_id, ts_ms, value, exact, quality, reason, origin in rows:
        key = index.keys.get(point_id)
        if key is not None:
            found[key] = Sample(
                point=key,
                value=value if exact is None else int(exact),
                unit=index.units[key],
                quality=Quality(quality),
                reason=Reason(reason),
                origin=ORIGINS[origin],
                observed_at=from_ms(ts_ms),
            )
    return found
