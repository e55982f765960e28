"""Changes made at the controller: found by comparing what is read there with what was last known to be in force.

Without them, "last changed by" would go on naming a person whose value somebody has changed on site since.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta

from devices.profiles.schema import OutputKind
from devices.samples import Quality, Sample
from greenhouse.commands.checks import Code, Verdict
from greenhouse.commands.lifecycle import UNDER_WAY, State
from greenhouse.commands.models import CommandRequest, InForce
from greenhouse.commands.sources import ON_SITE, Source
from greenhouse.commands.steps import Hand, begin
from greenhouse.commands.stored_deadlines import columns
from greenhouse.deadlines import Moment, deadline_after
from greenhouse.fencing import UNFENCED, Fence
from greenhouse.site.structure import PointStructure
from greenhouse.telemetry import series

PAUSE = timedelta(seconds=60)
"""A register that changes all the time is recorded once in so long, from the last recorded value to the present one."""
_KINDS = frozenset({OutputKind.SETPOINT, OutputKind.MODE})
_HAND = Hand("controller", ON_SITE)


def watched(points: Collection[PointStructure]) -> list[PointStructure]:
    """The points whose changes on site are recorded: setpoints and modes that can be read back."""
    return [point for point in points if point.output_kind in _KINDS and point.readback and point.is_writable]


def note_changes(points: Collection[PointStructure], now: Moment, *, fence: Fence = UNFENCED) -> int:
    """Record what has changed at the controllers without a request of ours. Returns how many changes there were.

    Parameters
    ----------
    points : collection of PointStructure
        From `watched`.
    """
    newest = series.latest({point.readback for point in points if point.readback})
    known = {row.point_key: row for row in InForce.objects.filter(point_key__in=[point.key for point in points])}
    busy = set(CommandRequest.objects.filter(ended_at=None, state__in=UNDER_WAY).values_list("point_key", flat=True))
    first: list[InForce] = []
    changed = 0
    for point in points:
        sample = newest.get(point.readback or "")
        value = None if sample is None else _usable(sample)
        if sample is None or value is None or point.key in busy:
            continue
        row = known.get(point.key)
        if row is None:
            first.append(InForce(point_key=point.key, value=value, at=sample.observed_at))
        elif abs(value - row.value) > (point.tolerance or 0.0) and sample.observed_at > row.at:
            changed += _note(point, row, value, sample, now=now, fence=fence)
    InForce.objects.bulk_create(first, ignore_conflicts=True)
    return changed


def _usable(sample: Sample) -> float | None:
    """The value of a sample that can be compared; None if it has none."""
    if sample.value is None or sample.quality is Quality.BAD or not math.isfinite(sample.value):
        return None
    return float(sample.value)


def _note(point: PointStructure, row: InForce, value: float, sample: Sample, *, now: Moment, fence: Fence) -> bool:
    if late := _ours_after_all(point, row, value):
        InForce.objects.filter(pk=row.pk).update(value=value, at=sample.observed_at, request=late)
        return False
    last_on_site = CommandRequest.objects.filter(
        point_key=point.key, source=Source.CONTROLLER, state_at__gt=now.wall - PAUSE, state_at__lte=now.wall
    )
    if last_on_site.exists():
        return False
    request = CommandRequest(
        point_key=point.key,
        value=value,
        unit=point.unit.value,
        previous_value=row.value,
        previous_at=row.at,
        source=Source.CONTROLLER.value,
        actor=ON_SITE,
        state=State.CONFIRMED.value,
        created_at=sample.observed_at,
        state_at=sample.observed_at,
        ended_at=sample.observed_at,
        verdict=Code.CHANGED_ON_SITE.value,
        readback_value=value,
        **columns("expires_at", deadline_after(now, timedelta(0))),
    )
    begin(request, replace(_HAND, fence=fence), now=now, verdict=Verdict(Code.CHANGED_ON_SITE))
    return True


def _ours_after_all(point: PointStructure, row: InForce, value: float) -> CommandRequest | None:
    """A request of ours that was not confirmed in time, but whose value the controller has taken since."""
    ended = CommandRequest.objects.filter(
        point_key=point.key, state__in=(State.TIMEOUT, State.UNVERIFIABLE), state_at__gte=row.at
    )
    # Any of them, not the newest alone: of two that were interrupted, the second may never have left.
    same = (
        request for request in ended.order_by("-state_at") if abs(request.value - value) <= (point.tolerance or 0.0)
    )
    return next(same, None)
