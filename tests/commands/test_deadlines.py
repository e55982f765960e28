"""Setting the clock: nothing lives longer than was meant, and nothing is sent after its time."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devices.profiles.schema import Table
from greenhouse.commands import diagnostics, dispatch
from greenhouse.commands.lifecycle import State
from greenhouse.commands.models import CommandRequest
from greenhouse.deadlines import Deadline, Moment
from greenhouse.site.virtual_points import CLOCK, Clock, control_key
from greenhouse.stored_deadlines import ahead, columns, over, stored
from tests.commands.conftest import HEATING, LINK, LOCATION, START, after, moment
from tests.commands.test_dispatch import Orders, ended

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])

BACK, FORWARD = timedelta(hours=-1), timedelta(days=1)


def test_a_clock_set_back_an_hour_lets_no_request_live_longer(submit):
    request, orders = submit(), Orders()
    late = moment(1 + 15, wall_set_by=BACK)
    assert dispatch.dispatch_next(late, orders) is False
    assert dispatch.expire_old(late) == 1
    assert (orders.orders, ended(request)[0]) == ([], State.EXPIRED)


def test_a_clock_set_back_takes_nothing_from_a_request_whose_time_is_not_over(submit, online):
    request = submit()
    online({control_key(CLOCK): Clock.CATCHING_UP, LINK: 2, LOCATION: 1, HEATING: 16.0}, after(1 + 14))
    assert dispatch.expire_old(moment(1 + 14, wall_set_by=BACK)) == 0
    orders = Orders()
    assert dispatch.dispatch_next(moment(1 + 14, wall_set_by=BACK), orders)
    assert [order.request_id for order in orders.orders] == [request.pk]


def test_a_clock_set_forward_a_day_sends_nothing_that_is_too_old_by_it(submit):
    """The earlier counts: a request that cannot be shown to be young is not sent."""
    request, orders = submit(), Orders()
    soon = moment(1.1, wall_set_by=FORWARD)
    assert dispatch.dispatch_next(soon, orders) is False
    assert dispatch.expire_old(soon) == 1
    assert (orders.orders, ended(request)[0]) == ([], State.EXPIRED)


def test_a_clock_set_back_lets_no_unanswered_write_stay_open(submit):
    request = submit()
    dispatch.dispatch_next(moment(1.1), Orders())
    request.refresh_from_db()
    assert request.answer_by - after(1.1) == timedelta(seconds=22)  # 20 s, and 2 s of the profile
    assert dispatch.expire_old(moment(1.1 + 21.9, wall_set_by=BACK)) == 0
    assert dispatch.expire_old(moment(1.1 + 22.0, wall_set_by=BACK)) == 1
    assert ended(request)[0] == State.TIMEOUT


def test_after_a_restart_years_back_no_request_of_the_last_boot_is_sent(submit):
    request, orders = submit(), Orders()
    rebooted = Moment(after(60) - timedelta(days=2000), "next boot", 3.0, reached=after(60))
    assert dispatch.dispatch_next(rebooted, orders) is False
    assert dispatch.expire_old(rebooted) == 1
    assert (orders.orders, ended(request)[0]) == ([], State.EXPIRED)


def test_after_a_restart_of_the_machine_the_wall_clock_decides(submit):
    submit()
    rebooted = Moment(after(2), "next boot", 3.0)
    assert dispatch.expire_old(rebooted) == 0
    assert dispatch.expire_old(Moment(after(16), "next boot", 17.0)) == 1


def test_a_read_of_raw_registers_is_not_carried_out_after_its_time_either(db):
    diagnostics.ask("climate", 1, Table.INPUT, address=1, count=1, timeout_s=1.0, now=moment(0))
    assert diagnostics.claim_next(moment(10, wall_set_by=BACK)) is None
    assert diagnostics.claim_next(moment(9, wall_set_by=FORWARD)) is None
    assert diagnostics.claim_next(moment(9, wall_set_by=BACK)) is not None


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    wall_s=st.integers(-5, 5),
    boot_s=st.integers(-5, 5),
    same_boot=st.booleans(),
)
def test_the_conditions_of_queries_say_what_the_deadline_says(submit_once, wall_s, boot_s, same_boot):
    """The rule stands twice, as a function and as a condition: both give one answer."""
    deadline = Deadline(START, "this boot", 100.0)
    CommandRequest.objects.filter(pk=submit_once).update(**columns("expires_at", deadline))
    now = Moment(START + timedelta(seconds=wall_s), "this boot" if same_boot else "other", 100.0 + boot_s)
    row = CommandRequest.objects.get(pk=submit_once)
    assert stored(row, "expires_at") == deadline
    assert CommandRequest.objects.filter(over("expires_at", now)).exists() == deadline.has_passed(now)
    assert CommandRequest.objects.filter(ahead("expires_at", now)).exists() != deadline.has_passed(now)


@pytest.fixture
def submit_once(submit):
    return submit().pk
