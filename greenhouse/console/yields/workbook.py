"""The yield review as a workbook: true numbers and days, one head row with units, nothing merged, no formula."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from io import BytesIO

from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell import Cell as SheetCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from greenhouse.console.yields.figures import Cell, Table

_NOT_IN_A_CELL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_NOT_IN_A_TITLE = re.compile(r"[\[\]:*?/\\]")
_NARROWEST, _WIDEST = 8, 48
_TITLE_LENGTH = 31


def workbook_bytes(about: Sequence[tuple[str, str]], tables: Sequence[Table]) -> bytes:
    """The file: a sheet about the others, one of each table, and one that says what the columns mean."""
    book = Workbook()
    first = book.active
    assert isinstance(first, Worksheet)
    _write(first, Table("about", _("About"), (_("what"), _("value")), tuple(about)))
    for table in tables:
        _write(book.create_sheet(), table)
    meant = tuple((table.title, head) for table in tables for head in table.heads)
    _write(book.create_sheet(), Table("columns", _("Columns"), (_("sheet"), _("column")), meant))
    written = BytesIO()
    book.save(written)
    return written.getvalue()


def _write(sheet: Worksheet, table: Table) -> None:
    sheet.title = _NOT_IN_A_TITLE.sub(" ", table.title)[:_TITLE_LENGTH]
    for column, head in enumerate(table.heads, start=1):
        cell = sheet.cell(1, column)
        _put(cell, head)
        cell.font = Font(bold=True)
    for number, row in enumerate(table.rows, start=2):
        for column, value in enumerate(row, start=1):
            _put(sheet.cell(number, column), value)
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(table.heads))}{len(table.rows) + 1}"
    for column, head in enumerate(table.heads, start=1):
        longest = max([_width(head), *(_width(row[column - 1]) for row in table.rows[:200])])
        sheet.column_dimensions[get_column_letter(column)].width = min(_WIDEST, max(_NARROWEST, longest + 2))


def _put(cell: SheetCell, value: Cell) -> None:
    if isinstance(value, str):
        cell.value = _NOT_IN_A_CELL.sub("", value)
        cell.data_type = "s"  # never a formula, however it begins
    elif isinstance(value, Decimal):
        cell.value = float(value)
        decimals = max(0, -int(value.as_tuple().exponent))
        cell.number_format = "0" if decimals == 0 else f"0.{'0' * decimals}"
    else:
        cell.value = value
        if value is not None and not isinstance(value, int):
            cell.number_format = "yyyy-mm-dd"


def _width(value: Cell) -> int:
    """Chinese signs are twice as wide."""
    return sum(2 if ord(sign) > 0x2E80 else 1 for sign in str("" if value is None else value))
