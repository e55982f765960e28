"""What a person typed into the form of a setpoint, read with care: nothing is guessed from what no page put there."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.http import QueryDict
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from greenhouse.commands.checks import Code, Verdict
from greenhouse.commands.errors import InvalidRequest
from greenhouse.console.values.words import duration_in_words

HOLD_HOURS = (1, 2, 4, 8, 12)
"""Lengths of a manual hold that a sheet offers. [h]"""
SEEN = "seen:"
"""Before the key of another compartment's point: the value in force that the page showed there."""


class EntryFault(InvalidRequest):
    """The entry itself is not ready to be sent; the sentence says what is missing."""

    def __init__(self, text: str) -> None:
        self._text = text
        super().__init__(Verdict(Code.NONE))

    def __str__(self) -> str:
        return self._text


@dataclass(frozen=True, slots=True)
class Entry:
    """What a person typed, as typed, and what stood in force on the page then.

    Attributes
    ----------
    also : tuple of str
        Points of other compartments that are to get the same value.
    seen : mapping of str to float or None
        What was in force there on the page.
    submission : UUID, optional
        Names the form, so that it is taken once.
    """

    text: str
    seen_value: float | None
    seen_at: datetime | None
    reason: str = ""
    was_held: bool = False
    hold_for: timedelta | None = None
    also: tuple[str, ...] = ()
    seen: Mapping[str, float | None] = field(default_factory=dict)
    submission: UUID | None = None

    @property
    def hold_hours(self) -> str:
        """Length of the manual hold as the form carries it; empty: until it is changed again."""
        return "" if self.hold_for is None else f"{self.hold_for / timedelta(hours=1):g}"

    @property
    def hold_in_words(self) -> str:
        """Length of the manual hold in the reader's language; empty: until it is changed again."""
        return "" if self.hold_for is None else duration_in_words(self.hold_for)


def hold_choices() -> list[tuple[str, str]]:
    """Lengths of a manual hold that are offered: as the form carries them, and in words."""
    return [(f"{hours}", duration_in_words(timedelta(hours=hours))) for hours in HOLD_HOURS]


def read_entry(form: QueryDict) -> Entry:
    """The entry of a form.

    Raises
    ------
    EntryFault
        If what the form carries along is not what a page put there. It decides whether the value in force is still the
        one that the person saw, so nothing is guessed from it.
    """
    also = tuple(dict.fromkeys(form.getlist("also")))
    return Entry(
        text=form.get("value", ""),
        seen_value=_seen_value(form.get("seen_value", "")),
        seen_at=_seen_at(form.get("seen_at", "")),
        reason=form.get("reason", "").replace("\0", ""),  # no keyboard has it, PostgreSQL refuses it
        was_held=form.get("held") == "1",
        hold_for=read_hold_for(form.get("hold_for", "")),
        also=also,
        seen={key: _seen_value(form.get(f"{SEEN}{key}", "")) for key in also},
        submission=read_submission(form.get("submission", "")),
    )


def read_submission(text: str) -> UUID | None:
    """The name of the form that was sent; empty: it has none.

    Raises
    ------
    EntryFault
        If it is no name that a page gives.
    """
    try:
        return UUID(text) if text else None
    except ValueError as error:
        raise _unreadable() from error


def read_hold_for(text: str) -> timedelta | None:
    """How long the value is to be held; empty: until it is changed again.

    Raises
    ------
    EntryFault
        If it is no length that a page offers.
    """
    if not text:
        return None
    if text not in {f"{hours}" for hours in HOLD_HOURS}:
        raise EntryFault(_("It is not clear how long the value is to be held. Choose again."))
    return timedelta(hours=int(text))


def parse_value(text: str) -> float:
    """The number that a person typed; full-width digits, true minus signs and decimal commas mean what they say.

    Raises
    ------
    EntryFault
        If it is no number.
    """
    plain = unicodedata.normalize("NFKC", text).replace("−", "-").replace(",", ".").strip()
    if not _NUMBER.fullmatch(plain):
        raise EntryFault(_("“%(text)s” is not a number.") % {"text": text[:20]})
    return float(plain)


def _seen_value(text: str) -> float | None:
    """The value in force that the page carried along; empty: none was known."""
    try:
        value = float(text) if text else None
    except ValueError as error:
        raise _unreadable() from error
    if value is not None and not math.isfinite(value):
        raise _unreadable()
    return value


def _seen_at(text: str) -> datetime | None:
    try:
        moment = parse_datetime(text)
    except ValueError as error:  # well formed, but no such day
        raise _unreadable() from error
    if text and (moment is None or moment.tzinfo is None):
        raise _unreadable()
    return moment


def _unreadable() -> EntryFault:
    return EntryFault(_("It is not clear which value you saw. Look at the value in force again, then decide."))


_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)", re.ASCII)
