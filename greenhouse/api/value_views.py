"""The newest values."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, TypeVar

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as N_
from ninja import Query, Router
from pydantic import Field

from devices.samples import Freshness, Sample, freshness
from greenhouse.access.tokens import Scope
from greenhouse.api.base_views import unknown_point
from greenhouse.api.callers import needs
from greenhouse.api.edge import with_tag
from greenhouse.api.input_faults import fault, printable
from greenhouse.api.shapes import Key, LatestListOut, LatestOut
from greenhouse.clock import moment_now, pace
from greenhouse.site.current import current_base
from greenhouse.site.structure import PointStructure
from greenhouse.telemetry import sample_time, series

router = Router(tags=["values"])

Point = TypeVar("Point")

LONGEST_LIST = 8000
PointList = Annotated[
    str,
    Field(
        max_length=LONGEST_LIST,
        examples=["h1-climate.air_temperature"],
    ),
]


@router.get(
    "/latest",
    auth=needs(Scope.READ),
    response=LatestListOut,
    operation_id="latest",
    summary=N_("Newest values"),
    description=N_(
        "Of all points, or of some: value, quality, where it comes from, its age and what that age means. The ETag "
        "changes when a value, its quality or its freshness does; the age alone changes nothing."
    ),
)
def latest(
    request: HttpRequest,
    *,
    points: Annotated[PointList | None, Query()] = None,
    compartment: Annotated[Key | None, Query(description=N_("Only of this compartment."))] = None,
) -> HttpResponse:
    """Newest values of points, in the order of their keys."""
    base = current_base()
    wanted = [
        point
        for point in (base.points.values() if points is None else asked_points(points, base.points.get))
        if compartment in {None, point.compartment}
    ]
    now = sample_time.look(moment_now().wall)
    found = series.latest() if points is None else series.latest([point.key for point in wanted])
    items = [_latest_out(point, found.get(point.key), now) for point in sorted(wanted, key=lambda point: point.key)]
    decides = "".join(item.model_dump_json(exclude={"age_s"}) for item in items)
    return with_tag(request, LatestListOut(at=now, items=items), decides=f"{base.revision}{decides}")


def asked_points(text: str, find: Callable[[str], Point | None], *, most: int | None = None) -> list[Point]:
    """The points of a list of keys, each once, in the order in which they were asked for.

    Parameters
    ----------
    find : callable
        The point of a key, or None.
    most : int, optional
        So many at most.

    Raises
    ------
    Problem
        If one is unknown, there are none, or there are too many.
    """
    keys = list(dict.fromkeys(filter(None, (part.strip() for part in text.split(",")))))
    if not keys:
        raise fault("points", _("must name at least one point"))
    if most is not None and len(keys) > most:
        raise fault("points", _("must name at most %(most)s points, not %(n)s") % {"most": most, "n": len(keys)})
    found = [(key, find(key)) for key in keys]
    for key, point in found:
        if point is None:
            raise unknown_point(printable(key))
    return [point for _key, point in found if point is not None]


def _latest_out(point: PointStructure, sample: Sample | None, now: datetime) -> LatestOut:
    if sample is None:
        return LatestOut(
            point=point.key,
            value=None,
            unit=point.unit,
            quality=None,
            reason=None,
            origin=None,
            observed_at=None,
            age_s=None,
            freshness=Freshness.DEAD,
        )
    age = now - sample.observed_at
    value = sample.value
    return LatestOut(
        point=point.key,
        value=None if isinstance(value, float) and not math.isfinite(value) else value,
        unit=point.unit,
        quality=sample.quality.name.lower(),
        reason=sample.reason.name.lower(),
        origin=sample.origin,
        observed_at=sample.observed_at,
        age_s=round(age.total_seconds(), 3),
        freshness=freshness(age=age, interval_s=point.poll_s, pace=pace()),
    )
