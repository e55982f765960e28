"""The head of the chain, kept outside the database: one line a day in a file that only grows.

A line is ``date number hash``. After a backup was put back, ``date restored number hash`` says from where the chain
goes on; heads of later entries that stand above it belong to the chain that was set aside.
"""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

from greenhouse.disk import sync
from greenhouse.ledger.canonical import GENESIS
from greenhouse.ledger.errors import HeadsFileError
from greenhouse.ledger.models import Head

_RESTORED = "restored"
_HASH_DIGITS = frozenset("0123456789abcdef")


def current_head() -> tuple[int, str]:
    """Number and hash of the last entry; 0 and zeros before the first."""
    head = Head.objects.filter(pk=Head.ONLY).first()
    return (0, GENESIS) if head is None else (head.number, head.hash)


def parse_head(text: str) -> tuple[int, str]:
    """Number and hash from ``NUMBER:HASH``.

    Raises
    ------
    ValueError
        If it is not that.
    """
    number, _, digest = text.partition(":")
    return _head(number, digest)


def read_heads(file: Path) -> dict[int, str]:
    """Hashes by entry number, as the file holds them.

    Raises
    ------
    HeadsFileError
        If a line is no head. A last line that a power cut left unfinished is none either: delete it.
    """
    heads: dict[int, str] = {}
    for line_number, line in enumerate(file.read_text(encoding="ascii", errors="replace").splitlines(), start=1):
        try:
            day, *words = line.split()
            restored = words[:1] == [_RESTORED]
            date.fromisoformat(day)
            number, digest = _head(*words[restored:])
        except (TypeError, ValueError) as error:
            raise HeadsFileError(f"{file}, line {line_number}: not a head: {line[:100]!r}") from error
        if restored:
            heads = {known: kept for known, kept in heads.items() if known <= number}
        heads[number] = digest
    heads.pop(0, None)  # before the first entry there is nothing to compare
    return heads


def write_daily_head(file: Path, *, today: date) -> bool:
    """Append today's head unless it is there. True if it was written."""
    if _days(file) & {today.isoformat()}:
        return False
    number, digest = current_head()
    _append(file, f"{today.isoformat()} {number} {digest}\n")
    return True


def write_restored_head(file: Path, number: int, digest: str, *, today: date) -> None:
    """Say that the chain goes on after this entry, because a backup was put back."""
    _append(file, f"{today.isoformat()} {_RESTORED} {number} {digest}\n")


def _days(file: Path) -> set[str]:
    if not file.exists():
        return set()
    lines = (line.split() for line in file.read_text(encoding="ascii", errors="replace").splitlines())
    return {words[0] for words in lines if len(words) == 3}


def _append(file: Path, line: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    is_new = not file.exists()
    with file.open("ab+") as stream:
        if stream.tell():
            stream.seek(-1, os.SEEK_END)
            if stream.read(1) != b"\n":  # a power cut left half a line; it must not swallow this one
                line = f"\n{line}"
        stream.write(line.encode("ascii"))
    sync(file)
    if is_new:
        sync(file.parent)


def _head(number: str, digest: str) -> tuple[int, str]:
    if not (number.isdecimal() and len(digest) == len(GENESIS) and set(digest) <= _HASH_DIGITS):
        raise ValueError(f"{number}:{digest} is no entry number with its hash")
    return int(number), digest
