"""Taking requests: each is checked again, sent at most once, and ends in exactly one way."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connections

from devices.errors import BusClosed, LeaseLost, NotWritable, TooLate, ValueOutOfLimits
from greenhouse.access.roles import Role
from greenhouse.commands import dispatch, history
from greenhouse.commands.checks import Code, Verdict
from greenhouse.commands.dispatch import WriteOrder
from greenhouse.commands.lifecycle import TERMINAL, State
from greenhouse.commands.models import CommandRequest
from greenhouse.commands.naming import asked_by
from greenhouse.ledger.models import Head
from greenhouse.site.models import Point
from tests.commands.conftest import HEATING, HUMIDITY, LINK, LOCATION, after, moment, person

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])


class Orders:
    """A writer that keeps its orders, or refuses to take them."""

    def __init__(self, error: Exception | None = None) -> None:
        self.orders: list[WriteOrder] = []
        self._error = error

    def start(self, order: WriteOrder) -> None:
        if self._error is not None:
            raise self._error
        self.orders.append(order)


def path(request: CommandRequest) -> list[str]:
    return [event.state for event in request.events.all()]


def ended(request: CommandRequest) -> tuple[str, str]:
    request.refresh_from_db()
    return request.state, request.verdict


def test_a_request_becomes_one_order(submit):
    request, orders = submit(), Orders()
    assert dispatch.dispatch_next(moment(1.1), orders) is True
    assert orders.orders == [WriteOrder(request.pk, HEATING, 18.0)]
    assert dispatch.dispatch_next(moment(1.2), orders) is False
    assert len(orders.orders) == 1


def test_the_oldest_request_goes_first(submit):
    second = submit(HUMIDITY, 70.0, seen_value=80.0, now=moment(2))
    first = submit(now=moment(1))
    orders = Orders()
    while dispatch.dispatch_next(moment(3), orders):
        pass
    assert [order.request_id for order in orders.orders] == [first.pk, second.pk]


def test_a_request_is_claimed_once(submit):
    """Compare-and-set: of two processes that look at the same moment one gets it."""
    submit()
    assert dispatch.dispatch_next(moment(1.1), Orders()) is True
    assert dispatch.dispatch_next(moment(1.1), Orders()) is False


def test_the_way_of_a_change_that_took(submit):
    request = submit()
    dispatch.dispatch_next(moment(1.1), Orders())
    assert dispatch.record_accepted(request.pk, now=moment(1.2))
    assert dispatch.record_outcome(request.pk, State.CONFIRMED, now=moment(1.3), readback_value=18.0)
    request.refresh_from_db()
    assert (request.state, request.state_at, request.readback_value) == (State.CONFIRMED, after(1.3), 18.0)
    assert [(event.state, event.at) for event in request.events.all()] == [
        (State.REQUESTED, after(1)),
        (State.DISPATCHED, after(1.1)),
        (State.ACCEPTED, after(1.2)),
        (State.CONFIRMED, after(1.3)),
    ]


def test_another_value_read_back_is_not_confirmed_and_is_told(submit):
    request = submit()
    dispatch.dispatch_next(moment(1.1), Orders())
    dispatch.record_accepted(request.pk, now=moment(1.2))
    verdict = Verdict(Code.READBACK_DIFFERS, {"readback": 17.0, "unit": "degC"})
    dispatch.record_outcome(request.pk, State.TIMEOUT, now=moment(4), verdict=verdict, readback_value=17.0)
    request.refresh_from_db()
    assert (request.state, request.readback_value) == (State.TIMEOUT, 17.0)
    assert history.verdict_of(request) == verdict


def test_the_first_end_stands(submit):
    """A read-back that comes after the request was given up changes nothing."""
    request = submit()
    dispatch.dispatch_next(moment(1.1), Orders())
    dispatch.expire_old(moment(100))
    assert dispatch.record_outcome(request.pk, State.CONFIRMED, now=moment(101)) is False
    assert ended(request) == (State.TIMEOUT, Code.NO_ANSWER)
    assert path(request) == [State.REQUESTED, State.DISPATCHED, State.TIMEOUT]


@pytest.mark.parametrize("state", sorted(TERMINAL))
def test_a_request_that_was_not_taken_has_no_outcome(submit, state):
    """Only the ends of a request that nobody took can follow: expired and superseded."""
    request = submit()
    assert dispatch.record_outcome(request.pk, state, now=moment(2)) is (state in {State.EXPIRED, State.SUPERSEDED})


def test_an_outcome_of_nothing_is_an_error(db):
    with pytest.raises(CommandRequest.DoesNotExist):
        dispatch.record_accepted(uuid4(), now=moment(1))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda store: store({LINK: 0}, after(1.05)), Code.LINK_DOWN),
        (lambda store: store({LOCATION: 0}, after(1.05)), Code.LOCAL_CONTROL),
        (lambda _store: Point.objects.filter(key=HEATING).update(limit_high=17.0), Code.OUT_OF_LIMITS),
        (lambda _store: Point.objects.filter(key=HEATING).update(enabled=False), Code.UNKNOWN_POINT),
    ],
    ids=["offline", "local", "limits", "switched off"],
)
def test_what_changed_after_submit_is_refused_before_anything_is_sent(submit, online, change, code):
    """The check that counts is the one just before the write."""
    request, orders = submit(), Orders()
    change(online)
    assert dispatch.dispatch_next(moment(1.1), orders) is True
    assert orders.orders == []
    assert ended(request) == (State.REFUSED, code)
    assert path(request) == [State.REQUESTED, State.DISPATCHED, State.REFUSED]


def test_a_stale_link_at_dispatch_is_a_refusal(submit):
    request, orders = submit(), Orders()
    dispatch.dispatch_next(moment(12), orders)
    assert (orders.orders, ended(request)) == ([], (State.REFUSED, Code.LINK_UNKNOWN))


def test_a_person_who_lost_the_right_meanwhile_sends_nothing(submit, technician):
    request, orders = submit(), Orders()
    technician.groups.clear()
    dispatch.dispatch_next(moment(1.1), orders)
    assert (orders.orders, ended(request)) == ([], (State.REFUSED, Code.NOT_ALLOWED))


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (LeaseLost("climate"), Code.LEASE_LOST),
        (ValueOutOfLimits(HEATING, 18.0, 5.0, 17.0), Code.NOT_SENT),
        (BusClosed("line stopped"), Code.LINE_DOWN),
        (TooLate(HEATING, "its time had passed"), Code.TOO_LATE),
        (NotWritable(HEATING, "nothing would stop it"), Code.NOT_PROTECTED),
    ],
)
def test_what_the_bus_does_not_take_was_not_sent(submit, error, code):
    request = submit()
    dispatch.dispatch_next(moment(1.1), Orders(error))
    assert ended(request) == (State.REFUSED, code)


def test_one_refused_request_does_not_hold_up_the_next(submit, online):
    submit()
    submit(HUMIDITY, 70.0, seen_value=80.0, now=moment(2))
    Point.objects.filter(key=HEATING).update(enabled=False)
    orders = Orders()
    while dispatch.dispatch_next(moment(3), orders):
        pass
    assert [order.point_key for order in orders.orders] == [HUMIDITY]


def test_a_request_that_nobody_took_expires_and_is_never_sent(submit):
    request, orders = submit(), Orders()
    assert dispatch.dispatch_next(moment(16), orders) is False
    assert dispatch.expire_old(moment(15.9)) == 0
    assert dispatch.expire_old(moment(16)) == 1
    assert (orders.orders, ended(request)) == ([], (State.EXPIRED, Code.NOT_TAKEN))


def test_a_device_gets_the_time_that_its_profile_grants(submit):
    """A blanket travels for minutes; its request is not given up after seconds."""
    Point.objects.filter(key=HEATING).update(confirm_within_s=400.0)
    request = submit()
    dispatch.dispatch_next(moment(1.1), Orders())
    assert dispatch.expire_old(moment(400)) == 0
    request.refresh_from_db()
    assert request.answer_by - after(1.1) > timedelta(seconds=400)


@pytest.mark.parametrize("accepted", [False, True])
def test_what_was_under_way_at_a_restart_is_not_sent_again(submit, accepted):
    request, orders = submit(), Orders()
    dispatch.dispatch_next(moment(1.1), orders)
    if accepted:
        dispatch.record_accepted(request.pk, now=moment(1.2))
    assert dispatch.recover_after_restart(moment(5)) == 1
    assert dispatch.dispatch_next(moment(5), orders) is False
    assert len(orders.orders) == 1
    assert ended(request) == (State.TIMEOUT, Code.INTERRUPTED)


def test_a_restart_leaves_waiting_requests_alone(submit):
    request = submit()
    assert dispatch.recover_after_restart(moment(2)) == 0
    orders = Orders()
    assert dispatch.dispatch_next(moment(2), orders) is True
    assert [order.request_id for order in orders.orders] == [request.pk]


def test_history_tells_what_moved_and_what_is_open(submit):
    first = submit()
    dispatch.dispatch_next(moment(1.1), Orders())
    dispatch.record_outcome(first.pk, State.CONFIRMED, now=moment(1.3))
    second = submit(HUMIDITY, 70.0, seen_value=80.0, now=moment(2), by=person("li", Role.ENGINEER))
    assert [request.pk for request in history.changed_since(after(1.3))] == [first.pk, second.pk]
    assert [request.pk for request in history.changed_since(after(1.4))] == [second.pk]
    assert [request.pk for request in history.open_requests()] == [second.pk]
    assert [request.pk for request in history.last_requests(HEATING)] == [first.pk]
    assert [request.pk for request in history.newest_requests(5)] == [second.pk, first.pk]


def test_the_history_of_many_requests_is_two_queries(submit, django_assert_num_queries):
    submit()
    submit(HUMIDITY, 70.0, seen_value=80.0)
    with django_assert_num_queries(2):
        for request in history.newest_requests(10):
            asked_by(request), path(request)


class Token:
    """The fence of a process under a token, while it is the newest."""

    def __init__(self, token: int) -> None:
        self.token = token
        self.is_newest = True

    def require(self, using: str) -> None:
        assert connections[using].in_atomic_block
        if not self.is_newest:
            raise LeaseLost("control")


def test_steps_of_a_process_that_was_overtaken_are_refused(submit):
    """It claims nothing, ends nothing and records no outcome; the request is as if it had not been there."""
    fence, orders = Token(7), Orders()
    request, waiting = submit(), submit(HUMIDITY, 70.0, seen_value=80.0, now=moment(1))
    assert dispatch.dispatch_next(moment(1.1), orders, fence=fence)
    fence.is_newest = False
    for step in (
        lambda: dispatch.dispatch_next(moment(1.2), orders, fence=fence),
        lambda: dispatch.record_accepted(request.pk, now=moment(1.2), fence=fence),
        lambda: dispatch.record_outcome(request.pk, State.CONFIRMED, now=moment(1.2), fence=fence),
        lambda: dispatch.expire_old(moment(500), fence=fence),
        lambda: dispatch.recover_after_restart(moment(1.2), fence=fence),
    ):
        with pytest.raises(LeaseLost):
            step()
    assert path(request) == ["requested", "dispatched"]
    assert path(waiting) == ["requested"]
    assert len(orders.orders) == 1


def test_each_step_says_under_which_token_it_was_taken(submit):
    request = submit()
    dispatch.dispatch_next(moment(1.1), Orders(), fence=Token(7))
    dispatch.record_outcome(request.pk, State.CONFIRMED, now=moment(1.2), fence=Token(8))
    assert [event.actor for event in request.events.all()][1:] == ["control 7", "control 8"]


def test_a_request_is_carried_out_even_if_the_ledger_is_broken(submit, caplog):
    """Somebody has to mend the ledger, and somebody watches the houses meanwhile."""
    Head.objects.all().delete()
    request, orders = submit(), Orders()
    Head.objects.all().delete()
    assert dispatch.dispatch_next(moment(1.1), orders)
    assert path(request) == ["requested", "dispatched"]
    assert "not in the ledger, which is broken" in caplog.text
