"""Notes beside the curves: written, changed and deleted by people, each time with an entry in the ledger."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction

from greenhouse.access.errors import NotAllowed
from greenhouse.access.roles import Action, may
from greenhouse.annotations.errors import ChangedMeanwhile, SpanRefused, TextRefused, UnknownAnnotation
from greenhouse.annotations.models import LONGEST_TEXT, Annotation
from greenhouse.ledger import chain

MOST_POINTS = 20


@dataclass(frozen=True, slots=True)
class Note:
    """What a person writes down. ``start`` equal to ``end`` is a moment; no place and no points: the whole base."""

    start: datetime
    end: datetime
    text: str
    compartment: str | None = None
    points: tuple[str, ...] = ()


def write(note: Note, *, by: User | AnonymousUser, now: datetime) -> Annotation:
    """Store a new note.

    Raises
    ------
    NotAllowed, TextRefused, SpanRefused
        See `greenhouse.annotations.errors`. Nothing was stored.
    """
    if not isinstance(by, User) or not may(by, Action.ANNOTATE):
        raise NotAllowed
    written = Annotation(
        author=by,
        start=note.start,
        end=note.end,
        compartment_key=note.compartment or None,
        point_keys=list(note.points[:MOST_POINTS]),
        text=_checked(note.text),
        salt=chain.new_salt(),
        created_at=now,
    )
    _check_span(note.start, note.end)
    with transaction.atomic():
        written.save(force_insert=True)
        _record(written, "written", by, now)
    return written


def revise(
    note_id: UUID, *, start: datetime, end: datetime, text: str, seen: int, by: User | AnonymousUser, now: datetime
) -> Annotation:
    """Give a note another text or span.

    Parameters
    ----------
    seen : int
        Revision that the person has read.

    Raises
    ------
    NotAllowed, TextRefused, SpanRefused, UnknownAnnotation, ChangedMeanwhile
        See `greenhouse.annotations.errors`. Nothing was stored.
    """
    checked = _checked(text)
    _check_span(start, end)
    with transaction.atomic():
        found, person = _locked(note_id, by=by, seen=seen)
        found.start, found.end, found.text, found.salt = start, end, checked, chain.new_salt()
        found.revision, found.changed_at, found.changed_by = found.revision + 1, now, person
        found.save()
        _record(found, "changed", person, now)
    return found


def delete(note_id: UUID, *, seen: int, by: User | AnonymousUser, now: datetime) -> None:
    """Take a note away: its text is gone for good, what it was on and when stays.

    Raises
    ------
    NotAllowed, UnknownAnnotation, ChangedMeanwhile
        See `greenhouse.annotations.errors`. Nothing was stored.
    """
    with transaction.atomic():
        found, person = _locked(note_id, by=by, seen=seen)
        found.text = found.salt = ""
        found.revision, found.changed_at, found.changed_by = found.revision + 1, now, person
        found.deleted_at = now
        found.save()
        _record(found, "deleted", person, now)


def between(
    start: datetime, end: datetime, *, compartments: Collection[str], points: Collection[str], count: int
) -> list[Annotation]:
    """Notes that reach into a span and concern one of these places or points or the whole base, newest first."""
    rows = Annotation.objects.filter(deleted_at__isnull=True, start__lt=end, end__gte=start)
    wanted = set(points)
    found = (
        note
        for note in rows.select_related("author", "changed_by").order_by("-start", "-created_at")
        if note.compartment_key in compartments
        or not wanted.isdisjoint(note.point_keys)
        or (note.compartment_key is None and not note.point_keys)
    )
    return [note for note, _number in zip(found, range(count), strict=False)]


def read(note_id: UUID) -> Annotation:
    """A note that was not deleted.

    Raises
    ------
    UnknownAnnotation
        If there is none.
    """
    rows = Annotation.objects.filter(pk=note_id, deleted_at__isnull=True).select_related("author", "changed_by")
    found = rows.first()
    if found is None:
        raise UnknownAnnotation
    return found


def may_change(note: Annotation, person: User | AnonymousUser) -> bool:
    """Whether a person may change or delete a note: its author, and who leads."""
    if note.author_id == person.pk and may(person, Action.ANNOTATE):
        return True
    return may(person, Action.REVISE_ANNOTATION)


def _locked(note_id: UUID, *, by: User | AnonymousUser, seen: int) -> tuple[Annotation, User]:
    found = Annotation.objects.select_for_update(of=("self",)).filter(pk=note_id, deleted_at__isnull=True).first()
    if found is None:
        raise UnknownAnnotation
    if not isinstance(by, User) or not may_change(found, by):
        raise NotAllowed
    if found.revision != seen:
        raise ChangedMeanwhile
    return found, by


def _checked(text: str) -> str:
    """The text as it is stored: without NUL, which PostgreSQL has no place for, and without blanks around it."""
    cleaned = text.replace("\0", "").replace("\r\n", "\n").strip()
    if not 0 < len(cleaned) <= LONGEST_TEXT:
        raise TextRefused
    return cleaned


def _check_span(start: datetime, end: datetime) -> None:
    if end < start:
        raise SpanRefused


def _record(note: Annotation, event: str, person: User, now: datetime) -> None:
    """Into the ledger, last of all: its head is locked until the transaction ends."""
    payload: dict[str, str | int | None] = {
        "annotation": str(note.pk),
        "event": event,
        "user": person.pk,
        "author": note.author_id,
        "revision": note.revision,
        "start": note.start.isoformat(),
        "end": note.end.isoformat(),
        "compartment": note.compartment_key,
        "points": len(note.point_keys),
        "text": chain.text_digest(note.text, salt=note.salt) if note.text else None,
    }
    chain.append_or_report([(chain.Kind.ANNOTATION, payload)], now=now)
