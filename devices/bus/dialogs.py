"""How one request meets its reply: with transaction ids (MBAP), and without them (RTU).

A dialog hears everything that a line delivers and hands on one frame: the reply to the request in flight. What is late,
garbled, foreign or of the wrong shape stays here. The order of calls is ``listen``, ``expect``, ``send``, ``receive``,
``finish``; between two requests nothing is read.
"""

from __future__ import annotations

import struct
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from typing import Protocol

from devices.bus.connections import Connection
from devices.bus.late_replies import Arrival, LateReplies
from devices.bus.rtu_input import RtuInput
from devices.bus.settings import RtuOverTcpLine, SerialLine, TcpLine
from devices.bus.shapes import ReplyShape
from devices.errors import BadReply, BusClosed, BusTimeout

_MBAP_HEADER = struct.Struct(">HHHB")
_UNANSWERED_KEPT = 64
"""Transaction ids of unanswered requests whose replies are recognized as merely late."""
_RTU_OVERHEAD = 3
_QUIET_S = 0.1
"""A line that was silent for so long will not continue a frame that is already spoiled. Long enough for the packets of
a serial server, whose bytes may come 20 to 50 ms apart."""
_CHATTER_S, _CHATTER_CHARACTERS = 1.0, 300
"""A line that is not silent for this long, or for more than the longest frame, is disturbed."""


class Dialog(Protocol):
    """The rules of one framing on one connection."""

    def open(self) -> None:
        """Open the connection if it is not open.

        Raises
        ------
        BusClosed
            If it cannot be opened.
        """

    def listen(self, unit_id: int) -> None:
        """Open the connection if need be, and hear what came since the last request.

        Raises
        ------
        BusError
            If there is no connection, or the line does not fall silent.
        """

    def blocked_until(self, shape: ReplyShape) -> float | None:
        """Until when an earlier reply could be taken for one of this shape; None if it could not. [s]"""

    def expect(self, shape: ReplyShape, timeout_s: float) -> None:
        """Name the reply that the next request will have."""

    def send(self, frame: bytes) -> None:
        """Send the request; its time-out begins."""

    def receive(self) -> bytes:
        """The frame of the expected reply, or of an exception reply to the same request.

        Raises
        ------
        BusError
            If another frame came in its place, or none in time, or the connection broke.
        """

    def finish(self) -> None:
        """End the exchange, answered or not."""


class _Exchange(ABC):
    """What both dialogs keep: the connection, the reply they wait for, and how often they waited in vain."""

    def __init__(self, connection: Connection, *, silent_limit: int | None, monotonic: Callable[[], float]) -> None:
        self._connection = connection
        self._silent_limit = silent_limit
        self._monotonic = monotonic
        self._silences = 0
        self._shape = ReplyShape(0, b"\0", 0)
        self._timeout_s = 0.0
        self._deadline_s = 0.0

    def open(self) -> None:
        """Open the connection if it is not open."""
        if not self._connection.is_open:
            self._forget()
            self._connection.open()

    def expect(self, shape: ReplyShape, timeout_s: float) -> None:
        """Name the reply that the next request will have."""
        self._shape, self._timeout_s = shape, timeout_s

    def _hear_open(self) -> bytes:
        """What has come already. A peer that hung up in the meantime is called again; nothing was sent yet."""
        if self._connection.is_open:
            try:
                return self._connection.receive(0.0)
            except BusClosed:
                pass
        self.open()
        return b""

    @abstractmethod
    def _forget(self) -> None:
        """Forget what was received on a connection that is gone."""

    def _bad(self, what: str) -> BadReply:
        return BadReply(self._shape.unit_id, what)

    def _silence(self) -> BusTimeout:
        """Count a request that nobody answered; too many of them in a row mean that the link is dead."""
        self._silences += 1
        if self._silent_limit is not None and self._silences >= self._silent_limit:
            self._connection.close()
            self._silences = 0
        return BusTimeout(self._shape.unit_id, self._timeout_s)


class MbapDialog(_Exchange):
    """Modbus TCP. The transaction id says which request a reply answers, so late replies do no harm."""

    def __init__(self, connection: Connection, line: TcpLine, *, monotonic: Callable[[], float]) -> None:
        super().__init__(connection, silent_limit=line.silent_limit, monotonic=monotonic)
        self._input = b""
        self._transaction = 0
        self._answered = True
        self._unanswered: deque[int] = deque(maxlen=_UNANSWERED_KEPT)

    def listen(self, unit_id: int) -> None:  # noqa: ARG002  the units of an MBAP line need no silence
        """Open the connection if need be, and drop late replies. A stream out of step is opened anew."""
        chunk = self._hear_open()  # before the next line reads the input: it may forget what a lost connection left
        self._input += chunk
        if not self._input:
            return
        try:
            while self._take() is not None:
                pass
        except BadReply:
            self.open()

    def blocked_until(self, shape: ReplyShape) -> float | None:  # noqa: ARG002
        """Nothing ever blocks a request here."""
        return None

    def send(self, frame: bytes) -> None:
        """Send the request; its time-out begins."""
        self._transaction = int.from_bytes(frame[:2], "big")
        self._answered = False
        self._connection.send(frame)
        self._deadline_s = self._monotonic() + self._timeout_s

    def receive(self) -> bytes:
        """The frame of the expected reply, or of an exception reply to the same request."""
        fault = ""
        expired = False
        while True:
            while (frame := self._take()) is not None:
                self._silences = 0
                transaction = int.from_bytes(frame[:2], "big")
                if transaction == self._transaction:
                    return self._checked(frame)
                if transaction not in self._unanswered:
                    fault = f"asked with transaction id {self._transaction}, answered with {transaction}"
            if expired:
                raise self._unanswered_error(fault)
            remaining_s = self._deadline_s - self._monotonic()
            expired = remaining_s <= 0
            chunk = self._connection.receive(max(remaining_s, 0.0))
            if not chunk:
                raise self._unanswered_error(fault)
            self._input += chunk

    def finish(self) -> None:
        """End the exchange, answered or not."""
        if not self._answered:
            self._unanswered.append(self._transaction)

    def _take(self) -> bytes | None:
        """The next whole frame of the stream."""
        if len(self._input) < _MBAP_HEADER.size:
            return None
        _transaction, protocol, length, _unit_id = _MBAP_HEADER.unpack_from(self._input)
        if protocol != 0 or not 2 <= length <= 254:
            header = self._input[: _MBAP_HEADER.size].hex(" ")
            self._connection.close()
            raise self._bad(f"{header} is no beginning of a frame; connection closed")
        end = 6 + length
        if len(self._input) < end:
            return None
        frame, self._input = self._input[:end], self._input[end:]
        return frame

    def _checked(self, frame: bytes) -> bytes:
        self._answered = True
        unit_id, pdu = frame[6], frame[7:]
        if self._shape.is_met_by(unit_id, pdu) or self._shape.is_refused_by(unit_id, pdu):
            return frame
        raise self._bad(self._shape.fault_of(unit_id, pdu))

    def _unanswered_error(self, fault: str) -> BadReply | BusTimeout:
        if self._input:
            count = len(self._input)
            self._connection.close()
            return self._bad(f"only {count} bytes of a reply came; connection closed")
        return self._bad(fault) if fault else self._silence()

    def _forget(self) -> None:
        self._input = b""
        self._unanswered.clear()


class RtuDialog(_Exchange):
    """RTU on a serial port or through a transparent serial server.

    There is no transaction id: what a frame answers follows from what is owed (``late_replies``). The debts outlive the
    connection, since a serial server delivers a late reply to whoever is connected when it comes.

    Parameters
    ----------
    sleep : callable
        Waits for the silence between frames. [s]
    """

    def __init__(
        self,
        connection: Connection,
        line: SerialLine | RtuOverTcpLine,
        *,
        monotonic: Callable[[], float],
        sleep: Callable[[float], None],
    ) -> None:
        if isinstance(line, SerialLine):
            silent_limit, self._character_s = None, line.character_s
            self._gap_s = max(line.inter_frame_gap_s, line.silence_s)
        else:
            silent_limit, self._character_s = line.silent_limit, 0.0
            self._gap_s = line.inter_frame_gap_s
        super().__init__(connection, silent_limit=silent_limit, monotonic=monotonic)
        self._sleep = sleep
        self._horizon_s = line.reply_horizon_s
        self._quiet_s = max(_QUIET_S, 10 * self._character_s)
        self._chatter_s = max(_CHATTER_S, _CHATTER_CHARACTERS * self._character_s)
        self._busy_until_s = monotonic()
        self._input = RtuInput()
        self._late = LateReplies()
        self._sent = b""

    def open(self) -> None:
        """Open the connection if it is not open, and let the line deliver what was kept back meanwhile.

        A serial server may hold replies for its next client. Some of them are older than their horizon, so they must
        be heard before anything is asked.
        """
        if not self._connection.is_open:
            super().open()
            self._busy_until_s = self._monotonic() + self._quiet_s

    def listen(self, unit_id: int) -> None:
        """Open the connection if need be, and wait until the line was silent for the gap between frames."""
        chunk = self._hear_open()
        give_up_s = self._monotonic() + self._chatter_s
        while True:
            now_s = self._monotonic()
            if chunk:
                self._busy_until_s = now_s
                self._hear(chunk)
            wait_s = self._busy_until_s + self._gap_s - now_s
            if wait_s <= 0:
                break
            if now_s > give_up_s:
                raise BadReply(unit_id, f"not asked: the line was not silent for {self._chatter_s:g} s")
            # A sleep, since waiting for input is only good to a millisecond and the gap of a fast line is 1.75 ms.
            self._sleep(wait_s)
            chunk = self._connection.receive(0.0)
        self._input.clear()

    def blocked_until(self, shape: ReplyShape) -> float | None:
        """Until when an earlier reply could be taken for one of this shape; None if it could not. [s]"""
        return self._late.blocked_until(shape, self._monotonic())

    def send(self, frame: bytes) -> None:
        """Send the request; its time-out begins when its last character and those of the reply had their time."""
        self._sent = frame
        self._late.ask(self._shape)
        self._connection.send(frame)
        now_s = self._monotonic()
        self._busy_until_s = now_s + len(frame) * self._character_s
        reply_s = (self._shape.length + _RTU_OVERHEAD) * self._character_s
        self._deadline_s = self._busy_until_s + reply_s + self._timeout_s

    def receive(self) -> bytes:
        """The frame of the expected reply, or of an exception reply to the same request."""
        fault, silent, expired = "", False, False
        deadline_s = self._deadline_s
        while True:
            while (frame := self._input.take(line_is_silent=silent)) is not None:
                self._silences = 0
                match self._late.arrive(frame.unit_id, frame.pdu):
                    case Arrival.ANSWER:
                        return frame.wire
                    case Arrival.AMBIGUOUS:
                        fault = "an exception came that may answer an earlier request"
                    case Arrival.UNOWED:
                        fault = self._shape.fault_of(frame.unit_id, frame.pdu)
                        if frame.unit_id == self._shape.unit_id:
                            # Its reply, but a wrong one. Only what follows at once can still be the right one.
                            deadline_s = min(deadline_s, self._monotonic() + self._quiet_s)
            if expired or (silent and self._input.is_spoiled):
                raise self._unanswered_error(fault)
            remaining_s = max(deadline_s - self._monotonic(), 0.0)
            chunk = self._connection.receive(min(remaining_s, self._quiet_s) if self._input else remaining_s)
            silent, now_s = not chunk, self._monotonic()
            if chunk:
                self._busy_until_s = now_s
                self._input.add(chunk)
            expired = now_s >= deadline_s and (silent or now_s >= deadline_s + self._quiet_s)

    def finish(self) -> None:
        """End the exchange. A reply that did not come is owed until the horizon."""
        horizon_s = max(10 * self._timeout_s, 5.0) if self._horizon_s is None else self._horizon_s
        self._late.give_up(until_s=self._monotonic() + horizon_s)

    def _hear(self, chunk: bytes) -> None:
        """Match frames that come while nothing is asked."""
        self._input.add(chunk)
        while (frame := self._input.take(line_is_silent=False)) is not None:
            self._late.arrive(frame.unit_id, frame.pdu)

    def _unanswered_error(self, fault: str) -> BadReply | BusTimeout:
        if fault:
            return self._bad(fault)
        if self._input:
            if self._input.begins_with(self._sent):
                return self._bad("the line repeats what is sent on it: switch off the adapter's local echo")
            return self._bad(f"{len(self._input)} bytes came that form no frame")
        return self._silence()

    def _forget(self) -> None:
        self._input.clear()
