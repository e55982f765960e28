"""Stored requests on their way to the bus and their outcomes on the way back."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from django.db import DataError, IntegrityError

from devices.driver import WriteOutcome, WriteState
from devices.errors import DevicesError
from greenhouse.commands.checks import Code, Verdict
from greenhouse.commands.dispatch import WriteOrder, not_sent, record_accepted, record_outcome
from greenhouse.commands.lifecycle import State
from greenhouse.deadlines import Moment
from greenhouse.fencing import Fence
from greenhouse.site.point_index import PointIndex
from scheduler.wiring import FieldBus

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Accepted:
    request_id: UUID


@dataclass(frozen=True, slots=True)
class _Ended:
    request_id: UUID
    point: str
    future: Future[WriteOutcome]


class BusWriter:
    """Starts writes on the bus and keeps what the lines answer until the control cycle records it.

    Lines answer in their own threads; only the cycle's thread writes to the database.

    Parameters
    ----------
    fence : Fence
        Goes along with every outcome.
    on_news : callable
        Called when there is something to record, in a line's thread; it must not block.
    """

    def __init__(self, bus: FieldBus, index: PointIndex, *, fence: Fence, on_news: Callable[[], None]) -> None:
        self._bus, self._index, self._fence = bus, index, fence
        self._on_news = on_news
        self._news: deque[_Accepted | _Ended] = deque()

    def start(self, order: WriteOrder) -> None:
        """Queue a write and return at once.

        Raises
        ------
        DevicesError
            If it was not queued. Nothing was sent.
        """
        accepted = partial(self._tell, _Accepted(order.request_id))
        future = self._bus.submit_write(order.point_key, order.value, on_accepted=accepted)
        future.add_done_callback(lambda ended: self._tell(_Ended(order.request_id, order.point_key, ended)))

    def record(self, now: Moment) -> None:
        """Record everything that the lines have answered since the last call.

        News leaves the queue only when it is recorded, so a store that does not answer loses no outcome. News that the
        store refuses for good is logged and left out, or it would hold up all that follows.
        """
        while self._news:
            news = self._news[0]
            try:
                self._record_one(news, now)
            except (IntegrityError, DataError):
                logger.exception("the store refuses the outcome of request %s", news.request_id)
            self._news.popleft()

    def _record_one(self, news: _Accepted | _Ended, now: Moment) -> None:
        if isinstance(news, _Accepted):
            record_accepted(news.request_id, now=now, fence=self._fence)
        else:
            state, verdict, readback = outcome_of(news.future, unit=self._index.units.get(news.point, ""))
            record_outcome(news.request_id, state, now=now, verdict=verdict, readback_value=readback, fence=self._fence)

    def _tell(self, news: _Accepted | _Ended) -> None:
        self._news.append(news)
        self._on_news()


def outcome_of(future: Future[WriteOutcome], *, unit: str) -> tuple[State, Verdict, float | None]:
    """What a finished write means for its request: state, why, and the value read back (canonical unit).

    Whatever error a line hands over is an end, or one defect would be looked at again for ever and hold up all others.
    """
    if future.cancelled():
        return State.REFUSED, not_sent(CancelledError()), None
    match future.exception():
        case None:
            return _meaning(future.result(), unit=unit)
        case DevicesError() as error:
            return State.REFUSED, not_sent(error), None
        case defect:  # of ours, at any point of the write: it may have left
            logger.error("a write ended by a defect; whether it was sent is not known", exc_info=defect)
            return State.TIMEOUT, Verdict(Code.CONTROL_FAULT), None


def _meaning(outcome: WriteOutcome, *, unit: str) -> tuple[State, Verdict, float | None]:
    match outcome.state:
        case WriteState.CONFIRMED:
            code = Code.ACKNOWLEDGEMENT_LOST if outcome.detail else Code.NONE
            return State.CONFIRMED, Verdict(code), outcome.readback
        case WriteState.UNVERIFIABLE:
            return State.UNVERIFIABLE, Verdict(Code.NOTHING_TO_READ_BACK), None
        case WriteState.MISMATCH:
            facts = {"readback": outcome.readback, "unit": unit}
            return State.TIMEOUT, Verdict(Code.READBACK_DIFFERS, facts), outcome.readback
        case WriteState.REJECTED:
            return State.REJECTED, Verdict(Code.DEVICE_REFUSED, {"exception": outcome.code}), None
        case WriteState.UNANSWERED:
            return State.TIMEOUT, Verdict(Code.NO_ANSWER), outcome.readback
