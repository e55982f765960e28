"""Base time of a training base: a line with one bend, which never breaks and never goes back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.samples import Freshness
from greenhouse.base_clock import LEAD_S, LIVE, MOST_PACE, BaseClock, ChangeUnderWay, PaceRefused

START = datetime(2026, 12, 1, 8, tzinfo=UTC)
paces = st.floats(1.0, MOST_PACE)
pauses_s = st.floats(0.0, 1e5)
MICROSECOND = timedelta(microseconds=1)


def clock(pace: float = 1.0) -> BaseClock:
    return BaseClock("a-clock", START, "this boot", 1000.0, pace, pace)


def test_base_time_runs_at_its_pace() -> None:
    assert clock(60.0).at(1010.0) == START + timedelta(minutes=10)


def test_a_change_comes_two_seconds_after_it_was_decided() -> None:
    slow = clock()
    fast = slow.with_pace(60.0, boot_s=1100.0)
    assert [fast.at(s) == slow.at(s) for s in (1100.0, 1100.0 + LEAD_S)] == [True, True]
    assert fast.at(1100.0 + LEAD_S + 1.0) == slow.at(1100.0 + LEAD_S) + timedelta(minutes=1)
    assert (fast.pace_at(1100.0), fast.pace_at(1100.0 + LEAD_S)) == (1.0, 60.0)
    assert fast.version == slow.version + 1


@given(changes=st.lists(st.tuples(paces, pauses_s), max_size=8), looks_s=st.lists(pauses_s, min_size=2, max_size=8))
def test_it_is_continuous_and_never_goes_back(changes: list[tuple[float, float]], looks_s: list[float]) -> None:
    now_s, base = 1000.0, clock()
    for pace, pause_s in changes:
        now_s += LEAD_S + pause_s
        changed = base.with_pace(pace, boot_s=now_s)
        # Whoever has not heard of it yet reads the same, up to the bend.
        for s in (now_s, now_s + LEAD_S / 2, now_s + LEAD_S):
            assert abs(changed.at(s) - base.at(s)) <= 2 * MICROSECOND
        base = changed
    moments = [base.at(now_s + s) for s in sorted(looks_s)]
    assert moments == sorted(moments)
    assert base.fastest == max([1.0, *(pace for pace, _pause in changes)])


@given(pace=paces, reached_s=st.floats(0.0, 1e6), boot_s=st.floats(0.0, 1e6))
def test_after_a_stop_it_goes_on_from_what_it_had_reached_at_the_pace_of_the_machine(
    pace: float, reached_s: float, boot_s: float
) -> None:
    reached = START + timedelta(seconds=reached_s)
    again = clock(pace).begun_again(reached, boot_id="another boot", boot_s=boot_s)
    assert again.at(boot_s) == reached
    assert abs(again.at(boot_s + 10.0) - reached - timedelta(seconds=10)) <= 2 * MICROSECOND
    assert (again.boot_id, again.key) == ("another boot", "a-clock")


@pytest.mark.parametrize("pace", [0.0, 0.5, -60.0, 721.0, float("nan"), float("inf")])
def test_no_base_goes_back_or_stands_or_runs_away(pace: float) -> None:
    with pytest.raises(PaceRefused):
        clock().with_pace(pace, boot_s=2000.0)


def test_a_change_waits_for_the_one_before_it() -> None:
    fast = clock().with_pace(60.0, boot_s=1100.0)
    with pytest.raises(ChangeUnderWay):
        fast.with_pace(10.0, boot_s=1100.0 + LEAD_S / 2)
    assert fast.with_pace(10.0, boot_s=1100.0 + LEAD_S).pace == 10.0


@pytest.mark.parametrize(("before", "after"), [(600.0, 60.0), (600.0, 1.0), (1.0, 600.0)])
def test_what_was_read_a_second_before_a_bend_is_a_second_old_on_the_wire_after_it(before: float, after: float) -> None:
    bent = clock(before).with_pace(after, boot_s=1100.0)
    read_at, now_s = bent.at(bent.bend_boot_s - 1.0), bent.bend_boot_s + 2.0
    pacing = bent.pacing_at(now_s)
    assert pacing.pace == after
    assert pacing.age(read_at, at=bent.at(now_s)) == timedelta(seconds=3.0 * after)
    assert pacing.age(bent.bend_at, at=bent.at(now_s)) == timedelta(seconds=2.0 * after)


def test_until_its_bend_comes_a_clock_ages_as_before() -> None:
    bent = clock(600.0).with_pace(60.0, boot_s=1100.0)
    pacing = bent.pacing_at(1100.5)
    assert pacing.pace == 600.0
    assert pacing.age(bent.at(1099.5), at=bent.at(1100.5)) == timedelta(seconds=600)


def test_a_look_that_began_before_a_bend_and_asks_after_it_knows_what_is_fresh() -> None:
    """Slowed down ten times: half a second on the wire before the look, which began 0.3 s before the bend."""
    bent = clock(600.0).with_pace(60.0, boot_s=1100.0)
    looked_at, read_at = bent.at(bent.bend_boot_s - 0.3), bent.at(bent.bend_boot_s - 0.8)
    pacing = bent.pacing_at(bent.bend_boot_s + 0.1)
    assert abs(pacing.age(read_at, at=looked_at) - timedelta(seconds=30)) <= 2 * MICROSECOND
    assert pacing.freshness(read_at, interval_s=1.0, at=looked_at) is Freshness.LIVE


def test_what_comes_from_the_future_is_not_live() -> None:
    assert LIVE.freshness(START + timedelta(seconds=10), interval_s=1.0, at=START) is Freshness.STALE
