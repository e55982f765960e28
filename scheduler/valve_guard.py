"""What stands open without a run is closed, whoever opened it: by a request of the guard, until it is read closed."""

from __future__ import annotations

import logging
from collections.abc import Collection
from datetime import datetime

from greenhouse.commands.checks import Code
from greenhouse.commands.errors import RequestError
from greenhouse.commands.recording import recorded
from greenhouse.commands.sources import VALVE_GUARD, Automatic, Source
from greenhouse.commands.submit import submit_setpoint
from greenhouse.commands.water import OFF, seen_outputs
from greenhouse.deadlines import Moment
from greenhouse.fencing import Fence
from greenhouse.site.valve_groups import guarded

logger = logging.getLogger(__name__)

BY = Automatic(Source.INTERLOCK, VALVE_GUARD)
PAUSES_S = (5.0, 20.0, 60.0, 300.0)
"""Before a valve that is still read open is written closed again; the last one from then on. [s]"""


class ValveGuard:
    """One look at every valve and at the pumps of valve groups.

    Parameters
    ----------
    fence : Fence
        Of the control lease.
    """

    def __init__(self, *, fence: Fence) -> None:
        self._fence = fence
        self._asked: dict[str, tuple[int, float]] = {}

    def run(self, covered: Collection[str], *, now: Moment, at: datetime, monotonic_s: float) -> frozenset[str]:
        """Close what is read open and is not covered. Returns what it found.

        Parameters
        ----------
        covered : collection of str
            Keys of what a run may have open now, or is closing itself.
        at : datetime
            Now, on the clock of the samples.
        """
        seen = seen_outputs(guarded(), at=at)
        stray = frozenset(key for key, one in seen.items() if key not in covered and (one.usable or OFF) > OFF)
        self._asked = {key: asked for key, asked in self._asked.items() if key in stray}
        for key in sorted(stray):
            times, again_at_s = self._asked.get(key, (0, monotonic_s))
            if monotonic_s >= again_at_s and self._close(key, now, is_first=times == 0):
                self._asked[key] = times + 1, monotonic_s + PAUSES_S[min(times, len(PAUSES_S) - 1)]
        return stray

    def _close(self, key: str, now: Moment, *, is_first: bool) -> bool:
        """Ask for it. False: a request of the point is under way, so the next look asks."""
        if is_first:
            logger.warning("%s is read open and no run covers it; it is closed", key)
        try:
            with recorded(now, fence=self._fence):
                submit_setpoint(key, OFF, by=BY, seen_value=None, seen_at=None, now=now)
        except RequestError as error:
            if error.verdict.code is Code.UNDER_WAY:
                return False
            logger.error("%s is read open and cannot be closed now: %s", key, error.verdict.code)
        return True
