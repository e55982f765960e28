"""A write: checked, sent once, and known only by what is read back.

Everything that can be refused is refused before a request leaves. After it has left, a job never fails: it ends with a
`WriteOutcome`. So whoever sees an error knows that nothing was sent.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from devices.bus.jobs import Again
from devices.bus.protocol import Bus, WriteRequest
from devices.codec import encode_write, matches, to_canonical, write_tolerance, written_value
from devices.driver.reading import BlockPlanner, BlockReader, Installation
from devices.errors import (
    BadReply,
    BusClosed,
    BusError,
    BusTimeout,
    DeviceException,
    NotWritable,
    ReplyPending,
    TooLate,
)
from devices.profiles.outputs import StoppedBy
from devices.profiles.schema import PointSpec, WriteSpec
from devices.samples import Reading

SEND_WITHIN_S = 10.0
"""A write that could not leave within this time is given up unsent: by then whoever asked counts it as failed. [s]"""
_READ_BACK_PAUSES_S = (0.05, 0.1, 0.2, 0.4)
_LONGEST_PAUSE_S = 0.5
_UNANSWERED_READ_BACKS = 3

Job = Callable[[Bus], "WriteOutcome | Again[WriteOutcome]"]


class WriteState(StrEnum):
    """What is known about a write in the end."""

    CONFIRMED = "confirmed"
    """Read back and found equal."""
    UNVERIFIABLE = "unverifiable"
    """Acknowledged; the device offers nothing to read back."""
    MISMATCH = "mismatch"
    """Acknowledged, but the device holds another value."""
    UNANSWERED = "unanswered"
    """No acknowledgement, and what was read back differs; or nothing could be read back. It may yet have taken."""
    REJECTED = "rejected"
    """The device answered with an exception."""


class _Code(IntEnum):
    """Exception codes that a write treats apart."""

    ACKNOWLEDGE = 5
    """It is at work on it, and will be done later."""
    NO_ANSWER_BEHIND_GATEWAY = 11
    """The gateway sent it on; like a time-out, that leaves it open whether it was carried out."""


@dataclass(frozen=True, slots=True)
class WriteOutcome:
    """How a write ended.

    Attributes
    ----------
    point : str
        ``device.point``.
    sent : float
        Canonical value of the words that were sent: the asked one, rounded to the step of the register.
    readback : float or None
        What the device shows, canonical unit. None: nothing could be read, or it has no value.
    code : int or None
        Exception code of the device.
    detail : str
        For the log and the engineer.
    """

    point: str
    state: WriteState
    sent: float
    readback: float | None = None
    code: int | None = None
    detail: str = ""


def is_safe_move(point: PointSpec, value: float) -> bool:
    """Whether a canonical value is the one that stops or closes the output: that is never refused."""
    safe_value = None if point.output is None else point.output.safe_value
    return safe_value is not None and value == to_canonical(point, safe_value)


class PointWriter:
    """Writes values to one point of a device and reads them back.

    Raises
    ------
    NotWritable
        If the point takes no commands, or is a safety-relevant output that cannot be read back.
    """

    def __init__(self, installation: Installation, planner: BlockPlanner, point: PointSpec) -> None:
        self.point = point
        self.installation = installation
        self.write = _checked_write(point)
        self._tolerance = write_tolerance(point)
        self._readback = None if self.write.readback is None else _reader(installation, planner, self.write.readback)
        self._stopper = _stopper(installation, planner, point)

    def request(self, value: float) -> WriteRequest:
        """The one request that writes a canonical value.

        Raises
        ------
        PointValueError
            If the value may not be sent.
        """
        return WriteRequest(
            self.installation.unit_id,
            self.write.function,
            self.write.address,
            encode_write(self.point, value),
            timeout_s=self.installation.profile.timeout_s,
        )

    def sent_value(self, request: WriteRequest) -> float:
        """Canonical value of what a request sends."""
        return written_value(self.point, request.values)

    @property
    def store_key(self) -> str:
        """Key of the point in the base."""
        return self.installation.store_key(self.point.key)

    @property
    def can_read_back(self) -> bool:
        """Whether the device shows what it took."""
        return self._readback is not None

    def read_back(self, bus: Bus) -> float | None:
        """What the device shows now, canonical unit; also handed on as a reading. None: it has no value.

        Raises
        ------
        BusError
            If it cannot be read.
        """
        assert self._readback is not None, f"{self.point.key} has nothing to read back"
        return _value(self._readback.read(bus))

    def agrees(self, sent: float, readback: float | None) -> bool:
        """Whether what the device shows confirms what was sent."""
        return matches(sent, readback, self._tolerance)

    def require_stopper(self, bus: Bus) -> None:
        """Do nothing if the device itself would stop the output when this system dies, as the profile says.

        Raises
        ------
        NotWritable
            If its run time or its time-out is not set.
        BusError
            If that cannot be read.
        """
        if self._stopper is None:
            return
        reader, longest_s = self._stopper
        set_s = _value(reader.read(bus))
        if set_s is None or not 0 < set_s <= longest_s:
            shown = "unknown" if set_s is None else f"{set_s:g} s"
            stopper = reader.block.points[0].key
            raise NotWritable(self.point.key, f"{stopper} is {shown}, so nothing would stop it if this system died")


@dataclass(slots=True, eq=False)
class WriteJob:
    """One write on its way, as a job for a line: sent once per call, whatever happens.

    A line calls it again only while nothing was sent. Who wants it sent twice must call it twice, as only a planned
    stop does.

    Attributes
    ----------
    sent : float
        Canonical value of what the request sends.
    guard : callable
        Called right before the request leaves; raises ``LeaseLost`` if this process may not write.
    on_accepted : callable
        Told once when the device acknowledged. It must neither block nor fail.
    send_before_s : float
        Monotonic time from which on it is not sent any more. [s]
    newest : dict
        The last write of each point of the device that tried to leave. An older one that waits gives way to it.
    """

    writer: PointWriter
    request: WriteRequest
    sent: float
    guard: Callable[[], None]
    on_accepted: Callable[[], None]
    send_before_s: float
    newest: dict[str, WriteJob]

    def __call__(self, bus: Bus) -> WriteOutcome | Again[WriteOutcome]:
        """Send the request and look at the result.

        Raises
        ------
        BusError, LeaseLost, NotWritable, TooLate
            Nothing was sent.
        """
        return self._send(bus)

    def _send_later(self, bus: Bus) -> WriteOutcome | Again[WriteOutcome]:
        if self.newest[self.writer.point.key] is not self:
            raise TooLate(self.writer.store_key, "a newer write of this point came first")
        return self._send(bus)

    def _send(self, bus: Bus) -> WriteOutcome | Again[WriteOutcome]:
        self._require_time()  # before a request that only prepares the write, too
        bus.connect()
        if not is_safe_move(self.writer.point, self.sent):
            self.writer.require_stopper(bus)
        self._require_time()
        self.guard()
        self.newest[self.writer.point.key] = self
        try:
            bus.write(self.request)
        except ReplyPending as error:  # not sent: an earlier reply could have been mistaken for its acknowledgement
            if self._now_s() + error.wait_s >= self.send_before_s:
                raise
            return Again(error.wait_s, self._send_later)
        except DeviceException as error:
            return self._after_exception(bus, error)
        except BusTimeout as error:  # asking a silent unit at once would only cost the line another time-out
            return _ReadBack(self.writer, self.sent, doubt=str(error)).look_later()
        except (BadReply, BusClosed) as error:
            return _ReadBack(self.writer, self.sent, doubt=str(error)).look(bus)
        self.on_accepted()
        return _ReadBack(self.writer, self.sent).look(bus)

    def _require_time(self) -> None:
        if self._now_s() >= self.send_before_s:
            raise TooLate(self.writer.store_key, "its time had passed")

    def _now_s(self) -> float:
        return self.writer.installation.monotonic()

    def _after_exception(self, bus: Bus, error: DeviceException) -> WriteOutcome | Again[WriteOutcome]:
        match error.code:
            case _Code.ACKNOWLEDGE:
                self.on_accepted()
                return _ReadBack(self.writer, self.sent, code=error.code).look(bus)
            case _Code.NO_ANSWER_BEHIND_GATEWAY:
                return _ReadBack(self.writer, self.sent, doubt=str(error), code=error.code).look(bus)
            case _:
                key = self.writer.store_key
                return WriteOutcome(key, WriteState.REJECTED, self.sent, code=error.code, detail=str(error))


class _ReadBack:
    """Looks at what a device holds after a write, again and again until it agrees or the time is over.

    Parameters
    ----------
    doubt : str
        Why it is not known whether the device carried the write out. Empty: it acknowledged.
    """

    def __init__(self, writer: PointWriter, sent: float, *, doubt: str = "", code: int | None = None) -> None:
        self._writer = writer
        self._sent = sent
        self._doubt = doubt
        self._code = code
        self._over_at_s = writer.installation.monotonic() + writer.write.confirm_within_s
        self._pauses_s = iter(_READ_BACK_PAUSES_S)
        self._readback: float | None = None
        self._error = ""
        self._unanswered = 0

    def look(self, bus: Bus) -> WriteOutcome | Again[WriteOutcome]:
        """Read back; the outcome, or another look later."""
        if not self._writer.can_read_back:
            state = WriteState.UNANSWERED if self._doubt else WriteState.UNVERIFIABLE
            return self._outcome(state, self._doubt or "the device offers nothing to read back")
        self._read(bus)
        if self._writer.agrees(self._sent, self._readback):
            return self._outcome(WriteState.CONFIRMED, f"acknowledgement lost: {self._doubt}" if self._doubt else "")
        if self._left_s() <= 0 or self._unanswered >= _UNANSWERED_READ_BACKS:
            return self._not_confirmed()
        return self.look_later()

    def look_later(self) -> Again[WriteOutcome]:
        """Look after the next pause; the last look is when the time is over."""
        pause_s = min(next(self._pauses_s, _LONGEST_PAUSE_S), max(self._left_s(), 0.0))
        return Again(pause_s, self.look, if_stopped=self._not_confirmed())

    def _left_s(self) -> float:
        return self._over_at_s - self._writer.installation.monotonic()

    def _read(self, bus: Bus) -> None:
        try:
            self._readback = self._writer.read_back(bus)
        except BusError as error:
            self._error = str(error)
            self._unanswered += 1
        else:
            self._error = ""
            self._unanswered = 0

    def _not_confirmed(self) -> WriteOutcome:
        if self._doubt:
            return self._outcome(WriteState.UNANSWERED, self._doubt)
        if self._error:
            return self._outcome(WriteState.UNANSWERED, f"acknowledged, but not read back: {self._error}")
        within_s = self._writer.write.confirm_within_s
        return self._outcome(WriteState.MISMATCH, f"the device does not show it within {within_s:g} s")

    def _outcome(self, state: WriteState, detail: str) -> WriteOutcome:
        return WriteOutcome(self._writer.store_key, state, self._sent, self._readback, self._code, detail)


def _checked_write(point: PointSpec) -> WriteSpec:
    if point.write is None or not point.access.can_write:
        raise NotWritable(point.key, "the point takes no commands")
    if point.output is not None and point.output.kind.is_safety_relevant and point.write.readback is None:
        raise NotWritable(point.key, f"a {point.output.kind} that cannot be read back is not written")
    return point.write


def _reader(installation: Installation, planner: BlockPlanner, key: str) -> BlockReader:
    """A reader for one point alone."""
    (reader,) = planner.readers([installation.profile.point(key)])
    return reader


def _stopper(installation: Installation, planner: BlockPlanner, point: PointSpec) -> tuple[BlockReader, float] | None:
    """Reader of the time after which the device stops the output by itself, and the longest that counts. [s]"""
    output, keep_alive = point.output, installation.profile.keep_alive
    if output is None:
        return None
    if output.stopped_by is StoppedBy.RUN_TIME_REGISTER and output.run_time_point is not None:
        return _reader(installation, planner, output.run_time_point), math.inf
    if output.stopped_by is StoppedBy.DEVICE_TIMEOUT and keep_alive is not None and keep_alive.timeout is not None:
        timeout = installation.profile.point(keep_alive.timeout)
        longest_s = to_canonical(timeout, keep_alive.timeout_value) + write_tolerance(timeout)
        return _reader(installation, planner, keep_alive.timeout), longest_s
    return None


def _value(reading: Reading) -> float | None:
    value = float(reading.values[0])
    return value if math.isfinite(value) else None
