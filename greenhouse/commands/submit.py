"""The one way in for a change: whoever asks calls `submit_setpoint`, which stores a request or says why not.

Nothing is sent here. The control process takes stored requests (`greenhouse.commands.dispatch`) and checks them again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.models import AnonymousUser, User

from greenhouse.access.roles import Action, may
from greenhouse.commands import holds, situations, water
from greenhouse.commands.checks import (
    BY_RUN,
    MOVED,
    SET,
    WATER,
    Code,
    Target,
    Verdict,
    agree,
    check,
    confirmed_value,
    has_changed,
)
from greenhouse.commands.errors import Conflict, error_for
from greenhouse.commands.lifecycle import State
from greenhouse.commands.models import CommandBatch, CommandRequest, InForce, IrrigationRun
from greenhouse.commands.naming import asked_by
from greenhouse.commands.policies import APPROVAL_WITHIN, REASON_LIMIT, REQUEST_LIFETIME, needs_approval
from greenhouse.commands.recording import recorded
from greenhouse.commands.sources import Automatic, Source, passes_hold
from greenhouse.commands.steps import begin, hand_of, hand_of_automatic
from greenhouse.commands.target import read_target
from greenhouse.commands.water import Step
from greenhouse.deadlines import Moment, deadline_after
from greenhouse.site.structure import PointStructure
from greenhouse.stored_deadlines import columns
from greenhouse.telemetry import sample_time

Asker = User | AnonymousUser | Automatic
"""Who may ask for a change."""


@dataclass(frozen=True, slots=True)
class Slip:
    """What a request carries from the form on which it was asked for.

    Attributes
    ----------
    submission : UUID, optional
        Names the form: however often it arrives, it is taken once.
    batch : CommandBatch, optional
        One value for several compartments, of which this is one.
    undo_of : CommandRequest, optional
        The change that this one takes back.
    run : IrrigationRun, optional
        The irrigation run whose step it is, as it is stored now.
    """

    submission: UUID | None = None
    batch: CommandBatch | None = None
    undo_of: CommandRequest | None = None
    run: IrrigationRun | None = None


NO_SLIP = Slip()


def submit_setpoint(
    point_key: str,
    value: float,
    *,
    by: Asker,
    seen_value: float | None,
    seen_at: datetime | None,
    now: Moment,
    reason: str = "",
    device_label: str = "",
    hold_for: timedelta | None = None,
    slip: Slip = NO_SLIP,
) -> CommandRequest:
    """Store a request to change a setpoint or mode, or find the one that this form has stored already.

    Parameters
    ----------
    point_key : str
        ``device.point``.
    value : float
        Canonical unit of the point.
    by : User or Automatic
        Who asks. A person needs the right to submit setpoints; a program is refused while a person holds the point.
    seen_value, seen_at : optional
        The value in force that was seen, canonical unit, and its time; None: none was known. An interlock need not
        have seen any.
    now : Moment
        On both clocks.
    reason, device_label : str
        Why, and from which phone or computer.
    hold_for : timedelta, optional
        Hold the value for so long, then return to the one in force before. People only, with the right to hold.
    slip : Slip
        The form that it came on.

    Raises
    ------
    NotAllowed, InvalidRequest, Conflict, Unavailable
        See `greenhouse.commands.errors`. Nothing was stored.
    """
    source = by.source if isinstance(by, Automatic) else Source.PERSON
    if verdict := may_not_ask(by, reason=reason, hold_for=hold_for):
        raise error_for(verdict)
    if (sent := sent_already(point_key, by, slip.submission)) is not None:
        return sent
    found = read_target(point_key)
    if found is None:
        raise error_for(Verdict(Code.UNKNOWN_POINT))
    point, target = found
    if hold_for is not None and (not point.is_absolute or point.output_kind in WATER):
        raise error_for(Verdict(Code.NOT_HELD))
    seen = None if source is Source.INTERLOCK else conflict(target, seen_value)
    at = sample_time.look(now.wall)
    forbidden = forbids(point, target, value, at=at, step=None if slip.run is None else Step(slip.run, now))
    if verdict := forbidden or held_back(point_key, source, now) or seen:
        raise error_for(verdict)
    waits = needs_approval(target, source, value, is_whole_base=slip.batch is not None and slip.batch.is_whole_base)
    request = CommandRequest(
        point_key=point.key,
        value=value,
        unit=point.unit.value,
        previous_value=confirmed_value(target) if source is Source.INTERLOCK else seen_value,
        previous_at=seen_at,
        state=(State.AWAITING_APPROVAL if waits else State.REQUESTED).value,
        device_label=device_label,
        reason=reason.strip(),
        submission=slip.submission,
        batch=slip.batch,
        undo_of=slip.undo_of,
        run=slip.run,
        **columns("expires_at", deadline_after(now, now.span(APPROVAL_WITHIN if waits else REQUEST_LIFETIME))),
    )
    try:
        with recorded(now):
            store(request, by, now=now)
            if hold_for is not None:
                holds.ask(request, hold_for, now=now)
    except Conflict:
        # The same form may have arrived twice at the same moment: then the other one is this one.
        if (sent := sent_already(point_key, by, slip.submission)) is not None:
            return sent
        raise
    return request


def forbids(
    point: PointStructure, target: Target, value: float, *, at: datetime, step: Step | None = None
) -> Verdict | None:
    """Why a value may not be sent to a point as things stand; None: it may.

    Parameters
    ----------
    at : datetime
        Now, on the clock of the samples.
    step : Step, optional
        Of an irrigation run, if one wants it.
    """
    if fault := check(target, value, now=at, is_of_run=step is not None):
        return fault
    if target.output_kind in BY_RUN - SET - MOVED:
        return water.forbids(point, value, step, at=at)
    return situations.forbids(point.key, value, at=at)


def sent_already(point_key: str, by: Asker, submission: UUID | None) -> CommandRequest | None:
    """The request that this person's form has stored for this point, whatever has become of it; None: none yet."""
    if submission is None or not isinstance(by, User):
        return None
    return CommandRequest.objects.filter(submission=submission, point_key=point_key, requested_by=by).first()


def store(request: CommandRequest, by: User | AnonymousUser | Automatic, *, now: Moment) -> None:
    """Store a request in the name of who asks. The checks that count are made before it is sent.

    Raises
    ------
    Conflict
        If another request for this point stands in its way.
    """
    request.created_at = request.state_at = now.wall
    if isinstance(by, Automatic):
        hand = hand_of_automatic(by)
        request.source, request.actor = by.source.value, by.name
    else:
        assert isinstance(by, User)
        hand = hand_of(by, request.device_label)
        request.source, request.requested_by = Source.PERSON.value, by
        request.role, request.device_label = hand.role, hand.device_label
    begin(request, hand, now=now)


def conflict(target: Target, seen_value: float | None) -> Verdict | None:
    """Why a person has to look again: the value in force is not the one they saw. None: it is."""
    if not has_changed(target, seen_value):
        return None
    known = InForce.objects.filter(point_key=target.point).select_related("request__requested_by").first()
    current = confirmed_value(target)
    # Named only if the value in force is the one that this request put there; else it was changed on site just now.
    is_theirs = known is not None and agree(known.value, current, tolerance=target.tolerance)
    theirs = known.request if known is not None and is_theirs else None
    by = None if theirs is None else asked_by(theirs)
    at = None if theirs is None else theirs.state_at.isoformat()
    return Verdict(Code.VALUE_CHANGED, {"current": current, "unit": target.unit, "by": by, "at": at})


def held_back(point_key: str, source: Source, now: Moment) -> Verdict | None:
    """Why a program has to leave the point alone; None if nobody holds it, or if who asks passes a hold."""
    hold = None if passes_hold(source) else holds.hold_on(point_key, now)
    return None if hold is None else Verdict(Code.HELD, {"by": asked_by(hold.request)})


def may_not_ask(by: Asker, *, reason: str, hold_for: timedelta | None) -> Verdict | None:
    """Why this is asked in vain whatever the point and the value are; None if it is not."""
    return _may_not(by, hold_for) or _reason_fault(reason) or holds.length_fault(hold_for)


def _may_not(by: Asker, hold_for: timedelta | None) -> Verdict | None:
    if isinstance(by, Automatic):
        return None if hold_for is None else Verdict(Code.MAY_NOT_HOLD)
    if not isinstance(by, User) or not may(by, Action.SUBMIT_SETPOINT):
        return Verdict(Code.NOT_ALLOWED)
    return Verdict(Code.MAY_NOT_HOLD) if hold_for is not None and not may(by, Action.HOLD) else None


def _reason_fault(reason: str) -> Verdict | None:
    length = len(reason.strip())
    if length <= REASON_LIMIT:
        return None
    return Verdict(Code.REASON_TOO_LONG, {"length": length, "limit": REASON_LIMIT})
