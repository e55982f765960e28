"""How long the buckets of a chart are: as many as its pixels can show, on times that people expect. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from greenhouse.telemetry.codes import to_ms

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
STEPS_S = (
    *(1, 2, 5, 10, 15, 30),
    *(n * _MINUTE for n in (1, 2, 5, 15, 30)),
    *(n * _HOUR for n in (1, 2, 3, 4, 6, 8, 12)),
    *(n * _DAY for n in (1, 2, 7, 14, 28)),
)
"""Lengths of buckets. [s] No ten minutes: quarters of an hour have a roll-up of their own."""
MOST_BUCKETS = 1500
DAYS_FROM_S = 100 * _DAY
"""From this span on, buckets are whole days: shorter ones would draw every night and every noon as one black mass, and
hide the season that a year is looked at for. [s]"""
BUCKETS_PER_PX = 2


@dataclass(frozen=True, slots=True)
class Grid:
    """The buckets of a chart. Times in milliseconds since 1970 UTC."""

    start_ms: int
    step_ms: int
    count: int

    @property
    def end_ms(self) -> int:
        """Where the last bucket ends."""
        return self.start_ms + self.count * self.step_ms


def grid(start: datetime, end: datetime, *, width_px: int, zone: ZoneInfo) -> Grid:
    """The finest buckets that a drawing can show, each beginning at a round time of the base's own day.

    Parameters
    ----------
    start, end : datetime
        Aware; the buckets cover at least this span.
    width_px : int
        Width of the drawing.
    """
    most = min(MOST_BUCKETS, BUCKETS_PER_PX * width_px)
    span_s = (end - start).total_seconds()
    # One more than the span holds: neither end of it need lie on the edge of a bucket.
    least_s = _DAY if span_s > DAYS_FROM_S else STEPS_S[0]
    fitting = (step_s for step_s in STEPS_S if step_s >= least_s and span_s / step_s + 1 <= most)
    step_s = next(fitting, STEPS_S[-1])
    return grid_of_step(start, end, step_s=step_s, zone=zone)


def grid_of_step(start: datetime, end: datetime, *, step_s: int, zone: ZoneInfo) -> Grid:
    """Buckets of one length, each beginning at a round time of the base's own day."""
    offset_ms = (start.astimezone(zone).utcoffset() or timedelta()) // timedelta(milliseconds=1)
    step_ms = 1000 * step_s
    start_ms = (to_ms(start) + offset_ms) // step_ms * step_ms - offset_ms
    return Grid(start_ms, step_ms, max(1, -((start_ms - to_ms(end)) // step_ms)))
