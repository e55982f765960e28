"""Learned holes of the read plans, kept across restarts."""

from __future__ import annotations

import threading
from collections import defaultdict
from datetime import datetime

from devices.read_plan import Hole
from greenhouse.site import holes


class StoredReadPlanMemory:
    """A ``ReadPlanMemory`` over the store.

    Lines learn in their own threads and must not wait for a database, so what they learn is kept here at once and
    stored by the control cycle.
    """

    def __init__(self) -> None:
        self._holes: defaultdict[str, set[Hole]] = defaultdict(set, holes.all_holes())
        self._unsaved: list[tuple[str, Hole]] = []
        self._lock = threading.Lock()

    def holes(self, device: str) -> frozenset[Hole]:
        """Holes of a device."""
        with self._lock:
            return frozenset(self._holes[device])

    def remember(self, device: str, hole: Hole) -> None:
        """Keep a hole for good."""
        with self._lock:
            self._holes[device].add(hole)
            self._unsaved.append((device, hole))

    def save(self, now: datetime) -> None:
        """Store what was learned since the last call. Kept for the next call if the store does not answer."""
        with self._lock:
            unsaved = list(self._unsaved)
        for device, hole in unsaved:
            holes.remember(device, hole, learned_at=now)
            with self._lock:
                self._unsaved.remove((device, hole))
