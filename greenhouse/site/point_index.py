"""What the store needs to know of the points, read again only when a base file was loaded."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from uuid import UUID

from devices.profiles.recording import RecordPolicy
from devices.units import Quantity, Unit
from greenhouse.plant.point_sources import TRUTH_PROFILE
from greenhouse.site import models
from greenhouse.site.structure import PointStructure, record_policy, revision


@dataclass(frozen=True)
class PointIndex:
    """What the store needs to know of the points: ids, keys and units, disabled ones included (they have a history)."""

    revision: UUID | None
    ids: Mapping[str, int]
    units: Mapping[str, Unit]
    quantities: Mapping[str, Quantity]
    records: Mapping[str, RecordPolicy]
    """Which polls become history."""
    longest_gaps_s: Mapping[str, float]
    """Longest time between two recorded samples while all is well. [s]"""
    truths: frozenset[str] = frozenset()
    """Keys of truth units' points: they are stored like all others and shown to few."""

    @cached_property
    def keys(self) -> Mapping[int, str]:
        """Keys by id."""
        return {point_id: key for key, point_id in self.ids.items()}


def index_of(points: Collection[PointStructure]) -> PointIndex:
    """The index of points that were read already."""
    return PointIndex(
        revision=None,
        ids={point.key: point.id for point in points},
        units={point.key: point.unit for point in points},
        quantities={point.key: point.quantity for point in points},
        records={point.key: point.record for point in points},
        longest_gaps_s={point.key: point.record.longest_gap_s(point.poll_s) for point in points},
    )


_RECORD_COLUMNS = ("record", "record_dead_band", "record_interval_s")


def point_index() -> PointIndex:
    """Ids, units and quantities of all points. Kept, and read again when `revision` has changed."""
    found = revision()
    # Without a base there is no revision that would tell when points come.
    return _read_point_index(None) if found is None else _kept_point_index(found)


@lru_cache(maxsize=1)
def _kept_point_index(found: UUID) -> PointIndex:
    return _read_point_index(found)


def _read_point_index(found: UUID | None) -> PointIndex:
    rows = list(
        models.Point.objects.order_by().values_list("key", "id", "unit", "quantity", "poll_s", *_RECORD_COLUMNS)
    )
    truths = models.Point.objects.order_by().filter(device__profile=TRUTH_PROFILE).values_list("key", flat=True)
    records = {row[0]: record_policy(*row[5:]) for row in rows}
    return PointIndex(
        revision=found,
        ids={key: point_id for key, point_id, *_rest in rows},
        units={key: Unit(unit) for key, _id, unit, *_rest in rows},
        quantities={key: Quantity(quantity) for key, _id, _unit, quantity, *_rest in rows},
        records=records,
        longest_gaps_s={row[0]: records[row[0]].longest_gap_s(row[4]) for row in rows},
        truths=frozenset(truths),
    )
