"""Irrigation programs with their versions, and runs, given or not. Nothing is started or changed here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as N_
from ninja import Path, Query, Router

from greenhouse.access.roles import name_of
from greenhouse.access.tokens import Scope
from greenhouse.api import paging
from greenhouse.api.base_views import Cursor, Limit
from greenhouse.api.callers import needs
from greenhouse.api.edge import answer, with_tag
from greenhouse.api.irrigation_shapes import (
    DoseOut,
    IrrigationProgramOut,
    IrrigationProgramsOut,
    IrrigationRunOut,
    IrrigationRunsOut,
    IrrigationVersionOut,
    IrrigationVersionsOut,
    IrrigationWorkOut,
    StartsKind,
    StartsOut,
)
from greenhouse.api.problems import Problem, ProblemKind
from greenhouse.api.shapes import Key, Moment, Names, PointKey
from greenhouse.commands.log import Position
from greenhouse.commands.run_lifecycle import RunReason, RunState
from greenhouse.commands.run_log import RunChoice, read_runs
from greenhouse.commands.run_messages import reason_in_words, state_in_words
from greenhouse.commands.run_models import IrrigationRun
from greenhouse.rules import irrigation_programs
from greenhouse.rules.evaluate.documents import as_text
from greenhouse.rules.evaluate.irrigation_program import (
    ClockStarts,
    IntervalStarts,
    IrrigationProgram,
    RadiationStarts,
    Starts,
)
from greenhouse.rules.irrigation_models import IrrigationProgramVersion
from greenhouse.rules.irrigation_programs import readable_programs
from greenhouse.site.current import current_base
from greenhouse.site.valve_groups import ValveGroupStructure, valve_groups

router = Router(tags=["programs"])

ProgramKey = Annotated[Key, Path(description=N_("Key of the irrigation program."))]


@router.get(
    "/irrigation/programs",
    auth=needs(Scope.READ),
    response=IrrigationProgramsOut,
    operation_id="all_irrigation_programs",
    summary=N_("Irrigation programs"),
    description=N_("The newest version of each, whether it is on, and whether it waters. With an ETag."),
)
def all_irrigation_programs(request: HttpRequest) -> HttpResponse:
    """Every irrigation program."""
    current_base()  # says so where there is none
    return with_tag(request, IrrigationProgramsOut(items=_programs_out(irrigation_programs.newest())))


@router.get(
    "/irrigation/programs/{program}",
    auth=needs(Scope.READ),
    response=IrrigationProgramOut,
    operation_id="irrigation_program",
    summary=N_("One irrigation program"),
    description=N_("As in the list. With an ETag."),
)
def irrigation_program(request: HttpRequest, program: ProgramKey) -> HttpResponse:
    """One irrigation program."""
    current_base()
    found = _programs_out(irrigation_programs.newest().filter(program_key=program))
    if not found:
        raise _unknown(program)
    return with_tag(request, found[0])


@router.get(
    "/irrigation/programs/{program}/versions",
    auth=needs(Scope.READ),
    response=IrrigationVersionsOut,
    operation_id="irrigation_versions",
    summary=N_("Versions of an irrigation program, newest first"),
    description=N_("Who changed or switched it, when, and why; in pages."),
)
def irrigation_versions(
    request: HttpRequest,
    program: ProgramKey,
    *,
    cursor: Annotated[Cursor, Query()] = "",
    limit: Annotated[Limit, Query()] = paging.USUAL_ITEMS,
) -> HttpResponse:
    """Versions, the newest first."""
    current_base()
    rows = irrigation_programs.history(program)
    if not rows.exists():
        raise _unknown(program)
    if cursor:
        rows = rows.filter(number__lt=_number_of(cursor))
    page, following = paging.split(list(rows[: limit + 1]), limit, lambda row: paging.encode(str(row.number)))
    items = [_version_out(*read) for read in zip(page, readable_programs(page), strict=True)]
    return answer(IrrigationVersionsOut(items=items, next=following))


@router.get(
    "/irrigation/runs",
    auth=needs(Scope.READ),
    response=IrrigationRunsOut,
    operation_id="irrigation_runs",
    summary=N_("Irrigation runs, newest first"),
    description=N_(
        "Of programs and by hand, given or not: what was missed is one too, with the reason. In pages, in the order "
        "in which they were stored."
    ),
)
def irrigation_runs(
    request: HttpRequest,
    *,
    since: Annotated[Moment | None, Query(description=N_("Due at or after this moment."))] = None,
    until: Annotated[Moment | None, Query(description=N_("Due before this moment."))] = None,
    state: Annotated[RunState | None, Query(description=N_("Only in this state."))] = None,
    program: Annotated[Key | None, Query(description=N_("Only of this irrigation program."))] = None,
    valve: Annotated[PointKey | None, Query(description=N_("Only those that open this valve."))] = None,
    cursor: Annotated[Cursor, Query()] = "",
    limit: Annotated[Limit, Query()] = paging.USUAL_ITEMS,
) -> HttpResponse:
    """Irrigation runs, those stored last first."""
    choice = RunChoice(state=state, program=program, valve=valve, since=since, until=until)
    after = paging.moment_and_id(cursor)
    page = read_runs(choice, count=limit, after=None if after is None else Position(*after))
    following = None if page.older is None else paging.encode(page.older.at.isoformat(), str(page.older.id))
    groups = valve_groups()
    return answer(IrrigationRunsOut(items=[_run_out(run, groups) for run in page.rows], next=following))


def _unknown(key: str) -> Problem:
    detail = _("No irrigation program has the key “%(key)s”. /api/v1/irrigation/programs lists all.") % {"key": key}
    return Problem(ProblemKind.UNKNOWN_PROGRAM, detail)


def _number_of(cursor: str) -> int:
    (text,) = paging.decode(cursor, 1)
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise paging.bad_cursor()
    return int(text)


def _programs_out(newest: QuerySet[IrrigationProgramVersion]) -> list[IrrigationProgramOut]:
    rows = list(newest.order_by("program_key"))
    watering = {row.one.key for row in irrigation_programs.switched_on() if not row.faults}
    return [
        IrrigationProgramOut(
            key=row.program_key,
            name=None if program is None else program.name or None,
            version=row.number,
            is_on=row.is_on,
            waters=row.program_key in watering,
            work=_work_out(program),
            changed_at=row.created_at,
            changed_by=name_of(row.author),
        )
        for row, program in zip(rows, readable_programs(rows), strict=True)
    ]


def _version_out(row: IrrigationProgramVersion, program: IrrigationProgram | None) -> IrrigationVersionOut:
    return IrrigationVersionOut(
        version=row.number,
        is_on=row.is_on,
        work=_work_out(program),
        changed_at=row.created_at,
        changed_by=name_of(row.author),
        role=row.role,
        reason=row.reason,
    )


def _work_out(program: IrrigationProgram | None) -> IrrigationWorkOut | None:
    if program is None:
        return None
    return IrrigationWorkOut(
        name=program.name or None,
        groups=[group.key for group in program.groups],
        dose=DoseOut(kind=program.dose.kind, amount=program.dose.amount),
        starts=_starts_out(program.starts),
        rest_min=program.rest_min,
        drain_limit_pct=program.drain_limit_pct,
    )


def _starts_out(starts: Starts) -> StartsOut:
    found = StartsOut(
        kind=StartsKind.CLOCK,
        times=None,
        first=None,
        last=None,
        interval_min=None,
        sum_j_cm2=None,
        without_radiation_min=None,
    )
    match starts:
        case ClockStarts(minutes):
            return found.model_copy(update={"times": [f"{one // 60:02d}:{one % 60:02d}" for one in minutes]})
        case IntervalStarts(first, interval_min, last):
            own: dict[str, object] = {"kind": StartsKind.INTERVAL, "interval_min": interval_min}
        case RadiationStarts(first, last, sum_j_cm2, without_min):
            own = {"kind": StartsKind.RADIATION, "sum_j_cm2": sum_j_cm2, "without_radiation_min": without_min}
    return found.model_copy(update={**own, "first": as_text(first), "last": as_text(last)})


def _run_out(run: IrrigationRun, groups: Mapping[str, ValveGroupStructure]) -> IrrigationRunOut:
    group, reason = groups.get(run.group_key), RunReason(run.reason)
    return IrrigationRunOut(
        id=run.pk,
        program=run.program_key or None,
        program_version=run.program_version,
        by=None if run.requested_by is None else name_of(run.requested_by),
        group=run.group_key,
        group_name=None if group is None else Names(zh=group.name_zh, en=group.name_en),
        valves=list(run.valve_keys),
        pump=run.pump,
        due_at=run.due_at,
        dose_l=run.dose_l,
        dose_s=run.dose_s,
        limit_s=run.limit_s,
        state=RunState(run.state),
        state_name=state_in_words(RunState(run.state)),
        is_open=run.ended_at is None,
        reason=reason.value or None,
        reason_text=reason_in_words(reason),
        given_l=run.given_l,
        created_at=run.created_at,
        begun_at=run.begun_at,
        open_at=run.running_at,
        ended_at=run.ended_at,
    )
