"""Addresses that a device refused within a block: learnt once, kept for good."""

from __future__ import annotations

from datetime import datetime

from devices.profiles.schema import Table
from devices.read_plan import Hole
from greenhouse.site.models import Device, LearntHole


def all_holes() -> dict[str, set[Hole]]:
    """Learnt holes by device key."""
    found: dict[str, set[Hole]] = {}
    for device, table, first, end in LearntHole.objects.values_list("device__key", "table", "first", "end"):
        found.setdefault(device, set()).add(Hole(Table(table), first, end))
    return found


def remember(device: str, hole: Hole, *, learnt_at: datetime) -> None:
    """Keep a hole of a device. Twice is once; a device that is not in the base any more is passed over."""
    row = Device.objects.filter(key=device).first()
    if row is not None:
        LearntHole.objects.get_or_create(
            device=row, table=hole.table, first=hole.first, end=hole.end, defaults={"learnt_at": learnt_at}
        )


def forget(device: str) -> int:
    """Learn a device anew, after it was replaced or its firmware changed. Returns how many holes were forgotten."""
    return LearntHole.objects.filter(device__key=device).delete()[0]
