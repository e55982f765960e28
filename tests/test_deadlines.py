"""Deadlines on two clocks."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenhouse.clock import moment_now
from greenhouse.deadlines import Moment, deadline_after

START = Moment(datetime(2026, 1, 15, 4, tzinfo=UTC), "this boot", 1000.0)
HOUR = timedelta(hours=1)


def later(*, wall: timedelta, boot: timedelta, boot_id: str = "this boot") -> Moment:
    return Moment(START.wall + wall, boot_id, START.boot_s + boot.total_seconds())


@pytest.mark.parametrize(
    ("now", "is_over"),
    [
        (later(wall=HOUR - timedelta(seconds=1), boot=HOUR - timedelta(seconds=1)), False),
        (later(wall=HOUR, boot=HOUR), True),
        # Set back by an hour: half an hour later the wall clock has not come far, at the end of the hour it is over.
        (later(wall=-HOUR / 2, boot=HOUR / 2), False),
        (later(wall=timedelta(0), boot=HOUR), True),
        # Set ahead by a day: it is over too early rather than too late.
        (later(wall=timedelta(days=1), boot=timedelta(seconds=1)), True),
        # Another start of the machine: its boot clock says nothing about this deadline.
        (later(wall=HOUR / 2, boot=timedelta(days=9), boot_id="next boot"), False),
        (later(wall=HOUR, boot=-timedelta(seconds=990), boot_id="next boot"), True),
    ],
)
def test_the_earlier_of_both_clocks_ends_a_deadline(now, is_over):
    assert deadline_after(START, HOUR).has_passed(now) is is_over


@given(jump_s=st.integers(-(10**8), 10**8), elapsed_s=st.integers(0, 10**7), duration_s=st.integers(1, 10**6))
def test_no_setting_of_the_clock_makes_a_deadline_last_longer(jump_s, elapsed_s, duration_s):
    now = later(wall=timedelta(seconds=elapsed_s + jump_s), boot=timedelta(seconds=elapsed_s))
    assert deadline_after(START, timedelta(seconds=duration_s)).remaining(now) <= timedelta(
        seconds=duration_s - elapsed_s
    )


def test_after_a_restart_years_back_a_time_that_was_reached_ends_what_another_boot_left():
    years = timedelta(days=2000)
    back = replace(later(wall=-years, boot=-HOUR / 4, boot_id="next boot"), reached=START.wall + HOUR / 2)
    assert deadline_after(START, HOUR).remaining(back) == HOUR / 2
    assert deadline_after(START, HOUR / 2).has_passed(back)
    assert not deadline_after(back, timedelta(seconds=1)).has_passed(back)  # made by the clock as it stands


def test_the_clocks_of_this_machine_go_forward_within_one_boot():
    first, second = moment_now(), moment_now()
    assert second.boot_id == first.boot_id
    assert second.boot_s >= first.boot_s > 0
    assert second.wall.utcoffset() == timedelta(0)
