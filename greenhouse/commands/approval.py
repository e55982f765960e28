"""The second person: a request that needs one waits until somebody else approves or declines it.

Approving only lets the control process take the request; it is checked again, with fresh samples, before it is sent.
"""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.models import AnonymousUser, User

from greenhouse.access.roles import Action, may, name_of
from greenhouse.commands.checks import Code, Verdict
from greenhouse.commands.errors import error_for
from greenhouse.commands.lifecycle import State
from greenhouse.commands.models import CommandEvent, CommandRequest
from greenhouse.commands.policies import REASON_LIMIT, REQUEST_LIFETIME
from greenhouse.commands.steps import hand_of, move
from greenhouse.deadlines import Moment, deadline_after
from greenhouse.stored_deadlines import ahead, columns


def waiting(now: Moment) -> list[CommandRequest]:
    """Requests that wait for a second person, oldest first."""
    rows = CommandRequest.objects.filter(ahead("expires_at", now), state=State.AWAITING_APPROVAL)
    return list(
        rows.select_related("requested_by", "batch")
        .prefetch_related("events")
        .order_by("created_at", "batch_row__position")
    )


def approve(request_id: UUID, *, by: User | AnonymousUser, now: Moment, device_label: str = "") -> CommandRequest:
    """Agree to a request. Of several people at the same moment, one counts.

    Parameters
    ----------
    by : User
        With the right to approve; not the one who asked.

    Raises
    ------
    NotAllowed, Conflict
        If this person may not, or it has been decided, replaced or is too old.
    """
    user, request = _decide(request_id, by)
    # From here it lives as long as any other request.
    changes = {**columns("expires_at", deadline_after(now, now.span(REQUEST_LIFETIME))), "approved_by": user}
    hand = hand_of(user, device_label)
    if not move(request, State.REQUESTED, hand, now=now, only_if=ahead("expires_at", now), changes=changes):
        raise error_for(_decided(request))
    return request


def decline(
    request_id: UUID, *, by: User | AnonymousUser, reason: str, now: Moment, device_label: str = ""
) -> CommandRequest:
    """Say no to a request, with the reason.

    Raises
    ------
    NotAllowed, InvalidRequest, Conflict
        If this person may not, the reason is missing or too long, or it has been decided, replaced or is too old.
    """
    user, request = _decide(request_id, by)
    reason = reason.strip()
    if not reason:
        raise error_for(Verdict(Code.REASON_MISSING))
    if len(reason) > REASON_LIMIT:
        raise error_for(Verdict(Code.REASON_TOO_LONG, {"length": len(reason), "limit": REASON_LIMIT}))
    verdict = Verdict(Code.DECLINED, {"by": name_of(user), "reason": reason})
    hand = hand_of(user, device_label)
    if not move(
        request, State.DECLINED, hand, now=now, verdict=verdict, reason=reason, only_if=ahead("expires_at", now)
    ):
        raise error_for(_decided(request))
    return request


def _decide(request_id: UUID, by: User | AnonymousUser) -> tuple[User, CommandRequest]:
    if not isinstance(by, User) or not may(by, Action.APPROVE):
        raise error_for(Verdict(Code.MAY_NOT_APPROVE))
    request = CommandRequest.objects.select_related("requested_by").filter(pk=request_id).first()
    if request is None:
        raise error_for(Verdict(Code.UNKNOWN_POINT))
    if request.requested_by_id == by.pk:
        raise error_for(Verdict(Code.OWN_REQUEST))
    return by, request


def _decided(request: CommandRequest) -> Verdict:
    """What has become of a request that waits no more: who decided, or nobody in time."""
    last = CommandEvent.objects.filter(request=request).exclude(state=State.AWAITING_APPROVAL).first()
    return Verdict(Code.NOT_APPROVED) if last is None else Verdict(Code.DECIDED, {"by": last.actor})
