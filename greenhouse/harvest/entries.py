"""Harvests: entered and corrected by people, each time with an entry in the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.contrib.auth.models import AnonymousUser, User
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from devices.samples import Origin
from greenhouse.access.errors import NotAllowed
from greenhouse.access.roles import Action, may
from greenhouse.crops import cycles
from greenhouse.crops.catalog import Counted, crops
from greenhouse.crops.models import CropCycle
from greenhouse.harvest.doubts import LOOKED_AT, doubted_against_g, usual_g
from greenhouse.harvest.errors import (
    CorrectedMeanwhile,
    DayFault,
    DayRefused,
    Doubtful,
    NothingToCorrect,
    OtherContent,
    StemsRefused,
    TextRefused,
    UnknownHarvest,
)
from greenhouse.harvest.grades import Grade
from greenhouse.harvest.models import LONGEST_NOTE, Harvest
from greenhouse.harvest.weights import check_grams
from greenhouse.ledger import chain


@dataclass(frozen=True, slots=True)
class Weighed:
    """What a person says of a harvest."""

    cycle: UUID
    day: date
    grade: Grade
    mass_g: int
    stems: int | None = None
    note: str = ""


def enter(
    weighed: Weighed, *, submission: UUID, by: User | AnonymousUser, now: datetime, insisted: str = ""
) -> Harvest:
    """Store a harvest. Sent twice under one ``submission``, it is stored once and the answer is the same.

    Parameters
    ----------
    insisted : str
        Why the weight is right although it is doubtful.

    Raises
    ------
    NotAllowed, UnknownCycle, WeightRefused, StemsRefused, DayRefused, TextRefused, Doubtful, OtherContent
        See `greenhouse.harvest.errors`. Nothing was stored.
    """
    person = _require(by)
    row = _row(weighed, submission, person, now)
    stored = Harvest.objects.filter(pk=submission).first()
    if stored is not None:
        return _same(stored, row)
    insisted = _text(insisted)
    try:
        with transaction.atomic():
            cycle = cycles.locked(weighed.cycle)
            _check(weighed, cycle, now)
            row.was_doubted = _is_doubted(weighed, cycle, insisted, without=None)
            row.reason = insisted if row.was_doubted else ""
            row.save(force_insert=True)
            _record(row, "entered", person, now)
    except IntegrityError:  # the same form at the same moment
        return _same(Harvest.objects.get(pk=submission), row)
    return row


def correct(
    harvest_id: UUID, weighed: Weighed, *, reason: str, submission: UUID, by: User | AnonymousUser, now: datetime
) -> Harvest:
    """Put another entry in the place of one. The old one stays in the store and counts no more.

    Raises
    ------
    NotAllowed, UnknownHarvest, UnknownCycle, WeightRefused, StemsRefused, DayRefused, TextRefused, CorrectedMeanwhile,
    NothingToCorrect, OtherContent
        See `greenhouse.harvest.errors`. Nothing was stored.
    """
    return _replace(harvest_id, weighed, reason=reason, submission=submission, by=by, now=now)


def withdraw(harvest_id: UUID, *, reason: str, submission: UUID, by: User | AnonymousUser, now: datetime) -> Harvest:
    """Say that an entry never happened. It stays in the store and counts no more.

    Raises
    ------
    NotAllowed, UnknownHarvest, TextRefused, CorrectedMeanwhile, OtherContent
        See `greenhouse.harvest.errors`. Nothing was stored.
    """
    return _replace(harvest_id, None, reason=reason, submission=submission, by=by, now=now)


def _replace(
    harvest_id: UUID,
    weighed: Weighed | None,
    *,
    reason: str,
    submission: UUID,
    by: User | AnonymousUser,
    now: datetime,
) -> Harvest:
    person = _require(by)
    told = _text(reason)
    if not told:
        raise TextRefused
    old = read(harvest_id)
    row = _withdrawal(old, submission, person, now) if weighed is None else _row(weighed, submission, person, now)
    row.replaces, row.reason = old, told
    stored = Harvest.objects.filter(pk=submission).first()
    if stored is not None:
        return _same(stored, row)
    if weighed is not None and _content(row) == _content(old):
        raise NothingToCorrect
    try:
        with transaction.atomic():
            if weighed is not None:
                cycle = cycles.locked(weighed.cycle)
                _check(weighed, cycle, now)
                row.was_doubted = _is_doubted(weighed, cycle, told, without=old.pk)
            row.save(force_insert=True)
            _record(row, "withdrawn" if weighed is None else "corrected", person, now)
    except IntegrityError as error:  # an entry is replaced once; or the same form came at the same moment
        twin = Harvest.objects.filter(pk=submission).first()
        if twin is not None:
            return _same(twin, row)
        raise CorrectedMeanwhile from error
    return row


def read(harvest_id: UUID) -> Harvest:
    """An entry, whether it stands or not.

    Raises
    ------
    UnknownHarvest
        If there is none.
    """
    row = Harvest.objects.select_related("cycle", "entered_by", "replaces").filter(pk=harvest_id).first()
    if row is None:
        raise UnknownHarvest
    return row


def standing() -> QuerySet[Harvest]:
    """Entries that count: not replaced, not withdrawn."""
    return Harvest.objects.filter(replaced_by__isnull=True, mass_g__isnull=False)


def newest(count: int) -> list[Harvest]:
    """The entries that were stored last and count, newest first."""
    rows = standing().select_related("cycle", "entered_by", "replaces").order_by("-entered_at", "-day", "pk")
    return list(rows[:count])


def history(row: Harvest) -> list[Harvest]:
    """What an entry replaced, and what those replaced: the newest first, without itself."""
    found: list[Harvest] = []
    while row.replaces_id is not None:
        row = read(row.replaces_id)
        found.append(row)
    return found


def _require(by: User | AnonymousUser) -> User:
    if not isinstance(by, User) or not may(by, Action.RECORD_HARVEST):
        raise NotAllowed
    return by


def _row(weighed: Weighed, submission: UUID, person: User, now: datetime) -> Harvest:
    check_grams(weighed.mass_g)
    return Harvest(
        pk=submission,
        cycle_id=weighed.cycle,
        day=weighed.day,
        grade=weighed.grade.value,
        mass_g=weighed.mass_g,
        stems=weighed.stems,
        note=_text(weighed.note),
        salt=chain.new_salt(),
        origin=Origin.MANUAL.value,
        entered_by=person,
        entered_at=now,
    )


def _withdrawal(old: Harvest, submission: UUID, person: User, now: datetime) -> Harvest:
    return Harvest(
        pk=submission,
        cycle_id=old.cycle_id,
        day=old.day,
        grade=old.grade,
        mass_g=None,
        salt=chain.new_salt(),
        origin=Origin.MANUAL.value,
        entered_by=person,
        entered_at=now,
    )


def _check(weighed: Weighed, cycle: CropCycle, now: datetime) -> None:
    """Whether this crop can have given this on this day. Its row is locked, so that nobody ends it meanwhile."""
    today = cycles.local_day(now)
    if weighed.day > today:
        raise DayRefused(DayFault.IN_FUTURE, today)
    if weighed.day < cycle.planted_on:
        raise DayRefused(DayFault.BEFORE_PLANTING, cycle.planted_on)
    if cycle.ended_on is not None and weighed.day > cycle.ended_on:
        raise DayRefused(DayFault.AFTER_CLEARING, cycle.ended_on)
    crop = crops().get(cycle.crop)
    if weighed.stems is not None and (weighed.stems <= 0 or crop is None or crop.counted is not Counted.STEMS):
        raise StemsRefused


def _is_doubted(weighed: Weighed, cycle: CropCycle, insisted: str, *, without: UUID | None) -> bool:
    """Whether the weight is far from usual.

    Raises
    ------
    Doubtful
        If it is, and nobody says why it is right.
    """
    rows = standing().filter(cycle=cycle).order_by("-day", "-entered_at")
    if without is not None:
        rows = rows.exclude(pk=without)
    of_grade = rows.filter(grade=weighed.grade.value)
    usual = usual_g(_masses(of_grade), _masses(rows))
    against_g = doubted_against_g(weighed.mass_g, usual, cycle.area_m2)
    if against_g is not None and not insisted:
        raise Doubtful(weighed.mass_g, against_g)
    return against_g is not None


def _masses(rows: QuerySet[Harvest]) -> list[int]:
    return [mass for mass in rows.values_list("mass_g", flat=True)[:LOOKED_AT] if mass is not None]


def _text(text: str) -> str:
    """A text as it is stored: without NUL, which PostgreSQL has no place for, and without blanks around it."""
    cleaned = text.replace("\0", "").strip()
    if len(cleaned) > LONGEST_NOTE:
        raise TextRefused
    return cleaned


def _content(row: Harvest) -> tuple[object, ...]:
    return (row.cycle_id, row.day, row.grade, row.mass_g, row.stems, row.note)


def _same(stored: Harvest, sent: Harvest) -> Harvest:
    if (*_content(stored), stored.replaces_id) != (*_content(sent), sent.replaces_id):
        raise OtherContent
    return stored


def _record(row: Harvest, event: str, person: User, now: datetime) -> None:
    """Into the ledger, last of all: its head is locked until the transaction ends."""
    payload: dict[str, str | int | None] = {
        "harvest": str(row.pk),
        "event": event,
        "user": person.pk,
        "cycle": str(row.cycle_id),
        "day": row.day.isoformat(),
        "grade": row.grade,
        "mass_g": row.mass_g,
        "stems": row.stems,
        "replaces": None if row.replaces_id is None else str(row.replaces_id),
        "reason": chain.text_digest(row.reason, salt=row.salt) if row.reason else None,
        "note": chain.text_digest(row.note, salt=row.salt) if row.note else None,
    }
    chain.append_or_report([(chain.Kind.HARVEST, payload)], now=now)
