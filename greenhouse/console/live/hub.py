"""One reader of the store for all sockets of this web process.

The reader looks at the store five times a second, and at once when it is nudged, and builds one frame per topic,
encoded once. Each socket owns a slot for one frame: a phone that takes its frames slowly finds a snapshot in its slot
instead of the frames it missed, and delays nobody. The reader starts with the first socket and stops with the last; a
fault that nobody foresaw is logged once, told to the pages as a store that does not answer, and followed by another
start.
"""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from greenhouse.clock import pace
from greenhouse.commands.lifecycle import OPEN
from greenhouse.console.live.thinning import thin
from greenhouse.console.values.payloads import CommandState, Counts, Frame, PointState
from greenhouse.telemetry.codes import to_ms

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 0.2
LOOKS_APART_S = 0.05
"""However many nudges come, so much time lies between two looks. [s]"""
BEAT_EVERY_S = 2.0
LONGEST_BACK_OFF_S = 5.0
COMMANDS_KEPT = 50
"""Of those that have come to their end; what is open is kept however old it is."""


class StoreUnavailable(Exception):
    """The store did not answer; the same question may be asked again later."""


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at the store found: what changed since the last one, or everything at the first.

    Attributes
    ----------
    topics : mapping of topic to keys of points, or None
        Which points each topic carries. None: as before.
    counts : Counts or None
        None: not counted this time.
    version : str or None
        Version of the pages that fit what was found. None: as before.
    """

    points: Mapping[str, PointState]
    commands: Sequence[CommandState]
    topics: Mapping[str, frozenset[str]] | None
    counts: Counts | None
    version: str | None = None


class Store(Protocol):
    """What the hub asks, from one thread of its own. Both methods may raise ``StoreUnavailable``."""

    def look(self) -> Look:
        """What changed since the last look of this store object; everything at its first, and after a failure."""

    def close(self) -> None:
        """Let go of the database."""


class Nudges(Protocol):
    """What tells the hub that a look is worth while now."""

    def start(self) -> None:
        """Begin to call, from any thread."""

    def stop(self) -> None:
        """Call no more, soon."""


@dataclass(slots=True)
class _Board:
    """Everything known of the base."""

    epoch: str = field(default_factory=lambda: secrets.token_hex(4))
    points: dict[str, PointState] = field(default_factory=dict)
    commands: dict[str, CommandState] = field(default_factory=dict)
    members: Mapping[str, frozenset[str]] = field(default_factory=dict)
    counts: Counts | None = None
    version: str = ""
    store: Literal["ok", "unavailable"] = "ok"
    at_ms: int = 0
    pace: float = 1.0

    def learn(self, look: Look) -> tuple[dict[str, PointState], list[CommandState]]:
        """Take a look in; what was news in it."""
        points = {key: state for key, state in look.points.items() if self.points.get(key) != state}
        commands = [command for command in look.commands if self.commands.get(command["id"]) != command]
        self.points |= points
        self.commands |= {command["id"]: command for command in commands}
        newest_first = sorted(self.commands.values(), key=lambda command: command["created"], reverse=True)
        kept = newest_first[:COMMANDS_KEPT] + [old for old in newest_first[COMMANDS_KEPT:] if old["state"] in OPEN]
        self.commands = {command["id"]: command for command in kept}
        self.members = self.members if look.topics is None else look.topics
        self.counts = look.counts or self.counts
        self.version = self.version if look.version is None else look.version
        self.store = "ok"
        return points, commands


class _Topic:
    """One subject of frames, with the sockets that want it."""

    def __init__(self, key: str, board: _Board) -> None:
        self.key, self._board = key, board
        self.sequence = 0
        self.slots: set[Slot] = set()
        self._snapshot = ""

    @property
    def epoch(self) -> str:
        """Changes when the numbers start again."""
        return self._board.epoch

    def tell(self, points: Mapping[str, PointState], commands: Sequence[CommandState]) -> None:
        """Offer news to the sockets, as far as it belongs to this topic."""
        self._snapshot = ""
        members = self._members()
        points = {key: state for key, state in points.items() if key in members}
        commands = [command for command in commands if command["point"] in members]
        if points or commands:
            self.sequence += 1
        if self.slots and (points or commands):
            frame = self._encode("changes", points, commands)
            for slot in self.slots:
                slot.offer(frame)

    def beat(self) -> None:
        """Tell the sockets that this side is alive and how the store does."""
        self._snapshot = ""
        frame = self._encode("beat", {}, [])
        for slot in self.slots:
            slot.remind(frame)

    def snapshot(self) -> str:
        """Everything known, encoded once for all who ask before the next look."""
        if not self._snapshot:
            board, members = self._board, self._members()
            points = {key: state for key, state in board.points.items() if key in members}
            commands = [command for command in board.commands.values() if command["point"] in members]
            self._snapshot = self._encode("snapshot", points, commands)
        return self._snapshot

    def _members(self) -> frozenset[str]:
        return self._board.members.get(self.key, frozenset())

    def _encode(
        self,
        kind: Literal["snapshot", "changes", "beat"],
        points: Mapping[str, PointState],
        commands: Sequence[CommandState],
    ) -> str:
        usual, thinned = thin(points)
        frame = Frame(
            type=kind,
            topic=self.key,
            epoch=self.epoch,
            sequence=self.sequence,
            at=self._board.at_ms,
            pace=self._board.pace,
            version=self._board.version,
            store=self._board.store,
            counts=self._board.counts,
            usual=usual,
            points=thinned,
            commands=commands,
        )
        return json.dumps(frame, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


class Slot:
    """The place of one socket: the next frame for it, or the wish for a snapshot."""

    def __init__(self, topic: _Topic) -> None:
        self._topic = topic
        self._frame: str | None = None
        self._is_news = False
        self._wants_snapshot = False
        self._filled = asyncio.Event()

    def offer(self, news: str) -> None:
        """Put news in. If other news was not taken yet, a snapshot replaces both."""
        if self._frame is not None and self._is_news:
            self.ask_snapshot()
        elif not self._wants_snapshot:
            self._frame, self._is_news = news, True
            self._filled.set()

    def remind(self, beat: str) -> None:
        """Put a beat in, unless something waits here already: that is as good a sign of life."""
        if self._frame is None and not self._wants_snapshot:
            self._frame, self._is_news = beat, False
            self._filled.set()

    def ask_snapshot(self) -> None:
        """Give this socket everything next."""
        self._frame, self._wants_snapshot = None, True
        self._filled.set()

    def resume(self, sequence: int, epoch: str) -> None:
        """Go on after the last frame the page knows; with a snapshot, if it missed one."""
        if (sequence, epoch) != (self._topic.sequence, self._topic.epoch):
            self.ask_snapshot()

    async def take(self) -> str:
        """The next frame, as soon as there is one."""
        await self._filled.wait()
        self._filled.clear()
        frame = self._topic.snapshot() if self._frame is None else self._frame
        self._frame, self._wants_snapshot = None, False
        return frame

    def join(self) -> None:
        """Take part in the topic, beginning with everything known."""
        self._topic.slots.add(self)
        self.ask_snapshot()

    def leave(self) -> None:
        """Take no more frames."""
        self._topic.slots.discard(self)

    def is_on(self, topic: _Topic) -> bool:
        """Whether its frames are those of this topic."""
        return self._topic is topic


class Hub:
    """Serves the sockets of one event loop.

    Parameters
    ----------
    open_store : callable
        Makes the store that is looked at.
    utc_now : callable
        Current time, aware UTC.
    hear : callable, optional
        Makes what calls the given function when something was stored, so that the next look comes at once.
    look_every_s, beat_every_s : float
        Time between two looks without a nudge, and the longest silence on a socket. [s]
    """

    def __init__(
        self,
        open_store: Callable[[], Store],
        *,
        utc_now: Callable[[], datetime],
        hear: Callable[[Callable[[], None]], Nudges] | None = None,
        look_every_s: float = LOOK_EVERY_S,
        beat_every_s: float = BEAT_EVERY_S,
    ) -> None:
        self._open_store, self._utc_now, self._hear = open_store, utc_now, hear
        self._look_every_s, self._beat_every_s = look_every_s, beat_every_s
        self._tasks: tuple[asyncio.Task[None], ...] = ()
        self._board = _Board()
        self._topics: dict[str, _Topic] = {}
        self._newcomers: list[Slot] = []
        self._looked_at_s = 0.0
        self._has_fault = False

    @property
    def is_reading(self) -> bool:
        """Whether the reader runs."""
        return bool(self._tasks) and not any(task.done() for task in self._tasks)

    @property
    def topics(self) -> frozenset[str]:
        """Topics that somebody has a page open for."""
        return frozenset(self._topics)

    def count_sockets(self) -> int:
        """How many sockets have a place. Any thread may ask."""
        topics = list(self._topics.values())
        return sum(len(topic.slots) for topic in topics) + len(self._newcomers)

    def attach(self, key: str) -> Slot:
        """A slot on a topic; a snapshot arrives in it after the next look. A topic that nobody knows stays empty."""
        if not self.is_reading:
            self._start()
        slot = Slot(self._topics.setdefault(key, _Topic(key, self._board)))
        self._newcomers.append(slot)
        return slot

    async def detach(self, slot: Slot) -> None:
        """Give a slot back. The reader stops with the last one."""
        slot.leave()
        if slot in self._newcomers:
            self._newcomers.remove(slot)
        self._topics = {key: topic for key, topic in self._topics.items() if self._is_wanted(topic)}
        if not self._topics:
            await self._stop()

    def _is_wanted(self, topic: _Topic) -> bool:
        return bool(topic.slots) or any(slot.is_on(topic) for slot in self._newcomers)

    def _start(self) -> None:
        self._board, self._topics, self._newcomers = _Board(), {}, []
        self._looked_at_s, self._has_fault = time.monotonic(), False
        self._tasks = tuple(
            asyncio.create_task(self._keep_up(work)) for work in (self._look_forever, self._beat_forever)
        )

    async def _stop(self) -> None:
        tasks, self._tasks = self._tasks, ()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _keep_up(self, work: Callable[[], Coroutine[None, None, None]]) -> None:
        """Do this work until cancelled. A fault ends neither the other work nor the sockets' places."""
        while True:
            task = asyncio.create_task(work())
            try:
                await asyncio.wait({task})
            finally:
                task.cancel()
                (fault,) = await asyncio.gather(task, return_exceptions=True)
            if not self._has_fault:
                logger.error("the reader of the store failed and starts again", exc_info=fault)
            self._has_fault, self._board.store = True, "unavailable"
            await asyncio.sleep(self._beat_every_s)

    async def _look_forever(self) -> None:
        loop, delay_s, store = asyncio.get_running_loop(), self._look_every_s, self._open_store()
        # A thread of its own: a slow database must not hold up the pages, and one connection serves every look.
        thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="console-hub")
        nudged = asyncio.Event()
        nudges = self._start_to_hear(nudged)
        try:
            while True:
                nudged.clear()
                try:
                    look = await loop.run_in_executor(thread, store.look)
                except StoreUnavailable as error:
                    self._lose_store(str(error))
                    delay_s = min(2 * delay_s, LONGEST_BACK_OFF_S)
                else:
                    self._publish(look)
                    delay_s = self._look_every_s
                self._welcome()
                await self._pause(delay_s, nudged)
        finally:
            if nudges is not None:
                nudges.stop()
            await loop.run_in_executor(thread, store.close)
            thread.shutdown(wait=False)

    def _start_to_hear(self, nudged: asyncio.Event) -> Nudges | None:
        if self._hear is None:
            return None
        loop = asyncio.get_running_loop()

        def nudge() -> None:
            with suppress(RuntimeError):  # the loop may have ended just now
                loop.call_soon_threadsafe(nudged.set)

        nudges = self._hear(nudge)
        nudges.start()
        return nudges

    async def _pause(self, delay_s: float, nudged: asyncio.Event) -> None:
        """Wait until the next look is due: sooner at a nudge, unless the store does not answer."""
        if self._hear is None or self._board.store == "unavailable" or delay_s <= LOOKS_APART_S:
            await asyncio.sleep(delay_s)
            return
        await asyncio.sleep(LOOKS_APART_S)
        with suppress(TimeoutError):
            await asyncio.wait_for(nudged.wait(), delay_s - LOOKS_APART_S)

    async def _beat_forever(self) -> None:
        while True:
            await asyncio.sleep(self._beat_every_s)
            if time.monotonic() - self._looked_at_s > self._beat_every_s + self._look_every_s:
                self._lose_store("no answer")
            self._read_clock()
            self._welcome()
            for topic in self._topics.values():
                topic.beat()

    def _publish(self, look: Look) -> None:
        if self._board.store == "unavailable":
            logger.info("the store answers again")
        self._looked_at_s = time.monotonic()
        self._read_clock()
        points, commands = self._board.learn(look)
        for topic in self._topics.values():
            topic.tell(points, commands)
        self._has_fault = False

    def _lose_store(self, why: str) -> None:
        if self._board.store == "ok":
            logger.warning("the store does not answer: %s", why)
        self._board.store = "unavailable"

    def _welcome(self) -> None:
        """Give those who have just come everything known."""
        for slot in self._newcomers:
            slot.join()
        self._newcomers.clear()

    def _read_clock(self) -> None:
        self._board.at_ms, self._board.pace = to_ms(self._utc_now()), pace()
