"""A program as a form has it: texts, read with care into a program, and never lost.

The names of the fields are those of faults: ``periods.0.heating_c``. A time of day has three: what it is counted from,
a clock time, and minutes. What cannot be read becomes a value that the program's own check refuses at its field.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from greenhouse.console.programs.fields import (
    FORM_ID,
    NumberField,
    Texts,
    TimeField,
    number_of,
    text_of,
    texts_of_time,
    time_field,
    time_of,
)
from greenhouse.console.programs.words import LABELS, UNITS, fault_in_words
from greenhouse.rules.evaluate.climate_program import (
    FEWEST_PERIODS,
    MOST_PERIODS,
    BlanketRule,
    ClimateProgram,
    Fault,
    FaultCode,
    ScreenRule,
    ShadeRule,
    VentRule,
)
from greenhouse.rules.evaluate.day_periods import Period, TimeOfDay
from greenhouse.rules.standard import standard_programs
from greenhouse.site.basefile.schema import HouseKind

Rule = TypeVar("Rule", Period, VentRule, BlanketRule, ScreenRule, ShadeRule)

COUNT = "periods"
LONGEST_TEXT = 20
_TIMES = {"start", "up", "down", "drawn_from", "open_from"}
_NUMBERS_OF: Mapping[str, tuple[str, ...]] = {
    "vents": VentRule._fields,
    "blanket": ("least_radiation_w_m2", "wait_min"),
    "screen": ("only_below_outside_c", "least_radiation_w_m2", "wait_min"),
    "shade": ShadeRule._fields,
}
_TIMES_OF: Mapping[str, tuple[str, ...]] = {
    "blanket": ("up", "down"),
    "screen": ("drawn_from", "open_from"),
    "shade": (),
}
_TITLES: Mapping[str, Promise] = {
    "blanket": pgettext_lazy("program", "Blanket"),
    "screen": pgettext_lazy("program", "Thermal screen"),
    "shade": pgettext_lazy("program", "Shading net"),
}
_QUESTIONS: Mapping[str, Promise] = {
    "blanket": _("The program moves the blanket"),
    "screen": _("The program moves the screen"),
    "shade": _("The program moves the shading net"),
}
_NUDGE: Mapping[str, str] = {"heating_c": "0.5", "ventilation_c": "0.5", "band_k": "0.5"}


@dataclass(frozen=True, slots=True)
class PeriodFields:
    """The fields of a period; numbered from 1 for people."""

    index: int
    start: TimeField
    heating: NumberField
    ventilation: NumberField

    @property
    def number(self) -> int:
        """As people count."""
        return self.index + 1


@dataclass(frozen=True, slots=True)
class PartFields:
    """The fields of blanket, screen or shading net, and whether the program moves it."""

    name: str
    is_moved: bool
    times: tuple[TimeField, ...]
    numbers: tuple[NumberField, ...]

    @property
    def title(self) -> str:
        """What it is called."""
        return str(_TITLES[self.name])

    @property
    def question(self) -> str:
        """Whether the program moves it, as its box says."""
        return str(_QUESTIONS[self.name])


@dataclass(frozen=True, slots=True)
class ProgramFields:
    """The whole form."""

    periods: tuple[PeriodFields, ...]
    band: NumberField
    vents: tuple[NumberField, ...]
    parts: tuple[PartFields, ...]
    faults: tuple[str, ...]

    @property
    def may_add(self) -> bool:
        """Whether one more period is possible."""
        return len(self.periods) < MOST_PERIODS

    @property
    def may_remove(self) -> bool:
        """Whether one less is."""
        return len(self.periods) > FEWEST_PERIODS

    @property
    def first_wrong(self) -> str:
        """Element of the first field with a fault, or of the form if it is one of the whole; empty: none has."""
        return FORM_ID if self.faults else next((field.id for field in self._all() if field.fault), "")

    @property
    def is_fine_print_wrong(self) -> bool:
        """Whether one of the folded fields has a fault."""
        return any(field.fault for field in self.vents)

    def _all(self) -> Iterable[NumberField | TimeField]:
        for period in self.periods:
            yield period.start
            yield period.heating
            yield period.ventilation
        yield self.band
        yield from self.vents
        for part in self.parts:
            yield from part.times
            yield from part.numbers


def parts_of(kind: HouseKind, *, has_net: bool) -> tuple[str, ...]:
    """What such a house has to keep its warmth, and its shading net."""
    keeps_warm = "screen" if kind is HouseKind.GLASSHOUSE else "blanket"
    return (keeps_warm, "shade") if has_net else (keeps_warm,)


def texts_of(program: ClimateProgram, *, standard: ClimateProgram) -> dict[str, str]:
    """The texts of a form that shows a program. What it leaves alone is offered as the standard program has it."""
    texts = {COUNT: str(len(program.periods))}
    for index, period in enumerate(program.periods):
        texts |= _texts(f"periods.{index}", period)
    texts |= _texts("vents", program.vents)
    for name in _TIMES_OF:
        rule, usual = getattr(program, name), getattr(standard, name)
        if name == "shade" and usual is None:  # a house of a kind that has none as a rule
            usual = standard_programs()[HouseKind.GLASSHOUSE].shade
        if rule is not None:
            texts[f"{name}.is_moved"] = "on"
        if rule is not None or usual is not None:
            texts |= _texts(name, rule or usual)
    return texts


def read_texts(form: QueryDict) -> dict[str, str]:
    """What was typed, as far as it can belong to a program."""
    wanted = re.compile(rf"{COUNT}|(periods\.\d{{1,2}}|vents|blanket|screen|shade)\.[a-z0-9_.]+", re.ASCII)
    return {name: str(text)[:LONGEST_TEXT].replace("\0", "") for name, text in form.items() if wanted.fullmatch(name)}


def program_of(texts: Texts, *, kind: HouseKind, has_net: bool, before: ClimateProgram) -> ClimateProgram:
    """The program that was typed. What the form does not show is as before."""
    blanket, screen, shade, vents = before.blanket, before.screen, before.shade, _rule(texts, "vents", VentRule)
    if has_net:
        shade = _rule(texts, "shade", ShadeRule) if "shade.is_moved" in texts else None
    if kind is not HouseKind.GLASSHOUSE:
        blanket = _rule(texts, "blanket", BlanketRule) if "blanket.is_moved" in texts else None
    else:
        screen = _rule(texts, "screen", ScreenRule) if "screen.is_moved" in texts else None
        vents = vents._replace(bottom_above_outside_c=before.vents.bottom_above_outside_c)
    return ClimateProgram(
        periods=tuple(_rule(texts, f"periods.{index}", Period) for index in range(_count(texts))),
        vents=vents,
        blanket=blanket,
        screen=screen,
        shade=shade,
    )


def with_period_after(texts: Texts, index: int) -> dict[str, str]:
    """One more period after this one, at the same temperatures; its start is still to be said."""
    count = _count(texts)
    if not 0 <= index < count < MOST_PERIODS:
        return dict(texts)
    place, new = f"periods.{index}.", f"periods.{index + 1}."
    copied = {new + name.removeprefix(place): text for name, text in texts.items() if name.startswith(place)}
    copied |= {f"{new}start.kind": "clock", f"{new}start.clock": "", f"{new}start.minutes": ""}
    return {**_renumbered(texts, after=index, by=1), **copied, COUNT: str(count + 1)}


def without_period(texts: Texts, index: int) -> dict[str, str]:
    """The same without this period."""
    count = _count(texts)
    if not 0 <= index < count or count <= FEWEST_PERIODS:
        return dict(texts)
    place = f"periods.{index}."
    kept = {name: text for name, text in texts.items() if not name.startswith(place)}
    return {**_renumbered(kept, after=index, by=-1), COUNT: str(count - 1)}


def fields_of(texts: Texts, *, kind: HouseKind, has_net: bool, faults: Iterable[Fault] = ()) -> ProgramFields:
    """The fields of a form with these texts."""
    said = _said(faults)
    vents = [_number(texts, f"vents.{name}", said) for name in _NUMBERS_OF["vents"]]
    if kind is HouseKind.GLASSHOUSE:
        vents = [field for field in vents if field.name != "vents.bottom_above_outside_c"]
    return ProgramFields(
        periods=tuple(_period(texts, index, said) for index in range(_count(texts))),
        band=vents[0],
        vents=tuple(vents[1:]),
        parts=tuple(
            PartFields(
                name=part,
                is_moved=f"{part}.is_moved" in texts,
                times=tuple(_time(texts, f"{part}.{name}", said) for name in _TIMES_OF[part]),
                numbers=tuple(_number(texts, f"{part}.{name}", said) for name in _NUMBERS_OF[part]),
            )
            for part in parts_of(kind, has_net=has_net)
        ),
        faults=tuple(words for field, words in said.items() if field == COUNT),
    )


def _said(faults: Iterable[Fault]) -> dict[str, str]:
    """One sentence a field: what cannot be read at all comes before what follows from that."""
    found: dict[str, Fault] = {}
    for fault in faults:
        if fault.field not in found or fault.code is FaultCode.NO_TIME_OF_DAY:
            found[fault.field] = fault
    return {field: fault_in_words(fault) for field, fault in found.items()}


def _texts(place: str, rule: Period | VentRule | BlanketRule | ScreenRule | ShadeRule) -> dict[str, str]:
    texts: dict[str, str] = {}
    for name, value in rule._asdict().items():
        field = f"{place}.{name}"
        if isinstance(value, TimeOfDay):
            texts |= texts_of_time(field, value)
        else:
            texts[field] = text_of(value)
    return texts


def _rule(texts: Texts, place: str, rule: type[Rule]) -> Rule:
    values: dict[str, Any] = {
        name: time_of(texts, f"{place}.{name}") if name in _TIMES else number_of(texts.get(f"{place}.{name}", ""))
        for name in rule._fields
    }
    return rule(**values)


def _count(texts: Texts) -> int:
    text = texts.get(COUNT, "")
    return min(int(text), MOST_PERIODS + 1) if text.isascii() and text.isdecimal() else 0


def _renumbered(texts: Texts, *, after: int, by: int) -> dict[str, str]:
    found = {}
    for name, text in texts.items():
        head, _dot, rest = name.partition(".")
        number, _dot, field = rest.partition(".")
        is_later = head == "periods" and number.isdecimal() and int(number) > after
        found[f"periods.{int(number) + by}.{field}" if is_later else name] = text
    return found


def _period(texts: Texts, index: int, said: Mapping[str, str]) -> PeriodFields:
    place = f"periods.{index}"
    return PeriodFields(
        index=index,
        start=_time(texts, f"{place}.start", said),
        heating=_number(texts, f"{place}.heating_c", said),
        ventilation=_number(texts, f"{place}.ventilation_c", said),
    )


def _number(texts: Texts, field: str, said: Mapping[str, str]) -> NumberField:
    name = field.rpartition(".")[2]
    return NumberField(
        field, str(LABELS[name]), str(UNITS[name]), texts.get(field, ""), said.get(field, ""), _NUDGE.get(name, "")
    )


def _time(texts: Texts, field: str, said: Mapping[str, str]) -> TimeField:
    return time_field(texts, field, str(LABELS[field.rpartition(".")[2]]), said.get(field, ""))
