"""Reading a TOML document field by field, so that every fault of it is told at once.

A reader never raises on a bad field. It notes one sentence, returns a stand-in, and remembers the field's name in
``broken`` so that later checks do not judge the stand-in. What nobody asked for is an unknown key (``finish``).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from enum import StrEnum
from typing import TypeVar

Choice = TypeVar("Choice", bound=StrEnum)


def near_matches(wrong: str, known: Iterable[str]) -> str:
    """`` (did you mean "x" or "y"?)``, or nothing when no known word is near."""
    quoted = " or ".join(f'"{match}"' for match in near_words(wrong, known))
    return f" (did you mean {quoted}?)" if quoted else ""


def near_words(wrong: str, known: Iterable[str]) -> list[str]:
    """The known words that a wrong one may have meant, the nearest first."""
    return get_close_matches(wrong, list(known), n=3, cutoff=0.6)


class Fields:
    """One table of a TOML document.

    Parameters
    ----------
    table : mapping
        As ``tomllib`` gives it.
    where : str
        How a fault names this table: ``point "air_temperature"``.
    faults : list of str
        Where sentences are added; shared by all tables of a document.
    path : str
        Prefix of field names inside ``where``: ``write.``.
    broken : set of str
        Names of fields, with their path, that could not be read; shared with nested tables.
    """

    def __init__(
        self,
        table: Mapping[str, object],
        *,
        where: str,
        faults: list[str],
        path: str = "",
        broken: set[str] | None = None,
    ) -> None:
        self.where = where
        self.broken: set[str] = set() if broken is None else broken
        self._table, self._faults, self._path = table, faults, path
        self._asked: set[str] = set()

    def __contains__(self, key: str) -> bool:
        return key in self._table

    def __iter__(self) -> Iterator[str]:
        return iter(self._table)

    def is_sound(self, key: str) -> bool:
        """Whether a field of this table was read without a fault so far."""
        return self._path + key not in self.broken

    def fault(self, key: str, sentence: str) -> None:
        """Note a fault of one field."""
        self.broken.add(self._path + key)
        self._faults.append(f"{self.where}: {self._path}{key} {sentence}")

    def finish(self) -> None:
        """Note every key that nobody asked for."""
        for key in self._table:
            if key not in self._asked:
                self._faults.append(f"{self.where}: unknown key {self._path}{key}{near_matches(key, self._asked)}")

    def text(self, key: str, *, default: str | None = None, pattern: str | None = None, form: str = "") -> str:
        """A string that is not empty; required when there is no default."""
        value = self._value(key, required=default is None)
        if value is None:
            return default or ""
        if not isinstance(value, str) or (not value.strip() and default is None):
            self.fault(key, f"must be a text that is not empty, not {value!r}")
            return default or ""
        if pattern is not None and not re.fullmatch(pattern, value):
            self.fault(key, f'"{value}" must be {form}')
        return value

    def optional_text(self, key: str) -> str | None:
        """A string that is not empty, or None when the field is absent."""
        self._asked.add(key)
        return self.text(key) if key in self._table else None

    def number(self, key: str, *, default: float | None = None) -> float:
        """A finite number; required when there is no default."""
        value = self._value(key, required=default is None)
        if value is None:
            return default or 0.0
        if (number := as_number(value)) is None:
            self.fault(key, f"must be a finite number, not {value!r}")
            return default or 0.0
        return number

    def optional_number(self, key: str) -> float | None:
        """A finite number, or None when the field is absent."""
        self._asked.add(key)
        return self.number(key) if key in self._table else None

    def positive(self, key: str, *, default: float, highest: float) -> float:
        """A number above 0 and not above ``highest``."""
        number = self.number(key, default=default)
        if not 0 < number <= highest:
            self.fault(key, f"{number:g} must be above 0 and at most {highest:g}")
        return number

    def integer(self, key: str, *, lowest: int, highest: int, default: int | None = None, advice: str = "") -> int:
        """A whole number from ``lowest`` to ``highest``; required when there is no default."""
        value = self._value(key, required=default is None)
        if value is None:
            return lowest if default is None else default
        if not isinstance(value, int) or isinstance(value, bool):
            self.fault(key, f"must be a whole number, not {value!r}")
            return lowest
        if not lowest <= value <= highest:
            self.fault(key, f"{value} is outside {lowest} to {highest}{'; ' + advice if advice else ''}")
        return value

    def optional_integer(self, key: str, *, lowest: int, highest: int) -> int | None:
        """A whole number from ``lowest`` to ``highest``, or None when the field is absent."""
        self._asked.add(key)
        return self.integer(key, lowest=lowest, highest=highest) if key in self._table else None

    def flag(self, key: str) -> bool:
        """True or false; false when absent."""
        value = self._value(key, required=False)
        if value is not None and not isinstance(value, bool):
            self.fault(key, f"must be true or false, not {value!r}")
        return value is True

    def choice(self, key: str, kind: type[Choice], *, default: Choice | None = None) -> Choice:
        """One member of a closed set; required when there is no default."""
        stand_in = next(iter(kind)) if default is None else default
        value = self._value(key, required=default is None)
        if value is None:
            return stand_in
        known = [member.value for member in kind]
        if value not in known:
            hint = near_matches(str(value), known) or f"; known: {', '.join(known)}"
            self.fault(key, f"{value!r} is not known{hint}")
            return stand_in
        return kind(str(value))

    def interval(self, key: str) -> tuple[float, float] | None:
        """Two finite numbers, the lower one first, or None when the field is absent."""
        value = self._value(key, required=False)
        if value is None:
            return None
        numbers = [as_number(item) for item in value] if isinstance(value, list) else []
        match numbers:
            case [float(low), float(high)]:
                if low >= high:
                    self.fault(key, f"is reversed or empty: {low:g} is not below {high:g}; write the lower one first")
                return low, high
        self.fault(key, f"must be two finite numbers [low, high], not {value!r}")
        return None

    def integers(self, key: str) -> tuple[int, ...]:
        """A list of whole numbers; empty when absent."""
        return tuple(item for item in self._list(key, int, "whole numbers") if isinstance(item, int))

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of strings; empty when absent."""
        return tuple(item for item in self._list(key, str, "texts") if isinstance(item, str))

    def rows(self, key: str) -> Sequence[object]:
        """A list of anything; empty when absent."""
        return self._list(key, object, "entries")

    def nested(self, key: str) -> Fields | None:
        """A table inside this one, or None when it is absent or is no table."""
        value = self._value(key, required=False)
        if value is None:
            return None
        if not isinstance(value, dict):
            self.fault(key, f"must be a table, not {value!r}")
            return None
        return Fields(value, where=self.where, faults=self._faults, path=f"{self._path}{key}.", broken=self.broken)

    def section(self, key: str, *, required: bool = False) -> Fields | None:
        """A top-level table ``[key]``, named by its heading in faults."""
        value = self._value(key, required=required)
        if value is None:
            return None
        if not isinstance(value, dict):
            self.fault(key, f"must be a table [{key}]")
            return None
        return Fields(value, where=f"[{key}]", faults=self._faults)

    def sections(self, key: str, *, places: Sequence[str] = ()) -> list[Fields]:
        """The tables of ``[[key]]``, each named by its own ``key`` or else its position, or as ``places`` says."""
        value = self._value(key, required=False)
        tables = value if isinstance(value, list) else [] if value is None else [value]
        found = []
        for position, table in enumerate(tables, start=1):
            if not isinstance(value, list) or not isinstance(table, dict):
                self.fault(key, f"must be a list of tables [[{key}]]")
                break
            name = table.get("key")
            where = f'{key} "{name}"' if isinstance(name, str) and name else f"{key} number {position} (no key)"
            found.append(Fields(table, where=places[position - 1] if places else where, faults=self._faults))
        return found

    def _value(self, key: str, *, required: bool) -> object | None:
        self._asked.add(key)
        if key not in self._table and required:
            self.broken.add(self._path + key)
            self._faults.append(f"{self.where}: {self._path}{key} is missing")
        return self._table.get(key)

    def _list(self, key: str, kind: type, plural: str) -> list[object]:
        value = self._value(key, required=False)
        if value is None:
            return []
        if not isinstance(value, list) or any(not isinstance(v, kind) or isinstance(v, bool) for v in value):
            self.fault(key, f"must be a list of {plural}, not {value!r}")
            return []
        return value


def as_number(value: object) -> float | None:
    """A finite float, or None: neither a truth value nor a text is a number, and NaN and infinity are none."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)
