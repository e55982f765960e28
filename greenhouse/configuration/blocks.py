"""Changing one entry of a TOML text and leaving every other line of it as it is.

A text is cut into its top-level tables. The one that is meant is changed by `tomlkit`, which keeps its comments; the
others are put back untouched. (A parse of the whole text would move tables of one kind together.) Every change is done
a second time on plain values, and a text that does not say the same is not used.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import tomlkit
from tomlkit.exceptions import TOMLKitError

from greenhouse.configuration.errors import EditImpossible

Value: TypeAlias = "str | int | float | bool | list[float] | list[str] | dict[str, str | float]"
Changes: TypeAlias = "Mapping[tuple[str, ...], Value | None]"
"""New values by path within the entry; None takes the field out."""

_HEADER = re.compile(r"^\[(\[)?\s*([A-Za-z0-9_-]+)\s*\](?(1)\])\s*(#.*)?$")


@dataclass(frozen=True, slots=True)
class Block:
    """A top-level table with its sub-tables.

    Attributes
    ----------
    kind : str
        ``device`` of ``[[device]]``; empty for what stands before the first table.
    body, tail : str
        The table; blank lines and comments behind it, which mostly speak of what follows.
    line : int
        Number of its first line.
    """

    kind: str
    body: str
    tail: str
    line: int

    @property
    def values(self) -> dict[str, Any]:
        """What the table says."""
        if not self.kind:
            return tomllib.loads(self.body)
        found = tomllib.loads(self.body)[self.kind]
        table = found[0] if isinstance(found, list) else found
        return table if isinstance(table, dict) else {}


def blocks_of(text: str) -> list[Block]:
    """The tables of a text, in order. Nothing is lost: bodies and tails joined are the text.

    Raises
    ------
    EditImpossible
        If it cannot be cut.
    """
    pieces: list[tuple[str, list[str], int]] = [("", [], 1)]
    for number, line in enumerate(text.splitlines(keepends=True), start=1):
        header = _HEADER.match(line.strip())
        # What looks like a header within a text of several lines is none: the piece before it cannot be read yet.
        if header and _can_be_read("".join(pieces[-1][1])):
            pieces.append((header[2], [], number))
        pieces[-1][1].append(line)
    if not _can_be_read("".join(pieces[-1][1])):
        raise EditImpossible("the text cannot be cut into its tables")
    return [_block(kind, lines, number) for kind, lines, number in pieces]


def _can_be_read(text: str) -> bool:
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return False
    return True


def _block(kind: str, lines: list[str], number: int) -> Block:
    end = len(lines)
    while end > 1 and (not lines[end - 1].strip() or lines[end - 1].lstrip().startswith("#")):
        end -= 1
    return Block(kind, "".join(lines[:end]), "".join(lines[end:]), number)


def joined(blocks: list[Block]) -> str:
    """The text of blocks."""
    return "".join(block.body + block.tail for block in blocks)


def changed(text: str, kind: str, key: str | int | None, changes: Changes) -> str:
    """The text with other values in one entry.

    Parameters
    ----------
    kind : str
        ``base``, ``device``, ...
    key : str, int or None
        Key of the entry, or its position among its kind, counted from 0. None: the only one of its kind.

    Raises
    ------
    EditImpossible
        If there is no such entry, or the result would not say exactly this.
    """
    blocks = blocks_of(text)
    at = _position(blocks, kind, key)
    block = blocks[at]
    body = block.body if block.body.endswith("\n") else block.body + "\n"
    try:
        document = tomlkit.parse(body)
        found: Any = document[kind]
        table = found if isinstance(found, MutableMapping) else found[0]
        for path, value in changes.items():
            _set(table, path, value, is_toml=True)
        blocks[at] = replace(block, body=tomlkit.dumps(document).rstrip() + "\n")
        result = joined(blocks)
        said = tomllib.loads(result)
    except (TOMLKitError, tomllib.TOMLDecodeError, AttributeError, TypeError, KeyError) as error:
        raise EditImpossible(f"{kind} {key}: {error}") from error
    if said != _expected(text, kind, key, changes):
        raise EditImpossible(f"{kind} {key}: the text cannot be changed without changing something else")
    return result


def added(text: str, kind: str, values: Changes) -> str:
    """The text with one more entry, behind the last of its kind or else at the end."""
    blocks = blocks_of(text)
    document = tomlkit.document()
    table = tomlkit.table()
    for path, value in values.items():
        _set(table, path, value, is_toml=True)
    rows = tomlkit.aot()
    rows.append(table)
    document.append(kind, rows)
    body = tomlkit.dumps(document).strip() + "\n"
    last = max((number for number, block in enumerate(blocks) if block.kind == kind), default=len(blocks) - 1)
    before = blocks[last]
    gap = "" if not before.body else "\n" if before.body.endswith("\n") else "\n\n"
    blocks[last] = replace(before, tail="")
    blocks.insert(last + 1, Block(kind, gap + body, before.tail, 0))
    result = joined(blocks)
    expected = tomllib.loads(text)
    row: dict[str, Any] = {}
    for path, value in values.items():
        _set(row, path, value, is_toml=False)
    expected.setdefault(kind, []).append(row)
    if tomllib.loads(result) != expected:
        raise EditImpossible(f"one more {kind} cannot be added without changing something else")
    return result


def removed(text: str, kind: str, key: str | int) -> str:
    """The text without one entry. Comments behind it stay.

    Raises
    ------
    EditImpossible
        If there is no such entry, or another one would go with it.
    """
    blocks = blocks_of(text)
    at = _position(blocks, kind, key)
    gone = blocks.pop(at)
    blocks[at - 1] = replace(blocks[at - 1], tail=blocks[at - 1].tail + gone.tail.lstrip("\n"))
    result = joined(blocks)
    expected = tomllib.loads(text)
    expected[kind].remove(_row(expected, kind, key))
    if not expected[kind]:
        del expected[kind]
    if tomllib.loads(result) != expected:
        raise EditImpossible(f"{kind} {key} cannot be taken out without changing something else")
    return result


def line_of(text: str, kind: str, number: int, field: str) -> int | None:
    """Line of a field of the ``number``-th entry of a kind, counted from 1; of the entry if the field is not there."""
    try:
        block = [found for found in blocks_of(text) if found.kind == kind][number - 1]
    except (EditImpossible, IndexError):
        return None
    *parents, name = field.split(".")
    inside = not parents
    for offset, line in enumerate(block.body.splitlines()):
        words = line.strip()
        if words.startswith("[") and offset:
            inside = bool(parents) and ".".join(parents) in words
        if inside and re.match(rf'"?{re.escape(name)}"?\s*=', words):
            return block.line + offset
    return block.line


def _position(blocks: list[Block], kind: str, key: str | int | None) -> int:
    among = [number for number, block in enumerate(blocks) if block.kind == kind]
    if isinstance(key, str):
        among = [number for number in among if blocks[number].values.get("key") == key]
        key = 0 if len(among) == 1 else None
    if key is None:
        key = 0 if len(among) == 1 else -1
    if not 0 <= key < len(among):
        raise EditImpossible(f"there is not exactly one such {kind} in this text")
    return among[key]


def _expected(text: str, kind: str, key: str | int | None, changes: Changes) -> dict[str, Any]:
    document = tomllib.loads(text)
    table = _row(document, kind, key)
    for path, value in changes.items():
        _set(table, path, value, is_toml=False)
    return document


def _row(document: Mapping[str, Any], kind: str, key: str | int | None) -> dict[str, Any]:
    """An entry of a document that is read as plain values; `_position` has found that there is exactly one."""
    found = document[kind]
    rows: list[dict[str, Any]] = found if isinstance(found, list) else [found]
    if isinstance(key, str):
        return next(row for row in rows if row.get("key") == key)
    return rows[0 if key is None else key]


def _set(table: MutableMapping[str, Any], path: tuple[str, ...], value: Value | None, *, is_toml: bool) -> None:
    """Set or take out one value; tables that are left empty go too."""
    name, *rest = path
    if not rest:
        if value is None:
            table.pop(name, None)
        else:
            table[name] = _item(value) if is_toml else value
        return
    if name not in table:
        if value is None:
            return
        # Only the innermost table is written with a header of its own.
        table[name] = tomlkit.table(is_super_table=len(rest) > 1) if is_toml else {}
    _set(table[name], tuple(rest), value, is_toml=is_toml)
    if not table[name]:
        table.pop(name)


def _item(value: Value) -> Any:  # noqa: ANN401  (tomlkit's items have no common public type)
    if isinstance(value, dict):
        inline = tomlkit.inline_table()
        inline.update(value)
        return inline
    return tomlkit.item(value)
