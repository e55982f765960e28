"""A file that a spreadsheet opens: comma-separated, UTF-8 with the mark that Excel wants, and no formula in it."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence

BYTE_ORDER_MARK = "\ufeff"
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"[+-][0-9]+(\.[0-9]+)?(e[+-][0-9]+)?")


class _Echo:
    """Hands back what `csv` writes."""

    def write(self, text: str) -> str:
        return text


def csv_lines(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """The file, line by line, while its rows are read; the first of them holds the names of the columns."""
    writer, mark = csv.writer(_Echo()), BYTE_ORDER_MARK
    for row in rows:
        yield mark + writer.writerow([safe_cell(cell) for cell in row])
        mark = ""


def safe_cell(text: str) -> str:
    """A cell that no spreadsheet takes for a formula; a number stays one."""
    is_formula = text.startswith(_FORMULA_STARTS) and not _NUMBER.fullmatch(text)
    return f"'{text}" if is_formula else text
