"""Two persons: what needs a second one waits for them, counts once, and is checked again before it is sent."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, transaction
from django.utils import translation

from greenhouse.access.errors import NotAllowed
from greenhouse.access.roles import Role
from greenhouse.commands import approval, dispatch, history
from greenhouse.commands.approval import approve, decline
from greenhouse.commands.checks import Code
from greenhouse.commands.errors import Conflict, InvalidRequest
from greenhouse.commands.lifecycle import State
from greenhouse.commands.models import CommandRequest, ManualHold
from greenhouse.commands.sources import Automatic, Source
from greenhouse.site.models import Point
from tests.bases import CONTROLLER, SMALL, load
from tests.commands.conftest import HEATING, HUMIDITY, LINK, LOCATION, after, moment, person
from tests.commands.test_dispatch import Orders, ended, path
from tests.commands.test_races import at_once

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])


@pytest.fixture
def needing(submit, online):
    """Asks for a change that needs a second person."""
    Point.objects.filter(key=HEATING).update(needs_approval=True)
    return submit


@pytest.fixture
def supervisor(db):
    return person("wang", Role.SUPERVISOR)


def test_no_point_of_a_base_needs_a_second_person_unless_its_file_says_so(db):
    load()
    assert not Point.objects.filter(needs_approval=True).exists()
    load(SMALL.replace(CONTROLLER, f"{CONTROLLER}points.heating_setpoint.approval = true\n"))
    assert list(Point.objects.filter(needs_approval=True).values_list("key", flat=True)) == [HEATING]


def test_a_request_that_needs_a_second_person_waits_and_is_not_taken(needing):
    request, orders = needing(), Orders()
    assert request.state == State.AWAITING_APPROVAL
    assert dispatch.dispatch_next(moment(1.1), orders) is False
    assert [waits.pk for waits in approval.waiting(moment(1.1))] == [request.pk]


def test_approved_it_is_taken_checked_and_sent(needing, supervisor, online):
    request, orders = needing(), Orders()
    online({LINK: 2, LOCATION: 1, HEATING: 16.0}, after(300))
    approve(request.pk, by=supervisor, now=moment(300), device_label="Firefox on Linux")
    assert dispatch.dispatch_next(moment(300.1), orders) is True
    assert [order.value for order in orders.orders] == [18.0]
    assert path(request) == [State.AWAITING_APPROVAL, State.REQUESTED, State.DISPATCHED]
    approved = request.events.get(state=State.REQUESTED)
    assert (approved.actor, approved.role, approved.device_label) == ("wang", "supervisor", "Firefox on Linux")
    request.refresh_from_db()
    assert request.approved_by == supervisor
    assert approval.waiting(moment(301)) == []


def test_who_asked_cannot_approve_or_decline_it(needing, supervisor):
    request = needing(by=supervisor)
    for decide in (approve, lambda pk, **more: decline(pk, reason="no", **more)):
        with pytest.raises(NotAllowed) as caught:
            decide(request.pk, by=supervisor, now=moment(2))
        assert caught.value.verdict.code is Code.OWN_REQUEST


def test_the_database_itself_knows_that_the_second_person_is_another_one(needing, supervisor):
    request = needing(by=supervisor)
    with pytest.raises(IntegrityError), transaction.atomic():
        CommandRequest.objects.filter(pk=request.pk).update(approved_by=supervisor)


@pytest.mark.parametrize("role", [None, Role.VIEWER, Role.COMMISSIONER, Role.TECHNICIAN])
def test_roles_without_the_right_approve_nothing(needing, role):
    request = needing()
    for nobody in (person("guest", role), AnonymousUser()):
        with pytest.raises(NotAllowed) as caught:
            approve(request.pk, by=nobody, now=moment(2))
        assert caught.value.verdict.code is Code.MAY_NOT_APPROVE
    assert ended(request)[0] == State.AWAITING_APPROVAL


def test_after_ten_minutes_it_expires_and_is_approved_no_more(needing, supervisor):
    request = needing()
    with pytest.raises(Conflict) as caught:
        approve(request.pk, by=supervisor, now=moment(1 + 600))
    assert caught.value.verdict.code is Code.NOT_APPROVED
    assert dispatch.expire_old(moment(600)) == 0
    assert dispatch.expire_old(moment(601)) == 1
    assert ended(request) == (State.EXPIRED, Code.NOT_APPROVED)


def test_a_clock_set_back_gives_the_second_person_no_more_time(needing, supervisor):
    request = needing()
    with pytest.raises(Conflict):
        approve(request.pk, by=supervisor, now=moment(601, wall_set_by=timedelta(hours=-1)))


def test_an_approved_request_that_nobody_takes_expires_as_any_other(needing, supervisor):
    request = needing()
    approve(request.pk, by=supervisor, now=moment(300))
    assert dispatch.dispatch_next(moment(315), Orders()) is False
    dispatch.expire_old(moment(315))
    assert ended(request) == (State.EXPIRED, Code.NOT_TAKEN)


def test_declined_with_a_reason_nothing_is_sent_and_the_reason_is_told(needing, supervisor):
    request = needing()
    decline(request.pk, by=supervisor, reason=" too cold ", now=moment(2))
    assert ended(request) == (State.DECLINED, Code.DECLINED)
    assert request.facts == {"by": "Wang", "reason": "too cold"}
    assert request.events.get(state=State.DECLINED).reason == "too cold"
    assert dispatch.dispatch_next(moment(2.1), Orders()) is False


@pytest.mark.parametrize(("reason", "code"), [("  ", Code.REASON_MISSING), ("x" * 10_000, Code.REASON_TOO_LONG)])
def test_a_decision_against_it_needs_a_reason_of_some_length(needing, supervisor, reason, code):
    request = needing()
    with pytest.raises(InvalidRequest) as caught:
        decline(request.pk, by=supervisor, reason=reason, now=moment(2))
    assert caught.value.verdict.code is code


def test_the_second_decision_is_told_who_was_first(needing, supervisor):
    request = needing()
    approve(request.pk, by=supervisor, now=moment(2))
    with translation.override("en"), pytest.raises(Conflict) as caught:
        decline(request.pk, by=person("li", Role.ENGINEER), reason="no", now=moment(3))
    assert caught.value.verdict.facts == {"by": "wang"}


@pytest.mark.parametrize(
    ("samples", "code"),
    [
        ({LINK: 0}, Code.LINK_DOWN),
        ({LOCATION: 0}, Code.LOCAL_CONTROL),
        ({HEATING: 20.0}, Code.VALUE_CHANGED),
    ],
)
def test_what_changed_while_it_waited_is_refused_before_anything_is_sent(needing, supervisor, online, samples, code):
    request, orders = needing(), Orders()
    online({LINK: 2, LOCATION: 1, HEATING: 16.0} | samples, after(300))
    approve(request.pk, by=supervisor, now=moment(300))
    dispatch.dispatch_next(moment(300.1), orders)
    assert (orders.orders, ended(request)) == ([], (State.REFUSED, code))


def test_a_second_person_who_lost_the_right_meanwhile_does_not_count(needing, supervisor):
    request, orders = needing(), Orders()
    approve(request.pk, by=supervisor, now=moment(2))
    supervisor.groups.clear()
    dispatch.dispatch_next(moment(2.1), orders)
    assert (orders.orders, ended(request)) == ([], (State.REFUSED, Code.MAY_NOT_APPROVE))


def test_programs_and_interlocks_wait_for_nobody(needing):
    assert needing(by=Automatic(Source.INTERLOCK, "frost")).state == State.REQUESTED
    dispatch.expire_old(moment(100))


def test_a_declined_hold_is_no_hold(needing, supervisor):
    request = needing(hold_for=timedelta(hours=1))
    decline(request.pk, by=supervisor, reason="no", now=moment(2))
    assert ManualHold.objects.get().end == "not_taken"


def test_a_newer_request_takes_the_place_of_one_that_waits(needing):
    first = needing(value=17.0)
    needing(value=18.0, now=moment(2), by=person("li", Role.ENGINEER))
    assert ended(first) == (State.SUPERSEDED, Code.REPLACED)
    assert [request.value for request in approval.waiting(moment(3))] == [18.0]


def test_points_beside_it_need_nobody(needing):
    assert needing(HUMIDITY, 70.0, seen_value=80.0).state == State.REQUESTED
    assert history.open_requests()[0].approved_by is None


@pytest.mark.django_db(transaction=True, databases=["default", "telemetry"])
def test_of_several_people_who_decide_at_the_same_moment_one_counts(needing):
    """Supervisors that approve and decline together."""
    request = needing()
    people = [person(f"s{number}", Role.SUPERVISOR) for number in range(6)]

    def decide(number: int) -> str:
        try:
            if number % 2:
                return approve(request.pk, by=people[number], now=moment(2)).state
            return decline(request.pk, by=people[number], reason="no", now=moment(2)).state
        except Conflict as error:
            return error.verdict.code

    answers = at_once(decide)
    assert sorted(answers)[:5] == [Code.DECIDED] * 5
    request.refresh_from_db()
    assert request.events.count() == 2
    assert (request.approved_by is not None) == (request.state == State.REQUESTED)
