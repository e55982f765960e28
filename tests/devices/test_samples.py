"""Freshness: how old a value is against how often it should come, computed in one place."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.samples import Freshness, Quality, Reason, freshness, freshness_limits

FROM_FRESH_TO_DEAD = [Freshness.LIVE, Freshness.LATE, Freshness.STALE, Freshness.DEAD]


def at_age(age_s: float, *, interval_s: float) -> Freshness:
    return freshness(age=timedelta(seconds=age_s), interval_s=interval_s)


@pytest.mark.parametrize(
    ("age_s", "expected"),
    [
        (0, Freshness.LIVE),
        (10, Freshness.LIVE),
        (10.001, Freshness.LATE),
        (300, Freshness.LATE),
        (300.001, Freshness.STALE),
        (900, Freshness.STALE),
        (900.001, Freshness.DEAD),
    ],
)
def test_a_value_polled_every_five_seconds_ages(age_s, expected):
    """Late after two intervals; stale after five and dead after fifteen minutes: longer than 3 and 6 of them."""
    assert at_age(age_s, interval_s=5) is expected


@pytest.mark.parametrize(
    ("age_s", "expected"),
    [
        (7200, Freshness.LIVE),
        (7201, Freshness.LATE),
        (10800, Freshness.LATE),
        (10801, Freshness.STALE),
        (21600, Freshness.STALE),
        (21601, Freshness.DEAD),
    ],
)
def test_a_value_polled_every_hour_ages_by_intervals(age_s, expected):
    """Two, three and six of them."""
    assert at_age(age_s, interval_s=3600) is expected


def test_a_value_from_the_future_is_not_live():
    """The clock jumped: nobody knows how old it is. Two intervals of skew are forgiven."""
    assert at_age(-10, interval_s=5) is Freshness.LIVE
    assert at_age(-10.001, interval_s=5) is Freshness.STALE
    assert at_age(-86400, interval_s=5) is Freshness.STALE


@given(interval_s=st.floats(0.1, 86400))
def test_limits_follow_one_another(interval_s):
    limits = freshness_limits(interval_s)

    assert 0 < limits.late_after_s < limits.stale_after_s < limits.dead_after_s


@given(interval_s=st.floats(0.1, 86400), ages=st.lists(st.floats(0, 1e6), min_size=2, max_size=2))
def test_a_value_never_gets_fresher(interval_s, ages):
    younger, older = (FROM_FRESH_TO_DEAD.index(at_age(age, interval_s=interval_s)) for age in sorted(ages))

    assert younger <= older


def test_stored_numbers_keep_their_meaning():
    """They stand in databases of past years: a new reason gets a new number."""
    assert [quality.value for quality in (Quality.GOOD, Quality.UNCERTAIN, Quality.BAD)] == [0, 1, 2]
    assert {reason.name: reason.value for reason in Reason if reason <= Reason.CLOCK_SUSPECT} == {
        "NONE": 0,
        "OUT_OF_RANGE": 1,
        "NOT_FINITE": 2,
        "INVALID_WORD": 3,
        "ILLEGAL_ADDRESS": 4,
        "DEVICE_FAULT": 5,
        "COUNTER_RESET": 6,
        "SCALE_UNKNOWN": 7,
        "CLOCK_SUSPECT": 8,
    }
