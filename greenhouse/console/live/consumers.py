"""The socket of a page: frames of one topic out, wishes for a snapshot in. docs/live.md describes both."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from contextlib import suppress

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, Scope
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.contrib.auth.models import AnonymousUser, User

from greenhouse.access.roles import Action, may
from greenhouse.access.sessions import Standing
from greenhouse.clock import machine_utc_now, utc_now
from greenhouse.console.live.hub import Hub, Slot
from greenhouse.console.live.session_watch import SessionWatch
from greenhouse.console.live.socket_limits import Allowance, Places
from greenhouse.console.live.stored import StoredBase
from greenhouse.console.page.topics import action_of
from greenhouse.console.values.payloads import Resume
from greenhouse.nudges import Listener, Subject
from greenhouse.telemetry import sample_time

logger = logging.getLogger(__name__)

BAD_REQUEST = 4400
SIGNED_OUT = 4401
NOT_ALLOWED = 4403
NO_SUCH_TOPIC = 4404
TOO_MUCH = 4429
LONGEST_MESSAGE = 200

HUB = Hub(
    StoredBase,
    utc_now=lambda: sample_time.as_known(utc_now()),
    hear=lambda nudge: Listener([Subject.CHANGES], nudge),
)
WATCH = SessionWatch(utc_now=machine_utc_now)
PLACES = Places()


class LiveConsumer(AsyncWebsocketConsumer):
    """Frames of one topic for one page, to a person who may look, for as long as that holds."""

    def __init__(self) -> None:
        super().__init__()
        self._slot: Slot | None = None
        self._person: int | None = None
        self._action = Action.LOOK
        self._allowance = Allowance()
        self._tasks: tuple[asyncio.Task[None], ...] = ()
        self._is_closing = False

    async def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Serve one socket. However it ends, it leaves nothing behind."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._give_back()

    async def connect(self) -> None:
        """Take the socket, then close it with a code the page can read if this person may not look."""
        await self.accept()
        if not self.scope["user"].is_authenticated:
            await self._end(SIGNED_OUT)
            return
        topic = self.scope["url_route"]["kwargs"]["topic"]
        self._action = action_of(topic)
        if not await database_sync_to_async(_may_follow)(self.scope["user"], self._action):
            await self._end(NOT_ALLOWED)
            return
        if not PLACES.take(self.scope["user"].pk):
            await self._end(TOO_MUCH)
            return
        self._person = self.scope["user"].pk
        self._slot = HUB.attach(topic)
        self._tasks = (asyncio.create_task(self._send_frames(self._slot)), asyncio.create_task(self._watch_session()))

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Answer the one thing a page may say: the last frame it knows."""
        if not self._allowance.spend(time.monotonic()):
            await self._end(TOO_MUCH)
            return
        resume = None if bytes_data else _parse_resume(text_data or "")
        if resume is None:
            await self._end(BAD_REQUEST)
        elif self._slot is not None:
            self._slot.resume(resume["resume"], resume["epoch"])

    async def _end(self, code: int) -> None:
        """Close the socket once. The slot goes back now: a peer may never answer the close."""
        if self._is_closing:
            return
        self._is_closing = True
        await self._give_back()
        await self.close(code)

    async def _give_back(self) -> None:
        slot, self._slot = self._slot, None
        person, self._person = self._person, None
        if person is not None:
            PLACES.give_back(person)
        others = [task for task in self._tasks if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        try:
            for outcome in await asyncio.gather(*others, return_exceptions=True):
                if isinstance(outcome, Exception):
                    logger.error("a socket failed", exc_info=outcome)
        finally:
            if slot is not None:
                await HUB.detach(slot)

    async def _send_frames(self, slot: Slot) -> None:
        # A peer that is gone makes the server's send fail with an OSError; disconnect() follows by itself.
        with suppress(OSError):
            while True:
                await self.send(text_data=await slot.take())

    async def _watch_session(self) -> None:
        standing = await WATCH.ended(self.scope["session"].session_key, self._action)
        await self._end(NOT_ALLOWED if standing is Standing.NO_RIGHT else SIGNED_OUT)


class NoSuchTopic(AsyncWebsocketConsumer):
    """Any other address: closes the socket with a code instead of leaving the server without an answer."""

    async def connect(self) -> None:
        """Take the socket, so that the page can read the code."""
        await self.accept()
        await self.close(NO_SUCH_TOPIC)


def _may_follow(user: User | AnonymousUser, action: Action) -> bool:
    return may(user, Action.LOOK) and may(user, action)


def _parse_resume(text: str) -> Resume | None:
    """The message of a page, or None for anything else."""
    if len(text) > LONGEST_MESSAGE:
        return None
    try:
        message = json.loads(text)
    except ValueError:
        return None
    if not isinstance(message, dict) or message.keys() != {"resume", "epoch"}:
        return None
    sequence, epoch = message["resume"], message["epoch"]
    if type(sequence) is not int or not isinstance(epoch, str):
        return None
    return Resume(resume=sequence, epoch=epoch)
