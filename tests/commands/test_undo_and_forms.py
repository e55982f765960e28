"""A form that arrives twice is one request; a change is taken back by one tap for ten minutes; more CO2 wants two."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest

from greenhouse.access.roles import Role
from greenhouse.commands import dispatch
from greenhouse.commands.checks import Code
from greenhouse.commands.errors import Conflict
from greenhouse.commands.lifecycle import State
from greenhouse.commands.models import CommandRequest
from greenhouse.commands.sources import Automatic, Source
from greenhouse.commands.submit import Slip
from greenhouse.commands.undo import may_be_undone, undo
from greenhouse.ledger.models import Entry
from tests.commands.conftest import HEATING, HUMIDITY, LINK, LOCATION, after, moment, person
from tests.commands.test_dispatch import Orders
from tests.commands.test_races import at_once

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])
CO2 = "h1-climate.co2_setpoint"


@pytest.fixture
def confirmed(submit, online):
    """18 °C, confirmed and in force."""
    request = submit()
    end(request, online, 18.0)
    return request


def end(request: CommandRequest, online, value: float, *, at: float = 2) -> None:
    """Take a request and read its value back."""
    assert dispatch.dispatch_next(moment(at), Orders())
    online({LINK: 2, LOCATION: 1, HEATING: value}, after(at + 1))
    dispatch.record_outcome(request.pk, State.CONFIRMED, now=moment(at + 1), readback_value=value)
    request.refresh_from_db()


def test_the_same_form_twice_is_one_request(submit):
    slip = Slip(submission=uuid4())
    assert submit(slip=slip) == submit(slip=slip, value=25.0)
    assert CommandRequest.objects.get().value == 18.0


def test_the_same_form_after_its_end_is_still_that_request(submit, online):
    """Back button after it was sent, and sent again: nothing is written a second time, nothing is said to be wrong."""
    slip = Slip(submission=uuid4())
    request = submit(slip=slip)
    end(request, online, 18.0)
    assert submit(slip=slip, now=moment(60)) == request
    assert CommandRequest.objects.count() == 1


def test_somebody_elses_form_is_not_answered_with_their_request(submit):
    slip = Slip(submission=uuid4())
    submit(slip=slip)
    with pytest.raises(Conflict):
        submit(slip=slip, by=person("li", Role.TECHNICIAN))
    assert CommandRequest.objects.count() == 1


@pytest.mark.django_db(transaction=True, databases=["default", "telemetry"])
def test_two_taps_at_the_same_moment_are_one_request(submit):
    slip = Slip(submission=uuid4())
    stored = at_once(lambda _number: submit(slip=slip))
    assert CommandRequest.objects.count() == 1
    assert set(stored) == {CommandRequest.objects.get()}


def test_a_change_is_taken_back_by_a_command_of_its_own(confirmed, technician):
    back = undo(confirmed, by=technician, now=moment(5))
    assert (back.value, back.previous_value, back.state, back.undo_of) == (16.0, 18.0, State.REQUESTED, confirmed)


def test_the_way_back_is_open_for_ten_minutes(confirmed, technician):
    assert may_be_undone(confirmed, after(3 + 599))
    assert not may_be_undone(confirmed, after(3 + 600))
    with pytest.raises(Conflict) as caught:
        undo(confirmed, by=technician, now=moment(3 + 600))
    assert caught.value.verdict.code is Code.UNDO_OVER


def test_what_somebody_changed_since_is_not_taken_back(confirmed, technician, online):
    online({LINK: 2, LOCATION: 1, HEATING: 20.0}, after(10))
    with pytest.raises(Conflict) as caught:
        undo(confirmed, by=technician, now=moment(11))
    assert caught.value.verdict.code is Code.VALUE_CHANGED


def test_two_taps_on_the_way_back_are_one_command(confirmed, technician):
    submission = uuid4()
    first = undo(confirmed, by=technician, now=moment(10), submission=submission)
    assert undo(confirmed, by=technician, now=moment(10.1), submission=submission) == first
    assert CommandRequest.objects.filter(undo_of=confirmed).count() == 1


def test_what_was_never_confirmed_or_asked_by_nobody_has_no_way_back(submit, online):
    request = submit()
    assert not may_be_undone(request, after(2))
    program = submit(by=Automatic(Source.PROGRAM, "night"), point=HUMIDITY, value=75.0, seen_value=80.0)
    program.state = State.CONFIRMED
    assert not may_be_undone(program, after(2))


@pytest.mark.parametrize(
    ("old", "new", "state"),
    [
        (700.0, 750.0, State.AWAITING_APPROVAL),
        (700.0, 650.0, State.REQUESTED),
        (None, 650.0, State.AWAITING_APPROVAL),
    ],
)
def test_more_co2_wants_a_second_person_and_less_does_not(submit, online, old, new, state):
    """Nothing may delay a move to safe. What nobody knows to be less is more."""
    if old is not None:
        online({CO2: old}, after(0.5))
    assert submit(point=CO2, value=new, seen_value=old).state == state


def test_a_program_that_doses_co2_waits_for_nobody(submit, online):
    online({CO2: 700.0}, after(0.5))
    request = submit(point=CO2, value=900.0, seen_value=700.0, by=Automatic(Source.PROGRAM, "dosing"))
    assert request.state == State.REQUESTED


def test_a_conflict_says_when(confirmed, submit):
    with pytest.raises(Conflict) as caught:
        submit(value=17.0, now=moment(5))
    assert caught.value.verdict.facts["at"] == after(3).isoformat()
    assert caught.value.verdict.facts["by"] == "Zhang"


def test_every_entry_of_the_ledger_names_what_it_takes_back(confirmed, technician):
    back = undo(confirmed, by=technician, now=moment(5))
    payloads = [json.loads(entry.payload) for entry in Entry.objects.order_by("pk")]
    assert [p["undo_of"] for p in payloads if p.get("request") == str(back.pk)] == [str(confirmed.pk)]
    assert all("undo_of" not in p for p in payloads if p.get("request") == str(confirmed.pk))
