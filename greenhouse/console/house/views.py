"""The page of a compartment, the page of what serves the whole base, and their live parts."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from greenhouse.clock import moment_now, utc_now
from greenhouse.console.alarms.alarms import listed_in
from greenhouse.console.changes import changes
from greenhouse.console.house import actuators
from greenhouse.console.house.decisions import said_decisions
from greenhouse.console.house.house import (
    PERIODS_H,
    USUAL_PERIOD_H,
    HousePage,
    Place,
    house_page,
    neighbors,
    place_of,
    shared_place,
)
from greenhouse.console.page.base import with_base
from greenhouse.console.page.context import live_page
from greenhouse.console.page.topics import BASE_TOPIC, house_topic
from greenhouse.console.values.states import point_states
from greenhouse.site.structure import BaseStructure, CompartmentStructure
from greenhouse.telemetry import sample_time, series

PARTS = {
    "alarms": "console/alarms/_place_alarms.html",
    "actuators": "console/house/_actuators.html",
    "setpoints": "console/house/_place_setpoints.html",
    "changes": "console/changes/_changes.html",
    "values": "console/house/_place_values.html",
}
"""Parts of the page that are asked for again while it is open, and their templates."""


@require_safe
@with_base
def show_house(request: HttpRequest, base: BaseStructure, key: str) -> HttpResponse:
    """One compartment: its curves, its values, what moves in it, and everything that can be set."""
    place = _known(base, key)
    around = neighbors(base, key)
    return _page(request, base, place, topic=house_topic(key), around=around)


@require_safe
@with_base
def show_equipment(request: HttpRequest, base: BaseStructure) -> HttpResponse:
    """What serves the whole base, with everything that can be set on it."""
    return _page(request, base, shared_place(base), topic=BASE_TOPIC, around=None)


@require_safe
@with_base
def house_part(request: HttpRequest, base: BaseStructure, key: str, part: str) -> HttpResponse:
    """A part of the page of a compartment, for a live page."""
    return _part(request, base, _known(base, key), part)


@require_safe
@with_base
def equipment_part(request: HttpRequest, base: BaseStructure, part: str) -> HttpResponse:
    """A part of the page of what serves the whole base, for a live page."""
    return _part(request, base, shared_place(base), part)


def _known(base: BaseStructure, key: str) -> Place:
    place = place_of(base, key)
    if place is None:
        raise Http404(key)
    return place


def _page(
    request: HttpRequest,
    base: BaseStructure,
    place: Place,
    *,
    topic: str,
    around: tuple[CompartmentStructure, CompartmentStructure] | None,
) -> HttpResponse:
    now, states = sample_time.look(utc_now()), point_states(series.latest())
    page = house_page(base, place, states, hours=_hours(request), now=now)
    newest = max((states[key]["at"] for key in place.points if key in states), default=None)
    return render(
        request,
        "console/house/house.html",
        {
            **live_page(base, topic, is_simulated=page.is_simulated, now=now),
            **_of(base, page, tuple(PARTS)),
            "around": around,
            "newest": newest,
            "hours": _hours(request),
            "periods": PERIODS_H.items(),
            "parts": {part: _address(place, part) for part in PARTS},
        },
    )


def _part(request: HttpRequest, base: BaseStructure, place: Place, part: str) -> HttpResponse:
    now = sample_time.look(utc_now())
    page = house_page(base, place, point_states(series.latest()), hours=USUAL_PERIOD_H, now=now)
    return render(request, PARTS[part], _of(base, page, (part,)))


def _of(base: BaseStructure, page: HousePage, parts: tuple[str, ...]) -> dict[str, object]:
    """What the templates of these parts need."""
    now = sample_time.look(utc_now())
    found: dict[str, object] = {"page": page, "now": now}
    decisions = said_decisions(page.place.key, now=now) if {"actuators", "setpoints"} & set(parts) else {}
    if "alarms" in parts:
        found["alarms"] = listed_in(base, page.place.key)
    if "actuators" in parts:
        found["actuators"] = actuators.grouped(actuators.rows(base, page.actuators, decisions, now=moment_now()))
    if "setpoints" in parts:
        keys = [reading.key for device in page.setpoints for reading in device.readings]
        known = actuators.asked(base, keys, now=moment_now())
        found["setpoints"] = [
            (device.device, [(reading, known[reading.key], decisions.get(reading.key)) for reading in device.readings])
            for device in page.setpoints
        ]
    if "changes" in parts:
        found["changes"] = changes.newest(base, of=page.place.points.keys())
    return found


def _address(place: Place, part: str) -> str:
    if place.key is None:
        return reverse("console:equipment_part", args=[part])
    return reverse("console:house_part", args=[place.key, part])


def _hours(request: HttpRequest) -> int:
    wanted = request.GET.get("hours", "")
    return int(wanted) if wanted in map(str, PERIODS_H) else USUAL_PERIOD_H
