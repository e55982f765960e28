"""What keeps a process going: loops on the monotonic clock, signals, and the one job boundary.

Here is the job boundary of a process: besides that of a line's thread (``devices.bus.jobs``) the only place that
catches ``Exception``. Work that fails is logged with its traceback and tried again; work that fails five times running
stops the process in an orderly way, so that outputs go to their safe state and the supervisor starts it afresh.
"""

from __future__ import annotations

import gc
import logging
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType

from django.db import DatabaseError, close_old_connections, connections

from devices.errors import LeaseLost
from scheduler.leases.lease import LeaseLapsed

logger = logging.getLogger(__name__)

FAILURES_BEFORE_STOP = 5
"""So many unexpected failures of one loop in a row end the process."""

CLOCK_JUMP_S = 5.0
"""Wall clock against monotonic clock: a larger step means that somebody set the clock. [s]"""


def settle() -> None:
    """Everything is imported and read: set it aside from garbage collection, for as long as the process lives.

    A collection of the whole heap of such a process stops all of its threads for 0.1 s, again and again, and would
    fall into some write transaction. What comes later is little.
    """
    gc.collect()
    gc.freeze()


class Boundary:
    """The job boundary of one loop: nothing that its work raises gets past it.

    Parameters
    ----------
    name : str
        Name of the work, for the log.
    on_fatal : callable
        Called when the work has failed ``FAILURES_BEFORE_STOP`` times in a row for no reason of the database's, or
        when the lease is lost.
    """

    def __init__(self, name: str, on_fatal: Callable[[], None]) -> None:
        self._name, self._on_fatal = name, on_fatal
        self._failures = 0
        self._store_is_down = False
        self.fault = ""
        """What the last run failed with, in words; empty if it did not."""

    def run(self, work: Callable[[], object]) -> bool:
        """Do the work once. True if it succeeded."""
        self.fault = ""
        try:
            work()
        except DatabaseError as error:
            self.fault = _in_words(error)
            # The store may come back (locked, disk full, server restarted): readings wait in memory, nothing stops.
            if not self._store_is_down:
                logger.error("%s: the store does not answer: %s", self._name, error)
            self._store_is_down = True
            close_old_connections()
            return False
        except LeaseLapsed:
            return False  # neither done nor failed; whoever lets go of the lines says so
        except LeaseLost as error:
            self.fault = _in_words(error)
            logger.error("%s: %s; another process took over", self._name, error)
            self._on_fatal()
            return False
        except Exception as error:  # the job boundary: a fault in one run must not end control
            self.fault = _in_words(error)
            self._failures += 1
            logger.exception("%s failed (%d in a row)", self._name, self._failures)
            if self._failures == FAILURES_BEFORE_STOP:
                self._on_fatal()
            return False
        if self._store_is_down:
            logger.warning("%s: the store answers again", self._name)
        self._store_is_down, self._failures = False, 0
        return True


def _in_words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


class Loop:
    """A thread that does one piece of work at a fixed interval of the monotonic clock.

    A run that takes longer than the interval is followed at once by the next one; missed runs are not made up for.

    Parameters
    ----------
    name : str
        Name of the thread and of the work, for the log.
    every_s : float
        Interval between starts. [s]
    work : callable
        What to do.
    on_fatal : callable
        See ``Boundary``.
    wake : Event, optional
        Set by others: do the work now, not only when its time comes.
    """

    def __init__(
        self,
        name: str,
        every_s: float,
        work: Callable[[], None],
        *,
        on_fatal: Callable[[], None],
        wake: threading.Event | None = None,
    ) -> None:
        self._every_s, self._work = every_s, work
        self._boundary = Boundary(name, on_fatal)
        self._stop = threading.Event()
        self._wake = wake or threading.Event()
        # A daemon: work that hangs on a store must not keep a stopped process alive.
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self, within_s: float) -> bool:
        """Finish the run under way and end the thread. False if it has not ended within that time. [s]"""
        self._stop.set()
        self._wake.set()
        self._thread.join(within_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        due_s = time.monotonic()
        while not self._stop.is_set():
            self._wake.clear()
            self._boundary.run(self._work)
            now_s = time.monotonic()
            if now_s >= due_s:  # a run that was woken early does not shift the schedule
                due_s = max(due_s + self._every_s, now_s)
            while not self._wake.is_set() and (wait_s := due_s - time.monotonic()) > 0:
                self._wake.wait(wait_s)
        connections.close_all()  # those of this thread


class WallClockWatch:
    """Notices that somebody set the wall clock, by a clock that nobody sets."""

    def __init__(self, *, wall_s: float, steady_s: float) -> None:
        self._difference_s = wall_s - steady_s

    def jump_s(self, *, wall_s: float, steady_s: float) -> float:
        """How far the clock was set since the last call, 0.0 if it was not. [s]"""
        difference_s = wall_s - steady_s
        step_s = difference_s - self._difference_s
        self._difference_s = difference_s
        return step_s if abs(step_s) > CLOCK_JUMP_S else 0.0


class StopSignal:
    """SIGTERM and SIGINT set a flag; the process finishes its step and stops in an orderly way."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self.is_fatal = False

    def install(self) -> None:
        """Listen to both signals. Main thread only."""
        signal.signal(signal.SIGTERM, self._on_signal)
        signal.signal(signal.SIGINT, self._on_signal)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._event.set()

    def stop(self) -> None:
        """Ask for the orderly stop from within the process."""
        self._event.set()

    def stop_after_fault(self) -> None:
        """Ask for the same orderly stop because of a fault; the process then ends with an error."""
        self.is_fatal = True
        self._event.set()

    def wait(self, timeout_s: float | None) -> bool:
        """Wait up to ``timeout_s`` seconds, or for good; True as soon as the process must stop."""
        return self._event.wait(timeout_s)
