"""The climate programs in force."""

from __future__ import annotations

from typing import Annotated

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as N_
from ninja import Path, Router

from greenhouse.access.roles import name_of
from greenhouse.access.tokens import Scope
from greenhouse.api.callers import needs
from greenhouse.api.edge import with_tag
from greenhouse.api.problems import Problem, ProblemKind
from greenhouse.api.shapes import Key, ProgramOut, ProgramsOut
from greenhouse.rules import programs
from greenhouse.rules.evaluate.documents import as_document
from greenhouse.rules.programs import Standing, UnreadableStanding
from greenhouse.site.current import current_base

router = Router(tags=["programs"])


@router.get(
    "/programs",
    auth=needs(Scope.READ),
    response=ProgramsOut,
    operation_id="all_programs",
    summary=N_("Climate programs"),
    description=N_(
        "The version in force of every compartment, and whether it drives it. One that cannot be read is left out: "
        "asked for by its compartment, it says so. With an ETag."
    ),
)
def all_programs(request: HttpRequest) -> HttpResponse:
    """The program of every compartment."""
    current_base()  # says so where there is none
    return with_tag(request, ProgramsOut(items=[_out(key, found) for key, found in programs.standings().items()]))


@router.get(
    "/programs/{compartment}",
    auth=needs(Scope.READ),
    response=ProgramOut,
    operation_id="program",
    summary=N_("The climate program of a compartment"),
    description=N_("The version in force, and whether it drives the compartment. With an ETag."),
)
def program(
    request: HttpRequest, compartment: Annotated[Key, Path(description=N_("Key of the compartment."))]
) -> HttpResponse:
    """The program of a compartment."""
    current_base()
    found = programs.all_standings([compartment]).get(compartment)
    if found is None:
        detail = _("The base has no compartment “%(key)s”. /api/v1/base lists all.") % {"key": compartment}
        raise Problem(ProblemKind.UNKNOWN_COMPARTMENT, detail)
    if isinstance(found, UnreadableStanding):
        facts = {"version": found.number, "field": found.why.field}
        detail = _("Version %(version)s cannot be read at the field “%(field)s”, so it drives nothing.") % facts
        raise Problem(ProblemKind.UNREADABLE_PROGRAM, detail)
    return with_tag(request, _out(compartment, found))


def _out(compartment: str, standing: Standing) -> ProgramOut:
    document = {"blanket": None, "screen": None, "shade": None, **as_document(standing.in_force.program)}
    version = standing.version
    return ProgramOut(
        compartment=compartment,
        version=standing.in_force.version,
        is_on=standing.in_force.is_on,
        changed_at=None if version is None else version.created_at,
        changed_by=None if version is None else name_of(version.author),
        **document,
    )
