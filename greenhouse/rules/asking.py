"""From decisions to stored requests: what is not in force yet is asked for, once, and not again for nothing.

A request is not made while another one of its point is open, while a person holds the point, or while the last ones for
the same value have failed a moment ago. Whether it may be sent the checks and interlocks decide, here and again at
dispatch.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from devices.samples import Quality
from greenhouse.commands import holds
from greenhouse.commands.checks import agree
from greenhouse.commands.errors import RequestError
from greenhouse.commands.models import CommandRequest
from greenhouse.commands.recording import recorded
from greenhouse.commands.situations import Samples, position_seen, seen_of
from greenhouse.commands.sources import CLIMATE_PROGRAM, Automatic, Source
from greenhouse.commands.submit import submit_setpoint
from greenhouse.commands.weather_limits import FULLY_UP_PCT, OPEN_PCT, SHUT_PCT
from greenhouse.deadlines import Moment
from greenhouse.fencing import UNFENCED, Fence
from greenhouse.rules.decided import Decided
from greenhouse.site.roles import BaseRoles
from greenhouse.site.structure import PointStructure

BY = Automatic(Source.PROGRAM, CLIMATE_PROGRAM)
PAUSES = tuple(timedelta(seconds=pause_s) for pause_s in (10, 60, 300, 900, 1800))
"""After each request for the same value, before it is asked for once more; the last one from then on."""
REMEMBERED = timedelta(hours=2)
"""How far back requests for the same value are counted."""
STEP = 0.5
"""Smaller differences from what is in force are none. [°C or %]"""


def ask(
    wanted: Sequence[Decided],
    roles: BaseRoles,
    samples: Samples,
    *,
    now: Moment,
    at: datetime,
    fence: Fence = UNFENCED,
) -> int:
    """Ask for everything that decisions want and that is not in force. Returns how many requests were stored."""
    missing = [found for found in wanted if is_missing(found, roles, samples, at)]
    if not missing:
        return 0
    keys = [found.point for found in missing]
    held = set(holds.active(now).filter(point_key__in=keys).values_list("point_key", flat=True))
    busy = set(CommandRequest.objects.filter(point_key__in=keys, ended_at=None).values_list("point_key", flat=True))
    earlier = _earlier(keys, now)
    stored = 0
    for found in missing:
        point = roles.points[found.point]
        value = value_of(point, found.decision.target)
        if value is None or found.point in held | busy or _is_too_soon(value, earlier.get(found.point, ()), now):
            continue
        stored += _ask(point, value, samples, now=now, fence=fence)
    return stored


def value_of(point: PointStructure, target: float | None) -> float | None:
    """What is written so that an output comes to a target, canonical unit of the point. None: nothing."""
    motion = point.motion
    if target is None or motion is None or not motion.takes_commands:
        return target
    return motion.opens_with if target >= OPEN_PCT else motion.shuts_with


def is_missing(found: Decided, roles: BaseRoles, samples: Samples, at: datetime) -> bool:
    """Whether what is decided is not in force, as far as is known; what is not known is asked for."""
    point, target = roles.points.get(found.point), found.decision.target
    if point is None or target is None:
        return False
    shown = roles.points.get(point.readback or point.key, point)
    told = seen_of(shown, samples, at=at).usable
    motion = point.motion
    if motion is None or not motion.takes_commands:
        return not agree(told, target, tolerance=max(STEP, point.tolerance or 0.0))
    position = position_seen(point, roles, samples, at=at).usable
    is_there = position is not None and (position >= FULLY_UP_PCT if target >= OPEN_PCT else position <= SHUT_PCT)
    return not is_there and told != value_of(point, target)


def _earlier(keys: Iterable[str], now: Moment) -> Mapping[str, list[CommandRequest]]:
    """Requests of programs for these points, newest first."""
    rows = CommandRequest.objects.filter(
        point_key__in=list(keys), actor=CLIMATE_PROGRAM, created_at__gt=now.wall - now.span(REMEMBERED)
    )
    found: dict[str, list[CommandRequest]] = {}
    for row in rows.order_by("-created_at"):
        found.setdefault(row.point_key, []).append(row)
    return found


def _is_too_soon(value: float, earlier: Sequence[CommandRequest], now: Moment) -> bool:
    """Whether the same value was asked for a moment ago, or is to be tried again anyway."""
    same = 0
    for request in earlier:
        if not agree(request.value, value, tolerance=STEP):
            break
        same += 1
    if same == 0:
        return False
    last = earlier[0]
    pause = now.span(PAUSES[min(same, len(PAUSES)) - 1])
    return last.retry_at is not None or now.wall - last.state_at < pause


def _ask(point: PointStructure, value: float, samples: Samples, *, now: Moment, fence: Fence) -> bool:
    sample = samples.get(point.readback or point.key)
    seen = None
    if sample is not None and sample.value is not None and sample.quality is not Quality.BAD:
        seen = float(sample.value)
    try:
        with recorded(now, fence=fence):
            submit_setpoint(
                point.key,
                value,
                by=BY,
                seen_value=seen,
                seen_at=None if sample is None else sample.observed_at,
                now=now,
            )
    except RequestError:
        return False  # nothing was stored; the page says why, and the next look asks again
    return True
