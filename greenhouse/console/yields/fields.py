"""What people type into the forms of this room, read into values; what is none becomes the refusal of its own kind."""

from __future__ import annotations

import math
import unicodedata
from datetime import date
from uuid import UUID, uuid4

from django.http import QueryDict

from greenhouse.crops.cycles import NewCycle
from greenhouse.crops.errors import TargetRefused, UnknownCycle
from greenhouse.crops.models import TargetPer
from greenhouse.harvest.entries import Weighed
from greenhouse.harvest.errors import DayFault, DayRefused, GradeRefused
from greenhouse.harvest.grades import Grade
from greenhouse.harvest.weights import grams_of, stems_of


def submission_of(form: QueryDict) -> UUID:
    """The id that the form carries; another one where it carries none."""
    return _uuid(form.get("submission", "")) or uuid4()


def weighed_of(form: QueryDict) -> Weighed:
    """A harvest as it was typed.

    Raises
    ------
    HarvestError, UnknownCycle
        See `greenhouse.harvest.errors`.
    """
    cycle = _uuid(form.get("cycle", ""))
    if cycle is None:
        raise UnknownCycle
    grade = form.get("grade", "")
    if grade not in set(Grade):
        raise GradeRefused
    return Weighed(
        cycle=cycle,
        day=day_of(form.get("day", "")),
        grade=Grade(grade),
        mass_g=grams_of(form.get("kg", "")),
        stems=stems_of(form.get("stems", "")),
        note=form.get("note", ""),
    )


def day_of(text: str) -> date:
    """A day as a browser writes it.

    Raises
    ------
    DayRefused
        If it is none.
    """
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise DayRefused(DayFault.NO_DAY) from error


def cycle_of(form: QueryDict) -> NewCycle:
    """A crop cycle as it was typed.

    Raises
    ------
    CropError, DayRefused
        See `greenhouse.crops.errors`.
    """
    ended = form.get("ended_on", "")
    target, per = form.get("target", "").strip(), form.get("target_per", "")
    return NewCycle(
        compartment=form.get("compartment", ""),
        cultivar=form.get("cultivar", ""),
        area_m2=_number(form.get("area", "")),
        planted_on=day_of(form.get("planted_on", "")),
        ended_on=day_of(ended) if ended else None,
        target_kg_m2=_target(target) if target else None,
        target_per=TargetPer(per) if target and per in set(TargetPer) else None,
    )


def _number(text: str) -> float:
    """NaN for what is no number: it is refused where the area is known that it must not exceed."""
    try:
        return float(unicodedata.normalize("NFKC", text))
    except ValueError:
        return math.nan


def _target(text: str) -> float:
    number = _number(text)
    if not math.isfinite(number):
        raise TargetRefused
    return number


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
