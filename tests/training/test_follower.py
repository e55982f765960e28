"""A process follows the stored clock: it hears of a change in time, and goes back not even if it does not."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.db import OperationalError

from greenhouse.base_clock import LIVE, BaseClock, Pacing
from greenhouse.training.errors import ClockStands
from greenhouse.training.follower import LOOK_EVERY_S, FollowedClock
from tests.paced import START


class Shelf:
    """A stored clock, and a machine whose time a test holds."""

    def __init__(self) -> None:
        self.clock: BaseClock | Exception = BaseClock("a-clock", START, "this boot", 1000.0, 1.0, 1.0)
        self.now_s = 1000.0
        self.looks = 0

    def look(self) -> BaseClock:
        self.looks += 1
        if isinstance(self.clock, Exception):
            raise self.clock
        return self.clock

    def follow(self) -> FollowedClock:
        return FollowedClock(self.look, machine_s=lambda: self.now_s)


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def follow(shelf: Shelf) -> Iterator[Callable[[], FollowedClock]]:
    followed: list[FollowedClock] = []

    def one() -> FollowedClock:
        followed.append(shelf.follow())
        return followed[-1]

    yield one
    for each in followed:
        each.stop()


def look_again(shelf: Shelf) -> None:
    before, over_at_s = shelf.looks, time.monotonic() + 20 * LOOK_EVERY_S
    while shelf.looks < before + 2:
        assert time.monotonic() < over_at_s
        time.sleep(0.01)  # the follower looks in a thread of its own


def test_it_reads_base_time_from_memory(shelf: Shelf, follow: Callable[[], FollowedClock]) -> None:
    followed = follow()
    assert followed.read() == (START, 1.0)
    shelf.now_s += 10.0
    assert (followed.read()[0] - START).total_seconds() == 10.0
    assert shelf.looks <= 2


def test_a_change_is_heard_of_before_it_comes(shelf: Shelf, follow: Callable[[], FollowedClock]) -> None:
    one, other = follow(), follow()
    one.read(), other.read()
    assert isinstance(shelf.clock, BaseClock)
    shelf.clock = shelf.clock.with_pace(600.0, boot_s=shelf.now_s)
    look_again(shelf)
    look_again(shelf)
    assert one.read() == other.read() == (START, 1.0)
    assert one.pacing() == LIVE
    shelf.now_s += 3.0
    assert one.read() == other.read()
    assert (one.read()[0] - START).total_seconds() == 2.0 + 600.0
    assert one.pacing() == Pacing(600.0, 1.0, START + timedelta(seconds=2))


def test_whoever_heard_too_late_stands_until_the_others_have_come_up(
    shelf: Shelf, follow: Callable[[], FollowedClock]
) -> None:
    assert isinstance(shelf.clock, BaseClock)
    fast = BaseClock("a-clock", START, "this boot", 1000.0, 600.0, 600.0)
    shelf.clock, followed = fast, follow()
    followed.read()
    slow = fast.with_pace(1.0, boot_s=shelf.now_s)
    shelf.now_s += 4.0  # two seconds on at the old pace, as after a store that did not answer
    ahead = followed.read()[0]
    shelf.clock = slow
    look_again(shelf)
    assert followed.read()[0] == ahead > slow.at(shelf.now_s)
    shelf.now_s += 1300.0
    assert followed.read()[0] == slow.at(shelf.now_s) > ahead


def test_it_goes_on_while_the_store_does_not_answer(shelf: Shelf, follow: Callable[[], FollowedClock]) -> None:
    followed = follow()
    followed.read()
    shelf.clock = OperationalError("the database is locked")
    look_again(shelf)
    shelf.now_s += 5.0
    assert (followed.read()[0] - START).total_seconds() == 5.0


def test_a_clock_that_stands_is_told_to_every_reader(shelf: Shelf, follow: Callable[[], FollowedClock]) -> None:
    shelf.clock = ClockStands("make train")
    followed = follow()
    faults: list[BaseException] = []

    def read() -> None:
        try:
            followed.read()
        except ClockStands as error:
            faults.append(error)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert len(faults) == 3
