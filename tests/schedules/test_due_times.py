"""When schedules are due, by the calendar of the base and by intervals."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenhouse.schedules.due_times import Daily, DueTimes, Every, due_times, next_due

ORDOS = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 11, 25, 4, tzinfo=UTC)

moments = st.floats(0, 365 * 86_400).map(lambda s: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=s))
whens = st.one_of(
    st.builds(Every, st.floats(1, 200_000)),
    st.builds(Daily, st.times(), st.sampled_from([ORDOS, ZoneInfo("Europe/Berlin"), ZoneInfo("UTC")])),
)


@given(whens, moments, st.timedeltas(timedelta(0), timedelta(days=3)))
def test_the_next_due_time_and_the_list_of_due_times_agree(when, last, span):
    """One by one, or all at once."""
    until = last + span
    one_by_one, at = [], last
    while len(one_by_one) < 50 and (at := next_due(when, at, after=at)) <= until:
        one_by_one.append(at)
    found = due_times(when, last, until=until, most=50)
    if not one_by_one:
        assert found is None
    elif found.count <= 50:
        assert found == DueTimes(len(one_by_one), one_by_one[0], tuple(one_by_one))
    else:
        assert found.first == one_by_one[0]


@given(whens, moments, moments)
def test_the_next_due_time_lies_ahead_and_not_far(when, last, after):
    """Also when the last due time lies ahead, because the clock was set back."""
    due_at = next_due(when, last, after=after)
    longest = timedelta(seconds=when.seconds) if isinstance(when, Every) else timedelta(hours=25)
    assert after < due_at <= after + longest


def test_a_month_of_minutes_is_counted_and_not_listed():
    found = due_times(Every(60.0), NOON - timedelta(days=30), until=NOON, most=1)
    assert found == DueTimes(43_200, NOON - timedelta(days=30) + timedelta(minutes=1), (NOON,))


def test_a_time_of_day_is_the_bases_whatever_zone_the_server_stands_in():
    """Six in the morning in Ordos is ten in the evening UTC; asked in a process that stands in New York."""
    program = (
        "from datetime import *; from zoneinfo import ZoneInfo; from greenhouse.schedules.due_times import *;"
        "print(next_due(Daily(time(6), ZoneInfo('Asia/Shanghai')), datetime(2026, 11, 25, tzinfo=UTC),"
        " after=datetime(2026, 11, 25, tzinfo=UTC)).isoformat())"
    )
    here = {**os.environ, "TZ": "America/New_York"}
    said = subprocess.run([sys.executable, "-c", program], env=here, capture_output=True, text=True, check=True).stdout
    assert said.strip() == "2026-11-25T22:00:00+00:00"


def test_where_summer_time_moves_the_clocks_each_day_still_has_one_due_time():
    berlin = Daily(time(2, 30), ZoneInfo("Europe/Berlin"))
    for month, day in ((3, 27), (10, 23)):
        noon = datetime(2026, month, day, 12, tzinfo=UTC)
        found = due_times(berlin, noon, until=noon + timedelta(days=3), most=9)
        assert [moment.day for moment in found.newest] == [day + 1, day + 2, day + 3]


@pytest.mark.parametrize("seconds", [0.0, -1.0, 0.5, float("nan")])
def test_an_interval_below_a_second_is_refused(seconds):
    with pytest.raises(ValueError, match="below one second"):
        Every(seconds)
