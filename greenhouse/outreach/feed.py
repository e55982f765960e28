"""The publication as this process knows it: read at most every two seconds, whoever asks, and kept when it is gone."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import time
from dataclasses import dataclass

from asgiref.sync import sync_to_async
from django.db import DatabaseError, connections

from greenhouse.outreach.answers import Answer, answer_of
from greenhouse.outreach.document import document
from greenhouse.outreach.front_end import front_end_build
from greenhouse.outreach.published import Published
from greenhouse.outreach.reading import read_published

logger = logging.getLogger(__name__)

READ_EVERY_S = 2.0
KEPT_BY_CACHES_S = 5


@dataclass(frozen=True, slots=True)
class Current:
    """What was read last, and the answer that was made of it.

    Attributes
    ----------
    build : str
        Another text whenever a page that is open has to be loaded anew: other scripts, other houses.
    """

    published: Published
    data: Answer
    build: str


class Feed:
    """Reads the publication for a whole process.

    A database that does not answer takes nothing away: what was read last is sent on, with the times of its values.
    """

    def __init__(self) -> None:
        self._current: Current | None = None
        self._read_at_s = float("-inf")
        self._reading = asyncio.Lock()
        self._is_silent = False

    async def current(self) -> Current | None:
        """The publication. None: nothing has been published yet, or it could never be read."""
        if time.monotonic() - self._read_at_s >= READ_EVERY_S:
            async with self._reading:  # whoever comes meanwhile waits for the same read
                if time.monotonic() - self._read_at_s >= READ_EVERY_S:
                    await self._read()
                    self._read_at_s = time.monotonic()
        return self._current

    async def _read(self) -> None:
        try:
            published = await sync_to_async(_read_in_thread, thread_sensitive=True)()
        except DatabaseError as error:
            if not self._is_silent:
                logger.error("the outreach database does not answer: %s", error)
            self._is_silent = True
            return
        if self._is_silent:
            logger.warning("the outreach database answers again")
        self._is_silent = False
        if published is not None and (self._current is None or published != self._current.published):
            self._current = _current_of(published)


def _read_in_thread() -> Published | None:
    try:
        return read_published()
    except DatabaseError:
        connections.close_all()
        raise


def _current_of(published: Published) -> Current:
    houses = (published.base_name_zh, published.base_name_en, published.time_zone, published.houses)
    build = hashlib.sha256(f"{front_end_build()} {houses}".encode()).hexdigest()[:12]
    text = json.dumps(document(published, build=build), ensure_ascii=False, separators=(",", ":"))
    return Current(published, answer_of(text.encode(), "application/json", max_age_s=KEPT_BY_CACHES_S), build)
