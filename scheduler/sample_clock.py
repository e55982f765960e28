"""The time that samples carry: it never runs backward, and it does not follow a wall clock that cannot be right.

docs/adr/0012 says which wall clock is plausible, and why.
"""

from __future__ import annotations

import logging
import threading
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np

from devices.samples import Quality, Reading, Reason
from greenhouse.deadlines import Moment
from greenhouse.site.virtual_points import Clock
from greenhouse.telemetry import series
from scheduler.machine_clock import ClockMark, MachineClock, offset_s

logger = logging.getLogger(__name__)

EARLIEST = datetime(2026, 11, 1, tzinfo=UTC)
"""Nothing that this software stored can be older than itself: a clock before this is wrong."""
MOST_STEP_S = 600.0
"""A clock that was set by more, within one boot, is believed only if something vouches for it. [s]"""
MOST_OUTAGE = timedelta(days=200)
"""After a start of the machine, a clock further ahead of the last stored time is believed only if vouched for: longer
than a base stands still between two seasons, shorter than a mistyped year."""
ASK_EVERY_S = 1.0
KEEP_EVERY_S = 60.0
SURE_AFTER_S = 6 * 3600.0
"""A clock that nobody vouches for is sure after so long, if nobody has set it right by then: time to look at it. [s]"""


class SampleClock:
    """Gives sample times and says how the wall clock stands. Any thread may ask.

    Parameters
    ----------
    machine : MachineClock
        The clocks of this machine.
    last_stored : datetime or None
        Newest time in the store; no time before it is ever given.
    """

    def __init__(self, machine: MachineClock, *, last_stored: datetime | None) -> None:
        self._machine = machine
        self._lock = threading.Lock()
        self._last = max(last_stored or EARLIEST, EARLIEST)
        moment = machine.moment()
        self._boot_id, self._boot_s = moment.boot_id, moment.boot_s
        self._began_s = moment.boot_s
        self._is_vouched = False
        self._is_first = last_stored is None
        self._state = Clock.RIGHT
        self._suspect: tuple[datetime, datetime] | None = None
        self._asked_s = -ASK_EVERY_S
        self._kept_s = -KEEP_EVERY_S
        self._offset_s: float | None = None
        self._take_mark()
        self.now()

    @property
    def state(self) -> Clock:
        """How the wall clock stood when it was last asked."""
        return self._state

    @property
    def is_sure(self) -> bool:
        """Whether history that is old by this clock may be deleted for good, which nothing brings back.

        A clock that a person or the kernel vouched for is, another one after six hours. One that was set back is not
        before samples have come back to it: they are ahead of it until then.
        """
        has_run = self._boot_s - self._began_s >= SURE_AFTER_S
        return self._state is Clock.RIGHT and (self._is_vouched or has_run)

    def now(self) -> datetime:
        """Time of a sample that was read at this moment, aware UTC. Never before one that was given earlier."""
        with self._lock:
            moment = self._machine.moment()
            wall = moment.wall
            elapsed = timedelta(seconds=max(0.0, moment.boot_s - self._boot_s))
            if not self._believes(moment):
                at = self._last + elapsed
                state = Clock.BEHIND if wall < at else Clock.AHEAD
            elif self._state is Clock.RIGHT and wall >= self._last:
                # Nothing finer: both clocks are not read at one instant, and a busy machine may stop us in between.
                at, state = wall, Clock.RIGHT
            else:
                # Ahead of a clock that is right, time goes at half speed, so that the clock comes up with it.
                at = max(wall, self._last + elapsed / 2)
                state = Clock.RIGHT if at == wall else Clock.CATCHING_UP
            self._last, self._boot_s = at, moment.boot_s
            self._turn(state, at, wall)
            return at

    def look(self) -> Clock:
        """How the wall clock stands now."""
        self.now()
        return self._state

    def flagged(self, reading: Reading) -> Reading:
        """The reading; if its time did not come from the wall clock, what was good in it is uncertain."""
        suspect = self._suspect
        if suspect is None or not suspect[0] <= reading.observed_at <= suspect[1]:
            return reading
        good = reading.quality == Quality.GOOD
        return replace(
            reading,
            quality=np.where(good, np.uint8(Quality.UNCERTAIN), reading.quality),
            reason=np.where(good, np.uint8(Reason.CLOCK_SUSPECT), reading.reason),
        )

    def keep(self) -> None:
        """Once a minute, let other processes of this boot know what is believed. A full disk does not matter here."""
        if self._boot_s - self._kept_s < KEEP_EVERY_S:
            return
        if self._offset_s is not None and self._state.is_plausible:
            self._kept_s = self._boot_s
            self._is_vouched = self._machine.is_synchronized() or self._is_mark_vouched_for(self._offset_s)
            with suppress(OSError):
                self._machine.keep(ClockMark(self._boot_id, self._offset_s, self._is_vouched))

    def _believes(self, moment: Moment) -> bool:
        """Whether the wall clock can be right; then its offset is remembered, so that drift is never a step."""
        if moment.wall < EARLIEST:
            return False
        if self._is_near(offset_s(moment), moment.wall) or self._is_vouched_for(moment):
            self._offset_s = offset_s(moment)
            return True
        return False

    def _is_near(self, offset: float, wall: datetime) -> bool:
        if self._offset_s is not None:
            return abs(offset - self._offset_s) <= MOST_STEP_S
        if wall < self._last - timedelta(seconds=MOST_STEP_S):
            return False
        return self._is_first or wall <= self._last + MOST_OUTAGE

    def _is_vouched_for(self, moment: Moment) -> bool:
        """The kernel or a person says that the wall clock is right. Asked once a second, since it costs a file."""
        if moment.boot_s - self._asked_s < ASK_EVERY_S:
            return False
        self._asked_s = moment.boot_s
        if self._machine.is_synchronized():
            return True
        self._take_mark()
        return self._offset_s is not None and abs(offset_s(moment) - self._offset_s) <= MOST_STEP_S

    def _take_mark(self) -> None:
        mark = self._machine.mark()
        if mark is not None and mark.boot_id == self._boot_id:
            self._offset_s = mark.offset_s

    def _is_mark_vouched_for(self, offset: float) -> bool:
        """Whether somebody vouched for the clock as it stands, before this process or beside it."""
        mark = self._machine.mark()
        if mark is None or mark.boot_id != self._boot_id:
            return False
        return mark.is_vouched_for and abs(mark.offset_s - offset) <= MOST_STEP_S

    def _turn(self, state: Clock, at: datetime, wall: datetime) -> None:
        """Note what became of the clock; the log says it once at each change."""
        if state is not Clock.RIGHT:
            began = at if self._state is Clock.RIGHT or self._suspect is None else self._suspect[0]
            self._suspect = (began, at)
        if state is self._state:
            return
        if state is Clock.CATCHING_UP:
            logger.warning("the wall clock stands back: it reads %s; samples are at %s and let it catch up", wall, at)
        elif state is Clock.RIGHT:
            logger.warning("samples follow the wall clock again; it reads %s", wall)
        elif self._state.is_plausible:
            logger.error(
                "the wall clock reads %s, which cannot be right after %s: no schedule runs, samples go on from there by"
                " the boot-time clock. If it is right: manage.py trust_clock",
                wall,
                at,
            )
        self._state = state


def newest_stored() -> datetime | None:
    """Newest time of any sample in the store. None: it is empty."""
    return max((sample.observed_at for sample in series.latest().values()), default=None)


def trust(machine: MachineClock) -> datetime:
    """Vouch for the wall clock as it stands now, for every process of this machine. Returns what it reads.

    Raises
    ------
    ValueError
        If it reads a time before this software was written.
    """
    moment = machine.moment()
    if moment.wall < EARLIEST:
        raise ValueError(f"the clock reads {moment.wall}: no right clock reads a time before {EARLIEST:%Y-%m-%d}")
    machine.keep(ClockMark(moment.boot_id, offset_s(moment), is_vouched_for=True))
    return moment.wall
