"""The fields that forms of programs are made of, and how their texts are read: numbers and times of day.

What cannot be read becomes a value that the program's own check refuses at its field.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from greenhouse.console.programs.words import number_in_words
from greenhouse.rules.evaluate.day_periods import StartKind, TimeOfDay
from greenhouse.rules.evaluate.documents import as_text

Texts = Mapping[str, str]

COUNTED_FROM: Mapping[str, Promise] = {
    "clock": _("at a clock time"),
    "sunrise+": _("after sunrise"),
    "sunrise-": _("before sunrise"),
    "sunset+": _("after sunset"),
    "sunset-": _("before sunset"),
}
FORM_ID = "edit"
"""Of the heading above the form: where it begins."""
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)", re.ASCII)
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})", re.ASCII)
_NO_TIME_MIN = -100_000
"""Stands for a time that cannot be read, and lies outside what any time may be."""


@dataclass(frozen=True, slots=True)
class NumberField:
    """A number to fill in. ``nudge``: what one press of − or + changes; empty: it has no such keys."""

    name: str
    label: str
    unit: str
    text: str
    fault: str
    nudge: str

    @property
    def id(self) -> str:
        """Name of its element."""
        return _id(self.name)


@dataclass(frozen=True, slots=True)
class TimeField:
    """A time of day to fill in: counted from what, a clock time, minutes."""

    name: str
    label: str
    kind: str
    clock: str
    minutes: str
    fault: str

    @property
    def id(self) -> str:
        """Name of its first element."""
        return _id(self.name)

    @property
    def kinds(self) -> list[tuple[str, str]]:
        """What it may be counted from."""
        return [(kind, str(words)) for kind, words in COUNTED_FROM.items()]


def number_of(text: str) -> float:
    """The number of a text; full-width digits, true minus signs and decimal commas mean what they say. NaN: none."""
    plain = unicodedata.normalize("NFKC", text).replace("−", "-").replace(",", ".").strip()
    return float(plain) if _NUMBER.fullmatch(plain) else math.nan


def text_of(value: float) -> str:
    """The text of a number, from which `number_of` reads exactly that number: one that nobody edits stays as it is."""
    short = number_in_words(value).replace("−", "-")
    return short if number_of(short) == value else format(Decimal(repr(value)), "f")


def time_of(texts: Texts, field: str) -> TimeOfDay:
    """The time of day of a field's three texts."""
    kind = texts.get(f"{field}.kind", "")
    if kind not in COUNTED_FROM or kind == "clock":
        plain = unicodedata.normalize("NFKC", texts.get(f"{field}.clock", "")).strip()
        clock = _CLOCK.fullmatch(plain)
        is_time = clock is not None and int(clock[1]) < 24 and int(clock[2]) < 60
        minutes = 60 * int(clock[1]) + int(clock[2]) if clock is not None and is_time else _NO_TIME_MIN
        return TimeOfDay(StartKind.CLOCK, minutes)
    sign = -1 if kind.endswith("-") else 1
    told = number_of(texts.get(f"{field}.minutes", ""))
    is_whole = math.isfinite(told) and told == int(told) and told >= 0
    return TimeOfDay(StartKind(kind[:-1]), sign * int(told) if is_whole else _NO_TIME_MIN)


def texts_of_time(field: str, time: TimeOfDay) -> dict[str, str]:
    """The three texts of a time of day."""
    if time.kind is StartKind.CLOCK:
        return {f"{field}.kind": "clock", f"{field}.clock": as_text(time), f"{field}.minutes": ""}
    sign = "-" if time.minutes < 0 else "+"
    return {f"{field}.kind": f"{time.kind}{sign}", f"{field}.clock": "", f"{field}.minutes": str(abs(time.minutes))}


def time_field(texts: Texts, field: str, label: str, fault: str) -> TimeField:
    """The field of a time of day with its texts."""
    return TimeField(
        name=field,
        label=label,
        kind=texts.get(f"{field}.kind", "clock"),
        clock=texts.get(f"{field}.clock", ""),
        minutes=texts.get(f"{field}.minutes", ""),
        fault=fault,
    )


def _id(name: str) -> str:
    return "id-" + name.replace(".", "-").replace("_", "-")
