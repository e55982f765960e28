"""Alarms over HTTP: the page, its live parts, and the acknowledgement."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from greenhouse.access.browser import device_of
from greenhouse.access.errors import NotAllowed
from greenhouse.access.roles import Action, may
from greenhouse.alarms.errors import NothingToAcknowledge, UnknownAlarm
from greenhouse.alarms.occurrences import acknowledge
from greenhouse.clock import utc_now
from greenhouse.console.alarms import alarms
from greenhouse.console.page.base import with_base
from greenhouse.console.page.context import live_page
from greenhouse.console.page.topics import BASE_TOPIC
from greenhouse.console.values.states import is_simulated, point_states
from greenhouse.site.structure import BaseStructure
from greenhouse.site.virtual_points import ALARM_EVALUATION, control_key
from greenhouse.telemetry import sample_time, series

DEFAULT_DAYS = 7


@require_safe
@with_base
def show_alarms(request: HttpRequest, base: BaseStructure) -> HttpResponse:
    """What needs a person, and what was."""
    return _page(request, base)


@require_safe
@with_base
def show_strip(request: HttpRequest, base: BaseStructure) -> HttpResponse:
    """The alarms in one line, for a live page."""
    return render(
        request, "console/alarms/_alarm_strip.html", {"alarm_strip": strip_now(base, now=sample_time.look(utc_now()))}
    )


@require_safe
@with_base
def show_listed(request: HttpRequest, base: BaseStructure) -> HttpResponse:
    """What needs a person, for a live page."""
    return render(request, "console/alarms/_alarms.html", _listed(request, base))


@require_safe
@with_base
def show_short(request: HttpRequest, base: BaseStructure) -> HttpResponse:
    """The first few of what needs a person, for the overview."""
    return render(
        request, "console/alarms/_short_alarms.html", {"listed": alarms.listed(base)[: alarms.SHOWN_ON_THE_OVERVIEW]}
    )


@require_POST
@with_base
def acknowledge_alarm(request: HttpRequest, base: BaseStructure, occurrence_id: UUID) -> HttpResponse:
    """Say that the alarm was seen."""
    try:
        label = device_of(request)
        now = utc_now()
        acknowledge(occurrence_id, by=request.user, now=now, at=sample_time.look(now), device_label=label)
    except UnknownAlarm as error:
        raise Http404(str(occurrence_id)) from error
    except NotAllowed:
        return _page(request, base, status=403, fault=_why_not())
    except NothingToAcknowledge as error:
        fault = _("Nothing was acknowledged: %(by)s was faster.") % {"by": error.by}
        return _page(request, base, status=409, fault=fault)
    return HttpResponseRedirect(reverse("console:alarms"))


def strip_now(base: BaseStructure, *, now: datetime) -> alarms.AlarmStrip:
    """The alarms in one line."""
    evaluation = series.latest([control_key(ALARM_EVALUATION)])
    return alarms.alarm_strip(base, point_states(evaluation), now=now)


def _page(request: HttpRequest, base: BaseStructure, *, status: int = 200, fault: str = "") -> HttpResponse:
    now = sample_time.look(utc_now())
    house, days = request.GET.get("house", ""), _days(request)
    context = {
        **live_page(base, BASE_TOPIC, is_simulated=is_simulated(point_states(series.latest())), now=now),
        **_listed(request, base),
        "alarm_strip": strip_now(base, now=now),
        "history": alarms.history(base, house, days=days, now=now),
        "house": house,
        "days": days,
        "periods": alarms.PERIODS.items(),
        "longest_history": alarms.LONGEST_HISTORY,
        "fault": fault,
    }
    return render(request, "console/alarms/alarms.html", context, status=status)


def _listed(request: HttpRequest, base: BaseStructure) -> dict[str, object]:
    is_allowed = may(request.user, Action.ACKNOWLEDGE_ALARM)
    return {"alarms": alarms.listed(base), "why_not": "" if is_allowed else _why_not()}


def _why_not() -> str:
    return _("Technicians, supervisors and engineers acknowledge alarms.")


def _days(request: HttpRequest) -> int:
    wanted = request.GET.get("days", "")
    return int(wanted) if wanted in map(str, alarms.PERIODS) else DEFAULT_DAYS
