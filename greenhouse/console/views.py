"""Pages of the console: the overview, how the points stand, preferences."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from greenhouse.clock import moment_now, utc_now
from greenhouse.console import alarms, changes
from greenhouse.console.base import with_base
from greenhouse.console.context import GLOVES_COOKIE, THEME_COOKIE, THEMES, live_page
from greenhouse.console.duties import count_waiting, duties
from greenhouse.console.last_hour import last_hour as last_hour_of
from greenhouse.console.outputs import outputs
from greenhouse.console.overview import overview
from greenhouse.console.payloads import Counts, PointState
from greenhouse.console.standing import attention, clock_standing, schedules_standing, wrong_points
from greenhouse.console.states import count_points, is_simulated, point_states
from greenhouse.console.stored import BASE_TOPIC, POINTS_TOPIC
from greenhouse.site.structure import BaseStructure
from greenhouse.telemetry import sample_time, series

YEAR_S = 365 * 24 * 3600


@require_safe
@with_base
def show_overview(request: HttpRequest, base: BaseStructure) -> HttpResponse:
    """The whole base on one page."""
    now, states = sample_time.look(utc_now()), point_states(series.latest())
    page, listed = overview(base, states, now=now), alarms.listed(base)
    lifted = alarms.lifting(listed)
    context = {
        **live_page(base, BASE_TOPIC, is_simulated=page.is_simulated, now=now),
        **_counted(base, states, now=now),
        **attention(wrong_points(base, states, now=now)),
        **clock_standing(states),
        **schedules_standing(base, utc_now()),
        "duties": duties(base, request.user, moment_now()),
        "page": page,
        "troubled": [(card, lifted[card.key]) for card in page.cards if card.key in lifted],
        "others": [(card, None) for card in page.cards if card.key not in lifted],
        "listed": listed[: alarms.SHOWN_ON_THE_OVERVIEW],
        "sun": json.dumps(page.sun),
        "changes": changes.newest(base),
        "alarm_strip": alarms.alarm_strip(base, states, now=now),
    }
    return render(request, "console/overview.html", context)


def _counted(base: BaseStructure, states: Mapping[str, PointState], *, now: datetime) -> dict[str, object]:
    waiting = count_waiting(moment_now())
    # The token of the alarms travels with the strip that it belongs to, and with frames.
    counts = count_points(base.points.values(), states, waiting=waiting, alarms="", now=now)
    return {"counts": counts, "strip": strip(counts)}


def strip(counts: Counts) -> dict[str, int | bool]:
    """The counts as the strip shows them."""
    no_value = counts["bad"] + counts["dead"]
    return {
        "live": counts["live"],
        "late": counts["late"],
        "stale": counts["stale"],
        "no_value": no_value,
        "pending": counts["pending"],
        "approvals": counts["approvals"],
        "manual": counts["manual"],
        "by_hand": counts["by_hand"],
        "local": counts["local"],
        "ending": counts["ending"],
        "is_calm": counts["late"] + counts["stale"] + no_value == 0,
    }


@require_safe
@with_base
def last_hour(_request: HttpRequest, base: BaseStructure) -> HttpResponse:
    """The last hour of everything that the overview draws, as JSON."""
    now = sample_time.look(utc_now())
    return JsonResponse(last_hour_of(overview(base, {}, now=now).trend_points(), now=now))


@require_safe
@with_base
def show_points(request: HttpRequest, base: BaseStructure) -> HttpResponse:
    """Every point that is not live and good, with the reason; every output with what stops it."""
    now, states = sample_time.look(utc_now()), point_states(series.latest())
    context = {
        **live_page(base, POINTS_TOPIC, is_simulated=is_simulated(states), now=now),
        **_counted(base, states, now=now),
        "rows": wrong_points(base, states, now=now),
        "outputs": outputs(base),
    }
    return render(request, "console/points.html", context)


@require_safe
@with_base
def show_wrong_points(request: HttpRequest, base: BaseStructure) -> HttpResponse:
    """Every point that is not live and good, for a live page."""
    rows = wrong_points(base, point_states(series.latest()), now=sample_time.look(utc_now()))
    return render(request, "console/_points.html", {"rows": rows})


@require_safe
@with_base
def show_attention(request: HttpRequest, base: BaseStructure) -> HttpResponse:
    """The first few points that are not live and good, for the overview."""
    rows = wrong_points(base, point_states(series.latest()), now=sample_time.look(utc_now()))
    return render(request, "console/_attention.html", attention(rows))


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


@require_POST
def set_gloves(request: HttpRequest) -> HttpResponse:
    """Remember whether whoever holds this device wears gloves."""
    response = HttpResponseRedirect(safe_next(request))
    if request.POST.get("gloves") == "on":
        response.set_cookie(
            GLOVES_COOKIE, "on", max_age=YEAR_S, samesite="Lax", httponly=True, secure=request.is_secure()
        )
    else:
        response.delete_cookie(GLOVES_COOKIE, samesite="Lax")
    return response


def safe_next(request: HttpRequest) -> str:
    """Where the form wants to go on, if that is on this site."""
    target = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return target if is_ours else "/"
