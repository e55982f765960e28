"""How a stored program is edited: the same way for climate and irrigation programs.

A form is sent for one step at a time: ``edit`` shows it again, ``add`` and ``remove`` give it a part more or less,
``review`` says what the change comes to, ``apply`` stores it as the next version. Whoever was slower than somebody else
sees both changes beside each other, and nothing that was typed is lost.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar, Generic, Protocol, TypeVar

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _

from greenhouse.access.roles import Action, may, name_of, role_name
from greenhouse.console.page.context import live_page
from greenhouse.console.values.states import is_simulated, point_states
from greenhouse.rules.errors import (
    NothingToChange,
    ProgramConflict,
    ProgramDocumentError,
    ProgramRefused,
    ReasonNeeded,
    RulesError,
)
from greenhouse.rules.irrigation_models import IrrigationProgramVersion
from greenhouse.rules.models import LONGEST_REASON, ProgramSwitch, ProgramVersion
from greenhouse.site.structure import BaseStructure
from greenhouse.telemetry import sample_time, series

VERSIONS_SHOWN = 50

Program = TypeVar("Program")
Fault = TypeVar("Fault")
Version = TypeVar("Version", ProgramVersion, IrrigationProgramVersion)


class Place(Protocol):
    """Where a program stands, as pages name it."""

    @property
    def number(self) -> int:
        """Number of the version in force."""


class Switch(Protocol):
    """Switches a program on or off.

    Raises
    ------
    ProgramRefused
        Nothing was stored.
    """

    def __call__(self, by: User, *, is_on: bool, reason: str) -> object:
        """Store it."""


@dataclass(frozen=True, slots=True)
class LastChange:
    """Who changed a program last, or switched it."""

    at: datetime
    who: str
    role: str
    is_switch: bool = False


@dataclass(frozen=True, slots=True)
class VersionRow(Generic[Version]):
    """A version with how it came, and what it changed."""

    version: Version
    how: str
    sentences: list[str]
    is_readable: bool = True


def frame(request: HttpRequest, base: BaseStructure, topic: str, *, now: datetime) -> dict[str, object]:
    """What every page of programs shows around its content: live, so that it knows whether it is connected."""
    states = point_states(series.latest())
    return {
        **live_page(base, topic, is_simulated=is_simulated(states), now=sample_time.look(now)),
        "may_edit": may(request.user, Action.EDIT_PROGRAM),
    }


def form_frame(request: HttpRequest, place: Place | None, *, seen: int) -> dict[str, object]:
    """What the page of every program has around the fields of its form. ``place``: None for one that is new."""
    return {
        "place": place,
        "seen": seen,
        "is_typed": False,
        "saved": place is not None and request.GET.get("saved", "") == str(place.number),
        "note": "",
        "switch_fault": "",
        "switch_reason": "",
        "longest_reason": LONGEST_REASON,
    }


def require_editor(request: HttpRequest) -> User:
    """Who asks, if they may change programs.

    Raises
    ------
    PermissionDenied
        If not.
    """
    if not isinstance(request.user, User) or not may(request.user, Action.EDIT_PROGRAM):
        raise PermissionDenied
    return request.user


def seen_number(request: HttpRequest) -> int:
    """Number of the version that a form was made from; one that is none fits no version."""
    number = version_number(request.POST.get("seen", ""))
    return -1 if number is None else number


def version_number(text: str) -> int | None:
    """The number of a version that a form sent; None: it is none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


def hidden_of(texts: Mapping[str, str]) -> list[tuple[str, str]]:
    """The texts of a form as hidden fields, for the steps after it."""
    return sorted(texts.items())


def names_of(base: BaseStructure) -> dict[str, str]:
    """The compartments' names by key."""
    return {key: part.name for key, part in base.compartments.items()}


def change_by(row: ProgramVersion | ProgramSwitch | IrrigationProgramVersion) -> LastChange:
    """Who stored a version, or switched a program."""
    return LastChange(row.created_at, name_of(row.author), role_name(row.role), isinstance(row, ProgramSwitch))


def readable(read: Callable[[Version], Program], version: Version) -> Program | None:
    """The program of a version; None: this software cannot read it."""
    with suppress(ProgramDocumentError):
        return read(version)
    return None


def replaces_all() -> str:
    """What a version changes that comes after one that cannot be read."""
    return _("It takes the place of the whole program, which cannot be read.")


def version_rows(
    versions: Sequence[Version],
    programs: Sequence[Program | None],
    *,
    sentences: Callable[[Program, Program], list[str]],
    how: Callable[[Version, Version | None], str],
) -> list[VersionRow[Version]]:
    """The newest versions with what each changed.

    Parameters
    ----------
    versions, programs : sequence
        The newest first, with their programs; one more than is shown, if there is one. Programs may go one further
        back than versions. None: the program cannot be read.
    how : callable
        How a version came, from it and the one before.
    """
    rows = []
    for number, version in enumerate(versions[:VERSIONS_SHOWN]):
        mine, before = programs[number], programs[number + 1] if number + 1 < len(programs) else None
        older = versions[number + 1] if number + 1 < len(versions) else None
        said = [] if mine is None or before is None else sentences(before, mine)
        rows.append(VersionRow(version, how(version, older), said, is_readable=mine is not None))
    return rows


def answer_switch(
    request: HttpRequest,
    *,
    address: str,
    switch: Switch,
    refused: Callable[[RulesError, str], HttpResponse],
) -> HttpResponse:
    """Let a program do its work, or no longer. ``refused`` shows its page with why not, and the reason as typed."""
    user = require_editor(request)
    wanted, reason = request.POST.get("to", ""), request.POST.get("reason", "")
    if wanted not in ("on", "off"):
        return HttpResponseBadRequest()
    try:
        switch(user, is_on=wanted == "on", reason=reason)
    except RulesError as error:
        return refused(error, reason[:LONGEST_REASON])
    return HttpResponseRedirect(f"{address}?switched={wanted}")


@dataclass(frozen=True)
class ProgramChange(ABC, Generic[Program, Fault]):
    """A change of one program, as a request brings it.

    Attributes
    ----------
    texts : mapping of str to str
        The form, as it was typed.
    seen : int
        Number of the version that it was made from; 0: there was none.
    """

    templates: ClassVar[str]
    """Folder of its pages."""

    request: HttpRequest
    base: BaseStructure
    texts: Mapping[str, str]
    seen: int

    @property
    @abstractmethod
    def standing(self) -> Program | None:
        """The program in force; None: it does not exist yet, or cannot be read."""

    @property
    @abstractmethod
    def wanted(self) -> Program:
        """The program that was typed."""

    @property
    @abstractmethod
    def newest(self) -> ProgramVersion | IrrigationProgramVersion | None:
        """The version in force, if anybody stored one."""

    @property
    @abstractmethod
    def address(self) -> str:
        """Page of the program."""

    @abstractmethod
    def frame(self) -> dict[str, object]:
        """What its pages show around their content."""

    @abstractmethod
    def form(
        self, texts: Mapping[str, str], *, faults: Sequence[Fault] = (), note: str = "", status: int = 200
    ) -> HttpResponse:
        """The form with these texts. ``note``: why nothing was stored."""

    @abstractmethod
    def with_part_after(self, index: int) -> dict[str, str]:
        """The texts with one more part after this one."""

    @abstractmethod
    def without_part(self, index: int) -> dict[str, str]:
        """The texts without this part."""

    @abstractmethod
    def faults(self) -> Sequence[Fault]:
        """What keeps the program from being stored."""

    @abstractmethod
    def sentences(self, old: Program, new: Program) -> list[str]:
        """What differs, in sentences; empty: nothing."""

    @abstractmethod
    def refusal(self, error: ProgramRefused) -> str:
        """Why the program was not changed."""

    @abstractmethod
    def seen_program(self) -> Program | None:
        """The program that the form was made from; None: it is not known."""

    @abstractmethod
    def consequences(self) -> dict[str, object]:
        """What the page before storing shows beside the sentences."""

    @abstractmethod
    def store(self, *, by: User, reason: str) -> ProgramVersion | IrrigationProgramVersion:
        """Store it as the next version.

        Raises
        ------
        ProgramRefused
            Nothing was stored.
        """

    @abstractmethod
    def overtaken(self) -> HttpResponse:
        """What somebody learns whose change came right after another one."""

    def beside(self) -> dict[str, object]:
        """What the page of a conflict shows beside both changes."""
        return {}

    @property
    def number(self) -> int:
        """Number of the version in force; 0: nobody stored one."""
        return 0 if self.newest is None else self.newest.number

    @property
    def reason(self) -> str:
        """Why, as far as it was typed."""
        return self.request.POST.get("reason", "")[:LONGEST_REASON]

    def answer(self) -> HttpResponse:
        """The answer to the step that was asked for."""
        user = require_editor(self.request)
        step, _point, index = self.request.POST.get("step", "").partition(".")
        match step:
            case "review":
                return self.review()
            case "apply":
                return self._apply(user)
            case "add" | "remove" if index.isdecimal() and len(index) < 3:
                part = int(index)
                return self.form(self.with_part_after(part) if step == "add" else self.without_part(part))
            case "edit":
                return self.form(self.texts)
        return HttpResponseBadRequest()

    def review(self, *, fault: str = "", note: str = "") -> HttpResponse:
        """What the change comes to; its faults; or that somebody was faster. ``fault``: of the reason."""
        if self.standing is None and self.seen != self.number:
            return self.conflict()
        if faults := self.faults():
            return self.form(self.texts, faults=faults, status=422)
        if self.seen != self.number:
            return self.conflict()
        said = self._said()
        if self.standing is not None and not said:
            return self.form(self.texts, note=self.refusal(NothingToChange()))
        context = {
            **self.frame(),
            "sentences": said,
            "hidden": hidden_of(self.texts),
            "seen": self.seen,
            "reason": self.reason,
            "longest_reason": LONGEST_REASON,
            "fault": fault,
            "note": note,
            **self.consequences(),
        }
        status = 422 if fault else 409 if note else 200
        return render(self.request, f"{self.templates}/review.html", context, status=status)

    def conflict(self) -> HttpResponse:
        """Both changes beside each other."""
        refusal = self.refusal(ProgramConflict(seen=self.seen, newest=self.number))
        standing, wanted, before = self.standing, self.wanted, self.seen_program()
        if standing is None:  # nobody can read theirs
            return replace(self, seen=self.number).form(self.texts, note=refusal, status=409)
        to_theirs = self.sentences(standing, wanted)
        if not to_theirs:  # the same was stored already, perhaps by the same finger
            return HttpResponseRedirect(f"{self.address}?saved={self.number}")
        context = {
            **self.frame(),
            "page": f"{self.templates}/_page.html",
            "address": self.address,
            "version": self.newest,
            "fault": refusal,
            "theirs": [] if before is None else self.sentences(before, standing),
            "mine": [] if before is None else self.sentences(before, wanted),
            "to_theirs": to_theirs,
            "hidden": hidden_of(self.texts),
            "reason": self.reason,
            **self.beside(),
        }
        return render(self.request, "console/program_editing/conflict.html", context, status=409)

    def _said(self) -> list[str]:
        if self.standing is not None:
            return self.sentences(self.standing, self.wanted)
        return [replaces_all()] if self.number else []

    def _apply(self, user: User) -> HttpResponse:
        if faults := self.faults():
            return self.form(self.texts, faults=faults, status=422)
        try:
            saved = self.store(by=user, reason=self.request.POST.get("reason", ""))
        except ProgramConflict:
            return self.overtaken()
        except ReasonNeeded as error:
            return self.review(fault=self.refusal(error))
        except ProgramRefused as error:
            return self.form(self.texts, note=self.refusal(error))
        return HttpResponseRedirect(f"{self.address}?saved={saved.number}")
