"""Storing samples: nothing is lost, invented, rounded or half stored."""

from __future__ import annotations

import logging
import math
from datetime import datetime

import pytest
from django.db import DataError, connections

from devices.errors import LeaseLost
from devices.samples import Origin, Quality, Reason
from devices.units import Unit
from greenhouse.site.point_index import point_index
from greenhouse.telemetry import ingest, series
from tests.telemetry.conftest import START, after, reading

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])

AIR, HUMIDITY, TOTAL = "h1-climate.air_temperature", "h1-climate.relative_humidity", "meter.total_volume"


def stored(columns: str = "value") -> list[tuple]:
    with connections["telemetry"].cursor() as cursor:
        cursor.execute(f"SELECT {columns} FROM telemetry_sample ORDER BY ts_ms, point_id")
        return cursor.fetchall()


def test_a_sample_comes_back_as_it_went_in(write):
    """Value, quality, reason and origin, at the moment of the reply and not of the insert."""
    write(reading({AIR: -20.5}, quality=Quality.BAD, reason=Reason.OUT_OF_RANGE, origin=Origin.MEASURED), now=after(3))
    sample = series.latest()[AIR]
    assert (sample.point, sample.value, sample.unit) == (AIR, -20.5, Unit.DEGREE_CELSIUS)
    assert (sample.quality, sample.reason, sample.origin) == (Quality.BAD, Reason.OUT_OF_RANGE, Origin.MEASURED)
    assert sample.observed_at == START


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_stored_as_no_value_with_its_reason(write, value):
    write(reading({AIR: value}, quality=Quality.BAD, reason=Reason.NOT_FINITE))
    assert stored("value, quality, reason") == [(None, Quality.BAD, Reason.NOT_FINITE)]
    assert series.latest()[AIR].value is None


@pytest.mark.parametrize("value", [0.0, 1e-300, 0.1 + 0.2, -0.0, 1.7976931348623157e308])
def test_values_are_not_rounded(write, value):
    write(reading({AIR: value}))
    assert series.latest()[AIR].value == value


@pytest.mark.parametrize("total", [2**53 + 1, 2**63 - 1, 2**64 - 1])
def test_integers_beyond_a_float_stay_exact(write, total):
    write(reading({TOTAL: total}))
    assert series.latest()[TOTAL].value == total


def test_the_raw_number_behind_a_scaled_value_is_not_taken_for_it(write):
    """A counter of 0.1 m³: the exact raw number stands beside another value."""
    scaled = reading({TOTAL: 2**60 + 1})
    scaled.values[0] = (2**60 + 1) * 0.1
    write(scaled)
    assert series.latest()[TOTAL].value == pytest.approx((2**60 + 1) * 0.1, rel=1e-15)


def test_an_older_sample_does_not_replace_a_newer_one(write):
    """It still belongs to the history."""
    write(reading({AIR: 20.0}, after(10)), reading({AIR: 19.0}, after(5)))
    write(reading({AIR: 18.0}, after(0)))
    assert series.latest()[AIR].value == 20.0
    assert stored() == [(18.0,), (19.0,), (20.0,)]


def test_the_same_sample_twice_is_stored_once(write):
    write(reading({AIR: 20.0}))
    write(reading({AIR: 20.0}))
    assert stored() == [(20.0,)]


def test_a_tick_of_which_a_part_is_stored_already_brings_the_rest(write):
    """A commit whose answer was lost is tried again, together with what has come meanwhile."""
    write(reading({AIR: 20.0, HUMIDITY: 60.0}))
    write(reading({AIR: 20.0, HUMIDITY: 60.0}), reading({AIR: 21.0, HUMIDITY: math.nan}, after(1)))
    assert stored() == [(20.0,), (60.0,), (21.0,), (None,)]
    assert series.latest()[AIR].value == 21.0


def test_several_values_of_one_moment_are_each_stored_once(write):
    """Within a tick and from tick to tick; integers that look alike as floats are two values."""
    write(reading({TOTAL: 2**53}), reading({TOTAL: 2**53 + 1}), reading({TOTAL: 7.0}), reading({TOTAL: 7.0}))
    write(reading({TOTAL: 2**53 + 1}), reading({TOTAL: 8.0}), reading({AIR: 20.0}), reading({TOTAL: 8.0}))
    found = {(value, exact): nth for value, exact, nth in stored("value, exact, nth") if value != 20.0}
    assert found == {(2.0**53, None): 0, (2.0**53, str(2**53 + 1)): 1, (7.0, None): 2, (8.0, None): 3}
    assert len(stored()) == 5


def test_every_column_of_a_tick_stays_with_its_sample(write):
    """Missing values and exact integers stand between others."""
    values = {AIR: math.nan, HUMIDITY: -0.5, TOTAL: 2**64 - 1}
    write(
        reading(values, quality=Quality.UNCERTAIN, reason=Reason.NOT_FINITE, origin=Origin.ESTIMATED),
        reading({AIR: 1e-300}, after(1), origin=Origin.MEASURED),
    )
    assert stored("value, exact, nth, quality, reason, origin") == [
        (None, None, 0, Quality.UNCERTAIN, Reason.NOT_FINITE, 2),
        (-0.5, None, 0, Quality.UNCERTAIN, Reason.NOT_FINITE, 2),
        (2.0**64, str(2**64 - 1), 0, Quality.UNCERTAIN, Reason.NOT_FINITE, 2),
        (1e-300, None, 0, Quality.GOOD, Reason.NONE, 0),
    ]


def test_a_clock_that_was_ahead_does_not_freeze_the_newest_value(write):
    """After the clock is set back an hour, values go on at once, not in an hour."""
    write(reading({AIR: 20.0}, after(3600)), now=after(3600))
    write(reading({AIR: 21.0}, after(0)), now=after(0))
    assert series.latest()[AIR].value == 21.0


def test_a_sample_of_an_unknown_point_is_left_out_and_told_once(write, caplog):
    with caplog.at_level(logging.ERROR):
        first = write(reading({AIR: 20.0, "ghost.value": 1.0}))
        second = write(reading({"ghost.value": 2.0}, after(1)))
    assert (first.samples, first.unknown) == (1, 1)
    assert (second.samples, second.unknown) == (0, 1)
    assert [record.message for record in caplog.records] == [
        "samples of points that are not in the base are left out: ghost.value"
    ]
    assert stored() == [(20.0,)]


def test_a_tick_that_is_not_newer_stores_nothing(write, index):
    """Two processes that write under one name are found out."""
    write(reading({AIR: 20.0}))
    with pytest.raises(ingest.TickNotNewer):
        ingest.record([reading({AIR: 21.0}, after(1))], ids=index.ids, writer="control", tick=1, now=after(1))
    assert stored() == [(20.0,)]
    assert series.latest()[AIR].value == 20.0


def test_a_tick_that_fails_halfway_leaves_nothing_behind(write, index):
    """The tick number goes in first; a row that the database cannot take brings it out again."""
    with pytest.raises((OverflowError, DataError)):
        ingest.record([reading({AIR: 20.0})], ids={AIR: 2**70}, writer="control", tick=1, now=START)
    assert ingest.last_tick("control") == 0
    assert stored() == []


def test_a_tick_without_readings_shows_that_the_writer_lives(write):
    write()
    write(now=after(1))
    assert ingest.last_tick("control") == 2
    assert series.committed_at() == {"control": after(1)}


def test_a_writer_that_never_wrote_begins_at_nothing(db):
    assert ingest.last_tick("control") == 0


def test_a_naive_time_is_refused(write):
    with pytest.raises(TypeError):
        write(reading({AIR: 20.0}, datetime(2026, 11, 23)))  # noqa: DTZ001  (the point of the test)
    assert stored() == []


class Overtaken:
    """The fence of a process that does not control any more."""

    token = 1

    def require(self, using: str) -> None:
        assert connections[using].in_atomic_block
        raise LeaseLost("control")


def test_a_tick_of_a_process_that_was_overtaken_is_refused_whole(write):
    """Neither its samples nor its number are stored."""
    write(reading({AIR: 20.0}))
    before = ingest.last_tick("control")
    with pytest.raises(LeaseLost):
        ingest.record(
            [reading({AIR: 30.0}, after(5))],
            ids=point_index().ids,
            writer="control",
            tick=before + 1,
            now=after(6),
            fence=Overtaken(),
        )
    assert ingest.last_tick("control") == before
    assert stored() == [(20.0,)]


class OvertakenMeanwhile:
    """The fence of a process that still controlled when a tick was tried first."""

    token = 1

    def __init__(self) -> None:
        self.asked = 0

    def require(self, using: str) -> None:
        self.asked += 1
        if self.asked > 1:
            raise LeaseLost("control")


def test_a_tick_that_is_tried_again_shows_its_token_again(write):
    """A sample that is there already takes the first try back; in between another process may have taken over."""
    write(reading({AIR: 20.0}))
    before, fence = ingest.last_tick("control"), OvertakenMeanwhile()
    with pytest.raises(LeaseLost):
        ingest.record(
            [reading({AIR: 20.0, HUMIDITY: 60.0})],
            ids=point_index().ids,
            writer="control",
            tick=before + 1,
            now=after(6),
            fence=fence,
        )
    assert (fence.asked, ingest.last_tick("control"), stored()) == (2, before, [(20.0,)])
