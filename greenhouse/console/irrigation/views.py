"""The page of irrigation: what runs, waits, ended and was missed; a run by hand, and the way to stop one."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from greenhouse.access.browser import device_of
from greenhouse.access.errors import NotAllowed
from greenhouse.access.roles import Action, may
from greenhouse.clock import moment_now, utc_now
from greenhouse.commands import irrigation_runs
from greenhouse.commands.errors import RequestError
from greenhouse.commands.models import IrrigationRun
from greenhouse.console import program_editing
from greenhouse.console.irrigation.program_pages import IrrigationPlace, UnreadableProgram, all_places, program_lines
from greenhouse.console.irrigation.shown_runs import RunRow, newest_of_groups, rows_of, shown_runs
from greenhouse.console.page.base import with_base
from greenhouse.console.page.topics import BASE_TOPIC
from greenhouse.console.programs.fields import number_of, text_of
from greenhouse.console.programs.words import number_in_words
from greenhouse.console.values.words import word
from greenhouse.site.structure import BaseStructure
from greenhouse.site.valve_groups import ValveGroupStructure, valve_groups
from greenhouse.telemetry import sample_time

USUAL_MIN = 10.0


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A valve group: where it is, and its newest run."""

    group: ValveGroupStructure
    place: str
    last: RunRow | None


@require_safe
@with_base
def show_irrigation(request: HttpRequest, base: BaseStructure) -> HttpResponse:
    """Everything about water: runs, groups, programs."""
    return _page(request, base)


@require_safe
@with_base
def show_runs(request: HttpRequest, base: BaseStructure) -> HttpResponse:
    """The runs alone, for a live page."""
    return render(request, "console/irrigation/_runs.html", _runs(request, base, utc_now()))


@require_http_methods(["GET", "HEAD", "POST"])
@with_base
def start_irrigation(request: HttpRequest, base: BaseStructure, key: str) -> HttpResponse:
    """A run of limited time by hand: how long, a look at what it means, and off it goes. The same form is one run."""
    group = valve_groups().get(key)
    if group is None:
        raise Http404(key)
    if request.method != "POST":
        return _form(request, base, group, number_in_words(min(USUAL_MIN, _longest_min(group))))
    if not may(request.user, Action.SUBMIT_SETPOINT):
        raise PermissionDenied
    text = request.POST.get("minutes", "")[:10].replace("\0", "")
    minutes, step = number_of(text), request.POST.get("step")
    if step == "edit":
        return _form(request, base, group, text)
    if not irrigation_runs.SHORTEST_MIN <= minutes <= group.longest_run_s / 60:
        return _form(request, base, group, text, fault=_range_in_words(group, minutes))
    if step == "review":
        return _review(request, base, group, minutes)
    return _start(request, base, group, minutes)


@require_POST
@with_base
def stop_irrigation(request: HttpRequest, base: BaseStructure, run_id: UUID) -> HttpResponse:
    """End a run that waits, or close one that flows. One tap: nothing holds up a move to safe."""
    try:
        irrigation_runs.stop(run_id, by=request.user, now=moment_now(), device_label=device_of(request))
    except NotAllowed as error:
        raise PermissionDenied from error
    except RequestError as error:
        return _page(request, base, fault=str(error), status=409)
    return HttpResponseRedirect(reverse("console:irrigation"))


def frame(request: HttpRequest, base: BaseStructure) -> dict[str, object]:
    """What every page of irrigation shows around its content."""
    return {
        **program_editing.frame(request, base, BASE_TOPIC, now=utc_now()),
        "may_water": may(request.user, Action.SUBMIT_SETPOINT),
    }


def _page(request: HttpRequest, base: BaseStructure, *, fault: str = "", status: int = 200) -> HttpResponse:
    now = utc_now()
    places = all_places()
    context = {
        **frame(request, base),
        **_runs(request, base, now),
        "lines": program_lines(base, [place for place in places if isinstance(place, IrrigationPlace)], now=now),
        "unreadable": [place for place in places if isinstance(place, UnreadableProgram)],
        "fault": fault,
    }
    return render(request, "console/irrigation/irrigation.html", context, status=status)


def _runs(request: HttpRequest, base: BaseStructure, now: datetime) -> dict[str, object]:
    at = sample_time.look(now)
    return {
        "base": base,
        "shown": shown_runs(base, now=now, at=at),
        "groups": _groups(base, at),
        "now": now,
        "may_water": may(request.user, Action.SUBMIT_SETPOINT),
    }


def _groups(base: BaseStructure, at: datetime) -> list[GroupRow]:
    groups = valve_groups()
    last = {row.run.group_key: row for row in rows_of(base, newest_of_groups(groups), at=at)}
    return [GroupRow(group, _place(base, group), last.get(key)) for key, group in groups.items()]


def _form(
    request: HttpRequest, base: BaseStructure, group: ValveGroupStructure, minutes: str, *, fault: str = ""
) -> HttpResponse:
    context = {
        **_start_frame(request, base, group),
        "minutes": minutes,
        "longest": number_in_words(_longest_min(group)),
        "fault": fault,
        "is_typed": request.method == "POST",
    }
    return render(request, "console/irrigation/start.html", context, status=422 if fault else 200)


def _review(
    request: HttpRequest, base: BaseStructure, group: ValveGroupStructure, minutes: float, *, fault: str = ""
) -> HttpResponse:
    busy = irrigation_runs.live().filter(water_source=group.water_source).count()
    context = {
        **_start_frame(request, base, group),
        "minutes": text_of(minutes),
        "submission": request.POST.get("submission") if fault else uuid4(),
        "busy": busy,
        "valves": word("list.names").join(valve.label for valve in group.valves),
        "ends_at": utc_now() + timedelta(minutes=minutes),
        "fault": fault,
    }
    return render(request, "console/irrigation/start_review.html", context, status=409 if fault else 200)


def _start(request: HttpRequest, base: BaseStructure, group: ValveGroupStructure, minutes: float) -> HttpResponse:
    try:
        submission = UUID(request.POST.get("submission", ""))
    except ValueError:
        return HttpResponseBadRequest()
    try:
        run = irrigation_runs.start(
            group.key,
            minutes,
            by=request.user,
            now=moment_now(),
            submission=submission,
            device_label=device_of(request),
        )
    except NotAllowed as error:
        raise PermissionDenied from error
    except RequestError as error:
        return _review(request, base, group, minutes, fault=str(error))
    return HttpResponseRedirect(f"{reverse('console:irrigation')}?started={run.pk}")


def _start_frame(request: HttpRequest, base: BaseStructure, group: ValveGroupStructure) -> dict[str, object]:
    newest: IrrigationRun | None = next(iter(newest_of_groups([group.key])), None)
    at = sample_time.look(utc_now())
    return {
        **frame(request, base),
        "group": group,
        "place": _place(base, group),
        "last": None if newest is None else rows_of(base, [newest], at=at)[0],
    }


def _place(base: BaseStructure, group: ValveGroupStructure) -> str:
    part = base.compartments.get(group.compartment)
    return group.compartment if part is None else part.name


def _longest_min(group: ValveGroupStructure) -> float:
    """The longest time that a page offers: never more than is taken, in the hundredths that it is shown in. [min]"""
    return math.floor(group.longest_run_s * 5 / 3) / 100


def _range_in_words(group: ValveGroupStructure, minutes: float) -> str:
    if math.isnan(minutes):
        return _("Give a number here.")
    return _("A run lasts from %(low)s to %(high)s minutes here.") % {
        "low": number_in_words(irrigation_runs.SHORTEST_MIN),
        "high": number_in_words(_longest_min(group)),
    }
