"""What is tried again: data, limited, each try a request of its own, and nothing of a person's."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import translation

from devices.profiles.outputs import OutputKind
from devices.samples import Quality
from greenhouse.access.roles import Role
from greenhouse.commands import approval, dispatch, history, on_site, retries
from greenhouse.commands.checks import Code, Verdict
from greenhouse.commands.lifecycle import State
from greenhouse.commands.messages import sentence
from greenhouse.commands.models import CommandRequest
from greenhouse.commands.policies import RETRIES, retry_delay
from greenhouse.commands.sources import Automatic, Source
from greenhouse.site import structure
from greenhouse.site.models import Point
from tests.commands.conftest import HEATING, LINK, LOCATION, START, after, moment, person
from tests.commands.test_dispatch import Orders

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])

PROGRAM = Automatic(Source.PROGRAM, "climate")
PAUSES_S = [10, 60, 300, 900, 1800, 3600]


def fail(seconds: float, state: State = State.TIMEOUT, code: Code = Code.NO_ANSWER) -> CommandRequest:
    """Let the next request be sent and end so, at that second."""
    orders = Orders()
    assert dispatch.dispatch_next(moment(seconds), orders)
    dispatch.record_outcome(orders.orders[0].request_id, state, now=moment(seconds), verdict=Verdict(code))
    return CommandRequest.objects.get(pk=orders.orders[0].request_id)


def test_only_absolute_writes_of_programs_are_tried_again():
    """A motor command, a valve, a dose: writing one twice is not writing it once."""
    tried = {(source, kind) for source, kinds in RETRIES.items() for kind in kinds}
    assert tried == {(Source.PROGRAM, OutputKind.SETPOINT), (Source.PROGRAM, OutputKind.MODE)}


def test_tries_are_limited_and_their_pauses_grow(submit, online):
    submit(by=PROGRAM)
    at_s = 1.1
    tried = [fail(at_s)]
    for pause_s in PAUSES_S:
        assert retries.retry_due(moment(at_s + pause_s - 0.1)) == 0
        at_s += pause_s
        online({LINK: 2, LOCATION: 1, HEATING: 16.0}, after(at_s))
        assert retries.retry_due(moment(at_s)) == 1
        tried.append(fail(at_s))
    assert retries.retry_due(moment(at_s + 100_000)) == 0
    assert [request.attempt for request in tried] == [1, 2, 3, 4, 5, 6, 7]
    assert [request.retry_of for request in tried] == [None, *tried[:-1]]
    assert {(request.source, request.actor, request.value) for request in tried} == {("program", "climate", 18.0)}


def test_a_person_looks_and_decides_themselves(submit):
    submit()
    fail(1.1)
    assert retries.retry_due(moment(100_000)) == 0


def test_an_interlock_asks_anew_by_itself(submit):
    submit(by=Automatic(Source.INTERLOCK, "frost"))
    fail(1.1)
    assert retries.retry_due(moment(100_000)) == 0


def test_nothing_is_tried_again_where_somebody_asked_for_something_newer(submit, online):
    submit(by=PROGRAM)
    fail(1.1)
    online({LINK: 2, LOCATION: 1, HEATING: 16.0}, after(5))
    submit(value=17.0, now=moment(5), by=person("li", Role.ENGINEER))
    assert retries.retry_due(moment(12)) == 0
    assert retries.retry_due(moment(100_000)) == 0


def test_a_clock_set_back_does_not_make_an_older_wish_the_newer_one(submit, online):
    submit(by=PROGRAM)
    fail(1.1)
    back = timedelta(hours=-1)
    online({LINK: 2, LOCATION: 1, HEATING: 16.0}, after(5) + back)
    submit(value=17.0, now=moment(5, wall_set_by=back), by=person("li", Role.ENGINEER))
    dispatch.dispatch_next(moment(5.1, wall_set_by=back), Orders())
    dispatch.expire_old(moment(100, wall_set_by=back))
    assert retries.retry_due(moment(100, wall_set_by=back)) == 0


def test_a_try_waits_while_another_request_is_open_and_goes_on_if_that_was_never_sent(submit, online):
    """A wish that was declined or refused says nothing about the point."""
    first = submit(by=PROGRAM)
    fail(1.1)
    online({LINK: 2, LOCATION: 1, HEATING: 16.0}, after(10))
    Point.objects.filter(key=HEATING).update(needs_approval=True)
    other = submit(value=17.0, now=moment(10), by=person("li", Role.ENGINEER))
    assert retries.retry_due(moment(12)) == 0
    approval.decline(other.pk, by=person("wang", Role.SUPERVISOR), reason="too cold", now=moment(13))
    assert retries.retry_due(moment(13.5)) == 1
    assert CommandRequest.objects.get(retry_of=first).value == 18.0


def test_a_try_does_not_take_the_place_of_a_newer_wish_of_the_same_program(submit, online):
    submit(by=PROGRAM)
    fail(1.1)
    online({LINK: 2, LOCATION: 1, HEATING: 16.0}, after(12))
    newer = submit(value=17.0, now=moment(12), by=PROGRAM)
    assert retries.retry_due(moment(12.1)) == 0
    newer.refresh_from_db()
    assert newer.state == State.REQUESTED


@pytest.mark.parametrize(("found", "end"), [(18.0, None), (17.0, Code.SET_ON_SITE)])
def test_what_is_found_at_the_controller_ends_the_tries(submit, online, found, end):
    """What was asked for: nothing is left to do. Another value: somebody set it, and a further try says so."""
    on_site.note_changes(on_site.watched(structure.all_points()), moment(0.5))
    first = submit(by=PROGRAM)
    fail(1.1, State.REJECTED, Code.DEVICE_REFUSED)
    CommandRequest.objects.filter(pk=first.pk).update(retry_at=after(20))
    online({LINK: 2, LOCATION: 1, HEATING: found}, after(15))
    assert on_site.note_changes(on_site.watched(structure.all_points()), moment(16)) == 1
    assert retries.retry_due(moment(20)) == 0
    again = CommandRequest.objects.filter(retry_of=first).first()
    assert (None if again is None else again.verdict) == end


SETTLED_S = 120.0
"""Long after the first try was given up: no third value can come from it any more."""


def test_a_value_set_on_site_after_the_first_try_is_not_written_over(submit, online):
    first = submit(by=PROGRAM)
    fail(1.1)
    online({LINK: 2, LOCATION: 1, HEATING: 24.0}, after(SETTLED_S))
    assert retries.retry_due(moment(SETTLED_S)) == 0
    again = CommandRequest.objects.get(retry_of=first)
    assert (again.state, again.verdict) == (State.SUPERSEDED, Code.SET_ON_SITE)
    assert again.facts == {"current": 24.0, "unit": "degC"}
    assert [event.state for event in again.events.all()] == [State.REQUESTED, State.SUPERSEDED]
    with translation.override("zh-hans"):
        assert "24" in sentence(history.verdict_of(again))
    assert dispatch.dispatch_next(moment(SETTLED_S), Orders()) is False
    assert retries.retry_due(moment(100_000)) == 0


def test_a_value_set_on_site_between_a_try_and_its_turn_is_not_written_over(submit, online):
    first = submit(by=PROGRAM)
    fail(1.1)
    online({LINK: 2, LOCATION: 1, HEATING: 16.0}, after(SETTLED_S))
    assert retries.retry_due(moment(SETTLED_S)) == 1
    online({HEATING: 24.0}, after(SETTLED_S + 0.5))
    assert dispatch.dispatch_next(moment(SETTLED_S + 1), Orders()) is False
    assert CommandRequest.objects.get(retry_of=first).verdict == Code.SET_ON_SITE


def test_while_the_controller_may_be_on_its_way_to_the_value_the_next_try_waits(submit, online):
    first = submit(by=PROGRAM)
    fail(1.1)
    online({LINK: 2, LOCATION: 1, HEATING: 17.0}, after(12))
    assert retries.retry_due(moment(12)) == 0
    assert not CommandRequest.objects.filter(retry_of=first).exists()
    online({LINK: 2, LOCATION: 1, HEATING: 17.0}, after(SETTLED_S))
    assert retries.retry_due(moment(SETTLED_S)) == 0
    assert CommandRequest.objects.get(retry_of=first).verdict == Code.SET_ON_SITE


def test_the_value_that_the_controller_took_instead_is_nobodys(submit, online):
    """It came to 17 degrees by itself: what an earlier try was answered with is no change on site."""
    submit(by=PROGRAM)
    orders = Orders()
    dispatch.dispatch_next(moment(1.1), orders)
    dispatch.record_outcome(
        orders.orders[0].request_id,
        State.TIMEOUT,
        now=moment(4),
        verdict=Verdict(Code.READBACK_DIFFERS),
        readback_value=17.0,
    )
    online({LINK: 2, LOCATION: 1, HEATING: 17.0}, after(SETTLED_S))
    assert retries.retry_due(moment(SETTLED_S)) == 1


@pytest.mark.parametrize("how", ["read before", "too old", "bad"])
def test_a_try_that_cannot_see_what_stands_there_is_refused_and_tried_again(submit, online, how):
    """The device is back, but its setpoints have not been read since: somebody may have set another value."""
    first = submit(by=PROGRAM)
    fail(1.1)
    online({LINK: 2, LOCATION: 1}, after(12))
    if how == "read before":  # a point that is read once a minute: live, but older than the end of the first try
        Point.objects.filter(key=HEATING).update(poll_s=60)
    if how == "bad":
        online({HEATING: 16.0}, after(12), quality=Quality.BAD)
    assert retries.retry_due(moment(12)) == 1
    orders = Orders()
    dispatch.dispatch_next(moment(12.1), orders)
    second = CommandRequest.objects.get(retry_of=first)
    assert (orders.orders, second.state, second.verdict) == ([], State.REFUSED, Code.NOT_READ_BACK)
    online({LINK: 2, LOCATION: 1, HEATING: 16.0}, after(72.2))
    assert retries.retry_due(moment(72.2)) == 1
    assert dispatch.dispatch_next(moment(72.3), orders)
    assert [order.value for order in orders.orders] == [18.0]


def test_what_gave_way_on_site_is_not_unconfirmed_any_more(submit, online):
    submit(by=PROGRAM)
    fail(1.1)
    assert len(history.unconfirmed(START)) == 1
    online({LINK: 2, LOCATION: 1, HEATING: 24.0}, after(SETTLED_S))
    retries.retry_due(moment(SETTLED_S))
    assert history.unconfirmed(START) == []


@pytest.mark.parametrize(
    ("state", "code"),
    [(State.REJECTED, Code.DEVICE_REFUSED), (State.REFUSED, Code.OUT_OF_LIMITS), (State.REFUSED, Code.HELD)],
)
def test_what_another_try_meets_again_is_not_tried_again(submit, state, code):
    submit(by=PROGRAM)
    fail(1.1, state, code)
    assert retries.retry_due(moment(100_000)) == 0


def test_a_toggle_or_pulse_is_never_tried_again(submit):
    Point.objects.filter(key=HEATING).update(is_absolute=False)
    submit(by=PROGRAM)
    fail(1.1)
    assert retries.retry_due(moment(100_000)) == 0


def test_the_policy_ends_after_its_last_pause():
    ended = {"state": State.TIMEOUT, "code": Code.NO_ANSWER}
    assert retry_delay(Source.PROGRAM, OutputKind.SETPOINT, attempt=6, **ended).total_seconds() == 3600
    assert retry_delay(Source.PROGRAM, OutputKind.SETPOINT, attempt=7, **ended) is None
    assert retry_delay(Source.PROGRAM, OutputKind.VALVE, attempt=1, **ended) is None
    assert retry_delay(Source.PROGRAM, None, attempt=1, **ended) is None
    assert retry_delay(Source.PROGRAM, OutputKind.SETPOINT, attempt=1, state=State.CONFIRMED, code=Code.NONE) is None
