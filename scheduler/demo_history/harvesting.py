"""Giving a simulated base its harvests once its past is filled in: another process grows the seasons and stores them.

Harvests lie in the main database, where any process may write, so nothing comes back but a line for each cycle. The
pipe of these lines also ends the child when this process was killed.
"""

from __future__ import annotations

import logging
import os
import subprocess
from collections.abc import Callable
from typing import Final

from django.db import DatabaseError

from greenhouse.harvest import simulated

logger = logging.getLogger(__name__)

AGAIN_AFTER_S: Final = 600.0
"""After a child that failed. [s]"""

Start = Callable[[], subprocess.Popen[bytes]]


class Harvesting:
    """Starts the child, looks after it, and never starts one again once all cycles have their harvests.

    Parameters
    ----------
    start : callable
        Starts the process that grows the seasons and stores what is picked of them.
    """

    def __init__(self, start: Start) -> None:
        self._start = start
        self._child: subprocess.Popen[bytes] | None = None
        self._due_s = 0.0
        self.is_complete = False

    def run(self, *, monotonic_s: float, may_begin: bool) -> None:
        """Start what is due, or see whether it has ended. Waits for nothing."""
        if self._child is not None:
            self._look_after(self._child, monotonic_s)
        elif may_begin and not self.is_complete and monotonic_s >= self._due_s:
            self._begin(monotonic_s)

    def close(self) -> None:
        """End the child. What it has not stored is made again next time. Safe to call twice."""
        child, self._child, self.is_complete = self._child, None, True
        if child is not None:
            child.kill()
            child.wait()
            _close_pipe(child)

    def _begin(self, monotonic_s: float) -> None:
        try:
            progress = simulated.progress()
            self.is_complete = progress.total > 0 and progress.done >= progress.total
            if self.is_complete:
                return
            child = self._start()
        except (DatabaseError, OSError) as error:
            logger.error("simulated harvests cannot be made; tried again in ten minutes: %s", error)
            self._due_s = monotonic_s + AGAIN_AFTER_S
            return
        assert child.stdout is not None
        os.set_blocking(child.stdout.fileno(), False)
        self._child = child

    def _look_after(self, child: subprocess.Popen[bytes], monotonic_s: float) -> None:
        assert child.stdout is not None
        code = child.poll()
        child.stdout.read()  # that the child never waits for room
        if code is None:
            return
        self._child = None
        _close_pipe(child)
        if code == 0:
            self.is_complete = True
            logger.info("the simulated crop cycles have their harvests")
        else:
            logger.error("the process that makes simulated harvests ended with %d; again in ten minutes", code)
            self._due_s = monotonic_s + AGAIN_AFTER_S


def _close_pipe(child: subprocess.Popen[bytes]) -> None:
    if child.stdout is not None:
        child.stdout.close()
