"""Asking for a change: what is stored, and what is refused with which sentence."""

from __future__ import annotations

import math
from uuid import uuid4

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, transaction
from django.utils import translation

from devices.samples import Quality
from greenhouse.access.errors import NotAllowed
from greenhouse.access.roles import Role
from greenhouse.commands import dispatch
from greenhouse.commands.checks import Code
from greenhouse.commands.errors import Conflict, InvalidRequest, RequestError, Unavailable
from greenhouse.commands.lifecycle import State
from greenhouse.commands.models import CommandRequest
from greenhouse.site.models import Point
from tests.commands.conftest import HEATING, HUMIDITY, LINK, LOCATION, START, after, moment, person
from tests.commands.test_dispatch import Orders

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])


def states() -> dict[float, str]:
    return dict(CommandRequest.objects.values_list("value", "state"))


def test_a_request_is_stored_with_everything_an_audit_asks(submit, technician):
    """Who, in which role, from where, when, what, from which value, why."""
    stored = submit(reason=" frost tonight ", device_label="Chrome on Android")
    request = CommandRequest.objects.get(pk=stored.pk)
    assert (request.point_key, request.value, request.unit, request.state) == (HEATING, 18.0, "degC", State.REQUESTED)
    assert (request.previous_value, request.previous_at) == (16.0, START)
    assert (request.requested_by, request.role, request.source) == (technician, "technician", "person")
    assert (request.device_label, request.reason) == ("Chrome on Android", "frost tonight")
    assert (request.created_at, request.expires_at) == (after(1), after(16))
    assert [(event.state, event.at, event.actor) for event in request.events.all()] == [
        (State.REQUESTED, after(1), "zhang")
    ]


@pytest.mark.parametrize("role", [None, Role.VIEWER, Role.EDUCATOR, Role.COMMISSIONER])
def test_roles_without_the_right_are_refused(submit, role):
    with pytest.raises(NotAllowed):
        submit(by=person("guest", role))
    assert not CommandRequest.objects.exists()


@pytest.mark.parametrize("role", [Role.TECHNICIAN, Role.SUPERVISOR, Role.ENGINEER])
def test_roles_with_the_right_may_ask(submit, role):
    assert submit(by=person("worker", role)).role == role.value


def test_nobody_signed_in_and_nobody_retired_may_ask(submit, technician):
    technician.is_active = False
    for nobody in (AnonymousUser(), technician):
        with pytest.raises(NotAllowed):
            submit(by=nobody)


@pytest.mark.parametrize(
    ("point", "value", "code"),
    [
        ("ghost.value", 18.0, Code.UNKNOWN_POINT),
        (LINK, 1.0, Code.NOT_WRITABLE),
        ("h1-climate.air_temperature", 18.0, Code.NOT_WRITABLE),
        ("h1-climate.heartbeat", 1.0, Code.DIRECT_OUTPUT),
        ("h1-climate.co2_enable", 1.0, Code.DIRECT_OUTPUT),
        (HEATING, 99.0, Code.OUT_OF_LIMITS),
        (HEATING, math.nan, Code.NOT_FINITE),
        (HEATING, math.inf, Code.NOT_FINITE),
    ],
)
def test_a_wrong_point_or_value_is_refused(submit, point, value, code):
    with pytest.raises(InvalidRequest) as caught:
        submit(point, value)
    assert caught.value.verdict.code is code
    assert not CommandRequest.objects.exists()


def test_a_point_that_is_switched_off_takes_no_requests(submit):
    Point.objects.filter(key=HEATING).update(enabled=False)
    with pytest.raises(InvalidRequest) as caught:
        submit()
    assert caught.value.verdict.code is Code.UNKNOWN_POINT


def test_the_limits_of_the_site_count_and_the_sentence_names_them(submit):
    Point.objects.filter(key=HEATING).update(limit_low=8.0, limit_high=17.5)
    with translation.override("en"), pytest.raises(InvalidRequest) as caught:
        submit()
    with translation.override("en"):
        assert str(caught.value) == ("18 °C is outside the allowed 8 to 17.5 °C. An engineer may change these limits.")


@pytest.mark.parametrize(
    ("point", "value", "code"),
    [(LINK, 0.0, Code.LINK_DOWN), (LOCATION, 0.0, Code.LOCAL_CONTROL)],
)
def test_a_device_that_cannot_take_it_is_told_at_once(submit, online, point, value, code):
    online({point: value}, after(0.5))
    with pytest.raises(Unavailable) as caught:
        submit()
    assert caught.value.verdict.code is code


def test_without_a_living_control_process_nothing_is_stored(submit):
    """No request waits silently to act later."""
    with pytest.raises(Unavailable) as caught:
        submit(now=moment(11))
    assert caught.value.verdict.code is Code.LINK_UNKNOWN
    assert not CommandRequest.objects.exists()


def test_a_value_that_changed_since_the_person_looked_stops_the_request(submit, online):
    """Changed on site: no name is known."""
    online({HEATING: 20.0}, after(0.5))
    with translation.override("en"), pytest.raises(Conflict) as caught:
        submit()
    assert caught.value.verdict.facts == {"current": 20.0, "unit": "degC", "by": None, "at": None}
    with translation.override("en"):
        assert str(caught.value) == "The value has changed meanwhile to 20 °C (—). Look again, then decide."


def test_the_conflict_names_who_put_the_value_there(submit, online):
    mine = submit(value=17.0)
    dispatch.dispatch_next(moment(1.1), Orders())
    dispatch.record_outcome(mine.pk, State.CONFIRMED, now=moment(1.5))
    online({HEATING: 17.0}, after(1.5))
    with pytest.raises(Conflict) as caught:
        submit(now=moment(2), by=person("li", Role.ENGINEER))
    assert caught.value.verdict.facts["by"] == "Zhang"


def test_the_conflict_names_nobody_when_the_value_was_changed_on_site_since(submit, online):
    mine = submit(value=17.0)
    dispatch.dispatch_next(moment(1.1), Orders())
    dispatch.record_outcome(mine.pk, State.CONFIRMED, now=moment(1.5))
    online({HEATING: 20.0}, after(1.6))
    with pytest.raises(Conflict) as caught:
        submit(now=moment(2))
    assert caught.value.verdict.facts["by"] is None


def test_a_bad_readback_is_not_the_value_the_person_saw(submit, online):
    online({HEATING: 16.0}, after(0.5), quality=Quality.BAD)
    with pytest.raises(Conflict):
        submit()


def test_a_newer_request_of_the_same_person_replaces_one_that_was_not_taken(submit):
    submit(value=17.0)
    submit(value=18.0, now=moment(2))
    assert states() == {17.0: State.SUPERSEDED, 18.0: State.REQUESTED}
    older = CommandRequest.objects.get(value=17.0)
    assert (older.verdict, older.facts) == (Code.REPLACED, {"by": "Zhang"})
    assert [(event.state, event.actor) for event in older.events.all()] == [
        (State.REQUESTED, "zhang"),
        (State.SUPERSEDED, "zhang"),
    ]


@pytest.mark.parametrize("taken", [False, True])
def test_of_two_people_who_saw_the_same_value_the_second_is_told_of_the_first(submit, taken):
    """A moment ago: no page has shown it to them yet, so they have to look again."""
    submit(value=17.0)
    if taken:
        dispatch.dispatch_next(moment(1.1), Orders())
    with pytest.raises(Conflict) as caught:
        submit(value=18.0, now=moment(1.2), by=person("li", Role.SUPERVISOR))
    assert (caught.value.verdict.code, caught.value.verdict.facts) == (Code.UNDER_WAY, {"by": "Zhang"})
    assert states() == {17.0: State.DISPATCHED if taken else State.REQUESTED}


@pytest.mark.parametrize("accepted", [False, True])
def test_a_request_that_was_taken_is_not_replaced(submit, accepted):
    mine = submit(value=17.0)
    dispatch.dispatch_next(moment(1.1), Orders())
    if accepted:
        dispatch.record_accepted(mine.pk, now=moment(1.2))
    with pytest.raises(Conflict) as caught:
        submit(value=18.0, now=moment(2))
    assert caught.value.verdict.code is Code.UNDER_WAY
    assert caught.value.verdict.facts == {"by": "Zhang"}
    assert list(states()) == [17.0]


def test_requests_for_other_points_stand_beside_it(submit):
    submit(value=17.0)
    submit(HUMIDITY, 70.0, seen_value=80.0)
    assert states() == {17.0: State.REQUESTED, 70.0: State.REQUESTED}


def test_the_database_itself_allows_a_point_one_open_request(submit):
    """Two processes that store a request at the same moment: the second one is refused."""
    request = submit()
    twin = CommandRequest.objects.get(pk=request.pk)
    twin.pk = uuid4()
    with pytest.raises(IntegrityError), transaction.atomic():
        twin.save(force_insert=True)


def test_every_refusal_is_a_request_error(submit):
    with pytest.raises(RequestError):
        submit("ghost.value")
