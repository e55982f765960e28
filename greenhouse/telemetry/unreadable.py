"""Days of samples that cannot be read: shown as a gap with its reason, never as silence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from greenhouse.site.point_index import PointIndex
from greenhouse.telemetry.chunk import ChunkDamaged
from greenhouse.telemetry.codes import from_ms
from greenhouse.telemetry.levels import DAY_MS


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A span of a point whose packed samples are damaged."""

    point: str
    start: datetime
    end: datetime
    reason: str


def unreadable_days(damaged: Mapping[tuple[int, int], ChunkDamaged], index: PointIndex) -> tuple[Unreadable, ...]:
    """Spans for the reader, by point and time."""
    return tuple(
        Unreadable(index.keys[point_id], from_ms(day * DAY_MS), from_ms((day + 1) * DAY_MS), str(error))
        for (point_id, day), error in sorted(damaged.items(), key=lambda item: item[0])
    )
