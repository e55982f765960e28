"""A simulated past: as the store itself would have made it, up to the first own sample and never over it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from devices.errors import LeaseLost
from devices.samples import Origin
from greenhouse.telemetry import backfill, series, store
from greenhouse.telemetry.backfill import Kept, kept_days, past_of, store_past
from greenhouse.telemetry.buckets import unpack_buckets
from greenhouse.telemetry.codes import ORIGIN_CODES, to_ms
from greenhouse.telemetry.levels import DAY_MS, Level, day_of
from greenhouse.telemetry.packing import PointTraits
from greenhouse.telemetry.retention import retention_of
from greenhouse.telemetry.rollups import roll_up
from tests.telemetry.conftest import START, after, reading
from tests.telemetry.test_packing import AIR, DIRECTION, HUMIDITY, MODE, count, keep_up

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])

DAY, MINUTE, QUARTER, HOUR = timedelta(days=1), timedelta(minutes=1), timedelta(minutes=15), timedelta(hours=1)
END_DAY = day_of(to_ms(START))
EVER = retention_of({"rows": 2, "samples": None, "minute": None, "quarter_hour": None, "hour": None})
OWN = {AIR: 20.0, HUMIDITY: 70.0, DIRECTION: 10.0, MODE: 1.0}


class Unfenced:
    token = None

    def require(self, using):
        pass


class Lost:
    token = None

    def require(self, using):
        raise LeaseLost("control")


def minutes(days: int) -> np.ndarray:
    """Whole minutes from some days before the first own sample up to it."""
    return np.arange((END_DAY - days) * DAY_MS, to_ms(START), 60_000)


def made(index, key: str, *, days: int = 40, sample_days: int = 3, every: int = 1, until=START) -> backfill.Past:
    ts_ms = minutes(days)
    ts_ms = ts_ms[ts_ms < to_ms(until)][::every]
    wave = 20.0 + np.round(5.0 * np.sin(ts_ms / 9.0e6), 1)
    values = {DIRECTION: wave * 20.0 % 360.0, MODE: np.round(wave % 3.0)}.get(key, wave)
    kept = kept_days(to_ms(until), rollup_days=days, sample_days=sample_days, keep=EVER, now=after(60))
    return past_of(index.ids[key], ts_ms, values, PointTraits(index), until_ms=to_ms(until), kept=kept)


def stored(past: backfill.Past, index, fence=None) -> bool:
    return store_past(past, PointTraits(index), now=after(60), fence=fence or Unfenced())


@pytest.mark.parametrize("every", [1, 5], ids=["each minute", "each fifth"])
@pytest.mark.parametrize("key", [AIR, DIRECTION, MODE])
def test_its_roll_ups_are_those_that_the_store_makes_of_its_samples(index, write, key, every):
    write(reading(OWN))
    backfill.begin_packing()
    past = made(index, key, days=3, sample_days=3, every=every)
    traits, point_id = PointTraits(index), index.ids[key]
    store.save_chunks(past.chunks)
    for _slice in roll_up(traits):
        pass
    for row in past.rollups:
        ((_id, _day, data),) = store.rollups([point_id], row.level_s, row.first_day, row.first_day)
        theirs, mine = (unpack_buckets(each, traits.kind(point_id)) for each in (data, row.data))
        for name in ("start_ms", "minimum", "maximum", "mean", "resultant", "count", "unusable", "covered_ms"):
            np.testing.assert_array_equal(getattr(mine, name), getattr(theirs, name), err_msg=f"{row.level_s} {name}")


def test_it_ends_where_the_first_own_sample_stands_without_gap_or_overlap(index, write):
    write(*(reading(OWN, after(10.0 * i)) for i in range(60)))
    assert stored(made(index, AIR), index)
    backfill.begin_packing()
    frame = series.window([AIR], START - DAY, START + 10 * MINUTE, MINUTE, index=index)
    assert list(frame["start"].diff().dropna().unique()) == [MINUTE]
    assert frame["coverage"].min() == 1.0
    found = series.samples(AIR, START - 3 * DAY, START + DAY, index=index).samples
    assert len(np.unique(found.ts_ms)) == len(found) == (3 * 24 + 6) * 60 - 6 * 60 + 60
    assert (found.values[found.ts_ms >= to_ms(START)] == OWN[AIR]).all()
    assert (found.origin == ORIGIN_CODES[Origin.SIMULATED]).all()


def test_a_year_shows_before_anything_was_packed_and_stays_when_the_day_is(index, write):
    write(*(reading(OWN, after(10.0 * i)) for i in range(60)))
    backfill.begin_packing()
    assert stored(made(index, AIR), index)
    before = series.window([AIR], START - 39 * DAY - 6 * HOUR, START, HOUR, index=index)
    assert len(before) == 39 * 24 + 6
    write(reading(OWN, after(30 * 3600.0)), now=after(30 * 3600.0))
    keep_up(index, 40 * 3600.0)
    assert store.due_days([index.ids[AIR]], END_DAY - 40, END_DAY) == {}
    after_packing = series.window([AIR], START - 39 * DAY - 6 * HOUR, START, HOUR, index=index)
    np.testing.assert_allclose(after_packing["mean"], before["mean"], atol=1e-3)
    np.testing.assert_allclose(after_packing["coverage"], before["coverage"])


@pytest.mark.parametrize("step", [timedelta(seconds=30), MINUTE, 2 * MINUTE, 5 * MINUTE])
def test_where_only_quarters_of_an_hour_are_left_a_fine_chart_shows_those(index, write, step):
    write(reading(OWN))
    backfill.begin_packing()
    assert stored(made(index, AIR), index)
    span = (START - 20 * DAY, START - 20 * DAY + 3 * HOUR)
    quarters = series.window([AIR], *span, QUARTER, index=index)
    fine = series.window([AIR], *span, step, index=index)
    assert len(fine) == 3 * HOUR // step
    assert fine["count"].sum() == quarters["count"].sum() == 180
    assert fine["coverage"].min() == pytest.approx(1.0)
    of_quarter = fine["start"].dt.floor("15min")
    expected = quarters.set_index("start").loc[of_quarter, ["minimum", "mean", "maximum"]]
    np.testing.assert_array_equal(fine[["minimum", "mean", "maximum"]], expected)
    recent = series.window([AIR], START - 2 * DAY, START - 2 * DAY + HOUR, MINUTE, index=index)
    assert (recent["count"] == 1).all()


def test_a_point_gets_its_past_once(index, write):
    write(reading(OWN))
    past = made(index, AIR)
    assert stored(past, index)
    rows = [count(table) for table in ("telemetry_chunk", "telemetry_rollup", "telemetry_backfill")]
    assert not stored(past, index)
    assert [count(table) for table in ("telemetry_chunk", "telemetry_rollup", "telemetry_backfill")] == rows
    assert backfill.stored_points() == {index.ids[AIR]: after(60)}
    assert backfill.first_own_ms()[index.ids[AIR]] == to_ms(START)


def test_weeks_of_own_samples_are_never_touched(index, write):
    write(*(reading(OWN, after(60.0 * i)) for i in range(3 * 1440)), now=after(3 * 86_400.0))
    keep_up(index, 4 * 86_400.0)
    span = (START, START + 3 * DAY)
    samples = series.samples(AIR, *span, index=index).samples
    hours = series.window([AIR], *span, HOUR, index=index)
    assert stored(made(index, AIR), index)
    assert series.samples(AIR, *span, index=index).samples.is_same(samples)
    assert series.window([AIR], *span, HOUR, index=index).equals(hours)
    whole = series.window([AIR], START - 30 * DAY, START + 3 * DAY, HOUR, index=index)
    assert len(whole) == 33 * 24
    keep_up(index, 5 * 86_400.0)
    assert series.window([AIR], *span, HOUR, index=index).equals(hours)


def test_what_would_be_deleted_at_once_is_not_stored(index):
    keep = retention_of({"rows": 2, "samples": 5, "minute": 3, "quarter_hour": 30, "hour": None})
    now = START + 2 * DAY
    kept = kept_days(to_ms(START), rollup_days=365, sample_days=14, keep=keep, now=now)
    today = day_of(to_ms(now))
    assert kept == Kept(today - 5, {Level.MINUTE: today - 3, Level.QUARTER_HOUR: today - 30, Level.HOUR: END_DAY - 365})
    past = past_of(
        index.ids[AIR],
        minutes(40),
        np.ones(len(minutes(40))),
        PointTraits(index),
        until_ms=to_ms(START),
        kept=kept,
    )
    assert min(row.day for row in past.chunks) == today - 5
    assert min(row.first_ms for row in past.rollups if row.level_s == Level.QUARTER_HOUR) == (today - 30) * DAY_MS


def test_a_process_that_lost_its_lease_stores_nothing(index, write):
    write(reading(OWN))
    with pytest.raises(LeaseLost):
        stored(made(index, AIR), index, Lost())
    assert [count(table) for table in ("telemetry_chunk", "telemetry_rollup", "telemetry_backfill")] == [0, 0, 0]


def test_a_damaged_chunk_of_own_samples_is_not_written_over(index, write, caplog, monkeypatch):
    monkeypatch.setattr(store, "_reported", set())  # other tests damage the same one
    write(*(reading(OWN, after(60.0 * i)) for i in range(60)), now=after(3600.0))
    keep_up(index, 7200.0)
    point_id = index.ids[AIR]
    ((_id, _day, data),) = store.chunks([point_id], END_DAY, END_DAY)
    damaged = data[:-1] + bytes([data[-1] ^ 1])
    row = next(row for row in made(index, AIR).chunks if row.day == END_DAY)
    store.save_chunks([replace(row, data=damaged)])
    assert stored(made(index, AIR), index)
    ((_id, _day, there),) = store.chunks([point_id], END_DAY, END_DAY)
    assert there == damaged
    assert "cannot be read" in caplog.text


def test_a_point_of_which_nothing_is_known_has_an_empty_past(index, write):
    write(reading(OWN))
    nothing = past_of(
        index.ids[AIR],
        np.empty(0, np.int64),
        np.empty(0),
        PointTraits(index),
        until_ms=to_ms(START),
        kept=Kept(0, dict.fromkeys(Level, 0)),
    )
    assert stored(nothing, index)
    assert count("telemetry_chunk") == 0
    assert index.ids[AIR] in backfill.stored_points()
