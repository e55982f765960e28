"""A fast Modbus peer for measurements: its own process, no pymodbus, many ports.

Every register holds its own address until it is written, so a reader can check what it got.
"""

from __future__ import annotations

import multiprocessing
import selectors
import socket
import struct
from collections.abc import Callable
from enum import StrEnum
from multiprocessing.connection import Connection

_READS_WORDS = (3, 4)
_WRITES_REGISTER = 6


class Framing(StrEnum):
    """How requests and replies are framed."""

    MBAP = "mbap"
    RTU = "rtu"


def _crc_of_byte(byte: int) -> int:
    for _ in range(8):
        byte = byte >> 1 ^ (0xA001 if byte & 1 else 0)
    return byte


_CRC = [_crc_of_byte(byte) for byte in range(256)]


def _checksum(message: bytes) -> bytes:
    crc = 0xFFFF
    for byte in message:
        crc = crc >> 8 ^ _CRC[(crc ^ byte) & 0xFF]
    return struct.pack("<H", crc)


class _Registers:
    """The registers of all units. Replies are kept, so that the peer costs next to nothing."""

    def __init__(self) -> None:
        self._words = bytearray(struct.pack(">65536H", *range(65536)))
        self._replies: dict[bytes, bytes] = {}

    def mbap_reply(self, frame: bytes) -> bytes:
        message = self._reply(frame[6:12])
        return frame[:4] + struct.pack(">H", len(message)) + message

    def rtu_reply(self, frame: bytes) -> bytes:
        if (reply := self._replies.get(frame)) is None:
            message = self._reply(frame[:6])
            reply = self._replies[frame] = message + _checksum(message)
        return reply

    def _reply(self, request: bytes) -> bytes:
        """Unit and PDU of the reply to unit and PDU of a request."""
        if (reply := self._replies.get(request)) is not None:
            return reply
        unit, function, address, value = struct.unpack(">BBHH", request)
        if function in _READS_WORDS:
            words = self._words[2 * address : 2 * (address + value)]
            reply = bytes((unit, function, len(words))) + words
            self._replies[request] = reply
            return reply
        if function == _WRITES_REGISTER:
            struct.pack_into(">H", self._words, 2 * address, value)
            self._replies.clear()
        return request


def _serve(ports: int, framing: Framing, pipe: Connection) -> None:
    registers = _Registers()
    is_mbap = framing is Framing.MBAP
    length = 12 if is_mbap else 8  # of every request used here
    answer: Callable[[bytes], bytes] = registers.mbap_reply if is_mbap else registers.rtu_reply
    selector = selectors.DefaultSelector()
    addresses = []
    for _ in range(ports):
        listener = socket.create_server(("127.0.0.1", 0))
        listener.settimeout(0.0)
        selector.register(listener, selectors.EVENT_READ, None)
        addresses.append(listener.getsockname()[1])
    pipe.send(addresses)
    while True:
        for key, _ in selector.select():
            sock = key.fileobj
            assert isinstance(sock, socket.socket)
            if key.data is None:
                connection, _ = sock.accept()
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                selector.register(connection, selectors.EVENT_READ, bytearray())
                continue
            try:
                received = sock.recv(4096)
            except ConnectionResetError:
                received = b""
            if not received:
                selector.unregister(sock)
                sock.close()
                continue
            buffer: bytearray = key.data
            buffer += received
            while len(buffer) >= length:
                sock.sendall(answer(bytes(buffer[:length])))
                del buffer[:length]


class TcpPeer:
    """A process that answers on many ports of 127.0.0.1.

    Parameters
    ----------
    ports : int
        How many units to be, each on a port of its own.
    framing : Framing
        MBAP, or RTU as behind a transparent serial server.
    """

    def __init__(self, ports: int, *, framing: Framing = Framing.MBAP) -> None:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(ports, framing, theirs), daemon=True)
        self._process.start()
        theirs.close()
        self.ports: list[int] = ours.recv()

    def __enter__(self) -> TcpPeer:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.join()
