"""The stored climate programs: versions, conflicts, the switch, and what nobody can change."""

from __future__ import annotations

import json
from threading import Barrier, Thread
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import DatabaseError, connections, transaction

from greenhouse.access.errors import NotAllowed
from greenhouse.access.roles import Role
from greenhouse.ledger.chain import text_digest
from greenhouse.ledger.models import Entry, Head
from greenhouse.rules import programs
from greenhouse.rules.errors import (
    FaultyProgram,
    NothingToChange,
    ProgramConflict,
    ProgramDocumentError,
    ReasonNeeded,
    UnknownCompartment,
)
from greenhouse.rules.evaluate.climate_program import FaultCode
from greenhouse.rules.evaluate.documents import as_document
from greenhouse.rules.in_force import ProgramInForce
from greenhouse.rules.models import Origin, ProgramSwitch, ProgramVersion
from greenhouse.rules.standard import standard_programs
from tests.append_only import refuse_deletes
from tests.bases import BASE, COMPARTMENT, CONTROLLER, HOUSE, LINE, SMALL, load
from tests.rules.conftest import NOW, somebody

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])

STANDARD = standard_programs()["solar_greenhouse"]


def document(*, ventilation_c: float = 26.0) -> dict[str, Any]:
    """The standard program with another ventilation temperature by day."""
    found = as_document(STANDARD)
    found["periods"][0]["ventilation_c"] = ventilation_c
    return found


def saved(user, *, ventilation_c: float = 26.0, seen: int = 0, reason: str = "", **more: Any) -> ProgramVersion:
    return programs.save(
        "h1", document(ventilation_c=ventilation_c), seen_version=seen, by=user, reason=reason, now=NOW, **more
    )


def test_a_compartment_begins_with_the_standard_program_of_its_kind_of_house_off(technician):
    assert programs.in_force("h1") == ProgramInForce(STANDARD, version=0, is_on=False)


def test_a_glasshouse_begins_with_another_one(db):
    load(BASE + HOUSE.replace('"solar"', '"glasshouse"') + COMPARTMENT + LINE + CONTROLLER)
    found = programs.in_force("h1")
    assert found is not None
    assert found.program == standard_programs()["glasshouse"]


def test_what_the_base_has_not_has_no_program(technician):
    assert programs.in_force("h9") is None
    with pytest.raises(UnknownCompartment):
        programs.save("h9", document(), seen_version=0, by=technician, reason="", now=NOW)
    with pytest.raises(UnknownCompartment):
        programs.switch("h9", is_on=True, seen_version=0, by=technician, reason="x", now=NOW)


def test_there_is_none_without_a_base(db):
    assert programs.in_force("h1") is None


def test_a_saved_program_is_the_next_version_and_in_force(technician):
    version = saved(technician)
    found = programs.in_force("h1")
    assert found is not None
    assert (found.version, found.program.periods[0].ventilation_c, found.is_on) == (1, 26.0, False)
    assert (version.number, version.author, version.role, version.origin) == (1, technician, "technician", Origin.EDIT)
    assert version.created_at == NOW


def test_the_ledger_has_the_version_its_digest_and_no_name_or_reason(technician):
    version = saved(technician, reason="seedlings like it cooler")
    (entry,) = Entry.objects.filter(kind="program")
    payload = json.loads(entry.payload)
    assert (payload["compartment"], payload["version"], payload["user"]) == ("h1", 1, technician.pk)
    assert payload["reason"] == text_digest("seedlings like it cooler", salt=version.reason_salt)
    assert len(payload["digest"]) == 64
    assert "seedlings" not in entry.payload
    assert "technician" not in entry.payload


def test_a_program_can_be_changed_while_the_ledger_is_broken(technician):
    saved(technician)
    Head.objects.update(number=40)
    assert saved(technician, ventilation_c=25.0, seen=1).number == 2


def test_a_program_that_cannot_run_is_refused_with_every_fault(technician):
    wrong = document(ventilation_c=10.5)
    wrong["vents"]["band_k"] = 0.0
    with pytest.raises(FaultyProgram) as caught:
        programs.save("h1", wrong, seen_version=0, by=technician, reason="x", now=NOW)
    assert {fault.field for fault in caught.value.faults} == {"periods.0.ventilation_c", "vents.band_k"}
    assert not ProgramVersion.objects.exists()


def test_what_the_controller_takes_no_more_is_refused(technician):
    """Its heating setpoint may be set from 0 to 35 °C; a program might ask for 40."""
    wrong = document()
    wrong["periods"][0] |= {"heating_c": 36.0, "ventilation_c": 40.0}
    with pytest.raises(FaultyProgram) as caught:
        programs.save("h1", wrong, seen_version=0, by=technician, reason="x", now=NOW)
    fault = caught.value.faults[0]
    assert (fault.field, fault.code) == ("periods.0.heating_c", FaultCode.CONTROLLER_LIMITS)
    assert fault.facts == {"low": 0.0, "high": 35.0}


@pytest.mark.parametrize("wrong", [{}, {"periods": 3}, {**document(), "lamps": {}}])
def test_what_is_no_program_is_refused(technician, wrong):
    with pytest.raises(ProgramDocumentError):
        programs.save("h1", wrong, seen_version=0, by=technician, reason="x", now=NOW)


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDUCATOR, Role.COMMISSIONER])
def test_who_may_not_edit_changes_nothing(technician, role):
    reader = somebody(role)
    with pytest.raises(NotAllowed):
        saved(reader)
    with pytest.raises(NotAllowed):
        programs.switch("h1", is_on=True, seen_version=0, by=reader, reason="x", now=NOW)
    with pytest.raises(NotAllowed):
        saved(AnonymousUser())
    assert not ProgramVersion.objects.exists()


def test_whoever_changed_an_older_version_is_refused(technician):
    saved(technician)
    with pytest.raises(ProgramConflict) as caught:
        saved(technician, ventilation_c=28.0, seen=0)
    assert (caught.value.seen, caught.value.newest) == (0, 1)
    found = programs.in_force("h1")
    assert found is not None
    assert found.program.periods[0].ventilation_c == 26.0


@pytest.mark.parametrize("seen", [0, 2, 7])
def test_neither_an_older_nor_an_invented_version_can_be_followed(technician, seen):
    saved(technician)
    with pytest.raises(ProgramConflict):
        saved(technician, ventilation_c=28.0, seen=seen)
    assert ProgramVersion.objects.count() == 1


def test_who_looked_a_moment_too_early_meets_the_number_that_is_given_once(technician, monkeypatch):
    early = programs.standings()
    saved(technician)
    monkeypatch.setattr(programs, "standings", lambda _keys: early)
    with pytest.raises(ProgramConflict) as caught:
        saved(technician, ventilation_c=28.0)
    assert caught.value.newest == 1
    assert ProgramVersion.objects.count() == 1


@pytest.mark.django_db(transaction=True, databases=["default", "telemetry"])
def test_of_two_at_the_same_moment_one_is_taken(technician):
    barrier, outcomes = Barrier(2), []

    def attempt(ventilation_c: float) -> None:
        try:
            barrier.wait(10)
            saved(technician, ventilation_c=ventilation_c)
            outcomes.append(ventilation_c)
        except ProgramConflict:
            outcomes.append(None)
        finally:
            connections.close_all()

    threads = [Thread(target=attempt, args=(value,)) for value in (26.0, 28.0)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    (taken,) = set(outcomes) - {None}
    assert outcomes.count(None) == 1
    found = programs.in_force("h1")
    assert found is not None
    assert (found.version, found.program.periods[0].ventilation_c) == (1, taken)
    assert Entry.objects.filter(kind="program").count() == 1


def test_a_large_change_says_why_and_a_small_one_need_not(technician):
    with pytest.raises(ReasonNeeded):
        saved(technician, ventilation_c=24.5)
    with pytest.raises(ReasonNeeded):
        saved(technician, ventilation_c=24.5, reason="   ")
    with pytest.raises(ReasonNeeded):
        saved(technician, ventilation_c=24.5, reason="x" * 401)
    assert saved(technician, ventilation_c=25.0).reason == ""
    assert saved(technician, ventilation_c=22.0, seen=1, reason=" hot week ").reason == "hot week"


def test_the_same_program_is_no_version(technician):
    with pytest.raises(NothingToChange):
        programs.save("h1", as_document(STANDARD), seen_version=0, by=technician, reason="again", now=NOW)


def test_an_older_version_comes_back_as_a_new_one(technician):
    saved(technician)
    standard = programs.program_of("h1", 0)
    assert standard == STANDARD
    back = programs.save("h1", as_document(standard), seen_version=1, by=technician, reason="", now=NOW, returned_to=0)
    assert (back.number, back.origin, back.returned_to) == (2, Origin.RETURN, 0)
    assert programs.program_of("h1", 2) == STANDARD
    assert programs.program_of("h1", 3) is None
    assert [version.number for version in programs.history("h1")] == [2, 1]


def test_a_copy_says_where_it_is_from(technician):
    assert saved(technician, copied_from="h2").origin == Origin.COPY


def test_switching_on_needs_a_reason_and_the_version_that_was_seen(technician):
    saved(technician)
    with pytest.raises(ReasonNeeded):
        programs.switch("h1", is_on=True, seen_version=1, by=technician, reason="", now=NOW)
    with pytest.raises(ProgramConflict):
        programs.switch("h1", is_on=True, seen_version=0, by=technician, reason="winter", now=NOW)
    row = programs.switch("h1", is_on=True, seen_version=1, by=technician, reason="winter", now=NOW)
    assert (row.number, row.program_version) == (1, 1)
    found = programs.in_force("h1")
    assert found is not None
    assert found.is_on
    with pytest.raises(NothingToChange):
        programs.switch("h1", is_on=True, seen_version=1, by=technician, reason="again", now=NOW)


def test_switching_off_waits_for_nothing(technician):
    """Neither for a reason nor for the newest version: whoever wants to stop it is not held up."""
    programs.switch("h1", is_on=True, seen_version=0, by=technician, reason="winter", now=NOW)
    saved(technician)
    programs.switch("h1", is_on=False, seen_version=0, by=technician, reason="", now=NOW)
    found = programs.in_force("h1")
    assert found is not None
    assert (found.is_on, found.version) == (False, 1)
    assert [row.is_on for row in programs.switchings("h1")] == [False, True]
    told = Entry.objects.filter(kind="program").order_by("number")
    assert [json.loads(entry.payload).get("is_on") for entry in told] == [True, None, False]


def test_all_programs_are_read_in_a_fixed_number_of_queries(technician, django_assert_num_queries):
    more = SMALL + "".join(
        (HOUSE + COMPARTMENT).replace('"h1"', f'"h{number}"').replace("1号", f"{number}号") for number in range(2, 9)
    )
    load(more)
    saved(technician)
    programs.standings()
    with django_assert_num_queries(3):
        found = programs.standings()
    assert list(found) == [f"h{number}" for number in range(1, 9)]
    assert [standing.in_force.version for standing in found.values()] == [1, *[0] * 7]
    programs.all_in_force()
    with django_assert_num_queries(3):
        assert programs.all_in_force() == {key: standing.in_force for key, standing in found.items()}


def test_a_program_that_cannot_be_read_keeps_no_other_from_running(technician):
    load(SMALL + (HOUSE + COMPARTMENT).replace('"h1"', '"h2"').replace("1号", "2号"))
    ProgramVersion.objects.create(
        compartment_key="h1", number=1, document={"lamps": {}}, author=technician, origin=Origin.EDIT, created_at=NOW
    )
    found = programs.all_in_force()
    assert isinstance(found["h1"], ProgramDocumentError)
    assert found["h2"] == ProgramInForce(STANDARD, version=0, is_on=False)


@pytest.mark.parametrize("table", [ProgramVersion, ProgramSwitch])
def test_neither_a_version_nor_a_switching_can_be_changed_or_deleted(technician, table):
    saved(technician)
    programs.switch("h1", is_on=True, seen_version=1, by=technician, reason="winter", now=NOW)
    refuse_deletes()
    with pytest.raises(DatabaseError, match="neither changed nor deleted"), transaction.atomic():
        table.objects.update(reason="another")
    with pytest.raises(DatabaseError, match="neither changed nor deleted"), transaction.atomic():
        table.objects.all().delete()
    assert table.objects.count() == 1
