"""The log of all changes: chosen by place, point, person, source and time, and read a page at a time.

A page begins where the last one ended, by time and id: the ten-thousandth row costs what the first one does, and a
change that comes in meanwhile moves nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet

from greenhouse.commands.lifecycle import State
from greenhouse.commands.models import CommandRequest
from greenhouse.commands.sources import Source

_AT_A_TIME = 500
"""Rows that an export reads at once."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which changes are wanted. What is None is not asked for.

    Attributes
    ----------
    points : frozenset of str, optional
        Keys of points.
    states : frozenset of State, optional
        In one of these now.
    since, until : datetime, optional
        Asked for from ``since`` to before ``until``.
    """

    points: frozenset[str] | None = None
    states: frozenset[State] | None = None
    person: int | None = None
    source: Source | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page begins: after this row."""

    at: datetime
    id: UUID


@dataclass(frozen=True, slots=True)
class LogPage:
    """Some rows of the log, newest first, and where the next, older ones begin; None: there are none."""

    rows: list[CommandRequest]
    older: Position | None


def read_page(choice: Choice, *, count: int, after: Position | None = None) -> LogPage:
    """The newest changes, or those that are older than a position; each with its steps, hold, batch and undo."""
    rows = _with_everything(_chosen(choice, after))[: count + 1]
    found = list(rows)
    older = Position(found[count - 1].created_at, found[count - 1].pk) if len(found) > count else None
    return LogPage(found[:count], older)


def every_page(choice: Choice) -> Iterator[list[CommandRequest]]:
    """Every chosen change, newest first, read a part at a time."""
    after: Position | None = None
    while True:
        page = read_page(choice, count=_AT_A_TIME, after=after)
        yield page.rows
        if page.older is None:
            return
        after = page.older


def how_many(choice: Choice) -> int:
    """How many changes are chosen."""
    return _chosen(choice, None).count()


def people() -> list[User]:
    """Everybody who has asked for a change, by name."""
    asked = CommandRequest.objects.filter(requested_by__isnull=False).order_by().values("requested_by").distinct()
    return list(User.objects.filter(pk__in=asked).order_by("first_name", "username"))


def _chosen(choice: Choice, after: Position | None) -> QuerySet[CommandRequest]:
    rows = CommandRequest.objects.all()
    if choice.points is not None:
        rows = rows.filter(point_key__in=choice.points)
    if choice.states is not None:
        rows = rows.filter(state__in=sorted(state.value for state in choice.states))
    if choice.person is not None:
        rows = rows.filter(requested_by=choice.person)
    if choice.source is not None:
        rows = rows.filter(source=choice.source)
    if choice.since is not None:
        rows = rows.filter(created_at__gte=choice.since)
    if choice.until is not None:
        rows = rows.filter(created_at__lt=choice.until)
    if after is not None:
        rows = rows.filter(Q(created_at__lt=after.at) | Q(created_at=after.at, id__lt=after.id))
    return rows


def _with_everything(rows: QuerySet[CommandRequest]) -> QuerySet[CommandRequest]:
    linked = rows.select_related("requested_by", "approved_by", "batch", "undo_of", "hold", "hold__extended_by")
    return linked.prefetch_related("events", "batch__rows").order_by("-created_at", "-id")
