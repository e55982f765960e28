"""What a process reads from a base clock: base time, machine time, and spans from the one in the other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from devices.samples import Freshness, freshness
from greenhouse import clock
from greenhouse.deadlines import deadline_after
from tests.paced import START, paced

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
SOON = timedelta(milliseconds=200)


def test_a_live_base_reads_the_wall_clock_and_nothing_else() -> None:
    assert not clock.is_training()
    assert abs(clock.utc_now() - datetime.now(UTC)) < SOON
    assert (clock.pace(), clock.fastest_pace(), clock.moment_now().pace) == (1.0, 1.0, 1.0)
    assert clock.span(MINUTE) == MINUTE
    at = clock.utc_now()
    assert clock.machine_time(at) == at == clock.base_time(at)
    assert clock.moment_now().boot_id == clock.boot_id()


def test_a_training_base_reads_base_time_and_still_knows_that_of_the_machine() -> None:
    with paced(60.0):
        assert START <= clock.utc_now() < START + 60 * SOON
        assert abs(clock.machine_utc_now() - datetime.now(UTC)) < SOON
        assert clock.machine_moment_now().boot_id == clock.boot_id()
        assert clock.span(SECOND) == MINUTE
        due = clock.utc_now() + 10 * MINUTE
        assert abs(clock.machine_time(due) - clock.machine_utc_now() - 10 * SECOND) < SOON
        assert abs(clock.base_time(clock.machine_time(due)) - due) < 60 * SOON


def test_a_deadline_in_base_time_holds_over_a_restart_of_the_machine() -> None:
    with paced(60.0) as stored:
        before = clock.moment_now()
        deadline = deadline_after(before, timedelta(hours=2))
        # The clock that nobody sets is the stored one itself, whichever run of the machine it is read on.
        assert (before.boot_id, before.pace) == (stored.key, 60.0)
        stored.set_pace(1.0)
        after = clock.moment_now()
        assert abs(deadline.remaining(after) - timedelta(hours=2)) < 60 * SOON
        assert after.boot_s - before.boot_s == pytest.approx((after.wall - before.wall).total_seconds(), abs=1e-5)


def test_the_wall_clock_may_be_set_and_base_time_does_not_notice(time_machine) -> None:
    with paced(60.0):
        time_machine.move_to(datetime(2031, 1, 1, tzinfo=UTC))
        assert START <= clock.utc_now() < START + 5 * MINUTE
        assert clock.steady_s(clock.utc_now()) < datetime(2027, 1, 1, tzinfo=UTC).timestamp()


@pytest.mark.parametrize("pace", [1.0, 60.0, 600.0])
def test_a_value_is_live_for_two_polls_whatever_the_pace(pace: float) -> None:
    poll = timedelta(seconds=5)

    def after(polls: float) -> Freshness:
        return freshness(age=polls * poll * pace, interval_s=poll.total_seconds(), pace=pace)

    assert [after(1.9), after(2.1)] == [Freshness.LIVE, Freshness.LATE]
    if pace > 1:  # or the five and fifteen minutes of the rule are longer
        assert [after(3.5), after(30.5)] == [Freshness.STALE, Freshness.DEAD]
    assert freshness(age=-2.1 * poll * pace, interval_s=poll.total_seconds(), pace=pace) is Freshness.STALE
