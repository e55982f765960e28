"""The step before a change of the base: what will differ, what follows from it, and why it is done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from greenhouse.alarms.binding import bind, never_raised
from greenhouse.alarms.loader import load_shipped
from greenhouse.configuration import differences, versions
from greenhouse.configuration.differences import Difference
from greenhouse.configuration.errors import ConfigurationError, Conflict, NothingToChange
from greenhouse.configuration.models import Version
from greenhouse.configuration.source import Checked, Source, check
from greenhouse.console.setup.pages import frame
from greenhouse.console.setup.words import difference_in_words, never_raised_in_words, refusal_in_words
from greenhouse.site import structure
from greenhouse.site.structure import BaseStructure


@dataclass(frozen=True, slots=True)
class Row:
    """One difference in words."""

    difference: Difference

    @property
    def entry(self) -> str:
        """What it is about."""
        return difference_in_words(self.difference)[0]

    @property
    def field(self) -> str:
        """Which field of it."""
        return difference_in_words(self.difference)[1]


def rows(old: Source, new: Source) -> list[Row]:
    """Every difference, ready for a template."""
    return [Row(found) for found in differences.differences(old, new)]


def show(
    request: HttpRequest,
    base: BaseStructure,
    version: Version,
    new: Source,
    *,
    seen: int,
    back: str,
    reason: str = "",
    returned_to: int | None = None,
    fault: str = "",
) -> HttpResponse:
    """The review of a source that is meant to follow a version.

    Parameters
    ----------
    back : str
        Where the change was made.
    reason : str
        As it was typed so far.
    returned_to : int, optional
        Number of the version that is to be applied again.
    fault : str
        Why the reason is none; empty while nobody was asked for one.

    Raises
    ------
    FaultySource
        If the source is wrong; whoever made it shows where.
    Conflict, NothingToChange
        If there is nothing to review.
    """
    checked, old = check(new), versions.source_of(version)
    if seen != version.number:
        raise Conflict(version.number)
    if new.digest == version.digest:
        raise NothingToChange
    found = rows(old, new)
    context = {
        **frame(base),
        "seen": seen,
        "source": new,
        "rows": found,
        "lines": differences.lines(old, new),
        "gone": [
            row.difference.key for row in found if row.difference.is_gone_entry and row.difference.kind == "device"
        ],
        "warnings": _warnings(checked, base),
        "restarts": bool(found),
        "back": back,
        "reason": reason,
        "returned_to": returned_to,
        "fault": fault,
    }
    return render(request, "console/setup/review.html", context, status=422 if fault else 200)


def refused(
    request: HttpRequest,
    base: BaseStructure,
    error: ConfigurationError,
    *,
    back: str,
    kept: Source | None = None,
    mine: Sequence[Row] = (),
) -> HttpResponse:
    """Why a change was not made; a conflict with what the others changed.

    Parameters
    ----------
    kept : Source, optional
        The text that was not taken.
    mine : sequence of Row
        What a form would have changed in the newest version.
    """
    theirs: list[Row] = []
    newest = versions.newest()
    if isinstance(error, Conflict) and newest is not None:
        before = Version.objects.filter(number=newest.number - 1).first()
        theirs = [] if before is None else rows(versions.source_of(before), versions.source_of(newest))
    context = {
        **frame(base),
        "fault": refusal_in_words(error),
        "theirs": theirs,
        "mine": mine,
        "newest": newest,
        "kept": kept,
        "back": back,
    }
    return render(request, "console/setup/refused.html", context, status=409)


def _warnings(checked: Checked, base: BaseStructure) -> list[str]:
    """Alarms that could never be raised, as far as the base of today can tell."""
    found = never_raised(bind(load_shipped(), checked.overrides, base, structure.devices()))
    return [never_raised_in_words(one) for one in found]
