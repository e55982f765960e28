"""The stored base clock as a process reads it: looked up twice a second in a thread of its own, read from memory."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime

from django.db import DatabaseError, connections

from greenhouse.base_clock import LEAD_S, BaseClock, Pacing
from greenhouse.clock import boot_s
from greenhouse.training import stored
from greenhouse.training.errors import ClockStands, TrainingError

logger = logging.getLogger(__name__)

LOOK_EVERY_S = LEAD_S / 4
"""Several looks fall between a change of pace and the moment at which it comes. [s]"""
FIRST_LOOK_WITHIN_S = 10.0


class FollowedClock:
    """Base time of this process. Any thread may read it, also one of an event loop: only the first read waits.

    Parameters
    ----------
    look : callable
        The clock as it is stored.
    machine_s : callable
        Time since the machine started. [s]
    """

    def __init__(
        self, look: Callable[[], BaseClock] = stored.running, *, machine_s: Callable[[], float] = boot_s
    ) -> None:
        self._look, self._machine_s = look, machine_s
        self._clock: BaseClock | None = None
        self._fault: TrainingError | None = None
        self._last: datetime | None = None
        self._lock = threading.Lock()
        self._looked, self._ended = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def key(self) -> str:
        """Names the clock, for good."""
        return self._known().key

    @property
    def fastest(self) -> float:
        """The highest pace that it has ever been given."""
        return self._known().fastest

    def read(self) -> tuple[datetime, float]:
        """Base time now and its pace.

        Raises
        ------
        TrainingError
            If there is no clock that runs.
        """
        clock = self._known()
        with self._lock:
            now_s = self._machine_s()
            at = clock.at(now_s)
            # A change that this process heard of too late: it stands still until the others have come up with it.
            self._last = at if self._last is None else max(self._last, at)
            return self._last, clock.pace_at(now_s)

    def pacing(self) -> Pacing:
        """How base time passes, and how it passed before."""
        return self._known().pacing_at(self._machine_s())

    def stop(self) -> None:
        """Look no more."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join(LEAD_S)

    def _known(self) -> BaseClock:
        if self._clock is None:
            self._start()
            self._looked.wait(FIRST_LOOK_WITHIN_S)
        if self._clock is None:
            raise self._fault or ClockStands("the base clock could not be read: the store does not answer")
        return self._clock

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._follow, name="base clock", daemon=True)
                self._thread.start()

    def _follow(self) -> None:
        is_failing = False
        try:
            while not self._ended.is_set():
                try:
                    self._clock, is_failing = self._look(), False
                except TrainingError as error:
                    self._fault = error
                except DatabaseError as error:
                    if not is_failing:
                        logger.error("the base clock cannot be looked up, it goes on as it was: %s", error)
                    is_failing = True
                    connections.close_all()  # those of this thread
                if self._clock is not None or self._fault is not None:
                    self._looked.set()
                self._ended.wait(LOOK_EVERY_S)
        finally:
            connections.close_all()
