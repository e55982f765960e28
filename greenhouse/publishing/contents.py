"""What is written at one publication: rounded values with quality, origin and age, and the course of a day. Pure."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from devices.samples import Origin, Quality, Sample
from greenhouse.publishing.choosing import Choice, ChosenValue
from greenhouse.publishing.published_list import Combine
from greenhouse.telemetry.buckets import Buckets
from greenhouse.telemetry.codes import from_ms, to_ms

STEP = timedelta(minutes=10)
"""Between two means of a course."""
COURSE = timedelta(hours=24)
LEAST_KNOWN = 0.5
"""Share of a step's time that must be known for a mean of it."""
LATEST_BEGIN = timedelta(minutes=30)
"""A count since midnight that begins later than that is not the day's."""


@dataclass(frozen=True, slots=True)
class PublicValue:
    """One value as it is published. ``value`` is None where none may be believed."""

    name: str
    place: int | None
    value: float | None
    unit: str
    quality: str
    origin: str
    observed_at: datetime


@dataclass(frozen=True, slots=True)
class PublicCourse:
    """The course of a value over the last day. A mean is None where nothing is known."""

    name: str
    unit: str
    origin: str
    begins_at: datetime
    means: tuple[float | None, ...]


def rounded(value: float, step: float) -> float:
    """The nearest multiple of a step; halves go up."""
    multiple = math.floor(value / step + 0.5) * step
    return round(multiple, 6) + 0.0  # no negative zero, no 18.400000000000002


def public_values(choice: Choice, samples: Mapping[str, Sample]) -> list[PublicValue]:
    """The newest values of a choice, but for what is counted since midnight. What was never seen is left out."""
    return [
        value
        for chosen in choice.values
        if chosen.entry.since is None and (value := _public_value(chosen, samples)) is not None
    ]


def _public_value(chosen: ChosenValue, samples: Mapping[str, Sample]) -> PublicValue | None:
    found = [samples[point.key] for point in chosen.points if point.key in samples]
    if chosen.entry.combine is Combine.FIRST:
        found = found[:1]
    if not found or (len(found) < len(chosen.points) and chosen.entry.combine is Combine.HIGHEST):
        return None
    usable = [sample.value for sample in found if sample.quality is not Quality.BAD and sample.value is not None]
    is_whole = len(usable) == len(found)
    quality = max(sample.quality for sample in found) if is_whole else Quality.BAD
    return PublicValue(
        name=chosen.entry.name,
        place=chosen.place,
        value=rounded(float(max(usable)), chosen.entry.step) if is_whole else None,
        unit=found[0].unit.value,
        quality=quality.name.lower(),
        origin=_weakest(sample.origin for sample in found).value,
        observed_at=min(sample.observed_at for sample in found),
    )


def _weakest(origins: Iterable[Origin]) -> Origin:
    """What is least measured of all: one simulated part makes the whole simulated."""
    order = (Origin.MEASURED, Origin.MANUAL, Origin.ESTIMATED, Origin.SIMULATED)
    return max(origins, key=order.index)


def public_courses(
    choice: Choice, found: Mapping[str, Buckets], samples: Mapping[str, Sample], *, begins_at: datetime
) -> list[PublicCourse]:
    """The course of each value of the base and of the featured place that has one.

    Parameters
    ----------
    found : mapping of point key to Buckets
        Of ``STEP``, the first one at ``begins_at``.
    samples : mapping
        The newest values, which say where a point's values come from.
    """
    courses = []
    for chosen in choice.drawn:
        point = chosen.points[0]
        sample = samples.get(point.key)
        if sample is not None:
            means = _means(found[point.key], chosen.entry.step, to_ms(begins_at)) if point.key in found else ()
            courses.append(PublicCourse(chosen.entry.name, point.unit.value, sample.origin.value, begins_at, means))
    return courses


def _means(buckets: Buckets, step: float, begins_ms: int) -> tuple[float | None, ...]:
    step_ms = STEP // timedelta(milliseconds=1)
    means: list[float | None] = [None] * (COURSE // STEP)
    columns = (buckets.start_ms.tolist(), buckets.mean.tolist(), buckets.covered_ms.tolist())
    for start_ms, mean, covered_ms in zip(*columns, strict=True):
        position = (start_ms - begins_ms) // step_ms
        if 0 <= position < len(means) and covered_ms >= LEAST_KNOWN * step_ms and math.isfinite(mean):
            means[position] = rounded(mean, step)
    return tuple(means)


def counted_since(
    choice: Choice, found: Mapping[str, Buckets], samples: Mapping[str, Sample], *, midnight: datetime
) -> list[PublicValue]:
    """What has been counted since midnight. None where a count cannot be believed: it fell, or it began late."""
    values = []
    for chosen in choice.counted:
        point = chosen.points[0]
        sample = samples.get(point.key)
        if sample is None:
            continue
        counted = _increase(found[point.key], midnight) if point.key in found else None
        values.append(
            PublicValue(
                name=chosen.entry.name,
                place=chosen.place,
                value=None if counted is None else rounded(counted, chosen.entry.step),
                unit=point.unit.value,
                quality=(Quality.BAD if counted is None else sample.quality).name.lower(),
                origin=sample.origin.value,
                observed_at=sample.observed_at,
            )
        )
    return values


def _increase(buckets: Buckets, midnight: datetime) -> float | None:
    today = buckets.between(to_ms(midnight), 2**62)
    readings: list[float] = [
        value for pair in zip(today.minimum.tolist(), today.maximum.tolist(), strict=True) for value in pair
    ]
    readings = [value for value in readings if math.isfinite(value)]
    if not readings or from_ms(int(today.start_ms[0])) - midnight > LATEST_BEGIN or not _never_falls(readings):
        return None
    return readings[-1] - readings[0]


def _never_falls(readings: Sequence[float]) -> bool:
    return all(later >= earlier for earlier, later in itertools.pairwise(readings))
