"""Readings on their way from the lines to the store."""

from __future__ import annotations

import logging
import threading
from collections import deque

from devices.samples import Reading

log = logging.getLogger(__name__)

CAPACITY = 200_000
"""Readings kept while the store does not answer: about an hour of a base with fifty blocks a second."""


class Inbox:
    """A bounded queue that many lines fill and the control cycle empties.

    While the store does not answer, readings wait here in order. When even that is full the oldest go, counted and
    logged once: the newest values matter most to whoever looks when the store is back.
    """

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._readings: deque[Reading] = deque(maxlen=capacity)
        self._lock = threading.Lock()
        self._lost = 0

    def put(self, reading: Reading) -> None:
        """Add a reading. Called in the line's thread."""
        with self._lock:
            if len(self._readings) == self._readings.maxlen:
                if self._lost == 0:
                    log.error("the store has not answered for so long that the oldest readings are dropped")
                self._lost += 1
            self._readings.append(reading)

    def take(self) -> list[Reading]:
        """All readings, oldest first. The inbox is empty afterwards."""
        with self._lock:
            readings = list(self._readings)
            self._readings.clear()
            if self._lost:
                log.error("%d readings were dropped while the store did not answer", self._lost)
                self._lost = 0
            return readings

    def put_back(self, readings: list[Reading]) -> None:
        """Return readings that could not be stored to the front. What no longer fits is dropped, oldest first."""
        with self._lock:
            together = [*readings, *self._readings]
            self._lost += max(0, len(together) - (self._readings.maxlen or 0))
            self._readings.clear()
            self._readings.extend(together)

    def __len__(self) -> int:
        return len(self._readings)
