"""Deleting old samples, a slice at a time."""

from __future__ import annotations

from datetime import datetime

from django.db import connections

from greenhouse.telemetry.codes import ALIAS, to_ms

ROWS_PER_SLICE = 5000
"""One slice is one transaction of a few milliseconds, so that the next tick is not held up."""


def prune(before: datetime, *, rows: int = ROWS_PER_SLICE) -> bool:
    """Delete a slice of the samples older than a moment, the oldest first. The newest values stay.

    Parameters
    ----------
    before : datetime
        Aware.
    rows : int
        Size of a slice; samples of the same millisecond go together, so it may be exceeded.

    Returns
    -------
    bool
        Whether there may be more to delete. The caller goes on when it has time.
    """
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(
            "SELECT ts_ms FROM telemetry_sample WHERE ts_ms < %s ORDER BY ts_ms LIMIT 1 OFFSET %s",
            (to_ms(before), rows - 1),
        )
        row = cursor.fetchone()
        newest_ms = to_ms(before) - 1 if row is None else row[0]
        cursor.execute("DELETE FROM telemetry_sample WHERE ts_ms <= %s", (newest_ms,))
    return row is not None
