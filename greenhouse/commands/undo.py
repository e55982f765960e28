"""Taking a change back: a command of its own, sent and read back like any other, by one tap and for a few minutes."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import AnonymousUser, User

from greenhouse.clock import span
from greenhouse.commands.checks import Code, Verdict
from greenhouse.commands.errors import error_for
from greenhouse.commands.lifecycle import State
from greenhouse.commands.models import CommandRequest
from greenhouse.commands.policies import UNDO_WITHIN
from greenhouse.commands.sources import Source
from greenhouse.commands.submit import Slip, sent_already, submit_setpoint
from greenhouse.deadlines import Moment


def may_be_undone(request: CommandRequest, now: datetime) -> bool:
    """Whether the way back is offered: a person's change that is confirmed, from a known value, a few minutes ago."""
    is_a_persons = request.source == Source.PERSON and request.state == State.CONFIRMED
    return is_a_persons and request.previous_value is not None and now - request.state_at < span(UNDO_WITHIN)


def undo(
    request: CommandRequest,
    *,
    by: User | AnonymousUser,
    now: Moment,
    submission: UUID | None = None,
    device_label: str = "",
) -> CommandRequest:
    """Ask for the value that was in force before a change, if what the change put there still is.

    Parameters
    ----------
    request : CommandRequest
        The change to take back.
    submission : UUID, optional
        Names the form, so that two taps are one.

    Raises
    ------
    NotAllowed, Conflict, Unavailable
        See `greenhouse.commands.errors`. Nothing was stored.
    """
    sent = sent_already(request.point_key, by, submission) if isinstance(by, User) else None
    if sent is not None:
        return sent
    if request.previous_value is None or not may_be_undone(request, now.wall):
        raise error_for(Verdict(Code.UNDO_OVER))
    return submit_setpoint(
        request.point_key,
        request.previous_value,
        by=by,
        seen_value=request.taken_value,
        seen_at=request.state_at,
        now=now,
        device_label=device_label,
        slip=Slip(submission=submission, undo_of=request),
    )
