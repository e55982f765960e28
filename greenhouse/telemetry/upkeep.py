"""What keeps the sample store small: packing, rolling up, deleting. Runs between two ticks of the control process."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from django.conf import settings
from django.db import DatabaseError

from greenhouse.site.point_index import PointIndex
from greenhouse.telemetry.codes import to_ms
from greenhouse.telemetry.packing import PointTraits, merge_late, pack
from greenhouse.telemetry.retention import drop_too_late, first_kept_day, prune, prune_packed, retention_of
from greenhouse.telemetry.rollups import roll_up
from greenhouse.telemetry.store import count_rows, oldest_unpacked_ms

logger = logging.getLogger(__name__)

_PAUSE_S: Final = 60.0
_PRUNE_PACKED_EVERY_S: Final = 86_400.0
_AFTER_CLOCK_JUMP_S: Final = 86_400.0


class Upkeep:
    """Packs, rolls up and deletes, a slice at a time.

    Nothing here is needed for the next tick, and nothing is lost when it is cut off: the store itself says what is left
    to do. After a fault (a full disk, a locked file) it pauses for a minute.

    Parameters
    ----------
    index : PointIndex
        Of the base.
    """

    def __init__(self, index: PointIndex) -> None:
        self._ids = frozenset(index.ids.values())
        self._traits = PointTraits(index)
        self._keep = retention_of(settings.TELEMETRY_KEEP_DAYS)
        self._round: Iterator[None] | None = None
        self._next_round_s = self._next_prune_s = self._next_prune_packed_s = 0.0
        self._is_failing = False
        self.rows: int | None = None
        """About how many samples are kept as rows; None until they were counted, in the first round."""

    def run(self, *, now: datetime, monotonic_s: float, for_s: float, is_now_sure: bool) -> None:
        """Work in slices until the time is over or nothing is left to do.

        Parameters
        ----------
        now : datetime
            Aware; decides what is old enough.
        monotonic_s : float
            For the pauses between two rounds. [s]
        for_s : float
            Time to spend; the slice that crosses it is finished. [s]
        is_now_sure : bool
            Without it nothing is deleted but rows that are packed as well.
        """
        if self._round is None and monotonic_s < self._next_round_s:
            return
        until_s = time.perf_counter() + for_s
        try:
            self._round = self._round or self._slices(now, monotonic_s, is_now_sure=is_now_sure)
            for _slice in self._round:
                if time.perf_counter() >= until_s:
                    return
        except DatabaseError as error:
            if not self._is_failing:
                logger.error("samples cannot be packed or deleted; tried again each minute: %s", error)
            self._is_failing = True
        else:
            self._is_failing = False
        self._round, self._next_round_s = None, monotonic_s + _PAUSE_S

    def delete_nothing_for_a_day(self, monotonic_s: float) -> None:
        """The wall clock was set. By a clock that stands two days ahead, everything would be old."""
        self._next_prune_s = self._next_prune_packed_s = monotonic_s + _AFTER_CLOCK_JUMP_S

    def add_rows(self, count: int) -> None:
        """So many samples more are kept as rows."""
        if self.rows is not None:
            self.rows += count

    def lag_s(self, now: datetime) -> float:
        """How old the oldest sample is that is not packed yet, 0 if there is none. [s]"""
        oldest_ms = oldest_unpacked_ms()
        return 0.0 if oldest_ms is None else max(0.0, (to_ms(now) - oldest_ms) / 1000.0)

    def _slices(self, now: datetime, monotonic_s: float, *, is_now_sure: bool) -> Iterator[None]:
        if self.rows is None:
            self.rows = count_rows()
            yield
        yield from pack(self._traits, now)
        if is_now_sure and monotonic_s >= self._next_prune_s:
            yield from drop_too_late(self._keep, now)
        yield from merge_late(self._traits, from_day=first_kept_day(self._keep, now))
        yield from roll_up(self._traits)
        if monotonic_s >= self._next_prune_s:
            while deleted := prune(now - self._keep.rows):
                self.add_rows(-deleted)
                yield
        if is_now_sure and monotonic_s >= self._next_prune_packed_s:
            yield from prune_packed(self._ids, self._keep, now)
            self._next_prune_packed_s = monotonic_s + _PRUNE_PACKED_EVERY_S
