"""What a program or an interlock sees of a point: its value, or why it cannot be used. Pure."""

from __future__ import annotations

import math
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from devices.samples import Freshness, Quality, Sample
from greenhouse.base_clock import Pacing


class Standing(StrEnum):
    """Whether a value may be decided by."""

    USABLE = "usable"
    STALE = "stale"
    BAD = "bad"
    MISSING = "missing"
    """There is no such point."""


class Seen(NamedTuple):
    """A value with its standing.

    Attributes
    ----------
    value : float or None
        Canonical unit of its quantity; what was last known where it is stale, for the explanation alone.
    standing : Standing
    """

    value: float | None
    standing: Standing

    @property
    def usable(self) -> float | None:
        """The value, if it may be decided by."""
        return self.value if self.standing is Standing.USABLE else None


MISSING = Seen(None, Standing.MISSING)


def seen(value: float) -> Seen:
    """A value that may be decided by."""
    return Seen(value, Standing.USABLE)


FRESH = frozenset({Freshness.LIVE})
"""For what moves: a position of minutes ago says nothing."""
NOT_STALE = frozenset({Freshness.LIVE, Freshness.LATE})
"""For weather and temperatures, which change more slowly than a poll or two are missed."""


def seen_in(
    sample: Sample | None,
    interval_s: float,
    *,
    at: datetime,
    pacing: Pacing,
    usable_while: frozenset[Freshness] = NOT_STALE,
) -> Seen:
    """What the newest sample of a point that exists lets one see.

    Parameters
    ----------
    sample : Sample or None
        None: nothing has come from it yet, which is no better than a value that is too old.
    interval_s : float
        How often it should come. [s]
    at : datetime
        Now, on the clock of the samples.
    pacing : Pacing
        How that clock passes.
    """
    if sample is None:
        return Seen(None, Standing.STALE)
    value = None if sample.value is None else float(sample.value)
    if value is None or sample.quality is Quality.BAD or not math.isfinite(value):
        return Seen(None, Standing.BAD)
    fresh = pacing.freshness(sample.observed_at, interval_s=interval_s, at=at)
    return Seen(value, Standing.USABLE if fresh in usable_while else Standing.STALE)
