"""Conditions against a brute-force oracle that sees the whole history."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from greenhouse.alarms.conditions import BitSet, Change, Crossing, InState, Side, Unusable, ValueCondition
from tests.alarms.oracle import unusable_alarm, value_alarm

DELAYS = st.sampled_from([0, 0, 2, 5, 20])
STEPS = st.lists(st.sampled_from([1, 1, 2, 5, 30]), max_size=40)
VALUES = st.sampled_from([None, *map(float, range(-5, 6))])
EXAMPLES = settings(max_examples=400, deadline=None)


@EXAMPLES
@given(
    steps=STEPS,
    data=st.data(),
    side=st.sampled_from(Side),
    limit=st.integers(0, 3),
    deadband=st.integers(0, 2),
    delays=st.tuples(DELAYS, DELAYS),
    gap=st.integers(5, 30),
)
def test_a_value_alarm_is_on_exactly_when_the_whole_history_says_so(steps, data, side, limit, deadband, delays, gap):
    """Deadband, both delays, gaps and unusable samples, in any mixture."""
    samples, at = [], 0
    for step in steps:
        at += step
        samples.append((at, data.draw(VALUES)))
    condition = ValueCondition(Crossing(side, limit, deadband), on_delay_s=delays[0], off_delay_s=delays[1], gap_s=gap)
    found = []
    for at, value in samples:
        before = condition.is_active
        change = condition.see(value, at)
        turned = Change.RAISED if condition.is_active else Change.CLEARED
        assert change == (None if condition.is_active is before else turned)
        found.append(condition.is_active)
    assert found == value_alarm(
        samples, side=side.value, limit=limit, deadband=deadband, on_delay=delays[0], off_delay=delays[1], gap=gap
    )


@EXAMPLES
@given(
    steps=STEPS,
    data=st.data(),
    on_delay=st.integers(1, 60),
    off_delay=DELAYS,
)
def test_a_lack_of_usable_values_is_told_as_the_whole_history_says(steps, data, on_delay, off_delay):
    """Good and bad samples, and time that passes without any."""
    events, at = [], 100
    for step in steps:
        at += step
        events.append((at, data.draw(st.sampled_from([True, False, None]))))
    condition = Unusable(on_delay_s=on_delay, off_delay_s=off_delay, from_s=100)
    found = []
    for at, good in events:
        if good is None:
            condition.pass_time(at)
        else:
            condition.see(is_usable=good, at_s=at)
        found.append(condition.is_active)
    assert found == unusable_alarm(events, on_delay=on_delay, off_delay=off_delay, begun=100)


@EXAMPLES
@given(steps=STEPS, data=st.data(), delays=st.tuples(DELAYS, DELAYS), stop=st.integers(0, 20))
@example(steps=[1] * 20, data=None, delays=(5, 5), stop=6)
def test_a_restart_between_two_samples_changes_nothing(steps, data, delays, stop):
    """What is stored of a condition (on or off, the running delay, the last sample) is all that it needs."""

    def new() -> ValueCondition:
        return ValueCondition(Crossing(Side.HIGH, 2, 0), on_delay_s=delays[0], off_delay_s=delays[1], gap_s=20)

    through, restarted, at, last = new(), new(), 0, None
    for number, step in enumerate(steps):
        at += step
        value = float(number // 4) if data is None else data.draw(VALUES)
        if number == stop:
            stored = restarted
            restarted = new()
            restarted.resume(is_active=stored.is_active, running_since_s=stored.running_since_s, last_s=last)
        assert restarted.see(value, at) == through.see(value, at)
        assert restarted.running_since_s == through.running_since_s
        last = last if value is None else at


def fed(condition: ValueCondition, *samples: tuple[float, float | None]) -> list[Change | None]:
    return [condition.see(value, at) for at, value in samples]


def test_a_bad_value_neither_raises_nor_clears():
    condition = ValueCondition(Crossing(Side.HIGH, 30, 1), on_delay_s=10, off_delay_s=0, gap_s=300)
    assert fed(condition, (0, 31.0), (10, None), (20, None)) == [None, None, None]
    assert fed(condition, (30, 31.0)) == [Change.RAISED]
    assert fed(condition, (40, None), (400, None)) == [None, None]
    assert condition.is_active


def test_a_value_within_the_deadband_does_not_clear():
    condition = ValueCondition(Crossing(Side.LOW, 5, 1), on_delay_s=0, off_delay_s=0, gap_s=300)
    assert fed(condition, (0, 4.9), (5, 5.9), (10, 6.0), (15, 6.1)) == [Change.RAISED, None, None, Change.CLEARED]


def test_a_gap_restarts_a_running_delay():
    """Nobody knows what was between two samples that are far apart."""
    condition = ValueCondition(Crossing(Side.HIGH, 30, 0), on_delay_s=60, off_delay_s=60, gap_s=300)
    assert fed(condition, (0, 31.0), (400, 31.0), (430, 31.0)) == [None, None, None]
    assert fed(condition, (460, 31.0)) == [Change.RAISED]


@pytest.mark.parametrize("back_s", [1, 3600])
def test_a_clock_that_is_set_back_restarts_a_running_delay_and_blocks_nothing(back_s):
    condition = ValueCondition(Crossing(Side.HIGH, 30, 0), on_delay_s=60, off_delay_s=0, gap_s=300)
    fed(condition, (10_000, 31.0), (10_050, 31.0))
    back = 10_050 - back_s
    assert fed(condition, (back, 31.0), (back + 59, 31.0), (back + 60, 31.0)) == [None, None, Change.RAISED]


def test_a_clock_that_is_set_forward_makes_no_silence():
    condition = Unusable(on_delay_s=900, off_delay_s=0, from_s=0)
    condition.see(is_usable=True, at_s=100)
    condition.shift(86_400)
    assert condition.pass_time(86_400 + 200) is None
    assert condition.pass_time(86_400 + 1000) is Change.RAISED


def test_states_and_bits_are_alarms_as_they_are():
    state = ValueCondition(InState({0.0, 3.0}), on_delay_s=0, off_delay_s=0, gap_s=300)
    assert fed(state, (0, 1.0), (1, 3.0), (2, 2.0)) == [None, Change.RAISED, Change.CLEARED]
    bits = ValueCondition(BitSet(0b1000_0010), on_delay_s=0, off_delay_s=0, gap_s=300)
    assert fed(bits, (0, 1.0), (1, 128.0), (2, 2.0), (3, 125.0)) == [None, Change.RAISED, None, Change.CLEARED]
