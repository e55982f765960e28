"""Changes made at the controller: found by comparing what is read there with what was last known to be in force.

Without them, "last changed by" would go on naming a person whose value somebody has changed on site since.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta

from django.db.models import Max, OuterRef, Subquery

from devices.profiles.outputs import OutputKind
from devices.samples import Quality, Sample
from greenhouse.commands.checks import Code, Verdict, agree
from greenhouse.commands.lifecycle import UNDER_WAY, State
from greenhouse.commands.models import CommandEvent, CommandRequest, InForce
from greenhouse.commands.sources import ON_SITE, Source
from greenhouse.commands.steps import Hand, begin
from greenhouse.deadlines import Moment, deadline_after
from greenhouse.fencing import UNFENCED, Fence
from greenhouse.site.structure import PointStructure
from greenhouse.stored_deadlines import columns, stored
from greenhouse.telemetry import series

PAUSE = timedelta(seconds=60)
"""A register that changes all the time is recorded once in so long, from the last recorded value to the present one."""
POLLS_TO_SETTLE = 2
"""So many polls after a write that was given up, a third value may still be the controller on its way."""
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
        elif not agree(value, row.value, tolerance=point.tolerance) and sample.observed_at > row.at:
            changed += _note(point, row, value, sample, now=now, fence=fence)
    InForce.objects.bulk_create(first, ignore_conflicts=True)
    return changed


def may_be_ours(point: PointStructure, request: CommandRequest, value: float, now: Moment) -> bool:
    """Whether a third value may come from a request that was given up: taken otherwise, or still on its way."""
    if agree(value, request.readback_value, tolerance=point.tolerance):
        return True
    answer_by = stored(request, "answer_by")
    settles = timedelta(seconds=(point.confirm_within_s or 0.0) + POLLS_TO_SETTLE * point.poll_s)
    return answer_by is not None and answer_by.remaining(now) + now.span(settles) > timedelta(0)


def _usable(sample: Sample) -> float | None:
    """The value of a sample that can be compared; None if it has none."""
    if sample.value is None or sample.quality is Quality.BAD or not math.isfinite(sample.value):
        return None
    return float(sample.value)


def _note(point: PointStructure, row: InForce, value: float, sample: Sample, *, now: Moment, fence: Fence) -> bool:
    given_up = _given_up(point, row)
    # Any of them, not the newest alone: of two that were interrupted, the second may never have left.
    late = next((one for one in given_up if agree(one.value, value, tolerance=point.tolerance)), None)
    if late is not None:
        InForce.objects.filter(pk=row.pk).update(value=value, at=sample.observed_at, request=late)
        return False
    if any(may_be_ours(point, request, value, now) for request in given_up):
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
        state_at=now.wall,
        ended_at=now.wall,
        verdict=Code.CHANGED_ON_SITE.value,
        readback_value=value,
        **columns("expires_at", deadline_after(now, timedelta(0))),
    )
    begin(request, replace(_HAND, fence=fence), now=now, verdict=Verdict(Code.CHANGED_ON_SITE))
    return True


def _given_up(point: PointStructure, row: InForce) -> list[CommandRequest]:
    """Requests of ours whose end is not known, newer than what is known to be in force; the newest first."""
    own_steps = CommandEvent.objects.filter(request=OuterRef("pk")).order_by("-id")
    ended = CommandRequest.objects.filter(point_key=point.key, state__in=(State.TIMEOUT, State.UNVERIFIABLE))
    ended = ended.annotate(last_step=Subquery(own_steps.values("id")[:1])).order_by("-last_step")
    if row.request_id is None:
        return list(ended)
    # By the order of steps: the clocks of samples and of requests do not compare.
    since = CommandEvent.objects.filter(request=row.request_id).aggregate(id=Max("id"))["id"] or 0
    return list(ended.filter(last_step__gt=since))
