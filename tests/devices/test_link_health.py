"""Back-off and blame: numbers that keep one dead unit from costing its neighbors."""

import pytest

from devices.errors import BadReply, BusClosed, BusTimeout, DeviceException, ReplyPending
from devices.link_health import LINE_BACK_OFF, UNIT_BACK_OFF, Blame, LinkState, UnitHealth, blame

TIMEOUT = BusTimeout(7, 0.5)


def pauses(back_off, count):
    return [back_off.pause_s(attempt) for attempt in range(1, count + 1)]


def test_a_dead_unit_is_tried_after_1_2_4_8_and_then_every_15_seconds():
    assert pauses(UNIT_BACK_OFF, 6) == [1, 2, 4, 8, 15, 15]


def test_a_lost_line_is_opened_after_half_a_second_and_at_last_every_5_seconds():
    assert pauses(LINE_BACK_OFF, 6) == [0.5, 1, 2, 4, 5, 5]


def test_a_unit_that_is_dead_for_years_still_has_a_finite_pause():
    assert UNIT_BACK_OFF.pause_s(10_000_000) == 15


def test_a_unit_that_answered_is_degraded_at_its_first_and_offline_at_its_second_failure():
    health = UnitHealth()
    health.note_success(10.0)
    health.note_failure(11.0, TIMEOUT)
    assert health.state is LinkState.DEGRADED
    health.note_failure(12.0, TIMEOUT)
    assert health.state is LinkState.OFFLINE
    assert health.next_try_s == 13.0


def test_a_unit_that_never_answered_is_offline_at_its_first_failure():
    health = UnitHealth()
    assert health.state is LinkState.UNKNOWN
    health.note_failure(5.0, TIMEOUT)
    assert health.state is LinkState.OFFLINE
    assert health.next_try_s == 6.0


def test_the_pause_of_an_offline_unit_doubles_with_each_failed_probe():
    health = UnitHealth()
    tries = []
    now_s = 100.0
    for _ in range(6):
        health.note_failure(now_s, TIMEOUT)
        tries.append(health.next_try_s - now_s)
        now_s = health.next_try_s
    assert tries == [1, 2, 4, 8, 15, 15]


def test_an_answer_ends_the_back_off_at_once_and_starts_it_anew():
    health = UnitHealth()
    for now_s in (0.0, 1.0, 3.0, 7.0):
        health.note_failure(now_s, TIMEOUT)
    health.note_success(15.0)
    assert (health.state, health.failures, health.last_error) == (LinkState.ONLINE, 0, "")
    health.note_failure(16.0, TIMEOUT)
    health.note_failure(17.0, TIMEOUT)
    assert health.next_try_s == 18.0


def test_one_failure_between_answers_never_takes_a_unit_offline():
    health = UnitHealth()
    health.note_success(0.0)
    for second in range(1, 100):
        health.note_failure(second, TIMEOUT)
        assert health.state is LinkState.DEGRADED
        health.note_success(second + 0.5)


def test_a_unit_that_owes_a_reply_is_left_alone_until_that_cannot_come_any_more():
    health = UnitHealth()
    health.note_failure(0.0, ReplyPending(7, 6.5))
    assert health.next_try_s == 6.5
    health.note_failure(6.5, ReplyPending(7, 900.0))
    assert health.next_try_s == 6.5 + 15, "never longer than the cap"


def test_a_lost_line_says_nothing_about_the_unit_itself():
    health = UnitHealth()
    health.note_success(0.0)
    health.note_line_lost("port gone")
    assert (health.state, health.failures, health.last_error) == (LinkState.OFFLINE, 0, "port gone")
    health.note_line_back(3600.0)
    assert health.next_try_s == 3600.0


def test_a_unit_that_was_dead_before_the_line_broke_waits_its_first_pause():
    health = UnitHealth()
    for now_s in (0.0, 1.0, 3.0):
        health.note_failure(now_s, TIMEOUT)
    health.note_line_lost("port gone")
    health.note_line_back(3600.0)
    assert health.next_try_s == 3601.0


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (BusClosed("gone"), Blame.LINE),
        (BusTimeout(1, 0.5), Blame.UNIT),
        (BadReply(1, "short"), Blame.UNIT),
        (ReplyPending(1, 3.0), Blame.UNIT),
        (DeviceException(1, 3, 1), Blame.CONFIGURATION),
        (DeviceException(1, 3, 2), Blame.CONFIGURATION),
        (DeviceException(1, 3, 3), Blame.CONFIGURATION),
        (DeviceException(1, 3, 4), Blame.UNIT),
        (DeviceException(1, 3, 5), Blame.BUSY),
        (DeviceException(1, 3, 6), Blame.BUSY),
        (DeviceException(1, 3, 10), Blame.UNIT),
        (DeviceException(1, 3, 11), Blame.UNIT),
    ],
    ids=str,
)
def test_blame_goes_to_who_can_be_left_alone(error, expected):
    assert blame(error) is expected
