"""What the ledger keeps of commands: every step, in its transaction, with no name and no free text."""

from __future__ import annotations

import json
import math
from datetime import timedelta

import pytest

from greenhouse.access.roles import Role
from greenhouse.commands import approval, dispatch, holds, planned_stops, returns
from greenhouse.commands.checks import Code, Verdict
from greenhouse.commands.errors import Conflict
from greenhouse.commands.lifecycle import State
from greenhouse.commands.models import CommandEvent
from greenhouse.commands.recording import note
from greenhouse.ledger.chain import Kind, text_digest
from greenhouse.ledger.models import Entry
from greenhouse.site.models import Point
from tests.commands.conftest import HEATING, LINK, after, moment, person
from tests.commands.test_dispatch import Orders

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])


def entries(kind: Kind | None = None) -> list[dict[str, object]]:
    rows = Entry.objects.filter(kind__in=["command", "approval", "manual_hold"]).order_by("number")
    return [json.loads(row.payload) for row in rows if kind is None or row.kind == kind]


def test_every_step_is_an_entry_that_says_what_the_event_says(submit, technician):
    submit(reason="frost tonight")
    dispatch.dispatch_next(moment(1.1), Orders())
    dispatch.expire_old(moment(100))
    kept = entries()
    events = CommandEvent.objects.order_by("id")
    assert [entry["state"] for entry in kept] == [event.state for event in events]
    assert [entry["by"] for entry in kept] == [technician.pk, "control", "control"]
    assert [(entry["point"], entry["old"], entry["new"], entry["source"]) for entry in kept] == [
        (HEATING, 16.0, 18.0, "person")
    ] * 3
    assert kept[2]["verdict"] == Code.NO_ANSWER


def test_no_name_and_no_reason_enters_but_the_digest_shows_that_a_reason_was_not_changed(submit):
    submit(reason="frost tonight", device_label="Zhang's phone")
    stored = Entry.objects.filter(kind="command").get().payload
    assert "zhang" not in stored.lower()
    assert "frost" not in stored
    event = CommandEvent.objects.get()
    assert json.loads(stored)["reason"] == text_digest("frost tonight", salt=event.reason_salt)


def test_what_was_not_stored_is_not_in_the_ledger(submit):
    submit()
    dispatch.dispatch_next(moment(1.1), Orders())
    before = len(entries())
    with pytest.raises(Conflict):
        submit(now=moment(2), hold_for=timedelta(hours=1))
    assert len(entries()) == before


def test_approvals_and_refusals_are_entries_of_their_own(submit):
    Point.objects.filter(key=HEATING).update(needs_approval=True)
    wang = person("wang", Role.SUPERVISOR)
    approval.approve(submit().pk, by=wang, now=moment(2))
    dispatch.expire_old(moment(100))
    assert [(entry["by"], entry["state"]) for entry in entries(Kind.APPROVAL)] == [(wang.pk, State.REQUESTED)]


def test_a_hold_is_followed_from_its_wish_to_its_end(submit, online, technician):
    request = submit(hold_for=timedelta(hours=1))
    dispatch.dispatch_next(moment(1.1), Orders())
    dispatch.record_outcome(request.pk, State.CONFIRMED, now=moment(2), readback_value=18.0)
    online({LINK: 2, HEATING: 18.0}, after(2))
    holds.give_back(request.hold.pk, by=technician, now=moment(3))
    returns.return_ended(moment(4))
    steps = [(entry["state"], entry["end"], entry["given_back_by"]) for entry in entries(Kind.MANUAL_HOLD)]
    assert steps == [
        ("asked", "", None),
        ("active", "", None),
        ("active", "", technician.pk),
        ("ended", "given_back", None),
    ]


def test_a_controller_that_reads_back_as_no_number_breaks_nothing(submit):
    request = submit()
    dispatch.dispatch_next(moment(1.1), Orders())
    verdict = Verdict(Code.READBACK_DIFFERS)
    dispatch.record_outcome(request.pk, State.TIMEOUT, now=moment(2), verdict=verdict, readback_value=math.inf)
    assert entries()[-1]["readback"] == "inf"


def test_a_planned_stop_is_one_entry_with_how_many_outputs_stayed_unconfirmed(db):
    planned_stops.record({"h1-valves.valve_1": "no answer", "h1-valves.valve_2": ""}, now=moment(0))
    (entry,) = entries()
    assert (entry["outputs"], entry["unconfirmed"]) == (2, 1)


def test_an_entry_without_its_transaction_is_a_mistake_of_the_caller():
    with pytest.raises(RuntimeError):
        note(Kind.COMMAND, {})
