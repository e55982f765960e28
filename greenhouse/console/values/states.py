"""Stored samples as pages and frames carry them, and how all points of the base stand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from devices.samples import Freshness, Origin, Quality, Sample, freshness
from greenhouse.clock import pace
from greenhouse.commands.target import CONTROL_LOCATION
from greenhouse.console.values.payloads import Counts, PointState, Waiting
from greenhouse.site.structure import PointStructure
from greenhouse.telemetry.codes import to_ms

OPERATING_MODE = "operating_mode"
"""Key of the mode of a controller, within its device."""


def point_state(sample: Sample) -> PointState:
    """One sample as a page takes it."""
    return PointState(
        value=None if sample.value is None else float(sample.value),
        quality=sample.quality.name.lower(),
        reason=sample.reason.name.lower(),
        origin=sample.origin.value,
        at=to_ms(sample.observed_at),
    )


def point_states(samples: Mapping[str, Sample]) -> dict[str, PointState]:
    """Samples by point, as a page takes them."""
    return {key: point_state(sample) for key, sample in samples.items()}


def is_simulated(states: Mapping[str, PointState]) -> bool:
    """Whether any of these values comes from a simulated device."""
    return any(state["origin"] == Origin.SIMULATED.value for state in states.values())


def count_points(
    points: Iterable[PointStructure], states: Mapping[str, PointState], *, waiting: Waiting, alarms: str, now: datetime
) -> Counts:
    """How the polled points stand. Points that are only written, and never read, are none of them."""
    polled = [point for point in points if point.access.can_read]
    kinds = Counter(standing(point, states.get(point.key), now=now) for point in polled)
    return Counts(
        points=len(polled),
        live=kinds[Freshness.LIVE.value],
        late=kinds[Freshness.LATE.value],
        stale=kinds[Freshness.STALE.value],
        dead=kinds[Freshness.DEAD.value],
        bad=kinds[_BAD],
        pending=waiting.pending,
        approvals=waiting.approvals,
        manual=waiting.manual,
        ending=waiting.ending,
        by_hand=_count_in_state(polled, states, local_key=OPERATING_MODE, name="manual", now=now),
        local=_count_in_state(polled, states, local_key=CONTROL_LOCATION, name="local", now=now),
        alarms=alarms,
        newest=max((states[point.key]["at"] for point in polled if point.key in states), default=None),
    )


def _count_in_state(
    points: Iterable[PointStructure], states: Mapping[str, PointState], *, local_key: str, name: str, now: datetime
) -> int:
    """How many points of this key are in the state that profiles call so, as far as that may be believed."""
    return sum(
        any(number == state["value"] and en == name for number, _zh, en in point.states)
        for point in points
        if point.local_key == local_key
        and (state := states.get(point.key)) is not None
        and standing(point, state, now=now) not in {_BAD, Freshness.DEAD.value}
    )


_BAD = Quality.BAD.name.lower()


def standing(point: PointStructure, state: PointState | None, *, now: datetime) -> str:
    """Freshness of a value, or ``bad`` for a recent one of bad quality."""
    if state is None:
        return Freshness.DEAD.value
    age = timedelta(seconds=now.timestamp() - state["at"] / 1000)
    fresh = freshness(age=age, interval_s=point.poll_s, pace=pace())
    if state["quality"] == _BAD and fresh in {Freshness.LIVE, Freshness.LATE}:
        return _BAD
    return fresh.value
