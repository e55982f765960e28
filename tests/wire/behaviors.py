"""What a peer may do with one request, and how it frames what it says.

Plain ``struct``: it shares no code with pymodbus or with ``devices``, so neither can be wrong in the same way. Every
word and bit is a function of its unit, function and address, so any mix-up shows in the value.

A behavior yields what to do: bytes to send, seconds to wait, or one of the ends ``HANG_UP`` and ``FALL_DEAF``.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass

READS_BITS, READS_WORDS = (1, 2), (3, 4)


class End:
    """What ends a connection."""

    def __init__(self, name: str) -> None:
        self.name = name


HANG_UP = End("hang up")
FALL_DEAF = End("stop reading and answering without closing")

Steps = Iterator[bytes | float | End]


def true_word(unit_id: int, function: int, address: int) -> int:
    """The word at an address of a unit: different for every unit, table and address in sight."""
    return (unit_id * 10_007 + function * 3_001 + address * 17 + 5) & 0xFFFF


def true_bit(unit_id: int, function: int, address: int) -> int:
    """The bit at an address of a unit."""
    return true_word(unit_id, function, address).bit_count() & 1


# ------------------------------------------------------------------------------------------------------------ framing


def checksum(message: bytes) -> bytes:
    """CRC-16 of Modbus, bit by bit, low byte first."""
    crc = 0xFFFF
    for byte in message:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return struct.pack("<H", crc)


class Mbap:
    """Frames with a header."""

    name = "mbap"

    def request(self, received: bytes) -> tuple[int, int, int, bytes] | None:
        """(length, transaction, unit, PDU) of the first whole request."""
        if len(received) < 7:
            return None
        transaction, _protocol, length, unit_id = struct.unpack(">HHHB", received[:7])
        if len(received) < 6 + length:
            return None
        return 6 + length, transaction, unit_id, received[7 : 6 + length]

    def frame(
        self, unit_id: int, pdu: bytes, transaction: int, *, protocol: int = 0, length: int | None = None
    ) -> bytes:
        return struct.pack(">HHHB", transaction, protocol, length or len(pdu) + 1, unit_id) + pdu


class Rtu:
    """Frames with a checksum."""

    name = "rtu"

    def request(self, received: bytes) -> tuple[int, int, int, bytes] | None:
        if len(received) < 8:
            return None
        length = 9 + received[6] if received[1] in (15, 16) else 8
        if len(received) < length:
            return None
        assert checksum(received[: length - 2]) == received[length - 2 : length], f"bad request {received.hex(' ')}"
        return length, 0, received[0], received[1 : length - 2]

    def frame(self, unit_id: int, pdu: bytes, transaction: int = 0, **_mbap_only: int) -> bytes:
        message = bytes([unit_id]) + pdu
        return message + checksum(message)


MBAP, RTU = Mbap(), Rtu()
Framing = Mbap | Rtu


# ---------------------------------------------------------------------------------------------------------- behaviors


@dataclass(frozen=True)
class Exchange:
    """One request, and what a well-behaved unit would answer."""

    framing: Framing
    transaction: int
    unit_id: int
    request: bytes
    reply: bytes
    former_reply: bytes
    """The frame that the peer sent, or should have sent, before this one."""

    @property
    def function(self) -> int:
        return self.request[0]

    @property
    def right(self) -> bytes:
        return self.frame(self.reply)

    def frame(self, pdu: bytes, **changes: int) -> bytes:
        fields = {"unit_id": self.unit_id, "transaction": self.transaction, **changes}
        return self.framing.frame(pdu=pdu, **fields)


@dataclass(frozen=True)
class Behavior:
    """What a peer does with one request."""

    name: str
    act: Callable[[Exchange], Steps]
    applies_writes: bool = True

    def __repr__(self) -> str:
        return self.name


def _behavior(name: str, *, applies_writes: bool = True) -> Callable[[Callable[[Exchange], Steps]], Behavior]:
    return lambda act: Behavior(name, act, applies_writes)


@_behavior("normal")
def normal(exchange: Exchange) -> Steps:
    yield exchange.right


@_behavior("silent", applies_writes=False)
def silent(exchange: Exchange) -> Steps:
    yield from ()


@_behavior("deed without word")
def unanswered(exchange: Exchange) -> Steps:
    """A write is carried out and not acknowledged."""
    yield from ()


@_behavior("wrong unit")
def wrong_unit(exchange: Exchange) -> Steps:
    yield exchange.frame(exchange.reply, unit_id=exchange.unit_id + 100)


@_behavior("wrong function")
def wrong_function(exchange: Exchange) -> Steps:
    twin = {1: 2, 2: 1, 3: 4, 4: 3, 5: 6, 6: 5, 15: 16, 16: 15}[exchange.function]
    yield exchange.frame(bytes([twin]) + exchange.reply[1:])


@_behavior("short")
def short(exchange: Exchange) -> Steps:
    """Fewer registers than asked for, in a frame that is sound in itself."""
    if exchange.function in READS_WORDS:
        yield exchange.frame(bytes([exchange.function, exchange.reply[1] - 2]) + exchange.reply[2:-2])
    elif exchange.function in READS_BITS:
        yield exchange.frame(bytes([exchange.function, exchange.reply[1] - 1]) + exchange.reply[2:-1])
    else:
        yield exchange.frame(exchange.reply[:-2])


@_behavior("long")
def long(exchange: Exchange) -> Steps:
    if exchange.function in READS_WORDS + READS_BITS:
        yield exchange.frame(bytes([exchange.function, exchange.reply[1] + 2]) + exchange.reply[2:] + b"\x12\x34")
    else:
        yield exchange.frame(exchange.reply + b"\x12\x34")


@_behavior("empty")
def empty(exchange: Exchange) -> Steps:
    """A frame without data."""
    yield exchange.frame(bytes([exchange.function, 0]))


@_behavior("byte count lies")
def lying_byte_count(exchange: Exchange) -> Steps:
    """A complete PDU whose byte count says something else."""
    yield exchange.frame(bytes([exchange.function, exchange.reply[1] - 2]) + exchange.reply[2:])


@_behavior("flipped bit")
def flipped(exchange: Exchange) -> Steps:
    """RTU: a bit of the data turned over, so the checksum is wrong."""
    frame = bytearray(exchange.right)
    frame[4] ^= 0x10
    yield bytes(frame)


@_behavior("wrong transaction id")
def wrong_transaction(exchange: Exchange) -> Steps:
    yield exchange.frame(exchange.reply, transaction=(exchange.transaction + 1000) & 0xFFFF)


@_behavior("wrong protocol id")
def wrong_protocol(exchange: Exchange) -> Steps:
    yield exchange.frame(exchange.reply, protocol=7)


@_behavior("length too big")
def length_too_big(exchange: Exchange) -> Steps:
    yield exchange.frame(exchange.reply, length=0xFFFF)


@_behavior("length too big by two")
def length_plus_two(exchange: Exchange) -> Steps:
    """The stream waits for two bytes that never come."""
    yield exchange.frame(exchange.reply, length=len(exchange.reply) + 3)


@_behavior("exception of another function")
def foreign_exception(exchange: Exchange) -> Steps:
    yield exchange.frame(bytes([0x80 | (exchange.function % 6 + 1), 2]))


@_behavior("exception without a code")
def exception_zero(exchange: Exchange) -> Steps:
    yield exchange.frame(bytes([0x80 | exchange.function, 0]))


@_behavior("twice")
def twice(exchange: Exchange) -> Steps:
    yield exchange.right * 2


@_behavior("former reply, then the right one")
def former_then_right(exchange: Exchange) -> Steps:
    yield exchange.former_reply + exchange.right


@_behavior("hang up")
def hang_up(exchange: Exchange) -> Steps:
    yield HANG_UP


@_behavior("hang up in the middle of a frame")
def hang_up_mid_frame(exchange: Exchange) -> Steps:
    yield exchange.right[: len(exchange.right) // 2]
    yield HANG_UP


@_behavior("half a frame")
def half(exchange: Exchange) -> Steps:
    yield exchange.right[: len(exchange.right) // 2]


@_behavior("deaf")
def deaf(exchange: Exchange) -> Steps:
    yield FALL_DEAF


@_behavior("write acknowledged, not applied", applies_writes=False)
def not_applied(exchange: Exchange) -> Steps:
    yield exchange.right


@_behavior("write echo with another value")
def wrong_echo_value(exchange: Exchange) -> Steps:
    yield exchange.frame(exchange.reply[:-1] + bytes([exchange.reply[-1] ^ 1]))


@_behavior("write echo with another address")
def wrong_echo_address(exchange: Exchange) -> Steps:
    yield exchange.frame(exchange.reply[:2] + bytes([exchange.reply[2] ^ 1]) + exchange.reply[3:])


@_behavior("local echo")
def local_echo(exchange: Exchange) -> Steps:
    """What an RS-485 adapter does that hears itself."""
    yield exchange.frame(exchange.request)
    yield 0.03
    yield exchange.right


def late(delay_s: float) -> Behavior:
    def act(exchange: Exchange) -> Steps:
        yield delay_s
        yield exchange.right

    return Behavior(f"late {delay_s:g} s", act)


def byte_by_byte(pause_s: float) -> Behavior:
    def act(exchange: Exchange) -> Steps:
        for byte in exchange.right:
            yield bytes([byte])
            yield pause_s

    return Behavior("byte by byte", act)


def half_then(pause_s: float) -> Behavior:
    def act(exchange: Exchange) -> Steps:
        middle = len(exchange.right) // 2
        yield exchange.right[:middle]
        yield pause_s
        yield exchange.right[middle:]

    return Behavior(f"two halves {pause_s:g} s apart", act)


def exception(code: int) -> Behavior:
    def act(exchange: Exchange) -> Steps:
        yield exchange.frame(bytes([0x80 | exchange.function, code]))

    return Behavior(f"exception {code}", act, applies_writes=False)


def garbage(count: int, seed: int = 1) -> Behavior:
    def act(exchange: Exchange) -> Steps:
        yield random.Random(seed).randbytes(count)

    return Behavior(f"garbage {count}", act, applies_writes=False)


def garbage_before(count: int, seed: int = 1) -> Behavior:
    def act(exchange: Exchange) -> Steps:
        yield random.Random(seed).randbytes(count) + exchange.right

    return Behavior(f"garbage {count} before the frame", act)
