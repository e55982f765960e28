"""A Modbus peer that misbehaves on request, on a TCP port or a pty, with MBAP or RTU framing.

Plain ``socket``, ``struct`` and ``os``: it shares no code with pymodbus or with ``devices``, so neither can be wrong in
the same way. Every word and bit is a function of its unit, function and address, so any mix-up shows in the value.

A peer answers its requests one after the other, as a slave does, and meets each with the next behavior of its script.
A behavior yields what to do: bytes to send, seconds to wait, or one of the ends ``HANG_UP`` and ``FALL_DEAF``.

    with TcpPeer(RTU) as peer:
        peer.script(late(0.4), normal)
        ...

``PtyPeer`` gives every character its time on the wire when it is given a baud rate; a pty has none of its own.
"""

from __future__ import annotations

import contextlib
import os
import queue
import random
import select
import socket
import struct
import threading
import time
import tty
from collections import deque
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


# -------------------------------------------------------------------------------------------------------------- peers


class Peer:
    """The part of a peer that knows Modbus: its registers and its script.

    Attributes
    ----------
    requests : list of (unit id, PDU)
        Every request that reached the peer.
    written : dict
        (unit, function that reads it, address) of what was written, and the value.
    """

    def __init__(self, framing: Framing) -> None:
        self.framing = framing
        self.requests: list[tuple[int, bytes]] = []
        self.written: dict[tuple[int, int, int], int] = {}
        self.default = normal
        self._script: deque[Behavior] = deque()
        self._former_reply = b""
        self._stopping = threading.Event()

    def script(self, *behaviors: Behavior) -> None:
        """Append behaviors for the next requests, one each."""
        self._script.extend(behaviors)

    def behave(self) -> None:
        """End the script."""
        self._script.clear()

    def value(self, unit_id: int, function: int, address: int) -> int:
        """What a read of one address gives now."""
        true = true_bit if function in READS_BITS else true_word
        return self.written.get((unit_id, function, address), true(unit_id, function, address))

    def _respond(self, transaction: int, unit_id: int, pdu: bytes) -> Steps:
        behavior = self._script.popleft() if self._script else self.default
        self.requests.append((unit_id, pdu))
        if behavior.applies_writes:
            self._apply(unit_id, pdu)
        reply = self._reply(unit_id, pdu)
        exchange = Exchange(self.framing, transaction, unit_id, pdu, reply, self._former_reply)
        self._former_reply = exchange.right
        yield from behavior.act(exchange)

    def _reply(self, unit_id: int, pdu: bytes) -> bytes:
        function, address, count = struct.unpack(">BHH", pdu[:5])
        if function in READS_WORDS:
            words = [self.value(unit_id, function, address + place) for place in range(count)]
            return struct.pack(f">BB{count}H", function, 2 * count, *words)
        if function in READS_BITS:
            packed = bytearray((count + 7) // 8)
            for place in range(count):
                packed[place // 8] |= self.value(unit_id, function, address + place) << place % 8
            return bytes([function, len(packed)]) + bytes(packed)
        return pdu[:5]

    def _apply(self, unit_id: int, pdu: bytes) -> None:
        function, address, second = struct.unpack(">BHH", pdu[:5])
        if function == 5:
            self.written[unit_id, 1, address] = second >> 8 & 1
        elif function == 6:
            self.written[unit_id, 3, address] = second
        elif function == 15:
            for place in range(second):
                self.written[unit_id, 1, address + place] = pdu[6 + place // 8] >> place % 8 & 1
        elif function == 16:
            for place, word in enumerate(struct.unpack(f">{second}H", pdu[6:])):
                self.written[unit_id, 3, address + place] = word


class TcpPeer(Peer):
    """A peer on a TCP port of the loopback.

    With RTU framing it is a transparent serial server: whoever connected last gets all bytes, also the late ones.
    """

    def __init__(self, framing: Framing, *, accept_delay_s: float = 0.0) -> None:
        super().__init__(framing)
        self.port = 0
        self.accepted = 0
        self._accept_delay_s = accept_delay_s
        self._requests: queue.SimpleQueue[tuple[socket.socket, int, int, bytes] | None] = queue.SimpleQueue()
        self._connections: list[socket.socket] = []
        self._deaf: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._listener: socket.socket | None = None

    def __enter__(self) -> TcpPeer:
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()

    def start(self) -> None:
        """Listen, on the same port as before if there was one."""
        self._stopping.clear()
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        listener.listen(4)
        self.port = listener.getsockname()[1]
        self._listener = listener
        self._start(self._accept, listener)
        self._start(self._answer)

    def stop(self) -> None:
        """Close the port and all connections."""
        self._stopping.set()
        if self._listener is not None:
            # shutdown wakes accept(); close alone does not.
            self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None
        for connection in self._connections + self._deaf:
            _close(connection)
        self._requests.put(None)
        for thread in self._threads:
            thread.join(5)
        self._threads.clear()
        self._connections.clear()
        self._deaf.clear()

    def _start(self, run: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=run, args=arguments, daemon=True)
        thread.start()
        self._threads.append(thread)

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _address = listener.accept()
                self._stopping.wait(self._accept_delay_s)
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.accepted += 1
                self._connections.append(connection)
                self._start(self._read, connection)

    def _read(self, connection: socket.socket) -> None:
        received = b""
        with contextlib.suppress(OSError):
            while chunk := connection.recv(4096):
                if connection in self._deaf:
                    return
                received += chunk
                while (request := self.framing.request(received)) is not None:
                    length, transaction, unit_id, pdu = request
                    received = received[length:]
                    self._requests.put((connection, transaction, unit_id, pdu))

    def _answer(self) -> None:
        while (request := self._requests.get()) is not None:
            connection, transaction, unit_id, pdu = request
            if connection in self._deaf:
                continue
            for step in self._respond(transaction, unit_id, pdu):
                if isinstance(step, float):
                    self._stopping.wait(step)
                elif step is HANG_UP:
                    self._connections.remove(connection)
                    _close(connection)
                elif step is FALL_DEAF:
                    self._deaf.append(connection)
                    self._connections.remove(connection)
                else:
                    self._send(connection, step)

    def _send(self, connection: socket.socket, message: bytes) -> None:
        if self.framing is RTU and self._connections:
            connection = self._connections[-1]
        with contextlib.suppress(OSError):
            connection.sendall(message)


def _close(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()


class PtyPeer(Peer):
    """Slaves on a serial line made of a pty.

    Parameters
    ----------
    baudrate : int or None
        Characters take their time on the wire at this rate; None: no time at all.
    bits_per_character : int
        10 for 8N1, 11 with parity or two stop bits.
    turnaround_s : float
        What the slave needs to begin its reply, beyond the silence between frames. [s]

    Attributes
    ----------
    path : str
        The port to open.
    shortest_silence_s : float
        Least time between the end of a reply's last character and the next request. [s]
    """

    def __init__(self, *, baudrate: int | None = None, bits_per_character: int = 10, turnaround_s: float = 0.0) -> None:
        super().__init__(RTU)
        self.character_s = bits_per_character / baudrate if baudrate else 0.0
        self.silence_s = 0.00175 if baudrate and baudrate > 19200 else 3.5 * self.character_s
        self.turnaround_s = turnaround_s
        self.shortest_silence_s = float("inf")
        self.path = ""
        self._master = -1
        self._thread: threading.Thread | None = None

    def __enter__(self) -> PtyPeer:
        self._master, slave = os.openpty()
        tty.setraw(slave)
        self.path = os.ttyname(slave)
        # The slave end stays open here too: a pty without any open slave end reports a hang-up to its master.
        self._slave = slave
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stopping.set()
        assert self._thread is not None
        self._thread.join(5)
        self.unplug()

    def unplug(self) -> None:
        """Take the line away, as pulling a USB adapter does."""
        self._stopping.set()
        for descriptor in (self._master, self._slave):
            with contextlib.suppress(OSError):
                os.close(descriptor)

    def _serve(self) -> None:
        received, last_sent_s = b"", float("-inf")
        while not self._stopping.is_set():
            if not select.select([self._master], [], [], 0.02)[0]:
                continue
            arrived_s = time.monotonic()
            with contextlib.suppress(OSError):
                received += os.read(self._master, 4096)
            while (request := self.framing.request(received)) is not None:
                self.shortest_silence_s = min(self.shortest_silence_s, arrived_s - last_sent_s)
                length, transaction, unit_id, pdu = request
                received = received[length:]
                self._stopping.wait(length * self.character_s + self.silence_s + self.turnaround_s)
                for step in self._respond(transaction, unit_id, pdu):
                    if isinstance(step, float):
                        self._stopping.wait(step)
                    elif isinstance(step, bytes):
                        last_sent_s = self._transmit(step)

    def _transmit(self, message: bytes) -> float:
        """Send a message, each character when its stop bit would be over. Returns the time before the last one.

        Before, not after: this thread may be held up after a write, and a silence must never look too short for that.
        """
        started_s, sent = time.monotonic(), 0
        last_s = started_s
        while sent < len(message) and not self._stopping.is_set():
            due = len(message)
            if self.character_s:
                due = min(due, int((time.monotonic() - started_s) / self.character_s))
            if due > sent:
                last_s = time.monotonic()
                os.write(self._master, message[sent:due])
                sent = due
            else:
                time.sleep(max(0.0, started_s + (sent + 1) * self.character_s - time.monotonic()))
        return last_s
