"""What stands where, and what the points are."""

from __future__ import annotations

from typing import Annotated

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as N_
from ninja import Path, Query, Router
from pydantic import Field

from devices.units import Quantity
from greenhouse.access.tokens import Scope
from greenhouse.api import paging
from greenhouse.api.callers import needs
from greenhouse.api.edge import with_tag
from greenhouse.api.problems import Problem, ProblemKind
from greenhouse.api.shapes import (
    BaseOut,
    CompartmentOut,
    DeviceOut,
    HouseOut,
    Key,
    LineOut,
    Names,
    PointKey,
    PointOut,
    PointsOut,
    Range,
    RecordOut,
    StateOut,
)
from greenhouse.site import equipment
from greenhouse.site.current import current_base
from greenhouse.site.display import unit_sign
from greenhouse.site.equipment import Equipment
from greenhouse.site.structure import HouseStructure, PointStructure

router = Router(tags=["base"])

Cursor = Annotated[str, Field(default="", max_length=paging.LONGEST_CURSOR)]
Limit = Annotated[int, Field(default=paging.USUAL_ITEMS, ge=1, le=paging.MOST_ITEMS)]


@router.get(
    "/base",
    auth=needs(Scope.READ),
    response=BaseOut,
    operation_id="base",
    summary=N_("Structure of the base"),
    description=N_(
        "Houses, compartments, lines and devices. With an ETag: it changes only when a base file is loaded."
    ),
)
def base(request: HttpRequest) -> HttpResponse:
    """Houses, compartments, lines and devices."""
    found = current_base()
    return with_tag(
        request,
        BaseOut(
            revision=found.revision,
            key=found.key,
            name=Names(zh=found.name_zh, en=found.name_en),
            latitude_deg=found.latitude_deg,
            longitude_deg=found.longitude_deg,
            elevation_m=found.elevation_m,
            time_zone=found.time_zone,
            houses=[_house_out(house) for house in found.houses],
            lines=[
                LineOut(key=line.key, name=Names(zh=line.name_zh, en=line.name_en), kind=line.kind)
                for line in equipment.lines()
            ],
            devices=[_device_out(device) for device in equipment.equipment()],
        ),
    )


@router.get(
    "/points",
    auth=needs(Scope.READ),
    response=PointsOut,
    operation_id="points",
    summary=N_("What is measured and set"),
    description=N_("Points with unit, ranges, limits and record policy, in the order of their keys, in pages."),
)
def points(
    request: HttpRequest,
    *,
    compartment: Annotated[Key | None, Query(description=N_("Only of this compartment."))] = None,
    device: Annotated[Key | None, Query(description=N_("Only of this device."))] = None,
    quantity: Annotated[Quantity | None, Query(description=N_("Only of this quantity."))] = None,
    cursor: Annotated[Cursor, Query()] = "",
    limit: Annotated[Limit, Query()] = paging.USUAL_ITEMS,
) -> HttpResponse:
    """Points, in the order of their keys."""
    after = paging.decode(cursor, 1)[0] if cursor else ""
    found = [
        point
        for key, point in sorted(current_base().points.items())
        if key > after
        and compartment in {None, point.compartment}
        and device in {None, point.device}
        and quantity in {None, point.quantity}
    ]
    page, following = paging.split(found, limit, lambda point: paging.encode(point.key))
    return with_tag(request, PointsOut(items=[point_out(point) for point in page], next=following))


@router.get(
    "/points/{point}",
    auth=needs(Scope.READ),
    response=PointOut,
    operation_id="point",
    summary=N_("One point"),
    description=N_("What it is, and what may be done with it."),
)
def point(request: HttpRequest, point: Annotated[PointKey, Path()]) -> HttpResponse:
    """One point."""
    return with_tag(request, point_out(known_point(point)))


def known_point(key: str) -> PointStructure:
    """The point with this key.

    Raises
    ------
    Problem
        If there is none.
    """
    found = current_base().points.get(key)
    if found is None:
        raise unknown_point(key)
    return found


def unknown_point(key: str) -> Problem:
    """There is no such point."""
    detail = _("“%(key)s” is not part of the base, or it is switched off. /api/v1/points lists all.") % {"key": key}
    return Problem(ProblemKind.UNKNOWN_POINT, detail)


def point_out(point: PointStructure) -> PointOut:
    """A point as it goes out."""
    return PointOut(
        key=point.key,
        device=point.device,
        compartment=point.compartment,
        label=Names(zh=point.label_zh, en=point.label_en),
        quantity=point.quantity,
        unit=point.unit,
        unit_sign=unit_sign(point.unit),
        access=point.access,
        poll_s=point.poll_s,
        record=RecordOut(mode=point.record.mode, dead_band=point.record.dead_band, interval_s=point.record.interval_s),
        valid=_range(point.valid),
        limits=_range(point.limits),
        tolerance=point.tolerance,
        confirm_within_s=point.confirm_within_s,
        readback=point.readback,
        needs_approval=point.needs_approval,
        output_kind=point.output_kind,
        stopped_by=point.stopped_by,
        states=[StateOut(number=number, name=Names(zh=zh, en=en)) for number, zh, en in point.states],
        is_virtual=point.is_virtual,
    )


def _house_out(house: HouseStructure) -> HouseOut:
    return HouseOut(
        key=house.key,
        name=Names(zh=house.name_zh, en=house.name_en),
        kind=house.kind,
        area_m2=house.area_m2,
        compartments=[
            CompartmentOut(key=part.key, name=Names(zh=part.name_zh, en=part.name_en), area_m2=part.area_m2)
            for part in house.compartments
        ],
    )


def _device_out(device: Equipment) -> DeviceOut:
    return DeviceOut(
        key=device.key,
        name=Names(zh=device.name_zh, en=device.name_en),
        line=device.line,
        unit_id=device.unit_id,
        profile=device.profile,
        compartment=device.compartment,
        origin=device.origin,
    )


def _range(found: tuple[float, float] | None) -> Range | None:
    return None if found is None else Range(low=found[0], high=found[1])
