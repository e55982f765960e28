"""Alarms: the current ones, history, acknowledgement. And the head of the ledger."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as N_
from ninja import Path, Query, Router

from greenhouse.access.errors import NotAllowed
from greenhouse.access.roles import Action, name_of
from greenhouse.access.tokens import Scope
from greenhouse.alarms import board
from greenhouse.alarms.errors import NothingToAcknowledge, UnknownAlarm
from greenhouse.alarms.lifecycle import State
from greenhouse.alarms.loader import load_shipped
from greenhouse.alarms.models import Occurrence
from greenhouse.alarms.occurrences import acknowledge
from greenhouse.api import paging
from greenhouse.api.base_views import Cursor, Limit
from greenhouse.api.callers import caller_of, needs
from greenhouse.api.edge import answer
from greenhouse.api.problems import Problem, ProblemKind
from greenhouse.api.shapes import AlarmOut, AlarmsOut, Key, LedgerHeadOut, Moment, Names
from greenhouse.clock import utc_now
from greenhouse.ledger.heads import current_head
from greenhouse.telemetry import sample_time

router = Router(tags=["alarms"])
ledger_router = Router(tags=["ledger"])


class Which(StrEnum):
    """Which alarms are listed."""

    CURRENT = "current"
    ALL = "all"


@router.get(
    "/alarms",
    auth=needs(Scope.READ),
    response=AlarmsOut,
    operation_id="alarms",
    summary=N_("Alarms, newest first"),
    description=N_(
        "The current ones, those that another alarm explains among them; or all, in pages. In the order of "
        "first_raised_at: one that comes back while you read keeps its place."
    ),
)
def alarms(
    request: HttpRequest,
    *,
    which: Annotated[Which, Query()] = Which.CURRENT,
    compartment: Annotated[Key | None, Query(description=N_("Only of this compartment."))] = None,
    since: Annotated[Moment | None, Query(description=N_("Raised for the last time at or after this moment."))] = None,
    until: Annotated[Moment | None, Query(description=N_("Raised for the last time before this moment."))] = None,
    cursor: Annotated[Cursor, Query()] = "",
    limit: Annotated[Limit, Query()] = paging.USUAL_ITEMS,
) -> HttpResponse:
    """Alarms, newest first."""
    found = board.page(
        count=limit + 1,
        before=paging.moment_and_id(cursor),
        only_open=which is Which.CURRENT,
        compartment=compartment,
        since=since,
        until=until,
    )
    page, following = paging.split(
        found, limit, lambda one: paging.encode(one.first_raised_at.isoformat(), str(one.pk))
    )
    return answer(AlarmsOut(items=[_alarm_out(one) for one in page], next=following))


@router.get(
    "/alarms/{alarm}",
    auth=needs(Scope.READ),
    response=AlarmOut,
    operation_id="alarm",
    summary=N_("One alarm"),
    description=N_("As in the list."),
)
def alarm(request: HttpRequest, alarm: Annotated[UUID, Path(description=N_("Id of the alarm."))]) -> HttpResponse:
    """One alarm."""
    found = board.one(alarm)
    if found is None:
        raise _unknown(alarm)
    return answer(_alarm_out(found))


@router.post(
    "/alarms/{alarm}/acknowledge",
    auth=needs(Scope.ALARM),
    response=AlarmOut,
    operation_id="acknowledge_alarm",
    summary=N_("Acknowledge an alarm"),
    description=N_("Says that a person has seen it and is on it. 409: it was acknowledged or ended meanwhile."),
)
def acknowledge_alarm(
    request: HttpRequest, alarm: Annotated[UUID, Path(description=N_("Id of the alarm."))]
) -> HttpResponse:
    """Acknowledge an alarm."""
    caller, now = caller_of(request), utc_now()
    try:
        found = acknowledge(alarm, by=caller.user, now=now, at=sample_time.look(now), device_label=caller.label)
    except UnknownAlarm as error:
        raise _unknown(alarm) from error
    except NotAllowed:  # the right was taken away since the call began
        caller.require_right(Action.ACKNOWLEDGE_ALARM)
        raise
    except NothingToAcknowledge as error:
        detail = _("Nothing was acknowledged: it is over, or %(by)s was faster.") % {"by": error.by or "—"}
        raise Problem(ProblemKind.CONFLICT, detail, code="nothing_to_acknowledge") from error
    return answer(_alarm_out(found))


@ledger_router.get(
    "/ledger/head",
    auth=needs(Scope.READ),
    response=LedgerHeadOut,
    operation_id="ledger_head",
    summary=N_("Head of the ledger"),
    description=N_(
        "Number and hash of its last entry. Keep them elsewhere: manage.py verify_ledger --head checks them."
    ),
)
def ledger_head(request: HttpRequest) -> HttpResponse:
    """Number and hash of the last entry."""
    number, digest = current_head()
    return answer(LedgerHeadOut(number=number, hash=digest))


def _unknown(alarm_id: UUID) -> Problem:
    detail = _("No alarm has the id %(id)s. /api/v1/alarms lists them.") % {"id": alarm_id}
    return Problem(ProblemKind.UNKNOWN_ALARM, detail)


def _alarm_out(found: Occurrence) -> AlarmOut:
    definition = load_shipped().get(found.definition_key)
    by = found.acknowledged_by
    return AlarmOut(
        id=found.pk,
        definition=found.definition_key,
        name=None if definition is None else Names(zh=definition.name.zh, en=definition.name.en),
        action=None if definition is None else Names(zh=definition.action.zh, en=definition.action.en),
        object=found.object_key,
        object_name=Names(zh=found.object_zh, en=found.object_en),
        place=Names(zh=found.place_zh, en=found.place_en),
        compartment=found.compartment_key,
        device=found.device_key,
        line=found.line_key,
        priority=found.priority,
        state=State(found.state),
        is_active=found.is_active,
        value=found.value,
        limit=found.limit,
        unit=found.unit,
        first_raised_at=found.first_raised_at,
        raised_at=found.raised_at,
        raise_count=found.raise_count,
        acknowledged_at=found.acknowledged_at,
        acknowledged_by=None if by is None else name_of(by),
        cleared_at=found.cleared_at,
        suppressed_by=found.suppressed_by_id,
    )
