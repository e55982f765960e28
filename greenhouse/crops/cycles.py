"""Crop cycles: started and ended by people, each time with an entry in the ledger."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.contrib.auth.models import AnonymousUser, User
from django.db import IntegrityError, transaction

from devices.samples import Origin
from greenhouse.access.errors import NotAllowed
from greenhouse.access.roles import Action, may
from greenhouse.crops.cultivars import all_cultivars
from greenhouse.crops.errors import (
    AreaRefused,
    ChangedMeanwhile,
    DayFault,
    DayRefused,
    HasEnded,
    NoRoom,
    OtherContent,
    TargetRefused,
    UnknownCompartment,
    UnknownCultivar,
    UnknownCycle,
)
from greenhouse.crops.models import CropCycle, TargetPer
from greenhouse.crops.room import TOLERANCE_M2, Planted, fullest
from greenhouse.ledger import chain
from greenhouse.site import structure
from greenhouse.site.models import Compartment

FIRST_DAY = date(2000, 1, 1)


@dataclass(frozen=True, slots=True)
class NewCycle:
    """What a person says of a crop that was planted.

    Attributes
    ----------
    ended_on : date or None
        Of one that is taken down afterwards.
    target_kg_m2 : float or None
        For each week from the first harvest on, or for the whole cycle: as ``target_per`` says.
    """

    compartment: str
    cultivar: str
    area_m2: float
    planted_on: date
    ended_on: date | None = None
    target_kg_m2: float | None = None
    target_per: TargetPer | None = None


def start(new: NewCycle, *, submission: UUID, by: User | AnonymousUser, now: datetime) -> CropCycle:
    """Store a crop cycle. Sent twice under one ``submission``, it is stored once and the answer is the same.

    Raises
    ------
    NotAllowed, UnknownCultivar, UnknownCompartment, AreaRefused, NoRoom, DayRefused, TargetRefused, OtherContent
        See `greenhouse.crops.errors`. Nothing was stored.
    """
    if not isinstance(by, User) or not may(by, Action.PLAN_CROPS):
        raise NotAllowed
    row = _checked(new, submission, now)
    row.started_by = by
    return _stored(row, now)


def start_simulated(new: NewCycle, *, key: UUID, now: datetime) -> CropCycle:
    """Store a cycle of a simulated base, in nobody's name.

    Raises
    ------
    UnknownCultivar, UnknownCompartment, AreaRefused, NoRoom, DayRefused, TargetRefused, OtherContent
        See `greenhouse.crops.errors`. Nothing was stored.
    """
    row = _checked(new, key, now)
    row.origin = Origin.SIMULATED.value
    return _stored(row, now)


def end_simulated(cycle_id: UUID, *, on: date, now: datetime) -> CropCycle:
    """End a cycle of a simulated base, in nobody's name.

    Raises
    ------
    UnknownCycle, DayRefused
        See `greenhouse.crops.errors`. Nothing was stored.
    """
    with transaction.atomic():
        row = locked(cycle_id)
        _check_end(row.planted_on, on, now)
        row.ended_on, row.ended_at, row.revision = on, now, row.revision + 1
        row.save()
        _record(row, "ended", None, now)
    return row


def _stored(row: CropCycle, now: datetime) -> CropCycle:
    """The row, once it is in the store, or the one that was there."""
    stored = CropCycle.objects.filter(pk=row.pk).first()
    if stored is not None:
        return _same(stored, row)
    try:
        with transaction.atomic():
            place = Compartment.objects.select_for_update().get(key=row.compartment_key)
            _require_room(row, place.area_m2)
            row.save(force_insert=True)
            _record(row, "started", row.started_by, now)
    except IntegrityError:  # the same form at the same moment
        return _same(CropCycle.objects.get(pk=row.pk), row)
    return row


def _checked(new: NewCycle, submission: UUID, now: datetime) -> CropCycle:
    cultivar = all_cultivars().get(new.cultivar)
    if cultivar is None:
        raise UnknownCultivar
    place = Compartment.objects.filter(key=new.compartment, enabled=True).first()
    if place is None:
        raise UnknownCompartment
    if not 0.0 < new.area_m2 <= place.area_m2 + TOLERANCE_M2:  # NaN is refused here too
        raise AreaRefused(place.area_m2)
    _check_day(new.planted_on, now)
    if new.ended_on is not None:
        _check_end(new.planted_on, new.ended_on, now)
    has_target = new.target_kg_m2 is not None
    if has_target != (new.target_per is not None):
        raise TargetRefused
    if new.target_kg_m2 is not None and not (new.target_kg_m2 > 0.0 and math.isfinite(new.target_kg_m2)):
        raise TargetRefused
    return CropCycle(
        pk=submission,
        compartment_key=new.compartment,
        crop=cultivar.crop,
        cultivar=new.cultivar,
        area_m2=new.area_m2,
        planted_on=new.planted_on,
        ended_on=new.ended_on,
        target_kg_m2=new.target_kg_m2,
        target_per="" if new.target_per is None else new.target_per.value,
        origin=Origin.MANUAL.value,
        started_at=now,
    )


def end(cycle_id: UUID, *, on: date, seen: int, by: User | AnonymousUser, now: datetime) -> CropCycle:
    """Say that a crop was cleared. The caller has locked the cycle if anything hangs on its days.

    Parameters
    ----------
    seen : int
        Revision that the person has read.

    Raises
    ------
    NotAllowed, UnknownCycle, HasEnded, ChangedMeanwhile, DayRefused
        See `greenhouse.crops.errors`. Nothing was stored.
    """
    if not isinstance(by, User) or not may(by, Action.PLAN_CROPS):
        raise NotAllowed
    with transaction.atomic():
        row = locked(cycle_id)
        if row.ended_on == on:
            return row
        if row.ended_on is not None:
            raise HasEnded
        if row.revision != seen:
            raise ChangedMeanwhile
        _check_end(row.planted_on, on, now)
        row.ended_on, row.ended_by, row.ended_at, row.revision = on, by, now, row.revision + 1
        row.save()
        _record(row, "ended", by, now)
    return row


def locked(cycle_id: UUID) -> CropCycle:
    """A cycle, locked until the transaction ends.

    Raises
    ------
    UnknownCycle
        If there is none.
    """
    row = CropCycle.objects.select_for_update(of=("self",)).filter(pk=cycle_id).first()
    if row is None:
        raise UnknownCycle
    return row


def read(cycle_id: UUID) -> CropCycle:
    """A cycle.

    Raises
    ------
    UnknownCycle
        If there is none.
    """
    row = CropCycle.objects.filter(pk=cycle_id).first()
    if row is None:
        raise UnknownCycle
    return row


def all_cycles() -> list[CropCycle]:
    """Every cycle, the last planted first."""
    return list(CropCycle.objects.all())


def running() -> list[CropCycle]:
    """Cycles that have not ended, in the order of their places."""
    return list(CropCycle.objects.filter(ended_on__isnull=True).order_by("compartment_key", "planted_on", "cultivar"))


def local_day(now: datetime) -> date:
    """The day of the base at a moment."""
    return now.astimezone(structure.time_zone()).date()


def _check_day(day: date, now: datetime) -> None:
    today = local_day(now)
    if day > today:
        raise DayRefused(DayFault.IN_FUTURE, today)
    if day < FIRST_DAY:
        raise DayRefused(DayFault.LONG_AGO, FIRST_DAY)


def _check_end(planted_on: date, ended_on: date, now: datetime) -> None:
    _check_day(ended_on, now)
    if ended_on < planted_on:
        raise DayRefused(DayFault.END_BEFORE_START, planted_on)


def _require_room(row: CropCycle, area_m2: float) -> None:
    others = CropCycle.objects.filter(compartment_key=row.compartment_key)
    planted = [Planted(other.area_m2, other.planted_on, other.ended_on) for other in others]
    taken_m2, day = fullest(planted, first=row.planted_on, cleared=row.ended_on)
    if taken_m2 + row.area_m2 > area_m2 + TOLERANCE_M2:
        raise NoRoom(max(0.0, area_m2 - taken_m2), day)


_CONTENT = ("compartment_key", "cultivar", "area_m2", "planted_on", "target_kg_m2", "target_per")


def _same(stored: CropCycle, sent: CropCycle) -> CropCycle:
    if any(getattr(stored, name) != getattr(sent, name) for name in _CONTENT):
        raise OtherContent
    return stored


def _record(row: CropCycle, event: str, person: User | None, now: datetime) -> None:
    """Into the ledger, last of all: its head is locked until the transaction ends."""
    payload: dict[str, str | int | float | None] = {
        "cycle": str(row.pk),
        "event": event,
        "user": None if person is None else person.pk,
        "compartment": row.compartment_key,
        "cultivar": row.cultivar,
        "area_m2": row.area_m2,
        "planted_on": row.planted_on.isoformat(),
        "ended_on": None if row.ended_on is None else row.ended_on.isoformat(),
        "target_kg_m2": row.target_kg_m2,
        "target_per": row.target_per,
    }
    chain.append_or_report([(chain.Kind.CROP, payload)], now=now)
