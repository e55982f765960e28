"""The automatic return: when a manual hold is over, the value that was in force before is written back.

The return is a command of its own, checked, read back, and tried again by the retry policy of programs. A value that
has taken the place of the held one meanwhile (changed on site, or a command that took late) is not overwritten. Only
the control process calls this module.
"""

from __future__ import annotations

import logging
import math

from django.db.models import Q

from devices.samples import Freshness, Quality, freshness
from greenhouse.commands import holds
from greenhouse.commands.checks import Target
from greenhouse.commands.errors import Conflict
from greenhouse.commands.models import CommandRequest, HoldEnd, HoldState, InForce, ManualHold
from greenhouse.commands.policies import REQUEST_LIFETIME
from greenhouse.commands.recording import recorded
from greenhouse.commands.sources import AUTOMATIC_RETURN, Automatic, Source
from greenhouse.commands.submit import store
from greenhouse.commands.target import read_target
from greenhouse.deadlines import Moment, deadline_after
from greenhouse.fencing import UNFENCED, Fence
from greenhouse.site import structure
from greenhouse.stored_deadlines import columns, over
from greenhouse.telemetry import sample_time

logger = logging.getLogger(__name__)

BY = Automatic(Source.PROGRAM, AUTOMATIC_RETURN)


def return_ended(now: Moment, *, fence: Fence = UNFENCED) -> int:
    """End each hold whose time is over or that was given back, and ask for its former value. Returns how many.

    A hold waits while the controller is not read back: nobody knows then whether its value still stands there.
    """
    due = ManualHold.objects.filter(
        over("ends_at", now) | Q(given_back_by__isnull=False), state=HoldState.ACTIVE
    ).select_related("request")
    return sum(_return(hold, now, fence) for hold in due)


def _return(hold: ManualHold, now: Moment, fence: Fence) -> bool:
    how = _how_it_ends(hold, now)
    if how is None:
        return False
    try:
        with recorded(now, fence=fence):
            if not holds.end(hold, how, now=now):
                return False
            if how is not HoldEnd.CHANGED_SINCE and hold.return_value is not None:
                request = _request_for(hold, hold.return_value, now)
                store(request, BY, now=now)
                ManualHold.objects.filter(pk=hold.pk).update(returned_by=request)
    except Conflict:
        # A newer request of this point is open. It ends the hold, or the next look finds its turn come.
        return False
    if how is HoldEnd.CHANGED_SINCE:
        logger.warning("the hold of %s ended; its value was changed meanwhile and is left alone", hold.point_key)
    elif hold.return_value is None:
        logger.warning("the hold of %s ended; nothing is known that was in force before", hold.point_key)
    return True


def _how_it_ends(hold: ManualHold, now: Moment) -> HoldEnd | None:
    """How a hold ends whose time has come; None while it has to wait for a read-back."""
    _point, target = read_target(hold.point_key) or (None, None)
    if target is not None and target.readback is not None and hold.return_value is not None:
        value = _live_value(target, now)
        if value is None:
            return None
        expected = (hold.request.value, hold.request.readback_value, hold.return_value)
        if not any(put is not None and abs(value - put) <= target.tolerance for put in expected):
            return HoldEnd.CHANGED_SINCE
    return HoldEnd.RETURNED if hold.given_back_by_id is None else HoldEnd.GIVEN_BACK


def _live_value(target: Target, now: Moment) -> float | None:
    """What the controller holds now; None where the newest read-back does not tell."""
    sample = target.confirmed
    if sample is None or sample.value is None or sample.quality is Quality.BAD or not math.isfinite(sample.value):
        return None
    readback = structure.point(sample.point)
    known = InForce.objects.filter(point_key=target.point).first()
    if readback is None or (known is not None and sample.observed_at < known.at):
        return None  # read before the last value is known to have taken
    age = sample_time.look(now.wall) - sample.observed_at
    live = freshness(age=age, interval_s=readback.poll_s) in (Freshness.LIVE, Freshness.LATE)
    return float(sample.value) if live else None


def _request_for(hold: ManualHold, value: float, now: Moment) -> CommandRequest:
    known = InForce.objects.filter(point_key=hold.point_key).first()
    return CommandRequest(
        point_key=hold.point_key,
        value=value,
        unit=hold.request.unit,
        previous_value=None if known is None else known.value,
        previous_at=None if known is None else known.at,
        **columns("expires_at", deadline_after(now, REQUEST_LIFETIME)),
    )
