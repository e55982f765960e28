"""The training page and the data of its chart, for those who may see what is true."""

from __future__ import annotations

import json
from collections.abc import Mapping
from zoneinfo import ZoneInfo

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from greenhouse.access.roles import Action, may
from greenhouse.clock import utc_now
from greenhouse.console.page.base import with_base
from greenhouse.console.page.context import live_page
from greenhouse.console.page.topics import training_topic
from greenhouse.console.training.comparison import ComparedPlace, compared_places, unveiled
from greenhouse.console.training.page import PERIODS_H, USUAL_PERIOD_H, training_page
from greenhouse.console.trends.chart import chart_data
from greenhouse.console.trends.query import BadQuery, read_query
from greenhouse.console.values.states import point_states
from greenhouse.site.structure import BaseStructure
from greenhouse.telemetry import sample_time, series


@require_safe
@with_base
def show_training(request: HttpRequest, base: BaseStructure) -> HttpResponse:
    """One compartment: its truths, what claims to show them, and which faults are on."""
    places = _places(request, base)
    place = _chosen(request, places)
    now, states = sample_time.look(utc_now()), point_states(series.latest(sorted(place.points)))
    hours = _hours(request)
    context = {
        **live_page(base, training_topic(place.part.key), is_simulated=True, now=now),
        "page": training_page(place, states, hours=hours, now=now),
        "place": place.part,
        "places": [found.part for found in places.values()],
        "newest": max((state["at"] for state in states.values()), default=None),
        "hours": hours,
        "periods": PERIODS_H.items(),
    }
    return render(request, "console/training/training.html", context)


@require_safe
@with_base
def training_data(request: HttpRequest, base: BaseStructure) -> HttpResponse:
    """The data of a chart that may hold truths, as JSON."""
    _places(request, base)
    now = sample_time.look(utc_now())
    try:
        query = read_query(request.GET, now=now, zone=ZoneInfo(base.time_zone))
        data = chart_data(unveiled(base), query, reader=request.user, now=now)
    except BadQuery as error:
        return JsonResponse({"error": str(error)}, status=400)
    response = HttpResponse(json.dumps(data, separators=(",", ":"), allow_nan=False), content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


def _places(request: HttpRequest, base: BaseStructure) -> Mapping[str, ComparedPlace]:
    """Compartments with a truth unit.

    Raises
    ------
    PermissionDenied
        If the reader may not see truths.
    Http404
        If the base has none.
    """
    if not may(request.user, Action.SEE_TRUTHS):
        raise PermissionDenied
    places = compared_places(base)
    if not places:
        raise Http404("this base has no truth units")
    return places


def _chosen(request: HttpRequest, places: Mapping[str, ComparedPlace]) -> ComparedPlace:
    wanted = request.GET.get("place", "")
    if wanted and wanted not in places:
        raise Http404("no truth unit stands there")
    return places[wanted or next(iter(places))]


def _hours(request: HttpRequest) -> int:
    wanted = request.GET.get("hours", "")
    return int(wanted) if wanted in map(str, PERIODS_H) else USUAL_PERIOD_H
