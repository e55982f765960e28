"""The store as the hub looks at it."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from datetime import datetime

import django.db
from django.db import connections

from greenhouse.clock import moment_now, utc_now
from greenhouse.console.alarms.alarms import token
from greenhouse.console.changes import changes
from greenhouse.console.duties.duties import count_waiting
from greenhouse.console.house.house import place_of, topic_points
from greenhouse.console.live.hub import Look, StoreUnavailable
from greenhouse.console.overview.overview import on_sheet, overview
from greenhouse.console.page.build import page_version
from greenhouse.console.page.topics import BASE_TOPIC, POINTS_TOPIC, house_topic, training_topic
from greenhouse.console.schedules.standing import CLOCK_POINT
from greenhouse.console.training.comparison import compared_places
from greenhouse.console.values.payloads import Counts, PointState
from greenhouse.console.values.states import count_points, point_states
from greenhouse.site.current import NoBase, current_base
from greenhouse.site.point_index import PointIndex, point_index
from greenhouse.site.structure import BaseStructure
from greenhouse.telemetry import sample_time, series

logger = logging.getLogger(__name__)

COUNT_EVERY_S = 1.0


class StoredBase:
    """Looks at samples and commands since its last look. Used by one thread."""

    def __init__(self) -> None:
        self._forget()

    def _forget(self) -> None:
        self._base: BaseStructure | None = None
        self._index: PointIndex | None = None
        self._samples_read: Mapping[str, int] = {}
        self._moves = changes.Moves()
        self._states: dict[str, PointState] = {}
        self._counted_at_s = float("-inf")

    def look(self) -> Look:
        """What changed since the last look; everything at the first, after a failure, and after the base changed."""
        try:
            return self._look(utc_now())
        except django.db.Error as error:
            self._forget()
            self.close()
            raise StoreUnavailable(str(error)) from error

    def close(self) -> None:
        """Let go of this thread's connections."""
        connections.close_all()

    def _look(self, now: datetime) -> Look:
        topics = None
        try:
            base = current_base()
        except NoBase:
            return Look(points={}, commands=[], topics={}, counts=None)
        if self._base is None or self._base.revision != base.revision:
            self._forget()
            self._base, self._index = base, point_index()
            topics = topics_of(base, now)
        self._samples_read, samples = series.since(self._samples_read, index=self._index)
        changed = point_states(samples)
        self._states |= changed
        commands = self._moves.look(now)
        return Look(
            points=changed,
            commands=commands,
            topics=topics,
            counts=self._count(base, now),
            version=page_version(base.revision),
        )

    def _count(self, base: BaseStructure, now: datetime) -> Counts | None:
        if time.monotonic() - self._counted_at_s < COUNT_EVERY_S:
            return None
        self._counted_at_s = time.monotonic()
        now = sample_time.look(now)
        alarms = token(base, self._states, now=now)
        waiting = count_waiting(moment_now())
        return count_points(base.points.values(), self._states, waiting=waiting, alarms=alarms, now=now)


def topics_of(base: BaseStructure, now: datetime) -> Mapping[str, frozenset[str]]:
    """Which points each topic carries: what the overview shows and what serves all houses; every point; each house;
    what is true in each compartment of a simulated base, beside what its points say.

    A point that takes requests belongs to the overview's topic as well, and so does all that its sheet shows: such a
    sheet is live wherever it is opened.
    """
    shown = overview(base, {}, now=now).points()
    writable = frozenset(key for point in base.points.values() if point.is_writable for key in on_sheet(base, point))
    houses = {}
    for key in base.compartments:
        place = place_of(base, key)
        if place is not None:
            houses[house_topic(key)] = topic_points(base, place) | {CLOCK_POINT}
    return {
        BASE_TOPIC: shown | writable | frozenset(base.common_points),
        POINTS_TOPIC: frozenset(base.points),
        **houses,
        **{training_topic(key): place.points | {CLOCK_POINT} for key, place in compared_places(base).items()},
    }
