"""Who changed which program, and who switched it: all kinds of programs in one list, newest first."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet

from greenhouse.rules.models import IrrigationProgramVersion, ProgramSwitch, ProgramVersion
from greenhouse.site.valve_groups import valve_groups

ProgramChange = ProgramVersion | ProgramSwitch | IrrigationProgramVersion
Row = TypeVar("Row", ProgramVersion, ProgramSwitch, IrrigationProgramVersion)


@dataclass(frozen=True, slots=True)
class ProgramChoice:
    """Which changes are wanted. What is None is not asked for.

    Attributes
    ----------
    compartments : frozenset of str, optional
        Keys; an irrigation program is of every compartment that it waters.
    person : int, optional
    since, until : datetime, optional
        Stored from ``since`` to before ``until``.
    after, before : datetime, optional
        A part of these: stored later than ``after``, up to ``before``.
    """

    compartments: frozenset[str] | None = None
    person: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    after: datetime | None = None
    before: datetime | None = None


def program_changes(choice: ProgramChoice, *, most: int | None = None) -> list[ProgramChange]:
    """The chosen changes, newest first. Three queries, and one for valve groups where a compartment is asked for.

    Parameters
    ----------
    most : int, optional
        No more than the newest so many.
    """
    climate, switches, irrigation = _chosen_rows(choice)
    found: list[ProgramChange] = [
        *climate.order_by("-created_at", "-pk")[:most],
        *switches.order_by("-created_at", "-pk")[:most],
        *_watering(irrigation, choice.compartments, most=most),
    ]
    return sorted(found, key=lambda change: (change.created_at, change.pk), reverse=True)[:most]


def how_many(choice: ProgramChoice) -> int:
    """How many changes are chosen."""
    climate, switches, irrigation = _chosen_rows(choice)
    watering = irrigation.count() if choice.compartments is None else len(_watering(irrigation, choice.compartments))
    return climate.count() + switches.count() + watering


def authors() -> list[User]:
    """Everybody who has changed or switched a program."""
    tables = (ProgramVersion.objects, ProgramSwitch.objects, IrrigationProgramVersion.objects)
    numbers = {number for table in tables for number in table.values_list("author", flat=True).distinct()}
    return list(User.objects.filter(pk__in=numbers))


def watered_compartments(version: IrrigationProgramVersion) -> frozenset[str]:
    """The compartments that a version waters, by the valve groups of now."""
    names = {group for group in version.document.get("groups", ()) if isinstance(group, str)}
    return frozenset(group.compartment for key, group in valve_groups().items() if key in names)


def _chosen_rows(
    choice: ProgramChoice,
) -> tuple[QuerySet[ProgramVersion], QuerySet[ProgramSwitch], QuerySet[IrrigationProgramVersion]]:
    here = Q() if choice.compartments is None else Q(compartment_key__in=choice.compartments)
    return (
        _chosen(ProgramVersion.objects.filter(here), choice),
        _chosen(ProgramSwitch.objects.filter(here), choice),
        _chosen(IrrigationProgramVersion.objects.all(), choice),
    )


def _chosen(rows: QuerySet[Row], choice: ProgramChoice) -> QuerySet[Row]:
    asked = {
        "author": choice.person,
        "created_at__gte": choice.since,
        "created_at__lt": choice.until,
        "created_at__gt": choice.after,
        "created_at__lte": choice.before,
    }
    chosen = rows.filter(**{name: value for name, value in asked.items() if value is not None})
    return chosen.select_related("author")


def _watering(
    rows: QuerySet[IrrigationProgramVersion], compartments: Collection[str] | None, *, most: int | None = None
) -> list[IrrigationProgramVersion]:
    rows = rows.order_by("-created_at", "-pk")
    if compartments is None:
        return list(rows[:most])
    return [row for row in rows if watered_compartments(row) & frozenset(compartments)][:most]
