"""Counters: an exact total that rolls over, survives resets and never falls."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.codec import advance_counter, counter_value, in_present_scale, most_steps, resume_counter
from devices.profiles.schema import WordType
from devices.samples import CounterState, Reason
from devices.units import Quantity, Unit
from tests.devices.points import make_point

ROLLS_OVER_AT = 2**16


def water_meter(**changes):
    return make_point(
        **{
            "quantity": Quantity.VOLUME,
            "unit": Unit.CUBIC_METER,
            "type": WordType.UINT32,
            "rolls_over_at": 2**32,
            **changes,
        }
    )


def count(*readings, rolls_over_at=ROLLS_OVER_AT, **options):
    """Totals and reasons of successive readings."""
    state, history = None, []
    for raw in readings:
        state, reason = advance_counter(state, raw, rolls_over_at=rolls_over_at, **options)
        history.append((state.total, reason))
    return history


def test_the_first_reading_is_the_total():
    assert count(1234) == [(1234, Reason.NONE)]


def test_steps_add_up():
    assert count(10, 10, 17) == [(10, Reason.NONE), (10, Reason.NONE), (17, Reason.NONE)]


def test_a_roll_over_goes_on_counting():
    """From 65,530 to 4 are ten steps."""
    assert count(65530, 4)[-1] == (65540, Reason.NONE)


def test_a_decimal_meter_rolls_over_at_its_own_number():
    """An eight-digit meter shows 00000000 after 99999999."""
    assert count(99_999_990, 10, rolls_over_at=100_000_000)[-1] == (100_000_010, Reason.NONE)


def test_a_replaced_meter_neither_falls_nor_jumps():
    """From 30,000 to 12 is no roll-over: the total stays, is marked, and goes on from the new reading."""
    assert count(30_000, 12, 15) == [(30_000, Reason.NONE), (30_000, Reason.COUNTER_RESET), (30_003, Reason.NONE)]


def test_a_roll_over_reaches_one_sixty_fourth_at_most():
    """1024 of 65,536 steps; a device that shows more after zero was reset."""
    assert count(65_535, 1_023)[-1] == (66_559, Reason.NONE)
    assert count(65_535, 1_024)[-1] == (65_535, Reason.COUNTER_RESET)


def test_the_caller_may_know_how_far_a_roll_over_can_reach():
    """After an hour without readings a fast meter may have gone far past zero."""
    assert count(65_000, 2_000)[-1][1] is Reason.COUNTER_RESET
    assert count(65_000, 2_000, max_step=3_000)[-1] == (67_536, Reason.NONE)
    assert count(65_000, 2_000, max_step=2_535)[-1][1] is Reason.COUNTER_RESET


def test_a_number_beyond_the_roll_over_takes_nothing_away():
    """A profile may declare too small a roll-over; the total still never falls."""
    assert count(90_000, 5, rolls_over_at=10_000) == [(90_000, Reason.NONE), (90_000, Reason.COUNTER_RESET)]


def test_a_signed_counter_rolls_over_through_its_negative_half():
    assert count(2**31 - 1, -(2**31), rolls_over_at=2**32)[-1] == (2**31, Reason.NONE)


def test_more_than_can_have_been_counted_is_another_meter():
    """A used meter was put in: its lead is nobody's water. The total stays, is marked, and goes on from there."""
    assert count(1_000, 1_300, max_step=300) == [(1_000, Reason.NONE), (1_300, Reason.NONE)]
    assert count(1_000, 1_301, max_step=300)[-1] == (1_000, Reason.COUNTER_LEAP)
    state, _reason = advance_counter(CounterState(total=1_000, raw=1_000), 9_000, rolls_over_at=2**32, max_step=300)
    assert advance_counter(state, 9_005, rolls_over_at=2**32, max_step=300)[0] == CounterState(total=1_005, raw=9_005)


def test_what_can_have_been_counted_follows_the_time_the_rate_and_the_scale():
    """60 m3 an hour in steps of 0.1 m3, and ten minutes more than have passed."""
    read_at = datetime(2026, 11, 25, 6, 0, tzinfo=UTC)
    state, point = CounterState(total=0, raw=0, read_at=read_at), water_meter(scale=0.1, most_per_h=60.0)
    assert most_steps(point, state, read_at + timedelta(minutes=50)) == 601
    assert most_steps(point, state, read_at - timedelta(days=1)) == 101
    assert most_steps(point, CounterState(total=0, raw=0), read_at) is None
    assert most_steps(point, None, read_at) is None
    assert most_steps(water_meter(), state, read_at) is None


@given(
    start=st.integers(0, ROLLS_OVER_AT - 1),
    steps=st.lists(st.integers(0, ROLLS_OVER_AT // 64), min_size=1, max_size=300),
)
def test_no_step_is_lost_or_invented_over_many_roll_overs(start, steps):
    true_total, readings = start, [start]
    for step in steps:
        true_total += step
        readings.append(true_total % ROLLS_OVER_AT)

    assert count(*readings)[-1] == (true_total, Reason.NONE)


@given(readings=st.lists(st.integers(0, ROLLS_OVER_AT - 1), min_size=1, max_size=50))
def test_whatever_is_read_the_total_never_falls(readings):
    totals = [total for total, _ in count(*readings)]

    assert totals == sorted(totals)


def test_a_counter_goes_on_from_a_kept_state():
    state, reason = advance_counter(CounterState(total=70_000, raw=4_464), 4_470, rolls_over_at=ROLLS_OVER_AT)

    assert (state, reason) == (CounterState(total=70_006, raw=4_470), Reason.NONE)


def test_a_total_stays_what_it_was_when_the_scale_is_corrected():
    """The register goes on from where it was; only further steps count by the new scale."""
    kept = CounterState(total=1_000, raw=40)
    assert in_present_scale(water_meter(scale=1.0), kept, 1_000.0) is kept
    moved = in_present_scale(water_meter(scale=0.1), kept, 1_000.0)
    assert moved == CounterState(total=10_000, raw=40)
    assert counter_value(water_meter(scale=0.1), advance_counter(moved, 45, rolls_over_at=2**32)[0].total) == 1000.5


@pytest.mark.parametrize("scale", [1.0, 0.1, 10.0])
@pytest.mark.parametrize("total", [0, 65_535, 65_536, 700_000])
def test_a_stored_total_is_enough_to_go_on_after_a_restart(total, scale):
    """What the device showed then is what the total leaves after all roll-overs."""
    point = water_meter(type=WordType.UINT16, rolls_over_at=ROLLS_OVER_AT, scale=scale)
    resumed = resume_counter(point, float(counter_value(point, total)))

    state, reason = advance_counter(resumed, (total + 12) % ROLLS_OVER_AT, rolls_over_at=ROLLS_OVER_AT)

    assert (state.total, reason) == (total + 12, Reason.NONE)


def test_a_meter_that_shows_less_after_a_restart_than_it_must_was_reset():
    resumed = resume_counter(water_meter(rolls_over_at=ROLLS_OVER_AT), 30_000.0)

    assert advance_counter(resumed, 12, rolls_over_at=ROLLS_OVER_AT)[1] is Reason.COUNTER_RESET


@pytest.mark.parametrize(
    ("point", "total", "value"),
    [
        (water_meter(), 2**53 + 1, 2**53 + 1),
        (water_meter(scale=10.0), 2**53 + 1, 10 * (2**53 + 1)),
        (water_meter(scale=0.1), 123, 12.3),
        (water_meter(unit=Unit.LITER), 1_234_567, 1234.567),
        (water_meter(unit=Unit.LITER, scale=1000.0), 2**60 + 1, 2**60 + 1),
        (water_meter(scale=0.1), 2**53 * 10, 2**53),
    ],
)
def test_the_scale_comes_after_the_counting(point, total, value):
    """An integer stays exact where the scale allows it; a fraction is rounded once."""
    assert counter_value(point, total) == value
    assert isinstance(counter_value(point, total), type(value))
