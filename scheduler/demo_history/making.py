"""Which points of a simulated base lack their past, and making it, a point at a time. Writes nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from devices.samples import Origin
from greenhouse.forecast.season import MakeHouse
from greenhouse.site import structure
from greenhouse.site.basefile.schema import BaseFile
from greenhouse.site.point_index import PointIndex
from greenhouse.telemetry import backfill
from greenhouse.telemetry.backfill import Past, kept_days, past_of
from greenhouse.telemetry.codes import from_ms
from greenhouse.telemetry.levels import day_of
from greenhouse.telemetry.packing import PointTraits
from greenhouse.telemetry.retention import Retention
from scheduler.demo_history.shown import in_register
from scheduler.demo_history.year import STEP_MS, BaseYear, Floats, Ints, PointPast

SAMPLE_DAYS = 14


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be made.

    Attributes
    ----------
    days : int
        Of roll-ups. The last ``SAMPLE_DAYS`` have samples as well.
    seed : int
        That of the simulated base.
    keep : Retention
        Nothing is made that would be deleted at once.
    now : datetime
        Aware.
    """

    days: int
    seed: int
    keep: Retention
    now: datetime


@dataclass(frozen=True, slots=True)
class Left:
    """Points of a simulated base.

    Attributes
    ----------
    done : int
        That have their past.
    until_ms : mapping of key to int
        Of those that lack it: when they recorded their first own sample.
    silent : tuple of str
        Those that recorded nothing yet: their past begins to lack when they do.
    """

    done: int
    until_ms: Mapping[str, int]
    silent: tuple[str, ...]

    @property
    def total(self) -> int:
        """All of them."""
        return self.done + len(self.until_ms) + len(self.silent)


def refusal(base_file: BaseFile) -> str | None:
    """Why a base is given no past: a device on it is not simulated. None: it may be."""
    for device in base_file.devices:
        if device.enabled and device.origin is not Origin.SIMULATED:
            return (
                f"{device.key} is not simulated (its origin is {device.origin}): a base that measures anything is "
                "never given a past that nobody measured"
            )
    return None if base_file.devices else f"{base_file.base.key}: there is no device in this base"


def what_is_left(base_file: BaseFile, index: PointIndex) -> Left:
    """How far the pasts of a base are made."""
    keys = _points(base_file)
    done, firsts = backfill.stored_points(), backfill.first_own_ms()
    lacking = [key for key in keys if key in index.ids and index.ids[key] not in done]
    return Left(
        done=sum(index.ids[key] in done for key in keys if key in index.ids),
        until_ms={key: firsts[index.ids[key]] for key in lacking if index.ids[key] in firsts},
        silent=tuple(key for key in lacking if index.ids[key] not in firsts),
    )


def make(
    base_file: BaseFile, until_ms: Mapping[str, int], wanted: Wanted, index: PointIndex, make_house: MakeHouse
) -> Iterator[Past]:
    """The pasts of some points, one after the other.

    Points that began on the same day share a year: one that came later has one of its own.
    """
    traits = PointTraits(index)
    values = backfill.first_own_values({index.ids[key]: at_ms for key, at_ms in until_ms.items()})
    by_day: defaultdict[int, list[str]] = defaultdict(list)
    for key, at_ms in until_ms.items():
        by_day[day_of(at_ms)].append(key)
    for keys in by_day.values():
        until = from_ms(max(until_ms[key] for key in keys))
        year = BaseYear(base_file, until=until, seed=wanted.seed, make_house=make_house, days=wanted.days)
        for shown in year.pasts(keys):
            point_id, at_ms = index.ids[shown.key], until_ms[shown.key]
            ts_ms, shown_values = _before(shown, at_ms, values.get(point_id))
            every = max(1, round(1000.0 * index.longest_gaps_s[shown.key] / STEP_MS))
            kept = kept_days(at_ms, rollup_days=wanted.days, sample_days=SAMPLE_DAYS, keep=wanted.keep, now=wanted.now)
            yield past_of(point_id, ts_ms[::every], shown_values[::every], traits, until_ms=at_ms, kept=kept)


def _before(shown: PointPast, until_ms: int, own_value: float | None) -> tuple[Ints, Floats]:
    """What a point showed up to its own first sample, whose value is ``own_value``."""
    is_before = shown.ts_ms < until_ms
    ts_ms = shown.ts_ms[is_before]
    if shown.values is not None:
        return ts_ms, shown.values[is_before]
    if own_value is None:  # it never showed anything, or nobody knows where its meter stood
        return ts_ms[:0], np.empty(0)
    if shown.counted is None:
        return ts_ms, np.full(len(ts_ms), own_value)
    total = in_register(own_value - np.cumsum(shown.counted[is_before][::-1])[::-1], shown.spec)
    # A meter that stands at less than the year has counted was not there before. The step of its register must not
    # put it above where it stands now.
    is_there = (total >= 0.0) & (total <= own_value)
    return ts_ms[is_there], total[is_there]


def _points(base_file: BaseFile) -> list[str]:
    """Enabled points of the base that are read from simulated devices."""
    enabled = {point.key for point in structure.all_points() if not point.is_virtual}
    keys = [
        f"{device.key}.{point.key}"
        for device in base_file.devices
        if device.enabled
        for point in device.profile.points
        if point.access.can_read
    ]
    return [key for key in keys if key in enabled]
