"""Calls a minute, whatever serves them: one count for all processes, few writes, and none for who is over it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.db import OperationalError, connection, connections
from django.test.utils import CaptureQueriesContext

from greenhouse.access.models import CallAllowance
from greenhouse.access.rates import BLOCKS, WINDOW, Allowances, Rate, rate_of_address, rate_of_person, rate_of_token
from greenhouse.deadlines import Moment

NOW = Moment(datetime(2026, 11, 25, 8, tzinfo=UTC), "boot", 1000.0)
RATE = Rate("k" * 64, 100)


def later(seconds: float, *, wall_s: float | None = None) -> Moment:
    return Moment(
        NOW.wall + timedelta(seconds=seconds if wall_s is None else wall_s), NOW.boot_id, NOW.boot_s + seconds
    )


def served(allowances: Allowances, calls: int, rate: Rate = RATE, now: Moment = NOW) -> int:
    return sum(not allowances.take(rate, now=now) for _ in range(calls))


@pytest.mark.django_db
def test_a_minute_has_so_many_calls_and_the_next_one_again():
    allowances = Allowances()
    assert served(allowances, 150) == 100
    assert allowances.take(RATE, now=later(59)) == timedelta(seconds=1)
    assert served(allowances, 150, now=later(60)) == 100


@pytest.mark.django_db
def test_several_processes_have_one_count():
    first, second = Allowances(), Allowances()
    assert served(first, 60) + served(second, 60) == 100


@pytest.mark.django_db
def test_a_count_costs_few_writes_and_a_refusal_none():
    allowances = Allowances()
    with CaptureQueriesContext(
        connection,
    ) as asked:
        served(allowances, 100)
    writes = [query for query in asked if query["sql"].startswith(("UPDATE", "INSERT"))]
    assert len(writes) <= BLOCKS + 1
    allowances.take(RATE, now=NOW)
    with CaptureQueriesContext(connection) as asked:
        assert served(allowances, 1000) == 0
    assert len(asked) == 0


@pytest.mark.django_db
def test_a_clock_that_is_set_back_closes_nobody_out_for_longer():
    allowances = Allowances()
    served(allowances, 100)
    assert served(allowances, 1, now=later(30, wall_s=-3600)) == 0
    assert served(allowances, 1, now=later(60, wall_s=-3540)) == 1


@pytest.mark.django_db
def test_everybody_has_a_count_of_their_own_and_none_is_stored_by_name():
    allowances = Allowances()
    rates = [
        rate_of_token(1, 5),
        rate_of_token(2, 5),
        rate_of_person(1, 5),
        rate_of_address("192.0.2.1", 5),
        rate_of_address("192.0.2.2", 5),
        rate_of_address("2001:db8:1:2:3::", 5),
    ]
    assert [served(allowances, 9, rate) for rate in rates] == [5] * len(rates)
    assert rate_of_address("2001:db8:1:2:ffff::1", 5) == rates[-1]
    assert not CallAllowance.objects.filter(key__contains="192").exists()


@pytest.mark.django_db
def test_a_database_that_takes_no_write_stops_no_reader():
    def refuse(execute, sql, params, many, context):
        if sql.startswith(("INSERT", "UPDATE")):
            raise OperationalError("database or disk is full")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(refuse):
        assert served(Allowances(), 10) == 10


@pytest.mark.django_db
def test_counts_of_yesterday_are_forgotten():
    served(Allowances(), 1)
    served(Allowances(), 1, replace(RATE, key="n" * 64), later(WINDOW.total_seconds() + 2 * 86_400))
    assert [row.key[0] for row in CallAllowance.objects.all()] == ["n"]


@pytest.mark.django_db(transaction=True)
def test_calls_that_come_together_are_counted_once_each():
    processes = [Allowances() for _ in range(4)]

    def call(number: int) -> bool:
        try:
            return not processes[number % 4].take(RATE, now=NOW)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(call, range(200)))
    assert sum(answers) == 100
