"""One value for several compartments: a request for each, a second person for all, and nothing twice."""

from __future__ import annotations

from uuid import uuid4

import numpy as np
import pytest
from django.contrib.auth.models import AnonymousUser

from devices.samples import Origin, Reading
from greenhouse.access.errors import NotAllowed
from greenhouse.access.roles import Role
from greenhouse.commands import batches
from greenhouse.commands.batches import Place, counterparts, submit_batch
from greenhouse.commands.checks import Code
from greenhouse.commands.errors import InvalidRequest
from greenhouse.commands.lifecycle import State
from greenhouse.commands.models import BatchRow, CommandBatch, CommandRequest
from greenhouse.site import structure
from greenhouse.site.point_index import point_index
from greenhouse.telemetry import ingest
from tests.bases import COMPARTMENT, CONTROLLER, HOUSE, SMALL, load
from tests.commands.conftest import HEATING, HUMIDITY, LINK, LOCATION, START, moment, person
from tests.commands.test_races import at_once

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])

HOUSES = ("h1", "h2", "h3")
FIRST, SECOND, THIRD = (f"{house}-climate.heating_setpoint" for house in HOUSES)


def three_houses() -> str:
    """The small base with two more houses like its first."""
    text = SMALL
    for number, house in enumerate(HOUSES[1:], start=2):
        more = CONTROLLER.replace("unit_id = 1", f"unit_id = {number + 40}")
        text += (HOUSE + COMPARTMENT + more).replace("h1", house)
    return text


@pytest.fixture
def three(store):
    """Three houses on line, at remote, heating to 16 °C."""
    load(three_houses())
    values = {LINK: 2, LOCATION: 1, HEATING: 16.0, HUMIDITY: 80.0}
    for house in HOUSES:
        _store(values, house)
    return lambda values, house="h1": _store(values, house)


def _store(values: dict[str, float], house: str) -> None:
    named = {key.replace("h1", house): value for key, value in values.items()}
    zeros = np.zeros(len(named), dtype=np.uint8)
    reading = Reading(tuple(named), np.array(list(named.values())), zeros, zeros, START, Origin.SIMULATED)
    tick = ingest.last_tick("control") + 1
    ingest.record([reading], ids=point_index().ids, writer="control", tick=tick, now=START)


def ask(by, *points: str, value: float = 17.0, **more) -> CommandBatch:
    """One value for these points, each with 16 °C seen in force."""
    seen = more.pop("seen", {})
    places = [Place(point, seen.get(point, 16.0), START) for point in points]
    return submit_batch(places, value, by=by, now=moment(1), submission=more.pop("submission", uuid4()), **more)


def test_the_same_setpoint_of_every_compartment_is_found(three):
    points = structure.all_points()
    first = next(point for point in points if point.key == FIRST)
    assert [found.key for found in counterparts(first, points)] == [FIRST, SECOND, THIRD]


def test_each_compartment_gets_a_request_of_its_own(three, technician):
    batch = ask(technician, FIRST, SECOND, reason="frost")
    rows = list(batch.rows.select_related("request"))
    assert [(row.point_key, row.request.state, row.request.reason) for row in rows] == [
        (FIRST, State.REQUESTED, "frost"),
        (SECOND, State.REQUESTED, "frost"),
    ]
    assert {row.request.batch_id for row in rows} == {batch.pk}


def test_what_one_compartment_refuses_the_others_take(three, technician):
    three({LOCATION: 0}, "h2")
    rows = list(ask(technician, FIRST, SECOND).rows.select_related("request"))
    assert rows[0].request.state == State.REQUESTED
    assert (rows[1].request, rows[1].verdict) == (None, Code.LOCAL_CONTROL)


def test_a_conflict_is_one_rows_own(three, technician):
    three({HEATING: 18.0}, "h2")
    rows = list(ask(technician, FIRST, SECOND).rows.all())
    assert rows[0].request is not None
    assert (rows[1].request, rows[1].verdict, rows[1].facts["current"]) == (None, Code.VALUE_CHANGED, 18.0)


def test_what_is_in_force_already_is_not_sent(three, technician):
    three({HEATING: 17.0}, "h2")
    rows = list(ask(technician, FIRST, SECOND, seen={SECOND: 17.0}).rows.all())
    assert (rows[1].request, rows[1].verdict) == (None, Code.IN_FORCE_ALREADY)


def test_all_compartments_at_once_want_a_second_person_each(three, technician):
    batch = ask(technician, FIRST, SECOND, THIRD)
    assert batch.is_whole_base
    assert set(CommandRequest.objects.values_list("state", flat=True)) == {State.AWAITING_APPROVAL}
    assert not ask(technician, FIRST, SECOND, value=18.0).is_whole_base


def test_the_same_form_twice_is_one_batch(three, technician):
    submission = uuid4()
    first = ask(technician, FIRST, SECOND, submission=submission)
    again = ask(technician, FIRST, SECOND, submission=submission, value=30.0)
    assert first == again
    assert (CommandBatch.objects.count(), CommandRequest.objects.count()) == (1, 2)


@pytest.mark.parametrize("points", [(), (FIRST, "h1-climate.nothing"), (FIRST, HUMIDITY), (FIRST, FIRST)], ids=str)
def test_what_does_not_belong_together_is_no_batch(three, technician, points):
    with pytest.raises(InvalidRequest):
        ask(technician, *points)
    assert not CommandBatch.objects.exists()


@pytest.mark.parametrize("who", ["viewer", "nobody"])
def test_who_may_not_change_setpoints_sends_no_batch(three, who):
    by = AnonymousUser() if who == "nobody" else person("viewer", Role.VIEWER)
    with pytest.raises(NotAllowed):
        ask(by, FIRST, SECOND)
    assert not CommandBatch.objects.exists()


def test_a_batch_that_breaks_off_says_so_for_what_was_not_asked(three, technician, monkeypatch):
    asked = batches.submit_setpoint

    def dies_at_the_second(point_key, *args, **more):
        if point_key == SECOND:
            raise RuntimeError("the process died here")
        return asked(point_key, *args, **more)

    monkeypatch.setattr(batches, "submit_setpoint", dies_at_the_second)
    with pytest.raises(RuntimeError):
        ask(technician, FIRST, SECOND)
    assert [row.verdict for row in BatchRow.objects.all()] == [Code.NONE, Code.BROKEN_OFF]


@pytest.mark.django_db(transaction=True, databases=["default", "telemetry"])
def test_two_taps_at_the_same_moment_are_one_batch(three, technician):
    submission = uuid4()
    at_once(lambda _number: ask(technician, FIRST, SECOND, submission=submission))
    assert (CommandBatch.objects.count(), CommandRequest.objects.count()) == (1, 2)
