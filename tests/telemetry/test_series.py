"""Reading samples: the newest, what changed, buckets of time."""

from __future__ import annotations

import json
import math
import random
from datetime import timedelta

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devices.samples import Quality
from greenhouse.telemetry import ingest, series
from tests.telemetry.conftest import LATER, START, after, reading, series_of

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])

AIR, HUMIDITY = "h1-climate.air_temperature", "h1-climate.relative_humidity"
DIRECTION, MODE = "weather.wind_direction", "h1-climate.operating_mode"
MINUTE = timedelta(minutes=1)


def bucket(point: str, seconds: float = 60.0):
    """The first bucket of a point, as a mapping."""
    frame = series.window([point], START, after(seconds), timedelta(seconds=seconds))
    assert len(frame) == 1
    return frame.iloc[0].to_dict()


def test_the_newest_of_some_points_leaves_the_others_out(write):
    write(reading({AIR: 20.0, HUMIDITY: 60.0}))
    assert set(series.latest()) == {AIR, HUMIDITY}
    assert set(series.latest([AIR, "ghost.value"])) == {AIR}
    assert series.latest([]) == {}


def test_a_first_look_gives_everything_and_the_next_only_what_changed(write):
    write(reading({AIR: 20.0, HUMIDITY: 60.0}))
    cursor, changed = series.since({})
    assert {key: sample.value for key, sample in changed.items()} == {AIR: 20.0, HUMIDITY: 60.0}
    write(reading({AIR: 21.0}, after(1)))
    cursor, changed = series.since(cursor)
    assert {key: sample.value for key, sample in changed.items()} == {AIR: 21.0}
    assert series.since(cursor) == (cursor, {})


def test_a_cursor_survives_json(write):
    write(reading({AIR: 20.0}))
    cursor, _changed = series.since({})
    assert series.since(json.loads(json.dumps(cursor))) == (cursor, {})


def test_two_writers_are_followed_each_by_its_own_ticks(write):
    write(reading({AIR: 20.0}))
    write(reading({AIR: 20.5}, after(1)))
    cursor, _changed = series.since({})
    write(reading({HUMIDITY: 60.0}), writer="second")
    cursor, changed = series.since(cursor)
    assert set(changed) == {HUMIDITY}
    assert cursor == {"control": 2, "second": 1}


def test_a_store_that_was_put_back_from_a_backup_is_read_anew(write):
    """Its tick is below the reader's: nothing the reader knows is true any more."""
    write(reading({AIR: 20.0}))
    _cursor, changed = series.since({"control": 900})
    assert set(changed) == {AIR}


def test_a_look_at_an_unchanged_store_is_one_query(write, index):
    write(reading({AIR: 20.0}))
    cursor, _changed = series.since({}, index=index)
    with (
        CaptureQueriesContext(connections["default"]) as main,
        CaptureQueriesContext(connections["telemetry"]) as store,
    ):
        series.since(cursor, index=index)
    assert (len(main), len(store)) == (0, 1)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(looks=st.lists(st.booleans(), max_size=12), seed=st.integers(0, 10_000))
def test_a_reader_that_looks_at_any_moments_ends_with_what_is_newest(write, looks, seed):
    """Whatever the order of writes and looks, folding the changes gives the same as reading everything."""
    draw = random.Random(seed)
    cursor, known = series.since({})
    for look in looks:
        points = {key: draw.uniform(0, 40) for key in draw.sample([AIR, HUMIDITY, DIRECTION], k=draw.randint(1, 3))}
        write(reading(points, after(draw.randint(0, 60))), writer=draw.choice(["control", "second"]))
        if look:
            cursor, changed = series.since(cursor)
            known |= changed
    _cursor, changed = series.since(cursor)
    assert known | changed == series.latest()


def test_buckets_hold_minimum_mean_maximum_and_count(write):
    write(*series_of([10.0, 20.0, 30.0, 5.0, 40.0, 15.0]))
    found = bucket(AIR)
    assert (found["minimum"], found["mean"], found["maximum"], found["count"]) == (5.0, 20.0, 40.0, 6)
    assert found["start"] == START


def test_a_gap_stays_a_gap(write):
    """A value holds until it would be late (130 s if recorded on change); beyond that there is no row."""
    write(reading({AIR: 20.0}, after(30)), reading({AIR: 22.0}, after(330)))
    frame = series.window([AIR], START, after(420), MINUTE)
    assert list(frame["start"]) == [START, after(60), after(120), after(300), after(360)]
    assert list(frame["count"]) == [1, 0, 0, 1, 0]
    assert list(frame["coverage"]) == pytest.approx([0.5, 1.0, 40 / 60, 0.5, 1.0])


def test_a_span_includes_its_start_and_not_its_end(write):
    write(reading({AIR: 20.0}, after(0)), reading({AIR: 30.0}, after(60)))
    assert bucket(AIR)["maximum"] == 20.0


def test_bad_values_are_counted_and_not_averaged(write):
    """A reading of 655.3 °C that was marked bad is kept in the history and out of the mean: 10 s of 20, 30 s of 21."""
    write(
        reading({AIR: 20.0}, after(0)),
        reading({AIR: 655.3}, after(10), quality=Quality.BAD),
        reading({AIR: math.nan}, after(20), quality=Quality.BAD),
        reading({AIR: 21.0}, after(30), quality=Quality.UNCERTAIN),
    )
    found = bucket(AIR)
    assert (found["mean"], found["maximum"], found["count"], found["unusable"]) == (20.75, 21.0, 2, 2)
    assert found["coverage"] == pytest.approx(40 / 60)


def test_a_bucket_of_bad_values_alone_has_no_mean(write):
    write(reading({AIR: 655.3}, quality=Quality.BAD))
    found = bucket(AIR)
    assert math.isnan(found["mean"])
    assert math.isnan(found["maximum"])
    assert (found["count"], found["unusable"]) == (0, 1)


@pytest.mark.parametrize(
    ("directions", "mean"),
    [([350.0, 10.0], 0.0), ([90.0, 90.0], 90.0), ([180.0, 270.0], 225.0), ([300.0, 0.0, 60.0], 0.0)],
)
def test_the_mean_wind_direction_is_the_direction_of_the_summed_vectors(write, directions, mean):
    """350° and 10° are north, not south."""
    write(*series_of(directions, point=DIRECTION))
    found = bucket(DIRECTION, 10.0 * len(directions))
    assert math.cos(math.radians(found["mean"] - mean)) == pytest.approx(1.0, abs=1e-9)
    assert 0.0 <= found["mean"] < 360.0
    assert math.isnan(found["minimum"])


def test_opposite_winds_have_no_mean_direction(write):
    write(*series_of([0.0, 180.0], point=DIRECTION))
    assert math.isnan(bucket(DIRECTION, 20.0)["mean"])


def test_a_mode_has_no_mean(write):
    """Half automatic and half manual is not mode 1.5."""
    write(*series_of([1.0, 2.0], point=MODE))
    found = bucket(MODE)
    assert math.isnan(found["mean"])
    assert (found["minimum"], found["maximum"]) == (1.0, 2.0)


def test_several_points_come_in_order(write):
    write(reading({HUMIDITY: 60.0, AIR: 20.0, DIRECTION: 90.0}), reading({AIR: 21.0}, after(450)), now=after(460))
    frame = series.window([DIRECTION, HUMIDITY, AIR, "ghost.value"], START, after(900), 5 * MINUTE)
    assert list(zip(frame["point"], frame["start"], strict=True)) == [
        (AIR, START),
        (AIR, after(300)),
        (HUMIDITY, START),
        (DIRECTION, START),
    ]


def test_a_span_without_samples_has_the_same_columns(index):
    frame = series.window([AIR], START, after(60), MINUTE)
    assert len(frame) == 0
    assert list(frame.columns) == ["point", "start", "minimum", "mean", "maximum", "count", "unusable", "coverage"]
    assert str(frame["start"].dtype).startswith("datetime64")


@pytest.mark.parametrize(("end_s", "step_s"), [(0, 60), (-60, 60), (60, 0), (60, -1)])
def test_a_span_without_length_is_refused(index, end_s, step_s):
    with pytest.raises(ValueError, match="no buckets"):
        series.window([AIR], START, after(end_s), timedelta(seconds=step_s))


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.lists(st.floats(-40, 80), min_size=1, max_size=40), step_s=st.integers(1, 50))
def test_buckets_of_any_length_hold_every_sample_once(index, values, step_s):
    with connections["telemetry"].cursor() as cursor:
        cursor.execute("DELETE FROM telemetry_sample")
    readings = series_of(values)
    tick = ingest.last_tick("control") + 1
    ingest.record(readings, ids=index.ids, writer="control", tick=tick, now=LATER)
    end = after(len(values) * 10.0)
    frame = series.window([AIR], START, end, timedelta(seconds=step_s))
    assert frame["count"].sum() == len(values)
    lengths_s = [min(step_s, (end - start).total_seconds()) for start in frame["start"]]
    assert (frame["mean"] * lengths_s).sum() == pytest.approx(10.0 * sum(values), abs=1e-6)
    assert (frame["coverage"] == 1.0).all()
    assert frame["minimum"].min() == min(values)
    assert frame["maximum"].max() == max(values)
