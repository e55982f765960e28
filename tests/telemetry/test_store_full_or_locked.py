"""The disk is full, or another program holds the file: nothing is lost or half done, and control goes on."""

from __future__ import annotations

import logging
import math
import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from django.db import DatabaseError, connections

from greenhouse.telemetry import ingest, series
from greenhouse.telemetry.recorder import Recorder
from greenhouse.telemetry.upkeep import Upkeep
from tests.telemetry.conftest import START, after, reading

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "telemetry"])

AIR = "h1-climate.air_temperature"


@pytest.fixture(autouse=True)
def only_sqlite(transactional_db):
    if connections["telemetry"].vendor != "sqlite":
        pytest.skip("a full disk is the server's matter; the transaction fails there in the same way")


def pragma(statement: str) -> int:
    with connections["telemetry"].cursor() as cursor:
        cursor.execute(f"PRAGMA {statement}")
        return cursor.fetchone()[0]


@contextmanager
def full_disk() -> Iterator[None]:
    """The file cannot grow by a page."""
    with connections["telemetry"].cursor() as cursor:
        cursor.execute("VACUUM")  # no free page is left inside
    before = pragma("max_page_count")
    pragma(f"max_page_count = {pragma('page_count')}")
    yield
    pragma(f"max_page_count = {before}")


@contextmanager
def locked() -> Iterator[None]:
    """Another program holds the write lock, for longer than anybody waits."""
    pragma("busy_timeout = 50")
    with closing(sqlite3.connect(connections["telemetry"].settings_dict["NAME"], isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")
    pragma("busy_timeout = 5000")


def polls(first: int, last: int) -> list:
    draw = random.Random(first)
    return [reading({AIR: 20.0 + i % 7 + draw.random() / 2}, after(i)) for i in range(first, last)]


@pytest.mark.parametrize(("trouble", "message"), [(full_disk, "full"), (locked, "locked")])
def test_a_tick_that_cannot_be_stored_is_stored_later(index, trouble, message):
    """Nothing of it is there before, and the recorder chooses its samples again."""
    recorder = Recorder(index.records, index.quantities)

    def store(first: int, last: int, tick: int) -> None:
        ingest.record(
            polls(first, last), ids=index.ids, writer="control", tick=tick, now=after(last), recorder=recorder
        )

    store(0, 10, 1)
    with trouble(), pytest.raises(DatabaseError, match=message):
        store(10, 3000, 2)
    assert ingest.last_tick("control") == 1
    assert series.latest()[AIR].observed_at == after(9)
    assert len(series.samples(AIR, START, after(4000)).samples) == 10
    store(10, 3000, 2)
    assert len(series.samples(AIR, START, after(4000)).samples) == 3000
    assert series.latest()[AIR].observed_at == after(2999)


@pytest.mark.parametrize("trouble", [full_disk, locked])
def test_packing_that_cannot_write_loses_nothing_and_goes_on_later(index, trouble, caplog):
    """It is logged once; the control process does not notice."""
    ingest.record(polls(0, 6000), ids=index.ids, writer="control", tick=1, now=after(6000))
    before = series.samples(AIR, START, after(7000)).samples
    upkeep = Upkeep(index)
    with caplog.at_level(logging.ERROR), trouble():
        for minute in range(3):
            upkeep.run(now=after(10_000), monotonic_s=100.0 * minute, for_s=math.inf, is_now_sure=True)
            assert series.samples(AIR, START, after(7000)).samples.is_same(before)
            assert upkeep.lag_s(after(10_000)) == 10_000.0
    errors = [record for record in caplog.records if record.levelno >= logging.ERROR]  # on a busy machine others warn
    assert len(errors) == 1
    upkeep.run(now=after(10_000), monotonic_s=1000.0, for_s=math.inf, is_now_sure=True)
    assert upkeep.lag_s(after(10_000)) == 0.0
    assert series.samples(AIR, START, after(7000)).samples.is_same(before)
