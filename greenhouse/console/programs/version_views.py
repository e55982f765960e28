"""The versions of a program, one of them, and a program taken over by other compartments."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe

from greenhouse.clock import utc_now
from greenhouse.console.page.base import with_base
from greenhouse.console.program_editing import (
    VERSIONS_SHOWN,
    hidden_of,
    names_of,
    readable,
    replaces_all,
    require_editor,
    version_number,
    version_rows,
)
from greenhouse.console.programs import draft
from greenhouse.console.programs.day import shown_day, today
from greenhouse.console.programs.pages import (
    ProgramPlace,
    UnreadablePlace,
    frame,
    place_of,
    places,
    readable_version,
    sentences,
    unreadable_page,
)
from greenhouse.console.programs.words import fault_in_words, origin_in_words, refusal_in_words
from greenhouse.rules import programs
from greenhouse.rules.errors import FaultyProgram, ProgramRefused
from greenhouse.rules.evaluate.climate_program import ClimateProgram
from greenhouse.rules.evaluate.differences import are_large, differences
from greenhouse.rules.evaluate.documents import as_document, from_document
from greenhouse.rules.models import LONGEST_REASON, ProgramVersion
from greenhouse.site.structure import BaseStructure


@dataclass(frozen=True, slots=True)
class Target:
    """A compartment that could take the program over.

    Attributes
    ----------
    outcome : str
        What became of it; empty before it was tried.
    """

    place: ProgramPlace
    sentences: list[str]
    is_large: bool
    is_chosen: bool
    seen: int
    outcome: str = ""
    is_done: bool = False


@require_safe
@with_base
def show_versions(request: HttpRequest, base: BaseStructure, key: str) -> HttpResponse:
    """Every version, the newest first: who, when, why, and what it changed; and every time that it was switched."""
    place = place_of(base, key)
    found = list(programs.history(key)[: VERSIONS_SHOWN + 1])
    known = [readable(_program_of, version) for version in found]
    if len(found) <= VERSIONS_SHOWN:
        known.append(place.standard)
    names = names_of(base)
    rows = version_rows(found, known, sentences=sentences, how=lambda version, _before: origin_in_words(version, names))
    context = {
        **frame(request, base, key),
        "place": place,
        "rows": rows,
        "switchings": programs.switchings(key)[:VERSIONS_SHOWN],
    }
    return render(request, "console/programs/versions.html", context)


@require_safe
@with_base
def show_version(request: HttpRequest, base: BaseStructure, key: str, number: int) -> HttpResponse:
    """One version: its course on this day, what it changed, and the way back to it."""
    place = place_of(base, key)
    mine = readable_version(key, number)
    if mine is None:
        raise Http404(number)
    version = programs.history(key).filter(number=number).first()
    before = None if number == programs.STANDARD else readable_version(key, number - 1)
    context = {
        **frame(request, base, key),
        "place": place,
        "number": number,
        "version": version,
        "how": "" if version is None else origin_in_words(version, names_of(base)),
        "sentences": [] if before is None else sentences(before, mine),
        "back": [replaces_all()] if isinstance(place, UnreadablePlace) else sentences(place.program, mine),
        "day": shown_day(mine, today(base, utc_now()), None),
        "hidden": hidden_of(draft.texts_of(mine, standard=place.standard)),
    }
    return render(request, "console/programs/version.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@with_base
def copy_program(request: HttpRequest, base: BaseStructure, key: str) -> HttpResponse:
    """Which compartments of the same kind take the program over, and what became of each."""
    place = place_of(base, key)
    if isinstance(place, UnreadablePlace):
        return unreadable_page(request, base, place, status=409 if request.method == "POST" else 200)
    targets = _targets(request, base, place)
    fault = ""
    if request.method == "POST":
        require_editor(request)
        chosen = [target for target in targets if target.is_chosen]
        reason = request.POST.get("reason", "").strip()
        if not chosen:
            fault = "none"
        elif len(reason) > LONGEST_REASON or (not reason and any(target.is_large for target in chosen)):
            fault = "reason"
        else:
            targets = [
                _taken_over(request, place, target, reason) if target.is_chosen else target for target in targets
            ]
    context = {
        **frame(request, base, key),
        "place": place,
        "targets": targets,
        "is_done": any(target.outcome for target in targets),
        "reason": request.POST.get("reason", "")[:LONGEST_REASON],
        "longest_reason": LONGEST_REASON,
        "fault": fault,
    }
    return render(request, "console/programs/copy.html", context, status=422 if fault else 200)


def _program_of(version: ProgramVersion) -> ClimateProgram:
    return from_document(version.document)


def _targets(request: HttpRequest, base: BaseStructure, place: ProgramPlace) -> list[Target]:
    chosen = set(request.POST.getlist("to"))
    return [
        Target(
            place=other,
            sentences=sentences(other.program, place.program),
            is_large=are_large(differences(other.program, place.program)),
            is_chosen=other.key in chosen,
            seen=_seen(request, other),
        )
        for other in places(base)
        if other.kind is place.kind and other.key != place.key
    ]


def _seen(request: HttpRequest, other: ProgramPlace) -> int:
    told = version_number(request.POST.get(f"seen.{other.key}", ""))
    return other.number if told is None else told


def _taken_over(request: HttpRequest, place: ProgramPlace, target: Target, reason: str) -> Target:
    is_done, outcome = False, ""
    try:
        version = programs.save(
            target.place.key,
            as_document(place.program),
            seen_version=target.seen,
            by=request.user,
            reason=reason,
            now=utc_now(),
            copied_from=place.key,
        )
        is_done, outcome = True, str(version.number)
    except FaultyProgram as error:
        outcome = " ".join(fault_in_words(fault) for fault in error.faults)
    except ProgramRefused as error:
        outcome = refusal_in_words(error, target.place.standing.version)
    return Target(
        target.place, target.sentences, target.is_large, target.is_chosen, target.seen, outcome, is_done=is_done
    )
