"""Whether a further try may still be sent: what the controller holds is what the request was decided upon.

Somebody on site may have set another value since the first try. They stood before the crop; an old wish does not
write over what they did.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import timedelta

from devices.samples import Freshness, Quality
from greenhouse.commands import on_site
from greenhouse.commands.checks import Code, Target, Verdict, agree
from greenhouse.commands.lifecycle import State
from greenhouse.commands.models import CommandRequest
from greenhouse.deadlines import Moment
from greenhouse.site import structure
from greenhouse.site.structure import PointStructure
from greenhouse.telemetry import sample_time


def doubt(request: CommandRequest, target: Target | None, now: Moment) -> Verdict | None:
    """Why a further try is not sent: ``SET_ON_SITE``, or ``NOT_READ_BACK`` where nobody knows. None: it may be.

    Expected are the value in force when the request was decided, the one that was asked for, and what an earlier try
    was answered with. Where nothing can be read back nothing can be compared.
    """
    if request.retry_of is None or target is None or target.readback is None:
        return None
    value = _read_since(request.retry_of, target, now)
    if value is None:
        return Verdict(Code.NOT_READ_BACK)
    expected = [request.previous_value, request.value, *(one.readback_value for one in _earlier(request))]
    if any(agree(value, put, tolerance=target.tolerance) for put in expected):
        return None
    return Verdict(Code.SET_ON_SITE, {"current": value, "unit": target.unit})


def may_be_on_its_way(request: CommandRequest, point: PointStructure, value: float, now: Moment) -> bool:
    """Whether a value that nobody expected may come from an earlier try: the controller is still on its way there."""
    sent = (one for one in _earlier(request) if one.state in {State.TIMEOUT, State.UNVERIFIABLE})
    return any(on_site.may_be_ours(point, one, value, now) for one in sent)


def _earlier(request: CommandRequest) -> Iterator[CommandRequest]:
    """The tries before this one, the newest first."""
    one = request.retry_of
    while one is not None:
        yield one
        one = one.retry_of


def _read_since(before: CommandRequest, target: Target, now: Moment) -> float | None:
    """What the controller holds by a live read-back that is younger than the end of the try before; None: unknown."""
    sample = target.confirmed
    if sample is None or sample.value is None or sample.quality is Quality.BAD or not math.isfinite(sample.value):
        return None
    readback = structure.point(sample.point)
    at = sample_time.look(now.wall)
    if readback is None:
        return None
    if target.pacing.freshness(sample.observed_at, interval_s=readback.poll_s, at=at) is not Freshness.LIVE:
        return None
    # Two ages, not two times: samples and requests may go by different clocks. A clock set back tells no age.
    ended_ago = now.wall - before.state_at
    return None if timedelta(0) <= ended_ago < at - sample.observed_at else float(sample.value)
