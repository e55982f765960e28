"""What the reply to a request must look like, and which requests may be sent at all (pure).

A reply is right when it comes from the unit that was asked, is exactly as long as the request demands, and begins with
the bytes the request lays down: the function and the byte count of a read, the whole echo of a write. Two requests
with equal shapes cannot be told apart by their replies; on a line without transaction ids that matters
(``late_replies``).
"""

from __future__ import annotations

import struct
from collections.abc import Container
from dataclasses import dataclass

from devices.bus.protocol import ReadRequest, WriteRequest
from devices.modbus_limits import ADDRESS_SPACE, HIGHEST_ADDRESS, MAX_READ_BITS, MAX_READ_REGISTERS, MAX_WRITTEN

EXCEPTION_BIT = 0x80
_COIL_ON = 0xFF00


@dataclass(frozen=True, slots=True)
class ReplyShape:
    """What the reply to one request looks like.

    Attributes
    ----------
    prefix : bytes
        First bytes of the PDU: the function, then what the request lays down.
    length : int
        Bytes of the whole PDU.
    """

    unit_id: int
    prefix: bytes
    length: int

    @property
    def function(self) -> int:
        """Function code of the request."""
        return self.prefix[0]

    def is_met_by(self, unit_id: int, pdu: bytes) -> bool:
        """Whether this PDU is the complete normal reply."""
        return len(pdu) == self.length and unit_id == self.unit_id and pdu.startswith(self.prefix)

    def is_refused_by(self, unit_id: int, pdu: bytes) -> bool:
        """Whether this PDU is an exception reply to the request's function."""
        return len(pdu) == 2 and unit_id == self.unit_id and pdu[0] == self.prefix[0] | EXCEPTION_BIT and pdu[1] != 0

    def fault_of(self, unit_id: int, pdu: bytes) -> str:
        """What is wrong with a PDU that is neither of both."""
        if unit_id != self.unit_id:
            return f"unit {unit_id} answered"
        if not pdu:
            return "the reply is empty"
        if pdu[0] & ~EXCEPTION_BIT != self.function:
            return f"asked with function {self.function}, answered with {pdu[0]}"
        if len(pdu) != self.length:
            return f"the reply to function {self.function} has {len(pdu)} bytes instead of {self.length}"
        begins = pdu[: len(self.prefix)].hex(" ")
        return f"the reply to function {self.function} begins with {begins} instead of {self.prefix.hex(' ')}"


def shape_of(request: ReadRequest | WriteRequest) -> ReplyShape:
    """Shape of the reply to a request."""
    if isinstance(request, ReadRequest):
        size = (request.count + 7) // 8 if request.table.is_bits else 2 * request.count
        return ReplyShape(request.unit_id, bytes((request.table.read_function, size)), 2 + size)
    if request.function in (15, 16):
        second = len(request.values)
    elif request.function == 5:
        second = _COIL_ON if request.values[0] else 0
    else:
        second = request.values[0]
    return ReplyShape(request.unit_id, struct.pack(">BHH", request.function, request.address, second), 5)


def echo_shape(unit_id: int, token: int) -> ReplyShape:
    """Shape of the reply to "return query data" (function 8, sub-function 0), which repeats the token."""
    return ReplyShape(unit_id, struct.pack(">BHH", 8, 0, token), 5)


def request_length(request: ReadRequest | WriteRequest) -> int:
    """Bytes of the request's PDU."""
    if isinstance(request, ReadRequest) or request.function in (5, 6):
        return 5
    count = len(request.values)
    return 6 + (2 * count if request.function == 16 else (count + 7) // 8)


def check_request(request: ReadRequest | WriteRequest, unit_ids: Container[int]) -> None:
    """Refuse what must never be sent.

    Raises
    ------
    ValueError
        If the unit, the function, an address, the count or a value is outside what the protocol can say. It is a
        mistake of the caller, not of the line.
    """
    if request.unit_id not in unit_ids:
        raise ValueError(f"unit id {request.unit_id} is not a unit of this line")
    if isinstance(request, ReadRequest):
        count, most = request.count, MAX_READ_BITS if request.table.is_bits else MAX_READ_REGISTERS
        what = f"unit {request.unit_id}, {request.table}"
    else:
        if request.function not in MAX_WRITTEN:
            raise ValueError(f"unit {request.unit_id}: function {request.function} is no write (5, 6, 15 or 16)")
        count, most = len(request.values), MAX_WRITTEN[request.function]
        what = f"unit {request.unit_id}, function {request.function}"
        highest = 1 if request.function in (5, 15) else 0xFFFF
        for value in request.values:
            if not 0 <= value <= highest:
                raise ValueError(f"{what}: value {value} is outside 0 to {highest}")
    if not 1 <= count <= most:
        raise ValueError(f"{what}: count {count} is outside 1 to {most}")
    if request.address < 0 or request.address + count > ADDRESS_SPACE:
        raise ValueError(f"{what}: address {request.address} with count {count} is outside 0 to {HIGHEST_ADDRESS}")
