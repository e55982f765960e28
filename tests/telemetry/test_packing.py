"""Packing, late samples, roll-ups and deleting: at every step each sample is seen exactly once."""

from __future__ import annotations

import logging
import math
import random
from datetime import timedelta
from itertools import pairwise

import pytest
from django.db import connections
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devices.samples import Quality, Reason
from greenhouse.telemetry import ingest, series, store
from greenhouse.telemetry.levels import day_of
from greenhouse.telemetry.packing import PointTraits, merge_late, pack
from greenhouse.telemetry.retention import prune, prune_packed, retention_of
from greenhouse.telemetry.rollups import roll_up
from greenhouse.telemetry.upkeep import Upkeep
from tests.telemetry.conftest import START, after, reading, series_of

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])

AIR, HUMIDITY, TOTAL = "h1-climate.air_temperature", "h1-climate.relative_humidity", "meter.total_volume"
DIRECTION, MODE = "weather.wind_direction", "h1-climate.operating_mode"
POINTS = [AIR, HUMIDITY, TOTAL, DIRECTION, MODE]
HOUR, MINUTE, DAY = timedelta(hours=1), timedelta(minutes=1), timedelta(days=1)
MIDNIGHT_S = 18 * 3600.0
"""From the start of the tests, 06:00 UTC, to the end of that day."""


def count(table: str) -> int:
    with connections["telemetry"].cursor() as cursor:
        cursor.execute(f"SELECT COUNT(*) FROM {table}")
        return cursor.fetchone()[0]


def run(*generators) -> None:
    """All slices of some work."""
    for generator in generators:
        for _slice in generator:
            pass


def keep_up(index, seconds: float) -> None:
    """All that is due at a moment after the start of the test."""
    Upkeep(index).run(now=after(seconds), monotonic_s=0.0, for_s=math.inf, is_now_sure=True)


def some_day(write, *, step_s: float = 60.0, start_s: float = 0.0, end_s: float = 30 * 3600.0, seed: int = 1) -> None:
    """Readings of some points over a day and a quarter, with gaps, bad ones, and huge integers."""
    draw = random.Random(seed)
    readings = []
    for i in range(int(start_s // step_s), int(end_s // step_s)):
        if 200 < i % 500 < 240:
            continue
        values = {
            AIR: round(20 + 5 * math.sin(i / 200) + draw.gauss(0, 0.1), 1),
            HUMIDITY: draw.uniform(40, 90),
            TOTAL: 2**60 + i,
            DIRECTION: draw.uniform(0, 360),
            MODE: float(draw.choice([1, 2, 3])),
        }
        at = after(i * step_s + draw.random())
        is_bad = draw.random() < 0.02
        quality, reason = (Quality.BAD, Reason.OUT_OF_RANGE) if is_bad else (Quality.GOOD, Reason.NONE)
        readings.append(reading(values, at, quality=quality, reason=reason))
    write(*readings, now=after(end_s))


def everything(index) -> dict:
    """All samples by point, as a reader sees them."""
    return {key: series.samples(key, START - 30 * DAY, START + 60 * DAY, index=index).samples for key in POINTS}


def assert_same(one: dict, other: dict) -> None:
    assert {key: len(samples) for key, samples in one.items()} == {key: len(samples) for key, samples in other.items()}
    assert all(samples.is_same(other[key]) for key, samples in one.items())


def test_each_sample_is_seen_once_after_every_slice_of_packing(write, index):
    some_day(write)
    before = everything(index)
    assert len(before[AIR]) > 1500
    for _slice in pack(PointTraits(index), after(31 * 3600)):
        assert_same(everything(index), before)
    assert count("telemetry_chunk") == 2 * len(POINTS)
    assert store.packed().packed_until_ms == store.packed().frozen_until_ms > 0


def test_each_sample_is_seen_once_when_its_rows_are_gone(write, index):
    some_day(write)
    before = everything(index)
    run(pack(PointTraits(index), after(31 * 3600)))
    while prune(after(31 * 3600)):
        pass
    assert count("telemetry_sample") == 0
    assert_same(everything(index), before)


def test_packing_that_was_cut_off_goes_on_where_it_was(write, index):
    """Dropped after any number of slices and begun again, as after a kill."""
    some_day(write, step_s=300.0)
    before = everything(index)
    for slices in range(40):
        for done, _slice in enumerate(pack(PointTraits(index), after(31 * 3600))):
            if done == slices:
                break
        assert_same(everything(index), before)
    run(pack(PointTraits(index), after(31 * 3600)))
    assert_same(everything(index), before)
    assert series.samples(AIR, after(0), after(10**6)).unreadable == ()


def test_rows_are_deleted_in_slices_the_oldest_first(write, index):
    write(*series_of([float(i) for i in range(10)]))
    run(pack(PointTraits(index), after(3600)))
    assert [prune(after(65), rows=4) for _ in range(3)] == [4, 3, 0]
    assert (count("telemetry_sample"), prune(after(3600)), count("telemetry_sample")) == (3, 3, 0)
    assert len(series.samples(AIR, START, after(100)).samples) == 10
    assert series.latest()[AIR].value == 9.0


def test_years_without_a_sample_are_stepped_over(write, index):
    """The clock of the machine began in 1970, until somebody set it."""
    write(reading({AIR: 1.0}, START - timedelta(days=20_000)), reading({AIR: 2.0}), now=after(1))
    assert sum(1 for _slice in pack(PointTraits(index), after(3600))) < 20
    found = series.samples(AIR, START - timedelta(days=20_001), after(3600)).samples
    assert found.values.tolist() == [1.0, 2.0]
    assert count("telemetry_chunk") == 2


def test_rows_that_are_not_packed_are_never_deleted(write, index):
    """Whatever a wrong clock says."""
    some_day(write)
    before = everything(index)
    prune(after(10**9))
    assert_same(everything(index), before)


def test_late_samples_of_packed_time_are_seen_at_once_and_merged_later(write, index):
    some_day(write)
    run(pack(PointTraits(index), after(31 * 3600)))
    rows = count("telemetry_sample")
    late = [reading({AIR: 55.5}, after(3000.0)), reading({TOTAL: 2**61 + 1}, after(3001.0))]
    write(*late, now=after(31 * 3600))
    seen = everything(index)
    assert 55.5 in seen[AIR].values
    assert 2**61 + 1 in seen[TOTAL].exact.values()
    assert (count("telemetry_late"), count("telemetry_sample")) == (2, rows)
    for _slice in merge_late(PointTraits(index)):
        assert_same(everything(index), seen)
    assert count("telemetry_late") == 0
    assert_same(everything(index), seen)


def test_a_sample_that_comes_again_after_packing_stays_one(write, index):
    some_day(write, end_s=7200.0)
    before = everything(index)
    run(pack(PointTraits(index), after(31 * 3600)))
    some_day(write, end_s=7200.0)
    assert_same(everything(index), before)
    run(merge_late(PointTraits(index)))
    assert_same(everything(index), before)


def test_two_values_of_one_moment_are_two_samples(write, index):
    write(reading({AIR: 20.0}), reading({AIR: 21.0}))
    write(reading({AIR: 21.0}), reading({AIR: 20.0}))
    assert sorted(series.samples(AIR, START, after(1)).samples.values) == [20.0, 21.0]
    run(pack(PointTraits(index), after(3600)))
    write(reading({AIR: 22.0}), reading({AIR: 21.0}), now=after(3600))
    run(merge_late(PointTraits(index)))
    assert sorted(series.samples(AIR, START, after(1)).samples.values) == [20.0, 21.0, 22.0]


def test_a_clock_that_was_ahead_loses_no_sample(write, index):
    """Packed by a clock an hour ahead; after it was set back, the hour's samples are late ones."""
    some_day(write, end_s=3600.0)
    run(pack(PointTraits(index), after(2 * 3600)))
    some_day(write, start_s=3600.0, end_s=7200.0, seed=2)
    seen = everything(index)
    keep_up(index, 2 * 3600)
    assert count("telemetry_late") == 0
    assert_same(everything(index), seen)


def damage(table: str, point_id: int) -> None:
    """Change a byte of each chunk of a point."""
    with connections["telemetry"].cursor() as cursor:
        cursor.execute(f"SELECT data FROM {table} WHERE point_id = %s LIMIT 1", (point_id,))
        data = bytearray(cursor.fetchone()[0])
        data[len(data) // 2] ^= 1
        cursor.execute(f"UPDATE {table} SET data = %s WHERE point_id = %s", (bytes(data), point_id))


def test_a_damaged_chunk_is_a_gap_with_its_reason_and_the_rest_stays_readable(write, index, caplog):
    some_day(write)
    before = everything(index)
    keep_up(index, 31 * 3600)
    damage("telemetry_chunk", index.ids[AIR])
    with caplog.at_level(logging.ERROR):
        first, again = (series.samples(AIR, START, after(40 * 3600)) for _ in range(2))
    assert [record.name for record in caplog.records] == ["greenhouse.telemetry.store"] * 2  # one for each day
    assert [gap.reason for gap in first.unreadable] == ["the checksum does not agree"] * 2
    assert (first.unreadable[0].start, first.unreadable[0].end) == (after(-6 * 3600), after(MIDNIGHT_S))
    assert len(first.samples) < len(before[AIR]) // 2
    assert len(again.samples) == len(first.samples)
    frame = series.window([AIR, HUMIDITY], START, after(20 * 3600), timedelta(seconds=7))
    assert {gap.point for gap in frame.attrs["unreadable"]} == {AIR}
    assert HUMIDITY in set(frame["point"])
    assert AIR in set(series.window([AIR], START, after(MIDNIGHT_S), HOUR)["point"])  # its roll-up is sound


def test_samples_of_a_day_whose_chunk_is_damaged_are_kept_as_rows(write, index):
    """Neither packing nor a late sample writes over what might be repaired."""
    some_day(write, end_s=3600.0)
    run(pack(PointTraits(index), after(2 * 3600)))
    damage("telemetry_chunk", index.ids[AIR])
    some_day(write, start_s=2 * 3600.0, end_s=3 * 3600.0)
    seen = everything(index)
    write(reading({AIR: 55.5}, after(10.0)), now=after(4 * 3600))
    keep_up(index, 4 * 3600)
    while prune(after(4 * 3600)):
        pass
    found = series.samples(AIR, START, after(40 * 3600))
    assert len(found.samples) == len(seen[AIR]) + 1
    assert len(found.unreadable) == 1
    assert len(everything(index)[HUMIDITY]) == len(seen[HUMIDITY])


LEVELS = {60: MINUTE, 900: 15 * MINUTE, 3600: HOUR}


@pytest.mark.parametrize("step", [MINUTE, 15 * MINUTE, HOUR, 5 * MINUTE, 6 * HOUR, DAY])
def test_a_window_is_the_same_from_roll_ups_as_from_samples(write, index, step):
    some_day(write)
    start, end = after(-6 * 3600), after(42 * 3600)
    before = series.window(POINTS, start, end, step)
    keep_up(index, 31 * 3600)
    assert count("telemetry_rollup") == 3 * len(POINTS)
    assert len(store.due_days(list(index.ids.values()), 0, 10**6)) == len(POINTS)  # today's
    assert_frames_agree(series.window(POINTS, start, end, step), before)


def assert_frames_agree(found, expected) -> None:
    """Alike to the bit, but for means, which roll-ups keep to a 65,535th of their range."""
    assert list(found["start"]) == list(expected["start"])
    for column in ("point", "minimum", "maximum", "count", "unusable", "coverage"):
        assert found[column].equals(expected[column]), column
    is_linear = ~found["point"].isin([DIRECTION, MODE])
    width = (expected["maximum"] - expected["minimum"]).where(is_linear).fillna(0.0)
    allowed = width / 65535 + expected["mean"].abs().fillna(0.0) * 1e-15 + 1e-12
    assert ((found["mean"] - expected["mean"]).abs().where(is_linear).fillna(0.0) <= allowed).all()
    assert (found["mean"].isna() == expected["mean"].isna()).all()


def test_a_late_sample_is_in_every_window_at_once_and_in_the_roll_ups_later(write, index):
    some_day(write)
    keep_up(index, 31 * 3600)
    write(reading({AIR: -3.0}, after(5000.0)), now=after(31 * 3600))
    start = after(-6 * 3600)
    for step in (MINUTE, HOUR, DAY):
        assert series.window([AIR], start, after(MIDNIGHT_S), step)["minimum"].min() == -3.0
    seen = series.window([AIR], start, after(MIDNIGHT_S), HOUR)
    keep_up(index, 31 * 3600)
    assert index.ids[AIR] not in store.due_days([index.ids[AIR]], day_of(0), day_of(store.packed().packed_until_ms) - 1)
    assert_frames_agree(series.window([AIR], start, after(MIDNIGHT_S), HOUR), seen)


def test_a_damaged_roll_up_is_made_again(write, index, caplog):
    some_day(write)
    keep_up(index, 31 * 3600)
    start = after(-6 * 3600)
    expected = series.window([AIR], start, after(MIDNIGHT_S), HOUR)
    damage("telemetry_rollup", index.ids[AIR])
    assert_frames_agree(series.window([AIR], start, after(MIDNIGHT_S), HOUR), expected)
    write(reading({AIR: 21.0}, after(5000.0)), now=after(31 * 3600))
    keep_up(index, 31 * 3600)
    caplog.clear()
    assert series.window([AIR], start, after(MIDNIGHT_S), HOUR)["count"].sum() == expected["count"].sum() + 1
    assert caplog.records == []


def test_what_is_older_than_it_is_kept_goes_level_by_level(write, index, settings):
    """Samples first, minutes next; hours stay."""
    settings.TELEMETRY_KEEP_DAYS = {"rows": 1, "samples": 10, "minute": 20, "quarter_hour": 40, "hour": None}
    some_day(write, step_s=300.0)
    keep_up(index, 31 * 3600)
    start, end = after(-6 * 3600), after(MIDNIGHT_S)

    def counted(step) -> int:
        return int((series.window([AIR], start, end, step)["count"] > 0).sum())

    def left(step) -> bool:
        """Whether there is more to see than the quarters of an hour, which stand in for finer levels."""
        return counted(step) > (counted(15 * MINUTE) if step < 15 * MINUTE else 0)

    found = []
    for days in (5, 15, 30, 100):
        keep_up(index, days * 86400.0)
        found.append([left(timedelta(seconds=7)), left(MINUTE), left(15 * MINUTE), left(HOUR)])
    assert found == [[True] * 4, [False, True, True, True], [False, False, True, True], [False, False, False, True]]
    assert series.latest()[AIR].value is not None


def test_a_shortened_retention_deletes_years_of_chunks_in_small_transactions(write, index, settings):
    settings.TELEMETRY_KEEP_DAYS = {"rows": 1, "samples": 10, "minute": None, "quarter_hour": None, "hour": None}
    some_day(write, step_s=300.0)
    keep_up(index, 31 * 3600)
    columns = "n, first_ms, last_ms, minimum, mean, maximum, covered_ms, data"
    with connections["telemetry"].cursor() as cursor:
        for day in range(250):  # the day of the chunk is all that its deletion looks at
            cursor.execute(
                f"INSERT INTO telemetry_chunk (point_id, day, {columns}) "
                f"SELECT point_id, %s, {columns} FROM telemetry_chunk WHERE point_id = %s AND day > 1000 LIMIT 1",
                (day, index.ids[AIR]),
            )
    left = [count("telemetry_chunk")]
    slices = prune_packed(index.ids.values(), retention_of(settings.TELEMETRY_KEEP_DAYS), after(100 * 86400.0))
    left += [count("telemetry_chunk") for _slice in slices]
    assert left[0] > 250
    assert left[-1] == 0
    assert max(before - now for before, now in pairwise(left)) == 100


def test_by_a_clock_that_may_be_wrong_only_rows_go_that_are_packed(write, index, settings):
    settings.TELEMETRY_KEEP_DAYS = {"rows": 1, "samples": 10, "minute": 20, "quarter_hour": 40, "hour": None}
    some_day(write, step_s=300.0)
    keep_up(index, 31 * 3600)
    packed = count("telemetry_chunk"), count("telemetry_rollup")
    Upkeep(index).run(now=after(100 * 86400.0), monotonic_s=0.0, for_s=math.inf, is_now_sure=False)
    assert count("telemetry_sample") == 0
    assert count("telemetry_chunk") >= packed[0]
    assert count("telemetry_rollup") >= packed[1]
    keep_up(index, 100 * 86400.0)
    assert count("telemetry_chunk") == 0


def test_a_sample_later_than_samples_are_kept_harms_no_roll_up(write, index, settings, caplog):
    settings.TELEMETRY_KEEP_DAYS = {"rows": 1, "samples": 10, "minute": 20, "quarter_hour": 40, "hour": None}
    some_day(write, step_s=300.0)
    keep_up(index, 31 * 3600)
    keep_up(index, 15 * 86400.0)
    hours = series.window([AIR], after(-6 * 3600), after(MIDNIGHT_S), HOUR)
    write(reading({AIR: 99.0}, after(5000.0)), now=after(15 * 86400.0))
    keep_up(index, 15 * 86400.0)
    assert_frames_agree(series.window([AIR], after(-6 * 3600), after(MIDNIGHT_S), HOUR), hours)
    assert "1 samples came so late" in caplog.text


@pytest.mark.parametrize("clock", ["in doubt", "just set"])
def test_a_clock_in_doubt_drops_no_late_sample_and_rolls_none_up(write, index, settings, caplog, clock):
    """A clock that stands two weeks ahead makes a sample look too late; when it is right it is one like any other."""
    settings.TELEMETRY_KEEP_DAYS = {"rows": 1, "samples": 10, "minute": 20, "quarter_hour": 40, "hour": None}
    some_day(write, step_s=300.0)
    keep_up(index, 31 * 3600)
    write(reading({AIR: 99.0}, after(5000.0)), now=after(15 * 86400.0))
    hours = series.window([AIR], after(-6 * 3600), after(MIDNIGHT_S), HOUR)
    upkeep = Upkeep(index)
    if clock == "just set":
        upkeep.delete_nothing_for_a_day(0.0)
    for monotonic_s in (0.0, 100.0):
        is_sure = clock == "just set"
        upkeep.run(now=after(15 * 86400.0), monotonic_s=monotonic_s, for_s=math.inf, is_now_sure=is_sure)
    assert count("telemetry_late") == 1
    assert "came so late" not in caplog.text
    keep_up(index, 32 * 3600)
    assert count("telemetry_late") == 0
    assert hours["maximum"].max() == 99.0
    assert_frames_agree(series.window([AIR], after(-6 * 3600), after(MIDNIGHT_S), HOUR), hours)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000))
def test_any_order_of_writes_and_upkeep_keeps_every_sample_once(index, seed):
    """Young and late samples, repeated ones, packing cut off anywhere, rows deleted: the union of what was written."""
    with connections["telemetry"].cursor() as cursor:
        for table in ("sample", "late", "chunk", "rollup", "rollup_due", "packed"):
            cursor.execute(f"DELETE FROM telemetry_{table}")
    draw, traits, written, clock_s = random.Random(seed), PointTraits(index), set(), 0.0
    for _step in range(16):
        clock_s += draw.expovariate(1 / 2000.0)
        new = [
            (round(clock_s - draw.choice([0, 0, 10, 5000, 90_000]) - draw.random() * 100, 3), draw.choice([1.5, 2.5]))
            for _ in range(draw.randint(0, 8))
        ]
        again = draw.sample(sorted(written), k=min(len(written), 2))
        readings = [reading({AIR: value}, after(at_s)) for at_s, value in (*new, *again)]
        tick = ingest.last_tick("control") + 1
        ingest.record(readings, ids=index.ids, writer="control", tick=tick, now=after(clock_s))
        written |= set(new)
        for work in (pack(traits, after(clock_s)), merge_late(traits), roll_up(traits)):
            for _slice in range(draw.choice([0, 1, 3, 100])):
                next(work, None)
        if draw.random() < 0.3:
            prune(after(clock_s))
        found = series.samples(AIR, START - 30 * DAY, START + 60 * DAY, index=index).samples
        seconds = ((found.ts_ms - store_ms(START)) / 1000).tolist()
        assert sorted(zip(seconds, found.values.tolist(), strict=True)) == sorted(written)
        if draw.random() < 0.3:
            hours = series.window([AIR], after(-30 * 86400), after(60 * 86400), HOUR, index=index)
            assert hours["count"].sum() == len(written)


def store_ms(moment) -> int:
    return int(moment.timestamp() * 1000)
