"""Acknowledged by people with the right, once, and for good."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.management import call_command
from django.db import DatabaseError, IntegrityError, connection, connections, transaction

from greenhouse.access.errors import NotAllowed
from greenhouse.alarms.conditions import Change
from greenhouse.alarms.duty import bindings_of_the_base
from greenhouse.alarms.errors import AlarmsError, NothingToAcknowledge, UnknownAlarm
from greenhouse.alarms.evaluation import Transition
from greenhouse.alarms.models import Board, Occurrence, OccurrenceEvent
from greenhouse.alarms.occurrences import acknowledge, record
from greenhouse.ledger.models import Entry, Head
from tests.alarms.conftest import AIR, START, after
from tests.append_only import refuse_deletes
from tests.bases import load

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])
KEY = ("air-temperature-low-low", AIR)


def transition(change: Change, at_s: float = 0.0) -> Transition:
    (binding,) = [binding for binding in bindings_of_the_base() if binding.key == KEY]
    return Transition(binding, change, START.timestamp() + at_s, 4.0)


@pytest.fixture
def raised(db) -> Occurrence:
    load()
    record([transition(Change.RAISED)], {}, now=after(600))
    return Occurrence.objects.get()


def kinds() -> list[str]:
    return list(OccurrenceEvent.objects.values_list("kind", flat=True))


def test_acknowledged_then_cleared_is_history(raised, technician):
    acknowledge(raised.pk, by=technician, now=after(30), device_label="Android Chrome")
    raised.refresh_from_db()
    assert (raised.state, raised.acknowledged_by) == ("acknowledged", technician)
    record([transition(Change.CLEARED, 60)], {}, now=after(600))
    raised.refresh_from_db()
    assert (raised.state, raised.cleared_at) == ("normal", after(60))
    event = OccurrenceEvent.objects.get(kind="acknowledged")
    assert (event.actor, event.at, event.facts) == (
        "zhang",
        after(30),
        {"role": "technician", "device": "Android Chrome"},
    )
    assert kinds() == ["raised", "acknowledged", "cleared"]


def test_cleared_then_acknowledged_is_history(raised, technician):
    record([transition(Change.CLEARED, 60)], {}, now=after(600))
    raised.refresh_from_db()
    assert raised.state == "returned_unacknowledged"
    acknowledge(raised.pk, by=technician, now=after(90))
    raised.refresh_from_db()
    assert raised.state == "normal"


def test_after_history_the_same_alarm_is_a_new_one(raised, technician):
    acknowledge(raised.pk, by=technician, now=after(30))
    record([transition(Change.CLEARED, 60), transition(Change.RAISED, 120)], {}, now=after(600))
    assert sorted(Occurrence.objects.values_list("state", flat=True)) == ["normal", "unacknowledged"]


@pytest.mark.parametrize("who", ["viewer", "nobody"])
def test_who_has_not_the_right_acknowledges_nothing(raised, viewer, who):
    with pytest.raises(NotAllowed):
        acknowledge(raised.pk, by=viewer if who == "viewer" else AnonymousUser(), now=after(30))
    raised.refresh_from_db()
    assert (raised.state, kinds()) == ("unacknowledged", ["raised"])


def test_an_alarm_that_does_not_exist_is_told(technician):
    with pytest.raises(UnknownAlarm):
        acknowledge(uuid4(), by=technician, now=after(30))


def test_a_second_acknowledgement_is_told_who_was_faster(raised, technician):
    acknowledge(raised.pk, by=technician, now=after(30))
    with pytest.raises(NothingToAcknowledge, match="Zhang"):
        acknowledge(raised.pk, by=technician, now=after(31))
    assert kinds() == ["raised", "acknowledged"]


YEAR = timedelta(days=365)


def test_while_the_clock_is_in_doubt_it_is_dated_as_alarms_are_raised(raised, technician):
    """Years back: by the wall clock it would have been acknowledged long before it was raised."""
    acknowledge(raised.pk, by=technician, now=after(30) - 5 * YEAR, at=after(30))
    raised.refresh_from_db()
    assert (raised.acknowledged_at, raised.acknowledged_wall) == (after(30), after(30) - 5 * YEAR)
    event = OccurrenceEvent.objects.get(kind="acknowledged")
    assert (event.at, event.facts["wall"]) == (after(30), (after(30) - 5 * YEAR).isoformat())
    assert list(OccurrenceEvent.objects.order_by("at").values_list("kind", flat=True)) == ["raised", "acknowledged"]


def test_nobody_acknowledges_before_it_was_raised_however_the_clocks_stand(raised, technician):
    """The page's clock stands a little behind the one of the control process, on another machine."""
    acknowledge(raised.pk, by=technician, now=after(-8))
    raised.refresh_from_db()
    assert (raised.acknowledged_at, raised.acknowledged_wall) == (raised.raised_at, after(-8))


def test_the_database_itself_refuses_an_acknowledgement_before_the_alarm(raised):
    with pytest.raises(IntegrityError), transaction.atomic():
        Occurrence.objects.update(acknowledged_at=after(-1))


def test_who_acknowledged_the_graver_alarm_knows_of_a_later_milder_one_from_when_it_was_raised(raised, technician):
    acknowledge(raised.pk, by=technician, now=after(30))
    (milder,) = [found for found in bindings_of_the_base() if found.key == ("air-temperature-low", AIR)]
    record([Transition(milder, Change.RAISED, after(300).timestamp(), 4.0)], {}, now=after(300))
    record([transition(Change.CLEARED, 600)], {}, now=after(600))
    found = Occurrence.objects.get(definition_key="air-temperature-low")
    assert (found.state, found.acknowledged_at) == ("acknowledged", after(300))


@pytest.mark.django_db(transaction=True, databases=["default", "telemetry"])
def test_what_was_stored_before_is_dated_anew_and_back(raised, technician):
    """Rows of an older program, in which a clock that stood back dated the acknowledgement."""
    acknowledge(raised.pk, by=technician, now=after(30))
    try:
        call_command("migrate", "alarms", "0003", verbosity=0)
        Occurrence.objects.update(acknowledged_at=after(-100))
        call_command("migrate", "alarms", verbosity=0)
        raised.refresh_from_db()
        assert (raised.acknowledged_at, raised.acknowledged_wall) == (raised.raised_at, after(-100))
        call_command("migrate", "alarms", "0003", verbosity=0)
        raised.refresh_from_db()
        assert raised.acknowledged_at == after(-100)
    finally:
        call_command("migrate", "alarms", verbosity=0)
    with pytest.raises(DatabaseError), transaction.atomic():  # the events are still protected
        OccurrenceEvent.objects.update(actor="nobody")


def test_the_ledger_holds_what_happened_and_no_name(raised, technician):
    acknowledge(raised.pk, by=technician, now=after(30))
    record([transition(Change.CLEARED, 60)], {}, now=after(61))
    payloads = [json.loads(entry.payload) for entry in Entry.objects.filter(kind="alarm").order_by("number")]
    assert [payload["event"] for payload in payloads] == ["raised", "acknowledged", "cleared"]
    assert payloads[1]["user"] == technician.pk
    assert "zhang" not in json.dumps(payloads)


def test_an_alarm_is_raised_even_if_the_ledger_is_broken(db, caplog):
    load()
    Head.objects.update(number=0)
    record([transition(Change.RAISED)], {}, now=after(1))
    assert kinds() == ["raised"]
    assert "not in the ledger" in caplog.text


def test_every_change_moves_the_board(raised, technician):
    before = Board.objects.get().revision
    acknowledge(raised.pk, by=technician, now=after(30))
    record([transition(Change.CLEARED, 60)], {}, now=after(600))
    assert Board.objects.get().revision == before + 2


def test_the_database_refuses_a_second_open_alarm_of_the_same_object(raised):
    with pytest.raises(IntegrityError), transaction.atomic():
        Occurrence.objects.bulk_create([_copy_of(raised)])


def _copy_of(raised: Occurrence) -> Occurrence:
    copy = Occurrence.objects.get(pk=raised.pk)
    copy.pk = uuid4()
    return copy


@pytest.fixture
def as_installed(raised) -> None:
    """A stored event, in a database as ``migrate`` makes it (see ``tests/append_only.py``)."""
    refuse_deletes()


@pytest.mark.parametrize("act", [lambda rows: rows.update(actor="somebody else"), lambda rows: rows.delete()])
def test_a_stored_event_is_neither_changed_nor_deleted(as_installed, act):
    with pytest.raises(DatabaseError, match="neither changed nor deleted"), transaction.atomic():
        act(OccurrenceEvent.objects.all())
    assert OccurrenceEvent.objects.get().actor == "control"


def at_once(*acts) -> list[object]:
    """Do all of it at the same moment, each on a connection of its own; what came of each."""
    gate, outcomes = threading.Barrier(len(acts)), []

    def run(act) -> None:
        try:
            connection.ensure_connection()
            gate.wait()
            outcomes.append(act())
        except AlarmsError as error:
            outcomes.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


@pytest.mark.django_db(transaction=True, databases=["default", "telemetry"])
def test_of_many_people_at_once_exactly_one_acknowledges(raised, technician):
    outcomes = at_once(*[lambda: acknowledge(raised.pk, by=technician, now=after(30))] * 6)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["NothingToAcknowledge"] * 5 + ["Occurrence"]
    assert kinds() == ["raised", "acknowledged"]


@pytest.mark.django_db(transaction=True, databases=["default", "telemetry"])
def test_two_processes_that_raise_the_same_alarm_raise_one(db):
    load()
    raising = transition(Change.RAISED)
    outcomes = at_once(*[lambda: record([raising], {}, now=after(600))] * 4)
    assert outcomes == [None] * 4
    assert Occurrence.objects.count() == 1
    assert kinds() == ["raised"]


@pytest.mark.django_db(transaction=True, databases=["default", "telemetry"])
def test_acknowledging_and_clearing_at_once_ends_as_history(raised, technician):
    clearing = transition(Change.CLEARED, 60)
    at_once(
        lambda: acknowledge(raised.pk, by=technician, now=after(60)), lambda: record([clearing], {}, now=after(600))
    )
    raised.refresh_from_db()
    assert raised.state == "normal"
    assert sorted(kinds()) == ["acknowledged", "cleared", "raised"]
