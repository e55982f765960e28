"""Taking stored requests and recording what became of them. Only the control cycle imports this module.

A request is claimed by compare-and-set, checked with fresh samples, and handed to the bus once. Nothing here sends
twice: what was under way when the process died ends as ``timeout``. Each step shows the fencing token of the process
in its own transaction, and is refused if another one has taken over.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, transaction
from django.db.models import Q

from devices.errors import BusClosed, DevicesError, LeaseLost, LineFull, NotWritable, ReplyPending, TooLate
from greenhouse.access.roles import Action, may
from greenhouse.commands.checks import Code, Target, Verdict, check
from greenhouse.commands.history import NO_VERDICT, append_event
from greenhouse.commands.lifecycle import UNDER_WAY, State, predecessors
from greenhouse.commands.models import CommandRequest
from greenhouse.commands.target import read_target
from greenhouse.fencing import UNFENCED, Fence

logger = logging.getLogger(__name__)

ACTOR = "control"
"""Who takes the steps; with the fencing token, where there is one."""
_NOT_SENT: Mapping[type[DevicesError], Code] = {
    LeaseLost: Code.LEASE_LOST,
    BusClosed: Code.LINE_DOWN,
    LineFull: Code.LINE_BUSY,
    ReplyPending: Code.LINE_BUSY,
    NotWritable: Code.NOT_PROTECTED,
    TooLate: Code.TOO_LATE,
}
_CONFIRM_MARGIN = timedelta(seconds=20)
"""Time for queueing, time-outs and read-backs beyond what the device itself may take."""


@dataclass(frozen=True, slots=True)
class WriteOrder:
    """What the bus is asked to do, once.

    Attributes
    ----------
    value : float
        Canonical unit of the point.
    """

    request_id: UUID
    point_key: str
    value: float


class Writer(Protocol):
    """Starts writes on the bus. Outcomes come back through `record_accepted` and `record_outcome`."""

    def start(self, order: WriteOrder) -> None:
        """Queue a write and return at once.

        Raises
        ------
        DevicesError
            If it was not queued. Nothing was sent.
        """


def dispatch_next(now: datetime, writer: Writer, *, fence: Fence = UNFENCED) -> bool:
    """Take the oldest request, check it, and hand it to the bus. True if there was one.

    Raises
    ------
    LeaseLost
        If another process has taken over. The request is still as it was.
    """
    claimed = _claim(now, fence)
    if claimed is None:
        return False
    request, target = claimed
    if verdict := _recheck(request, target, now):
        record_outcome(request.pk, State.REFUSED, now=now, verdict=verdict, fence=fence)
        return True
    try:
        writer.start(WriteOrder(request.pk, request.point_key, request.value))
    except DevicesError as error:
        record_outcome(request.pk, State.REFUSED, now=now, verdict=not_sent(error), fence=fence)
    return True


def not_sent(error: Exception) -> Verdict:
    """Why a write never left, for its request. The log keeps the words of the error; a page speaks its own language."""
    code = next((code for kind, code in _NOT_SENT.items() if isinstance(error, kind)), Code.NOT_SENT)
    logger.warning("a write was not sent: %s", error)
    return Verdict(code)


def claim_next(now: datetime) -> CommandRequest | None:
    """Take the oldest request that has not expired, or None. Two processes never take the same one."""
    claimed = _claim(now, UNFENCED)
    return None if claimed is None else claimed[0]


def _claim(now: datetime, fence: Fence) -> tuple[CommandRequest, Target | None] | None:
    """The request with what is known of its point now; no target if the point is gone."""
    while True:
        request = (
            CommandRequest.objects.select_related("requested_by")
            .filter(state=State.REQUESTED, expires_at__gt=now)
            .order_by("created_at")
            .first()
        )
        if request is None:
            return None
        point, target = read_target(request.point_key) or (None, None)
        confirm_within_s = 0.0 if point is None else point.confirm_within_s or 0.0
        answer_by = now + timedelta(seconds=confirm_within_s) + _CONFIRM_MARGIN
        if _move(request, State.DISPATCHED, now=now, answer_by=answer_by, fence=fence):
            return request, target


def record_accepted(request_id: UUID, *, now: datetime, fence: Fence = UNFENCED) -> bool:
    """The device acknowledged the write. False if the request had ended already."""
    return _record(request_id, State.ACCEPTED, now=now, verdict=NO_VERDICT, fence=fence)


def record_outcome(
    request_id: UUID,
    state: State,
    *,
    now: datetime,
    verdict: Verdict = NO_VERDICT,
    readback_value: float | None = None,
    fence: Fence = UNFENCED,
) -> bool:
    """How a request ended.

    Parameters
    ----------
    request_id : UUID
        Of the order.
    state : State
        ``confirmed`` only if the read-back agreed.
    now : datetime
        Aware.
    verdict : Verdict
        Why, where it is not confirmed.
    readback_value : float, optional
        What the device was found to hold, canonical unit.
    fence : Fence
        Of the process that sent it.

    Returns
    -------
    bool
        False if the request had ended already, for example because it was given up. The first end stands.
    """
    return _record(request_id, state, now=now, verdict=verdict, readback_value=readback_value, fence=fence)


def expire_old(now: datetime, *, fence: Fence = UNFENCED) -> int:
    """End the requests that nobody took in time and those that got no answer in time. Returns how many."""
    ended = 0
    overdue = Q(state=State.REQUESTED, expires_at__lte=now) | Q(state__in=UNDER_WAY, answer_by__lte=now)
    for request in CommandRequest.objects.filter(overdue):
        if request.state == State.REQUESTED:
            ended += _move(request, State.EXPIRED, now=now, verdict=Verdict(Code.NOT_TAKEN), fence=fence)
        else:
            ended += _move(request, State.TIMEOUT, now=now, verdict=Verdict(Code.NO_ANSWER), fence=fence)
    return ended


def recover_after_restart(now: datetime, *, fence: Fence = UNFENCED) -> int:
    """End what was under way when the last control process ended. Nothing of it is sent again. Returns how many."""
    interrupted = CommandRequest.objects.filter(state__in=UNDER_WAY)
    verdict = Verdict(Code.INTERRUPTED)
    return sum(_move(request, State.TIMEOUT, now=now, verdict=verdict, fence=fence) for request in interrupted)


def _recheck(request: CommandRequest, target: Target | None, now: datetime) -> Verdict | None:
    if not may(request.requested_by, Action.SUBMIT_SETPOINT):
        return Verdict(Code.NOT_ALLOWED)
    return Verdict(Code.UNKNOWN_POINT) if target is None else check(target, request.value, now=now)


def _record(
    request_id: UUID,
    state: State,
    *,
    now: datetime,
    verdict: Verdict,
    fence: Fence,
    readback_value: float | None = None,
) -> bool:
    request = CommandRequest.objects.get(pk=request_id)
    if _move(request, state, now=now, verdict=verdict, readback_value=readback_value, fence=fence):
        return True
    logger.warning("request %s ended before it was %s", request_id, state)
    return False


def _move(
    request: CommandRequest,
    state: State,
    *,
    now: datetime,
    fence: Fence,
    verdict: Verdict = NO_VERDICT,
    readback_value: float | None = None,
    answer_by: datetime | None = None,
) -> bool:
    """Bring a request to a state from one that it may follow, with the step in its history, or do nothing."""
    changes = {
        "state": state,
        "state_at": now,
        "verdict": verdict.code,
        "facts": dict(verdict.facts),
        "readback_value": readback_value,
    }
    if answer_by is not None:
        changes["answer_by"] = answer_by
    actor = ACTOR if fence.token is None else f"{ACTOR} {fence.token}"
    with transaction.atomic():
        fence.require(DEFAULT_DB_ALIAS)
        moved = CommandRequest.objects.filter(pk=request.pk, state__in=predecessors(state)).update(**changes)
        if moved:
            append_event(request, state, at=now, actor=actor, verdict=verdict, readback_value=readback_value)
    if moved:
        request.state, request.state_at = state, now
    return bool(moved)
