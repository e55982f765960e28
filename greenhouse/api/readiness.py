"""Whether the base serves: the store answers, a control process holds the lines, devices answer.

Everything but the store's own answer is read from stored samples, as pages read it: the control process stores the age
of its lease and the state of each link at least every five seconds, so a dead one shows by the age of these.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import django.db
from django.db import DEFAULT_DB_ALIAS, connections
from django.utils.translation import gettext as _

from devices.samples import Freshness, Quality, Sample, freshness
from greenhouse.clock import pace
from greenhouse.site.point_index import point_index
from greenhouse.site.virtual_points import LINK, VIRTUAL_POLL_S, Link, control_key
from greenhouse.telemetry import sample_time, series

LEASE_AGE = control_key("lease_age")
ASKED_EVERY_S = 1.0
"""However often somebody asks, the store is asked once in so long. [s]"""


@dataclass(frozen=True, slots=True)
class Readiness:
    """Each part of the base and what is wrong with it; empty: nothing."""

    faults: Mapping[str, str]

    @property
    def is_ready(self) -> bool:
        """Whether all parts serve."""
        return not any(self.faults.values())


def readiness(wall: datetime) -> Readiness:
    """How the parts of the base stand.

    Parameters
    ----------
    wall : datetime
        Now, by the wall clock.
    """
    try:
        with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
            cursor.execute("SELECT 1")
        now = sample_time.look(wall)
        index = point_index()
        links = [key for key in index.ids if key.endswith(f".{LINK}") and key not in index.truths]
        newest = series.latest([LEASE_AGE, *links], index=index)
    except django.db.Error:
        unknown = _("not known while the store does not answer")
        return Readiness({"store": _("the store does not answer"), "lease": unknown, "bus": unknown})
    return Readiness({"store": "", "lease": _lease_fault(newest, now), "bus": _bus_fault(newest, links, now)})


def is_recent(sample: Sample | None, now: datetime) -> bool:
    """Whether the control process stored this lately."""
    if sample is None or sample.value is None or sample.quality is Quality.BAD:
        return False
    return freshness(age=now - sample.observed_at, interval_s=VIRTUAL_POLL_S, pace=pace()) is Freshness.LIVE


def _lease_fault(newest: Mapping[str, Sample], now: datetime) -> str:
    return "" if is_recent(newest.get(LEASE_AGE), now) else _("no control process reports")


def _bus_fault(newest: Mapping[str, Sample], links: list[str], now: datetime) -> str:
    """A single device that is silent is an alarm, not the end of service; all of them are."""
    known = [sample for key in links if (sample := newest.get(key)) is not None]
    alive = [sample for sample in known if is_recent(sample, now) and sample.value != Link.OFFLINE]
    return "" if alive or not links else _("no device answers")


class Asked:
    """An answer that is kept for a moment, so that whoever asks without end costs nothing. Any thread may ask."""

    def __init__(self, ask: Callable[[datetime], Readiness]) -> None:
        self._ask, self._lock = ask, threading.Lock()
        self._kept: dict[str, tuple[float, Readiness]] = {}

    def __call__(self, wall: datetime, language: str) -> Readiness:
        """The answer in a language, at most ``ASKED_EVERY_S`` old."""
        with self._lock:
            asked_s, kept = self._kept.get(language, (float("-inf"), None))
            if kept is not None and time.monotonic() - asked_s < ASKED_EVERY_S:
                return kept
            found = self._ask(wall)
            self._kept[language] = (time.monotonic(), found)
            return found

    def forget(self) -> None:
        """Ask the next time."""
        with self._lock:
            self._kept.clear()
