"""Irrigation programs over HTTP: one program with its form, a new one, its versions, on and off."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import wraps

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from greenhouse.access.roles import name_of
from greenhouse.clock import moment_now, utc_now
from greenhouse.console.irrigation import program_draft as draft
from greenhouse.console.irrigation.program_pages import (
    IrrigationPlace,
    UnreadableProgram,
    line_of,
    place_of,
    runs_of,
    warnings_of,
    words_of,
)
from greenhouse.console.irrigation.program_words import refusal_in_words, sentences
from greenhouse.console.irrigation.views import frame
from greenhouse.console.page.base import with_base
from greenhouse.console.programs.fields import Texts
from greenhouse.console.programs.pages import names_of, require_editor
from greenhouse.console.programs.views import seen_number
from greenhouse.deadlines import Moment
from greenhouse.rules import irrigation_programs
from greenhouse.rules.errors import (
    FaultyIrrigation,
    NothingToChange,
    ProgramConflict,
    ProgramDocumentError,
    ProgramRefused,
    ReasonNeeded,
)
from greenhouse.rules.evaluate.irrigation_documents import as_document
from greenhouse.rules.evaluate.irrigation_program import Fault, FaultCode, IrrigationProgram
from greenhouse.rules.irrigation_models import LONGEST_REASON, IrrigationProgramVersion
from greenhouse.site.keys import ENTRY_KEY, KEY_LENGTH
from greenhouse.site.structure import BaseStructure
from greenhouse.telemetry import sample_time

VERSIONS_SHOWN = 50
NEW = ""
"""Stands for the key of a program that has none yet."""


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version with what it changed; ``switched``: it changed nothing but whether the program waters."""

    version: IrrigationProgramVersion
    sentences: list[str]
    switched: bool


def _if_readable(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Say of a program that cannot be read that it is so, instead of what the view would show."""

    @wraps(view)
    def shown(request: HttpRequest, base: BaseStructure, key: str, *more: object, **named: object) -> HttpResponse:
        try:
            return view(request, base, key, *more, **named)
        except ProgramDocumentError as error:
            return _unreadable(request, base, key, error)

    return shown


@require_http_methods(["GET", "HEAD", "POST"])
@with_base
@_if_readable
def irrigation_program(request: HttpRequest, base: BaseStructure, key: str) -> HttpResponse:
    """A program: its next starts, its runs, and a form for who may change it."""
    place = place_of(key)
    if request.method != "POST":
        return _page(request, base, place, draft.texts_of(place.program), seen=place.number)
    return _step(request, base, place)


@require_http_methods(["GET", "HEAD", "POST"])
@with_base
def new_program(request: HttpRequest, base: BaseStructure) -> HttpResponse:
    """The form of a program that does not exist yet; one that is copied begins as the other, and waters nothing."""
    require_editor(request)
    if request.method == "POST":
        return _step(request, base, None)
    texts = draft.texts_of_new()
    if source := request.GET.get("from", "").replace("\0", ""):
        try:
            other = place_of(source)
        except ProgramDocumentError as error:
            return _unreadable(request, base, source, error)
        texts = {**draft.texts_of(other.program), "name": _("%(name)s, copy") % {"name": other.name}}
    return _page(request, base, None, texts, seen=0, is_typed=True)


@require_POST
@with_base
@_if_readable
def switch_program(request: HttpRequest, base: BaseStructure, key: str) -> HttpResponse:
    """Let a program water, or no longer. One that cannot be read can be switched off all the same."""
    user = require_editor(request)
    wanted, reason = request.POST.get("to", ""), request.POST.get("reason", "")
    if wanted not in ("on", "off"):
        return HttpResponseBadRequest()
    try:
        irrigation_programs.switch(
            key, is_on=wanted == "on", seen_version=seen_number(request), by=user, reason=reason, now=_stored_at()
        )
    except ProgramRefused as error:
        place = place_of(key)
        is_faulty = isinstance(error, FaultyIrrigation)
        said = _("It cannot water like this. What is wrong stands at its field.") if is_faulty else _why(error, place)
        more = {"switch_fault": said, "switch_reason": reason[:LONGEST_REASON]}
        faults = error.faults if isinstance(error, FaultyIrrigation) else ()
        status = 422 if is_faulty or isinstance(error, ReasonNeeded) else 409
        texts = draft.texts_of(place.program)
        return _page(request, base, place, texts, seen=place.number, faults=faults, status=status, more=more)
    return HttpResponseRedirect(f"{reverse('console:irrigation_program', args=[key])}?switched={wanted}")


@require_safe
@with_base
@_if_readable
def show_versions(request: HttpRequest, base: BaseStructure, key: str) -> HttpResponse:
    """Every version, the newest first: who, when, why, and what it changed."""
    place = place_of(key)
    found = list(irrigation_programs.history(key)[: VERSIONS_SHOWN + 1])
    known = [_readable(version) for version in found]
    rows = []
    for number, version in enumerate(found[:VERSIONS_SHOWN]):
        mine, before = known[number], known[number + 1] if number + 1 < len(known) else None
        said = [] if mine is None or before is None else sentences(before, mine)
        is_first = number + 1 >= len(found)
        switched = not is_first and version.is_on is not found[number + 1].is_on
        rows.append(VersionRow(version, said, switched))
    context = {**frame(request, base), "place": place, "rows": rows}
    return render(request, "console/irrigation/versions.html", context)


@require_safe
@with_base
@_if_readable
def show_version(request: HttpRequest, base: BaseStructure, key: str, number: int) -> HttpResponse:
    """One version, what it would change now, and the way back to it."""
    place = place_of(key)
    version = irrigation_programs.history(key).filter(number=number).first()
    mine = None if version is None else _readable(version)
    if version is None or mine is None:
        raise Http404(number)
    context = {
        **frame(request, base),
        "place": place,
        "version": version,
        "mine": IrrigationPlace(version, mine),
        "back": sentences(place.program, mine),
        "hidden": draft.hidden_of(draft.texts_of(mine)),
    }
    return render(request, "console/irrigation/version.html", context)


def _stored_at() -> Moment:
    """Now, by the clock that starts are decided by: after a wall clock that is ahead, none would come for a while."""
    now = moment_now()
    return replace(now, wall=sample_time.look(now.wall))


def _unreadable(request: HttpRequest, base: BaseStructure, key: str, error: ProgramDocumentError) -> HttpResponse:
    version = irrigation_programs.history(key).first()
    if version is None:
        raise Http404(key)
    context = {**frame(request, base), "place": UnreadableProgram(version, error.field)}
    status = 409 if request.method == "POST" else 200
    return render(request, "console/irrigation/unreadable.html", context, status=status)


def _step(request: HttpRequest, base: BaseStructure, place: IrrigationPlace | None) -> HttpResponse:
    require_editor(request)
    texts, seen = draft.read_texts(request.POST), 0 if place is None else seen_number(request)
    step, _dot, index = request.POST.get("step", "").partition(".")
    match step:
        case "review":
            return _review(request, base, place, texts, seen=seen)
        case "apply":
            return _apply(request, base, place, texts, seen=seen)
        case "add" | "remove" if index.isdecimal() and len(index) < 3:
            change = draft.with_group_after if step == "add" else draft.without_group
            return _page(request, base, place, change(texts, int(index)), seen=seen, is_typed=True)
        case "edit":
            return _page(request, base, place, texts, seen=seen, is_typed=True)
    return HttpResponseBadRequest()


def _page(
    request: HttpRequest,
    base: BaseStructure,
    place: IrrigationPlace | None,
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
        **frame(request, base),
        "place": place,
        "line": None if place is None else line_of(base, place, now=now),
        "runs": [] if place is None else runs_of(base, place.key, now=now),
        "warnings": [] if place is None else warnings_of(base, place.program, now),
        "now": now,
        "form": draft.fields_of(texts, names_of(base), faults),
        "seen": seen,
        "is_typed": is_typed or bool(faults),
        "saved": place is not None and request.GET.get("saved", "") == str(place.number),
        "note": "",
        "switch_fault": "",
        "switch_reason": "",
        "longest_reason": LONGEST_REASON,
        **(more or {}),
    }
    return render(request, "console/irrigation/program.html", context, status=status)


def _faults(place: IrrigationPlace | None, wanted: IrrigationProgram) -> list[Fault]:
    """What keeps a program from being stored: of one that is off, not that another one has its valves."""
    found = irrigation_programs.faults_in(NEW if place is None else place.key, wanted)
    if place is not None and place.is_on:
        return found
    return [fault for fault in found if fault.code is not FaultCode.VALVE_OF_ANOTHER]


def _review(
    request: HttpRequest,
    base: BaseStructure,
    place: IrrigationPlace | None,
    texts: Texts,
    *,
    seen: int,
    fault: str = "",
    note: str = "",
) -> HttpResponse:
    """What a change comes to; its faults; or that somebody was faster. ``fault``: of the reason."""
    wanted = draft.program_of(texts)
    if faults := _faults(place, wanted):
        return _page(request, base, place, texts, seen=seen, faults=faults, status=422)
    if place is not None and seen != place.number:
        return _conflict(request, base, place, texts, wanted, seen=seen)
    said = [] if place is None else sentences(place.program, wanted)
    if place is not None and not said:
        more = {"note": refusal_in_words(NothingToChange())}
        return _page(request, base, place, texts, seen=seen, is_typed=True, more=more)
    others = irrigation_programs.faults_in(NEW if place is None else place.key, wanted)
    context = {
        **frame(request, base),
        "place": place,
        "sentences": said,
        "wanted": IrrigationPlace(IrrigationProgramVersion(program_key=NEW), wanted),
        "warnings": [*warnings_of(base, wanted, utc_now()), *dict.fromkeys(words_of(wanted, others))],
        "hidden": draft.hidden_of(texts),
        "seen": seen,
        "key": irrigation_programs.new_key(wanted) if place is None else place.key,
        "reason": request.POST.get("reason", "")[:LONGEST_REASON],
        "longest_reason": LONGEST_REASON,
        "fault": fault,
        "note": note,
    }
    status = 422 if fault else 409 if note else 200
    return render(request, "console/irrigation/review.html", context, status=status)


def _apply(
    request: HttpRequest, base: BaseStructure, place: IrrigationPlace | None, texts: Texts, *, seen: int
) -> HttpResponse:
    user = require_editor(request)
    wanted = draft.program_of(texts)
    if faults := _faults(place, wanted):
        return _page(request, base, place, texts, seen=seen, faults=faults, status=422)
    key = _new_key(request, wanted) if place is None else place.key
    is_on = place is not None and place.is_on
    reason = request.POST.get("reason", "")
    try:
        saved = irrigation_programs.save(
            key, as_document(wanted), is_on=is_on, seen_version=seen, by=user, reason=reason, now=_stored_at()
        )
    except ProgramConflict:
        theirs = irrigation_programs.newest().get(program_key=key)
        known = _readable(theirs)
        if place is None and (known is None or sentences(known, wanted)):  # another program, not a version of this one
            return _review(request, base, None, texts, seen=0, note=_made_meanwhile(theirs))
        return _conflict(request, base, place_of(key), texts, wanted, seen=seen)
    except ReasonNeeded as error:
        return _review(request, base, place, texts, seen=seen, fault=refusal_in_words(error))
    except ProgramRefused as error:
        more = {"note": refusal_in_words(error)}
        return _page(request, base, place, texts, seen=seen, is_typed=True, more=more)
    return HttpResponseRedirect(f"{reverse('console:irrigation_program', args=[key])}?saved={saved.number}")


def _new_key(request: HttpRequest, wanted: IrrigationProgram) -> str:
    """The key that the review gave, so that the same form sent twice is one program."""
    told = request.POST.get("key", "")
    return told if re.fullmatch(ENTRY_KEY, told) and len(told) <= KEY_LENGTH else irrigation_programs.new_key(wanted)


def _conflict(
    request: HttpRequest,
    base: BaseStructure,
    place: IrrigationPlace,
    texts: Texts,
    wanted: IrrigationProgram,
    *,
    seen: int,
) -> HttpResponse:
    """Both changes beside each other; nothing that was typed is lost."""
    if not sentences(place.program, wanted):  # the same was stored already, perhaps by the same finger
        return HttpResponseRedirect(f"{reverse('console:irrigation_program', args=[place.key])}?saved={place.number}")
    row = irrigation_programs.history(place.key).filter(number=seen).first()
    before = None if row is None else _readable(row)
    context = {
        **frame(request, base),
        "place": place,
        "version": place.version,
        "fault": _why(ProgramConflict(seen=seen, newest=place.number), place),
        "theirs": [] if before is None else sentences(before, place.program),
        "mine": sentences(wanted if before is None else before, wanted),
        "to_theirs": sentences(place.program, wanted),
        "hidden": draft.hidden_of(texts),
        "reason": request.POST.get("reason", "")[:LONGEST_REASON],
        "is_switched": row is not None and row.is_on is not place.is_on,
    }
    return render(request, "console/irrigation/conflict.html", context, status=409)


def _readable(version: IrrigationProgramVersion) -> IrrigationProgram | None:
    try:
        return irrigation_programs.program_of(version)
    except ProgramDocumentError:
        return None


def _made_meanwhile(theirs: IrrigationProgramVersion) -> str:
    key = theirs.program_key
    facts = {"name": name_of(theirs.author), "program": irrigation_programs.names_of_programs({key})[key]}
    return (
        _(
            "Nothing was stored yet: %(name)s made the program “%(program)s” meanwhile. Yours becomes a program of its"
            " own. Look at it once more and store it."
        )
        % facts
    )


def _why(error: ProgramRefused, place: IrrigationPlace) -> str:
    return refusal_in_words(error, place.version)
