"""What is known of a point that a request is for: its structure from the site, its newest samples from the store."""

from __future__ import annotations

from greenhouse.clock import pacing
from greenhouse.commands.checks import Target
from greenhouse.site import structure
from greenhouse.site.point_index import index_of
from greenhouse.site.structure import PointStructure
from greenhouse.site.virtual_points import VIRTUAL_POLL_S, link_key
from greenhouse.telemetry import series

CONTROL_LOCATION = "control_location"
"""Key, within a device, of its local/remote switch: 0 local, 1 remote."""


def read_target(point_key: str) -> tuple[PointStructure, Target] | None:
    """The point and its state now, or None if it is unknown or switched off."""
    device = point_key.rpartition(".")[0]
    link, location = link_key(device), f"{device}.{CONTROL_LOCATION}"
    points = structure.points_of([point_key, link, location])
    point = points.get(point_key)
    if point is None:
        return None
    readback = point.readback or ""
    if readback and readback not in points:
        points |= structure.points_of([readback])
    newest = series.latest(points.keys(), index=index_of(points.values()))
    return point, Target(
        point=point.key,
        unit=point.unit.value,
        is_writable=point.is_writable,
        output_kind=point.output_kind,
        limits=point.limits,
        state_numbers=frozenset(number for number, _zh, _en in point.states),
        readback=point.readback,
        tolerance=point.tolerance or 0.0,
        link=newest.get(link),
        link_interval_s=VIRTUAL_POLL_S,
        location=newest.get(location),
        location_interval_s=points[location].poll_s if location in points else None,
        confirmed=newest.get(readback),
        needs_approval=point.needs_approval,
        quantity=point.quantity,
        pacing=pacing(),
    )
