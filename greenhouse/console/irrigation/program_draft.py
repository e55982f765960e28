"""An irrigation program as a form has it: texts, read with care into a program, and never lost.

The names of the fields are those of faults: ``dose.amount``, ``groups.0``. Clock times stand in one field, with blanks
between them; a dose by time is written in minutes, or in minutes and seconds. A limit of the drain is not offered:
nothing measures the drain yet.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.http import QueryDict

from greenhouse.console.irrigation.program_words import (
    DOSE_KINDS,
    LABELS,
    START_KINDS,
    UNITS,
    fault_in_words,
)
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
from greenhouse.console.programs.words import number_in_words
from greenhouse.rules.evaluate.irrigation_program import (
    LONGEST_NAME,
    MOST_GROUPS,
    MOST_STARTS,
    ClockStarts,
    Dose,
    DoseKind,
    Fault,
    IntervalStarts,
    IrrigationProgram,
    RadiationStarts,
    Starts,
    ValveGroup,
)
from greenhouse.rules.irrigation_programs import group_values
from greenhouse.site.valve_groups import ValveGroupStructure, valve_groups

COUNT = "groups"
CLOCKS_ID = "id-starts-minutes"
LONGEST_TEXT = 300
_WANTED = re.compile(r"name|groups|groups\.\d{1,2}|(dose|starts)\.[a-z0-9_.]+|rest_min", re.ASCII)
_CLOCK = re.compile(r"(\d{1,2})[:.]?(\d{2})", re.ASCII)
_MINUTES = re.compile(r"(\d{1,3}):([0-5]\d)", re.ASCII)
_NO_TIME_MIN = -1
USUAL: Mapping[str, str] = {
    "dose.kind": DoseKind.VOLUME_PER_AREA.value,
    "dose.amount": "",
    "starts.kind": "clock",
    "starts.minutes": "",
    "starts.first.kind": "sunrise+",
    "starts.first.minutes": "60",
    "starts.last.kind": "sunset-",
    "starts.last.minutes": "120",
    "starts.interval_min": "120",
    "starts.sum_j_cm2": "300",
    "rest_min": "30",
}
"""What a new program begins with, and what stands in the fields that a program of another kind has."""


@dataclass(frozen=True, slots=True)
class GroupField:
    """The choice of one group; numbered from 1 for people."""

    index: int
    key: str
    fault: str
    choices: list[tuple[str, str]]

    @property
    def name(self) -> str:
        """Name of its field."""
        return f"groups.{self.index}"

    @property
    def id(self) -> str:
        """Name of its element."""
        return f"id-groups-{self.index}"

    @property
    def number(self) -> int:
        """As people count."""
        return self.index + 1


@dataclass(frozen=True, slots=True)
class IrrigationFields:
    """The whole form. ``said``: the fault of each field."""

    name: str
    groups: tuple[GroupField, ...]
    dose_kind: str
    dose: NumberField
    starts_kind: str
    clocks: str
    first: TimeField
    last: TimeField
    interval: NumberField
    sum: NumberField
    without: NumberField
    rest: NumberField
    said: Mapping[str, str]
    may_add: bool

    @property
    def may_remove(self) -> bool:
        """Whether one group less is possible."""
        return len(self.groups) > 1

    @property
    def first_wrong(self) -> str:
        """Element of the first field with a fault, or of the form if none can be named; empty: nothing is wrong."""
        groups = [(group.id, group.fault or self.groups_fault) for group in self.groups]
        dose, *others = ((field.id, field.fault) for field in self._numbers_and_times())
        told = [*groups, dose, (CLOCKS_ID, self.clocks_fault), *others]
        return next((place for place, fault in told if fault), FORM_ID if self.said else "")

    def _numbers_and_times(self) -> Iterable[NumberField | TimeField]:
        yield from (self.dose, self.first, self.last, self.interval, self.sum, self.without, self.rest)

    @property
    def groups_fault(self) -> str:
        """What is wrong with the groups together."""
        return self.said.get(COUNT, "")

    @property
    def clocks_fault(self) -> str:
        """What is wrong with the clock times."""
        return self.said.get("starts.minutes", "")

    @property
    def dose_kinds(self) -> list[tuple[str, str]]:
        """How a dose may be measured."""
        return [(kind.value, str(words)) for kind, words in DOSE_KINDS.items()]

    @property
    def start_kinds(self) -> list[tuple[str, str]]:
        """When runs may begin."""
        return [(kind, str(words)) for kind, words in START_KINDS.items()]


def texts_of(program: IrrigationProgram) -> dict[str, str]:
    """The texts of a form that shows a program."""
    kind, amount = program.dose
    texts = {**USUAL, COUNT: str(len(program.groups)), "name": program.name}
    texts |= {f"groups.{index}": group.key for index, group in enumerate(program.groups)}
    texts |= {"dose.kind": kind.value, "dose.amount": _minutes_text(amount) if kind is DoseKind.TIME else _text(amount)}
    texts |= {"rest_min": _text(program.rest_min)}
    match program.starts:
        case ClockStarts(minutes):
            clocks = " ".join(f"{one // 60:02d}:{one % 60:02d}" for one in minutes)
            texts |= {"starts.kind": "clock", "starts.minutes": clocks}
        case IntervalStarts(first, interval_min, last):
            texts |= {"starts.kind": "interval", "starts.interval_min": _text(interval_min)}
            texts |= texts_of_time("starts.first", first) | texts_of_time("starts.last", last)
        case RadiationStarts(first, last, sum_j_cm2, without_min):
            texts |= {"starts.kind": "radiation", "starts.sum_j_cm2": _text(sum_j_cm2)}
            texts |= {"starts.without_radiation_min": _text(without_min)}
            texts |= texts_of_time("starts.first", first) | texts_of_time("starts.last", last)
    return texts


def texts_of_new() -> dict[str, str]:
    """The form of a program that does not exist yet: its first group is the first of the base."""
    first = next(iter(valve_groups()), "")
    return {**USUAL, COUNT: "1", "groups.0": first, "name": ""}


def read_texts(form: QueryDict) -> dict[str, str]:
    """What was typed, as far as it can belong to a program."""
    return {name: str(text)[:LONGEST_TEXT].replace("\0", "") for name, text in form.items() if _WANTED.fullmatch(name)}


def program_of(texts: Texts) -> IrrigationProgram:
    """The program that was typed."""
    groups = group_values()
    keys = [texts.get(f"groups.{index}", "") for index in range(_count(texts))]
    return IrrigationProgram(
        groups=tuple(groups.get(key, ValveGroup(key, (), 1.0)) for key in keys),
        dose=_dose(texts),
        starts=_starts(texts),
        rest_min=number_of(texts.get("rest_min", "")),
        name=" ".join(texts.get("name", "").split())[:LONGEST_NAME],
    )


def with_group_after(texts: Texts, index: int) -> dict[str, str]:
    """One more group after this one: the next of the base that is not among them."""
    count = _count(texts)
    if not 0 <= index < count < MOST_GROUPS:
        return dict(texts)
    keys = [texts.get(f"groups.{one}", "") for one in range(count)]
    free = [key for key in valve_groups() if key not in keys]
    return _with_groups(texts, [*keys[: index + 1], free[0] if free else "", *keys[index + 1 :]])


def without_group(texts: Texts, index: int) -> dict[str, str]:
    """The same without this group."""
    count = _count(texts)
    if not 0 <= index < count or count < 2:
        return dict(texts)
    return _with_groups(texts, [texts.get(f"groups.{one}", "") for one in range(count) if one != index])


def fields_of(texts: Texts, places: Mapping[str, str], faults: Iterable[Fault] = ()) -> IrrigationFields:
    """The fields of a form with these texts. ``places``: names of the compartments by key."""
    dose_kind = _dose_kind(texts)
    said = _said(faults, dose_kind)
    number = _Numbers(texts, said)
    return IrrigationFields(
        name=texts.get("name", ""),
        groups=tuple(_group(texts, index, said, places) for index in range(_count(texts))),
        dose_kind=dose_kind.value,
        dose=NumberField("dose.amount", "", "", texts.get("dose.amount", ""), said.get("dose.amount", ""), ""),
        starts_kind=_starts_kind(texts),
        clocks=texts.get("starts.minutes", ""),
        first=time_field(texts, "starts.first", str(LABELS["starts.first"]), said.get("starts.first", "")),
        last=time_field(texts, "starts.last", str(LABELS["starts.last"]), said.get("starts.last", "")),
        interval=number.field("starts.interval_min"),
        sum=number.field("starts.sum_j_cm2"),
        without=number.field("starts.without_radiation_min"),
        rest=number.field("rest_min"),
        said=said,
        may_add=_count(texts) < min(MOST_GROUPS, len(valve_groups())),
    )


@dataclass(frozen=True, slots=True)
class _Numbers:
    texts: Texts
    said: Mapping[str, str]

    def field(self, name: str) -> NumberField:
        """A number's field."""
        return NumberField(
            name, str(LABELS[name]), str(UNITS[name]), self.texts.get(name, ""), self.said.get(name, ""), ""
        )


def _said(faults: Iterable[Fault], dose: DoseKind) -> dict[str, str]:
    """One sentence a field of the form: what cannot be read at all comes before what follows from that."""
    found: dict[str, str] = {}
    for fault in faults:
        head, _dot, rest = fault.field.partition(".")
        place = fault.field
        if head == "groups" and rest:
            place = f"groups.{rest.partition('.')[0]}"
        elif fault.field.startswith("starts.minutes"):
            place = "starts.minutes"
        found.setdefault(place, fault_in_words(fault, dose))
    return found


def _group(texts: Texts, index: int, said: Mapping[str, str], places: Mapping[str, str]) -> GroupField:
    key = texts.get(f"groups.{index}", "")
    groups = valve_groups()
    choices = [(one, _named(group, places)) for one, group in groups.items()]
    if key not in groups:
        choices.insert(0, (key, key or "—"))
    return GroupField(index, key, said.get(f"groups.{index}", ""), choices)


def _named(group: ValveGroupStructure, places: Mapping[str, str]) -> str:
    place = places.get(group.compartment, "")
    return group.name if place.casefold() in group.name.casefold() else f"{place} · {group.name}"


def _text(value: float | None) -> str:
    return "" if value is None else text_of(value)


def _minutes_text(amount_s: float) -> str:
    """A time in minutes, and in minutes and seconds where hundredths of a minute would not be it: ``1:40``."""
    text = number_in_words(amount_s / 60)
    if number_of(text) * 60 == amount_s:
        return text
    return f"{int(amount_s) // 60}:{int(amount_s) % 60:02d}" if amount_s == int(amount_s) else text_of(amount_s / 60)


def _dose_kind(texts: Texts) -> DoseKind:
    told = texts.get("dose.kind", "")
    return DoseKind(told) if told in DoseKind.__members__.values() else DoseKind.VOLUME_PER_AREA


def _dose(texts: Texts) -> Dose:
    kind, text = _dose_kind(texts), texts.get("dose.amount", "")
    if kind is not DoseKind.TIME:
        return Dose(kind, number_of(text))
    told = _MINUTES.fullmatch(unicodedata.normalize("NFKC", text).strip())
    return Dose(kind, 60.0 * int(told[1]) + int(told[2]) if told else number_of(text) * 60)


def _starts_kind(texts: Texts) -> str:
    told = texts.get("starts.kind", "")
    return told if told in START_KINDS else "clock"


def _starts(texts: Texts) -> Starts:
    kind = _starts_kind(texts)
    if kind == "clock":
        return ClockStarts(tuple(_clocks(texts.get("starts.minutes", ""))))
    first, last = time_of(texts, "starts.first"), time_of(texts, "starts.last")
    if kind == "interval":
        return IntervalStarts(first, number_of(texts.get("starts.interval_min", "")), last)
    without = texts.get("starts.without_radiation_min", "").strip()
    return RadiationStarts(
        first, last, number_of(texts.get("starts.sum_j_cm2", "")), number_of(without) if without else None
    )


def _clocks(text: str) -> Iterable[int]:
    """The times of a text; full-width signs mean what they say. What is no time becomes one that is refused."""
    plain = unicodedata.normalize("NFKC", text)
    for told in re.split(r"[\s,;、，；]+", plain.strip())[: MOST_STARTS + 1]:
        if not told:
            continue
        clock = _CLOCK.fullmatch(told)
        is_time = clock is not None and int(clock[1]) < 24 and int(clock[2]) < 60
        yield 60 * int(clock[1]) + int(clock[2]) if clock is not None and is_time else _NO_TIME_MIN


def _count(texts: Texts) -> int:
    text = texts.get(COUNT, "")
    return min(int(text), MOST_GROUPS + 1) if text.isascii() and text.isdecimal() else 0


def _with_groups(texts: Texts, keys: list[str]) -> dict[str, str]:
    kept = {name: text for name, text in texts.items() if not name.startswith("groups.")}
    return {**kept, COUNT: str(len(keys)), **{f"groups.{index}": key for index, key in enumerate(keys)}}
