"""Trying again: each try is a request of its own that names the one before. Only the control process calls this.

What is tried again, how often and after which pauses stands in `greenhouse.commands.policies`. A try that somebody on
site has overtaken ends as ``superseded``, in words, and nothing is tried after it.
"""

from __future__ import annotations

from greenhouse.commands import still_as_decided
from greenhouse.commands.checks import Code
from greenhouse.commands.errors import Conflict
from greenhouse.commands.history import is_outdated
from greenhouse.commands.lifecycle import State
from greenhouse.commands.models import CommandRequest
from greenhouse.commands.policies import REQUEST_LIFETIME
from greenhouse.commands.recording import recorded
from greenhouse.commands.sources import Automatic, Source
from greenhouse.commands.steps import hand_of_control, move
from greenhouse.commands.submit import store
from greenhouse.commands.target import read_target
from greenhouse.deadlines import Moment, deadline_after
from greenhouse.fencing import UNFENCED, Fence
from greenhouse.stored_deadlines import columns, over


def retry_due(now: Moment, *, fence: Fence = UNFENCED) -> int:
    """Ask again for what is due, unless something newer is known of the point. Returns how many are to be sent."""
    due = CommandRequest.objects.filter(over("retry_at", now), retry_at__isnull=False)
    return sum(_try_again(request, now, fence) for request in due)


def _try_again(request: CommandRequest, now: Moment, fence: Fence) -> bool:
    again = CommandRequest(
        point_key=request.point_key,
        value=request.value,
        unit=request.unit,
        previous_value=request.previous_value,
        previous_at=request.previous_at,
        reason=request.reason,
        retry_of=request,
        attempt=request.attempt + 1,
        **columns("expires_at", deadline_after(now, now.span(REQUEST_LIFETIME))),
    )
    point, target = read_target(request.point_key) or (None, None)
    doubt = still_as_decided.doubt(again, target, now)
    overtaken = doubt if doubt is not None and doubt.code is Code.SET_ON_SITE else None
    if overtaken is not None and point is not None:
        value = overtaken.facts["current"]
        if isinstance(value, float) and still_as_decided.may_be_on_its_way(again, point, value, now):
            return False  # the next look sees where it comes to rest
    try:
        with recorded(now, fence=fence):
            taken = CommandRequest.objects.filter(pk=request.pk, retry_at__isnull=False)
            if not taken.update(**columns("retry_at", None)) or is_outdated(request):
                return False
            store(again, Automatic(Source(request.source), request.actor), now=now)
            if overtaken is not None:
                move(again, State.SUPERSEDED, hand_of_control(fence), now=now, verdict=overtaken)
    except Conflict:
        return False  # another request is open; what becomes of it decides at the next look
    return overtaken is None
