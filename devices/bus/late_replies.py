"""Replies that are still owed on a line without transaction ids, and how to get back in step with a unit (pure).

An RTU reply does not say which request it answers. A reply that comes after its time-out would be taken for the reply
to the next request, and every value after it would be the one before. So each unanswered request leaves a debt, and

* a request is not sent while a debt's reply would look the same as its own;
* a frame is first matched with the debts of its unit. A unit answers in order and each request at most once, so the
  oldest debt that fits a frame is done, and with it all older ones, whichever of the fitting ones was meant;
* an exception names only its function, so one that could belong to a debt says nothing;
* a debt that nobody paid lapses at its horizon.

The rules lean on that order and on "at most once". A unit that answers one request twice, the second time after the
next request went out, breaks them; no master can tell that copy from a reply.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from math import inf

from devices.bus.protocol import ReadRequest, WriteRequest
from devices.bus.shapes import ReplyShape
from devices.profiles.schema import Table


class Arrival(StrEnum):
    """What a frame turned out to be."""

    ANSWER = "answer"
    """The reply to the request in flight, and nothing else."""
    LATE = "late"
    """The reply to an earlier request."""
    AMBIGUOUS = "ambiguous"
    """An exception that the request in flight or an earlier one may have met."""
    UNOWED = "unowed"
    """No request explains it."""


@dataclass(slots=True)
class _Debt:
    shape: ReplyShape
    until_s: float = inf


class LateReplies:
    """The ledger of one line. All times are of one monotonic clock, passed in. [s]"""

    def __init__(self) -> None:
        self._debts: dict[int, list[_Debt]] = {}
        self._asked: _Debt | None = None

    def blocked_until(self, shape: ReplyShape, now_s: float) -> float | None:
        """Until when a reply of this shape could be an earlier request's; None if it could not. [s]"""
        if not (debts := self._open_debts(shape.unit_id, now_s)):
            return None
        return max((debt.until_s for debt in debts if debt.shape == shape), default=None)

    def ask(self, shape: ReplyShape) -> None:
        """Note that a request with replies of this shape goes out now."""
        self._asked = _Debt(shape)
        self._debts.setdefault(shape.unit_id, []).append(self._asked)

    def arrive(self, unit_id: int, pdu: bytes) -> Arrival:
        """Match a frame with what is owed."""
        debts = self._debts.get(unit_id, [])
        fitting = [
            place
            for place, debt in enumerate(debts)
            if debt.shape.is_met_by(unit_id, pdu) or debt.shape.is_refused_by(unit_id, pdu)
        ]
        if not fitting:
            return Arrival.UNOWED
        oldest, newest = debts[fitting[0]], debts[fitting[-1]]
        del debts[: fitting[0] + 1]
        if oldest is self._asked:
            self._asked = None
            return Arrival.ANSWER
        return Arrival.AMBIGUOUS if newest is self._asked else Arrival.LATE

    def give_up(self, *, until_s: float) -> None:
        """Stop waiting for the request in flight. Its reply may come until the horizon. Nothing if it was answered."""
        if self._asked is not None:
            self._asked.until_s = until_s
            self._asked = None

    def _open_debts(self, unit_id: int, now_s: float) -> list[_Debt]:
        debts = self._debts.get(unit_id, [])
        if debts:
            debts = self._debts[unit_id] = [debt for debt in debts if debt.until_s > now_s]
        return debts


def in_step_reads(request: ReadRequest | WriteRequest) -> Iterator[ReadRequest]:
    """Reads that may be sent in a request's stead to find out whether its unit is in step, the mildest first.

    A read asks for a shorter part of the same block, never for an address outside it, since that one may be illegal or
    clear itself on reading. Steps of two come first: some meters answer only to even counts. A write asks for what it
    is about to write.
    """
    if isinstance(request, WriteRequest):
        table = Table.COIL if request.function in (5, 15) else Table.HOLDING
        yield ReadRequest(request.unit_id, table, request.address, 1, request.timeout_s)
        return
    if request.table.is_bits:
        counts = [*range(request.count - 8, 0, -8)]
    else:
        counts = [*range(request.count - 2, 0, -2), *range(request.count - 1, 0, -2)]
    for count in counts:
        yield replace(request, count=count)
