"""A thousand pages' sockets in one process, which does nothing but note when each frame has arrived.

``python -m benchmarks.live_clients PORT FILE`` reads session keys from its input, one socket each, prints ``linked``
when every socket has its snapshot, and goes on until its input is closed. Then it writes into FILE what arrived, as
JSON: per socket its frames as [type, sequence, monotonic clock in ns], the newest value of each sequence [ms since
1970], the sockets that were closed, and its own CPU time. [s]
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from pathlib import Path
from typing import cast

import uvloop

_HEAD = re.compile(rb'\{"type":"(\w+)","topic":"[^"]*","epoch":"\w+","sequence":(\d+)')
_AT = re.compile(rb'"at":(\d+)\}')
_OPCODE_CLOSE, _OPCODE_PING, _OPCODE_PONG = 8, 9, 10
_HANDSHAKES_AT_ONCE = 20


class _Page(asyncio.Protocol):
    """One socket."""

    def __init__(self, port: int, session: str, newest: dict[int, int]) -> None:
        self._request = (
            f"GET /live/base HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nCookie: console_session={session}\r\n\r\n"
        ).encode()
        self._newest = newest
        self._buffer = bytearray()
        self._is_open = False
        self.linked: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.frames: list[tuple[str, int, int]] = []
        self.is_closed = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(self._request)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  (of asyncio)
        self.is_closed = True
        if not self.linked.done():
            self.linked.set_exception(ConnectionError(f"closed before its snapshot: {bytes(self._buffer[:200])!r}"))

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._is_open:
            head, separator, _ = self._buffer.partition(b"\r\n\r\n")
            if not separator:
                return
            assert head.startswith(b"HTTP/1.1 101"), bytes(head[:100])
            self._is_open = True
            del self._buffer[: len(head) + 4]
        while self._take_frame():
            pass

    def _take_frame(self) -> bool:
        buffer = self._buffer
        if len(buffer) < 2:
            return False
        length, start = buffer[1] & 127, 2
        if length >= 126:
            start = 4 if length == 126 else 10
            if len(buffer) < start:
                return False
            length = int.from_bytes(buffer[2:start], "big")
        if len(buffer) < start + length:
            return False
        opcode, payload = buffer[0] & 15, bytes(buffer[start : start + length])
        del buffer[: start + length]
        if opcode == _OPCODE_PING:
            self._transport.write(bytes((0x80 | _OPCODE_PONG, 0x80 | length, 0, 0, 0, 0)) + payload)
        elif opcode == _OPCODE_CLOSE:
            self._transport.close()
        else:
            self._note(payload)
        return True

    def _note(self, payload: bytes) -> None:
        found = _HEAD.match(payload)
        assert found is not None, payload[:100]
        kind, sequence = found[1].decode(), int(found[2])
        self.frames.append((kind, sequence, time.monotonic_ns()))
        if kind != "beat" and sequence not in self._newest:
            self._newest[sequence] = max((int(at) for at in _AT.findall(payload)), default=0)
        if not self.linked.done():
            self.linked.set_result(None)


async def _run(port: int, sessions: list[str], until: asyncio.Event) -> dict[str, object]:
    newest: dict[int, int] = {}
    loop, some = asyncio.get_running_loop(), asyncio.Semaphore(_HANDSHAKES_AT_ONCE)

    async def open_page(session: str) -> _Page:
        async with some:
            _, page = await loop.create_connection(lambda: _Page(port, session, newest), "127.0.0.1", port)
            await asyncio.wait_for(page.linked, 60.0)
            return page

    pages = await asyncio.gather(*map(open_page, sessions))
    for page in pages:
        page.frames.clear()
    print("linked", flush=True)
    began_s = time.process_time()
    await until.wait()
    return {
        "cpu_s": time.process_time() - began_s,
        "closed": sum(page.is_closed for page in pages),
        "newest": newest,
        "frames": [page.frames for page in pages],
    }


async def _main(port: int, sessions: list[str]) -> dict[str, object]:
    until = asyncio.Event()

    async def read_to_the_end() -> None:
        await asyncio.to_thread(sys.stdin.read)
        until.set()

    reading = asyncio.create_task(read_to_the_end())
    arrived = await _run(port, sessions, until)
    await reading
    return arrived


if __name__ == "__main__":
    outcome = uvloop.run(_main(int(sys.argv[1]), sys.stdin.readline().split()))
    Path(sys.argv[2]).write_text(json.dumps(outcome), encoding="utf-8")
