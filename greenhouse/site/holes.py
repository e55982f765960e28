"""Addresses that a device refused within a block: learned once, kept for good."""

from __future__ import annotations

from datetime import datetime

from devices.profiles.schema import Table
from devices.read_plan import Hole
from greenhouse.site.models import Device, LearnedHole


def all_holes() -> dict[str, set[Hole]]:
    """Learned holes by device key."""
    found: dict[str, set[Hole]] = {}
    for device, table, first, end in LearnedHole.objects.values_list("device__key", "table", "first", "end"):
        found.setdefault(device, set()).add(Hole(Table(table), first, end))
    return found


def remember(device: str, hole: Hole, *, learned_at: datetime) -> None:
    """Keep a hole of a device. Twice is once; a device that is not in the base any more is passed over."""
    row = Device.objects.filter(key=device).first()
    if row is not None:
        LearnedHole.objects.get_or_create(
            device=row, table=hole.table, first=hole.first, end=hole.end, defaults={"learned_at": learned_at}
        )


def forget(device: str) -> int:
    """Learn a device anew, after it was replaced or its firmware changed. Returns how many holes were forgotten."""
    return LearnedHole.objects.filter(device__key=device).delete()[0]
