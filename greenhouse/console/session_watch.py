"""Whether the people of open sockets may still look: asked for all sockets of this web process together.

A page is checked when it is asked for. A socket lives for hours, and must end soon after its login does: signed out,
password changed, deactivated, role taken away.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime

import django.db
from channels.db import database_sync_to_async

from greenhouse.access.sessions import sessions_that_may_look

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 2.0


class SessionWatch:
    """Serves the sockets of one event loop. Looks while there is a socket, and not otherwise.

    Parameters
    ----------
    utc_now : callable
        Current time, aware UTC.
    look_every_s : float
        Time between two looks. [s]
    """

    def __init__(self, *, utc_now: Callable[[], datetime], look_every_s: float = LOOK_EVERY_S) -> None:
        self._utc_now = utc_now
        self._look_every_s = look_every_s
        self._waiting: dict[asyncio.Event, str] = {}
        self._task: asyncio.Task[None] | None = None

    @property
    def is_watching(self) -> bool:
        """Whether any socket is open."""
        return self._task is not None and not self._task.done()

    async def ended(self, session_key: str) -> None:
        """Return as soon as this session gives no right to look any more."""
        end = asyncio.Event()
        self._waiting[end] = session_key
        if not self.is_watching:
            self._task = asyncio.create_task(self._look_forever())
        try:
            await end.wait()
        finally:
            del self._waiting[end]
            if not self._waiting and self._task is not None:
                self._task.cancel()

    async def _look_forever(self) -> None:
        while True:
            await asyncio.sleep(self._look_every_s)
            asked = frozenset(self._waiting.values())
            try:
                allowed = await database_sync_to_async(sessions_that_may_look)(asked, now=self._utc_now())
            except django.db.Error as error:
                logger.warning("sessions could not be checked: %s", error)
                continue  # the store is away, not the people; asked again soon
            for end, session_key in self._waiting.items():
                if session_key in asked - allowed:
                    end.set()
