"""A page's end of a socket, spoken to the ASGI application directly.

Channels has the same under ``channels.testing``, but that package cannot be imported without daphne.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from django.contrib.auth.models import User
from django.test import Client

from config.asgi import application
from greenhouse.console.values.payloads import Frame

PATIENCE_S = 5.0


def whole(text: str) -> Frame:
    """A frame as a page understands it: with every point whole again."""
    frame: Frame = json.loads(text)
    frame["points"] = {key: {**frame["usual"], **point} for key, point in frame["points"].items()}
    return frame


class PageSocket:
    """One socket, from its handshake to its end."""

    def __init__(self, communicator: ApplicationCommunicator) -> None:
        self._communicator = communicator

    async def handshake(self) -> bool:
        """Ask for the socket. False: it was refused."""
        await self._communicator.send_input({"type": "websocket.connect"})
        return (await self.message())["type"] == "websocket.accept"

    async def message(self) -> dict:
        """The next message of the server."""
        return await self._communicator.receive_output(timeout=PATIENCE_S)

    async def frame(self, *kinds: str) -> Frame:
        """The next frame, of one of these kinds if any are named."""
        while True:
            frame = whole((await self.message())["text"])
            if not kinds or frame["type"] in kinds:
                return frame

    async def send(self, text: str | None = None, binary: bytes | None = None) -> None:
        """Say something to the server."""
        await self._communicator.send_input({"type": "websocket.receive", "text": text, "bytes": binary})

    async def close_code(self) -> int:
        """The code with which the server closes, whatever it says before."""
        while True:
            message = await self.message()
            if message["type"] == "websocket.close":
                return message["code"]

    async def leave(self) -> None:
        """End the socket, as a page that is closed."""
        await self._communicator.send_input({"type": "websocket.disconnect", "code": 1001})
        with suppress(asyncio.CancelledError):
            await self._communicator.wait(timeout=PATIENCE_S)


@asynccontextmanager
async def page_socket(
    user: User | None, topic: str = "base", *, app=application, origin: bytes | None = b"http://testserver"
) -> AsyncIterator[PageSocket]:
    """A socket of a page that this person has open, before its handshake."""
    headers = [(b"host", b"testserver")]
    if origin is not None:
        headers.append((b"origin", origin))
    if user is not None:
        headers.append((b"cookie", await sync_to_async(cookies_of)(user)))
    scope = {"type": "websocket", "path": f"/live/{topic}", "headers": headers, "query_string": b"", "subprotocols": []}
    socket = PageSocket(ApplicationCommunicator(app, scope))
    try:
        yield socket
    finally:
        await socket.leave()


def cookies_of(user: User) -> bytes:
    """The cookies of somebody who has just signed in."""
    client = Client()
    client.force_login(user)
    return client.cookies.output(header="", sep=";").encode()
