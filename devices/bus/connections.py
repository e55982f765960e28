"""Byte streams to the peer of a line: a TCP socket or a serial port.

Both are file descriptors that never block by themselves; waiting is done in one place, with a time limit. Whatever
ends a connection becomes ``BusClosed`` with a sentence that says what to look at.
"""

from __future__ import annotations

import errno
import math
import os
import select
import socket
import termios
import time
from typing import Protocol

import serial

from devices.bus.settings import RtuOverTcpLine, SerialLine, TcpLine
from devices.errors import BusClosed

_CHUNK = 4096
_SEND_PATIENCE_S = 2.0
"""A peer that takes no byte for this long is gone: a request is at most 260 bytes."""
_KEEPALIVE_IDLE_S, _KEEPALIVE_INTERVAL_S, _KEEPALIVE_COUNT = 10, 5, 3
_UNACKNOWLEDGED_MS = 10_000
_READABLE = select.POLLIN | select.POLLPRI


class Connection(Protocol):
    """A stream of bytes to one peer."""

    @property
    def is_open(self) -> bool:
        """Whether the stream stands, as far as is known."""

    def open(self) -> None:
        """Open the stream.

        Raises
        ------
        BusClosed
            If it cannot be opened; the message says why and what to look at.
        """

    def close(self) -> None:
        """Close the stream if it is open."""

    def send(self, message: bytes) -> None:
        """Send all bytes.

        Raises
        ------
        BusClosed
            If the stream broke, or the peer takes nothing any more.
        """

    def receive(self, wait_s: float) -> bytes:
        """What has come, after waiting at most ``wait_s`` for the first byte; empty if nothing came. [s]

        Raises
        ------
        BusClosed
            If the peer closed the stream, or it broke.
        """


class _Descriptor:
    """A connection over a non-blocking file descriptor."""

    def __init__(self, peer: str) -> None:
        self.peer = peer
        self._descriptor = -1
        self._poll = select.poll()

    @property
    def is_open(self) -> bool:
        """Whether the descriptor is open."""
        return self._descriptor >= 0

    def send(self, message: bytes) -> None:
        """Send all bytes."""
        deadline_s = time.monotonic() + _SEND_PATIENCE_S
        while message:
            try:
                message = message[os.write(self._descriptor, message) :]
            except BlockingIOError:
                if time.monotonic() > deadline_s:
                    raise self._broken("takes no bytes any more") from None
                self._wait_until_writable()
            except OSError as error:
                raise self._broken(f"broke the connection: {os.strerror(error.errno or 0)}") from error

    def receive(self, wait_s: float) -> bytes:
        """What has come, after waiting at most ``wait_s`` for the first byte."""
        events = self._poll.poll(math.ceil(wait_s * 1000) if wait_s > 0 else 0)
        if not events:
            return b""
        try:
            chunk = os.read(self._descriptor, _CHUNK)
        except BlockingIOError:
            return b""
        except OSError as error:
            raise self._broken(f"broke the connection: {os.strerror(error.errno or 0)}") from error
        if not chunk:
            # The descriptor was readable, so this is the end of the stream: the peer closed, or the adapter is gone.
            raise self._broken("closed the connection")
        return chunk

    def close(self) -> None:
        """Close the descriptor."""
        if self._descriptor >= 0:
            self._poll.unregister(self._descriptor)
            self._descriptor = -1

    def _wait_until_writable(self) -> None:
        poll = select.poll()
        poll.register(self._descriptor, select.POLLOUT)
        poll.poll(_SEND_PATIENCE_S * 1000)

    def _take(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._poll.register(descriptor, _READABLE)

    def _broken(self, what: str) -> BusClosed:
        self.close()
        return BusClosed(f"{self.peer} {what}")


class TcpConnection(_Descriptor):
    """A TCP connection that notices a dead peer.

    Keep-alive probes and a limit on unacknowledged bytes reveal a pulled cable within about 25 s even when the line
    is idle; a line that polls learns it sooner, from unanswered requests.
    """

    def __init__(self, line: TcpLine | RtuOverTcpLine) -> None:
        super().__init__(line.peer)
        self._line = line
        self._socket: socket.socket | None = None

    def open(self) -> None:
        """Connect."""
        line = self._line
        try:
            opened = socket.create_connection((line.host, line.port), timeout=line.connect_timeout_s)
        except TimeoutError as error:
            raise BusClosed(f"{line.peer} did not answer within {line.connect_timeout_s:g} s") from error
        except OSError as error:
            raise BusClosed(f"{line.peer} cannot be connected to: {error.strerror or error}") from error
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, _KEEPALIVE_IDLE_S)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, _KEEPALIVE_INTERVAL_S)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, _KEEPALIVE_COUNT)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNACKNOWLEDGED_MS)
        opened.settimeout(0.0)
        self._socket = opened
        self._take(opened.fileno())

    def close(self) -> None:
        """Close the socket."""
        super().close()
        if self._socket is not None:
            self._socket.close()
            self._socket = None


class SerialConnection(_Descriptor):
    """A serial port, opened for this process alone.

    pyserial sets the port up; bytes are read from the descriptor itself, since pyserial reconfigures the port whenever
    its time-out changes.
    """

    def __init__(self, line: SerialLine) -> None:
        super().__init__(f"serial port {line.port}")
        self._line = line
        self._serial: serial.Serial | None = None

    def open(self) -> None:
        """Open and set up the port."""
        line = self._line
        try:
            opened = serial.Serial(
                port=line.port,
                baudrate=line.baudrate,
                parity=line.parity.value,
                stopbits=line.stopbits,
                timeout=0,
                exclusive=True,
            )
        except ValueError as error:
            raise BusClosed(f"{self.peer} cannot be set up as described: {error}") from error
        except (OSError, termios.error) as error:
            raise BusClosed(f"{self.peer} {_why_not_opened(error)}") from error
        self._serial = opened
        self._take(opened.fileno())

    def close(self) -> None:
        """Close the port."""
        super().close()
        if self._serial is not None:
            self._serial.close()
            self._serial = None


def _why_not_opened(error: OSError | termios.error) -> str:
    """What is wrong with a serial port, and what to look at."""
    number = _error_number(error)
    if number == errno.ENOENT:
        return "does not exist: is the adapter plugged in, and is its name right? (ls /dev/serial/by-id)"
    if number in (errno.EACCES, errno.EPERM):
        return "may not be opened: the user of this service must be in the group dialout"
    if number in (errno.EAGAIN, errno.EBUSY):
        return "is in use: another program, or an older one that is still closing it, holds the port"
    if number in (errno.ENOTTY, errno.EIO, errno.ENXIO, errno.ENODEV):
        return "is no working serial port: unplug the adapter and plug it in again, or correct the name"
    return f"cannot be opened: {error}"


def _error_number(error: BaseException | None) -> int | None:
    """The system's error number, which pyserial drops from some of its own errors."""
    while error is not None:
        if error.args and isinstance(error.args[0], int):
            return error.args[0]
        error = error.__context__
    return None
