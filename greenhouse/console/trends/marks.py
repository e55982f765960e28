"""What happened while a chart was drawn: alarms, changes of setpoints, and what people noted."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypedDict

from django.contrib.auth.models import AnonymousUser, User

from greenhouse.access.roles import name_of
from greenhouse.alarms import board
from greenhouse.annotations import notes
from greenhouse.annotations.models import Annotation
from greenhouse.commands import history
from greenhouse.console.alarms import alarms
from greenhouse.console.changes import changes
from greenhouse.console.values.words import word
from greenhouse.site.structure import BaseStructure, PointStructure
from greenhouse.telemetry.codes import to_ms

MOST_OF_A_KIND: Final = 200
"""Marks of one kind on one chart. More of them say nothing but that there were many."""


class Mark(TypedDict):
    """Something that happened. Times in milliseconds since 1970 UTC; ``until`` None: a moment, or still going on.

    ``kind``: ``alarm``, ``change`` or ``note``; ``sign``: priority of an alarm, state of a change. Texts are in the
    reader's language, except what a person wrote. ``id`` of a note that the reader may change is its own, otherwise
    empty.
    """

    kind: str
    sign: str
    at: int
    until: int | None
    where: str
    what: str
    by: str
    id: str


@dataclass(frozen=True, slots=True)
class Marks:
    """Marks in the order of time, and of which kinds there were more than are told."""

    listed: tuple[Mark, ...]
    cut_off: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Concerned:
    """What the marks of a chart are about: the points that it shows, and the compartments in which they stand."""

    points: tuple[str, ...]
    places: tuple[str, ...]


def concerned(points: Sequence[PointStructure]) -> Concerned:
    """What the marks of a chart of these points are about."""
    places = dict.fromkeys(point.compartment for point in points if point.compartment is not None)
    return Concerned(tuple(point.key for point in points), tuple(places))


def marks(
    base: BaseStructure, about: Concerned, start: datetime, end: datetime, *, reader: User | AnonymousUser
) -> Marks:
    """What happened to these points, and in their compartments, from ``start`` to before ``end``."""
    found: list[Mark] = []
    cut_off = []
    for kind, some in (
        ("alarm", _alarms(base, about, start, end)),
        ("change", _changes(base, about, start, end)),
        ("note", _notes(base, about, start, end, reader)),
    ):
        found += some
        if len(some) >= MOST_OF_A_KIND:
            cut_off.append(kind)
    return Marks(tuple(sorted(found, key=lambda mark: mark["at"])), tuple(cut_off))


def _alarms(base: BaseStructure, about: Concerned, start: datetime, end: datetime) -> list[Mark]:
    found = board.between(start, end, compartments=about.places, objects=about.points, count=MOST_OF_A_KIND)
    return [
        Mark(
            kind="alarm",
            sign=str(row.mark.number),
            at=to_ms(row.occurrence.raised_at),
            until=None if row.occurrence.cleared_at is None else to_ms(row.occurrence.cleared_at),
            where=f"{row.occurrence.place} · {row.occurrence.object_name}",
            what=row.name,
            by=row.state_name,
            id="",
        )
        for row in alarms.of_occurrences(base, found)
    ]


def _changes(base: BaseStructure, about: Concerned, start: datetime, end: datetime) -> list[Mark]:
    keys = {*about.points, *_writable(base, about.places)}
    requests = history.requests_between(sorted(keys), start, end, MOST_OF_A_KIND)
    return [
        Mark(
            kind="change",
            sign=change.state.value,
            at=to_ms(change.request.created_at),
            until=None,
            where=f"{change.place} · {change.label}",
            what=f"{change.old} → {change.new} {change.unit}".strip(),
            by=f"{change.by} · {change.state_name}",
            id="",
        )
        for change in changes.of_requests(base, requests)
    ]


def _writable(base: BaseStructure, places: Collection[str]) -> list[str]:
    found = base.compartments
    points = (point for place in places if place in found for point in found[place].points.values())
    return [point.key for point in points if point.is_writable]


def _notes(
    base: BaseStructure, about: Concerned, start: datetime, end: datetime, reader: User | AnonymousUser
) -> list[Mark]:
    found = notes.between(start, end, compartments=about.places, points=about.points, count=MOST_OF_A_KIND)
    return [
        Mark(
            kind="note",
            sign="",
            at=to_ms(note.start),
            until=None if note.end == note.start else to_ms(note.end),
            where=place_of(base, note),
            what=note.text,
            by=name_of(note.author),
            id=str(note.pk) if notes.may_change(note, reader) else "",
        )
        for note in found
    ]


def place_of(base: BaseStructure, note: Annotation) -> str:
    """What a note is on, in the reader's language."""
    if note.compartment_key is not None:
        part = base.compartments.get(note.compartment_key)
        return note.compartment_key if part is None else part.name
    labels = [base.points[key].label for key in note.point_keys if key in base.points]
    return word("list.comma").join(labels) if labels else base.name
