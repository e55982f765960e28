"""Alarms within the control process: they may fail, and then polling, storing and commands go on without them.

Whether they are evaluated is itself a stored value (`control.alarm_evaluation`), so that a page never shows a quiet
base just because nobody is looking.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Sequence
from datetime import datetime

from devices.samples import Reading
from greenhouse.alarms.duty import AlarmDuty
from greenhouse.clock import is_training, pace, steady_s, utc_now
from greenhouse.fencing import Fence
from scheduler import runtime

logger = logging.getLogger(__name__)

READINGS_KEPT = 20_000
"""Readings that wait for alarms that cannot begin; the oldest go first."""
START_AGAIN_AFTER_S = 60.0
"""How long after a fault that stays the alarms are taken up anew from the store. [s]"""


class AlarmRounds:
    """The alarms' own job boundary.

    Parameters
    ----------
    writer : str
        Name under which the control process stores samples.
    fence : Fence
        Of the control lease.
    """

    def __init__(self, writer: str, *, fence: Fence) -> None:
        self._writer, self._fence = writer, fence
        self._boundary = runtime.Boundary("alarms", self._give_up)
        self._duty: AlarmDuty | None = None
        self._unseen: deque[Reading] = deque(maxlen=READINGS_KEPT)
        self._monotonic_s = self._not_before_s = 0.0
        self._pace = pace()
        self._is_new_pace = is_training()  # it may have been another one when the last process ended
        self.are_evaluated = False
        """Whether the last round succeeded."""

    def see(self, readings: Sequence[Reading]) -> None:
        """Take readings that have just been stored."""
        self._unseen.extend(readings)

    def end_round(self, *, now: datetime, monotonic_s: float) -> None:
        """Everything that was read has been stored: look at it, and write down what went on and off."""
        self._monotonic_s = monotonic_s
        if monotonic_s < self._not_before_s:
            self._unseen.clear()
            return
        self.are_evaluated = self._boundary.run(lambda: self._round(now))

    def _round(self, now: datetime) -> None:
        self._follow_pace()
        duty = self._begun(now)
        unseen = list(self._unseen)
        self._unseen.clear()
        duty.see(unseen)
        duty.keep_up(now, steady_s(now), wall=utc_now())

    def _follow_pace(self) -> None:
        """At another pace of a training base silence is another span: begin anew once everything is written."""
        if self._duty is not None and self._duty.is_written and self._pace != (now := pace()):
            self._duty, self._pace, self._is_new_pace = None, now, True

    def _begun(self, now: datetime) -> AlarmDuty:
        if self._duty is None:
            self._duty = AlarmDuty(
                writer=self._writer, now=now, wall=utc_now(), fence=self._fence, is_begun_anew=self._is_new_pace
            )
            self._is_new_pace = False
        return self._duty

    def _give_up(self) -> None:
        """A fault that repetition does not mend: begin anew from the store, after a while."""
        logger.critical("alarms are not evaluated; they are taken up anew in %g s", START_AGAIN_AFTER_S)
        self._duty, self._boundary = None, runtime.Boundary("alarms", self._give_up)
        self._not_before_s = self._monotonic_s + START_AGAIN_AFTER_S
