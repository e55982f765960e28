"""Harvests of a simulated base: nobody weighed them, and each says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Max

from devices.samples import Origin
from greenhouse.crops import cycles
from greenhouse.crops.models import CropCycle
from greenhouse.harvest.entries import Weighed
from greenhouse.harvest.models import Harvest, SimulatedPast
from greenhouse.ledger import chain
from greenhouse.ledger.canonical import Json, decisions_digest

AT_ONCE = 25
"""Rows of a transaction: no writer may hold others up."""


@dataclass(frozen=True, slots=True)
class Simulated:
    """A harvest of a simulated past, under an id that is its own for good."""

    id: UUID
    weighed: Weighed
    entered_at: datetime


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the harvests of a simulated base are.

    Attributes
    ----------
    done, total : int
        Simulated crop cycles: those that have all harvests of their past, and all.
    stored_at : datetime or None
        When the last one was complete.
    """

    done: int
    total: int
    stored_at: datetime | None


def progress() -> Progress:
    """How far the harvests of a simulated base are, in two queries."""
    total = CropCycle.objects.filter(origin=Origin.SIMULATED.value).count()
    seen = SimulatedPast.objects.aggregate(done=Count("pk"), stored_at=Max("stored_at"))
    return Progress(seen["done"], total, seen["stored_at"])


def complete_cycles() -> frozenset[UUID]:
    """Cycles that have all harvests of their simulated past."""
    return frozenset(SimulatedPast.objects.values_list("pk", flat=True))


def store(cycle: CropCycle, harvests: Sequence[Simulated], *, now: datetime) -> int:
    """Store what is not stored yet, some at a time, each time with one entry in the ledger. Returns how many.

    Whatever was cut off goes on where it was: what is there already is left alone. The cycle is locked while it is
    looked at, so two that do the same at the same time store nothing twice. At last the cycle counts as complete.
    """
    stored, left = 0, iter(harvests)
    while some := list(islice(left, AT_ONCE)):
        with transaction.atomic():
            cycles.locked(cycle.pk)
            there = set(Harvest.objects.filter(pk__in=[one.id for one in some]).values_list("pk", flat=True))
            lacking = [one for one in some if one.id not in there]
            if lacking:
                Harvest.objects.bulk_create([_row(one) for one in lacking])
                _record(cycle, lacking, now)
        stored += len(lacking)
    SimulatedPast.objects.update_or_create(cycle=cycle, defaults={"stored_at": now})
    return stored


def _row(one: Simulated) -> Harvest:
    return Harvest(
        pk=one.id,
        cycle_id=one.weighed.cycle,
        day=one.weighed.day,
        grade=one.weighed.grade.value,
        mass_g=one.weighed.mass_g,
        stems=one.weighed.stems,
        origin=Origin.SIMULATED.value,
        entered_at=one.entered_at,
    )


def _record(cycle: CropCycle, some: Sequence[Simulated], now: datetime) -> None:
    told: list[Mapping[str, Json]] = [
        {"harvest": str(one.id), "day": one.weighed.day.isoformat(), "mass_g": one.weighed.mass_g} for one in some
    ]
    payload: dict[str, str | int | None] = {
        "event": "simulated",
        "cycle": str(cycle.pk),
        "user": None,
        "count": len(some),
        "digest": decisions_digest(told),
    }
    chain.append_or_report([(chain.Kind.HARVEST, payload)], now=now)
