"""The one way in for a change: whoever asks calls `submit_setpoint`, which stores a request or says why not.

Nothing is sent here. The control process takes stored requests (`greenhouse.commands.dispatch`) and checks them again.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.auth.models import AnonymousUser, User
from django.db import IntegrityError, transaction

from greenhouse.access.roles import Action, may, role_of
from greenhouse.commands.checks import Code, Target, Verdict, check, confirmed_value, has_changed
from greenhouse.commands.errors import error_for
from greenhouse.commands.history import append_event, name_of
from greenhouse.commands.lifecycle import OPEN, State
from greenhouse.commands.models import CommandRequest, Source
from greenhouse.commands.target import read_target
from greenhouse.telemetry import sample_time

REQUEST_LIFETIME = timedelta(seconds=15)
"""A request that no control process has taken by then is never sent: nothing waits silently and acts later."""


def submit_setpoint(
    point_key: str,
    value: float,
    *,
    by: User | AnonymousUser,
    seen_value: float | None,
    seen_at: datetime | None,
    now: datetime,
    reason: str = "",
    device_label: str = "",
    source: Source = Source.PERSON,
) -> CommandRequest:
    """Store a request to change a setpoint or mode.

    Parameters
    ----------
    point_key : str
        ``device.point``.
    value : float
        Canonical unit of the point.
    by : User
        Who asks; needs the right to submit setpoints.
    seen_value, seen_at : optional
        The value in force that the person saw, canonical unit, and its time; None: none was shown.
    now : datetime
        Aware.
    reason, device_label : str
        Why, and from which phone or computer.

    Raises
    ------
    NotAllowed, InvalidRequest, Conflict, Unavailable
        See `greenhouse.commands.errors`. Nothing was stored.
    """
    if not isinstance(by, User) or not may(by, Action.SUBMIT_SETPOINT):
        raise error_for(Verdict(Code.NOT_ALLOWED))
    found = read_target(point_key)
    if found is None:
        raise error_for(Verdict(Code.UNKNOWN_POINT))
    point, target = found
    if verdict := check(target, value, now=sample_time.look(now)) or conflict(target, seen_value):
        raise error_for(verdict)
    request = CommandRequest(
        point_key=point.key,
        value=value,
        unit=point.unit.value,
        previous_value=seen_value,
        previous_at=seen_at,
        requested_by=by,
        role=role_of(by) or "",
        source=source.value,
        device_label=device_label[:200],
        reason=reason.strip(),
        created_at=now,
        expires_at=now + REQUEST_LIFETIME,
        state_at=now,
    )
    try:
        with transaction.atomic():
            _supersede(point.key, by, now)
            request.save(force_insert=True)
            append_event(request, State.REQUESTED, at=now, actor=by.get_username())
    except IntegrityError as error:  # another request for this point was stored at the same moment
        raise error_for(_under_way(point.key)) from error
    return request


def conflict(target: Target, seen_value: float | None) -> Verdict | None:
    """Why a person has to look again: the value in force is not the one they saw. None: it is."""
    if not has_changed(target, seen_value):
        return None
    last = (
        CommandRequest.objects.filter(point_key=target.point, state=State.CONFIRMED)
        .select_related("requested_by")
        .order_by("-state_at")
        .first()
    )
    current = confirmed_value(target)
    # Named only if the value in force is the one that this person's request put there; else it was changed on site.
    is_theirs = last is not None and current is not None and abs(last.value - current) <= target.tolerance
    by = name_of(last.requested_by) if last is not None and is_theirs else None
    return Verdict(Code.VALUE_CHANGED, {"current": current, "unit": target.unit, "by": by})


def _supersede(point_key: str, by: User, now: datetime) -> None:
    """End an older request of this point that has not been taken; one that was taken is left to come to its end."""
    for older in CommandRequest.objects.filter(point_key=point_key, state__in=OPEN):
        facts = {"by": name_of(by)}
        replaced = CommandRequest.objects.filter(pk=older.pk, state=State.REQUESTED).update(
            state=State.SUPERSEDED, state_at=now, verdict=Code.REPLACED, facts=facts
        )
        if not replaced:
            raise error_for(_under_way(point_key))
        append_event(older, State.SUPERSEDED, at=now, actor=by.get_username(), verdict=Verdict(Code.REPLACED, facts))


def _under_way(point_key: str) -> Verdict:
    other = CommandRequest.objects.filter(point_key=point_key, state__in=OPEN).select_related("requested_by").first()
    return Verdict(Code.UNDER_WAY, {"by": None if other is None else name_of(other.requested_by)})
