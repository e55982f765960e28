"""Samples in buckets: against an oracle that walks millisecond by millisecond, and roll-ups of roll-ups."""

from __future__ import annotations

import math
from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.samples import Quality
from greenhouse.telemetry.buckets import MeanKind, Span, bucket, combine, pack_buckets, unpack_buckets
from greenhouse.telemetry.columns import from_rows

_QUALITIES = st.sampled_from([Quality.GOOD, Quality.UNCERTAIN, Quality.BAD])
_ROWS = st.lists(
    st.tuples(st.integers(-40, 160), st.none() | st.floats(-1e6, 1e6), st.none(), _QUALITIES, st.just(0), st.just(0)),
    max_size=25,
)
_SPAN = Span(0, 120, 20)


def walk(samples, span: Span, *, hold_ms: int, known_until_ms: int):
    """Buckets found the slow way: which sample holds in each single millisecond."""
    found = defaultdict(lambda: {"held": [], "own": [], "count": 0, "unusable": 0})
    rows = list(zip(samples.ts_ms.tolist(), samples.values.tolist(), samples.quality.tolist(), strict=True))
    usable = [quality < Quality.BAD and not math.isnan(value) for _, value, quality in rows]
    for i, (ts, value, _) in enumerate(rows):
        until = min(ts + hold_ms, known_until_ms, rows[i + 1][0] if i + 1 < len(rows) else 10**9)
        for moment in range(max(ts, span.start_ms), min(until, span.end_ms)):
            if usable[i]:
                found[moment // span.resolution_ms]["held"].append(value)
        if span.start_ms <= ts < span.end_ms:
            its = found[ts // span.resolution_ms]
            its["count" if usable[i] else "unusable"] += 1
            if usable[i]:
                its["own"].append(value)
    return found


@settings(deadline=None)
@given(_ROWS, st.integers(1, 60), st.integers(-10, 200))
def test_buckets_hold_what_a_walk_through_each_millisecond_finds(rows, hold_ms, known_until_ms):
    samples = from_rows(rows)
    found = bucket(samples, _SPAN, MeanKind.ARITHMETIC, hold_ms=hold_ms, known_until_ms=known_until_ms)
    walked = walk(samples, _SPAN, hold_ms=hold_ms, known_until_ms=known_until_ms)
    assert found.start_ms.tolist() == sorted(20 * number for number in walked)
    for i, number in enumerate(sorted(walked)):
        its = walked[number]
        assert (found.count[i], found.unusable[i]) == (its["count"], its["unusable"])
        assert found.covered_ms[i] == len(its["held"])
        values = its["held"] + its["own"]
        assert found.minimum[i] == min(values, default=math.nan) or not values
        assert found.maximum[i] == max(values, default=math.nan) or not values
        weighed = its["held"] or its["own"]
        expected = sum(weighed) / len(weighed) if weighed else math.nan
        assert found.mean[i] == pytest.approx(expected, rel=1e-9, abs=1e-6, nan_ok=True)


@settings(deadline=None)
@given(_ROWS, st.integers(1, 60), st.sampled_from(MeanKind))
def test_a_roll_up_of_roll_ups_equals_the_direct_one(rows, hold_ms, kind):
    samples = from_rows(rows)
    fine, coarse = Span(0, 120, 20), Span(0, 120, 60)
    direct = bucket(samples, coarse, kind, hold_ms=hold_ms, known_until_ms=200)
    of_rollups = combine(bucket(samples, fine, kind, hold_ms=hold_ms, known_until_ms=200), coarse, kind)
    for column in ("start_ms", "count", "unusable", "covered_ms", "minimum", "maximum"):
        np.testing.assert_array_equal(getattr(of_rollups, column), getattr(direct, column))
    np.testing.assert_allclose(of_rollups.resultant, direct.resultant, atol=1e-9)
    if kind is MeanKind.DIRECTION:
        steady = direct.resultant > 1e-3  # where hardly a direction is left, rounding turns it
        turned = np.radians(of_rollups.mean - direct.mean)[steady]
        np.testing.assert_allclose(np.cos(turned), np.ones(steady.sum()), atol=1e-9)
    else:
        np.testing.assert_allclose(of_rollups.mean, direct.mean, rtol=1e-9, atol=1e-6)


@settings(deadline=None)
@given(_ROWS, st.sampled_from(MeanKind))
def test_packed_buckets_come_back(rows, kind):
    """All to the bit but the mean, which is exact to 1/65,535 of its range."""
    buckets = bucket(from_rows(rows), _SPAN, kind, hold_ms=30, known_until_ms=200)
    back = unpack_buckets(pack_buckets(buckets, kind), kind)
    for column in ("start_ms", "count", "unusable", "covered_ms", "minimum", "maximum"):
        np.testing.assert_array_equal(getattr(back, column), getattr(buckets, column))
    width = np.full(len(buckets), 360.0) if kind is MeanKind.DIRECTION else buckets.maximum - buckets.minimum
    np.testing.assert_array_equal(np.isnan(back.mean), np.isnan(buckets.mean))
    assert (np.nan_to_num(np.abs(back.mean - buckets.mean)) <= np.nan_to_num(width) / 65535 + 1e-9).all()


def test_a_dip_never_averages_away():
    """One reading of -3 °C in an hour of 8 °C is the hour's minimum at every level."""
    rows = [(i * 5000, -3.0 if i == 400 else 8.0, None, 0, 0, 0) for i in range(720)]
    samples, hour = from_rows(rows), 3_600_000
    minutes = bucket(samples, Span(0, hour, 60_000), MeanKind.ARITHMETIC, hold_ms=10_000, known_until_ms=hour)
    (of_hour,) = combine(minutes, Span(0, hour, hour), MeanKind.ARITHMETIC).minimum
    assert of_hour == -3.0


def test_a_point_recorded_on_change_has_the_mean_of_its_polls():
    """Ten minutes of steep change among fifty quiet ones weigh a sixth, however many samples they have."""
    quiet = [(i * 60_000, 20.0, None, 0, 0, 0) for i in range(50)]
    steep = [(3_000_000 + i * 5000, 25.0 if i % 2 else 23.0, None, 0, 0, 0) for i in range(120)]
    found = bucket(
        from_rows(quiet + steep),
        Span(0, 3_600_000, 3_600_000),
        MeanKind.ARITHMETIC,
        hold_ms=120_000,
        known_until_ms=10**7,
    )
    assert found.mean[0] == pytest.approx((50 * 20 + 10 * 24) / 60)
    assert found.covered_ms[0] == 3_600_000


def test_huge_values_have_a_mean():
    rows = [(i * 10, 1.7e308, None, 0, 0, 0) for i in range(5)]
    found = bucket(from_rows(rows), Span(0, 50, 50), MeanKind.ARITHMETIC, hold_ms=20, known_until_ms=50)
    assert found.mean[0] == 1.7e308


def test_nothing_is_known_beyond_the_last_tick():
    """The newest sample does not fill a minute that has not come yet."""
    found = bucket(
        from_rows([(0, 20.0, None, 0, 0, 0)]),
        Span(0, 180_000, 60_000),
        MeanKind.ARITHMETIC,
        hold_ms=120_000,
        known_until_ms=15_000,
    )
    assert (found.start_ms.tolist(), found.covered_ms.tolist()) == ([0], [15_000])
