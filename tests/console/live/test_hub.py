"""The hub: one reader for all sockets, a slot for each."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime

import pytest

from greenhouse.console.live.hub import Hub, Look, Slot, StoreUnavailable
from greenhouse.console.values.payloads import CommandState, Counts, Frame, PointState
from tests.console.live.page_socket import whole

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
TOPICS = {"base": frozenset({"a", "b"}), "house:h1": frozenset({"b", "c"})}
COUNTS = Counts(
    points=3,
    live=3,
    late=0,
    stale=0,
    dead=0,
    bad=0,
    pending=0,
    approvals=0,
    manual=0,
    ending=0,
    by_hand=0,
    local=0,
    alarms="",
    newest=1,
)


def state(value: float | None, at: int = 1) -> PointState:
    return PointState(value=value, quality="good", reason="none", origin="measured", at=at)


def command(point: str, name: str = "requested") -> CommandState:
    return CommandState(
        id="1",
        point=point,
        state=name,
        verdict="",
        value=1.0,
        previous=None,
        readback=None,
        by="x",
        created=1,
        times={},
    )


class Shelf:
    """A store in memory: what is put in is found at the next look, everything at the first and after a failure."""

    def __init__(self) -> None:
        self.everything: dict[str, PointState] = {}
        self.news: dict[str, PointState] = {}
        self.commands: list[CommandState] = []
        self.failure: str | None = None
        self.defect: Exception | None = None
        self.version: str | None = ""
        self.may_look = threading.Event()
        self.may_look.set()
        self.is_closed = False
        self.looks = 0
        self._is_first = True

    def put(self, **states: PointState) -> None:
        self.everything |= states
        self.news |= states

    def look(self) -> Look:
        self.looks += 1
        self.may_look.wait(timeout=10)
        if self.failure:
            self._is_first = True
            raise StoreUnavailable(self.failure)
        if self.defect:
            self._is_first = True
            raise self.defect
        found = self.everything if self._is_first else self.news
        topics = TOPICS if self._is_first else None
        self._is_first, self.news = False, {}
        return Look(
            points=dict(found),
            commands=list(self.commands),
            topics=topics,
            counts=COUNTS,
            version=self.version,
        )

    def close(self) -> None:
        self.is_closed = True


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
async def hub(shelf) -> AsyncIterator[Hub]:
    hub = Hub(lambda: shelf, utc_now=lambda: NOW, look_every_s=0.005, beat_every_s=0.05)
    yield hub
    assert not hub.is_reading, "a test left a slot behind"


async def next_frame(slot: Slot, *kinds: str) -> Frame:
    """The next frame of one of these kinds, whatever comes before."""
    async with asyncio.timeout(5):
        while True:
            frame = whole(await slot.take())
            if frame["type"] in kinds:
                return frame


async def test_a_newcomer_first_gets_everything_of_its_topic_and_nothing_of_others(hub, shelf):
    shelf.put(a=state(1.0), b=state(2.0), c=state(3.0))
    shelf.commands = [command("b")]
    base, house = hub.attach("base"), hub.attach("house:h1")
    first = whole(await asyncio.wait_for(base.take(), 5))
    assert first["type"] == "snapshot"
    assert set(first["points"]) == {"a", "b"}
    assert [found["point"] for found in first["commands"]] == ["b"]
    assert first["at"] == int(NOW.timestamp() * 1000)
    assert set((await next_frame(house, "snapshot"))["points"]) == {"b", "c"}
    await hub.detach(base)
    await hub.detach(house)


async def test_what_is_open_is_known_however_much_has_come_to_its_end_since(hub, shelf):
    def one(number: int, name: str) -> CommandState:
        return {**command("a", name), "id": str(number), "created": number}

    shelf.commands = [one(1, "awaiting_approval"), *(one(number, "confirmed") for number in range(2, 100))]
    slot = hub.attach("base")
    states = [found["state"] for found in (await next_frame(slot, "snapshot"))["commands"]]
    assert states.count("awaiting_approval") == 1
    assert len(states) == 51
    await hub.detach(slot)


async def test_a_topic_that_nobody_knows_stays_empty(hub, shelf):
    shelf.put(a=state(1.0))
    slot = hub.attach("house:none")
    assert (await next_frame(slot, "snapshot"))["points"] == {}
    await hub.detach(slot)


async def test_changes_are_numbered_without_a_gap_and_carry_only_what_changed(hub, shelf):
    shelf.put(a=state(1.0), b=state(2.0))
    slot = hub.attach("base")
    last = (await next_frame(slot, "snapshot"))["sequence"]
    for value in (5.0, 6.0, 7.0):
        shelf.put(a=state(value))
        frame = await next_frame(slot, "changes")
        assert frame["points"] == {"a": state(value)}
        assert frame["sequence"] == last + 1
        last = frame["sequence"]
    await hub.detach(slot)


async def test_what_does_not_belong_to_a_topic_does_not_use_up_its_numbers(hub, shelf):
    shelf.put(a=state(1.0), c=state(1.0))
    base, house = hub.attach("base"), hub.attach("house:h1")
    before = (await next_frame(base, "snapshot"))["sequence"]
    await next_frame(house, "snapshot")
    shelf.put(c=state(9.0))
    await next_frame(house, "changes")
    shelf.put(a=state(2.0))
    frame = await next_frame(base, "changes")
    assert frame["points"] == {"a": state(2.0)}
    assert frame["sequence"] == before + 1
    await hub.detach(base)
    await hub.detach(house)


async def test_the_same_value_again_is_no_news(hub, shelf):
    shelf.put(a=state(1.0))
    slot = hub.attach("base")
    before = (await next_frame(slot, "snapshot"))["sequence"]
    shelf.put(a=state(1.0))
    assert (await next_frame(slot, "beat"))["sequence"] == before
    await hub.detach(slot)


async def test_a_slow_socket_finds_a_snapshot_and_delays_nobody(hub, shelf):
    """The slow one takes nothing while three changes pass; the quick one gets each of them."""
    shelf.put(a=state(0.0))
    slow, quick = hub.attach("base"), hub.attach("base")
    await next_frame(slow, "snapshot")
    await next_frame(quick, "snapshot")
    for value in (1.0, 2.0, 3.0):
        shelf.put(a=state(value))
        seen = await next_frame(quick, "changes")
        assert seen["points"]["a"]["value"] == value
    caught_up = whole(await asyncio.wait_for(slow.take(), 5))
    assert caught_up["type"] == "snapshot"
    assert caught_up["points"]["a"]["value"] == 3.0
    assert caught_up["sequence"] == seen["sequence"]
    await hub.detach(slow)
    await hub.detach(quick)


async def test_a_beat_that_nobody_took_makes_no_snapshot_of_the_news_after_it(hub, shelf):
    """A snapshot is the largest frame: it is for those who missed something."""
    shelf.put(a=state(1.0))
    slot, witness = hub.attach("base"), hub.attach("base")
    last = (await next_frame(slot, "snapshot"))["sequence"]
    await next_frame(witness, "beat")
    shelf.put(a=state(2.0))
    await next_frame(witness, "changes")
    frame = json.loads(await asyncio.wait_for(slot.take(), 5))
    assert (frame["type"], frame["sequence"]) == ("changes", last + 1)
    await hub.detach(slot)
    await hub.detach(witness)


async def test_frames_tell_which_pages_fit_them(hub, shelf):
    shelf.version = "build.base"
    slot = hub.attach("base")
    assert (await next_frame(slot, "snapshot"))["version"] == "build.base"
    shelf.version = None
    assert (await next_frame(slot, "beat"))["version"] == "build.base"
    shelf.version = "build.another"
    while (await next_frame(slot, "beat"))["version"] != "build.another":
        pass
    await hub.detach(slot)


async def test_a_page_that_missed_a_frame_gets_a_snapshot_and_one_that_did_not_goes_on(hub, shelf):
    shelf.put(a=state(1.0))
    slot = hub.attach("base")
    known = await next_frame(slot, "snapshot")
    slot.resume(known["sequence"], known["epoch"])
    assert json.loads(await asyncio.wait_for(slot.take(), 5))["type"] == "beat"
    slot.resume(known["sequence"] - 1, known["epoch"])
    assert json.loads(await asyncio.wait_for(slot.take(), 5))["type"] == "snapshot"
    slot.resume(known["sequence"], "another epoch")
    assert json.loads(await asyncio.wait_for(slot.take(), 5))["type"] == "snapshot"
    await hub.detach(slot)


async def test_silence_is_broken_by_beats_that_repeat_the_last_number(hub, shelf):
    shelf.put(a=state(1.0))
    slot = hub.attach("base")
    known = (await next_frame(slot, "snapshot"))["sequence"]
    beats = [await next_frame(slot, "beat") for _ in range(3)]
    assert [beat["sequence"] for beat in beats] == [known] * 3
    assert all(beat["points"] == {} and beat["counts"] == COUNTS for beat in beats)
    await hub.detach(slot)


async def test_a_failing_store_is_said_and_comes_back_by_itself(hub, shelf, caplog):
    caplog.set_level(logging.INFO)
    shelf.put(a=state(1.0))
    slot = hub.attach("base")
    await next_frame(slot, "snapshot")
    shelf.failure = "the disk is gone"
    while (await next_frame(slot, "beat"))["store"] != "unavailable":
        pass
    for _ in range(3):
        assert (await next_frame(slot, "beat"))["store"] == "unavailable"
    shelf.put(a=state(2.0))
    shelf.failure = None
    back = await next_frame(slot, "changes")
    assert back["store"] == "ok"
    assert back["points"] == {"a": state(2.0)}
    lines = [record.getMessage() for record in caplog.records if record.name == "greenhouse.console.live.hub"]
    assert lines == ["the store does not answer: the disk is gone", "the store answers again"]
    await hub.detach(slot)


async def test_after_an_unexpected_fault_old_and_new_pages_go_on(hub, shelf, caplog):
    """Logged once with its traceback, told as a store that does not answer; the reader starts again by itself."""
    shelf.put(a=state(1.0))
    old = hub.attach("base")
    await next_frame(old, "snapshot")
    shelf.defect = ValueError("'x' is not a valid Unit")
    while (await next_frame(old, "beat"))["store"] != "unavailable":
        pass
    tasks = len(asyncio.all_tasks())
    new = hub.attach("base")
    assert (await next_frame(new, "snapshot"))["store"] == "unavailable"
    for _ in range(3):
        assert (await next_frame(old, "beat"))["store"] == "unavailable"
    assert len(asyncio.all_tasks()) <= tasks + 1, "the reader may run once only"
    shelf.put(a=state(2.0))
    shelf.defect = None
    for slot in (old, new):
        while (frame := await next_frame(slot, "changes", "snapshot"))["store"] != "ok":
            pass
        assert frame["points"] == {"a": state(2.0)}
    (record,) = (record for record in caplog.records if record.levelname == "ERROR")
    assert record.exc_info[0] is ValueError
    await hub.detach(old)
    await hub.detach(new)
    assert len(asyncio.all_tasks()) == 1


async def test_a_frame_that_cannot_be_written_does_not_silence_the_pages(hub, shelf):
    shelf.put(a=state(1.0))
    slot = hub.attach("base")
    await next_frame(slot, "snapshot")
    shelf.put(a=state(float("inf")))
    await next_frame(slot, "beat")
    await next_frame(slot, "beat")
    shelf.put(a=state(3.0))
    assert (await next_frame(slot, "changes"))["points"] == {"a": state(3.0)}
    await hub.detach(slot)


async def test_a_topic_ends_with_its_last_page(hub, shelf):
    """Or everyone who asks for another topic leaves one more that each look has to write frames for."""
    shelf.put(a=state(1.0))
    stays, first, second = hub.attach("base"), hub.attach("house:h1"), hub.attach("house:h1")
    await next_frame(stays, "snapshot")
    await hub.detach(first)
    assert hub.topics == {"base", "house:h1"}
    await hub.detach(second)
    assert hub.topics == {"base"}
    newcomer = hub.attach("house:h2")
    await hub.detach(newcomer)
    assert hub.topics == {"base"}
    await hub.detach(stays)


async def test_who_comes_while_the_store_fails_is_told_so(hub, shelf):
    shelf.failure = "not there"
    slot = hub.attach("base")
    first = await next_frame(slot, "snapshot")
    assert first["store"] == "unavailable"
    assert first["points"] == {}
    await hub.detach(slot)


async def test_beats_go_on_while_the_store_hangs(hub, shelf):
    shelf.put(a=state(1.0))
    slot = hub.attach("base")
    await next_frame(slot, "snapshot")
    shelf.may_look.clear()
    while (await next_frame(slot, "beat"))["store"] != "unavailable":
        pass
    shelf.put(a=state(2.0))
    shelf.may_look.set()
    assert (await next_frame(slot, "changes"))["store"] == "ok"
    await hub.detach(slot)


async def test_the_reader_stops_with_the_last_socket_and_starts_a_new_epoch_with_the_next(hub, shelf):
    shelf.put(a=state(1.0))
    first, second = hub.attach("base"), hub.attach("base")
    before = (await next_frame(first, "snapshot"))["epoch"]
    await hub.detach(first)
    assert hub.is_reading
    await hub.detach(second)
    assert not hub.is_reading
    assert shelf.is_closed
    again = hub.attach("base")
    assert (await next_frame(again, "snapshot"))["epoch"] != before
    await hub.detach(again)


async def test_a_socket_that_leaves_before_its_first_frame_leaves_nothing_behind(hub):
    slot = hub.attach("base")
    await hub.detach(slot)
    assert not hub.is_reading


class Bellman:
    """Nudges the hub from another thread, as a listener does."""

    def __init__(self, nudge: Callable[[], None]) -> None:
        self.nudge = nudge
        self.is_heard = False

    def start(self) -> None:
        self.is_heard = True

    def stop(self) -> None:
        self.is_heard = False


async def test_a_nudge_brings_the_next_look_forward_and_storms_of_them_do_not(shelf):
    """Without nudges this hub would look once a minute."""
    bellmen: list[Bellman] = []

    def hear(nudge: Callable[[], None]) -> Bellman:
        bellmen.append(Bellman(nudge))
        return bellmen[-1]

    hub = Hub(lambda: shelf, utc_now=lambda: NOW, hear=hear, look_every_s=60.0, beat_every_s=60.0)
    shelf.put(a=state(1.0))
    slot = hub.attach("base")
    assert (await next_frame(slot, "snapshot"))["points"].keys() == {"a"}
    (bellman,) = bellmen
    assert bellman.is_heard
    for value in (2.0, 3.0):
        shelf.put(a=state(value))
        for _ in range(50):
            await asyncio.to_thread(bellman.nudge)
        assert (await next_frame(slot, "changes"))["points"]["a"]["value"] == value
    await hub.detach(slot)
    assert not bellman.is_heard
    bellman.nudge()  # one that was under way


async def test_no_nudge_shortens_the_pause_while_the_store_does_not_answer(shelf):
    """It would only knock at its door."""
    bellmen: list[Bellman] = []

    def hear(nudge: Callable[[], None]) -> Bellman:
        bellmen.append(Bellman(nudge))
        return bellmen[-1]

    shelf.failure = "away"
    hub = Hub(lambda: shelf, utc_now=lambda: NOW, hear=hear, look_every_s=1.0, beat_every_s=0.01)
    slot = hub.attach("base")
    assert (await next_frame(slot, "beat", "snapshot"))["store"] == "unavailable"
    looks = shelf.looks
    for _ in range(50):
        bellmen[0].nudge()
        await asyncio.sleep(0)
    assert (await next_frame(slot, "beat"))["store"] == "unavailable"
    assert shelf.looks == looks
    await hub.detach(slot)
