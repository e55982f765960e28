"""How the points stand: the page, and its live parts."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from greenhouse.clock import moment_now, utc_now
from greenhouse.console.duties.duties import count_waiting
from greenhouse.console.page.base import with_base
from greenhouse.console.page.context import live_page
from greenhouse.console.page.topics import POINTS_TOPIC
from greenhouse.console.points.outputs import outputs
from greenhouse.console.points.standing import attention, wrong_points
from greenhouse.console.points.strip import counted
from greenhouse.console.values.states import is_simulated, point_states
from greenhouse.site.structure import BaseStructure
from greenhouse.telemetry import sample_time, series


@require_safe
@with_base
def show_points(request: HttpRequest, base: BaseStructure) -> HttpResponse:
    """Every point that is not live and good, with the reason; every output with what stops it."""
    now, states = sample_time.look(utc_now()), point_states(series.latest())
    context = {
        **live_page(base, POINTS_TOPIC, is_simulated=is_simulated(states), now=now),
        **counted(base, states, waiting=count_waiting(moment_now()), now=now),
        "rows": wrong_points(base, states, now=now),
        "outputs": outputs(base),
    }
    return render(request, "console/points/points.html", context)


@require_safe
@with_base
def show_wrong_points(request: HttpRequest, base: BaseStructure) -> HttpResponse:
    """Every point that is not live and good, for a live page."""
    rows = wrong_points(base, point_states(series.latest()), now=sample_time.look(utc_now()))
    return render(request, "console/points/_points.html", {"rows": rows})


@require_safe
@with_base
def show_attention(request: HttpRequest, base: BaseStructure) -> HttpResponse:
    """The first few points that are not live and good, for the overview."""
    rows = wrong_points(base, point_states(series.latest()), now=sample_time.look(utc_now()))
    return render(request, "console/points/_attention.html", attention(rows))
