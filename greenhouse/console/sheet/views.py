"""The setpoint sheet over HTTP: a page of its own, or the same content for the dialog of the page's script."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from uuid import UUID, uuid4

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from greenhouse.access.browser import device_of
from greenhouse.clock import moment_now, utc_now
from greenhouse.commands import holds, over_travel
from greenhouse.commands.batches import sent_batch
from greenhouse.commands.errors import Conflict, RequestError
from greenhouse.commands.models import CommandRequest
from greenhouse.commands.undo import undo
from greenhouse.console.changes import changes
from greenhouse.console.page.base import with_base
from greenhouse.console.page.context import live_page
from greenhouse.console.page.refusal import status_of
from greenhouse.console.page.topics import BASE_TOPIC
from greenhouse.console.sheet.batch import BatchReview, review_batch, send_batch
from greenhouse.console.sheet.entry import (
    Entry,
    EntryFault,
    read_entry,
    read_hold_for,
    read_submission,
)
from greenhouse.console.sheet.sheet import (
    Review,
    Sheet,
    open_sheet,
    overtaken,
    review_entry,
    send_entry,
    sent_before,
    value_in_force,
)
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

    def end(now: Moment) -> None:
        holds.give_back(hold_id, by=request.user, now=now)

    return _change_standing(request, base, key, end)


@vary_on_headers(FRAGMENT)
@require_POST
@with_base
def extend_hold(request: HttpRequest, base: BaseStructure, key: str, hold_id: UUID) -> HttpResponse:
    """Put the end of a manual hold off."""

    def put_off(now: Moment) -> None:
        hold_for = read_hold_for(request.POST.get("hold_for", ""))
        if hold_for is None:
            raise EntryFault(_("It is not clear how long the value is to be held. Choose again."))
        holds.extend(hold_id, hold_for, by=request.user, now=now)

    return _change_standing(request, base, key, put_off)


def _change_standing(
    request: HttpRequest, base: BaseStructure, key: str, change: Callable[[Moment], None]
) -> HttpResponse:
    moment = moment_now()
    sheet = open_sheet(base, key, request.user, now=moment)
    if sheet is None:
        raise Http404(key)
    try:
        change(moment)
    except RequestError as error:
        kept = _fresh_entry(sheet, sheet.entry_text)
        return _answer(request, base, sheet, now=moment.wall, entry=kept, error=error)
    return HttpResponseRedirect(reverse("console:setpoint", args=[key]))


@vary_on_headers(FRAGMENT)
@require_POST
@with_base
def release_output(request: HttpRequest, base: BaseStructure, key: str) -> HttpResponse:
    """Somebody has looked at a motor that ran too long: its output takes requests again."""

    def release(now: Moment) -> None:
        over_travel.release(key, by=request.user, now=now)

    return _change_standing(request, base, key, release)


@vary_on_headers(FRAGMENT)
@require_POST
@with_base
def undo_change(request: HttpRequest, base: BaseStructure, key: str, request_id: UUID) -> HttpResponse:
    """Take a change back: one tap, and a command of its own."""
    moment = moment_now()
    sheet = open_sheet(base, key, request.user, now=moment)
    found = None if sheet is None else changes.one(base, key, request_id)
    if sheet is None or found is None:
        raise Http404(key)
    try:
        stored = undo(
            found.request,
            by=request.user,
            now=moment,
            submission=read_submission(request.POST.get("submission", "")),
            device_label=device_of(request),
        )
    except RequestError as error:
        kept = Entry(
            text=found.old_entry,
            seen_value=found.request.taken_value,
            seen_at=None,
            hold_for=sheet.first_hold,
        )
        return _answer(
            request, base, sheet, now=moment.wall, entry=_restarted(sheet, kept, error), error=error, was=kept
        )
    return _to_tracking(stored)


@require_safe
@with_base
def setpoint_changes(request: HttpRequest, base: BaseStructure, key: str) -> HttpResponse:
    """The last changes of one setpoint, for a live page."""
    return render(request, "console/changes/_changes.html", {"changes": changes.of_point(base, key)})


@require_safe
@with_base
def tracking(request: HttpRequest, base: BaseStructure, key: str, request_id: UUID) -> HttpResponse:
    """How far one request has come, for a live page."""
    followed = changes.one(base, key, request_id)
    if followed is None:
        raise Http404(request_id)
    now = utc_now()
    context = {
        "followed": followed,
        "in_force": value_in_force(base, key, now=sample_time.look(now)),
        "may_be_undone": followed.may_be_undone(now),
        "submission": uuid4(),
    }
    return render(request, "console/sheet/_tracking.html", context)


def _post(request: HttpRequest, base: BaseStructure, sheet: Sheet, moment: Moment) -> HttpResponse:
    try:
        entry = read_entry(request.POST)
    except EntryFault as error:
        kept = _fresh_entry(sheet, request.POST.get("value", ""))
        return _answer(request, base, sheet, now=moment.wall, entry=kept, error=error)
    step = request.POST.get("step")
    if step == "edit":
        return _answer(request, base, sheet, now=moment.wall, entry=entry)
    if entry.also:
        return _post_batch(request, base, sheet, entry, moment)
    if step == "apply" and (stored := sent_before(sheet, entry, request.user)) is not None:
        return _to_tracking(stored)
    review = None
    try:
        review = review_entry(sheet, entry, now=moment.wall)
        if step == "apply":
            label = device_of(request)
            return _to_tracking(send_entry(sheet, entry, user=request.user, device_label=label, now=moment))
    except RequestError as error:
        shown = None if isinstance(error, Conflict) else review
        kept = _restarted(sheet, entry, error)
        return _answer(request, base, sheet, now=moment.wall, entry=kept, review=shown, error=error, was=entry)
    return _answer(request, base, sheet, now=moment.wall, entry=entry, review=review)


def _post_batch(request: HttpRequest, base: BaseStructure, sheet: Sheet, entry: Entry, moment: Moment) -> HttpResponse:
    """Review or send one value for several compartments."""
    sent = request.POST.get("step") == "apply"
    if sent and (stored := sent_batch(request.user, entry.submission)) is not None:
        return HttpResponseRedirect(reverse("console:batch", args=[stored.pk]))
    review = None
    try:
        review = review_batch(base, sheet, entry, now=moment.wall)
        if sent:
            label = device_of(request)
            batch = send_batch(sheet, entry, review, user=request.user, device_label=label, now=moment)
            return HttpResponseRedirect(reverse("console:batch", args=[batch.pk]))
    except RequestError as error:
        return _answer(request, base, sheet, now=moment.wall, entry=entry, batch=review, error=error)
    return _answer(request, base, sheet, now=moment.wall, entry=entry, batch=review)


def _to_tracking(stored: CommandRequest) -> HttpResponse:
    return HttpResponseRedirect(f"{reverse('console:setpoint', args=[stored.point_key])}?request={stored.pk}")


def _answer(
    request: HttpRequest,
    base: BaseStructure,
    sheet: Sheet,
    *,
    now: datetime,
    entry: Entry,
    review: Review | None = None,
    followed: changes.Change | None = None,
    batch: BatchReview | None = None,
    error: RequestError | None = None,
    was: Entry | None = None,
) -> HttpResponse:
    """The sheet; ``was``: the entry as it came, where the form starts again from what is in force."""
    context = {
        **live_page(base, BASE_TOPIC, is_simulated=sheet.is_simulated, now=sample_time.look(now)),
        "sheet": sheet,
        "entry": entry,
        "review": review,
        "followed": followed,
        "in_force": sheet.confirmed,
        "may_be_undone": followed is not None and followed.may_be_undone(now),
        "error": error,
        "batch": batch,
        "overtaken": overtaken(sheet, was or entry, error),
        "submission": entry.submission or uuid4(),
    }
    template = "console/sheet/_sheet.html" if request.headers.get(FRAGMENT) else "console/sheet/setpoint.html"
    return render(request, template, context, status=200 if error is None else status_of(error))


def _restarted(sheet: Sheet, entry: Entry, error: RequestError) -> Entry:
    """After a conflict the entry starts again from the value that is in force now; all that was chosen stays."""
    if not isinstance(error, Conflict):
        return entry
    fresh = _fresh_entry(sheet, entry.text)
    return replace(fresh, reason=entry.reason, hold_for=entry.hold_for)


def _fresh_entry(sheet: Sheet, text: str) -> Entry:
    state = sheet.target.confirmed
    seen_at = None if state is None else state.observed_at
    return Entry(text=text, seen_value=sheet.seen_value, seen_at=seen_at, hold_for=sheet.first_hold)
