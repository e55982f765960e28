"""A stored base clock in the test's own hands: bent at once, without a database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

from greenhouse import clock
from greenhouse.base_clock import BaseClock, Pacing

START = datetime(2026, 12, 1, 2, tzinfo=UTC)
"""Ten in the morning at the base."""


class PacedClock:
    """What `greenhouse.clock.follow` takes."""

    def __init__(self, pace: float, start: datetime) -> None:
        self._clock = BaseClock("the-lesson", start, clock.boot_id(), clock.boot_s(), pace, pace, fastest=pace)

    @property
    def key(self) -> str:
        return self._clock.key

    @property
    def fastest(self) -> float:
        return self._clock.fastest

    def read(self) -> tuple[datetime, float]:
        return self._clock.at(clock.boot_s()), self._clock.pace

    def pacing(self) -> Pacing:
        return self._clock.pacing_at(clock.boot_s())

    def set_pace(self, pace: float) -> None:
        """From now on, without notice."""
        now_s = clock.boot_s()
        self._clock = replace(
            self._clock,
            bend_at=self._clock.at(now_s),
            bend_boot_s=now_s,
            pace_before=self._clock.pace,
            pace=pace,
            fastest=max(pace, self._clock.fastest),
        )


@contextmanager
def paced(pace: float, *, start: datetime = START) -> Iterator[PacedClock]:
    """Let this process live by such a clock, as one of a training base does."""
    stored = PacedClock(pace, start)
    clock.follow(stored)
    try:
        yield stored
    finally:
        clock.follow(None)
