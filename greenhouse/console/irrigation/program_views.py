"""Irrigation programs over HTTP: one program with its form, a new one, its versions, on and off."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
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
    waiting_of,
    warnings_of,
    words_of,
)
from greenhouse.console.irrigation.program_words import refusal_in_words, sentences
from greenhouse.console.irrigation.views import frame
from greenhouse.console.page.base import with_base
from greenhouse.console.program_editing import (
    VERSIONS_SHOWN,
    ProgramChange,
    answer_switch,
    form_frame,
    hidden_of,
    names_of,
    readable,
    replaces_all,
    require_editor,
    seen_number,
    version_rows,
)
from greenhouse.console.programs.fields import Texts
from greenhouse.deadlines import Moment
from greenhouse.rules import irrigation_programs
from greenhouse.rules.errors import FaultyIrrigation, ProgramRefused, ReasonNeeded, RulesError
from greenhouse.rules.evaluate.irrigation_documents import as_document
from greenhouse.rules.evaluate.irrigation_program import Fault, FaultCode, IrrigationProgram
from greenhouse.rules.irrigation_models import IrrigationProgramVersion
from greenhouse.site.keys import ENTRY_KEY, KEY_LENGTH
from greenhouse.site.structure import BaseStructure
from greenhouse.telemetry import sample_time

NEW = ""
"""Stands for the key of a program that has none yet."""


@require_http_methods(["GET", "HEAD", "POST"])
@with_base
def irrigation_program(request: HttpRequest, base: BaseStructure, key: str) -> HttpResponse:
    """A program: its next starts, its runs, and a form for who may change it."""
    place = place_of(key)
    if request.method == "POST":
        return _change(request, base, place).answer()
    if isinstance(place, UnreadableProgram):
        return _unreadable(request, base, place)
    return _page(request, base, place, draft.texts_of(place.program), seen=place.number)


@require_http_methods(["GET", "HEAD", "POST"])
@with_base
def new_program(request: HttpRequest, base: BaseStructure) -> HttpResponse:
    """The form of a program that does not exist yet; one that is copied begins as the other, and waters nothing."""
    require_editor(request)
    if request.method == "POST":
        return _change(request, base, None).answer()
    texts = draft.texts_of_new()
    if source := request.GET.get("from", "").replace("\0", ""):
        other = place_of(source)
        if isinstance(other, UnreadableProgram):
            return _unreadable(request, base, other)
        texts = {**draft.texts_of(other.program), "name": _("%(name)s, copy") % {"name": other.name}}
    return _page(request, base, None, texts, seen=0, more={"is_typed": bool(source)})


@require_POST
@with_base
def switch_program(request: HttpRequest, base: BaseStructure, key: str) -> HttpResponse:
    """Let a program water, or no longer. One that cannot be read can be switched off all the same."""

    def switch(by: User, *, is_on: bool, reason: str) -> None:
        seen = seen_number(request)
        irrigation_programs.switch(key, is_on=is_on, seen_version=seen, by=by, reason=reason, now=_stored_at())

    def refused(error: RulesError, reason: str) -> HttpResponse:
        place = place_of(key)
        if isinstance(place, UnreadableProgram):
            return _unreadable(request, base, place, status=409)
        faults = error.faults if isinstance(error, FaultyIrrigation) else ()
        said = _("It cannot water like this. What is wrong stands at its field.")
        more = {
            "switch_fault": said if faults else refusal_in_words(error, place.version),
            "switch_reason": reason,
            "is_typed": bool(faults),
        }
        status = 422 if faults or isinstance(error, ReasonNeeded) else 409
        texts = draft.texts_of(place.program)
        return _page(request, base, place, texts, seen=place.number, faults=faults, status=status, more=more)

    address = reverse("console:irrigation_program", args=[key])
    return answer_switch(request, address=address, switch=switch, refused=refused)


@require_safe
@with_base
def show_versions(request: HttpRequest, base: BaseStructure, key: str) -> HttpResponse:
    """Every version, the newest first: who, when, why, and what it changed."""
    place = place_of(key)
    found = list(irrigation_programs.history(key)[: VERSIONS_SHOWN + 1])
    known = [_readable(version) for version in found]
    rows = version_rows(found, known, sentences=sentences, how=_how)
    context = {**frame(request, base), "place": place, "rows": rows}
    return render(request, "console/irrigation/versions.html", context)


@require_safe
@with_base
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
        "number": number,
        "version": version,
        "mine": IrrigationPlace(version, mine),
        "back": [replaces_all()] if isinstance(place, UnreadableProgram) else sentences(place.program, mine),
        "hidden": hidden_of(draft.texts_of(mine)),
    }
    return render(request, "console/irrigation/version.html", context)


def _stored_at() -> Moment:
    """Now, by the clock that starts are decided by: after a wall clock that is ahead, none would come for a while."""
    now = moment_now()
    return replace(now, wall=sample_time.look(now.wall))


def _unreadable(
    request: HttpRequest,
    base: BaseStructure,
    place: UnreadableProgram,
    *,
    status: int = 200,
    more: Mapping[str, object] | None = None,
) -> HttpResponse:
    """That a program cannot be read, and what can be done; with a form, what is to take its place."""
    context = {
        **frame(request, base),
        **form_frame(request, place, seen=place.number),
        "page": "console/irrigation/_page.html",
        "versions": reverse("console:irrigation_program_versions", args=[place.key]),
        "switch": reverse("console:switch_irrigation_program", args=[place.key]),
        **(more or {}),
    }
    return render(request, "console/irrigation/unreadable.html", context, status=status)


def _page(
    request: HttpRequest,
    base: BaseStructure,
    place: IrrigationPlace | None,
    texts: Texts,
    *,
    seen: int,
    faults: Sequence[Fault] = (),
    status: int = 200,
    more: Mapping[str, object] | None = None,
) -> HttpResponse:
    now = utc_now()
    context = {
        **frame(request, base),
        **form_frame(request, place, seen=seen),
        "line": None if place is None else line_of(base, place, now=now),
        "runs": [] if place is None else runs_of(base, place.key, now=now),
        "warnings": [] if place is None else warnings_of(base, place.program, now),
        "now": now,
        "form": draft.fields_of(texts, names_of(base), faults),
        **(more or {}),
    }
    return render(request, "console/irrigation/program.html", context, status=status)


def _change(
    request: HttpRequest, base: BaseStructure, place: IrrigationPlace | UnreadableProgram | None
) -> IrrigationChange:
    seen = 0 if place is None else seen_number(request)
    return IrrigationChange(request, base, draft.read_texts(request.POST), seen, place)


@dataclass(frozen=True)
class IrrigationChange(ProgramChange[IrrigationProgram, Fault]):
    """A change of an irrigation program. ``place``: None for one that does not exist yet."""

    templates = "console/irrigation"

    place: IrrigationPlace | UnreadableProgram | None

    @property
    def standing(self) -> IrrigationProgram | None:
        """The program in force; None: it does not exist yet, or cannot be read."""
        return self.place.program if isinstance(self.place, IrrigationPlace) else None

    @cached_property
    def wanted(self) -> IrrigationProgram:
        """The program that was typed."""
        return draft.program_of(self.texts)

    @property
    def newest(self) -> IrrigationProgramVersion | None:
        """The version in force."""
        return None if self.place is None else self.place.version

    @property
    def address(self) -> str:
        """Page of the program."""
        return reverse("console:irrigation_program", args=[self.stored_as])

    @cached_property
    def stored_as(self) -> str:
        """Key that the program is stored under: a new one's is that which its review gave, so that the same form sent
        twice is one program.
        """
        if self.place is not None:
            return self.place.key
        told = self.request.POST.get("key", "")
        is_key = re.fullmatch(ENTRY_KEY, told) and len(told) <= KEY_LENGTH
        return told if is_key else irrigation_programs.new_key(self.wanted)

    def frame(self) -> dict[str, object]:
        """What its pages show around their content."""
        return {**frame(self.request, self.base), "place": self.place}

    def form(self, texts: Texts, *, faults: Sequence[Fault] = (), note: str = "", status: int = 200) -> HttpResponse:
        """The form with these texts."""
        more = {"note": note, "is_typed": True, "seen": self.seen}
        if isinstance(self.place, UnreadableProgram):
            more["form"] = draft.fields_of(texts, names_of(self.base), faults)
            return _unreadable(self.request, self.base, self.place, status=status, more=more)
        return _page(
            self.request, self.base, self.place, texts, seen=self.seen, faults=faults, status=status, more=more
        )

    def with_part_after(self, index: int) -> dict[str, str]:
        """The texts with one more group."""
        return draft.with_group_after(self.texts, index)

    def without_part(self, index: int) -> dict[str, str]:
        """The texts without a group."""
        return draft.without_group(self.texts, index)

    def faults(self) -> list[Fault]:
        """What keeps the program from being stored: of one that is off, not that another one has its valves."""
        found = self._all_faults()
        if self.place is not None and self.place.is_on:
            return found
        return [fault for fault in found if fault.code is not FaultCode.VALVE_OF_ANOTHER]

    def sentences(self, old: IrrigationProgram, new: IrrigationProgram) -> list[str]:
        """What differs, in sentences."""
        return sentences(old, new)

    def refusal(self, error: ProgramRefused) -> str:
        """Why the program was not changed."""
        return refusal_in_words(error, self.newest)

    def seen_program(self) -> IrrigationProgram | None:
        """The program that the form was made from."""
        row = self._seen_version()
        return None if row is None else _readable(row)

    def consequences(self) -> dict[str, object]:
        """The whole program in words, what keeps it from watering, and how many runs its change comes too late for."""
        wanted, place = self.wanted, self.place
        return {
            "wanted": IrrigationPlace(IrrigationProgramVersion(program_key=NEW), wanted),
            "warnings": [
                *warnings_of(self.base, wanted, utc_now()),
                *dict.fromkeys(words_of(wanted, self._all_faults())),
            ],
            "waiting": waiting_of(place.key).count() if place is not None and place.is_on else 0,
            "key": irrigation_programs.new_key(wanted) if place is None else place.key,
        }

    def store(self, *, by: User, reason: str) -> IrrigationProgramVersion:
        """Store it as the next version."""
        return irrigation_programs.save(
            self.stored_as,
            as_document(self.wanted),
            is_on=self.place is not None and self.place.is_on,
            seen_version=self.seen,
            by=by,
            reason=reason,
            now=_stored_at(),
        )

    def overtaken(self) -> HttpResponse:
        """Both changes beside each other; a new program that took the key of another one gets a key of its own."""
        theirs = irrigation_programs.newest().get(program_key=self.stored_as)
        known = _readable(theirs)
        if self.place is None and (known is None or sentences(known, self.wanted)):
            return self.review(note=_made_meanwhile(theirs))
        return replace(self, place=place_of(self.stored_as)).conflict()

    def beside(self) -> dict[str, object]:
        """Whether somebody switched the program meanwhile."""
        row = self._seen_version()
        return {"is_switched": row is not None and self.place is not None and row.is_on is not self.place.is_on}

    def _all_faults(self) -> list[Fault]:
        return irrigation_programs.faults_in(NEW if self.place is None else self.place.key, self.wanted)

    def _seen_version(self) -> IrrigationProgramVersion | None:
        return (
            None if self.place is None else irrigation_programs.history(self.place.key).filter(number=self.seen).first()
        )


def _how(version: IrrigationProgramVersion, before: IrrigationProgramVersion | None) -> str:
    """A version may have changed nothing but whether the program waters."""
    is_switch = before is not None and version.is_on is not before.is_on
    return pgettext("program", "switched") if is_switch else ""


def _readable(version: IrrigationProgramVersion) -> IrrigationProgram | None:
    return readable(irrigation_programs.program_of, version)


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
