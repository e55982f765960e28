"""Diagnostic reads on their way to the bus and back."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from datetime import datetime
from uuid import UUID

from devices.bus.protocol import ReadRequest, Words
from devices.errors import DevicesError
from devices.profiles.schema import Table
from greenhouse.commands import diagnostics
from greenhouse.commands.models import DiagnosticRead
from greenhouse.deadlines import Moment
from scheduler.wiring import FieldBus

logger = logging.getLogger(__name__)


class Diagnostics:
    """Hands stored diagnostic reads to the lines, between polls, and records what comes back.

    Parameters
    ----------
    on_news : callable
        Called when there is something to record, in a line's thread; it must not block.
    """

    def __init__(self, bus: FieldBus, *, on_news: Callable[[], None]) -> None:
        self._bus = bus
        self._on_news = on_news
        self._ended: deque[tuple[UUID, Future[Words]]] = deque()

    def start_requested(self, now: Moment) -> None:
        """Take what was asked since the last call."""
        while (read := diagnostics.claim_next(now)) is not None:
            try:
                future = self._bus.submit_read(read.line_key, _request_of(read))
            except DevicesError as error:
                diagnostics.fail(read.pk, str(error), now=now.wall)
                continue
            future.add_done_callback(lambda ended, read_id=read.pk: self._tell(read_id, ended))  # type: ignore[misc]  # mypy cannot infer a lambda with a default

    def record(self, now: datetime) -> None:
        """Record what the lines have answered since the last call."""
        while self._ended:
            read_id, future = self._ended[0]
            if fault := _fault_of(future):
                diagnostics.fail(read_id, fault, now=now)
            else:
                diagnostics.answer(read_id, future.result().tolist(), now=now)
            self._ended.popleft()  # only now: a store that does not answer loses no answer

    def _tell(self, read_id: UUID, ended: Future[Words]) -> None:
        self._ended.append((read_id, ended))
        self._on_news()


def _fault_of(future: Future[Words]) -> str:
    """Why a read that ended has no words; empty if it has. Whatever error a line hands over is an end."""
    if future.cancelled():
        return "cancelled"
    error = future.exception()
    if error is None:
        return ""
    if not isinstance(error, (DevicesError, ValueError)):
        logger.error("a diagnostic read ended by a defect", exc_info=error)
    return str(error) or type(error).__name__


def _request_of(read: DiagnosticRead) -> ReadRequest:
    return ReadRequest(read.unit_id, Table(read.table), read.address, read.count, read.timeout_s)
