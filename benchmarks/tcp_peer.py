"""A fast Modbus TCP peer for measurements: its own process, no pymodbus, many ports.

Every register holds its own address, so a reader can check what it got.
"""

from __future__ import annotations

import multiprocessing
import selectors
import socket
import struct
from multiprocessing.connection import Connection

_HEADER = struct.Struct(">HHHBBHH")
_ALL_WORDS = b"".join(struct.pack(">H", address) for address in range(65536))


def _answer(frame: bytes) -> bytes:
    transaction, protocol, _, unit, function, address, count = _HEADER.unpack_from(frame)
    if function in (3, 4):
        data = _ALL_WORDS[2 * address : 2 * (address + count)]
        return struct.pack(">HHHBBB", transaction, protocol, 3 + len(data), unit, function, len(data)) + data
    return frame[:12]  # functions 5 and 6 are echoed


def _serve(ports: int, pipe: Connection) -> None:
    selector = selectors.DefaultSelector()
    addresses = []
    for _ in range(ports):
        listener = socket.create_server(("127.0.0.1", 0))
        listener.setblocking(False)
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
            received = sock.recv(4096)
            if not received:
                selector.unregister(sock)
                sock.close()
                continue
            buffer: bytearray = key.data
            buffer += received
            while len(buffer) >= 12:  # every request used here is 12 bytes long
                sock.sendall(_answer(bytes(buffer[:12])))
                del buffer[:12]


class TcpPeer:
    """A process that answers on many ports of 127.0.0.1.

    Parameters
    ----------
    ports : int
        How many units to be, each on a port of its own.
    """

    def __init__(self, ports: int) -> None:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(ports, theirs), daemon=True)
        self._process.start()
        self.ports: list[int] = ours.recv()

    def __enter__(self) -> TcpPeer:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.join()
