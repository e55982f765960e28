"""Readings wait for the store, in order, and no longer than memory allows."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

import numpy as np
import pytest

from devices.samples import Origin, Reading
from scheduler.inbox import Inbox


def reading(number: int) -> Reading:
    """A reading that can be told from others by its value."""
    return Reading(
        points=("h1.air",),
        values=np.array([float(number)]),
        quality=np.zeros(1, np.uint8),
        reason=np.zeros(1, np.uint8),
        observed_at=datetime(2026, 11, 23, tzinfo=UTC),
        origin=Origin.SIMULATED,
    )


def numbers(inbox: Inbox) -> list[int]:
    return [int(item.values[0]) for item in inbox.take(1000)]


def test_readings_that_could_not_be_stored_stay_ahead_of_newer_ones() -> None:
    """A locked store must not turn time around."""
    inbox = Inbox()
    inbox.put(reading(1))
    inbox.put(reading(2))
    taken = inbox.take(1000)
    inbox.put(reading(3))
    inbox.put_back(taken)
    assert numbers(inbox) == [1, 2, 3]
    assert numbers(inbox) == []


def test_a_full_inbox_drops_the_oldest_and_says_so_once(caplog: pytest.LogCaptureFixture) -> None:
    """The newest values matter most, and a loss is never silent."""
    inbox = Inbox(capacity_samples=3)
    with caplog.at_level(logging.ERROR):
        for number in range(5):
            inbox.put(reading(number))
        assert numbers(inbox) == [2, 3, 4]
    assert [record.getMessage() for record in caplog.records] == [
        "the store has not answered for so long that the oldest samples are dropped",
        "2 samples were dropped while the store did not answer",
    ]


def test_readings_put_back_into_a_full_inbox_lose_their_oldest() -> None:
    """What no longer fits goes from the old end."""
    inbox = Inbox(capacity_samples=3)
    for number in (1, 2):
        inbox.put(reading(number))
    taken = inbox.take(1000)
    for number in (3, 4):
        inbox.put(reading(number))
    inbox.put_back(taken)
    assert numbers(inbox) == [2, 3, 4]


def test_a_slice_holds_no_more_samples_than_asked_but_always_one_reading() -> None:
    """A long outage is caught up in short transactions; one large block alone still passes."""
    inbox = Inbox()
    for number in range(5):
        inbox.put(reading(number))
    assert [[int(item.values[0]) for item in inbox.take(2)] for _ in range(4)] == [[0, 1], [2, 3], [4], []]
    inbox.put(reading(7))
    assert len(inbox.take(0)) == 1
