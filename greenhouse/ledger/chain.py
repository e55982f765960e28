"""The one way into the ledger: `append`, in the transaction of the thing that is recorded.

Nobody's name and no free text enters it: a person is the number of the user, a text its salted digest
(`text_digest`). So a person can be forgotten without breaking the chain.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum

from django.db import IntegrityError, router, transaction

from greenhouse.ledger.canonical import (
    GENESIS,
    Json,
    Payload,
    decisions_digest,
    entry_hash,
    new_salt,
    payload_text,
    text_digest,
)
from greenhouse.ledger.errors import LedgerBroken, NotInTransaction
from greenhouse.ledger.models import Entry, Head

__all__ = [
    "Kind",
    "Payload",
    "append",
    "append_decisions",
    "append_or_report",
    "new_salt",
    "restored_at",
    "text_digest",
]

logger = logging.getLogger(__name__)


class Kind(StrEnum):
    """What an entry records."""

    COMMAND = "command"
    """A request was submitted, or went one step on."""
    APPROVAL = "approval"
    MANUAL_HOLD = "manual_hold"
    OVER_TRAVEL = "over_travel"
    """A motor ran too long and its output was locked, or a person released it."""
    ALARM = "alarm"
    """Raised, acknowledged or cleared."""
    DECISIONS = "decisions"
    """Digest of what programs decided in one tick."""
    PROGRAM = "program"
    """A climate program was changed, or switched on or off."""
    IRRIGATION = "irrigation"
    """An irrigation run went one step on."""
    SCHEDULE = "schedule"
    ANNOTATION = "annotation"
    """Somebody noted something beside the curves, changed it or deleted it."""
    CROP = "crop"
    """A cultivar was added, a crop cycle started or ended."""
    HARVEST = "harvest"
    """A harvest was entered, corrected or withdrawn."""
    BASE_LOADED = "base_loaded"
    SIGN_IN = "sign_in"
    """Login, logout, failure, lockout."""
    RIGHTS = "rights"
    RESTORED = "restored"
    """A backup was put back."""
    CLOCK = "clock"


def append(kind: Kind, payload: Payload, *, now: datetime) -> int:
    """Add an entry to the chain; it stays or goes with the transaction of the caller.

    Appenders wait for each other from here to the end of their transactions, on SQLite for the file's write lock, on
    PostgreSQL for the head row. So make it the last statement of the transaction: whoever locks other rows afterwards
    holds up everybody, or waits for one who waits for the head.

    Parameters
    ----------
    kind : Kind
        What is recorded.
    payload : mapping
        Flat: keys, codes, numbers. No names of people and no free text.
    now : datetime
        Aware.

    Returns
    -------
    int
        Number of the entry.

    Raises
    ------
    NotInTransaction
        Outside a transaction.
    PayloadRefused
        If the payload has no canonical form, or a text is too long for a key or code.
    LedgerBroken
        If the head row does not fit the entries; this entry cannot be recorded before somebody has looked.
    """
    if not transaction.get_connection(router.db_for_write(Entry)).in_atomic_block:
        raise NotInTransaction(f"{kind}: append belongs in the transaction of what it records")
    text = payload_text(payload)
    head = _locked_head()
    number = head.number + 1
    digest = entry_hash(number, now, kind, text, head.hash)
    moved = Head.objects.filter(pk=Head.ONLY, number=head.number, hash=head.hash).update(number=number, hash=digest)
    if moved != 1:
        raise LedgerBroken(f"the head moved away from entry {head.number} while it was locked")
    entry = Entry(number=number, at=now, kind=kind.value, payload=text, previous_hash=head.hash, hash=digest)
    try:
        Entry.objects.bulk_create([entry])
    except IntegrityError as error:  # callers take an IntegrityError for one of their own constraints
        raise LedgerBroken(f"entry {number} is there already, but the head stands before it") from error
    return number


def restored_at() -> datetime | None:
    """When a backup was last put back. None: never."""
    return Entry.objects.filter(kind=Kind.RESTORED.value).order_by("-number").values_list("at", flat=True).first()


def append_or_report(entries: Sequence[tuple[Kind, Payload]], *, now: datetime) -> None:
    """Add entries, all or none; a broken ledger is logged and holds up nobody.

    Whoever watches the houses must be able to act, and must hear of an alarm, even if somebody has tampered with the
    records.

    Raises
    ------
    NotInTransaction, PayloadRefused
        See `append`.
    """
    if not transaction.get_connection(router.db_for_write(Entry)).in_atomic_block:
        raise NotInTransaction("append_or_report belongs in the transaction of what it records")
    if not entries:
        return
    try:
        with transaction.atomic(using=router.db_for_write(Entry)):
            for kind, payload in entries:
                append(kind, payload, now=now)
    except LedgerBroken as broken:
        logger.critical("%d entries are not in the ledger, which is broken: %s", len(entries), broken)


def append_decisions(tick: int, decisions: Sequence[Mapping[str, Json]], *, now: datetime) -> int | None:
    """Record what programs decided in a tick, as one digest. Nothing for a tick without decisions.

    Parameters
    ----------
    tick : int
        Number of the control tick.
    decisions : sequence of mapping
        Each as it is stored elsewhere; see `greenhouse.ledger.canonical.decisions_digest`.
    now : datetime
        Aware.

    Returns
    -------
    int or None
        Number of the entry.

    Raises
    ------
    NotInTransaction, PayloadRefused, LedgerBroken
        See `append`.
    """
    if not decisions:
        return None
    digest = decisions_digest(decisions)
    return append(Kind.DECISIONS, {"tick": tick, "count": len(decisions), "digest": digest}, now=now)


def _locked_head() -> Head:
    """The head row, locked until the transaction ends; made before the first entry."""
    head = Head.objects.select_for_update().filter(pk=Head.ONLY).first()
    if head is None:
        # Two first appenders: the second one's insert waits for the first one's commit and then does nothing.
        Head.objects.bulk_create([Head(number=0, hash=GENESIS)], ignore_conflicts=True)
        head = Head.objects.select_for_update().get(pk=Head.ONLY)
    if head.number == 0 and Entry.objects.exists():
        raise LedgerBroken("there are entries but their head is missing")
    return head
