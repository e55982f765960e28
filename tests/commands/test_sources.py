"""Persons, programs and interlocks come in by one way; interlock before manual hold before program."""

from __future__ import annotations

from datetime import timedelta
from itertools import product
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.utils import translation

from greenhouse.access.errors import NotAllowed
from greenhouse.access.roles import Role
from greenhouse.commands import dispatch, history
from greenhouse.commands.checks import Code
from greenhouse.commands.errors import Conflict, InvalidRequest, Unavailable
from greenhouse.commands.lifecycle import BEGINS_AS, State
from greenhouse.commands.models import CommandEvent, CommandRequest
from greenhouse.commands.naming import asked_by
from greenhouse.commands.sources import Automatic, Source, may_replace, passes_hold
from greenhouse.commands.steps import begin, hand_of_control
from greenhouse.fencing import UNFENCED
from tests.commands.conftest import HEATING, LINK, after, moment, person
from tests.commands.test_dispatch import Orders, ended

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])

PROGRAM = Automatic(Source.PROGRAM, "climate")
INTERLOCK = Automatic(Source.INTERLOCK, "frost")


@pytest.mark.parametrize("by", [PROGRAM, INTERLOCK], ids=["program", "interlock"])
def test_a_program_or_interlock_asks_by_the_same_way_and_is_named(submit, by):
    request, orders = submit(by=by, reason="night"), Orders()
    assert (request.source, request.actor, request.requested_by, request.role) == (by.source, by.name, None, "")
    assert asked_by(request) == by.name
    dispatch.dispatch_next(moment(1.1), orders)
    assert [order.value for order in orders.orders] == [18.0]


def test_every_event_says_who_in_which_role_from_where_what_and_why(submit, technician):
    submit(reason="frost", device_label="Chrome on Android")
    dispatch.dispatch_next(moment(1.1), Orders())
    first, second = CommandEvent.objects.all()
    assert (first.actor, first.role, first.device_label) == ("zhang", "technician", "Chrome on Android")
    assert (first.source, first.old_value, first.new_value, first.reason) == ("person", 16.0, 18.0, "frost")
    assert (second.actor, second.role, second.source) == ("control", "", "person")
    assert (second.old_value, second.new_value, second.verdict) == (16.0, 18.0, "")


def test_an_interlock_needs_not_have_seen_the_value_in_force(submit):
    assert submit(by=INTERLOCK, seen_value=None, seen_at=None).previous_value == 16.0
    with pytest.raises(Conflict):
        submit(by=PROGRAM, seen_value=None, seen_at=None)


@pytest.mark.parametrize("by", [PROGRAM, INTERLOCK], ids=["program", "interlock"])
def test_a_device_that_cannot_take_it_is_told_to_programs_too(submit, online, by):
    online({LINK: 0}, after(0.5))
    with pytest.raises(Unavailable):
        submit(by=by)


def test_a_program_moves_no_point_that_a_person_holds_and_is_told_who(submit, online):
    hold(submit, online)
    with pytest.raises(Conflict) as caught:
        submit(by=PROGRAM, value=15.0, seen_value=18.0, now=moment(3))
    assert (caught.value.verdict.code, caught.value.verdict.facts) == (Code.HELD, {"by": "Zhang"})


def test_an_interlock_goes_through_a_manual_hold(submit, online):
    hold(submit, online)
    request, orders = submit(by=INTERLOCK, value=8.0, seen_value=None, now=moment(3)), Orders()
    dispatch.dispatch_next(moment(3.1), orders)
    assert [order.request_id for order in orders.orders] == [request.pk]


def test_a_hold_that_began_meanwhile_stops_a_program_just_before_the_write(submit, online):
    """Stored before the hold, taken after it."""
    held = hold(submit, online)
    CommandRequest.objects.filter(pk=held.pk).update(point_key="elsewhere.setpoint")
    held.hold.point_key = "elsewhere.setpoint"
    held.hold.save()
    program, orders = submit(by=PROGRAM, value=15.0, seen_value=18.0, now=moment(3)), Orders()
    held.hold.point_key = HEATING
    held.hold.save()
    dispatch.dispatch_next(moment(3.1), orders)
    assert (orders.orders, ended(program)) == ([], (State.REFUSED, Code.HELD))


def test_a_program_replaces_no_request_of_a_person_but_a_person_replaces_a_programs(submit):
    mine = submit()
    with pytest.raises(Conflict) as caught:
        submit(by=PROGRAM, now=moment(2))
    assert (caught.value.verdict.code, caught.value.verdict.facts) == (Code.UNDER_WAY, {"by": "Zhang"})
    dispatch.expire_old(moment(20))
    assert ended(mine)[0] == State.EXPIRED


def test_a_person_replaces_a_program_and_an_interlock_both(submit):
    program = submit(by=PROGRAM)
    mine = submit(now=moment(2))
    urgent = submit(by=INTERLOCK, now=moment(3))
    assert [ended(request)[0] for request in (program, mine, urgent)] == [
        State.SUPERSEDED,
        State.SUPERSEDED,
        State.REQUESTED,
    ]
    mine.refresh_from_db()
    assert mine.facts == {"by": "frost"}


def test_ranks_are_one_order():
    asking = (Source.PROGRAM, Source.PERSON, Source.INTERLOCK)
    for newer, older in product(asking, asking):
        assert may_replace(newer, older) == (asking.index(newer) >= asking.index(older))
    assert [passes_hold(source) for source in asking] == [False, True, True]


def test_a_program_cannot_take_a_manual_hold(submit):
    with pytest.raises(NotAllowed):
        submit(by=PROGRAM, hold_for=timedelta(hours=1))


@pytest.mark.parametrize(
    "changes",
    [
        {"source": "person", "requested_by": None},
        {"source": "program", "requested_by": None, "actor": ""},
        {"source": "program", "actor": "climate"},
        {"source": "wizard", "requested_by": None, "actor": "merlin"},
    ],
    ids=["person without name", "program without name", "program with a person", "unknown source"],
)
def test_the_database_itself_wants_to_know_who_asks(submit, changes):
    request = submit()
    CommandRequest.objects.filter(pk=request.pk).update(state=State.EXPIRED, ended_at=after(2))
    twin = CommandRequest.objects.get(pk=request.pk)
    twin.pk = uuid4()
    for name, value in changes.items():
        setattr(twin, name, value)
    with pytest.raises(IntegrityError), transaction.atomic():
        twin.save(force_insert=True)


def test_a_request_begins_only_as_the_table_says():
    for source, state in product(Source, State):
        if state not in BEGINS_AS[source]:
            with pytest.raises(ValueError, match="does not begin"):
                begin(CommandRequest(source=source, state=state), hand_of_control(UNFENCED), now=moment(0))


@pytest.mark.parametrize(("source", "name"), [(Source.PERSON, "x"), (Source.CONTROLLER, "x"), (Source.PROGRAM, "")])
def test_nobody_else_asks_by_themselves(source, name):
    with pytest.raises(ValueError, match="ask"):
        Automatic(source, name)


@pytest.mark.parametrize("length", [501, 10_000])
def test_a_reason_that_is_too_long_is_refused_in_words(submit, length):
    """Not cut off: what is kept is what was given."""
    with translation.override("en"), pytest.raises(InvalidRequest) as caught:
        submit(reason="x" * length)
    with translation.override("en"):
        assert str(caught.value) == f"The reason has {length} characters; at most 500 are kept. Shorten it."
    assert submit(reason="x" * 500).reason == "x" * 500


def test_what_is_unconfirmed_is_known_until_a_newer_command_is_confirmed(submit, online):
    request = submit()
    dispatch.dispatch_next(moment(1.1), Orders())
    dispatch.expire_old(moment(100))
    (found,) = history.unconfirmed(after(0))
    assert (found.point_key, found.at, found.verdict.code) == (HEATING, after(100), Code.NO_ANSWER)
    assert found.request == request
    assert history.unconfirmed(after(101)) == []
    online({LINK: 2, HEATING: 16.0}, after(110))
    again = submit(now=moment(110), by=person("li", Role.ENGINEER))
    dispatch.dispatch_next(moment(110.1), Orders())
    assert len(history.unconfirmed(after(0))) == 1
    dispatch.record_outcome(again.pk, State.CONFIRMED, now=moment(111), readback_value=18.0)
    assert history.unconfirmed(after(0)) == []


def hold(submit, online) -> CommandRequest:
    request = submit(hold_for=timedelta(hours=1))
    dispatch.dispatch_next(moment(1.1), Orders())
    dispatch.record_outcome(request.pk, State.CONFIRMED, now=moment(2), readback_value=18.0)
    online({LINK: 2, HEATING: 18.0}, after(2.5))
    request.refresh_from_db()
    return request
