"""What the pages of climate programs share: which compartment, what stands in force, what is shown of it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from devices.profiles.schema import Role
from greenhouse.clock import utc_now
from greenhouse.console import program_editing
from greenhouse.console.page.topics import BASE_TOPIC, house_topic
from greenhouse.console.program_editing import LastChange, change_by
from greenhouse.console.programs.day import stretch_in_force, today
from greenhouse.console.programs.words import difference_in_words, number_in_words
from greenhouse.rules import programs
from greenhouse.rules.errors import ProgramDocumentError
from greenhouse.rules.evaluate.climate_program import ClimateProgram
from greenhouse.rules.evaluate.differences import differences
from greenhouse.rules.models import ProgramSwitch, ProgramVersion
from greenhouse.rules.programs import Standing, UnreadableStanding
from greenhouse.site.basefile.schema import HouseKind
from greenhouse.site.roles import base_roles
from greenhouse.site.structure import BaseStructure, CompartmentStructure


@dataclass(frozen=True, slots=True)
class ProgramPlace:
    """A compartment with its program.

    Attributes
    ----------
    standard : ClimateProgram
        What such a compartment begins with.
    """

    part: CompartmentStructure
    kind: HouseKind
    standing: Standing
    standard: ClimateProgram

    @property
    def key(self) -> str:
        """Key of the compartment."""
        return self.part.key

    @property
    def program(self) -> ClimateProgram:
        """The one in force."""
        return self.standing.in_force.program

    @property
    def has_net(self) -> bool:
        """Whether a program of it may speak of a shading net: it has one, or its program does already."""
        return Role.SHADE in base_roles().of(self.key).points or self.program.shade is not None

    @property
    def number(self) -> int:
        """Number of the version in force."""
        return self.standing.number

    @property
    def is_on(self) -> bool:
        """Whether it drives the compartment."""
        return self.standing.is_on


@dataclass(frozen=True, slots=True)
class UnreadablePlace:
    """A compartment with a program of which this software cannot read the newest version: it moves nothing."""

    part: CompartmentStructure
    kind: HouseKind
    standing: UnreadableStanding
    standard: ClimateProgram

    @property
    def key(self) -> str:
        """Key of the compartment."""
        return self.part.key

    @property
    def has_net(self) -> bool:
        """Whether a program of it may speak of a shading net."""
        return Role.SHADE in base_roles().of(self.key).points

    @property
    def number(self) -> int:
        """Number of the version."""
        return self.standing.number

    @property
    def is_on(self) -> bool:
        """Whether it would drive the compartment."""
        return self.standing.is_on

    @property
    def field(self) -> str:
        """What cannot be read."""
        return self.standing.why.field

    @property
    def last(self) -> LastChange | None:
        """Who changed it last."""
        return last_change(self.standing)


@dataclass(frozen=True, slots=True)
class ProgramRow:
    """A compartment in the list of programs: what is in force now."""

    place: ProgramPlace
    number: int
    periods: int
    until: str
    heating: str
    ventilation: str
    last: LastChange | None


def places(base: BaseStructure) -> list[ProgramPlace]:
    """Every compartment with its program, if that can be read."""
    return [place for place in all_places(base) if isinstance(place, ProgramPlace)]


def all_places(base: BaseStructure) -> list[ProgramPlace | UnreadablePlace]:
    """Every compartment with its program."""
    return _places(base, programs.all_standings())


def place_of(base: BaseStructure, key: str) -> ProgramPlace | UnreadablePlace:
    """A compartment with its program.

    Raises
    ------
    Http404
        If there is none.
    """
    found = _places(base, programs.all_standings([key]))
    if not found:
        raise Http404(key)
    return found[0]


def _places(
    base: BaseStructure, standings: Mapping[str, Standing | UnreadableStanding]
) -> list[ProgramPlace | UnreadablePlace]:
    kinds = programs.kinds_of_house()
    found: list[ProgramPlace | UnreadablePlace] = []
    for key, standing in standings.items():
        if key not in base.compartments:
            continue
        part, kind, standard = base.compartments[key], kinds[key], programs.standard_of(kinds[key])
        if isinstance(standing, UnreadableStanding):
            found.append(UnreadablePlace(part, kind, standing, standard))
        else:
            found.append(ProgramPlace(part, kind, standing, standard))
    return found


def row_of(base: BaseStructure, place: ProgramPlace, now: datetime) -> ProgramRow:
    """What is in force in a compartment now, if its program drives it."""
    day = today(base, now)
    stretch = stretch_in_force(place.program, day, now)
    period = place.program.periods[stretch.number]
    return ProgramRow(
        place=place,
        number=stretch.number + 1,
        periods=len(place.program.periods),
        until=day.clock(stretch.ends),
        heating=number_in_words(period.heating_c),
        ventilation=number_in_words(period.ventilation_c),
        last=last_change(place.standing),
    )


def last_change(standing: Standing | UnreadableStanding) -> LastChange | None:
    """The newer one of the last version and the last switching."""
    rows: list[ProgramVersion | ProgramSwitch] = [row for row in (standing.version, standing.switch) if row is not None]
    if not rows:
        return None
    return change_by(max(rows, key=lambda row: row.created_at))


def sentences(old: ClimateProgram, new: ClimateProgram) -> list[str]:
    """What differs, in sentences."""
    return [difference_in_words(found) for found in differences(old, new)]


def frame(request: HttpRequest, base: BaseStructure, key: str | None = None) -> dict[str, object]:
    """What every page of climate programs shows around its content. ``key``: of the compartment that it is about."""
    topic = BASE_TOPIC if key is None else house_topic(key)
    return program_editing.frame(request, base, topic, now=utc_now())


def readable_version(key: str, number: int) -> ClimateProgram | None:
    """The program of a version; None: there is no such version, or it cannot be read."""
    with suppress(ProgramDocumentError):
        return programs.program_of(key, number)
    return None


def unreadable_page(
    request: HttpRequest,
    base: BaseStructure,
    place: UnreadablePlace,
    *,
    status: int = 200,
    more: Mapping[str, object] | None = None,
) -> HttpResponse:
    """That a program cannot be read, and what can be done; with a form, what is to take its place."""
    context = {
        **frame(request, base, place.key),
        **program_editing.form_frame(request, place, seen=place.number),
        "page": "console/programs/_page.html",
        "versions": reverse("console:program_versions", args=[place.key]),
        "switch": reverse("console:switch_program", args=[place.key]),
        **(more or {}),
    }
    return render(request, "console/programs/unreadable.html", context, status=status)
