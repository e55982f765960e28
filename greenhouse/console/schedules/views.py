"""The page of schedules: what was missed, what was decided and by which rule, what waits for a decision."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from greenhouse.access.errors import NotAllowed
from greenhouse.access.roles import Action, may
from greenhouse.clock import utc_now
from greenhouse.console.page.base import with_base
from greenhouse.console.page.context import live_page
from greenhouse.console.page.topics import BASE_TOPIC
from greenhouse.console.schedules.standing import CLOCK_POINT, clock_standing, schedules_standing
from greenhouse.console.schedules.words import PlanRow, RunRow
from greenhouse.console.values.states import is_simulated, point_states
from greenhouse.schedules import history, runs
from greenhouse.schedules.policy import Outcome
from greenhouse.site.structure import BaseStructure
from greenhouse.telemetry import sample_time, series

LOOK_BACK = timedelta(days=30)
MOST_ROWS = 200
_ANSWERS = {"run": Outcome.RUN, "skip": Outcome.SKIP}


@require_safe
@with_base
def show_schedules(request: HttpRequest, base: BaseStructure) -> HttpResponse:
    """What was missed, what waits for a decision, and every schedule with its rule."""
    return _page(request, base)


@require_POST
@with_base
def decide(request: HttpRequest, base: BaseStructure, run_id: int) -> HttpResponse:
    """A person decides about a run that waits for it."""
    action = _ANSWERS.get(request.POST.get("action", ""))
    if action is None:
        return HttpResponseBadRequest()
    try:
        runs.answer(run_id, action, by=request.user, now=utc_now())
    except NotAllowed as error:
        raise PermissionDenied from error
    except runs.NotAsked:
        return _page(request, base, fault=_("This run waits for no decision any more; see below what became of it."))
    return HttpResponseRedirect(reverse("console:schedules"))


@require_safe
@with_base
def show_standing(request: HttpRequest, _base: BaseStructure) -> HttpResponse:
    """What the overview says of the clock, for a live page."""
    return render(request, "console/schedules/_clock.html", clock_standing(point_states(series.latest([CLOCK_POINT]))))


@require_safe
@with_base
def show_short(request: HttpRequest, base: BaseStructure) -> HttpResponse:
    """What the overview says of schedules, for a live page."""
    return render(request, "console/schedules/_schedules.html", schedules_standing(base, utc_now()))


def _page(request: HttpRequest, base: BaseStructure, *, fault: str = "") -> HttpResponse:
    now = utc_now()
    shown_at, states = sample_time.look(now), point_states(series.latest())
    context = {
        **live_page(base, BASE_TOPIC, is_simulated=is_simulated(states), now=shown_at),
        **clock_standing(states),
        "fault": fault,
        "may_decide": may(request.user, Action.DECIDE_MISSED_RUN),
        "questions": [RunRow(run) for run in history.questions()],
        "missed": [RunRow(run) for run in history.missed(now - LOOK_BACK, most=MOST_ROWS)],
        "plans": [PlanRow(plan) for plan in history.plans(now, ZoneInfo(base.time_zone))],
        "days": LOOK_BACK.days,
    }
    return render(request, "console/schedules/schedules.html", context, status=409 if fault else 200)
