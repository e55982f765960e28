"""Hundreds of visitors' phones in one process: each opens a display and then asks for the data as its script does.

``python -m benchmarks.visitor_clients PORT PHONES SECONDS ARRIVE_S FILE`` lets so many phones come within ARRIVE_S, all
of them at the same moment if that is 0, prints ``arrived`` when each has its first view, and goes on for SECONDS. Then
it writes into FILE, as JSON: how long the first views took [ms], how long each question for the data took that came
after ``arrived`` [ms], how many of these were answered 304, the bytes of one first view, and what went wrong.

A page asks every 15 s, a quarter sooner or later (``frontend/feed.js``), and names what it has. The server closes a
connection after 5 s without a question; as a browser does, the phone then opens another one.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import random
import re
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import uvloop

from scheduler.supervision.programs import VISITORS_HOST

_EVERY_S, _JITTER = 15.0, 0.5
_GIVEN_UP_AFTER_S = 10.0
_PAGES = ("/go/now", "/go/warm", "/go/drink", "/go/today", "/en/go/now", "/base")
_ASSET = re.compile(rb'(?:href|src)="(/static/[^"]+)"')
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)
_ETAG = re.compile(rb"\r\netag: *([^\r]+)\r\n", re.IGNORECASE)
_DATA = "/data.json"


@dataclass
class Seen:
    """What all phones have seen together."""

    views_ms: list[float] = field(default_factory=list)
    polls_ms: list[float] = field(default_factory=list)
    unchanged: int = 0
    view_bytes: int = 0
    faults: list[str] = field(default_factory=list)


class _Line:
    """A connection to the server, opened anew where the server has closed it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def ask(self, path: str, *, known: str = "") -> tuple[int, bytes, str, int]:
        """Status, body (compressed), name of the version and bytes of an answer.

        As a browser does, it asks once more where the server has just closed a connection that was kept.
        """
        was_kept = self._reader is not None
        try:
            return await self._ask(path, known)
        except (ConnectionError, asyncio.IncompleteReadError):
            if not was_kept:
                raise
            self.close()
            return await self._ask(path, known)

    async def _ask(self, path: str, known: str) -> tuple[int, bytes, str, int]:
        if self._reader is None or self._reader.at_eof():
            self.close()
            self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        assert self._writer is not None
        lines = [f"GET {path} HTTP/1.1", f"Host: {VISITORS_HOST}:{self._port}", "Accept-Encoding: gzip"]
        lines += [f"If-None-Match: {known}", "Cache-Control: max-age=0"] if known else []
        self._writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        head = await self._reader.readuntil(b"\r\n\r\n")
        length, tag = _LENGTH.search(head), _ETAG.search(head)
        status = int(head[9:12])
        body = b"" if status == 304 or length is None else await self._reader.readexactly(int(length[1]))
        return status, body, "" if tag is None else tag[1].decode(), len(head) + len(body)

    def close(self) -> None:
        """End it."""
        if self._writer is not None:
            self._writer.close()
        self._reader = self._writer = None


class _Phone:
    """One phone before the wall."""

    def __init__(self, port: int, page: str, seen: Seen) -> None:
        self._page, self._seen = page, seen
        self._first, self._second = _Line(port), _Line(port)
        self._known = ""

    async def open(self) -> None:
        """The page, its style and script beside each other, then the data: what there is before the first number."""
        began_s = time.perf_counter()
        status, page, _, size = await self._first.ask(self._page)
        _expect(status, self._page, 200)
        style, script = (address.decode() for address in _ASSET.findall(gzip.decompress(page)))
        parts = await asyncio.gather(self._first.ask(style), self._second.ask(script))
        for (part_status, *_, part_size), address in zip(parts, (style, script), strict=True):
            _expect(part_status, address, 200)
            size += part_size
        status, _, self._known, data_size = await self._first.ask(_DATA)
        _expect(status, _DATA, 200)
        self._second.close()
        self._seen.views_ms.append(1000 * (time.perf_counter() - began_s))
        self._seen.view_bytes = max(self._seen.view_bytes, size + data_size)

    async def poll(self) -> None:
        """Ask once, naming what is known."""
        began_s = time.perf_counter()
        status, _, tag, _ = await self._first.ask(_DATA, known=self._known)
        _expect(status, _DATA, 200, 304)
        self._known = tag
        self._seen.polls_ms.append(1000 * (time.perf_counter() - began_s))
        self._seen.unchanged += status == 304


def _expect(status: int, path: str, *allowed: int) -> None:
    if status not in allowed:
        raise ValueError(f"{path}: {status}")


async def _stay(phone: _Phone, until: asyncio.Event, seen: Seen) -> None:
    while not until.is_set():
        pause_s = _EVERY_S * (1 - _JITTER / 2 + _JITTER * random.random())
        try:
            await asyncio.wait_for(until.wait(), pause_s)
        except TimeoutError:
            await _tried(phone.poll(), seen)


async def _tried(asking: asyncio._CoroutineLike[None], seen: Seen) -> bool:
    try:
        await asyncio.wait_for(asking, _GIVEN_UP_AFTER_S)
    except (OSError, ValueError, TimeoutError, asyncio.IncompleteReadError) as fault:
        seen.faults.append(f"{type(fault).__name__} {fault}")
        return False
    return True


async def _main(port: int, phones: int, seconds: float, arrive_s: float) -> Seen:
    seen, until = Seen(), asyncio.Event()
    staying: list[asyncio.Task[None]] = []

    async def come(number: int) -> None:
        await asyncio.sleep(arrive_s * number / phones)
        phone = _Phone(port, _PAGES[number % len(_PAGES)], seen)
        if await _tried(phone.open(), seen):
            staying.append(asyncio.create_task(_stay(phone, until, seen)))

    await asyncio.gather(*map(come, range(phones)))
    seen.polls_ms.clear()
    seen.unchanged = 0
    print("arrived", flush=True)
    await asyncio.sleep(seconds)
    until.set()
    await asyncio.gather(*staying)
    return seen


def main(arguments: Sequence[str]) -> None:
    """Let the phones come, and write down what they saw."""
    port, phones, seconds, arrive_s, file = arguments
    seen = uvloop.run(_main(int(port), int(phones), float(seconds), float(arrive_s)))
    Path(file).write_text(json.dumps(vars(seen)), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
