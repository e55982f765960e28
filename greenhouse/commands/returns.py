"""The automatic return: when a manual hold is over, the value that was in force before is written back.

The return is a command of its own, checked, read back, and tried again by the retry policy of programs. Only the
control process calls this module.
"""

from __future__ import annotations

import logging

from django.db.models import Q

from greenhouse.commands import holds
from greenhouse.commands.errors import Conflict
from greenhouse.commands.models import CommandRequest, HoldEnd, HoldState, InForce, ManualHold
from greenhouse.commands.policies import REQUEST_LIFETIME
from greenhouse.commands.recording import recorded
from greenhouse.commands.sources import AUTOMATIC_RETURN, Automatic, Source
from greenhouse.commands.stored_deadlines import columns, over
from greenhouse.commands.submit import store
from greenhouse.deadlines import Moment, deadline_after
from greenhouse.fencing import UNFENCED, Fence

logger = logging.getLogger(__name__)

BY = Automatic(Source.PROGRAM, AUTOMATIC_RETURN)


def return_ended(now: Moment, *, fence: Fence = UNFENCED) -> int:
    """End each hold whose time is over or that was given back, and ask for its former value. Returns how many."""
    due = ManualHold.objects.filter(
        over("ends_at", now) | Q(given_back_by__isnull=False), state=HoldState.ACTIVE
    ).select_related("request")
    return sum(_return(hold, now, fence) for hold in due)


def _return(hold: ManualHold, now: Moment, fence: Fence) -> bool:
    how = HoldEnd.RETURNED if hold.given_back_by_id is None else HoldEnd.GIVEN_BACK
    try:
        with recorded(now, fence=fence):
            if not holds.end(hold, how, now=now):
                return False
            if hold.return_value is None:
                logger.warning("the hold of %s ended; nothing is known that was in force before", hold.point_key)
                return True
            request = _request_for(hold, hold.return_value, now)
            store(request, BY, now=now)
            ManualHold.objects.filter(pk=hold.pk).update(returned_by=request)
    except Conflict:
        # A newer request of this point is open. It ends the hold, or the next look finds its turn come.
        return False
    return True


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
