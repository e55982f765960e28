"""A climate program as a plain document of words, numbers and lists, as stored and as in a file, and back. Pure.

Times of day are written ``07:30``, ``sunrise+45`` or ``sunset-30``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, TypeVar, get_type_hints

from greenhouse.rules.errors import ProgramDocumentError
from greenhouse.rules.evaluate.climate_program import BlanketRule, ClimateProgram, ScreenRule, ShadeRule, VentRule
from greenhouse.rules.evaluate.day_periods import Period, StartKind, TimeOfDay

Document = Mapping[str, Any]
Part = TypeVar("Part", Period, VentRule, BlanketRule, ScreenRule, ShadeRule)

_CLOCK = re.compile(r"(\d{1,2}):(\d{2})")
_SUN = re.compile(r"(sunrise|sunset)([+-]\d{1,3})?")


def as_document(program: ClimateProgram) -> dict[str, Any]:
    """The document of a program; the same program gives the same document."""
    parts = {"vents": program.vents, "blanket": program.blanket, "screen": program.screen, "shade": program.shade}
    return {
        "periods": [_as_table(period) for period in program.periods],
        **{name: _as_table(part) for name, part in parts.items() if part is not None},
    }


def from_document(document: Document) -> ClimateProgram:
    """The program of a document. What is wrong with the program itself, `climate_program.faults_of` tells.

    Raises
    ------
    ProgramDocumentError
        At the first field that is missing, unknown or cannot be read.
    """
    _refuse_unknown("program", document, {"periods", "vents", "blanket", "screen", "shade"})
    periods = document.get("periods")
    if not isinstance(periods, list):
        raise ProgramDocumentError("periods", periods)
    return ClimateProgram(
        periods=tuple(_part(f"periods.{number}", table, Period) for number, table in enumerate(periods)),
        vents=_part("vents", document.get("vents"), VentRule),
        blanket=_part("blanket", document["blanket"], BlanketRule) if "blanket" in document else None,
        screen=_part("screen", document["screen"], ScreenRule) if "screen" in document else None,
        shade=_part("shade", document["shade"], ShadeRule) if "shade" in document else None,
    )


def as_text(time: TimeOfDay) -> str:
    """A time of day as it is written."""
    if time.kind is StartKind.CLOCK:
        hour, minute = divmod(time.minutes, 60)
        return f"{hour:02d}:{minute:02d}"
    return f"{time.kind.value}{time.minutes:+d}" if time.minutes else time.kind.value


def from_text(field: str, text: object) -> TimeOfDay:
    """The time of day of a text.

    Raises
    ------
    ProgramDocumentError
        If it is none.
    """
    if isinstance(text, str):
        if clock := _CLOCK.fullmatch(text.strip()):
            hour, minute = int(clock[1]), int(clock[2])
            if hour < 24 and minute < 60:
                return TimeOfDay(StartKind.CLOCK, 60 * hour + minute)
        elif sun := _SUN.fullmatch(text.strip()):
            return TimeOfDay(StartKind(sun[1]), int(sun[2] or 0))
    raise ProgramDocumentError(field, text)


def _as_table(part: NamedTuple) -> dict[str, Any]:
    return {name: as_text(value) if isinstance(value, TimeOfDay) else value for name, value in part._asdict().items()}


def _part(place: str, table: object, kind: type[Part]) -> Part:
    if not isinstance(table, Mapping):
        raise ProgramDocumentError(place, table)
    hints = get_type_hints(kind)
    _refuse_unknown(place, table, hints.keys())
    # What a part has learnt since a document was stored has a value that changes nothing.
    told = {**kind._field_defaults, **table}
    values: dict[str, Any] = {name: _value(f"{place}.{name}", told.get(name), hint) for name, hint in hints.items()}
    return kind(**values)


def _value(field: str, told: object, hint: object) -> TimeOfDay | float:
    if hint is TimeOfDay:
        return from_text(field, told)
    if isinstance(told, bool) or not isinstance(told, (int, float)):
        raise ProgramDocumentError(field, told)
    return float(told)


def _refuse_unknown(place: str, table: Document, known: Iterable[str]) -> None:
    if unknown := sorted(set(table) - set(known)):
        raise ProgramDocumentError(f"{place}.{unknown[0]}", table[unknown[0]])
