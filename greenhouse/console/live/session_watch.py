"""Whether the people of open sockets may still look: asked for all sockets of this web process together.

A page is checked when it is asked for. A socket lives for hours, and must end soon after its login does: signed out,
password changed, deactivated, role taken away.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection
from datetime import datetime

import django.db
from channels.db import database_sync_to_async

from greenhouse.access.roles import Action
from greenhouse.access.sessions import Standing, standing_of_sessions

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 1.0
"""A socket ends within two seconds after its login. [s]"""


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
        self._waiting: dict[asyncio.Future[Standing], tuple[str, Action]] = {}
        self._task: asyncio.Task[None] | None = None

    @property
    def is_watching(self) -> bool:
        """Whether any socket is open."""
        return self._task is not None and not self._task.done()

    async def ended(self, session_key: str, action: Action = Action.LOOK) -> Standing:
        """Return as soon as a login gives no right to an action any more, and say how it stands then."""
        end: asyncio.Future[Standing] = asyncio.get_running_loop().create_future()
        self._waiting[end] = session_key, action
        if not self.is_watching:
            self._task = asyncio.create_task(self._look_forever())
        try:
            return await end
        finally:
            del self._waiting[end]
            if not self._waiting and self._task is not None:
                self._task.cancel()
                self._task = None  # it ends only in the next turn of the loop; who comes before that needs another

    async def _look_forever(self) -> None:
        while True:
            await asyncio.sleep(self._look_every_s)
            asked = frozenset(self._waiting.values())
            try:
                standings = await database_sync_to_async(self._standings)(asked)
            except django.db.Error as error:
                logger.warning("sessions could not be checked: %s", error)
                continue  # the store is away, not the people; asked again soon
            for end, wanted in self._waiting.items():
                standing = standings.get(wanted, Standing.MAY_LOOK)
                if standing is not Standing.MAY_LOOK and not end.done():
                    end.set_result(standing)

    def _standings(self, asked: Collection[tuple[str, Action]]) -> dict[tuple[str, Action], Standing]:
        found: dict[tuple[str, Action], Standing] = {}
        for action in {action for _key, action in asked}:
            keys = [key for key, its_action in asked if its_action is action]
            standings = standing_of_sessions(keys, now=self._utc_now(), action=action)
            found |= {(key, action): standing for key, standing in standings.items()}
        return found
