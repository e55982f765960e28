"""Charts over HTTP: the page, its data, the file, and the choice of points."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from greenhouse.access.roles import Action, may
from greenhouse.clock import utc_now
from greenhouse.console.page.base import with_base
from greenhouse.console.page.context import live_page
from greenhouse.console.page.topics import BASE_TOPIC
from greenhouse.console.trends.chart import chart_data, chosen, compared, days_before, grid_of
from greenhouse.console.trends.csv_file import CELLS_PER_POINT, MOST_CELLS, csv_rows
from greenhouse.console.trends.marks import concerned, marks
from greenhouse.console.trends.presets import ALL_HOUSES, PRESETS, WEATHER, picker, preset_points
from greenhouse.console.trends.query import MOST_POINTS, SPANS, BadQuery, TrendQuery, read_query
from greenhouse.console.trends.steps import STEPS_S, Grid, grid_of_step
from greenhouse.console.values.spreadsheet import csv_lines
from greenhouse.console.values.states import is_simulated, point_states
from greenhouse.site.structure import BaseStructure
from greenhouse.telemetry import sample_time, series
from greenhouse.telemetry.codes import from_ms

_CSV_STEPS: Mapping[int, Promise] = {
    60: gettext_lazy("1 minute"),
    900: gettext_lazy("15 minutes"),
    3600: gettext_lazy("1 hour"),
    86_400: gettext_lazy("1 day"),
}
"""Lengths of a row that a file is offered in. [s]"""
_DAYS_BACK = (1, 2, 7, 30, 365)
"""Days before, whose curves are offered to compare with. Any other number may be asked for."""


@require_safe
@with_base
def show_trends(request: HttpRequest, base: BaseStructure) -> HttpResponse:
    """Curves of any points, with what happened meanwhile."""
    now = sample_time.look(utc_now())
    fault, given = "", _with_preset(request.GET, base)
    try:
        query = _read(given, base, now)
        _check_compare(base, query)
    except BadQuery as error:
        fault, query = str(error), _what_is_left(given, base, now)
    context = {
        **live_page(base, BASE_TOPIC, is_simulated=is_simulated(point_states(series.latest())), now=now),
        "query": query,
        "chart_query": chart_query(query),
        "fault": fault,
        "spans": SPANS.items(),
        "presets": PRESETS,
        "base_presets": (ALL_HOUSES, WEATHER),
        "places": base.compartments.values(),
        "place": _place(base, query, request.GET.get("house", "")),
        "compare": str(query.compare or ""),
        "days_back": [(f"{days}d", days_before(days)) for days in _DAYS_BACK],
        "csv_steps": _CSV_STEPS.items(),
        "may_annotate": may(request.user, Action.ANNOTATE),
        "most_points": MOST_POINTS,
    }
    return render(request, "console/trends/trends.html", context, status=400 if fault else 200)


@require_safe
@with_base
def trend_points(request: HttpRequest, base: BaseStructure) -> HttpResponse:
    """The points to choose from, as a page of its own or for the dialog of the page's script."""
    now = sample_time.look(utc_now())
    try:
        query = _read(request.GET, base, now)
    except BadQuery:
        query = _read(QueryDict(), base, now)
    context = {
        "picker": picker(base, query.points),
        "query": query,
        "most_points": MOST_POINTS,
        "kept": [(name, value) for name, value in chart_query(query, points=False).items()],
    }
    if "X-Fragment" in request.headers:
        return render(request, "console/trends/_trend_points.html", context)
    page = live_page(base, BASE_TOPIC, is_simulated=is_simulated(point_states(series.latest())), now=now)
    return render(request, "console/trends/trend_points.html", {**page, **context})


@require_safe
@with_base
def trend_data(request: HttpRequest, base: BaseStructure) -> HttpResponse:
    """The data of a chart, as JSON."""
    now = sample_time.look(utc_now())
    try:
        data = chart_data(base, _read(request.GET, base, now), reader=request.user, now=now)
    except BadQuery as error:
        return JsonResponse({"error": str(error)}, status=400)
    response = HttpResponse(json.dumps(data, separators=(",", ":"), allow_nan=False), content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


@require_safe
@with_base
def trend_file(request: HttpRequest, base: BaseStructure) -> HttpResponse:
    """The data of a chart, as a file for a spreadsheet."""
    now = sample_time.look(utc_now())
    try:
        query = _read(request.GET, base, now)
        _check_compare(base, query)
        buckets = _buckets(request.GET, query, base)
    except BadQuery as error:
        return HttpResponse(str(error), status=400, content_type="text/plain; charset=utf-8")
    found = chosen(base, query.points)
    start, end = from_ms(buckets.start_ms), from_ms(buckets.end_ms)
    told = marks(base, concerned(found.points), start, end, reader=request.user)
    noted = [mark for mark in told.listed if mark["kind"] == "note"]
    lines = csv_lines(csv_rows(base, found, buckets, noted, compare=query.compare, now=now))
    response = HttpResponse(b"".join(line.encode() for line in lines), content_type="text/csv; charset=utf-8")
    name = f"{base.key}_{start.astimezone(ZoneInfo(base.time_zone)):%Y%m%d-%H%M}_{buckets.step_ms // 1000}s.csv"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def chart_query(query: TrendQuery, *, points: bool = True) -> QueryDict:
    """The address of a chart, without what only the reader's own machine decides."""
    found = QueryDict(mutable=True)
    if points:
        found["points"] = ",".join(query.points)
    if query.is_live:
        found["hours"] = str(query.hours)
    else:
        found["from"], found["to"] = query.start.isoformat(), query.end.isoformat()
    if query.compare:
        found["compare"] = str(query.compare)
    return found


def _read(given: QueryDict, base: BaseStructure, now: datetime) -> TrendQuery:
    return read_query(given, now=now, zone=ZoneInfo(base.time_zone))


def _what_is_left(given: QueryDict, base: BaseStructure, now: datetime) -> TrendQuery:
    """What can be kept of an address that is wrong: its points over the usual time, if there are not too many."""
    kept = QueryDict(mutable=True)
    kept["points"] = given.get("points", "")
    try:
        return _read(kept, base, now)
    except BadQuery:
        return _read(QueryDict(), base, now)


def _check_compare(base: BaseStructure, query: TrendQuery) -> None:
    if query.compare:
        compared(base, query.compare, ())


def _with_preset(given: QueryDict, base: BaseStructure) -> QueryDict:
    """The address with the points of its preset; of the first house, if it names neither points nor a preset."""
    preset = given.get("preset", "" if "points" in given or "point" in given else PRESETS[0].key)
    whole = given.copy()
    if preset:
        whole["points"] = ",".join(preset_points(base, preset, given.get("house", "")))
    elif "point" in given:
        whole["points"] = ",".join(given.getlist("point"))
    return whole


def _place(base: BaseStructure, query: TrendQuery, asked: str) -> str:
    """The compartment that presets are offered for: the one asked for, or that of the first point."""
    if asked in base.compartments:
        return asked
    found = (base.points[key].compartment for key in query.points if key in base.points)
    return next((key for key in found if key is not None), "")


def _buckets(given: QueryDict, query: TrendQuery, base: BaseStructure) -> Grid:
    zone = ZoneInfo(base.time_zone)
    wanted = given.get("step", "")
    buckets = grid_of(query, zone)
    if wanted:
        if wanted not in map(str, STEPS_S):
            raise BadQuery(_("Rows of this length are not offered."))
        buckets = grid_of_step(query.start, query.end, step_s=int(wanted), zone=zone)
    if buckets.count * max(1, len(query.points)) * CELLS_PER_POINT * (2 if query.compare else 1) > MOST_CELLS:
        raise BadQuery(_("That would be too many rows. Choose longer ones, fewer points or a shorter time."))
    return buckets
