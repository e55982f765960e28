"""How fast the time of a training base goes: a banner on its every page, and the page where an engineer changes it."""

from __future__ import annotations

import math

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from greenhouse.access.errors import NotAllowed
from greenhouse.access.roles import Action, may
from greenhouse.base_clock import LEAST_PACE, MOST_PACE, ChangeUnderWay, PaceRefused
from greenhouse.clock import is_training, pace, utc_now
from greenhouse.console.page.base import with_base
from greenhouse.console.page.context import live_page
from greenhouse.console.page.topics import BASE_TOPIC
from greenhouse.console.values.states import is_simulated, point_states
from greenhouse.site.structure import BaseStructure
from greenhouse.telemetry import sample_time, series
from greenhouse.training import stored
from greenhouse.training.errors import NoTrainingBase, TrainingError

PACES = (1, 10, 60, 300, 600)


def training(_request: HttpRequest) -> dict[str, object]:
    """Context processor: what every page of a training base says of its clock; None on a live base."""
    return {"training": {"pace": pace(), "now": utc_now()} if is_training() else None}


@require_safe
@with_base
def show_banner(request: HttpRequest, _base: BaseStructure) -> HttpResponse:
    """That this is a training base and how fast its time goes, for a live page; nothing on a live base."""
    return render(request, "console/pace/_banner.html")


@require_http_methods(["GET", "HEAD", "POST"])
@with_base
def training_pace(request: HttpRequest, base: BaseStructure) -> HttpResponse:
    """How fast time goes, and another pace."""
    if request.method == "POST":
        return _set_pace(request, base)
    try:
        stored.running()
    except TrainingError as error:
        return _answer(request, base, fault=str(error), status=404)
    return _answer(request, base)


def _set_pace(request: HttpRequest, base: BaseStructure) -> HttpResponse:
    try:
        stored.set_pace(_number(request.POST.get("pace", "")), by=request.user)
    except NotAllowed:
        return _answer(request, base, fault=_("An engineer changes how fast time goes."), status=403)
    except TrainingError as error:
        return _answer(request, base, fault=str(error), status=409)
    except PaceRefused:
        limits = {"least": LEAST_PACE, "most": MOST_PACE}
        fault = _("The pace is a number from %(least)g to %(most)g.") % limits
        return _answer(request, base, fault=fault, status=422)
    except ChangeUnderWay:
        return _answer(
            request, base, fault=_("The last change has not come yet. Try again in two seconds."), status=409
        )
    return HttpResponseRedirect(reverse("console:training_pace"))


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _answer(request: HttpRequest, base: BaseStructure, *, fault: str = "", status: int = 200) -> HttpResponse:
    now = sample_time.look(utc_now())
    context = {
        **live_page(base, BASE_TOPIC, is_simulated=is_simulated(point_states(series.latest())), now=now),
        **pace_control(request),
        "fault": fault,
    }
    return render(request, "console/pace/pace.html", context, status=status)


def pace_control(request: HttpRequest) -> dict[str, object]:
    """What ``console/pace/_pace.html`` needs, on whatever page it stands."""
    try:
        wanted: float | None = stored.running().pace
    except NoTrainingBase:
        wanted = None
    return {
        "wanted_pace": wanted,
        "paces": PACES,
        "most_pace": MOST_PACE,
        "least_pace": LEAST_PACE,
        "may_set_pace": may(request.user, Action.CONFIGURE),
    }
