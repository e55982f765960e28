"""All programs, and the program of a compartment: form, review, and what becomes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from greenhouse.clock import utc_now
from greenhouse.console.page.base import with_base
from greenhouse.console.program_editing import (
    ProgramChange,
    answer_switch,
    form_frame,
    seen_number,
    version_number,
)
from greenhouse.console.programs import draft
from greenhouse.console.programs.day import periods_without_time, shown_day, today
from greenhouse.console.programs.fields import Texts
from greenhouse.console.programs.pages import (
    ProgramPlace,
    UnreadablePlace,
    all_places,
    frame,
    last_change,
    place_of,
    readable_version,
    row_of,
    sentences,
    unreadable_page,
)
from greenhouse.console.programs.words import refusal_in_words, without_time_in_words
from greenhouse.rules import programs
from greenhouse.rules.errors import ProgramRefused, ReasonNeeded, RulesError
from greenhouse.rules.evaluate.climate_program import ClimateProgram, Fault
from greenhouse.rules.evaluate.differences import are_large, differences
from greenhouse.rules.evaluate.documents import as_document
from greenhouse.rules.models import ProgramVersion
from greenhouse.site.structure import BaseStructure


@require_safe
@with_base
def show_programs(request: HttpRequest, base: BaseStructure) -> HttpResponse:
    """Every compartment: whether a program drives it, the period in force now, who changed it last."""
    now, places = utc_now(), all_places(base)
    context = {
        **frame(request, base),
        "rows": [row_of(base, place, now) for place in places if isinstance(place, ProgramPlace)],
        "unreadable": [place for place in places if isinstance(place, UnreadablePlace)],
    }
    return render(request, "console/programs/programs.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@with_base
def program(request: HttpRequest, base: BaseStructure, key: str) -> HttpResponse:
    """The program of a compartment with today's course; a form for who may change it."""
    place = place_of(base, key)
    if request.method == "POST":
        return ClimateChange(request, base, draft.read_texts(request.POST), seen_number(request), place).answer()
    if isinstance(place, UnreadablePlace):
        return unreadable_page(request, base, place)
    return _page(request, base, place, draft.texts_of(place.program, standard=place.standard), seen=place.number)


@require_POST
@with_base
def switch_program(request: HttpRequest, base: BaseStructure, key: str) -> HttpResponse:
    """Let the program drive the compartment, or no longer."""

    def switch(by: User, *, is_on: bool, reason: str) -> None:
        programs.switch(key, is_on=is_on, seen_version=seen_number(request), by=by, reason=reason, now=utc_now())

    def refused(error: RulesError, reason: str) -> HttpResponse:
        place = place_of(base, key)
        said = refusal_in_words(error, place.standing.version)
        if isinstance(place, UnreadablePlace):
            return unreadable_page(request, base, place, status=409, more={"note": said})
        texts = draft.texts_of(place.program, standard=place.standard)
        status = 422 if isinstance(error, ReasonNeeded) else 409
        more = {"switch_fault": said, "switch_reason": reason}
        return _page(request, base, place, texts, seen=place.number, status=status, more=more)

    address = reverse("console:program", args=[key])
    return answer_switch(request, address=address, switch=switch, refused=refused)


@dataclass(frozen=True)
class ClimateChange(ProgramChange[ClimateProgram, Fault]):
    """A change of the program of a compartment."""

    templates = "console/programs"

    place: ProgramPlace | UnreadablePlace

    @property
    def standing(self) -> ClimateProgram | None:
        """The program in force; None: it cannot be read."""
        return self.place.program if isinstance(self.place, ProgramPlace) else None

    @cached_property
    def wanted(self) -> ClimateProgram:
        """The program that was typed."""
        place = self.place
        return draft.program_of(
            self.texts, kind=place.kind, has_net=place.has_net, before=self.standing or place.standard
        )

    @property
    def newest(self) -> ProgramVersion | None:
        """The version in force; None: the standard program."""
        return self.place.standing.version

    @property
    def address(self) -> str:
        """Page of the program."""
        return reverse("console:program", args=[self.place.key])

    def frame(self) -> dict[str, object]:
        """What its pages show around their content."""
        return {**frame(self.request, self.base, self.place.key), "place": self.place}

    def form(self, texts: Texts, *, faults: Sequence[Fault] = (), note: str = "", status: int = 200) -> HttpResponse:
        """The form with these texts."""
        place, more = self.place, {"note": note, "is_typed": True, "seen": self.seen}
        if isinstance(place, UnreadablePlace):
            more["form"] = draft.fields_of(texts, kind=place.kind, has_net=place.has_net, faults=faults)
            more["returned_to"] = self.request.POST.get("returned_to", "")
            return unreadable_page(self.request, self.base, place, status=status, more=more)
        return _page(self.request, self.base, place, texts, seen=self.seen, faults=faults, status=status, more=more)

    def with_part_after(self, index: int) -> dict[str, str]:
        """The texts with one more period."""
        return draft.with_period_after(self.texts, index)

    def without_part(self, index: int) -> dict[str, str]:
        """The texts without a period."""
        return draft.without_period(self.texts, index)

    def faults(self) -> list[Fault]:
        """What keeps the program from being stored."""
        return programs.faults_in(self.place.part, self.wanted)

    def sentences(self, old: ClimateProgram, new: ClimateProgram) -> list[str]:
        """What differs, in sentences."""
        return sentences(old, new)

    def refusal(self, error: ProgramRefused) -> str:
        """Why the program was not changed."""
        return refusal_in_words(error, self.newest)

    def seen_program(self) -> ClimateProgram | None:
        """The program that the form was made from."""
        return readable_version(self.place.key, self.seen) if self.seen >= 0 else None

    def consequences(self) -> dict[str, object]:
        """The course of this day, and days on which a period has no time."""
        now = utc_now()
        day = today(self.base, now)
        without = periods_without_time(self.base, self.wanted, day.day.midnight.date())
        return {
            "is_large": self.standing is None or are_large(differences(self.standing, self.wanted)),
            "day": shown_day(self.wanted, day, now),
            "warnings": without_time_in_words(without),
            "returned_to": self.request.POST.get("returned_to", ""),
        }

    def store(self, *, by: User, reason: str) -> ProgramVersion:
        """Store it as the next version."""
        return programs.save(
            self.place.key,
            as_document(self.wanted),
            seen_version=self.seen,
            by=by,
            reason=reason,
            now=utc_now(),
            returned_to=version_number(self.request.POST.get("returned_to", "")),
        )

    def overtaken(self) -> HttpResponse:
        """Both changes beside each other."""
        return replace(self, place=place_of(self.base, self.place.key)).conflict()


def _page(
    request: HttpRequest,
    base: BaseStructure,
    place: ProgramPlace,
    texts: Texts,
    *,
    seen: int,
    faults: Sequence[Fault] = (),
    status: int = 200,
    more: Mapping[str, object] | None = None,
) -> HttpResponse:
    now = utc_now()
    day = today(base, now)
    context = {
        **frame(request, base, place.key),
        **form_frame(request, place, seen=seen),
        "row": row_of(base, place, now),
        "day": shown_day(place.program, day, now),
        "last": last_change(place.standing),
        "form": draft.fields_of(texts, kind=place.kind, has_net=place.has_net, faults=faults),
        "returned_to": request.POST.get("returned_to", ""),
        "switched": request.GET.get("switched", ""),
        "warnings": without_time_in_words(periods_without_time(base, place.program, day.day.midnight.date())),
        **(more or {}),
    }
    return render(request, "console/programs/program.html", context, status=status)
