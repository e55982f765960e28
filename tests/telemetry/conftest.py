from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from devices.samples import Origin, Quality, Reading, Reason
from greenhouse.site.point_index import PointIndex, point_index
from greenhouse.telemetry import ingest
from tests.bases import load

START = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)

Write = Callable[..., ingest.Recorded]


def after(seconds: float) -> datetime:
    """A moment after the start of the test."""
    return START + timedelta(seconds=seconds)


LATER = after(600)
"""When the tests store, unless they say otherwise: after everything that they read."""


def reading(
    values: dict[str, float | int],
    at: datetime = START,
    *,
    quality: Quality = Quality.GOOD,
    reason: Reason = Reason.NONE,
    origin: Origin = Origin.SIMULATED,
) -> Reading:
    """A reading as a line hands it on."""
    count = len(values)
    return Reading(
        points=tuple(values),
        values=np.array(list(values.values()), dtype=np.float64),
        quality=np.full(count, quality, dtype=np.uint8),
        reason=np.full(count, reason, dtype=np.uint8),
        observed_at=at,
        origin=origin,
        exact={i: value for i, value in enumerate(values.values()) if isinstance(value, int)},
    )


@pytest.fixture
def index(db) -> PointIndex:
    """Ids of the points of the small base."""
    load()
    return point_index()


@pytest.fixture
def write(index: PointIndex) -> Write:
    """Store readings under the writer's next tick."""

    def store(*readings: Reading, now: datetime = LATER, writer: str = "control") -> ingest.Recorded:
        tick = ingest.last_tick(writer) + 1
        return ingest.record(readings, ids=index.ids, writer=writer, tick=tick, now=now)

    return store


def series_of(
    values: Sequence[float], *, step_s: float = 10.0, point: str = "h1-climate.air_temperature"
) -> list[Reading]:
    """Readings of one point at a fixed interval."""
    return [reading({point: value}, after(i * step_s)) for i, value in enumerate(values)]
