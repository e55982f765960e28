"""The overview, and the last hour of what it draws."""

from __future__ import annotations

import json

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from greenhouse.clock import moment_now, utc_now
from greenhouse.console.alarms import alarms
from greenhouse.console.changes import changes
from greenhouse.console.duties.duties import count_waiting, duties
from greenhouse.console.overview.last_hour import last_hour as last_hour_of
from greenhouse.console.overview.overview import overview
from greenhouse.console.overview.past import filling_in
from greenhouse.console.page.base import with_base
from greenhouse.console.page.context import live_page
from greenhouse.console.page.topics import BASE_TOPIC
from greenhouse.console.points.standing import attention, wrong_points
from greenhouse.console.points.strip import counted
from greenhouse.console.schedules.standing import clock_standing, schedules_standing
from greenhouse.console.values.states import point_states
from greenhouse.site.structure import BaseStructure
from greenhouse.telemetry import sample_time, series


@require_safe
@with_base
def show_overview(request: HttpRequest, base: BaseStructure) -> HttpResponse:
    """The whole base on one page."""
    now, states = sample_time.look(utc_now()), point_states(series.latest())
    page, listed = overview(base, states, now=now), alarms.listed(base)
    lifted = alarms.lifting(listed)
    context = {
        **live_page(base, BASE_TOPIC, is_simulated=page.is_simulated, now=now),
        **counted(base, states, waiting=count_waiting(moment_now()), now=now),
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
        "filling_in": filling_in(base, states, now=utc_now()),
        "alarm_strip": alarms.alarm_strip(base, states, now=now),
    }
    return render(request, "console/overview/overview.html", context)


@require_safe
@with_base
def last_hour(_request: HttpRequest, base: BaseStructure) -> HttpResponse:
    """The last hour of everything that the overview draws, as JSON."""
    now = sample_time.look(utc_now())
    return JsonResponse(last_hour_of(overview(base, {}, now=now).trend_points(), now=now))
