"""Many rows into a table at once, in the way that is fast on the engine."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.backends.utils import CursorWrapper

Value = int | float | str | None


@dataclass(frozen=True, slots=True)
class BulkInsert:
    """An INSERT of rows.

    Attributes
    ----------
    columns : mapping as pairs
        Name and PostgreSQL type, in the order of the rows.
    same : tuple of str
        Further columns, with one value for all rows.
    conflict : str
        ``ON CONFLICT ...``; may have parameters.
    """

    table: str
    columns: tuple[tuple[str, str], ...]
    same: tuple[str, ...] = ()
    conflict: str = ""

    def run(self, cursor: CursorWrapper, rows: Sequence[Sequence[Value]], *parameters: int | str) -> int:
        """Insert rows; how many were inserted or changed. ``parameters``: of ``same``, then of ``conflict``.

        SQLite runs a prepared statement per row in 2 µs. PostgreSQL would take a round trip each: it gets all rows in
        one statement, as one array per column (`docs/adr/0018`).
        """
        names = ", ".join((*(name for name, _type in self.columns), *self.same))
        same = ", %s" * len(self.same)
        insert = f"INSERT INTO {self.table} ({names})"
        if cursor.db.vendor == "postgresql":
            arrays = ", ".join(f"%s::{type_}[]" for _name, type_ in self.columns)
            query = f"{insert} SELECT columns.*{same} FROM unnest({arrays}) AS columns {self.conflict}"  # noqa: S608  (constants of the caller)
            own, others = parameters[: len(self.same)], parameters[len(self.same) :]
            cursor.execute(query, (*own, *map(_array, zip(*rows, strict=True)), *others))
        else:
            query = f"{insert} VALUES ({', '.join(['%s'] * len(self.columns))}{same}) {self.conflict}"
            cursor.executemany(query, [(*row, *parameters) for row in rows] if parameters else rows)
        count: int = cursor.rowcount
        return count


def _array(column: Iterable[Value]) -> str:
    """PostgreSQL's text form of an array: for numbers, null and text without control characters JSON's, in braces."""
    return f"{{{json.dumps(column)[1:-1]}}}"
