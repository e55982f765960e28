"""Reading samples: the newest, what changed, and a span of time in buckets."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
from django.db import connections

from devices.samples import Quality, Reason, Sample
from devices.units import Quantity
from greenhouse.site.structure import PointIndex, point_index
from greenhouse.telemetry.codes import ALIAS, ORIGINS, from_ms, to_ms

if TYPE_CHECKING:
    import pandas as pd

Cursor = Mapping[str, int]
"""How far a reader has read: the last tick it has seen of each writer. Survives JSON."""

_LATEST = "SELECT point_id, ts_ms, value, exact, quality, reason, origin FROM telemetry_latest"
_WITHOUT_MEAN = frozenset({Quantity.STATE, Quantity.MODE, Quantity.STATUS_BITS, Quantity.CODE})
_SMALLEST_RESULTANT = 1e-6

Row = tuple[Any, ...]
"""A row as the database driver gives it."""


def latest(points: Collection[str] | None = None, *, index: PointIndex | None = None) -> dict[str, Sample]:
    """Newest sample of each point.

    Parameters
    ----------
    points : collection of str, optional
        Keys. None: all. A point without any sample is left out.
    index : PointIndex, optional
        Read before with `greenhouse.site.structure.point_index`; read now if not given.
    """
    index = index or point_index(points)
    if points is None:
        return _samples(_fetch(_LATEST, ()), index)
    ids = [index.ids[key] for key in points if key in index.ids]
    if not ids:
        return {}
    return _samples(_fetch(f"{_LATEST} WHERE point_id IN ({_places(ids)})", ids), index)


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
    ticks: dict[str, int] = dict(_fetch("SELECT writer, tick FROM telemetry_tick", ()))
    rows: list[Row] = []
    for writer, tick in ticks.items():
        seen = cursor.get(writer, 0)
        if tick == seen:
            continue
        # A number below the reader's is another store's: a backup was put back. Everything is new then.
        rows += _fetch(f"{_LATEST} WHERE writer = %s AND tick > %s", (writer, seen if tick > seen else 0))
    return ticks, _samples(rows, index or point_index()) if rows else {}


def committed_at() -> dict[str, datetime]:
    """When each writer last stored anything, by the writer's clock."""
    rows = _fetch("SELECT writer, committed_at_ms FROM telemetry_tick", ())
    return {writer: from_ms(committed_at_ms) for writer, committed_at_ms in rows}


def window(
    points: Sequence[str],
    start: datetime,
    end: datetime,
    resolution: timedelta,
    *,
    index: PointIndex | None = None,
) -> pd.DataFrame:
    """Samples of a span of time in buckets. A bucket without samples is no row: gaps stay gaps.

    Parameters
    ----------
    points : sequence of str
        Keys; unknown ones have no rows.
    start, end : datetime
        Aware. The span includes its start and not its end.
    resolution : timedelta
        Length of a bucket, at least 1 ms. The first one begins at ``start``.
    index : PointIndex, optional
        As for `latest`.

    Returns
    -------
    DataFrame
        One row per point and bucket, ordered by both: ``point``; ``start`` of the bucket, UTC; ``minimum``, ``mean``,
        ``maximum`` of the usable values, canonical unit; ``count`` of usable values; ``unusable``: samples that were
        bad or had no value. NaN where there is no usable value. A wind direction has a vector mean and neither minimum
        nor maximum; a state or mode has no mean. The mean of pH is the arithmetic one, as growers' records have it.

    Raises
    ------
    ValueError
        If the end is not after the start, or the resolution is below 1 ms.
    """
    import pandas as pd  # a second and 40 MB that only a process that draws trends shall pay

    index = index or point_index(points)
    start_ms, end_ms, resolution_ms = to_ms(start), to_ms(end), resolution // timedelta(milliseconds=1)
    if end_ms <= start_ms or resolution_ms < 1:
        raise ValueError(f"no buckets: {start} to {end} in steps of {resolution}")
    known = {index.ids[key]: index.quantities[key] for key in points if key in index.ids}
    circular = [point_id for point_id, quantity in known.items() if quantity is Quantity.WIND_DIRECTION]
    linear = [point_id for point_id, quantity in known.items() if quantity is not Quantity.WIND_DIRECTION]
    span = (start_ms, resolution_ms, end_ms)
    rows = _buckets(linear, _LINEAR, span) + _buckets(circular, _CIRCULAR, span)
    frame = pd.DataFrame(rows, columns=["id", "bucket", "minimum", "mean", "maximum", "count", "all", "sine", "cosine"])
    statistics = frame[["minimum", "mean", "maximum", "sine", "cosine"]].astype("float64")
    return (
        pd.DataFrame(
            {
                "point": frame["id"].map(index.keys).astype("str"),
                "start": pd.to_datetime(
                    frame["bucket"].astype("int64") * resolution_ms + start_ms, unit="ms", utc=True
                ),
                "minimum": statistics["minimum"],
                "mean": _means(frame["id"].map(known), statistics),
                "maximum": statistics["maximum"],
                "count": frame["count"].astype("int64"),
                "unusable": (frame["all"] - frame["count"]).astype("int64"),
            }
        )
        .sort_values(["point", "start"])
        .reset_index(drop=True)
    )


_USABLE = f"CASE WHEN quality < {int(Quality.BAD)} THEN value END"
_LINEAR = f"MIN({_USABLE}), AVG({_USABLE}), MAX({_USABLE}), COUNT({_USABLE}), COUNT(*), NULL, NULL"
_CIRCULAR = f"NULL, NULL, NULL, COUNT({_USABLE}), COUNT(*), AVG(SIN(RADIANS({_USABLE}))), AVG(COS(RADIANS({_USABLE})))"


def _buckets(ids: Sequence[int], statistics: str, span: tuple[int, int, int]) -> list[Row]:
    if not ids:
        return []
    start_ms, resolution_ms, end_ms = span
    query = f"""
        SELECT point_id, (ts_ms - %s) / %s, {statistics} FROM telemetry_sample
        WHERE ts_ms >= %s AND ts_ms < %s AND point_id IN ({_places(ids)}) GROUP BY 1, 2"""  # noqa: S608  (made of constants of this module; ids are parameters)
    return _fetch(query, (start_ms, resolution_ms, start_ms, end_ms, *ids))


def _means(quantities: pd.Series[Any], statistics: pd.DataFrame) -> pd.Series[float]:
    """Arithmetic means; vector means of directions, NaN where the directions cancel out; none of states."""
    direction = np.degrees(np.arctan2(statistics["sine"], statistics["cosine"])) % 360.0
    direction = direction.where(direction < 360.0, 0.0)  # a hair below 0° comes out of the modulo as 360°
    resultant = np.hypot(statistics["sine"], statistics["cosine"])
    means = statistics["mean"].where(~quantities.isin(_WITHOUT_MEAN))
    return means.where(quantities != Quantity.WIND_DIRECTION, direction.where(resultant > _SMALLEST_RESULTANT))


def _fetch(query: str, parameters: Sequence[int | str]) -> list[Row]:
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(query, parameters)
        rows: list[Row] = cursor.fetchall()
    return rows


def _places(ids: Collection[int]) -> str:
    return ", ".join(["%s"] * len(ids))


def _samples(rows: Iterable[Row], index: PointIndex) -> dict[str, Sample]:
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
