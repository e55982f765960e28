"""Time by which ages of samples are told, in processes that only read them.

It is the wall clock, except while the control process does not go by it (docs/adr/0012): then samples carry a time of
its own, and against the wall clock every value would look an hour old, or from the future. Between two ticks of the
control process it goes on by the monotonic clock, so that values still grow old when that process dies.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from greenhouse.site.virtual_points import CLOCK, Clock, control_key
from greenhouse.telemetry import series


class SampleTime:
    """Where the time of samples stands. Any thread may ask."""

    def __init__(self) -> None:
        self._tick: tuple[datetime, float] | None = None

    def as_known(self, now: datetime) -> datetime:
        """The time, as far as the last `look` knew. Asks no store."""
        return _at(self._tick, now)

    def look(self, now: datetime) -> datetime:
        """The time, after a look into the store.

        Parameters
        ----------
        now : datetime
            Wall clock; it is the answer while the control process goes by it.
        """
        self._tick = self._newest_tick()
        return _at(self._tick, now)

    def _newest_tick(self) -> tuple[datetime, float] | None:
        key = control_key(CLOCK)
        clock = series.latest([key]).get(key)
        if clock is None or clock.value in (None, Clock.RIGHT):
            return None
        stored_at = max(series.committed_at().values(), default=None)
        if stored_at is None:
            return None
        if self._tick is not None and self._tick[0] == stored_at:
            return self._tick  # nothing was stored since: the age of everything grows
        return stored_at, time.monotonic()


def _at(tick: tuple[datetime, float] | None, wall: datetime) -> datetime:
    if tick is None:
        return wall
    stored_at, seen_at_s = tick
    return stored_at + timedelta(seconds=time.monotonic() - seen_at_s)


_sample_time = SampleTime()
as_known, look = _sample_time.as_known, _sample_time.look
