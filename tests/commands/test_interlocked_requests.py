"""Interlocks before every request: refused in words when it is asked for, and again just before it would be sent."""

from __future__ import annotations

from datetime import timedelta

import pytest

from devices.samples import Quality
from greenhouse.commands import dispatch, holds, over_travel
from greenhouse.commands.checks import Code
from greenhouse.commands.errors import Conflict, RequestNotAllowed, Unavailable
from greenhouse.commands.lifecycle import State
from greenhouse.commands.models import CommandRequest, HoldEnd, ManualHold, OverTravel
from greenhouse.commands.returns import return_ended
from greenhouse.commands.submit import submit_setpoint
from greenhouse.ledger.models import Entry
from tests.bases import load
from tests.commands.conftest import START, Store, after, moment, person
from tests.commands.moving import BLANKET, DAY, MOVING, ROOF

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])


class Sent:
    """Takes orders and sends nothing."""

    def __init__(self) -> None:
        self.orders: list[dispatch.WriteOrder] = []

    def start(self, order: dispatch.WriteOrder) -> None:
        self.orders.append(order)


@pytest.fixture
def noon(store: Store) -> Store:
    load(MOVING)
    store(DAY)
    return store


def ask(technician, point: str, value: float, *, seen: float | None = 0.0, at_s: float = 1.0, **more) -> CommandRequest:
    return submit_setpoint(point, value, by=technician, seen_value=seen, seen_at=START, now=moment(at_s), **more)


def refused(technician, point: str, value: float, **more) -> Code:
    with pytest.raises(Unavailable) as caught:
        ask(technician, point, value, **more)
    assert not CommandRequest.objects.filter(point_key=point, ended_at=None).exists()
    assert str(caught.value)
    return caught.value.verdict.code


def test_a_person_opens_a_vent_by_day(noon, technician):
    request = ask(technician, ROOF, 30.0)
    writer = Sent()
    assert dispatch.dispatch_next(moment(2), writer)
    request.refresh_from_db()
    assert request.state == State.DISPATCHED
    assert [order.value for order in writer.orders] == [30.0]


def test_a_hurried_tap_opens_no_vent_under_the_blanket_nor_in_a_storm(noon, technician):
    noon({"h1-blanket.position": 60.0})
    assert refused(technician, ROOF, 30.0) is Code.BLANKET_NOT_UP
    noon({"h1-blanket.position": 100.0, BLANKET: 2.0})
    assert refused(technician, ROOF, 30.0) is Code.BLANKET_NOT_UP
    noon({BLANKET: 0.0, "weather.wind_speed": 16.0})
    assert refused(technician, ROOF, 30.0) is Code.WIND_LIMITS_VENT
    noon({"weather.wind_speed": 2.0}, START, Quality.BAD)
    assert refused(technician, ROOF, 31.0) is Code.WIND_UNKNOWN


def test_a_position_that_is_not_fresh_does_not_count(noon, technician):
    """All but the blanket has been read since."""
    noon({key: value for key, value in DAY.items() if not key.startswith("h1-blanket")}, after(30))
    noon({"h1-blanket.link": 2.0}, after(30))
    assert refused(technician, ROOF, 30.0, at_s=31.0) is Code.BLANKET_UNKNOWN


def test_no_blanket_comes_down_on_an_open_vent_or_in_wind(noon, technician):
    noon({"h1-bottom.position": 40.0})
    assert refused(technician, BLANKET, 2.0) is Code.VENTS_OPEN
    noon({"h1-bottom.position": 0.0, "weather.wind_speed": 11.0})
    assert refused(technician, BLANKET, 2.0) is Code.WIND_HOLDS_BLANKET
    assert ask(technician, BLANKET, 0.0).state == State.REQUESTED, "it may always be stopped"


def test_what_changed_since_the_tap_is_seen_before_it_is_sent(noon, technician):
    request = ask(technician, ROOF, 30.0)
    noon({"weather.wind_speed": 20.0}, after(1.5))
    writer = Sent()
    assert dispatch.dispatch_next(moment(2), writer)
    request.refresh_from_db()
    assert (request.state, request.verdict) == (State.REFUSED, Code.WIND_LIMITS_VENT)
    assert writer.orders == []


def test_a_vent_may_be_shut_in_storm_with_dead_sensors_and_locked(noon, technician):
    noon({"h1-roof.position": 60.0, ROOF: 60.0, "weather.wind_speed": 25.0})
    noon({"h1-blanket.position": 50.0}, START, Quality.BAD)
    over_travel.lock(ROOF, ran_s=400.0, longest_run_s=312.0, position_pct=60.0, now=moment(0))
    ask(technician, ROOF, 0.0, seen=60.0)
    writer = Sent()
    assert dispatch.dispatch_next(moment(2), writer)
    assert [order.value for order in writer.orders] == [0.0]


def test_a_locked_output_waits_for_a_person_who_has_looked(noon, technician):
    assert over_travel.lock(BLANKET, ran_s=500.0, longest_run_s=468.0, position_pct=40.0, now=moment(0))
    assert not over_travel.lock(BLANKET, ran_s=501.0, longest_run_s=468.0, position_pct=40.0, now=moment(0))
    assert refused(technician, BLANKET, 2.0) is Code.OVER_TRAVEL
    with pytest.raises(RequestNotAllowed):
        over_travel.release(BLANKET, by=person("viewer", None), now=moment(2))
    over_travel.release(BLANKET, by=technician, now=moment(3))
    assert ask(technician, BLANKET, 2.0, at_s=4.0).state == State.REQUESTED
    with pytest.raises(Conflict):
        over_travel.release(BLANKET, by=technician, now=moment(5))
    assert OverTravel.objects.get().released_by == technician
    entries = Entry.objects.filter(kind="over_travel").order_by("number")
    assert [f'"released_by":{technician.pk}' in entry.payload for entry in entries] == [False, True]


def test_a_direction_that_was_held_is_not_given_again_when_the_hold_ends(noon, technician):
    """Somebody stops a blanket that rolls up, and holds it. An hour later it is not to roll on by itself."""
    noon({BLANKET: 1.0, "h1-blanket.position": 50.0})
    request = ask(technician, BLANKET, 0.0, seen=1.0, hold_for=timedelta(hours=1))
    assert dispatch.dispatch_next(moment(2), Sent())
    dispatch.record_outcome(request.pk, State.CONFIRMED, now=moment(3), readback_value=0.0)
    hold = ManualHold.objects.get()
    assert hold.return_value is None
    holds.give_back(hold.pk, by=technician, now=moment(10))
    noon({BLANKET: 0.0}, after(10))
    return_ended(moment(11))
    hold.refresh_from_db()
    assert hold.end == HoldEnd.GIVEN_BACK
    assert CommandRequest.objects.count() == 1
