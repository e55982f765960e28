"""Finding RTU frames in what a line delivers (pure).

An RTU frame has no mark at its beginning, only a checksum at its end, so its length must be read out of its content.
Frames come whole, in pieces, byte by byte, with noise before them, or not at all.

References
----------
MODBUS over Serial Line, Specification and Implementation Guide V1.02, 2.5.1.2 and appendix B (CRC: polynomial 0xA001,
initial value 0xFFFF, low byte first).
"""

from __future__ import annotations

from dataclasses import dataclass

from devices.bus.shapes import EXCEPTION_BIT

_COUNTED = frozenset({1, 2, 3, 4})
_ECHOED = frozenset({5, 6, 8, 15, 16})
_FUNCTIONS = _COUNTED | _ECHOED
_EXCEPTION_LENGTH, _ECHO_LENGTH, _COUNTED_OVERHEAD = 5, 8, 5
_LONGEST_INPUT = 1024
"""Far more than one frame (256); more than this without a frame is noise."""


def _crc_table() -> tuple[int, ...]:
    table = []
    for value in range(256):
        for _bit in range(8):
            value = (value >> 1) ^ 0xA001 if value & 1 else value >> 1
        table.append(value)
    return tuple(table)


_CRC_TABLE = _crc_table()


def crc16(message: bytes) -> int:
    """Checksum of a frame without its last two bytes."""
    crc = 0xFFFF
    for byte in message:
        crc = (crc >> 8) ^ _CRC_TABLE[(crc ^ byte) & 0xFF]
    return crc


@dataclass(frozen=True, slots=True)
class RtuFrame:
    """A reply whose checksum is right."""

    unit_id: int
    pdu: bytes
    wire: bytes
    """The frame as it came, with unit id and checksum."""


class RtuInput:
    """Bytes of a line that have not yet become frames."""

    def __init__(self) -> None:
        self._bytes = b""

    def __len__(self) -> int:
        return len(self._bytes)

    def add(self, chunk: bytes) -> None:
        """Append what the line delivered."""
        self._bytes = (self._bytes + chunk)[-_LONGEST_INPUT:]

    def clear(self) -> None:
        """Forget everything."""
        self._bytes = b""

    @property
    def is_spoiled(self) -> bool:
        """Whether no frame begins where the input begins: noise, or a frame with a wrong checksum."""
        return bool(self._bytes) and _frame_at(self._bytes, 0) is None

    def begins_with(self, message: bytes) -> bool:
        """Whether the input begins with these bytes."""
        return self._bytes.startswith(message)

    def take(self, *, line_is_silent: bool) -> RtuFrame | None:
        """The next frame, with the noise before it thrown away.

        Parameters
        ----------
        line_is_silent : bool
            Whether nothing came for a while. Then what looks like the first part of a frame is taken for noise as
            soon as a whole frame stands behind it; otherwise the rest of it is waited for.
        """
        for start in range(len(self._bytes)):
            found = _frame_at(self._bytes, start)
            if isinstance(found, RtuFrame):
                self._bytes = self._bytes[start + len(found.wire) :]
                return found
            if found is not None and not line_is_silent:
                return None
        return None


class _Growing:
    """What may still become a frame."""


_GROWING = _Growing()


def _frame_at(received: bytes, start: int) -> RtuFrame | _Growing | None:
    """The frame that begins at ``start``; or that it may still be growing there; or None."""
    length = _frame_length(received, start)
    if length is None:
        return None
    end = start + length
    if length == 0 or len(received) < end:
        return _GROWING
    wire = received[start:end]
    if crc16(wire[:-2]) != int.from_bytes(wire[-2:], "little"):
        return None
    return RtuFrame(wire[0], wire[1:-2], wire)


def _frame_length(received: bytes, start: int) -> int | None:
    """Length of a reply that begins at ``start``; 0 if it is not known yet, None if no reply begins like this."""
    if len(received) < start + 2:
        return 0
    function = received[start + 1]
    if function & EXCEPTION_BIT:
        return _EXCEPTION_LENGTH if function & ~EXCEPTION_BIT in _FUNCTIONS else None
    if function in _ECHOED:
        return _ECHO_LENGTH
    if function not in _COUNTED:
        return None
    return 0 if len(received) < start + 3 else received[start + 2] + _COUNTED_OVERHEAD
