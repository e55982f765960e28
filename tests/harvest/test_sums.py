"""Yield sums against numbers worked out by hand."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenhouse.harvest.grades import Grade
from greenhouse.harvest.sums import (
    Axis,
    Grown,
    Picked,
    YieldUnit,
    against_target,
    compared,
    complete_weeks,
    in_unit,
    metered,
    series_of,
    target_path_kg_m2,
    week_of,
    yield_of,
)

PLANTED = date(2026, 8, 20)
"""A Thursday of week 34."""
TODAY = date(2026, 9, 20)


def day(number: int) -> date:
    """The day so many after planting."""
    return PLANTED + timedelta(days=number)


A = Grown(
    area_m2=200.0,
    planted_on=PLANTED,
    ended_on=None,
    picked=(
        Picked(day(6), Grade.FIRST, 10_000),  # week 1 after planting; calendar week 35
        Picked(day(7), Grade.FIRST, 20_000),  # week 2; 35
        Picked(day(7), Grade.CULL, 5_000),
        Picked(day(25), Grade.EXTRA, 40_000),  # week 4; calendar week 38, a Monday
    ),
    target_kg_m2=0.1,
    is_weekly_target=True,
)
B = Grown(
    area_m2=100.0,
    planted_on=day(7),
    ended_on=None,
    picked=(Picked(day(10), Grade.SECOND, 8_000), Picked(day(24), Grade.FIRST, 25_000)),
    target_kg_m2=2.0,
)


def test_a_yield_is_told_in_every_unit():
    """12.5 kg from 50 m²: 0.25 kg/m²; times 667 m² 166.75 kg; times 10,000 m² 2.5 t."""
    assert yield_of(12_500, 50.0, YieldUnit.KG_M2) == 0.25
    assert yield_of(12_500, 50.0, YieldUnit.KG_MU) == 166.75
    assert yield_of(12_500, 50.0, YieldUnit.T_HA) == 2.5
    assert (in_unit(1.0, YieldUnit.KG_MU), in_unit(1.0, YieldUnit.T_HA)) == (667.0, 10.0)


@pytest.mark.parametrize(("number", "week"), [(0, 1), (6, 1), (7, 2), (13, 2), (14, 3), (25, 4)])
def test_the_first_seven_days_are_week_one(number, week):
    assert week_of(day(number), PLANTED, Axis.PLANTING).number == week


def test_calendar_weeks_begin_on_monday():
    found = week_of(date(2026, 1, 1), PLANTED, Axis.CALENDAR)
    assert (found.number, found.first) == (1, date(2025, 12, 29))
    assert week_of(date(2027, 1, 3), PLANTED, Axis.CALENDAR).number == 53


def test_weeks_since_planting_add_up():
    series = series_of([A], Axis.PLANTING, until=TODAY)
    assert [week.number for week in series.weeks] == [1, 2, 3, 4, 5]  # 31 days: the fifth runs
    assert series.weekly_g == (10_000, 25_000, 0, 40_000, 0)
    assert series.cumulative_g == (10_000, 35_000, 35_000, 75_000, 75_000)
    assert series.mass_g[Grade.FIRST] == (10_000, 20_000, 0, 0, 0)
    assert (series.total_g, series.of_grade_g(Grade.CULL)) == (75_000, 5_000)
    assert series.marketable_share == 70 / 75


def test_calendar_weeks_run_from_planting_to_today():
    series = series_of([A, B], Axis.CALENDAR, until=TODAY)
    assert [week.number for week in series.weeks] == [34, 35, 36, 37, 38]
    assert series.weekly_g == (0, 43_000, 0, 25_000, 40_000)
    assert series.area_m2 == 300.0


def test_what_has_ended_lasts_no_longer_than_its_end():
    ended = Grown(200.0, PLANTED, day(13), A.picked[:3])
    assert len(series_of([ended], Axis.PLANTING, until=TODAY).weeks) == 2
    assert complete_weeks(ended, TODAY) == 2
    assert (complete_weeks(A, TODAY), complete_weeks(A, day(6)), complete_weeks(A, day(7))) == (4, 0, 1)


def test_nothing_harvested_is_no_share():
    nothing = series_of([Grown(200.0, PLANTED, None, ())], Axis.PLANTING, until=TODAY)
    assert (nothing.total_g, nothing.marketable_share) == (0, None)


def test_who_leads_is_told_after_the_weeks_that_all_have_behind_them():
    """B has 24 days: 3 weeks. A gave 35 kg from 200 m² by then: 0.175; B 33 kg from 100 m²: 0.33."""
    found = compared({"A": [A], "B": [B]}, until=TODAY)
    assert found is not None
    assert (found.weeks, [one.name for one in found.standings]) == (3, ["B", "A"])
    assert [one.kg_m2 for one in found.standings] == [0.33, 0.175]
    assert found.lead_kg_m2 == pytest.approx(0.155)


def test_what_has_ended_holds_nobody_up():
    ended = Grown(100.0, PLANTED, day(6), (Picked(day(6), Grade.FIRST, 9_000),))
    found = compared({"A": [A], "old": [ended]}, until=TODAY)
    assert found is not None
    assert (found.weeks, found.standings[0].name, found.standings[0].kg_m2) == (4, "A", 0.375)
    assert compared({"A": [A]}, until=TODAY) is None
    assert compared({"A": [A], "B": [B]}, until=day(12)) is None  # B has no week behind it


def test_a_weekly_target_counts_complete_weeks_from_the_first_harvest_on():
    """A: 4 weeks over, first harvest in week 1: 4 × 0.1 kg/m². Picked in them: 75 kg from 200 m²."""
    found = against_target([A], until=TODAY)
    assert found is not None
    assert (found.kg_m2, found.target_kg_m2) == (0.375, pytest.approx(0.4))
    assert found.share == pytest.approx(0.9375)


def test_a_target_in_total_is_set_against_everything():
    found = against_target([B], until=TODAY)
    assert found is not None
    assert (found.kg_m2, found.target_kg_m2, found.share) == (0.33, 2.0, pytest.approx(0.165))


def test_no_target_is_none_rather_than_a_part_of_one():
    without = Grown(100.0, PLANTED, None, ())
    assert against_target([A, without], until=TODAY) is None
    assert against_target([A, B], until=TODAY) is None  # of two kinds
    assert against_target([without], until=TODAY) is None
    not_yet = Grown(100.0, PLANTED, None, (), 0.1, is_weekly_target=True)
    assert against_target([not_yet], until=TODAY) is None


def test_the_path_of_a_target_begins_with_the_first_harvest():
    late = Grown(100.0, PLANTED, None, (Picked(day(15), Grade.FIRST, 1),), 0.3, is_weekly_target=True)
    series = series_of([late], Axis.PLANTING, until=TODAY)
    assert target_path_kg_m2([late], series, Axis.PLANTING) == pytest.approx((0.0, 0.0, 0.3, 0.6, 0.9))
    both = series_of([A, late], Axis.PLANTING, until=TODAY)
    path = target_path_kg_m2([A, late], both, Axis.PLANTING)
    # by area: A 0.1 × 200/300 from week 1 on, the other 0.3 × 100/300 from week 3 on
    assert path == pytest.approx((0.2 / 3, 0.4 / 3, 0.9 / 3, 1.4 / 3, 1.9 / 3))
    assert target_path_kg_m2([B], series_of([B], Axis.PLANTING, until=TODAY), Axis.PLANTING) is None


def test_a_target_grows_no_more_once_the_cycle_has_ended():
    ended = Grown(100.0, PLANTED, day(13), (Picked(day(3), Grade.FIRST, 1),), 0.5, is_weekly_target=True)
    running = Grown(100.0, PLANTED, None, (Picked(day(3), Grade.FIRST, 1),), 0.5, is_weekly_target=True)
    series = series_of([ended, running], Axis.PLANTING, until=TODAY)
    assert target_path_kg_m2([ended, running], series, Axis.PLANTING) == pytest.approx((0.5, 1.0, 1.25, 1.5, 1.75))


def test_a_meter_counts_through_gaps_and_not_through_a_fall():
    """10 to 12 in its first hour, 15 an hour later, 21 after a gap of 3 h; replaced, then 1 to 4."""
    found = metered([(0, 10, 12), (1, 12, 15), (4, 20, 21), (5, 0, 1), (6, 1, 4)], hours=10.0)
    assert found is not None
    assert (found.counted, found.coverage) == (14.0, pytest.approx(0.6))
    assert metered([], hours=10.0) is None


def test_a_replaced_meter_loses_only_the_time_of_the_fall():
    found = metered([(0, 5, 5), (1, 2, 3)], hours=2.0)
    assert found is not None
    assert (found.counted, found.coverage) == (0.0, 0.5)


PICKS = st.lists(
    st.builds(Picked, st.integers(0, 60).map(day), st.sampled_from(Grade), st.integers(1, 10**7)), max_size=20
)
CYCLES = st.lists(
    st.builds(lambda picked, area: Grown(float(area), PLANTED, None, tuple(picked)), PICKS, st.integers(1, 999)),
    min_size=1,
    max_size=3,
)


@given(CYCLES, st.sampled_from(Axis))
def test_weeks_and_grades_add_up_to_everything(grown, axis):
    series = series_of(grown, axis, until=day(60))
    everything = sum(picked.mass_g for cycle in grown for picked in cycle.picked)
    assert series.cumulative_g[-1] == series.total_g == sum(map(series.of_grade_g, Grade)) == everything
    exact = Fraction(everything) / Fraction(sum(int(cycle.area_m2) for cycle in grown)) / 1000
    assert yield_of(series.total_g, series.area_m2, YieldUnit.KG_M2) == pytest.approx(float(exact), rel=1e-15)
