"""A Modbus peer that misbehaves on request, on a TCP port or a pty, with MBAP or RTU framing.

A peer answers its requests one after the other, as a slave does, and meets each with the next behavior of its script.

    with TcpPeer(RTU) as peer:
        peer.script(late(0.4), normal)
        ...

``PtyPeer`` gives every character its time on the wire when it is given a baud rate; a pty has none of its own.
"""

from __future__ import annotations

import contextlib
import os
import queue
import select
import socket
import struct
import threading
import time
import tty
from collections import deque
from collections.abc import Callable

from tests.wire.behaviors import (
    FALL_DEAF,
    HANG_UP,
    READS_BITS,
    READS_WORDS,
    RTU,
    Behavior,
    Exchange,
    Framing,
    Steps,
    normal,
    true_bit,
    true_word,
)


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
        self._accepting: threading.Thread | None = None

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
        self._accepting = self._start(self._accept, listener)
        self._start(self._answer)

    def stop(self) -> None:
        """Close the port and all connections."""
        self._stopping.set()
        if self._listener is not None:
            # shutdown wakes accept(); close alone does not.
            self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None
            if self._accepting is not None:
                self._accepting.join(5)  # or a connection that it took just now would be left open
        for connection in self._connections + self._deaf:
            _close(connection)
        self._requests.put(None)
        for thread in self._threads:
            thread.join(5)
        self._threads.clear()
        self._connections.clear()
        self._deaf.clear()

    def _start(self, run: Callable[..., None], *arguments: object) -> threading.Thread:
        thread = threading.Thread(target=run, args=arguments, daemon=True)
        thread.start()
        self._threads.append(thread)
        return thread

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
