"""Irrigation programs with their versions, and runs: chosen, in pages, given or not."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from greenhouse.access.roles import Role
from greenhouse.clock import moment_now
from greenhouse.commands import irrigation_runs as runs
from greenhouse.commands.irrigation_runs import ByProgram, Plan
from greenhouse.commands.models import IrrigationRun
from greenhouse.commands.run_lifecycle import RunReason
from greenhouse.rules import irrigation_programs
from greenhouse.rules.irrigation_models import IrrigationProgramVersion
from greenhouse.rules.models import Origin, ProgramVersion
from greenhouse.site.valve_groups import valve_groups
from tests.api.conftest import Program, problem
from tests.bases import load
from tests.console.irrigation.conftest import WATERED

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])
WORK = {
    "name": "Morning",
    "groups": ["north", "south"],
    "dose": {"kind": "volume_per_area", "amount": 0.5},
    "starts": {"kind": "clock", "minutes": [390, 840]},
    "rest_min": 30,
}
BY_SUN = {"kind": "radiation", "first": "sunrise+60", "last": "sunset-120", "sum_j_cm2": 300}
BETWEEN = {"kind": "interval", "first": "07:00", "interval_min": 120, "last": "sunset-60"}


@pytest.fixture
def engineer(db, program) -> Program:
    load(WATERED)
    return program()


def stored(key: str = "morning", *, seen: int = 0, is_on: bool = False, **changes: object) -> None:
    irrigation_programs.save(
        key,
        {**WORK, **changes},
        is_on=is_on,
        seen_version=seen,
        by=User.objects.get(username="engineer"),
        reason="dry",
        now=moment_now(),
    )


def planned(key: str, *groups: str, due_at: datetime, missed: bool = False) -> list[IrrigationRun]:
    plans = [Plan(valve_groups()[group], None, 60.0, position) for position, group in enumerate(groups)]
    when = {"due_at": due_at, "decided_until": due_at, "now": moment_now()}
    if missed:
        return runs.plan_missed(plans, ByProgram(key, 1), RunReason.TOO_LATE, **when)
    return runs.plan_all(plans, ByProgram(key, 1), **when)


def test_a_program_is_told_with_its_version_and_its_switch(engineer):
    stored()
    (found,) = engineer.get("/irrigation/programs").json()["items"]
    assert found == engineer.get("/irrigation/programs/morning").json()
    assert [found[part] for part in ("key", "name", "version", "is_on", "waters", "changed_by")] == [
        *("morning", "Morning", 1),
        *(False, False, "engineer"),
    ]
    work = found["work"]
    assert (work["groups"], work["dose"]) == (["north", "south"], {"kind": "volume_per_area", "amount": 0.5})
    assert (work["starts"]["kind"], work["starts"]["times"], work["starts"]["first"]) == (
        "clock",
        ["06:30", "14:00"],
        None,
    )


@pytest.mark.parametrize(
    ("starts", "told"),
    [
        (BETWEEN, {"first": "07:00", "last": "sunset-60", "interval_min": 120}),
        (
            {**BY_SUN, "without_radiation_min": 90},
            {"first": "sunrise+60", "last": "sunset-120", "sum_j_cm2": 300, "without_radiation_min": 90},
        ),
    ],
)
def test_starts_of_each_kind_tell_what_is_theirs(engineer, starts, told):
    stored(starts=starts)
    found = engineer.get("/irrigation/programs/morning").json()["work"]["starts"]
    assert {part: value for part, value in found.items() if value is not None} == {"kind": starts["kind"], **told}


def test_a_program_waters_only_if_it_is_on_and_can_be_read(engineer):
    stored(is_on=True)
    tag = engineer.get("/irrigation/programs")["ETag"]
    assert engineer.get("/irrigation/programs", If_None_Match=tag).status_code == 304
    assert engineer.get("/irrigation/programs/morning").json()["waters"]
    row = IrrigationProgramVersion.objects.get()
    row.pk, row.number, row.document = None, 2, {**row.document, "starts": {"kind": "moon"}}
    row.save(force_insert=True)
    (found,) = engineer.get("/irrigation/programs", If_None_Match=tag).json()["items"]
    assert [found[part] for part in ("version", "name", "is_on", "waters", "work")] == [2, None, True, False, None]


def test_versions_come_in_pages_with_who_and_why(engineer):
    for seen in range(3):
        stored(seen=seen, rest_min=30 + seen)
    first = engineer.get("/irrigation/programs/morning/versions?limit=2").json()
    assert [one["version"] for one in first["items"]] == [3, 2]
    assert (first["items"][0]["changed_by"], first["items"][0]["reason"]) == ("engineer", "dry")
    rest = engineer.get(f"/irrigation/programs/morning/versions?limit=2&cursor={first['next']}").json()
    assert ([one["version"] for one in rest["items"]], rest["next"]) == ([1], None)
    problem(engineer.get("/irrigation/programs/morning/versions?cursor=WyJ4Il0"), 422, "bad-cursor")
    problem(engineer.get(f"/irrigation/programs/night/versions?cursor={first['next']}"), 404, "unknown-program")


def test_a_program_is_told_by_its_own_name_alone_in_every_language(engineer):
    stored()
    stored(seen=1, name="", drain_limit_pct=30)
    for language in ("en", "zh-hans"):
        found = engineer.get("/irrigation/programs/morning", Accept_Language=language).json()
        assert (found["name"], found["work"]["name"], found["work"]["drain_limit_pct"]) == (None, None, 30)
    versions = engineer.get("/irrigation/programs/morning/versions").json()["items"]
    assert [one["work"]["name"] for one in versions] == [None, "Morning"]


def test_runs_tell_who_asked_what_they_open_and_why_they_ended(engineer, person):
    due_at = timezone.now() - timedelta(hours=1)
    planned("morning", "north", due_at=due_at, missed=True)
    runs.start("strip", 5.0, by=person(Role.TECHNICIAN, "li"), now=moment_now(), submission=uuid4())
    by_hand, missed = engineer.get("/irrigation/runs").json()["items"]
    assert [by_hand[part] for part in ("program", "by", "state", "is_open", "reason", "dose_s")] == [
        *(None, "li", "planned", True, None),
        300.0,
    ]
    assert [missed[part] for part in ("program", "program_version", "by", "state", "reason", "valves")] == [
        *("morning", 1, None, "missed", "too_late"),
        ["h1-valves.valve_1"],
    ]
    assert (missed["state_name"], missed["group_name"]["en"]) == ("missed", "North half")
    assert missed["reason_text"].startswith("It could not begin in time")


def test_runs_are_chosen_by_time_state_program_and_valve(engineer):
    noon = timezone.now().replace(microsecond=0)
    planned("morning", "north", "south", due_at=noon)
    planned("evening", "north", due_at=noon + timedelta(hours=6), missed=True)

    def found(query: str) -> list[tuple[str, str]]:
        items = engineer.get(f"/irrigation/runs?{query}").json()["items"]
        return sorted((one["program"], one["group"]) for one in items)

    evening, north, south = ("evening", "north"), ("morning", "north"), ("morning", "south")
    assert found("") == [evening, north, south]
    assert found("program=morning") == [north, south]
    assert found("state=missed") == [evening]
    assert found("valve=h1-valves.valve_2") == [south]
    assert found("valve=h1-valves.valve_1&program=morning") == [north]
    assert found("valve=h1-valves.valve_") == []
    moment = f"{noon + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"
    assert (found(f"since={moment}"), found(f"until={moment}")) == ([evening], [north, south])
    problem(engineer.get("/irrigation/runs?group=north"), 422, "bad-input")


def test_runs_come_in_pages_that_nothing_shifts(engineer):
    now = timezone.now()
    for number in range(3):
        planned(f"p{number}", "north", due_at=now, missed=True)
    first = engineer.get("/irrigation/runs?limit=2").json()
    planned("late", "north", due_at=now, missed=True)
    rest = engineer.get(f"/irrigation/runs?limit=2&cursor={first['next']}").json()
    seen = [one["program"] for one in [*first["items"], *rest["items"]]]
    assert (sorted(seen), rest["next"]) == (["p0", "p1", "p2"], None)


@pytest.mark.parametrize("address", ["/irrigation/programs", "/irrigation/runs"])
def test_lists_take_a_fixed_number_of_queries(engineer, address):
    def asked() -> int:
        engineer.get(address)
        with CaptureQueriesContext(connection) as queries:
            assert engineer.get(address).status_code == 200
        return len(queries)

    now = timezone.now()
    stored("p0")
    planned("p0", "north", due_at=now, missed=True)
    few = asked()
    for number in range(1, 6):
        stored(f"p{number}")
        planned(f"p{number}", "north", due_at=now, missed=True)
    assert asked() == few


def test_a_climate_program_that_cannot_be_read_says_so_and_hides_no_other(engineer):
    author = User.objects.get(username="engineer")
    ProgramVersion.objects.create(
        compartment_key="h1",
        number=1,
        document={"lamps": {}},
        author=author,
        origin=Origin.EDIT,
        created_at=timezone.now(),
    )
    assert engineer.get("/programs").json()["items"] == []
    assert "program.lamps" in problem(engineer.get("/programs/h1"), 409, "unreadable-program")["detail"]
