"""Whether the people of open sockets may still look: no socket is left unwatched."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from datetime import UTC, datetime

import pytest

from greenhouse.access.roles import Action
from greenhouse.access.sessions import Standing
from greenhouse.console.live import session_watch
from greenhouse.console.live.session_watch import SessionWatch

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)


@pytest.fixture
def ended(monkeypatch) -> set[str]:
    """Keys of sessions that have ended."""
    keys: set[str] = set()

    def standing_of_sessions(asked: Collection[str], *, now: datetime, action: Action) -> dict[str, Standing]:
        assert action is Action.LOOK
        return {key: Standing.ENDED if key in keys else Standing.MAY_LOOK for key in asked}

    monkeypatch.setattr(session_watch, "standing_of_sessions", standing_of_sessions)
    monkeypatch.setattr(session_watch, "database_sync_to_async", _at_once)
    return keys


def _at_once(question):
    async def ask(*args, **named):
        return question(*args, **named)

    return ask


async def test_a_socket_that_opens_as_the_last_one_closes_is_watched(ended):
    """One page gives way to the next: both happen within one turn of the event loop."""
    watch = SessionWatch(utc_now=lambda: NOW, look_every_s=0.01)
    first = asyncio.create_task(watch.ended("li"))
    await asyncio.sleep(0.02)
    first.cancel()
    second = asyncio.create_task(watch.ended("li"))
    await asyncio.sleep(0.02)
    ended.add("li")
    assert await asyncio.wait_for(second, 1) is Standing.ENDED


async def test_nothing_is_asked_while_nobody_waits(ended):
    watch = SessionWatch(utc_now=lambda: NOW, look_every_s=0.01)
    waiting = asyncio.create_task(watch.ended("li"))
    await asyncio.sleep(0.02)
    assert watch.is_watching
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert not watch.is_watching
