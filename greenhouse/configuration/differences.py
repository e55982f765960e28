"""What differs between two sources: by entry and field, as people talk about it, and line by line."""

from __future__ import annotations

import difflib
import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from greenhouse.configuration.source import Source

ABSENT = ""
"""Stands for a field that is not there."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that says something else, or a whole entry that came or went.

    Attributes
    ----------
    kind, key : str
        ``device``, ``h1-climate``; the kind is empty for fields that stand in no table.
    field : str
        ``points.heating_setpoint.limits``; empty: the whole entry.
    old, new : str
        As TOML would write them; empty: not there.
    """

    kind: str
    key: str
    field: str
    old: str
    new: str

    @property
    def is_new_entry(self) -> bool:
        """Whether a whole entry came."""
        return not self.field and not self.old

    @property
    def is_gone_entry(self) -> bool:
        """Whether a whole entry went."""
        return not self.field and not self.new


def differences(old: Source, new: Source) -> list[Difference]:
    """Every field that differs. Both sources can be read; order and comments do not count."""
    before, after = _entries(old), _entries(new)
    return [found for place in {**before, **after} for found in _of_entry(place, before.get(place), after.get(place))]


def lines(old: Source, new: Source) -> list[str]:
    """Both base files and both alarm files, compared line by line, as ``diff -u`` does."""
    pairs = (("base.toml", old.base, new.base), ("alarms.toml", old.alarms, new.alarms))
    return [
        line
        for name, before, after in pairs
        for line in difflib.unified_diff(before.splitlines(), after.splitlines(), name, name, lineterm="", n=3)
    ]


def _of_entry(place: tuple[str, str], old: dict[str, str] | None, new: dict[str, str] | None) -> Iterator[Difference]:
    kind, key = place
    if old is None:
        yield Difference(kind, key, "", ABSENT, "+")
    elif new is None:
        yield Difference(kind, key, "", "-", ABSENT)
    else:
        for name in {**old, **new}:
            if old.get(name) != new.get(name):
                yield Difference(kind, key, name, old.get(name, ABSENT), new.get(name, ABSENT))


def _entries(source: Source) -> dict[tuple[str, str], dict[str, str]]:
    """Fields of every entry, by what it is."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    for text in (source.base, source.alarms):
        for kind, content in tomllib.loads(text).items():
            if isinstance(content, list) and all(isinstance(row, dict) for row in content):
                for row in content:
                    found[_place(kind, row, found)] = dict(_flat(row))
            elif isinstance(content, dict):
                found[kind, ""] = dict(_flat(content))
            else:
                found["", ""] = {**found.get(("", ""), {}), kind: _written(content)}
    for key, text in source.profiles.items():
        found["profile", key] = {"text": text}
    return found


def _place(kind: str, row: Mapping[str, Any], taken: Mapping[tuple[str, str], object]) -> tuple[str, str]:
    """An alarm may be changed several times, for several compartments."""
    parts = [str(row.get("key", ""))]
    if kind == "alarm" and row.get("compartments"):
        parts.append(f"({', '.join(map(str, row['compartments']))})")
    key = " ".join(parts)
    while (kind, key) in taken:
        key += " +"
    return kind, key


def _flat(table: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    for name, value in table.items():
        if isinstance(value, dict) and value:
            yield from _flat(value, f"{path}{name}.")
        else:
            yield path + name, _written(value)


def _written(value: object) -> str:
    """A value as the file would have it."""
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return json.dumps(value, ensure_ascii=False, default=str)
