"""The setpoint sheet over HTTP: a page of its own, or the same content for the dialog of the page's script."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from greenhouse.access.browser import device_label
from greenhouse.clock import moment_now, utc_now
from greenhouse.commands import holds
from greenhouse.commands.errors import Conflict, RequestError
from greenhouse.console import changes
from greenhouse.console.base import with_base
from greenhouse.console.context import live_page
from greenhouse.console.setpoint import (
    Entry,
    EntryFault,
    Review,
    Sheet,
    open_sheet,
    read_entry,
    review_entry,
    send_entry,
    status_of,
)
from greenhouse.console.stored import BASE_TOPIC
from greenhouse.deadlines import Moment
from greenhouse.site.structure import BaseStructure
from greenhouse.telemetry import sample_time

FRAGMENT = "X-Fragment"


@vary_on_headers(FRAGMENT)
@require_http_methods(["GET", "HEAD", "POST"])
@with_base
def setpoint(request: HttpRequest, base: BaseStructure, key: str) -> HttpResponse:
    """Show, review and send a change of one setpoint."""
    moment = moment_now()
    now = moment.wall
    sheet = open_sheet(base, key, request.user, now=moment)
    if sheet is None:
        raise Http404(key)
    if request.method == "POST":
        return _post(request, base, sheet, moment)
    wanted = request.GET.get("request", "") or (str(sheet.open.request.pk) if sheet.open else "")
    followed = next((change for change in sheet.history if str(change.request.pk) == wanted), None)
    text = request.GET.get("value", "") or sheet.entry_text
    return _answer(request, base, sheet, now=now, entry=_fresh_entry(sheet, text), followed=followed)


@vary_on_headers(FRAGMENT)
@require_POST
@with_base
def give_back(request: HttpRequest, base: BaseStructure, key: str, hold_id: UUID) -> HttpResponse:
    """End a manual hold early; the sheet shows what comes of it."""
    moment = moment_now()
    sheet = open_sheet(base, key, request.user, now=moment)
    if sheet is None:
        raise Http404(key)
    try:
        holds.give_back(hold_id, by=request.user, now=moment)
    except RequestError as error:
        kept = _fresh_entry(sheet, sheet.entry_text)
        return _answer(request, base, sheet, now=moment.wall, entry=kept, error=error)
    return HttpResponseRedirect(reverse("console:setpoint", args=[key]))


@require_safe
@with_base
def setpoint_changes(request: HttpRequest, base: BaseStructure, key: str) -> HttpResponse:
    """The last changes of one setpoint, for a live page."""
    return render(request, "console/_changes.html", {"changes": changes.of_point(base, key)})


@require_safe
@with_base
def recent_changes(request: HttpRequest, base: BaseStructure) -> HttpResponse:
    """The last changes of the base, for a live page."""
    return render(request, "console/_changes.html", {"changes": changes.newest(base), "with_place": True})


@require_safe
@with_base
def tracking(request: HttpRequest, base: BaseStructure, key: str, request_id: str) -> HttpResponse:
    """How far one request has come, for a live page."""
    found = (change for change in changes.of_point(base, key) if str(change.request.pk) == str(request_id))
    followed = next(found, None)
    if followed is None:
        raise Http404(request_id)
    now = utc_now()
    context = {"followed": followed, "may_be_undone": followed.may_be_undone(now), "now": now}
    return render(request, "console/_tracking.html", context)


def _post(request: HttpRequest, base: BaseStructure, sheet: Sheet, moment: Moment) -> HttpResponse:
    now = moment.wall
    try:
        entry = read_entry(request.POST)
    except EntryFault as error:
        kept = _fresh_entry(sheet, request.POST.get("value", ""))
        return _answer(request, base, sheet, now=now, entry=kept, error=error)
    if request.POST.get("step") == "edit":
        return _answer(request, base, sheet, now=now, entry=entry)
    review = None
    try:
        review = review_entry(sheet, entry, now=now)
        if request.POST.get("step") == "apply":
            label = device_label(request.headers.get("User-Agent", ""))
            stored = send_entry(sheet, entry, user=request.user, device_label=label, now=moment)
            return HttpResponseRedirect(f"{reverse('console:setpoint', args=[sheet.point.key])}?request={stored.pk}")
    except RequestError as error:
        # After a conflict the entry starts again from the value that is in force now.
        kept = _fresh_entry(sheet, entry.text) if isinstance(error, Conflict) else entry
        shown = None if isinstance(error, Conflict) else review
        return _answer(request, base, sheet, now=now, entry=kept, review=shown, error=error)
    return _answer(request, base, sheet, now=now, entry=entry, review=review)


def _answer(
    request: HttpRequest,
    base: BaseStructure,
    sheet: Sheet,
    *,
    now: datetime,
    entry: Entry,
    review: Review | None = None,
    followed: changes.Change | None = None,
    error: RequestError | None = None,
) -> HttpResponse:
    context = {
        **live_page(base, BASE_TOPIC, is_simulated=sheet.is_simulated, now=sample_time.look(now)),
        "sheet": sheet,
        "entry": entry,
        "review": review,
        "followed": followed,
        "may_be_undone": followed is not None and followed.may_be_undone(now),
        "error": error,
        "is_conflict": isinstance(error, Conflict),
    }
    template = "console/_sheet.html" if request.headers.get(FRAGMENT) else "console/setpoint.html"
    return render(request, template, context, status=200 if error is None else status_of(error))


def _fresh_entry(sheet: Sheet, text: str) -> Entry:
    state = sheet.target.confirmed
    return Entry(text=text, seen_value=sheet.seen_value, seen_at=None if state is None else state.observed_at)
