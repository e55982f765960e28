"""Errors of the field-bus library.

DevicesError
├── ProfileError            a device profile is wrong         -> fix the file; fails at start
├── PointValueError         a value cannot be sent            -> the caller asked for it; nothing was sent
│   ├── ValueOutOfLimits    outside the point's write limits
│   └── NotWritable         the point has no write access, or has no read-back although it is safety-relevant
├── LeaseLost               this process may not write        -> another process owns the line; stop
├── LineFull                too many jobs wait for a line     -> nothing was sent; ask again later
├── TooLate                 a write could not leave in time   -> nothing was sent; ask again if it is still wanted
└── BusError                the line or a device failed       -> retry later, points become unavailable
    ├── BusClosed           no connection, or it broke         -> the whole line is down
    ├── BusTimeout          no reply in time                   -> the unit, perhaps the line
    ├── BadReply            a reply that does not answer the request (unit, function, count, checksum)
    ├── ReplyPending        a late reply could still arrive and be mistaken for the next one
    └── DeviceException     the device answered with a Modbus exception code

Whatever a person writes as a file is read to its end: `FaultyFile` is what every such error says, here and above.
"""

from __future__ import annotations

from collections.abc import Sequence


class DevicesError(Exception):
    """Root of every error that ``devices`` raises on purpose."""


class FaultyFile(Exception):
    """A file that a person wrote is wrong; nothing of it was taken.

    Attributes
    ----------
    file : str
        Name of the file as its reader knows it.
    faults : tuple of str
        Every fault, one sentence each, with its place in the file.
    """

    def __init__(self, file: str, faults: Sequence[str]) -> None:
        self.file = file
        self.faults = tuple(faults)
        super().__init__(f"{file}: {len(self.faults)} fault(s)\n  " + "\n  ".join(self.faults))


class ProfileError(FaultyFile, DevicesError):
    """A device profile that is wrong; each fault names its point."""


class PointValueError(DevicesError):
    """A value that may not be written to a point. Nothing was sent."""

    def __init__(self, point: str, message: str) -> None:
        self.point = point
        super().__init__(f"{point}: {message}")


class ValueOutOfLimits(PointValueError):
    """The value lies outside the point's write limits (in the point's canonical unit)."""

    def __init__(self, point: str, value: float, low: float, high: float) -> None:
        self.value, self.low, self.high = value, low, high
        super().__init__(point, f"{value} is outside {low} to {high}")


class NotWritable(PointValueError):
    """The point cannot be written, or not safely."""


class LeaseLost(DevicesError):
    """This process no longer owns the line, so it writes nothing."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"{name}: the lease is not held by this process")


class LineFull(DevicesError):
    """Too many jobs wait for the line already. Nothing was sent."""

    def __init__(self, line: str, limit: int) -> None:
        self.line, self.limit = line, limit
        super().__init__(f"line {line}: {limit} jobs wait already")


class TooLate(DevicesError):
    """The time of a write passed, or a newer one to its point came first, before it could leave. Nothing was sent."""

    def __init__(self, point: str, message: str) -> None:
        self.point = point
        super().__init__(f"{point}: not sent: {message}")


class BusError(DevicesError):
    """The line or a device on it failed."""


class BusClosed(BusError):
    """There is no connection to the line's peer, or it broke during the exchange."""


class BusTimeout(BusError):
    """The unit did not answer in time."""

    def __init__(self, unit_id: int, timeout_s: float) -> None:
        self.unit_id, self.timeout_s = unit_id, timeout_s
        super().__init__(f"unit {unit_id}: no reply within {timeout_s:g} s")


class BadReply(BusError):
    """A frame arrived that does not answer the request; its content was thrown away."""

    def __init__(self, unit_id: int, message: str) -> None:
        self.unit_id = unit_id
        super().__init__(f"unit {unit_id}: {message}")


class ReplyPending(BusError):
    """The request was not sent: an earlier, late reply could be mistaken for its answer.

    Attributes
    ----------
    wait_s : float
        After this long the same request may be tried again. [s]
    """

    def __init__(self, unit_id: int, wait_s: float) -> None:
        self.unit_id, self.wait_s = unit_id, wait_s
        super().__init__(f"unit {unit_id}: an earlier reply is still owed, wait {wait_s:.1f} s")


class DeviceException(BusError):
    """The device answered with a Modbus exception code."""

    def __init__(self, unit_id: int, function: int, code: int) -> None:
        self.unit_id, self.function, self.code = unit_id, function, code
        super().__init__(f"unit {unit_id}: function {function} answered exception {code}")

    @property
    def is_configuration(self) -> bool:
        """Codes 1 to 3: the device does not know this function, address or value."""
        return self.code in (1, 2, 3)

    @property
    def is_busy(self) -> bool:
        """Codes 5 and 6: the device is at work; ask again later."""
        return self.code in (5, 6)
