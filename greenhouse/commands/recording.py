"""Steps and their ledger entries: one transaction, whose entries come last.

Last, because the ledger lets one writer through at a time: who holds its place and then waits for another row may wait
for somebody who waits for that place.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.db import DEFAULT_DB_ALIAS, transaction

from greenhouse.deadlines import Moment
from greenhouse.fencing import UNFENCED, Fence
from greenhouse.ledger.chain import Kind, Payload, append_or_report

_waiting: ContextVar[list[tuple[Kind, Payload]] | None] = ContextVar("waiting ledger entries", default=None)


@contextmanager
def recorded(now: Moment, *, fence: Fence = UNFENCED) -> Iterator[None]:
    """A transaction in which `note` may be called; within another one, a part of it that can fail alone.

    Raises
    ------
    LeaseLost
        If another control process has taken over. Nothing was stored.
    """
    outer = _waiting.get()
    entries = [] if outer is None else outer
    kept = len(entries)
    token, has_happened = _waiting.set(entries), False
    try:
        with transaction.atomic():
            fence.require(DEFAULT_DB_ALIAS)
            yield
            if outer is None:
                append_or_report(entries, now=now.wall)
        has_happened = True
    finally:
        if not has_happened:
            del entries[kept:]
        _waiting.reset(token)


def note(kind: Kind, payload: Payload) -> None:
    """Put an entry down for the end of the transaction. Call it within `recorded`."""
    entries = _waiting.get()
    if entries is None:
        raise RuntimeError("a ledger entry needs the transaction of what it records")
    entries.append((kind, payload))


def number(value: float | None) -> float | str | None:
    """A value as the ledger takes it: JSON has no NaN and no infinity, which a controller may be read back as."""
    return value if value is None or math.isfinite(value) else str(value)
