"""Pages of the console: the overview, how the points stand, preferences."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from greenhouse.console import changes
from greenhouse.console.base import NoBase, current_base
from greenhouse.console.context import THEME_COOKIE, THEMES
from greenhouse.console.overview import Overview, overview
from greenhouse.console.payloads import Counts, PointState
from greenhouse.console.standing import attention, wrong_points
from greenhouse.console.states import count_points, point_states, to_ms
from greenhouse.console.stored import BASE_TOPIC
from greenhouse.console.trends import last_hour
from greenhouse.console.words import words_of_the_page
from greenhouse.site.structure import BaseStructure
from greenhouse.telemetry import series

YEAR_S = 365 * 24 * 3600


@login_required
@require_safe
def show_overview(request: HttpRequest) -> HttpResponse:
    """The whole base on one page."""
    now = timezone.now()
    try:
        base = current_base()
    except NoBase:
        return render(request, "console/no_base.html")
    states = point_states(series.latest())
    page = overview(base, states, now=now)
    context = {
        **live_page(base, page, states, now=now),
        **attention(wrong_points(base, states, now=now)),
        "page": page,
        "sun": json.dumps(page.sun),
        "changes": changes.newest(base),
    }
    return render(request, "console/overview.html", context)


def live_page(
    base: BaseStructure, page: Overview, states: Mapping[str, PointState], *, now: datetime
) -> dict[str, object]:
    """What a page needs so that its script can go on live."""
    counts = count_points(base.points.values(), states, pending=changes.count_open(), now=now)
    return {
        "base": base,
        "topic": BASE_TOPIC,
        "server_time": now,
        "server_time_ms": to_ms(now),
        "is_simulated": page.is_simulated,
        "counts": counts,
        "strip": strip(counts),
        "words": words_of_the_page(),
    }


def strip(counts: Counts) -> dict[str, int | bool]:
    """The counts as the strip shows them."""
    no_value = counts["bad"] + counts["dead"]
    return {
        "live": counts["live"],
        "late": counts["late"],
        "stale": counts["stale"],
        "no_value": no_value,
        "pending": counts["pending"],
        "is_calm": counts["late"] + counts["stale"] + no_value == 0,
    }


@login_required
@require_safe
def trends(_request: HttpRequest) -> HttpResponse:
    """The last hour of everything that the overview draws, as JSON."""
    now = timezone.now()
    try:
        points = overview(current_base(), {}, now=now).trend_points()
    except NoBase:
        points = ()
    return JsonResponse(last_hour(points, now=now))


@login_required
@require_safe
def show_points(request: HttpRequest) -> HttpResponse:
    """Every point that is not live and good, with the reason."""
    now = timezone.now()
    try:
        base = current_base()
    except NoBase:
        return render(request, "console/no_base.html")
    states = point_states(series.latest())
    page = overview(base, states, now=now)
    context = {**live_page(base, page, states, now=now), "rows": wrong_points(base, states, now=now)}
    return render(request, "console/points.html", context)


@login_required
@require_safe
def show_attention(request: HttpRequest) -> HttpResponse:
    """The first few points that are not live and good, for the overview."""
    now = timezone.now()
    try:
        base = current_base()
    except NoBase:
        return HttpResponse()
    context = attention(wrong_points(base, point_states(series.latest()), now=now))
    return render(request, "console/_attention.html", context)


@require_POST
def set_theme(request: HttpRequest) -> HttpResponse:
    """Remember the display theme of this device."""
    response = HttpResponseRedirect(safe_next(request))
    theme = request.POST.get("theme", "")
    if theme in THEMES:
        response.set_cookie(
            THEME_COOKIE, theme, max_age=YEAR_S, samesite="Lax", httponly=True, secure=request.is_secure()
        )
    return response


def safe_next(request: HttpRequest) -> str:
    """Where the form wants to go on, if that is on this site."""
    target = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return target if is_ours else "/"
