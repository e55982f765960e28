"""Giving a simulated base its past while it runs: another process makes it, the control process stores it.

Making takes minutes of a processor, so it is done by a child of lowest priority that only reads. What it hands over is
stored between two ticks, a point in a transaction, under the lease of the control process.
"""

from __future__ import annotations

import logging
import queue
import subprocess
import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import BinaryIO, Final

from django.db import DatabaseError

from greenhouse.fencing import Fence
from greenhouse.site.point_index import PointIndex
from greenhouse.telemetry import backfill
from greenhouse.telemetry.backfill import Past
from greenhouse.telemetry.packing import PointTraits
from scheduler.demo_history import frames
from scheduler.demo_history.harvesting import Harvesting

logger = logging.getLogger(__name__)

BEGINS_AFTER_S: Final = 30.0
"""Pages and the first values of all points come first. [s]"""
AGAIN_AFTER_S: Final = 600.0
"""After a child that failed. [s]"""
LOOKS_EVERY_S: Final = 3600.0
"""Whether a point has come that lacks its past. [s]"""
PAUSE_S: Final = 60.0
"""After a store that failed: a full disk, a locked file. [s]"""
_WAITING = 4
_ENDS_WITHIN_S = 2.0

Start = Callable[[], subprocess.Popen[bytes]]


class Filling:
    """Takes pasts in, a few per tick, until all are stored.

    Parameters
    ----------
    start : callable
        Starts the process that makes them and writes them to its standard output.
    index : PointIndex
        Of the base.
    ids : frozenset of int
        Points that may have a past: no truth unit's, none that is disabled.
    fence : Fence
        Of the control lease.
    monotonic_s : float
        Now. [s]
    harvesting : Harvesting, optional
        Has its turn when all points have their past.
    """

    def __init__(
        self,
        start: Start,
        index: PointIndex,
        fence: Fence,
        *,
        ids: frozenset[int],
        monotonic_s: float,
        harvesting: Harvesting | None = None,
    ) -> None:
        self._harvesting = harvesting
        self._start, self._fence, self._traits, self._ids = start, fence, PointTraits(index), ids
        self._due_s: float | None = monotonic_s + BEGINS_AFTER_S
        self.is_complete = False
        """Whether no point lacks its past, as of the last look."""
        self._child: subprocess.Popen[bytes] | None = None
        self._made: queue.Queue[Past | None] = queue.Queue(_WAITING)
        self._waiting: Past | None = None
        self._resumes_s = 0.0
        self.stored = 0
        """So many points got their past from this process."""

    def run(self, *, now: datetime, monotonic_s: float, for_s: float, is_clock_right: bool) -> None:
        """Store what is there until the time is over. Does nothing while the clock cannot be right.

        Raises
        ------
        LeaseLost
            If another process has taken over.
        """
        if not is_clock_right or monotonic_s < self._resumes_s:
            return
        if self._harvesting is not None:
            self._harvesting.run(monotonic_s=monotonic_s, may_begin=self.is_complete)
        if self._child is None:
            self._begin(monotonic_s)
            return
        until_s = time.perf_counter() + for_s
        try:
            while time.perf_counter() < until_s and self._take():
                if self._waiting is not None:
                    self.stored += backfill.store_past(self._waiting, self._traits, now=now, fence=self._fence)
                    self._waiting = None
                else:
                    self._end(monotonic_s)
                    return
        except DatabaseError as error:
            logger.error("simulated history cannot be stored; tried again each minute: %s", error)
            self._resumes_s = monotonic_s + PAUSE_S

    def close(self) -> None:
        """End the child. What it has made and nobody stored is made again next time. Safe to call twice."""
        if self._harvesting is not None:
            self._harvesting.close()
        child, self._child, self._due_s = self._child, None, None
        if child is None:
            return
        child.kill()
        self._empty()
        child.wait()

    def _begin(self, monotonic_s: float) -> None:
        if self._due_s is None or monotonic_s < self._due_s:
            return
        try:
            progress = backfill.progress(self._ids)
            self.is_complete = progress.total > 0 and progress.done == progress.total
            if self.is_complete or progress.total == 0:
                self._due_s = monotonic_s + (LOOKS_EVERY_S if self.is_complete else PAUSE_S)
                return
            backfill.begin_packing()
            self._child = self._start()
        except (DatabaseError, OSError) as error:
            logger.error("simulated history cannot be made; tried again in ten minutes: %s", error)
            self._due_s = monotonic_s + AGAIN_AFTER_S
            return
        assert self._child.stdout is not None
        made = self._made = queue.Queue(_WAITING)
        reader = threading.Thread(target=_read, args=(self._child.stdout, made), name="demo-history", daemon=True)
        reader.start()

    def _take(self) -> bool:
        """Whether there is something to do: a past that waits, or the end."""
        if self._waiting is None:
            try:
                self._waiting = self._made.get_nowait()
            except queue.Empty:
                return False
        return True

    def _end(self, monotonic_s: float) -> None:
        assert self._child is not None
        try:
            code = self._child.wait(_ENDS_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._child.kill()
            code = self._child.wait()
        self._child = None
        if code == 0:
            # A point that has come meanwhile has its turn in an hour; one whose device is no longer in the file never.
            self._due_s = monotonic_s + LOOKS_EVERY_S
            self.is_complete = True
            logger.info("%d points were given their simulated history", self.stored)
        else:
            logger.error("the process that makes simulated history ended with %d; again in ten minutes", code)
            self._due_s = monotonic_s + AGAIN_AFTER_S

    def _empty(self) -> None:
        """Let the reader come to its end: it waits for room."""
        while True:
            try:
                if self._made.get(timeout=_ENDS_WITHIN_S) is None:
                    return
            except queue.Empty:
                return


def _read(stream: BinaryIO, made: queue.Queue[Past | None]) -> None:
    """The reader's thread. None at the end."""
    try:
        while (past := frames.read(stream)) is not None:
            made.put(past)
    except (frames.FrameCutOff, ValueError, OSError) as error:
        logger.error("simulated history was cut off: %s", type(error).__name__)
    finally:
        stream.close()
        made.put(None)
