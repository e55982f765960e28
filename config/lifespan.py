"""Signs of life of a web process, given from its own event loop: a blocked loop falls silent."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from django.db import connections

from scheduler import heartbeat

_BEAT_EVERY_S = 1.0

Message = MutableMapping[str, Any]
"""A message of the ASGI specification, which names its keys but not the types of their values."""


class Lifespan:
    """ASGI lifespan application that beats while the server runs.

    Parameters
    ----------
    name : str
        Name of the process under the supervisor.
    begin : callable, optional
        Called in a thread before anything is served.
    refusal : type of exception, optional
        What ``begin`` raises if the process must not start, and why.
    settle : callable, optional
        Called once everything is there, just before the first request.
    """

    def __init__(
        self,
        name: str,
        *,
        begin: Callable[[], None] | None = None,
        refusal: type[Exception] | tuple[()] = (),
        settle: Callable[[], None] | None = None,
    ) -> None:
        self._name, self._begin, self._refusal, self._settle = name, begin, refusal, settle

    async def __call__(
        self,
        _scope: Message,
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        """Serve one lifespan, from the start message to the shutdown message."""
        await receive()  # lifespan.startup
        if self._begin is not None:
            try:
                await asyncio.to_thread(_in_a_thread_of_its_own, self._begin)
            except self._refusal as error:
                await send({"type": "lifespan.startup.failed", "message": str(error)})
                return
        if self._settle is not None:
            self._settle()
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


def _in_a_thread_of_its_own(work: Callable[[], None]) -> None:
    try:
        work()
    finally:
        connections.close_all()  # those of this thread
