"""Commands: submit, follow, list. Nothing is sent here: the one way in is `greenhouse.commands.submit`."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as N_
from ninja import Body, Path, Query, Router

from greenhouse.access.roles import Action
from greenhouse.access.tokens import Scope
from greenhouse.api import paging
from greenhouse.api.base_views import Cursor, Limit, known_point
from greenhouse.api.callers import caller_of, needs
from greenhouse.api.edge import answer
from greenhouse.api.input_faults import fault
from greenhouse.api.problems import Problem, ProblemKind
from greenhouse.api.shapes import (
    CommandEventOut,
    CommandIn,
    CommandOut,
    CommandsOut,
    HoldOut,
    Moment,
    PointKey,
    VerdictOut,
)
from greenhouse.clock import moment_now
from greenhouse.commands import history
from greenhouse.commands.checks import Code, Verdict
from greenhouse.commands.errors import Conflict, InvalidRequest, RequestError, RequestNotAllowed
from greenhouse.commands.lifecycle import OPEN, State
from greenhouse.commands.log import Choice, Position, read_page
from greenhouse.commands.messages import sentence, state_name
from greenhouse.commands.models import CommandRequest
from greenhouse.commands.naming import asked_by
from greenhouse.commands.risk import is_large
from greenhouse.commands.sources import Source
from greenhouse.commands.submit import submit_setpoint

router = Router(tags=["commands"])


@router.post(
    "/commands",
    auth=needs(Scope.COMMAND),
    response={202: CommandOut},
    operation_id="submit_command",
    summary=N_("Ask for a change"),
    description=N_(
        "Stores a command; the control process checks it again, sends it and reads it back. Follow it under the "
        "address in Location until is_open is false. 409: the value in force is not the one you saw, another command "
        "is on its way, or the controller is offline or switched to local. Send a command again only after looking."
    ),
)
def submit_command(request: HttpRequest, wanted: Annotated[CommandIn, Body()]) -> HttpResponse:
    """Store a command."""
    caller, moment = caller_of(request), moment_now()
    point = known_point(wanted.point)
    if wanted.hold_for_s is not None:
        caller.require_right(Action.HOLD)
    if not wanted.reason.strip() and is_large(point.quantity, wanted.seen_value, wanted.value):
        raise fault("reason", _("is missing: a change this large needs a reason"))
    try:
        stored = submit_setpoint(
            point.key,
            wanted.value,
            by=caller.user,
            seen_value=wanted.seen_value,
            seen_at=wanted.seen_at,
            now=moment,
            reason=wanted.reason,
            device_label=caller.label,
            hold_for=None if wanted.hold_for_s is None else timedelta(seconds=wanted.hold_for_s),
        )
    except RequestError as error:
        raise _problem_of(error) from error
    address = reverse("api:command", kwargs={"command": stored.pk})
    return answer(_command_out(_known(stored.pk)), status=202, headers={"Location": address})


@router.get(
    "/commands",
    auth=needs(Scope.READ),
    response=CommandsOut,
    operation_id="commands",
    summary=N_("Commands, newest first"),
    description=N_("Of people, programs and interlocks, and changes that somebody made on site; in pages."),
)
def commands(
    request: HttpRequest,
    *,
    point: Annotated[PointKey | None, Query()] = None,
    state: Annotated[State | None, Query(description=N_("Only in this state."))] = None,
    only_open: Annotated[bool, Query(description=N_("Only those that may still do something."))] = False,
    since: Annotated[Moment | None, Query(description=N_("Asked for at or after this moment."))] = None,
    until: Annotated[Moment | None, Query(description=N_("Asked for before this moment."))] = None,
    cursor: Annotated[Cursor, Query()] = "",
    limit: Annotated[Limit, Query()] = paging.USUAL_ITEMS,
) -> HttpResponse:
    """Commands, newest first."""
    states = None if state is None else frozenset({state})
    if only_open:
        states = OPEN if states is None else OPEN & states
    choice = Choice(points=None if point is None else frozenset({point}), states=states, since=since, until=until)
    after = paging.moment_and_id(cursor)
    page = read_page(choice, count=limit, after=None if after is None else Position(*after))
    following = None if page.older is None else paging.encode(page.older.at.isoformat(), str(page.older.id))
    return answer(CommandsOut(items=[_command_out(one) for one in page.rows], next=following))


@router.get(
    "/commands/{command}",
    auth=needs(Scope.READ),
    response=CommandOut,
    operation_id="command",
    summary=N_("How far a command has come"),
    description=N_("With every step: when, by whom, and why."),
)
def command(request: HttpRequest, command: Annotated[UUID, Path(description=N_("Id of the command."))]) -> HttpResponse:
    """One command with its steps."""
    return answer(_command_out(_known(command)))


def _known(command_id: UUID) -> CommandRequest:
    found = history.one_request(command_id)
    if found is None:
        detail = _("No command has the id %(id)s. /api/v1/commands lists them.") % {"id": command_id}
        raise Problem(ProblemKind.UNKNOWN_COMMAND, detail)
    return found


def _problem_of(error: RequestError) -> Problem:
    kind = ProblemKind.DEVICE_UNAVAILABLE
    if isinstance(error, RequestNotAllowed):
        kind = ProblemKind.NOT_ALLOWED
    elif isinstance(error, Conflict):
        kind = ProblemKind.CONFLICT
    elif isinstance(error, InvalidRequest):
        kind = ProblemKind.BAD_INPUT
    return Problem(kind, str(error), code=error.verdict.code.value)


def _command_out(found: CommandRequest) -> CommandOut:
    state = State(found.state)
    return CommandOut(
        id=found.pk,
        point=found.point_key,
        value=found.value,
        unit=found.unit,
        state=state,
        state_name=state_name(state),
        is_open=state in OPEN,
        verdict=_verdict_out(history.verdict_of(found)),
        readback_value=found.readback_value,
        previous_value=found.previous_value,
        source=Source(found.source),
        by=asked_by(found),
        role=found.role,
        device_label=found.device_label,
        reason=found.reason,
        created_at=found.created_at,
        expires_at=found.expires_at,
        ended_at=found.ended_at,
        hold=_hold_out(found),
        events=[
            CommandEventOut(
                at=event.at,
                state=State(event.state),
                by=event.actor,
                role=event.role,
                device_label=event.device_label,
                reason=event.reason,
                readback_value=event.readback_value,
                verdict=_verdict_out(history.verdict_of(event)),
            )
            for event in found.events.all()
        ],
    )


def _hold_out(found: CommandRequest) -> HoldOut | None:
    try:
        hold = found.hold
    except ObjectDoesNotExist:
        return None
    return HoldOut(state=hold.state, ends_at=hold.ends_at, return_value=hold.return_value)


def _verdict_out(verdict: Verdict) -> VerdictOut | None:
    return None if verdict.code is Code.NONE else VerdictOut(code=verdict.code.value, text=sentence(verdict))
