"""Which period of a program is in force."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from greenhouse.agronomy.sun import SunTimes
from greenhouse.rules.evaluate.day_periods import (
    Day,
    Period,
    StartKind,
    TimeOfDay,
    is_between,
    moment_of,
    number_in_force,
    without_time,
)
from tests.rules.programs import JANUARY, at, clock, day_of, sunrise, sunset

YEAR = [day_of(date(2026, 1, 1) + timedelta(days=number)) for number in range(365)]


def periods(*starts: TimeOfDay) -> tuple[Period, ...]:
    return tuple(Period(start, 15.0, 25.0) for start in starts)


times = st.one_of(
    st.builds(TimeOfDay, st.just(StartKind.CLOCK), st.integers(0, 1439)),
    st.builds(TimeOfDay, st.sampled_from([StartKind.SUNRISE, StartKind.SUNSET]), st.integers(-360, 360)),
)


def test_before_the_first_start_the_last_period_of_the_day_before_goes_on() -> None:
    found = periods(clock(6), clock(18))
    assert number_in_force(found, JANUARY, at(5.99)) == 1
    assert number_in_force(found, JANUARY, at(6)) == 0
    assert number_in_force(found, JANUARY, at(17.99)) == 0
    assert number_in_force(found, JANUARY, at(18)) == 1


def test_a_sunrise_after_a_clock_start_does_not_bring_back_an_earlier_period() -> None:
    """On 15 January the sun rises at 8:11: the second period, from 7:30 on, is not ended by the first."""
    found = periods(sunrise(), clock(7.5), sunset())
    assert number_in_force(found, JANUARY, at(8.5)) == 1
    june = day_of(date(2026, 6, 21))
    assert number_in_force(found, june, at(6, june)) == 0


def test_what_has_no_time_is_told_with_its_days() -> None:
    found = without_time(periods(sunrise(), clock(7.5), sunset()), YEAR)
    assert found.keys() == {0}
    first, last = found[0]
    assert first == date(2025, 12, 31) or first.month in {1, 9, 10, 11, 12}
    assert last.year == 2026


def test_where_the_sun_does_not_rise_the_clock_alone_counts() -> None:
    polar = Day(JANUARY.midnight, SunTimes(None, None))
    found = periods(sunrise(), clock(12))
    assert number_in_force(found, polar, at(11)) == 1
    assert number_in_force(periods(sunrise(), sunset()), polar, at(11)) == 1


@given(st.lists(times, min_size=1, max_size=8), st.integers(0, 364), st.floats(0, 23.999))
def test_there_is_exactly_one_period_at_every_moment(starts: list[TimeOfDay], number: int, hour: float) -> None:
    day = YEAR[number]
    now = at(hour, day)
    found = number_in_force(periods(*starts), day, now)
    later_ones_that_came = [
        later
        for later in range(found + 1, len(starts))
        if (moment := moment_of(starts[later], day)) is not None and moment <= now
    ]
    assert 0 <= found < len(starts)
    assert not later_ones_that_came


def test_a_span_may_reach_over_midnight() -> None:
    assert is_between(sunset(), sunrise(), JANUARY, at(23))
    assert is_between(sunset(), sunrise(), JANUARY, at(3))
    assert not is_between(sunset(), sunrise(), JANUARY, at(12))
    assert not is_between(clock(12), clock(12), JANUARY, at(12))
