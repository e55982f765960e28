"""The automatic return: when a manual hold is over, the value that was in force before is written back.

The return is a command of its own, checked, read back, and tried again by the retry policy of programs. A value that
has taken the place of the held one meanwhile (changed on site, or a command that took late) is not overwritten. So it
waits while the controller is not read back: an alarm tells a person, and after half a day the hold ends without it.
Only the control process calls this module.
"""

from __future__ import annotations

import logging
import math
from datetime import datetime

from django.db.models import Q

from devices.samples import Freshness, Quality
from greenhouse.commands import holds
from greenhouse.commands.checks import Target, agree
from greenhouse.commands.errors import Conflict
from greenhouse.commands.history import in_force_since
from greenhouse.commands.models import CommandRequest, HoldEnd, HoldState, InForce, ManualHold
from greenhouse.commands.policies import REQUEST_LIFETIME, RETURN_WAITS_AT_MOST
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
_WRITTEN_BACK = frozenset({HoldEnd.RETURNED, HoldEnd.GIVEN_BACK})


def return_ended(now: Moment, *, fence: Fence = UNFENCED) -> int:
    """End each hold whose time is over or that was given back, and ask for its former value. Returns how many.

    A hold waits while the controller is not read back: nobody knows then whether its value still stands there. It does
    so for `RETURN_WAITS_AT_MOST`, by the clock that nobody sets.
    """
    due = ManualHold.objects.filter(
        over("ends_at", now) | Q(given_back_by__isnull=False), state=HoldState.ACTIVE
    ).select_related("request")
    return sum(_return(hold, now, fence) for hold in due)


def wait_anew(now: Moment, *, fence: Fence = UNFENCED) -> None:
    """A control process begins: returns that wait do so from now on, since nobody has looked for a while."""
    waiting = ManualHold.objects.filter(state=HoldState.ACTIVE, return_waits_since__isnull=False)
    with recorded(now, fence=fence):
        waiting.update(**_wait_from(now))


def may_still_stand(hold: ManualHold, *, at: datetime) -> bool:
    """Whether the controller may still hold the value of a hold that ended without its return.

    Not once a read-back shows another value, nor once a newer one, from here or from on site, is known to be in force.

    Parameters
    ----------
    at : datetime
        Now, on the clock of the samples.
    """
    if in_force_since(hold.request):
        return False
    _point, target = read_target(hold.point_key) or (None, None)
    if target is None:
        return False
    value = _live_value(target, at)
    put = (hold.request.value, hold.request.readback_value)
    return value is None or any(agree(value, one, tolerance=target.tolerance) for one in put)


def _return(hold: ManualHold, now: Moment, fence: Fence) -> bool:
    _point, target = read_target(hold.point_key) or (None, None)
    needs_readback = target is not None and target.readback is not None and hold.return_value is not None
    value = _live_value(target, sample_time.look(now.wall)) if target is not None and needs_readback else None
    if needs_readback and value is None and not _has_waited_enough(hold, now):
        _wait(hold, now, fence)
        return False
    how = _how_it_ends(hold, target, value, needs_readback=needs_readback)
    try:
        with recorded(now, fence=fence):
            if not holds.end(hold, how, now=now):
                return False
            if how in _WRITTEN_BACK and hold.return_value is not None:
                request = _request_for(hold, hold.return_value, value, now)
                store(request, BY, now=now)
                ManualHold.objects.filter(pk=hold.pk).update(returned_by=request)
    except Conflict:
        # A newer request of this point is open. It ends the hold, or the next look finds its turn come.
        return False
    _tell(hold, how)
    return True


def _how_it_ends(hold: ManualHold, target: Target | None, value: float | None, *, needs_readback: bool) -> HoldEnd:
    """How a hold ends whose time has come; ``value``: what the controller holds, None if nobody knows."""
    if target is not None and needs_readback:
        if value is None:
            return HoldEnd.NOT_READ_BACK
        expected = (hold.request.value, hold.request.readback_value, hold.return_value)
        if not any(agree(value, put, tolerance=target.tolerance) for put in expected):
            return HoldEnd.CHANGED_SINCE
    return HoldEnd.RETURNED if hold.given_back_by_id is None else HoldEnd.GIVEN_BACK


def _has_waited_enough(hold: ManualHold, now: Moment) -> bool:
    since_s = hold.return_waits_since_boot_s
    return since_s is not None and now.boot_s - since_s >= RETURN_WAITS_AT_MOST.total_seconds()


def _wait(hold: ManualHold, now: Moment, fence: Fence) -> None:
    if hold.return_waits_since is None:
        with recorded(now, fence=fence):
            ManualHold.objects.filter(pk=hold.pk, state=HoldState.ACTIVE).update(**_wait_from(now))


def _wait_from(now: Moment) -> dict[str, datetime | float]:
    return {"return_waits_since": sample_time.look(now.wall), "return_waits_since_boot_s": now.boot_s}


def _tell(hold: ManualHold, how: HoldEnd) -> None:
    if how is HoldEnd.CHANGED_SINCE:
        logger.warning("the hold of %s ended; its value was changed meanwhile and is left alone", hold.point_key)
    elif how is HoldEnd.NOT_READ_BACK:
        logger.error("the hold of %s ended; it was not read back for so long that nothing returns", hold.point_key)
    elif hold.return_value is None:
        logger.warning("the hold of %s ended; nothing is known that was in force before", hold.point_key)


def _live_value(target: Target, at: datetime) -> float | None:
    """What the controller holds now; None where the newest read-back does not tell."""
    sample = target.confirmed
    if sample is None or sample.value is None or sample.quality is Quality.BAD or not math.isfinite(sample.value):
        return None
    readback = structure.point(sample.point)
    known = InForce.objects.filter(point_key=target.point).first()
    if readback is None or (known is not None and sample.observed_at < known.at):
        return None  # read before the last value is known to have taken
    fresh = target.pacing.freshness(sample.observed_at, interval_s=readback.poll_s, at=at)
    return float(sample.value) if fresh in (Freshness.LIVE, Freshness.LATE) else None


def _request_for(hold: ManualHold, value: float, seen: float | None, now: Moment) -> CommandRequest:
    """The return; ``seen``: what the controller was found to hold when it was decided."""
    known = InForce.objects.filter(point_key=hold.point_key).first()
    return CommandRequest(
        point_key=hold.point_key,
        value=value,
        unit=hold.request.unit,
        previous_value=seen if seen is not None or known is None else known.value,
        previous_at=None if known is None else known.at,
        **columns("expires_at", deadline_after(now, now.span(REQUEST_LIFETIME))),
    )
