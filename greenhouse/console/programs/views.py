"""All programs, and the program of a compartment: form, review, and what becomes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from greenhouse.clock import utc_now
from greenhouse.console.page.base import with_base
from greenhouse.console.programs import draft
from greenhouse.console.programs.day import periods_without_time, shown_day, today
from greenhouse.console.programs.fields import Texts
from greenhouse.console.programs.pages import (
    ProgramPlace,
    frame,
    last_change,
    place_of,
    places,
    require_editor,
    row_of,
    sentences,
)
from greenhouse.console.programs.words import refusal_in_words, without_time_in_words
from greenhouse.rules import programs
from greenhouse.rules.errors import NothingToChange, ProgramConflict, ProgramRefused, ReasonNeeded
from greenhouse.rules.evaluate.climate_program import ClimateProgram, Fault
from greenhouse.rules.evaluate.differences import are_large, differences
from greenhouse.rules.evaluate.documents import as_document
from greenhouse.rules.models import LONGEST_REASON
from greenhouse.site.structure import BaseStructure


@require_safe
@with_base
def show_programs(request: HttpRequest, base: BaseStructure) -> HttpResponse:
    """Every compartment: whether a program drives it, the period in force now, who changed it last."""
    now = utc_now()
    context = {**frame(request, base), "rows": [row_of(base, place, now) for place in places(base)]}
    return render(request, "console/programs/programs.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@with_base
def program(request: HttpRequest, base: BaseStructure, key: str) -> HttpResponse:
    """The program of a compartment with today's course; a form for who may change it."""
    place = place_of(base, key)
    if request.method != "POST":
        return _page(request, base, place, draft.texts_of(place.program, standard=place.standard), seen=place.number)
    require_editor(request)
    texts, seen = draft.read_texts(request.POST), seen_number(request)
    step, _dot, index = request.POST.get("step", "").partition(".")
    match step:
        case "review":
            return _review(request, base, place, texts, seen=seen)
        case "apply":
            return _apply(request, base, place, texts, seen=seen)
        case "add" | "remove" if index.isdecimal() and len(index) < 3:
            change = draft.with_period_after if step == "add" else draft.without_period
            return _page(request, base, place, change(texts, int(index)), seen=seen, is_typed=True)
        case "edit":
            return _page(request, base, place, texts, seen=seen, is_typed=True)
    return HttpResponseBadRequest()


@require_POST
@with_base
def switch_program(request: HttpRequest, base: BaseStructure, key: str) -> HttpResponse:
    """Let the program drive the compartment, or no longer."""
    place, user = place_of(base, key), require_editor(request)
    wanted, reason = request.POST.get("to", ""), request.POST.get("reason", "")
    if wanted not in ("on", "off"):
        return HttpResponseBadRequest()
    try:
        programs.switch(
            key, is_on=wanted == "on", seen_version=seen_number(request), by=user, reason=reason, now=utc_now()
        )
    except ProgramRefused as error:
        texts = draft.texts_of(place.program, standard=place.standard)
        said = _refusal(error, place)
        status = 422 if isinstance(error, ReasonNeeded) else 409
        context = {"switch_fault": said, "switch_reason": reason[:LONGEST_REASON]}
        return _page(request, base, place, texts, seen=place.number, status=status, more=context)
    return HttpResponseRedirect(f"{reverse('console:program', args=[key])}?switched={wanted}")


def seen_number(request: HttpRequest) -> int:
    """Number of the version that a form was made from; one that is none fits no version."""
    text = request.POST.get("seen", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else -1


def _page(
    request: HttpRequest,
    base: BaseStructure,
    place: ProgramPlace,
    texts: Texts,
    *,
    seen: int,
    faults: Sequence[Fault] = (),
    status: int = 200,
    is_typed: bool = False,
    more: Mapping[str, object] | None = None,
) -> HttpResponse:
    now = utc_now()
    context = {
        **frame(request, base, place.key),
        "place": place,
        "row": row_of(base, place, now),
        "day": shown_day(place.program, today(base, now), now),
        "last": last_change(place.standing),
        "form": draft.fields_of(texts, kind=place.kind, has_net=place.has_net, faults=faults),
        "seen": seen,
        "returned_to": request.POST.get("returned_to", ""),
        "is_typed": is_typed or bool(faults),
        "saved": request.GET.get("saved", "") == str(place.number),
        "switched": request.GET.get("switched", ""),
        "warnings": without_time_in_words(
            periods_without_time(base, place.program, today(base, now).day.midnight.date())
        ),
        "note": "",
        "switch_fault": "",
        "switch_reason": "",
        "longest_reason": LONGEST_REASON,
        **(more or {}),
    }
    return render(request, "console/programs/program.html", context, status=status)


def _review(
    request: HttpRequest, base: BaseStructure, place: ProgramPlace, texts: Texts, *, seen: int, fault: str = ""
) -> HttpResponse:
    """What a change comes to; its faults; or that somebody was faster."""
    wanted = draft.program_of(texts, kind=place.kind, has_net=place.has_net, before=place.program)
    if faults := programs.faults_in(place.part, wanted):
        return _page(request, base, place, texts, seen=seen, faults=faults, status=422)
    if seen != place.number:
        return _conflict(request, base, place, texts, wanted, seen=seen)
    found = differences(place.program, wanted)
    if not found:
        said = {"note": refusal_in_words(NothingToChange())}
        return _page(request, base, place, texts, seen=seen, is_typed=True, more=said)
    now = utc_now()
    day = today(base, now)
    context = {
        **frame(request, base, place.key),
        "place": place,
        "sentences": sentences(place.program, wanted),
        "is_large": are_large(found),
        "day": shown_day(wanted, day, now),
        "warnings": without_time_in_words(periods_without_time(base, wanted, day.day.midnight.date())),
        "hidden": draft.hidden_of(texts),
        "seen": seen,
        "returned_to": request.POST.get("returned_to", ""),
        "reason": request.POST.get("reason", "")[:LONGEST_REASON],
        "longest_reason": LONGEST_REASON,
        "fault": fault,
    }
    return render(request, "console/programs/review.html", context, status=422 if fault else 200)


def _apply(request: HttpRequest, base: BaseStructure, place: ProgramPlace, texts: Texts, *, seen: int) -> HttpResponse:
    user = require_editor(request)
    wanted = draft.program_of(texts, kind=place.kind, has_net=place.has_net, before=place.program)
    if faults := programs.faults_in(place.part, wanted):
        return _page(request, base, place, texts, seen=seen, faults=faults, status=422)
    back = request.POST.get("returned_to", "")
    try:
        saved = programs.save(
            place.key,
            as_document(wanted),
            seen_version=seen,
            by=user,
            reason=request.POST.get("reason", ""),
            now=utc_now(),
            returned_to=int(back) if back.isascii() and back.isdecimal() and len(back) < 10 else None,
        )
    except ProgramConflict:
        return _conflict(request, base, place_of(base, place.key), texts, wanted, seen=seen)
    except ReasonNeeded as error:
        return _review(request, base, place, texts, seen=seen, fault=refusal_in_words(error))
    except ProgramRefused as error:
        said = {"note": refusal_in_words(error)}
        return _page(request, base, place, texts, seen=seen, is_typed=True, more=said)
    return HttpResponseRedirect(f"{reverse('console:program', args=[place.key])}?saved={saved.number}")


def _conflict(
    request: HttpRequest,
    base: BaseStructure,
    place: ProgramPlace,
    texts: Texts,
    wanted: ClimateProgram,
    *,
    seen: int,
) -> HttpResponse:
    """Both changes beside each other; nothing that was typed is lost."""
    if not differences(place.program, wanted):  # the same was stored already, perhaps by the same finger
        return HttpResponseRedirect(f"{reverse('console:program', args=[place.key])}?saved={place.number}")
    before = programs.program_of(place.key, seen) if seen >= 0 else None
    version = place.standing.version
    context = {
        **frame(request, base, place.key),
        "place": place,
        "version": version,
        "fault": refusal_in_words(ProgramConflict(seen=seen, newest=place.number), version),
        "theirs": [] if before is None else sentences(before, place.program),
        "mine": sentences(wanted if before is None else before, wanted),
        "to_theirs": sentences(place.program, wanted),
        "hidden": draft.hidden_of(texts),
        "reason": request.POST.get("reason", "")[:LONGEST_REASON],
    }
    return render(request, "console/programs/conflict.html", context, status=409)


def _refusal(error: ProgramRefused, place: ProgramPlace) -> str:
    return refusal_in_words(error, place.standing.version)
