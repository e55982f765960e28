"""Readings on their way from the lines to the store."""

from __future__ import annotations

import logging
import threading
from collections import deque

from devices.samples import Reading

logger = logging.getLogger(__name__)

CAPACITY_SAMPLES = 1_000_000
"""Samples kept while the store does not answer: more than an hour of the demonstration base."""


class Inbox:
    """A bounded queue that many lines fill and the control cycle empties.

    While the store does not answer, readings wait here in order. When even that is full the oldest go, counted and
    logged once: the newest values matter most to whoever looks when the store is back.
    """

    def __init__(self, capacity_samples: int = CAPACITY_SAMPLES) -> None:
        self._capacity = capacity_samples
        self._readings: deque[Reading] = deque()
        self._samples = 0
        self._lost = 0
        self._lock = threading.Lock()

    def put(self, reading: Reading) -> None:
        """Add a reading. Called in the line's thread."""
        with self._lock:
            self._readings.append(reading)
            self._samples += len(reading.points)
            self._drop_what_is_too_much()

    def take(self, most_samples: int) -> list[Reading]:
        """The oldest readings, together at most so many samples, but one reading at least if there is any."""
        with self._lock:
            taken: list[Reading] = []
            count = 0
            while self._readings and (not taken or count + len(self._readings[0].points) <= most_samples):
                taken.append(self._readings.popleft())
                count += len(taken[-1].points)
            self._samples -= count
            if self._lost and taken:
                logger.error("%d samples were dropped while the store did not answer", self._lost)
                self._lost = 0
            return taken

    def put_back(self, readings: list[Reading]) -> None:
        """Return readings that could not be stored to the front. What no longer fits is dropped, oldest first."""
        with self._lock:
            self._readings.extendleft(reversed(readings))
            self._samples += sum(len(reading.points) for reading in readings)
            self._drop_what_is_too_much()

    def __len__(self) -> int:
        return len(self._readings)

    def _drop_what_is_too_much(self) -> None:
        while self._samples > self._capacity:
            if self._lost == 0:
                logger.error("the store has not answered for so long that the oldest samples are dropped")
            count = len(self._readings.popleft().points)
            self._samples -= count
            self._lost += count
