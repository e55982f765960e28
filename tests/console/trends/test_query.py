"""Addresses of charts: what is understood, and what is refused in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.http import QueryDict
from django.utils import translation

from greenhouse.console.trends.query import MOST_POINTS, BadQuery, Compare, TrendQuery, read_query

NOW = datetime(2026, 11, 25, 6, 30, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Shanghai")


def read(address: str) -> TrendQuery:
    with translation.override("en"):
        return read_query(QueryDict(address), now=NOW, zone=ZONE)


def test_without_anything_the_last_day_is_meant():
    query = read("")
    assert (query.points, query.hours, query.is_live) == ((), 24, True)
    assert (query.start, query.end) == (NOW - timedelta(days=1), NOW)


def test_points_keep_their_order_and_come_once():
    assert read("points=b.x,a.x,b.x&points=c.x").points == ("b.x", "a.x", "c.x")


def test_what_is_no_key_is_counted_and_left_out():
    query = read("points=a.x,../etc,%00,a.x%00,<script>,A.X,,a")
    assert (query.points, query.malformed) == (("a.x",), 6)


def test_a_time_without_a_zone_is_the_bases_own():
    query = read("from=2026-11-24T08:00&to=2026-11-24T09:00:30%2B08:00")
    assert query.start == datetime(2026, 11, 24, 0, 0, tzinfo=UTC)
    assert query.end == datetime(2026, 11, 24, 1, 0, 30, tzinfo=UTC)
    assert not query.is_live


def test_a_plus_that_the_address_lost_is_still_a_zone():
    assert read("from=2026-11-24T08:00:00+08:00&to=2026-11-24T02:00Z").start == datetime(2026, 11, 24, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1d", Compare(days_back=1)), ("365d", Compare(days_back=365)), ("g1-a", Compare(compartment="g1-a"))],
)
def test_a_comparison_is_with_other_days_or_another_house(text, expected):
    assert read(f"compare={text}").compare == expected
    assert str(expected) == text


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("from=2026-11-25T00:00&to=2026-11-24T00:00", "lies after its end"),
        ("from=2026-11-25T00:00&to=2026-11-25T00:00", "lies after its end"),
        ("from=2026-11-25T00:00", "both its start and its end"),
        ("from=2026-11-25T00:00&to=2026-11-25T00:00:30", "shorter than a minute"),
        ("from=2000-01-01T00:00&to=2099-01-01T00:00", "longer than twenty years"),
        ("from=0001-01-01T00:00&to=2026-01-01T00:00", "must look like"),
        ("from=2026-01-01T00:00&to=9999-12-31T23:59", "must look like"),
        ("from=2026-13-01T00:00&to=2026-12-31T23:59", "must look like"),
        ("from=yesterday&to=today", "must look like"),
        ("from=%00&to=%00", "must look like"),
        ("hours=0", "whole number of hours"),
        ("hours=-1", "whole number of hours"),
        ("hours=1e3", "whole number of hours"),
        ("hours=٣", "whole number of hours"),
        ("hours=999999999999999", "whole number of hours"),
        (f"hours={'9' * 5000}", "whole number of hours"),
        ("compare=0d", "earlier days"),
        ("compare=<script>", "earlier days"),
        (f"compare={'h' * 51}", "earlier days"),
        ("points=" + ",".join(f"a.p{n}" for n in range(MOST_POINTS + 1)), "at most 20 points; 21 were"),
        ("points=" + ",".join(f"a.p{n}" for n in range(10_000)), "10000 were"),
    ],
)
def test_an_address_that_no_chart_can_be_drawn_of_is_refused_in_words(address, why):
    with pytest.raises(BadQuery, match=why):
        read(address)


def test_what_was_typed_is_not_said_back():
    with pytest.raises(BadQuery) as refused:
        read("from=<script>alert(1)</script>&to=2026-01-01T00:00")
    assert "script" not in str(refused.value)


@pytest.mark.parametrize(("width", "expected"), [("", 800), ("0", 800), ("1", 100), ("99999", 4000), ("x", 800)])
def test_a_width_is_one_that_a_drawing_can_have(width, expected):
    assert read(f"width={width}").width_px == expected
