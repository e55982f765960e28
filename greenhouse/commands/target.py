"""What is known of a point that a request is for: its structure from the site, its newest samples from the store."""

from __future__ import annotations

from greenhouse.commands.checks import Target
from greenhouse.site import structure
from greenhouse.site.structure import PointStructure
from greenhouse.site.virtual_points import VIRTUAL_POLL_S, link_key
from greenhouse.telemetry import series

CONTROL_LOCATION = "control_location"
"""Key, within a device, of its local/remote switch: 0 local, 1 remote."""


def read_target(point_key: str) -> tuple[PointStructure, Target] | None:
    """The point and its state now, or None if it is unknown or switched off."""
    point = structure.point(point_key)
    if point is None:
        return None
    link = "" if point.device is None else link_key(point.device)
    location = None if point.device is None else structure.point(f"{point.device}.{CONTROL_LOCATION}")
    location_key = "" if location is None else location.key
    readback = point.readback or ""
    newest = series.latest({link, location_key, readback} - {""})
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
        location=newest.get(location_key),
        location_interval_s=None if location is None else location.poll_s,
        confirmed=newest.get(readback),
    )
