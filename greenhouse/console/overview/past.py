"""How far the simulated past of a demonstration base is: a line on the overview while it is being filled in.

Harvests have their turn when all points have their past.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from django.conf import settings

from devices.samples import Origin
from greenhouse.clock import span
from greenhouse.console.values.payloads import PointState
from greenhouse.harvest import simulated
from greenhouse.site.structure import BaseStructure
from greenhouse.telemetry import backfill

STANDS_STILL_AFTER: Final = timedelta(minutes=5)


class Past(StrEnum):
    """What is being filled in."""

    HISTORY = "history"
    HARVESTS = "harvests"


@dataclass(frozen=True, slots=True)
class FillingIn:
    """The line.

    Attributes
    ----------
    what : Past
    done, total : int
        Points, or crop cycles.
    since : datetime or None
        Nothing was stored since then, longer than it should take; None while it goes on.
    """

    what: Past
    done: int
    total: int
    since: datetime | None


def filling_in(base: BaseStructure, states: Mapping[str, PointState], *, now: datetime) -> FillingIn | None:
    """The line; None on a base that measures anything, where it is switched off, and once it is complete."""
    own = [states[key] for key, point in base.points.items() if key in states and not point.is_virtual]
    if settings.DEMO_HISTORY_DAYS == 0 or any(state["origin"] != Origin.SIMULATED.value for state in own):
        return None
    points = backfill.progress({point.id for point in base.points.values()})
    if points.done < points.total:
        return _line(Past.HISTORY, points, now)
    cycles = simulated.progress()
    return _line(Past.HARVESTS, cycles, now) if cycles.done < cycles.total else None


def _line(what: Past, progress: backfill.Progress | simulated.Progress, now: datetime) -> FillingIn:
    stored_at = progress.stored_at
    is_still = stored_at is not None and now - stored_at > span(STANDS_STILL_AFTER)
    return FillingIn(what, progress.done, progress.total, stored_at if is_still else None)
