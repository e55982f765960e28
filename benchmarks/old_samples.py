"""Fills the store of a base with samples of past days: ``python -m benchmarks.old_samples fill <days>``, or counts."""

from __future__ import annotations

import os
import sys
from datetime import timedelta

import django
import numpy as np

from greenhouse.clock import utc_now

_EVERY = timedelta(seconds=10)
_SLICE = 60
_SKIP = timedelta(days=2, hours=1)
"""Younger samples are not packed yet."""


def main(arguments: list[str]) -> None:
    """Do what the command line says."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.console")
    django.setup()
    match arguments:
        case ["fill", days]:
            _fill(float(days))
        case ["count"]:
            print(_old_rows())
        case _:
            raise SystemExit(__doc__)


def _fill(days: float) -> None:
    from django.db import connections

    from devices.units import Quantity
    from greenhouse.site.point_index import point_index

    index = point_index()
    ids = [index.ids[key] for key, quantity in index.quantities.items() if quantity is Quantity.TEMPERATURE]
    end = utc_now().replace(microsecond=0) - _SKIP
    count = int(timedelta(days=days) / _EVERY)
    generator = np.random.default_rng(1)
    values = 18.0 + 6.0 * np.sin(np.arange(count) / 1000.0)
    insert = (
        "INSERT INTO telemetry_sample (ts_ms, point_id, value, quality, reason, origin) VALUES (%s, %s, %s, 0, 0, 3) "
        "ON CONFLICT DO NOTHING"
    )
    with connections["telemetry"].cursor() as cursor:
        for first in range(0, count, _SLICE):
            rows = [
                (int((end - (count - number) * _EVERY).timestamp() * 1000), point, round(float(value), 1))
                for number in range(first, min(first + _SLICE, count))
                for point, value in zip(ids, values[number] + generator.normal(0.0, 0.2, len(ids)), strict=True)
            ]
            cursor.executemany(insert, rows)


def _old_rows() -> int:
    from django.db import connections

    before_ms = int((utc_now() - _SKIP).timestamp() * 1000)
    with connections["telemetry"].cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM telemetry_sample WHERE ts_ms < %s", (before_ms,))
        return int(cursor.fetchone()[0])


if __name__ == "__main__":
    main(sys.argv[1:])
