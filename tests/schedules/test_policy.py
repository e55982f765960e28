"""What becomes of a due time, by the policy of its schedule."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from greenhouse.schedules.due_times import Daily, Every, due_times
from greenhouse.schedules.policy import (
    MOST_SEPARATE_RUNS,
    ON_TIME,
    Beyond,
    Outcome,
    Policy,
    Rule,
    check_policy,
    decide,
    decide_all,
)

NOON = datetime(2026, 11, 25, 4, tzinfo=UTC)

policies = st.builds(
    Policy,
    grace_s=st.one_of(st.none(), st.floats(0, 500_000)),
    beyond=st.sampled_from(Beyond),
    coalesce=st.booleans(),
    needs_fresh_inputs=st.booleans(),
)
whens = st.one_of(
    st.builds(Every, st.floats(1, 200_000)), st.builds(Daily, st.times(), st.just(ZoneInfo("Asia/Shanghai")))
)
lateness = st.timedeltas(timedelta(0), timedelta(days=40))


def grace(policy: Policy) -> timedelta:
    return timedelta.max if policy.grace_s is None else max(timedelta(seconds=policy.grace_s), ON_TIME)


@given(policies, lateness, st.booleans())
def test_a_run_that_is_too_late_never_runs_by_itself(policy, late, fresh):
    decision = decide(NOON, NOON + late, policy, has_fresh_inputs=fresh)
    is_too_late = late > grace(policy)
    assert (decision.rule is Rule.TOO_LATE) == is_too_late
    assert (decision.outcome in (Outcome.SKIP, Outcome.ASK)) == is_too_late
    if is_too_late:
        assert decision.outcome.value == policy.beyond.value


@given(policies, lateness)
def test_nothing_that_needs_inputs_runs_before_they_are_fresh(policy, late):
    decision = decide(NOON, NOON + late, policy, has_fresh_inputs=False)
    assert decision.outcome is not Outcome.RUN or not policy.needs_fresh_inputs


@given(policies, lateness)
def test_later_is_never_better(policy, late):
    """What is refused now was not refused earlier and then taken up again."""
    now, sooner = (decide(NOON, NOON + at, policy, has_fresh_inputs=True) for at in (late, late / 2))
    if now.outcome is Outcome.RUN:
        assert sooner.outcome is Outcome.RUN


def test_nobody_decides_about_what_is_not_due():
    with pytest.raises(ValueError, match="due at"):
        decide(NOON, NOON - timedelta(seconds=1), Policy(grace_s=None), has_fresh_inputs=True)


@given(whens, policies, lateness, st.booleans())
def test_every_due_time_belongs_to_exactly_one_row_and_rows_are_few(when, policy, down, fresh):
    try:
        check_policy(when, policy)
    except ValueError:
        assume(False)
    due = due_times(when, NOON - down, until=NOON, most=1)
    rows = decide_all(when, NOON - down, NOON, policy, has_fresh_inputs=fresh)
    assert sum(row.count for row in rows) == (0 if due is None else due.count)
    assert len(rows) <= (1 if policy.coalesce else MOST_SEPARATE_RUNS + 1)
    if due is not None:
        assert rows[0].first_due_at == due.first
        assert rows[-1].due_at == due.newest[-1]
    assert all(row.first_due_at <= row.due_at for row in rows)
    assert all(older.due_at < newer.first_due_at for older, newer in pairwise(rows))
    assert all(row.count == 1 or policy.coalesce or row.decision.rule is Rule.TOO_LATE for row in rows)


def test_after_a_month_down_a_job_of_each_minute_gets_one_row_and_one_run():
    (row,) = decide_all(
        Every(60.0), NOON - timedelta(days=30), NOON, Policy(grace_s=None, coalesce=True), has_fresh_inputs=True
    )
    assert (row.count, row.due_at, row.decision.outcome) == (43_200, NOON, Outcome.RUN)


def test_runs_made_up_for_one_by_one_leave_the_too_late_ones_in_one_row():
    policy = Policy(grace_s=3 * 3600.0, coalesce=False)
    rows = decide_all(Every(3600.0), NOON - timedelta(hours=10), NOON, policy, has_fresh_inputs=True)
    assert [(row.count, row.decision.outcome) for row in rows] == [
        (6, Outcome.SKIP),
        (1, Outcome.RUN),
        (1, Outcome.RUN),
        (1, Outcome.RUN),
        (1, Outcome.RUN),
    ]


@pytest.mark.parametrize("grace_s", [None, 86_400.0 * 30])
def test_a_policy_that_could_owe_runs_without_end_is_refused(grace_s):
    with pytest.raises(ValueError, match="separate runs"):
        check_policy(Every(60.0), Policy(grace_s=grace_s, coalesce=False))
    check_policy(Daily(time(6), ZoneInfo("Asia/Shanghai")), Policy(grace_s=7200.0, coalesce=False))
