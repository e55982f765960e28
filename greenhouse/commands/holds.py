"""Manual holds: a person keeps a point at a value for a time, and programs leave it alone until then.

A hold begins when its value has, or may have, reached the controller, and ends once: by its time, by a person who gives
it back or asks for another value. `greenhouse.commands.returns` writes the former value back.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.contrib.auth.models import AnonymousUser, User
from django.db import connection
from django.db.models import QuerySet

from greenhouse.access.roles import Action, may
from greenhouse.commands.checks import Code, Verdict
from greenhouse.commands.errors import error_for
from greenhouse.commands.lifecycle import NOT_SENT, State
from greenhouse.commands.models import CommandRequest, HoldEnd, HoldState, ManualHold
from greenhouse.commands.policies import HOLD_LONGEST, HOLD_WARNED_BEFORE
from greenhouse.commands.recording import note, number, recorded
from greenhouse.commands.sources import Source
from greenhouse.deadlines import Moment, deadline_after
from greenhouse.ledger.chain import Kind
from greenhouse.site import structure
from greenhouse.stored_deadlines import ahead, columns, stored


def length_fault(hold_for: timedelta | None) -> Verdict | None:
    """Why a hold may not last so long; None if it may."""
    if hold_for is None or timedelta(0) < hold_for <= HOLD_LONGEST:
        return None
    return Verdict(Code.HOLD_LENGTH, {"longest_h": HOLD_LONGEST / timedelta(hours=1)})


def ask(request: CommandRequest, hold_for: timedelta, *, now: Moment) -> ManualHold:
    """Store a hold that begins with its request. Called in the transaction that stores the request."""
    ends_at = columns("ends_at", deadline_after(now, hold_for))
    hold = ManualHold.objects.create(request=request, point_key=request.point_key, **ends_at)
    _note(hold, HoldState.ASKED)
    return hold


def follow(request: CommandRequest, *, now: Moment) -> None:
    """A request has ended: begin its hold, drop it, or end the one that it replaces. Within the same transaction."""
    asked = ManualHold.objects.filter(request=request, state=HoldState.ASKED).first()
    state = State(request.state)
    if state in NOT_SENT or state is State.REJECTED:
        if asked is not None:
            _change(asked, HoldState.ENDED, now=now, end=HoldEnd.NOT_TAKEN)
        return
    if request.source != Source.PERSON.value or (state is State.TIMEOUT and asked is None):
        return  # a value that may not have taken leaves an older hold, and its return, as they are
    before = ManualHold.objects.filter(point_key=request.point_key, state=HoldState.ACTIVE).first()
    if before is not None:
        _change(before, HoldState.ENDED, now=now, end=HoldEnd.REPLACED)
    if asked is not None:
        return_value = request.previous_value if before is None else before.return_value
        if _is_a_direction(request.point_key):
            return_value = None  # a winder that rolled up an hour ago is not to do so again
        _change(asked, HoldState.ACTIVE, now=now, return_value=return_value)


def _is_a_direction(point_key: str) -> bool:
    point = structure.point(point_key)
    return point is not None and point.motion is not None and point.motion.takes_commands


def give_back(hold_id: UUID, *, by: User | AnonymousUser, now: Moment) -> ManualHold:
    """End a hold early. The control process writes the former value back.

    Raises
    ------
    NotAllowed, Conflict
        If this person may not, or the hold is over already.
    """
    if not isinstance(by, User) or not may(by, Action.HOLD):
        raise error_for(Verdict(Code.MAY_NOT_HOLD))
    lasting = ManualHold.objects.filter(ahead("ends_at", now), pk=hold_id, state=HoldState.ACTIVE, given_back_by=None)
    with recorded(now):
        if not lasting.update(given_back_by=by):
            raise error_for(Verdict(Code.HOLD_OVER))
        hold = ManualHold.objects.get(pk=hold_id)
        _note(hold, HoldState.ACTIVE, given_back_by=by)
    return hold


def extend(hold_id: UUID, hold_for: timedelta, *, by: User | AnonymousUser, now: Moment) -> ManualHold:
    """Let a hold that is in force end so long after now.

    Raises
    ------
    NotAllowed, InvalidRequest, Conflict
        If this person may not, it would last too long or end sooner, or the hold is over already.
    """
    if not isinstance(by, User) or not may(by, Action.HOLD):
        raise error_for(Verdict(Code.MAY_NOT_HOLD))
    if verdict := length_fault(hold_for):
        raise error_for(verdict)
    ends_at = deadline_after(now, hold_for)
    lasting = ManualHold.objects.filter(ahead("ends_at", now), pk=hold_id, state=HoldState.ACTIVE, given_back_by=None)
    with recorded(now):
        hold = lasting.select_for_update().first() if connection.features.has_select_for_update else lasting.first()
        if hold is None:
            raise error_for(Verdict(Code.HOLD_OVER))
        if remaining(hold, now) >= hold_for:
            raise error_for(Verdict(Code.HOLD_NOT_LONGER))
        if not lasting.update(extended_by=by, extended_at=now.wall, **columns("ends_at", ends_at)):
            raise error_for(Verdict(Code.HOLD_OVER))
        hold = ManualHold.objects.get(pk=hold_id)
        _note(hold, HoldState.ACTIVE, extended_by=by)
    return hold


def end(hold: ManualHold, how: HoldEnd, *, now: Moment) -> bool:
    """End a hold, within `recorded`; False if it has ended already."""
    return _change(hold, HoldState.ENDED, now=now, end=how)


def active(now: Moment) -> QuerySet[ManualHold]:
    """Holds that are in force now, each with its request and person, the one that ends first in front."""
    rows = ManualHold.objects.filter(ahead("ends_at", now), state=HoldState.ACTIVE, given_back_by=None)
    return rows.select_related("request__requested_by", "extended_by").order_by("ends_at")


def hold_on(point_key: str, now: Moment) -> ManualHold | None:
    """The hold of a point that is in force now, or None."""
    return active(now).filter(point_key=point_key).first()


def remaining(hold: ManualHold, now: Moment) -> timedelta:
    """How long a hold still lasts, by the clock on which less is left."""
    deadline = stored(hold, "ends_at")
    assert deadline is not None
    return deadline.remaining(now)


def ends_soon(hold: ManualHold, now: Moment) -> bool:
    """Whether people are to be warned that a hold is about to end."""
    return remaining(hold, now) <= HOLD_WARNED_BEFORE


def _change(hold: ManualHold, state: HoldState, *, now: Moment, **columns_now: object) -> bool:
    """Bring a hold on from the state it was read in; False if it stands elsewhere by now."""
    if state is HoldState.ENDED:
        columns_now["ended_at"] = now.wall
    if not ManualHold.objects.filter(pk=hold.pk, state=hold.state).update(state=state, **columns_now):
        return False
    hold.state = state
    for name, value in columns_now.items():
        setattr(hold, name, value)
    _note(hold, state)
    return True


def _note(
    hold: ManualHold, state: HoldState, *, given_back_by: User | None = None, extended_by: User | None = None
) -> None:
    payload = {
        "hold": str(hold.pk),
        "request": str(hold.request_id),
        "point": hold.point_key,
        "state": state.value,
        "ends_at": hold.ends_at.isoformat(),
        "return_value": number(hold.return_value),
        "end": str(hold.end),
        "given_back_by": None if given_back_by is None else given_back_by.pk,
        **({} if extended_by is None else {"extended_by": extended_by.pk}),
    }
    note(Kind.MANUAL_HOLD, payload)
