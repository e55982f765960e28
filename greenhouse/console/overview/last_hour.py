"""The last hour of the points that a page draws, one mean per minute."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TypedDict

from greenhouse.telemetry import series
from greenhouse.telemetry.codes import to_ms

STEP = timedelta(minutes=1)
COUNT = 60


class LastHour(TypedDict):
    """Means by point, oldest first; None where a minute has no usable value. Times in milliseconds."""

    start: int
    step: int
    count: int
    points: dict[str, list[float | None]]


def last_hour(points: Sequence[str], *, now: datetime) -> LastHour:
    """Means of the whole minutes up to now."""
    last_minute = now.replace(second=0, microsecond=0)
    start = last_minute - (COUNT - 1) * STEP
    means: dict[str, list[float | None]] = {point: [None] * COUNT for point in points}
    frame = series.window(points, start, last_minute + STEP, STEP).dropna(subset=["mean"])
    minutes = (frame["start"] - start) // STEP
    for point, minute, mean in zip(frame["point"], minutes, frame["mean"], strict=True):
        means[point][int(minute)] = round(float(mean), 3)
    return LastHour(start=to_ms(start), step=STEP // timedelta(milliseconds=1), count=COUNT, points=means)
