"""Notes beside the curves over HTTP: a form on the page writes one, a page of its own changes or deletes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from greenhouse.access.errors import NotAllowed
from greenhouse.access.roles import Action, may, name_of
from greenhouse.annotations import notes
from greenhouse.annotations.errors import (
    AnnotationError,
    ChangedMeanwhile,
    SpanRefused,
    TextRefused,
    UnknownAnnotation,
)
from greenhouse.annotations.models import LONGEST_TEXT, Annotation
from greenhouse.annotations.notes import Note
from greenhouse.clock import utc_now
from greenhouse.console.page.base import with_base
from greenhouse.console.page.context import live_page
from greenhouse.console.page.going_on import safe_next
from greenhouse.console.page.topics import BASE_TOPIC
from greenhouse.console.trends.chart import chosen
from greenhouse.console.trends.marks import place_of
from greenhouse.console.trends.query import MOST_POINTS, BadQuery, read_moment
from greenhouse.console.values.states import is_simulated, point_states
from greenhouse.site.structure import BaseStructure
from greenhouse.telemetry import sample_time, series

Refusal = BadQuery | AnnotationError | NotAllowed
_STATUS: Mapping[type[Exception], int] = {NotAllowed: 403, UnknownAnnotation: 404, ChangedMeanwhile: 409}


@dataclass(frozen=True, slots=True)
class Entry:
    """What stands in the form, as it was typed."""

    start: str
    end: str
    text: str
    points: str = ""
    compartment: str = ""


@require_POST
@with_base
def annotate(request: HttpRequest, base: BaseStructure) -> HttpResponse:
    """Write a note about the points that are shown, or about a house."""
    entry = _entry(request)
    place = entry.compartment
    points = chosen(base, entry.points[:4000].split(",")[:MOST_POINTS]).points
    try:
        start, end = _span(entry, base)
        note = Note(
            start=start,
            end=end,
            text=entry.text,
            compartment=place if place in base.compartments else None,
            points=() if place in base.compartments else tuple(point.key for point in points),
        )
        notes.write(note, by=request.user, now=utc_now())
    except (BadQuery, AnnotationError, NotAllowed) as error:
        return _page(request, base, None, entry, fault=why(error), status=status_of(error))
    return HttpResponseRedirect(_next(request, request.POST.get("next", "")))


@require_http_methods(["GET", "HEAD", "POST"])
@with_base
def annotation(request: HttpRequest, base: BaseStructure, note_id: UUID) -> HttpResponse:
    """Change or delete a note."""
    try:
        note = notes.read(note_id)
    except UnknownAnnotation as error:
        raise Http404(str(note_id)) from error
    if request.method != "POST":
        return _page(request, base, note, _stored(note, base))
    entry, seen, now = _entry(request), _seen(request), utc_now()
    try:
        if request.POST.get("action") == "delete":
            notes.delete(note_id, seen=seen, by=request.user, now=now)
        else:
            start, end = _span(entry, base)
            notes.revise(note_id, start=start, end=end, text=entry.text, seen=seen, by=request.user, now=now)
    except ChangedMeanwhile as error:
        # What somebody else wrote meanwhile is shown, and what was not stored too; saving again is then a decision.
        fresh = notes.read(note_id)
        lost = "" if request.POST.get("action") == "delete" else entry.text
        return _page(request, base, fresh, _stored(fresh, base), fault=why(error), status=409, lost=lost)
    except (BadQuery, AnnotationError, NotAllowed) as error:
        return _page(request, base, note, entry, fault=why(error), status=status_of(error))
    return HttpResponseRedirect(_next(request, request.POST.get("next", "")))


def why(error: Refusal) -> str:
    """Why a note was not stored, for the person who wrote it."""
    match error:
        case NotAllowed():
            return _("You may not do this. A note is changed by its author, a supervisor or an engineer.")
        case TextRefused():
            return _("A note has from 1 to %(most)d characters. Nothing was stored.") % {"most": LONGEST_TEXT}
        case SpanRefused():
            return _("The note ends before it begins. Nothing was stored.")
        case UnknownAnnotation():
            return _("This note was deleted meanwhile.")
        case ChangedMeanwhile():
            return _("Somebody else has changed this note meanwhile. This is how it stands now; nothing was stored.")
    return str(error)


def status_of(error: Refusal) -> int:
    """HTTP status of a refusal."""
    return _STATUS.get(type(error), 400)


def _page(
    request: HttpRequest,
    base: BaseStructure,
    note: Annotation | None,
    entry: Entry,
    *,
    fault: str = "",
    status: int = 200,
    lost: str = "",
) -> HttpResponse:
    now = sample_time.look(utc_now())
    context = {
        **live_page(base, BASE_TOPIC, is_simulated=is_simulated(point_states(series.latest())), now=now),
        "note": note,
        "entry": entry,
        "seen": "" if note is None else note.revision,
        "place": "" if note is None else place_of(base, note),
        "author": "" if note is None else name_of(note.author),
        "may_write": may(request.user, Action.ANNOTATE),
        "may_change": note is not None and notes.may_change(note, request.user),
        "next": _next(request, request.POST.get("next", request.GET.get("next", ""))),
        "fault": fault,
        "lost": lost,
    }
    return render(request, "console/trends/annotation.html", context, status=status)


def _entry(request: HttpRequest) -> Entry:
    return Entry(*(request.POST.get(name, "") for name in ("from", "to", "text", "points", "compartment")))


def _stored(note: Annotation, base: BaseStructure) -> Entry:
    zone = ZoneInfo(base.time_zone)
    start, end = (moment.astimezone(zone).strftime("%Y-%m-%dT%H:%M") for moment in (note.start, note.end))
    return Entry(start, end, note.text)


def _span(entry: Entry, base: BaseStructure) -> tuple[datetime, datetime]:
    zone = ZoneInfo(base.time_zone)
    return read_moment(entry.start, zone), read_moment(entry.end, zone)


def _seen(request: HttpRequest) -> int:
    text = request.POST.get("seen", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


def _next(request: HttpRequest, target: str) -> str:
    return safe_next(request, target, otherwise=reverse("console:trends"))
