"""Walking the chain: the first entry that was altered, is missing, stands elsewhere or was cut off.

Whoever can write the database can rewrite the whole chain from some entry on, with new hashes. Only a head that was
kept elsewhere (`greenhouse.ledger.heads`) shows that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from greenhouse.ledger.canonical import GENESIS, entry_hash
from greenhouse.ledger.models import Entry, Head

ENTRIES_PER_READ = 5_000
"""Each read ends before the next begins: no read transaction stays open while the chain is walked."""


class FaultKind(StrEnum):
    """What is wrong with the chain."""

    ALTERED = "altered"
    """The content of the entry is not what was hashed."""
    MISSING = "missing"
    """There are later entries, but not this one."""
    REORDERED = "reordered"
    """The entry was written under another number."""
    TRUNCATED = "truncated"
    """This entry and all later ones are gone."""
    REWRITTEN = "rewritten"
    """The chain fits itself, but not a head that was kept elsewhere."""
    HEAD = "head"
    """The entries are sound, but the stored head is another one."""


@dataclass(frozen=True, slots=True)
class Fault:
    """The first fault of a chain.

    Attributes
    ----------
    kind : FaultKind
        What it is.
    number : int
        The entry that it concerns.
    other : int or None
        REORDERED: the number that the entry was written under. REWRITTEN: the last entry before it that a head kept
        elsewhere confirms, 0 if none does.
    """

    kind: FaultKind
    number: int
    other: int | None = None


@dataclass(slots=True)
class Walk:
    """How far a chain was walked.

    Attributes
    ----------
    known_heads : mapping of int to str
        Hashes of entries that were kept outside the database.
    number, hash : int, str
        The last sound entry.
    confirmed : int
        The last entry that a known head confirms.
    """

    known_heads: Mapping[int, str] = field(default_factory=dict)
    number: int = 0
    hash: str = GENESIS
    confirmed: int = 0

    def step(self, entry: Entry) -> Fault | None:
        """Take the next entry, in the order of numbers."""
        expected = self.number + 1
        if entry.number != expected:
            return Fault(FaultKind.MISSING, expected)
        if _hash_as(entry, entry.number) != entry.hash:
            return Fault(FaultKind.ALTERED, expected)
        if entry.previous_hash != self.hash:
            # This entry fits itself, so it was written after another one than the one that stands before it.
            return Fault(FaultKind.ALTERED, max(self.number, 1))
        known = self.known_heads.get(expected, entry.hash)
        if known != entry.hash:
            return Fault(FaultKind.REWRITTEN, expected, self.confirmed)
        if expected in self.known_heads:
            self.confirmed = expected
        self.number, self.hash = expected, entry.hash
        return None

    def end(self, head: Head | None) -> Fault | None:
        """Compare the end of the chain with the stored head and with the known ones."""
        number, digest = (0, GENESIS) if head is None else (head.number, head.hash)
        if self.number < max(number, *self.known_heads, 0):
            return Fault(FaultKind.TRUNCATED, self.number + 1)
        if (number, digest) != (self.number, self.hash):
            return Fault(FaultKind.HEAD, self.number)
        return None


def verify(known_heads: Mapping[int, str]) -> Walk | Fault:
    """Walk the stored chain from its first entry.

    Entries that are appended meanwhile are walked too.

    Parameters
    ----------
    known_heads : mapping of int to str
        Hashes by entry number, kept outside the database. May be empty; then neither a chain that was cut off
        together with its head nor one that was rewritten to its end can be told from a sound one.

    Returns
    -------
    Walk
        The chain is sound up to there.
    Fault
        The first thing that is wrong.
    """
    walk = Walk(known_heads)
    while True:
        for entry in _entries_after(walk.number):
            if fault := walk.step(entry):
                return _explained(fault, entry)
        # The head is read after the entries, so it can only be ahead because something was appended meanwhile.
        head = Head.objects.filter(pk=Head.ONLY).first()
        if head is None or head.number <= walk.number or not Entry.objects.filter(number__gt=walk.number).exists():
            return walk.end(head) or walk


def _entries_after(number: int) -> Iterator[Entry]:
    while some := list(Entry.objects.filter(number__gt=number).order_by("number")[:ENTRIES_PER_READ]):
        yield from some
        number = some[-1].number


def _explained(fault: Fault, entry: Entry) -> Fault:
    """A fault of an entry that was hashed under another number is one of order. Searched for once, at the fault."""
    if fault.kind is FaultKind.ALTERED and fault.number == entry.number:
        last = Entry.objects.order_by("-number").values_list("number", flat=True)[0]
        written_as = next((number for number in range(1, last + 2) if _hash_as(entry, number) == entry.hash), None)
        if written_as not in (None, entry.number):
            return Fault(FaultKind.REORDERED, entry.number, written_as)
    return fault


def _hash_as(entry: Entry, number: int) -> str:
    return entry_hash(number, entry.at, entry.kind, entry.payload, entry.previous_hash)
