"""Counting failed sign-ins: how long to wait, for whom, and that nothing typed is kept."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connections
from hypothesis import given
from hypothesis import strategies as st

from greenhouse.access import throttle
from greenhouse.access.models import SignInFailures
from greenhouse.access.throttle import FAILURES_OF_ADDRESS, LONGEST_WAIT, Count, counts_for, network_of, pause_after
from greenhouse.deadlines import Moment

START = Moment(datetime(2026, 11, 25, 8, tzinfo=UTC), "boot", 1000.0)
ROUTER = "192.168.1.1"
NOTHING = timedelta(0)

counting = pytest.mark.django_db


def after(seconds: float, *, wall_set_by_s: float = 0.0, boot_id: str = "boot") -> Moment:
    return Moment(START.wall + timedelta(seconds=seconds + wall_set_by_s), boot_id, START.boot_s + seconds)


def stranger(name: str = "li", address: str = ROUTER) -> tuple[Count, ...]:
    return counts_for(name, address=address, known_browser="")


def own_phone(name: str = "li") -> tuple[Count, ...]:
    return counts_for(name, address=ROUTER, known_browser="phone")


def fail(counts: tuple[Count, ...], times: int, now: Moment = START) -> list[timedelta]:
    """Attempts one after the other at the same moment, each with a wrong password."""
    return [throttle.take_attempt(counts, now=now) for _ in range(times)]


def test_the_pause_doubles_from_one_minute_to_a_quarter_of_an_hour():
    minutes = [pause_after(failures, free=5) / timedelta(minutes=1) for failures in range(12)]
    assert minutes == [0, 0, 0, 0, 0, 1, 2, 4, 8, 15, 15, 15]


@given(st.integers(0, 10**9), st.integers(1, 1000))
def test_the_pause_never_shrinks_and_never_passes_the_longest(failures, free):
    assert pause_after(failures, free=free) <= pause_after(failures + 1, free=free) <= LONGEST_WAIT


@counting
def test_five_attempts_are_taken_and_the_sixth_waits():
    assert fail(stranger(), 5) == [NOTHING] * 5
    assert fail(stranger(), 1) == [timedelta(minutes=1)]


@counting
def test_attempts_during_the_wait_do_not_lengthen_it():
    fail(stranger(), 500)
    assert throttle.pause_now(stranger(), now=after(20)) == timedelta(seconds=40)
    assert fail(stranger(), 1, after(60)) == [NOTHING]
    assert throttle.pause_now(stranger(), now=after(60)) == timedelta(minutes=2)


@counting
def test_a_right_password_clears_the_count():
    fail(stranger(), 5)
    assert throttle.take_attempt(stranger(), now=after(61)) == NOTHING
    throttle.forgive(stranger(), "li", now=after(61))
    assert fail(stranger(), 5, after(61)) == [NOTHING] * 5


@counting
def test_strangers_who_guess_do_not_keep_a_person_from_signing_in_on_the_own_phone():
    fail(stranger(), 100)
    assert throttle.pause_now(stranger(), now=START) > NOTHING
    assert fail(own_phone(), 5) == [NOTHING] * 5


@counting
def test_guessing_on_somebodys_own_phone_is_counted_too_and_touches_nobody_else():
    fail(own_phone(), 5)
    assert throttle.pause_now(own_phone(), now=START) == timedelta(minutes=1)
    assert throttle.pause_now(stranger(), now=START) == NOTHING
    assert throttle.pause_now(own_phone("wang"), now=START) == NOTHING


@counting
def test_one_address_may_be_a_whole_base_so_it_waits_late_and_for_strangers_only():
    for number in range(FAILURES_OF_ADDRESS):
        assert fail(stranger(f"name{number}"), 1) == [NOTHING]
    assert fail(stranger("another"), 1) == [timedelta(minutes=1)]
    assert fail(stranger("another", "192.168.1.2"), 1) == [NOTHING]
    assert fail(own_phone(), 1) == [NOTHING]


@counting
def test_people_who_sign_in_rightly_never_fill_up_their_common_address():
    for number in range(3 * FAILURES_OF_ADDRESS):
        counts = stranger(f"name{number}")
        assert throttle.take_attempt(counts, now=START) == NOTHING
        throttle.forgive(counts, f"name{number}", now=START)
    fail(stranger("wang"), 1)
    assert throttle.pause_now(stranger("another"), now=START) == NOTHING


@counting
def test_who_knows_one_password_does_not_clear_the_address_with_it():
    for number in range(FAILURES_OF_ADDRESS - 1):
        fail(stranger(f"name{number}"), 1)
        throttle.take_attempt(stranger("mallory"), now=START)
        throttle.forgive(stranger("mallory"), "mallory", now=START)
    fail(stranger("one more"), 1)
    assert throttle.pause_now(stranger("another"), now=START) > NOTHING


@counting
def test_a_wait_outlives_a_restart_of_the_machine():
    fail(stranger(), 5)
    assert throttle.pause_now(stranger(), now=after(30, boot_id="another boot")) == timedelta(seconds=30)
    assert throttle.pause_now(stranger(), now=after(60, boot_id="another boot")) == NOTHING


@counting
def test_a_clock_that_is_set_back_makes_no_wait_longer():
    fail(stranger(), 5)
    assert throttle.pause_now(stranger(), now=after(45, wall_set_by_s=-7200)) == timedelta(seconds=15)


@counting
def test_failures_of_days_ago_are_forgotten_and_their_rows_go():
    fail(stranger(), 4)
    fail(stranger("wang"), 1, after(90_000))
    assert SignInFailures.objects.filter(account=throttle.account_digest("li")).count() == 0
    assert fail(stranger(), 5, after(90_000)) == [NOTHING] * 5


@counting
def test_names_and_addresses_are_kept_as_digests_only():
    """People type passwords into the field of the name."""
    fail(stranger("Blanket-7-up"), 1)
    stored = repr(list(SignInFailures.objects.values()))
    assert "Blanket" not in stored
    assert ROUTER not in stored


@counting
def test_names_that_wait_because_of_their_address_leave_no_rows():
    """Otherwise whoever is held back could still fill the disk."""
    for number in range(FAILURES_OF_ADDRESS):
        fail(stranger(f"name{number}"), 1)
    before = SignInFailures.objects.count()
    for number in range(50):
        fail(stranger(f"other{number}"), 1)
    assert SignInFailures.objects.count() == before


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.168.1.7", "192.168.1.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("", ""),
        ("unix:", ""),
    ],
)
def test_an_address_counts_as_far_as_a_client_can_hardly_change_it(address, network):
    assert network_of(address) == network


@pytest.mark.django_db(transaction=True)
def test_attempts_that_come_together_are_counted_one_by_one():
    """Forty guesses sent at the same moment: five are looked at."""

    def attempt(number: int) -> timedelta:
        try:
            return throttle.take_attempt(stranger(address=f"10.0.0.{number}"), now=START)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        waits = list(pool.map(attempt, range(40)))
    assert waits.count(NOTHING) == 5


@counting
def test_the_engineer_ends_a_wait(capsys):
    fail(stranger(), 5)
    fail(own_phone(), 5)
    fail(stranger("wang"), 5)
    call_command("unlock_login", "li")
    assert "li may sign in again" in capsys.readouterr().out
    assert throttle.pause_now([*stranger(), *own_phone()], now=START) == NOTHING
    assert throttle.pause_now(stranger("wang"), now=START) > NOTHING
    call_command("unlock_login", all=True)
    assert not SignInFailures.objects.exists()
    call_command("unlock_login", "li")
    assert "Nothing was locked" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [[], ["li", "--all"]])
def test_the_engineer_says_for_whom(arguments):
    with pytest.raises(CommandError, match="Name an account, or say --all"):
        call_command("unlock_login", *arguments)
