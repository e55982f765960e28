"""Buckets of a chart: as many as can be seen, on round times of the base's day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenhouse.console.trends.steps import BUCKETS_PER_PX, MOST_BUCKETS, STEPS_S, grid

ZONES = st.sampled_from([ZoneInfo(name) for name in ("Asia/Shanghai", "UTC", "Asia/Kathmandu", "America/New_York")])
STARTS = st.integers(978_307_200_000_000, 3_440_000_000_000_000).map(
    lambda us: datetime.fromtimestamp(0, UTC) + timedelta(microseconds=us)
)
SPANS = st.timedeltas(timedelta(minutes=1), timedelta(days=366 * 20))


@given(start=STARTS, span=SPANS, width_px=st.integers(100, 4000), zone=ZONES)
def test_the_buckets_cover_the_span_and_are_not_too_many(start, span, width_px, zone):
    found = grid(start, start + span, width_px=width_px, zone=zone)
    start_ms, end_ms = start.timestamp() * 1000, (start + span).timestamp() * 1000
    assert found.start_ms <= start_ms < found.start_ms + found.step_ms
    assert found.end_ms - found.step_ms < end_ms <= found.end_ms + 1  # a microsecond is no bucket
    assert found.count <= max(min(MOST_BUCKETS, BUCKETS_PER_PX * width_px), -(-span.total_seconds() // STEPS_S[-1]) + 1)


@given(start=STARTS, span=SPANS)
def test_buckets_begin_at_round_times_of_the_bases_day(start, span):
    zone = ZoneInfo("Asia/Shanghai")
    found = grid(start, start + span, width_px=800, zone=zone)
    local = datetime.fromtimestamp(found.start_ms / 1000, zone)
    day = local.hour * 3600 + local.minute * 60 + local.second
    assert day % min(found.step_ms // 1000, 86_400) == 0


@pytest.mark.parametrize(
    ("span", "width_px", "step_s"),
    [
        (timedelta(hours=1), 1300, 5),
        (timedelta(days=1), 1300, 60),
        (timedelta(days=1), 330, 300),
        (timedelta(days=7), 1300, 900),
        (timedelta(days=30), 1300, 1800),
        (timedelta(days=100), 1300, 2 * 3600),
        (timedelta(days=101), 1300, 86_400),
        (timedelta(days=365), 1300, 86_400),
        (timedelta(days=365), 330, 86_400),
        (timedelta(days=3650), 1300, 7 * 86_400),
    ],
)
def test_usual_charts_have_the_steps_that_people_expect(span, width_px, step_s):
    start = datetime(2025, 11, 25, 6, 30, 20, tzinfo=UTC)
    assert grid(start, start + span, width_px=width_px, zone=ZoneInfo("Asia/Shanghai")).step_ms == 1000 * step_s
