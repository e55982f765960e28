"""Ending a crop cycle, which must not cut off what was harvested from it."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction
from django.db.models import Max

from greenhouse.crops import cycles
from greenhouse.crops.models import CropCycle
from greenhouse.harvest.entries import standing
from greenhouse.harvest.errors import HarvestError


class HarvestedLater(HarvestError):
    """Something was harvested after that day. ``day`` is the last one."""

    def __init__(self, day: date) -> None:
        super().__init__(day)
        self.day = day


def end_cycle(cycle_id: UUID, *, on: date, seen: int, by: User | AnonymousUser, now: datetime) -> CropCycle:
    """End a cycle on a day on or after its last harvest.

    Raises
    ------
    HarvestedLater
        If there was one later. Nothing was stored.
    NotAllowed, UnknownCycle, HasEnded, ChangedMeanwhile, DayRefused
        As of `greenhouse.crops.cycles.end`.
    """
    with transaction.atomic():
        cycles.locked(cycle_id)
        last: date | None = standing().filter(cycle_id=cycle_id).aggregate(last=Max("day"))["last"]
        if last is not None and last > on:
            raise HarvestedLater(last)
        return cycles.end(cycle_id, on=on, seen=seen, by=by, now=now)
