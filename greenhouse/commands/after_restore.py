"""What a backup left to be done is not done: after a restore nothing acts that belongs to the time of the backup.

The controllers have gone on since. Called on a store that nobody uses yet, in the transaction that says that it was put
back.
"""

from __future__ import annotations

from greenhouse.commands import holds, irrigation_runs
from greenhouse.commands.checks import Code, Verdict
from greenhouse.commands.lifecycle import UNDER_WAY, State
from greenhouse.commands.models import CommandRequest, HoldEnd, HoldState, ManualHold
from greenhouse.commands.recording import recorded
from greenhouse.commands.steps import Hand, move
from greenhouse.deadlines import Moment
from greenhouse.stored_deadlines import columns

_HAND = Hand("restore", "restore")


def end_what_was_left(now: Moment) -> None:
    """End open requests, planned tries, manual holds and planned irrigation runs. No value is written back."""
    with recorded(now):
        for request in CommandRequest.objects.filter(ended_at=None):
            # What had been taken may have been sent, as after a control process that was killed.
            if request.state in UNDER_WAY:
                move(request, State.TIMEOUT, _HAND, now=now, verdict=Verdict(Code.INTERRUPTED))
            else:
                move(request, State.EXPIRED, _HAND, now=now, verdict=Verdict(Code.RESTORED))
        # After the requests: their ends let holds begin, and plan the next try.
        for hold in ManualHold.objects.exclude(state=HoldState.ENDED):
            holds.end(hold, HoldEnd.RESTORED, now=now)
        CommandRequest.objects.filter(retry_at__isnull=False).update(**columns("retry_at", None))
        irrigation_runs.give_up_planned(_HAND, now=now)
