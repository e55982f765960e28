"""Several threads at once, on a database that they share as processes do."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

import pytest
from django.db import connections

from greenhouse.commands import dispatch
from greenhouse.commands.checks import Code
from greenhouse.commands.errors import Conflict
from greenhouse.commands.lifecycle import OPEN, State
from greenhouse.commands.models import CommandRequest
from tests.commands.conftest import moment
from tests.commands.test_dispatch import Orders

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "telemetry"])

THREADS = 6
Result = TypeVar("Result")


def at_once(work: Callable[[int], Result]) -> list[Result]:
    """Results of the same work done by several threads that start together."""
    barrier = Barrier(THREADS)

    def run(number: int) -> Result:
        try:
            barrier.wait()
            return work(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(run, range(THREADS)))


def test_of_requests_stored_at_the_same_moment_one_stays_open(submit):
    """The others are replaced or refused; none is lost without a word."""

    def ask(number: int) -> str:
        try:
            return submit(value=17.0 + number).state
        except Conflict as error:
            return error.verdict.code

    answers = at_once(ask)
    assert set(answers) <= {State.REQUESTED, Code.UNDER_WAY}
    assert CommandRequest.objects.filter(state__in=OPEN).count() == 1
    assert CommandRequest.objects.filter(state=State.SUPERSEDED).count() == answers.count(State.REQUESTED) - 1


def test_of_processes_that_claim_at_the_same_moment_one_gets_the_request(submit):
    request = submit()
    orders = Orders()
    claimed = at_once(lambda _number: dispatch.dispatch_next(moment(1.1), orders))
    assert claimed.count(True) == 1
    assert [order.request_id for order in orders.orders] == [request.pk]
    assert [event.state for event in request.events.all()] == [State.REQUESTED, State.DISPATCHED]


def test_a_request_ends_once_however_many_ends_arrive_together(submit):
    request = submit()
    dispatch.dispatch_next(moment(1.1), Orders())
    ends = [State.CONFIRMED, State.REJECTED, State.TIMEOUT]
    took = at_once(lambda number: dispatch.record_outcome(request.pk, ends[number % 3], now=moment(2)))
    assert took.count(True) == 1
    assert request.events.count() == 3
