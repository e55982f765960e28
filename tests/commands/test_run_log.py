"""Runs are chosen by valve and time and read in pages, on either store: valves stand in a column of JSON."""

from __future__ import annotations

from datetime import timedelta

import pytest

from greenhouse.commands.irrigation_runs import ByProgram, Plan, plan_missed
from greenhouse.commands.run_lifecycle import RunReason
from greenhouse.commands.run_log import RunChoice, read_runs
from greenhouse.site.valve_groups import valve_groups
from tests.bases import SMALL, load
from tests.commands.conftest import START, after, moment

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])
BASE = (
    SMALL
    + """
[[device]]
key = "h1-valves"
name_zh = "阀组"
name_en = "Valves"
line = "climate"
unit_id = 5
profile = "valve-block-8"
compartment = "h1"
[[valve_group]]
key = "north"
name_zh = "北"
name_en = "North"
compartment = "h1"
valves = ["h1-valves.valve_1", "h1-valves.valve_2"]
area_m2 = 240
[[valve_group]]
key = "south"
name_zh = "南"
name_en = "South"
compartment = "h1"
valves = ["h1-valves.valve_3"]
area_m2 = 240
"""
)


@pytest.fixture(autouse=True)
def _base(db) -> None:
    load(BASE)


def missed(program: str, group: str, *, due_s: float, stored_s: float = 0.0) -> None:
    plan, due_at = Plan(valve_groups()[group], None, 60.0), after(due_s)
    by = ByProgram(program, 1)
    plan_missed([plan], by, RunReason.TOO_LATE, due_at=due_at, decided_until=due_at, now=moment(stored_s))


def found(**choice: object) -> list[str]:
    return [run.program_key for run in read_runs(RunChoice(**choice), count=10).rows]


@pytest.mark.parametrize(
    ("valve", "programs"),
    [
        ("h1-valves.valve_1", ["a"]),
        ("h1-valves.valve_2", ["a"]),
        ("h1-valves.valve_3", ["b"]),
        ("h1-valves.valve_", []),
        ("h1-valves_valve_1", []),
        ("valve_1", []),
        ("h1-valves.run_time_1", []),
    ],
)
def test_a_valve_is_found_by_its_whole_key_wherever_it_stands_in_its_group(valve, programs):
    missed("a", "north", due_s=0)
    missed("b", "south", due_s=0)
    assert found(valve=valve) == programs


def test_a_run_is_due_from_a_moment_on_and_before_another():
    for number, program in enumerate("abc"):
        missed(program, "north", due_s=60 * number, stored_s=number)
    middle = START + timedelta(seconds=60)
    assert (found(since=middle), found(until=middle)) == (["c", "b"], ["a"])
    assert found(since=middle, until=middle + timedelta(seconds=60), valve="h1-valves.valve_2") == ["b"]


def test_pages_lose_nothing_of_what_was_stored_at_one_moment():
    for program in "abcde":
        missed(program, "north", due_s=0)
    seen, after_that = [], None
    for size in (2, 2, 1):
        page = read_runs(RunChoice(), count=2, after=after_that)
        assert len(page.rows) == size
        seen += [run.program_key for run in page.rows]
        after_that = page.older
    assert (sorted(seen), after_that) == (list("abcde"), None)
