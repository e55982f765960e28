"""Where in the text a fault stands, for whoever mends it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from greenhouse.configuration.blocks import line_of
from greenhouse.configuration.source import ALARMS_PLACE, Source

_ENTRY = re.compile(r'^(?P<kind>[a-z]+)\[(?P<number>\d+)\](?: "(?P<key>.*?)")?: (?P<rest>.*)$', re.DOTALL)
_TABLE = re.compile(r"^\[(?P<kind>[a-z]+)\]: (?P<rest>.*)$", re.DOTALL)
_SYNTAX = re.compile(r"at line (\d+)")


@dataclass(frozen=True, slots=True)
class LocatedFault:
    """A fault with its place.

    Attributes
    ----------
    is_of_alarms : bool
        Whether it is one of the alarm file.
    line : int or None
        Line of that file, if it can be told.
    kind, key, field : str
        ``device``, ``h1-vent``, ``unit_id``; empty where they cannot be told.
    sentence : str
        All that the reader of the file said.
    """

    is_of_alarms: bool
    line: int | None
    kind: str
    key: str
    field: str
    sentence: str

    def is_of(self, kind: str, key: str) -> bool:
        """Whether it is about this entry."""
        return self.kind == kind and (kind == "base" or self.key == key)


def located(source: Source, faults: Iterable[str]) -> list[LocatedFault]:
    """Faults of a source, each with its place."""
    return [_located(source, fault) for fault in faults]


def _located(source: Source, fault: str) -> LocatedFault:
    is_of_alarms = fault.startswith(ALARMS_PLACE)
    sentence = fault.removeprefix(ALARMS_PLACE)
    text = source.alarms if is_of_alarms else source.base
    if entry := _ENTRY.match(sentence):
        field = _field(entry["rest"])
        line = line_of(text, entry["kind"], int(entry["number"]), field)
        return LocatedFault(is_of_alarms, line, entry["kind"], entry["key"] or "", field, sentence)
    if table := _TABLE.match(sentence):
        field = _field(table["rest"])
        return LocatedFault(is_of_alarms, line_of(text, table["kind"], 1, field), table["kind"], "", field, sentence)
    syntax = _SYNTAX.search(sentence)
    return LocatedFault(is_of_alarms, None if syntax is None else int(syntax[1]), "", "", "", sentence)


def _field(rest: str) -> str:
    """The field that a sentence begins with."""
    first = rest.removeprefix("unknown key ").split(" ", 1)[0].rstrip(":")
    return first if re.fullmatch(r"[a-z0-9_.-]+", first) else ""
