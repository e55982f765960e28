"""The fault proxy: stands between a line and its simulated devices and passes bytes on, or does what a bad line does.

Works on bytes and uses no Modbus library. A TCP line ends at its listener, a serial line at one end of a pseudo
terminal whose other end the master opens; behind the proxy there is always a TCP server.
"""

from __future__ import annotations

import asyncio
import logging
import os
import pty
import random
import tty
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from devices.simulator.distortion import distort, split_mbap
from devices.simulator.faults import Fault

logger = logging.getLogger(__name__)

_LARGEST_READ = 4096
_SERVER_HOST = "127.0.0.1"

FaultsNow = Callable[[], Mapping[str, float]]
"""Asked for every piece of data, so that a fault begins and ends at once."""


class ReplyPath:
    """Carries replies back to the master: whole frames, distorted and delayed as the faults of the moment say."""

    def __init__(self, send: Callable[[bytes], None], faults: FaultsNow, *, is_rtu: bool, dice: random.Random) -> None:
        self._send = send
        self._faults = faults
        self._is_rtu = is_rtu
        self._dice = dice
        self._left_over = b""
        self._last_due_s = 0.0

    def carry(self, data: bytes) -> None:
        """Take what the device sent. On RTU a piece of data is one frame: the server writes each reply at once."""
        if self._is_rtu:
            frames = [data]
        else:
            frames, self._left_over = split_mbap(self._left_over + data)
        for frame in frames:
            faults = self._faults()
            self._deliver(distort(frame, faults, is_rtu=self._is_rtu, dice=self._dice), faults.get(Fault.LATE, 0.0))

    def _deliver(self, frame: bytes, late_ms: float) -> None:
        """Send now or later, never before a reply that was sent earlier."""
        loop = asyncio.get_running_loop()
        due_s = max(loop.time() + late_ms / 1000.0, self._last_due_s)
        self._last_due_s = due_s
        if due_s <= loop.time():
            self._leave(frame)
        else:
            loop.call_at(due_s, self._leave, frame)

    def _leave(self, frame: bytes) -> None:
        """A reply that is due while nothing passes is lost."""
        faults = self._faults()
        if Fault.HALF_OPEN not in faults and Fault.CUT not in faults:
            self._send(frame)


class TcpFaultProxy:
    """The proxy of a Modbus TCP or RTU-over-TCP line.

    Parameters
    ----------
    masters : dict
        Is told which master stands behind each connection to the server, by the proxy's own port of it.
    """

    def __init__(
        self,
        address: tuple[str, int],
        server_port: int,
        masters: dict[int, str],
        faults: FaultsNow,
        *,
        is_rtu: bool,
        dice: random.Random,
    ) -> None:
        self._host, self._port = address
        self._server_port = server_port
        self._masters = masters
        self._faults = faults
        self._is_rtu = is_rtu
        self._dice = dice
        self._listener: asyncio.Server | None = None
        self._connections: set[asyncio.StreamWriter] = set()

    async def start(self) -> tuple[str, int]:
        """Begin to listen; returns host and port, which stay the same from now on."""
        await self._listen()
        return self._host, self._port

    async def stop(self) -> None:
        """Close the listener and every connection."""
        self._refuse()

    async def follow_faults(self) -> None:
        """Close and refuse connections while the line is cut, and listen again afterwards."""
        is_cut = Fault.CUT in self._faults()
        if is_cut and self._listener is not None:
            self._refuse()
        elif not is_cut and self._listener is None:
            await self._listen()

    async def _listen(self) -> None:
        self._listener = await asyncio.start_server(self._serve, self._host, self._port, reuse_address=True)
        self._port = self._listener.sockets[0].getsockname()[1]

    def _refuse(self) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        for writer in self._connections:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            server_reader, server_writer = await asyncio.open_connection(_SERVER_HOST, self._server_port)
        except OSError as error:
            logger.warning("the simulated line on port %s has no server: %s", self._port, error)
            writer.close()
            return
        own_port: int = server_writer.get_extra_info("sockname")[1]
        # Kept when the connection ends: what it brought last may still be under way to the devices.
        self._masters[own_port] = "{}:{}".format(*writer.get_extra_info("peername"))
        self._connections.add(writer)
        replies = ReplyPath(_sender(writer), self._faults, is_rtu=self._is_rtu, dice=self._dice)
        answering = asyncio.create_task(self._carry_replies(server_reader, replies))
        try:
            with suppress(ConnectionError):
                while data := await reader.read(_LARGEST_READ):
                    if Fault.HALF_OPEN not in self._faults():
                        server_writer.write(data)
        finally:
            answering.cancel()
            self._connections.discard(writer)
            server_writer.close()
            writer.close()

    @staticmethod
    async def _carry_replies(reader: asyncio.StreamReader, replies: ReplyPath) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(_LARGEST_READ):
                replies.carry(data)


class SerialFaultProxy:
    """The proxy of a serial line: a pseudo terminal at ``path``, with the devices of a TCP server behind it.

    Cut and half-open are the same here: nothing passes. There is no wire time; a pseudo terminal has none.
    """

    def __init__(self, path: Path, server_port: int, faults: FaultsNow, *, dice: random.Random) -> None:
        self._path = path
        self._server_port = server_port
        self._faults = faults
        self._dice = dice
        self._near, self._far = -1, -1
        self._server_writer: asyncio.StreamWriter | None = None
        self._answering: asyncio.Task[None] | None = None

    async def start(self) -> Path:
        """Lay the terminal and a link to it; returns the path that the master opens.

        Raises
        ------
        FileExistsError
            If something that is no link stands at the path: it is not ours to replace.
        """
        if self._path.is_symlink():
            self._path.unlink()
        # The far end stays open here too: without it, the near one would report an error whenever the master closes.
        self._near, self._far = pty.openpty()
        tty.setraw(self._far)
        os.set_blocking(self._near, False)
        self._path.symlink_to(os.ttyname(self._far))
        reader, self._server_writer = await asyncio.open_connection(_SERVER_HOST, self._server_port)
        replies = ReplyPath(self._send, self._faults, is_rtu=True, dice=self._dice)
        self._answering = asyncio.create_task(self._carry_replies(reader, replies))
        asyncio.get_running_loop().add_reader(self._near, self._carry_request)
        return self._path

    async def stop(self) -> None:
        """Remove the link and close the terminal."""
        asyncio.get_running_loop().remove_reader(self._near)
        if self._answering is not None:
            self._answering.cancel()
        if self._server_writer is not None:
            self._server_writer.close()
        os.close(self._near)
        os.close(self._far)
        self._near = -1
        self._path.unlink(missing_ok=True)

    async def follow_faults(self) -> None:
        """Nothing to do: the faults are asked for with every piece of data."""

    def _carry_request(self) -> None:
        data = os.read(self._near, _LARGEST_READ)
        faults = self._faults()
        if self._server_writer is not None and Fault.HALF_OPEN not in faults and Fault.CUT not in faults:
            self._server_writer.write(data)

    def _send(self, frame: bytes) -> None:
        if self._near < 0:
            return
        with suppress(BlockingIOError):  # nobody reads: a wire keeps nothing either
            os.write(self._near, frame)

    @staticmethod
    async def _carry_replies(reader: asyncio.StreamReader, replies: ReplyPath) -> None:
        while data := await reader.read(_LARGEST_READ):
            replies.carry(data)


def _sender(writer: asyncio.StreamWriter) -> Callable[[bytes], None]:
    def send(frame: bytes) -> None:
        if not writer.is_closing():
            writer.write(frame)

    return send
