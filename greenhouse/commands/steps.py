"""Every step of a request is taken here: its state by compare-and-set, with its event and all that follows from it.

One transaction holds a step: what is not recorded has not happened. Nothing here looks at a clock or decides whether a
value may be sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError
from django.db.models import Q

from greenhouse import nudges
from greenhouse.access.roles import name_of, role_of
from greenhouse.commands import holds, in_force
from greenhouse.commands.checks import Code, Verdict
from greenhouse.commands.errors import error_for
from greenhouse.commands.lifecycle import BEGINS_AS, OPEN, TERMINAL, WAITING, State, predecessors
from greenhouse.commands.models import DEVICE_LABEL_LENGTH, CommandEvent, CommandRequest
from greenhouse.commands.naming import NO_VERDICT, asked_by
from greenhouse.commands.policies import retry_delay
from greenhouse.commands.recording import note, number, recorded
from greenhouse.commands.sources import AUTOMATIC_RETURN, Automatic, Source, may_replace
from greenhouse.deadlines import Moment, deadline_after
from greenhouse.fencing import UNFENCED, Fence
from greenhouse.ledger.chain import Kind, Payload, new_salt, text_digest
from greenhouse.nudges import Subject
from greenhouse.site import structure
from greenhouse.site.virtual_points import CONTROL
from greenhouse.stored_deadlines import columns


@dataclass(frozen=True, slots=True)
class Hand:
    """Who takes a step, in which role, and from which phone or computer.

    Attributes
    ----------
    user_id : int, optional
        Of a person.
    fence : Fence
        Shows in the transaction of the step that no other control process has taken over.
    """

    actor: str
    shown: str
    role: str = ""
    device_label: str = ""
    user_id: int | None = None
    fence: Fence = UNFENCED


def hand_of_control(fence: Fence) -> Hand:
    """The control process; its steps carry its fencing token, where there is one."""
    return Hand(CONTROL if fence.token is None else f"{CONTROL} {fence.token}", CONTROL, fence=fence)


def hand_of(user: User, device_label: str = "") -> Hand:
    """A person with their role as it is now."""
    return Hand(user.get_username(), name_of(user), role_of(user) or "", device_label[:DEVICE_LABEL_LENGTH], user.pk)


def hand_of_automatic(by: Automatic) -> Hand:
    """A program or an interlock."""
    return Hand(by.name, asked_by(CommandRequest(source=by.source.value, actor=by.name)))


def begin(request: CommandRequest, by: Hand, *, now: Moment, verdict: Verdict = NO_VERDICT) -> None:
    """Store a new request in its first state; an older one of its point that nobody has taken is replaced.

    Raises
    ------
    Conflict
        If an older request is on its way, or is not to be replaced by this one. Nothing was stored.
    """
    state = State(request.state)
    if state not in BEGINS_AS[Source(request.source)]:
        raise ValueError(f"a request of source {request.source} does not begin as {state}")
    try:
        with recorded(now, fence=by.fence):
            if state in OPEN:
                _supersede(request, by, now)
            request.save(force_insert=True)
            readback_value, reason = request.readback_value, request.reason
            _append_event(request, state, by, now=now, verdict=verdict, reason=reason, readback_value=readback_value)
            if state is State.CONFIRMED:
                in_force.note(request)
    except IntegrityError as error:  # another request for this point was stored at the same moment
        raise error_for(_under_way(request.point_key)) from error


def move(
    request: CommandRequest,
    state: State,
    by: Hand,
    *,
    now: Moment,
    verdict: Verdict = NO_VERDICT,
    reason: str = "",
    readback_value: float | None = None,
    only_if: Q | None = None,
    changes: Mapping[str, Any] | None = None,
) -> bool:
    """Bring a request to a state that may follow its own, or do nothing.

    Parameters
    ----------
    request : CommandRequest
        As it was read; brought up to date if it moved.
    only_if : Q, optional
        What must hold besides, in the same instant.
    changes : mapping, optional
        Further columns.

    Returns
    -------
    bool
        False if it stands elsewhere by now. The first end stands.
    """
    columns_now: dict[str, Any] = {
        "state": state,
        "state_at": now.wall,
        "verdict": verdict.code,
        "facts": dict(verdict.facts),
        "readback_value": readback_value,
        **(changes or {}),
    }
    if state in TERMINAL:
        columns_now["ended_at"] = now.wall
        columns_now |= _next_try(request, state, verdict.code, now)
    with recorded(now, fence=by.fence):
        rows = CommandRequest.objects.filter(only_if or Q(), pk=request.pk, state__in=predecessors(state))
        if not rows.update(**columns_now):
            return False
        for name, value in columns_now.items():
            setattr(request, name, value)
        _append_event(request, state, by, now=now, verdict=verdict, reason=reason, readback_value=readback_value)
        if state is State.CONFIRMED:
            in_force.note(request)
        if state in TERMINAL:
            holds.follow(request, now=now)
    return True


def _append_event(
    request: CommandRequest,
    state: State,
    by: Hand,
    *,
    now: Moment,
    verdict: Verdict,
    reason: str = "",
    readback_value: float | None = None,
) -> None:
    """Add a step to a request's history and to the ledger, in the transaction that changes its state."""
    nudges.send(Subject.CHANGES)
    if state is State.REQUESTED:
        nudges.send(Subject.REQUESTS)
    event = CommandEvent.objects.create(
        request=request,
        at=now.wall,
        state=state,
        actor=by.actor,
        role=by.role,
        device_label=by.device_label,
        source=request.source,
        old_value=request.previous_value,
        new_value=request.value,
        reason=reason,
        reason_salt=new_salt() if reason else "",
        verdict=verdict.code,
        facts=dict(verdict.facts),
        readback_value=readback_value,
    )
    second_person = request.approved_by_id is not None and state is State.REQUESTED
    kind = Kind.APPROVAL if second_person or state is State.DECLINED else Kind.COMMAND
    note(kind, _ledger_entry(request, event, by))


def _ledger_entry(request: CommandRequest, event: CommandEvent, by: Hand) -> Payload:
    """A step as the ledger takes it: people by number, free text by its digest."""
    return {
        "request": str(request.pk),
        "point": request.point_key,
        "state": str(event.state),
        "source": request.source,
        "by": by.actor if by.user_id is None else by.user_id,
        "role": by.role,
        "old": number(event.old_value),
        "new": number(event.new_value),
        "readback": number(event.readback_value),
        "verdict": str(event.verdict),
        "reason": text_digest(event.reason, salt=event.reason_salt) if event.reason else None,
        **({} if request.batch_id is None else {"batch": str(request.batch_id)}),
        **({} if request.undo_of_id is None else {"undo_of": str(request.undo_of_id)}),
    }


def _next_try(request: CommandRequest, state: State, code: Code, now: Moment) -> dict[str, Any]:
    if request.source != Source.PROGRAM.value:
        return {}
    point = structure.point(request.point_key)
    kind = point.output_kind if point is not None and point.is_absolute else None
    delay = retry_delay(Source(request.source), kind, state=state, code=code, attempt=request.attempt)
    return columns("retry_at", None if delay is None else deadline_after(now, delay))


def _supersede(newer: CommandRequest, by: Hand, now: Moment) -> None:
    """End an older request of this point that has not been taken; one that was taken is left to come to its end."""
    for older in CommandRequest.objects.filter(point_key=newer.point_key, ended_at=None):
        verdict = Verdict(Code.REPLACED, {"by": by.shown})
        if not _gives_way(older, newer) or not move(older, State.SUPERSEDED, by, now=now, verdict=verdict):
            raise error_for(_under_way(newer.point_key))


def _gives_way(older: CommandRequest, newer: CommandRequest) -> bool:
    """Whether an open request is replaced by a newer one. A further try is an old wish: it waits for what is open.

    The automatic return waits for nobody's approval: the time for which its point may be held is over. Of two people
    who saw the same value the first counts: the second cannot have seen what was asked for a moment ago. What waits for
    approval stands on every page.
    """
    if newer.actor == AUTOMATIC_RETURN and older.state == State.AWAITING_APPROVAL:
        return True
    if older.state == State.REQUESTED and _is_of_another_person(older, newer):
        return False
    may = newer.retry_of_id is None and may_replace(Source(newer.source), Source(older.source))
    return older.state in WAITING and may


def _is_of_another_person(older: CommandRequest, newer: CommandRequest) -> bool:
    people = {older.requested_by_id, newer.requested_by_id}
    return None not in people and len(people) > 1


def _under_way(point_key: str) -> Verdict:
    other = CommandRequest.objects.filter(point_key=point_key, ended_at=None).select_related("requested_by").first()
    return Verdict(Code.UNDER_WAY, {"by": None if other is None else asked_by(other)})
