"""Signs of life of a web process, given from its own event loop: a blocked loop falls silent."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from scheduler import heartbeat
from scheduler.runtime import settle

_BEAT_EVERY_S = 1.0

Message = MutableMapping[str, Any]
"""A message of the ASGI specification, which names its keys but not the types of their values."""


class Lifespan:
    """ASGI lifespan application that beats while the server runs.

    Parameters
    ----------
    name : str
        Name of the process under the supervisor.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    async def __call__(
        self,
        _scope: Message,
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        """Serve one lifespan, from the start message to the shutdown message."""
        await receive()  # lifespan.startup
        settle()
        heartbeat.beat(self._name)
        beating = asyncio.create_task(self._beat())
        await send({"type": "lifespan.startup.complete"})
        try:
            await receive()  # lifespan.shutdown
        finally:
            beating.cancel()
        await send({"type": "lifespan.shutdown.complete"})

    async def _beat(self) -> None:
        while True:
            heartbeat.beat(self._name)
            await asyncio.sleep(_BEAT_EVERY_S)
