"""Template filters of the yield review: cells as its files have them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from django import template

from greenhouse.console.yields.figures import Cell, Table, falls_short

register = template.Library()


@register.filter
def as_cell(cell: Cell) -> str:
    """A cell with the digits that the files have, too; a dash for none."""
    match cell:
        case None | "":
            return "–"
        case Decimal():
            return f"{cell:f}"
        case date():
            return cell.isoformat()
    return str(cell)


@register.filter
def is_figure(cell: Cell) -> bool:
    """Whether it is a number, to be set under others."""
    return isinstance(cell, Decimal | int)


@register.filter
def is_incomplete(row: Sequence[Cell], table: Table) -> bool:
    """Whether a row of sums is known for too little of its time."""
    return falls_short(table, row)
