"""How much of a compartment is planted at one time, by hand."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from greenhouse.crops.room import Planted, fullest

A, B, C, D = (date(2026, month, 1) for month in (1, 3, 5, 7))


def test_nothing_planted_takes_nothing():
    assert fullest([], first=A, cleared=None) == (0.0, A)


def test_what_overlaps_adds_up_and_the_first_fullest_day_is_told():
    planted = [Planted(100.0, A, C), Planted(50.0, B, None), Planted(70.0, C, D)]
    assert fullest(planted, first=A, cleared=None) == (150.0, B)
    assert fullest(planted, first=C, cleared=None) == (120.0, C)
    assert fullest(planted, first=A, cleared=B) == (100.0, A)
    assert fullest(planted, first=D, cleared=None) == (50.0, D)


DAYS = st.dates(date(2026, 1, 1), date(2026, 2, 28))
AREAS = st.builds(
    lambda area, one, other: Planted(float(area), min(one, other), max(one, other)), st.integers(1, 9), DAYS, DAYS
)


@given(st.lists(AREAS, max_size=6), DAYS, DAYS)
def test_no_day_is_fuller_than_the_fullest(planted, one, other):
    first, cleared = min(one, other), max(one, other)
    most, day = fullest(planted, first=first, cleared=cleared)

    def taken(on: date) -> float:
        return sum(its.area_m2 for its in planted if its.first <= on < its.cleared and first < cleared)

    days = [date.fromordinal(n) for n in range(first.toordinal(), cleared.toordinal())]
    assert most == max(map(taken, days), default=0.0)
    assert first <= day
