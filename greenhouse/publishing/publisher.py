"""The publisher: looks at the store, keeps what it saw until it is old enough, and publishes that."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from devices.samples import Sample
from greenhouse.agronomy.sun import sun_times
from greenhouse.publishing import contents, storing
from greenhouse.publishing.choosing import Choice, choose
from greenhouse.publishing.published_list import PublishedList, load_published_list
from greenhouse.site.current import NoBase, current_base
from greenhouse.site.structure import BaseStructure
from greenhouse.telemetry import series

logger = logging.getLogger(__name__)

COURSES_EVERY = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Clocks:
    """Base time, the machine's time, and how many seconds of the first pass in one of the second."""

    at: datetime
    machine_at: datetime
    pace: float


@dataclass(slots=True)
class _Seen:
    at: datetime
    samples: Mapping[str, Sample]


@dataclass
class Publisher:
    """Publishes what is on a list, as late as the list says. One per maintenance process.

    Parameters
    ----------
    published : PublishedList
        What may be seen.
    """

    published: PublishedList
    _seen: deque[_Seen] = field(default_factory=deque, init=False)
    _courses_at: datetime | None = field(default=None, init=False)
    _counted: list[contents.PublicValue] = field(default_factory=list, init=False)

    @classmethod
    def of_file(cls, path: Path) -> Publisher:
        """One that goes by a list's file.

        Raises
        ------
        PublishedListError
            If the file is wrong.
        """
        return cls(load_published_list(path))

    def turn(self, clocks: Clocks) -> bool:
        """Look once. True if anything was old enough to be published.

        Raises
        ------
        DatabaseError
            If a store does not answer.
        """
        try:
            base = current_base()
        except NoBase:
            return False
        choice = choose(base, self.published)
        if self._seen and self._seen[-1].at > clocks.at:  # the clock was set back: nobody knows how old these are
            self._seen.clear()
        samples = series.latest(choice.points)
        if samples:  # before the first poll there is nothing to tell, not even that all is silent
            self._seen.append(_Seen(clocks.at, samples))
        due = self._take_due(clocks.at - self.published.delay)
        if due is None:
            return False
        if self._courses_at is None or not timedelta() <= clocks.at - self._courses_at < COURSES_EVERY:
            self._publish_courses(base, choice, due)
            self._courses_at = clocks.at
        values = [*contents.public_values(choice, due.samples), *self._counted]
        today = clocks.at.astimezone(ZoneInfo(base.time_zone)).date()
        sun = sun_times(today, latitude_deg=base.latitude_deg, longitude_deg=base.longitude_deg)
        delay_s = round(self.published.delay.total_seconds())
        when = storing.When(
            clocks.at, clocks.machine_at, clocks.pace, delay_s=delay_s, plants_per_m2=self.published.plants_per_m2
        )
        storing.publish_values(base, choice, values, sun, when)
        return True

    def _take_due(self, not_after: datetime) -> _Seen | None:
        """The newest look that is old enough; older ones are forgotten."""
        due = None
        while self._seen and self._seen[0].at <= not_after:
            due = self._seen.popleft()
        return due

    def _publish_courses(self, base: BaseStructure, choice: Choice, due: _Seen) -> None:
        """The course of the last day, up to the last whole step."""
        end = _floor(due.at, contents.STEP)
        begins_at = end - contents.COURSE
        drawn = [chosen.points[0].key for chosen in choice.drawn]
        found = series.buckets_of(drawn, begins_at, end, contents.STEP)
        storing.publish_courses(contents.public_courses(choice, found, due.samples, begins_at=begins_at))
        midnight = due.at.astimezone(ZoneInfo(base.time_zone)).replace(hour=0, minute=0, second=0, microsecond=0)
        counted = [chosen.points[0].key for chosen in choice.counted]
        since = series.buckets_of(counted, midnight, due.at, contents.STEP) if due.at > midnight else {}
        self._counted = contents.counted_since(choice, since, due.samples, midnight=midnight)


def _floor(at: datetime, step: timedelta) -> datetime:
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + (at - midnight) // step * step
