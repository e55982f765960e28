"""Irrigation runs of all times: chosen by time, state, program and valve, and read a page at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast

from greenhouse.commands.log import Position
from greenhouse.commands.run_lifecycle import RunState
from greenhouse.commands.run_models import IrrigationRun


@dataclass(frozen=True, slots=True)
class RunChoice:
    """Which runs are wanted. What is None is not asked for.

    Attributes
    ----------
    program, valve : str, optional
        Keys.
    since, until : datetime, optional
        Due from ``since`` to before ``until``.
    """

    state: RunState | None = None
    program: str | None = None
    valve: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class RunPage:
    """Some runs, and where the next, older ones begin; None: there are none."""

    rows: list[IrrigationRun]
    older: Position | None


def read_runs(choice: RunChoice, *, count: int, after: Position | None = None) -> RunPage:
    """The runs that were stored last, or those that are older than a position."""
    found = list(_chosen(choice, after).select_related("requested_by").order_by("-created_at", "-id")[: count + 1])
    older = Position(found[count - 1].created_at, found[count - 1].pk) if len(found) > count else None
    return RunPage(found[:count], older)


def _chosen(choice: RunChoice, after: Position | None) -> QuerySet[IrrigationRun]:
    rows = IrrigationRun.objects.all()
    if choice.state is not None:
        rows = rows.filter(state=choice.state)
    if choice.program is not None:
        rows = rows.filter(program_key=choice.program)
    if choice.valve is not None:  # kept with the run: its group may have others by now
        rows = rows.alias(opened=Cast("valves", TextField())).filter(opened__contains=f'["{choice.valve}",')
    if choice.since is not None:
        rows = rows.filter(due_at__gte=choice.since)
    if choice.until is not None:
        rows = rows.filter(due_at__lt=choice.until)
    if after is not None:
        rows = rows.filter(Q(created_at__lt=after.at) | Q(created_at=after.at, id__lt=after.id))
    return rows
