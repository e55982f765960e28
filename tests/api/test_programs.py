"""The climate programs in force: as stored, tagged, and without what is no program."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from greenhouse.rules import programs
from greenhouse.rules.evaluate.documents import as_document, from_document
from greenhouse.rules.standard import standard_programs
from tests.api.conftest import Program, problem
from tests.bases import COMPARTMENT, HOUSE, SMALL, load

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])
STANDARD = standard_programs()["solar_greenhouse"]


@pytest.fixture
def engineer(shelf, program) -> Program:
    return program()


def change(ventilation_c: float, *, seen: int = 0) -> None:
    document = as_document(STANDARD)
    document["periods"][0]["ventilation_c"] = ventilation_c
    by = User.objects.get(username="engineer")
    programs.save("h1", document, seen_version=seen, by=by, reason="x", now=timezone.now())


def test_a_program_that_nobody_changed_is_the_standard_one_off(engineer):
    found = engineer.get("/programs/h1").json()
    assert (found["version"], found["is_on"], found["changed_at"], found["changed_by"]) == (0, False, None, None)
    assert found["periods"][0] == {"start": "sunrise+45", "heating_c": 10.0, "ventilation_c": 27.0}
    assert found["screen"] is None


def test_what_comes_out_is_the_document_of_the_program(engineer):
    found = engineer.get("/programs/h1").json()
    parts = {name: found[name] for name in ("periods", "vents", "blanket", "screen") if found[name] is not None}
    assert from_document(parts) == STANDARD


def test_the_version_in_force_is_told_with_who_made_it(engineer):
    change(26.0)
    (found,) = engineer.get("/programs").json()["items"]
    assert found == engineer.get("/programs/h1").json()
    assert (found["compartment"], found["version"], found["changed_by"]) == ("h1", 1, "engineer")
    assert found["periods"][0]["ventilation_c"] == 26.0


@pytest.mark.parametrize("address", ["/programs", "/programs/h1"])
def test_a_changed_or_switched_program_has_another_tag(engineer, address):
    tags = [engineer.get(address)["ETag"]]
    assert engineer.get(address, If_None_Match=tags[0]).status_code == 304
    change(26.0)
    tags.append(engineer.get(address)["ETag"])
    by = User.objects.get(username="engineer")
    programs.switch("h1", is_on=True, seen_version=1, by=by, reason="x", now=timezone.now())
    tags.append(engineer.get(address)["ETag"])
    assert len(set(tags)) == 3


def test_there_is_none_of_what_is_no_compartment(engineer):
    problem(engineer.get("/programs/h9"), 404, "unknown-compartment")


def test_the_list_takes_a_fixed_number_of_queries(engineer):
    engineer.get("/programs")
    with CaptureQueriesContext(connection) as few:
        engineer.get("/programs")
    load(SMALL + "".join((HOUSE + COMPARTMENT).replace('"h1"', f'"h{number}"') for number in range(2, 9)))
    engineer.get("/programs")
    with CaptureQueriesContext(connection) as many:
        assert len(engineer.get("/programs").json()["items"]) == 8
    assert len(many) == len(few)
