"""Which period is in force when on a day."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

from greenhouse.rules.evaluate.day_course import Stretch, course
from greenhouse.rules.evaluate.day_periods import Period
from tests.rules.programs import JANUARY, at, clock, sunset

ENDS = JANUARY.midnight + timedelta(days=1)


def of(*starts) -> tuple[Stretch, ...]:
    return course([Period(start, 15.0, 25.0) for start in starts], JANUARY, ENDS)


def test_the_last_period_goes_on_after_midnight():
    assert of(clock(6), clock(18)) == (
        Stretch(at(0), at(6), 1),
        Stretch(at(6), at(18), 0),
        Stretch(at(18), ENDS, 1),
    )


def test_one_that_begins_at_midnight_leaves_nothing_of_the_day_before():
    assert of(clock(0), clock(18)) == (Stretch(at(0), at(18), 0), Stretch(at(18), ENDS, 1))


def test_a_period_whose_start_has_been_passed_has_no_stretch():
    """Sunset of a January day is about 17:50: the second begins before the first, which never comes into force."""
    assert [stretch.number for stretch in of(sunset(), clock(12))] == [1]


def test_there_is_no_gap():
    stretches = of(clock(6), sunset(-60), clock(23))
    assert stretches[0].begins == JANUARY.midnight
    assert stretches[-1].ends == ENDS
    assert all(before.ends == after.begins for before, after in pairwise(stretches))
