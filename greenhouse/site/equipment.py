"""Lines and what stands on them, as people list them. Where a line leads is nobody's business who only reads.

Truth units, and lines that carry nothing else, are on no list.
"""

from __future__ import annotations

from dataclasses import dataclass

from devices.samples import Origin
from greenhouse.plant.point_sources import TRUTH_PROFILE
from greenhouse.site import models
from greenhouse.site.basefile.schema import LineKind


@dataclass(frozen=True, slots=True)
class Equipment:
    """An enabled device. ``compartment``: None where it serves the whole base."""

    key: str
    name_zh: str
    name_en: str
    line: str
    unit_id: int
    profile: str
    compartment: str | None
    origin: Origin


@dataclass(frozen=True, slots=True)
class LineListing:
    """An enabled line."""

    key: str
    name_zh: str
    name_en: str
    kind: LineKind


def lines() -> tuple[LineListing, ...]:
    """Every enabled line, in the order of the base file."""
    truth_units = models.Device.objects.filter(enabled=True, profile=TRUTH_PROFILE)
    rows = models.Line.objects.filter(enabled=True).exclude(pk__in=truth_units.values("line"))
    return tuple(LineListing(row.key, row.name_zh, row.name_en, LineKind(row.kind)) for row in rows)


def equipment() -> tuple[Equipment, ...]:
    """Every enabled device of an enabled line, in the order of the base file."""
    rows = models.Device.objects.filter(enabled=True, line__enabled=True).exclude(profile=TRUTH_PROFILE)
    return tuple(
        Equipment(
            key=row.key,
            name_zh=row.name_zh,
            name_en=row.name_en,
            line=row.line.key,
            unit_id=row.unit_id,
            profile=row.profile,
            compartment=None if row.compartment is None else row.compartment.key,
            origin=Origin(row.origin),
        )
        for row in rows.select_related("line", "compartment")
    )
