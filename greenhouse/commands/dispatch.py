"""Taking stored requests and recording what became of them. Only the control cycle imports this module.

A request is claimed by compare-and-set, checked with fresh samples, and handed to the bus once. Nothing here sends
twice: what was under way when the process died ends as ``timeout``. Each step shows the fencing token of the process
in its own transaction, and is refused if another one has taken over.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol
from uuid import UUID

from django.db.models import Q

from devices.errors import BusClosed, DevicesError, LeaseLost, LineFull, NotWritable, ReplyPending, TooLate
from greenhouse.access.roles import Action, may
from greenhouse.commands import still_as_decided
from greenhouse.commands.checks import Code, Target, Verdict
from greenhouse.commands.lifecycle import UNDER_WAY, WAITING, State
from greenhouse.commands.models import CommandRequest
from greenhouse.commands.naming import NO_VERDICT
from greenhouse.commands.sources import Source
from greenhouse.commands.steps import hand_of_control, move
from greenhouse.commands.submit import conflict, forbids, held_back
from greenhouse.commands.target import read_target
from greenhouse.commands.water import Step
from greenhouse.deadlines import Moment, deadline_after
from greenhouse.fencing import UNFENCED, Fence
from greenhouse.site.structure import PointStructure
from greenhouse.stored_deadlines import ahead, columns, over
from greenhouse.telemetry import sample_time

logger = logging.getLogger(__name__)

_NOT_SENT: Mapping[type[DevicesError], Code] = {
    LeaseLost: Code.LEASE_LOST,
    BusClosed: Code.LINE_DOWN,
    LineFull: Code.LINE_BUSY,
    ReplyPending: Code.LINE_BUSY,
    NotWritable: Code.NOT_PROTECTED,
    TooLate: Code.TOO_LATE,
}
_OVERDUE: Mapping[State, tuple[State, Code]] = {
    State.AWAITING_APPROVAL: (State.EXPIRED, Code.NOT_APPROVED),
    State.REQUESTED: (State.EXPIRED, Code.NOT_TAKEN),
    State.DISPATCHED: (State.TIMEOUT, Code.NO_ANSWER),
    State.ACCEPTED: (State.TIMEOUT, Code.NO_ANSWER),
}
"""How a request ends whose time is over."""
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


def dispatch_next(now: Moment, writer: Writer, *, fence: Fence = UNFENCED) -> bool:
    """Take the oldest request, check it, and hand it to the bus. True if there was one.

    Raises
    ------
    LeaseLost
        If another process has taken over. The request is still as it was.
    """
    claimed = _claim(now, fence)
    if claimed is None:
        return False
    request, point, target = claimed
    if verdict := _recheck(request, point, target, now):
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


def _claim(now: Moment, fence: Fence) -> tuple[CommandRequest, PointStructure | None, Target | None] | None:
    """The request with its point and what is known of it now; neither if the point is gone.

    A further try that somebody on site has overtaken meanwhile ends here, untaken.
    """
    while True:
        request = (
            CommandRequest.objects.select_related("requested_by", "approved_by", "run")
            .filter(ahead("expires_at", now), ended_at=None, state=State.REQUESTED)
            .order_by("created_at")
            .first()
        )
        if request is None:
            return None
        point, target = read_target(request.point_key) or (None, None)
        by = hand_of_control(fence)
        doubt = still_as_decided.doubt(request, target, now)
        if doubt is not None and doubt.code is Code.SET_ON_SITE:
            move(request, State.SUPERSEDED, by, now=now, verdict=doubt)
            continue
        confirm_within_s = 0.0 if point is None else point.confirm_within_s or 0.0
        answer_by = deadline_after(now, now.span(timedelta(seconds=confirm_within_s) + _CONFIRM_MARGIN))
        if move(request, State.DISPATCHED, by, now=now, changes=columns("answer_by", answer_by)):
            return request, point, target


def record_accepted(request_id: UUID, *, now: Moment, fence: Fence = UNFENCED) -> bool:
    """The device acknowledged the write. False if the request had ended already."""
    return _record(request_id, State.ACCEPTED, now=now, verdict=NO_VERDICT, fence=fence)


def record_outcome(
    request_id: UUID,
    state: State,
    *,
    now: Moment,
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
    now : Moment
        On both clocks.
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


def expire_old(now: Moment, *, fence: Fence = UNFENCED) -> int:
    """End the requests that nobody took in time and those that got no answer in time. Returns how many."""
    ended = 0
    waits = Q(state__in=WAITING) & over("expires_at", now)
    overdue = waits | Q(state__in=UNDER_WAY) & over("answer_by", now)
    for request in CommandRequest.objects.filter(overdue, ended_at=None):
        state, code = _OVERDUE[State(request.state)]
        ended += move(request, state, hand_of_control(fence), now=now, verdict=Verdict(code))
    return ended


def recover_after_restart(now: Moment, *, fence: Fence = UNFENCED) -> int:
    """End what was under way when the last control process ended. Nothing of it is sent again. Returns how many."""
    interrupted = CommandRequest.objects.filter(ended_at=None, state__in=UNDER_WAY)
    by, verdict = hand_of_control(fence), Verdict(Code.INTERRUPTED)
    return sum(move(request, State.TIMEOUT, by, now=now, verdict=verdict) for request in interrupted)


def _recheck(
    request: CommandRequest, point: PointStructure | None, target: Target | None, now: Moment
) -> Verdict | None:
    """Why a request that was taken is not sent after all, by what is known just before the write."""
    if request.requested_by is not None and not may(request.requested_by, Action.SUBMIT_SETPOINT):
        return Verdict(Code.NOT_ALLOWED)
    if request.approved_by is not None and not may(request.approved_by, Action.APPROVE):
        return Verdict(Code.MAY_NOT_APPROVE)
    if point is None or target is None:
        return Verdict(Code.UNKNOWN_POINT)
    # Minutes may have passed until it was approved: what both persons saw must still be in force.
    seen = None if request.approved_by is None else conflict(target, request.previous_value)
    held = held_back(request.point_key, Source(request.source), now)
    at = sample_time.look(now.wall)
    step = None if request.run is None else Step(request.run, now)
    fault = forbids(point, target, request.value, at=at, step=step) or held or seen
    return fault or still_as_decided.doubt(request, target, now)


def _record(
    request_id: UUID,
    state: State,
    *,
    now: Moment,
    verdict: Verdict,
    fence: Fence,
    readback_value: float | None = None,
) -> bool:
    request = CommandRequest.objects.get(pk=request_id)
    by = hand_of_control(fence)
    if move(request, state, by, now=now, verdict=verdict, readback_value=readback_value):
        return True
    logger.warning("request %s ended before it was %s", request_id, state)
    return False
