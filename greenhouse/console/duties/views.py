"""Where a second person decides, and what people are wanted for."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from greenhouse.access.browser import device_of
from greenhouse.clock import moment_now
from greenhouse.commands import approval
from greenhouse.commands.approval import approve, decline
from greenhouse.commands.errors import Conflict, RequestError
from greenhouse.commands.models import CommandRequest
from greenhouse.console.duties.duties import approvals, duties, grouped, shown_holds
from greenhouse.console.page.base import with_base
from greenhouse.console.page.context import live_page
from greenhouse.console.page.refusal import status_of
from greenhouse.console.page.topics import BASE_TOPIC
from greenhouse.console.values.states import is_simulated, point_states
from greenhouse.deadlines import Moment
from greenhouse.site.structure import BaseStructure
from greenhouse.telemetry import sample_time, series


@require_safe
@with_base
def show_duties(request: HttpRequest, base: BaseStructure) -> HttpResponse:
    """What people are wanted for, for a live page."""
    return render(request, "console/duties/_duties.html", duties(base, request.user, moment_now()))


@require_http_methods(["GET", "HEAD", "POST"])
@with_base
def decisions(request: HttpRequest, base: BaseStructure) -> HttpResponse:
    """Changes that wait for a second person, who decides here; and every manual hold."""
    now = moment_now()
    if request.method == "POST":
        return _decide(request, base, now)
    return _answer(request, base, now)


def _decide(request: HttpRequest, base: BaseStructure, now: Moment) -> HttpResponse:
    label = device_of(request)
    if "batch" in request.POST:
        return _decide_batch(request, base, now, label)
    try:
        wanted = UUID(request.POST.get("request", ""))
    except ValueError as error:
        raise Http404 from error
    if not CommandRequest.objects.filter(pk=wanted).exists():
        raise Http404(wanted)
    try:
        if request.POST.get("decision") == "approve":
            stored = approve(wanted, by=request.user, now=now, device_label=label)
            sheet = reverse("console:setpoint", args=[stored.point_key])
            return HttpResponseRedirect(f"{sheet}?request={stored.pk}")
        reason = request.POST.get("reason", "").replace("\0", "")
        decline(wanted, by=request.user, reason=reason, now=now, device_label=label)
    except RequestError as error:
        return _answer(request, base, now, error=error)
    return HttpResponseRedirect(reverse("console:decisions"))


def _decide_batch(request: HttpRequest, base: BaseStructure, now: Moment, label: str) -> HttpResponse:
    """Approve or decline what waits of a batch, each request for itself: one that was decided meanwhile stops none."""
    try:
        batch_id = UUID(request.POST["batch"])
    except ValueError as error:
        raise Http404 from error
    waiting = [found for found in approval.waiting(now) if found.batch_id == batch_id]
    reason = request.POST.get("reason", "").replace("\0", "")
    last_error = None
    for found in waiting:
        try:
            if request.POST.get("decision") == "approve":
                approve(found.pk, by=request.user, now=now, device_label=label)
            else:
                decline(found.pk, by=request.user, reason=reason, now=now, device_label=label)
        except Conflict:
            continue  # the table of the batch says who was faster
        except RequestError as error:
            last_error = error
    if last_error is not None:
        return _answer(request, base, now, error=last_error)
    if not waiting:
        return HttpResponseRedirect(reverse("console:decisions"))
    return HttpResponseRedirect(reverse("console:batch", args=[batch_id]))


def _answer(request: HttpRequest, base: BaseStructure, now: Moment, error: RequestError | None = None) -> HttpResponse:
    shown_at = sample_time.look(now.wall)
    context = {
        **live_page(base, BASE_TOPIC, is_simulated=is_simulated(point_states(series.latest())), now=shown_at),
        "approvals": grouped(approvals(base, request.user, now)),
        "holds": shown_holds(base, now),
        "error": error,
    }
    return render(request, "console/duties/decisions.html", context, status=200 if error is None else status_of(error))
