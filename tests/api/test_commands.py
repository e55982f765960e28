"""Commands through the interface: stored as the console stores them, followed to their end, and listed."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from greenhouse.clock import moment_now
from greenhouse.commands import dispatch
from greenhouse.commands.lifecycle import State
from greenhouse.commands.models import CommandEvent, CommandRequest, InForce
from greenhouse.site.models import Point
from tests.api.conftest import Program, problem, token_of
from tests.commands.test_dispatch import Orders
from tests.console.conftest import AIR, ONLINE, SETPOINT

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])

CHANGE = {"point": SETPOINT, "value": 16.5, "seen_value": 16.0}
VENTILATION = "h1-climate.ventilation_setpoint"


@pytest.fixture
def program(shelf, technician) -> Program:
    """A technician's program, and a controller that takes commands."""
    shelf.put({**ONLINE, SETPOINT: 16.0, VENTILATION: 24.0})
    return Program(token_of(technician, name="weather bridge"))


def test_a_command_is_stored_with_who_asked_and_by_which_token(program, technician):
    answer = program.post("/commands", {**CHANGE, "reason": "frost tonight", "seen_at": "2026-11-25T08:00:00+08:00"})
    assert answer.status_code == 202
    stored = CommandRequest.objects.get()
    token = technician.api_tokens.get()
    assert answer["Location"] == f"/api/v1/commands/{stored.pk}"
    assert (stored.requested_by, stored.role, stored.device_label, stored.reason) == (
        technician,
        "technician",
        f"API · weather bridge ({token.hint}…)",
        "frost tonight",
    )
    assert CommandEvent.objects.get().device_label == stored.device_label
    assert stored.previous_at.isoformat() == "2026-11-25T00:00:00+00:00"


def test_a_command_is_followed_until_it_is_confirmed(program, shelf):
    address = program.post("/commands", CHANGE)["Location"].removeprefix("/api/v1")
    first = program.get(address).json()
    assert (first["state"], first["state_name"], first["is_open"]) == ("requested", "submitted", True)
    request = CommandRequest.objects.get()
    dispatch.dispatch_next(moment_now(), Orders())
    dispatch.record_outcome(request.pk, State.CONFIRMED, now=moment_now(), readback_value=16.5)
    last = program.get(address).json()
    assert (last["state"], last["is_open"], last["readback_value"]) == ("confirmed", False, 16.5)
    assert [event["state"] for event in last["events"]] == ["requested", "dispatched", "confirmed"]
    assert InForce.objects.get().value == 16.5


def test_a_value_that_changed_meanwhile_is_a_conflict(program, shelf):
    shelf.put({SETPOINT: 18.0})
    found = problem(program.post("/commands", CHANGE), 409, "conflict")
    assert found["code"] == "value_changed"
    assert "18 °C" in found["detail"]
    assert not CommandRequest.objects.exists()


def test_who_has_seen_none_while_there_is_one_has_to_look(program):
    assert problem(program.post("/commands", {**CHANGE, "seen_value": None, "reason": "x"}), 409, "conflict")


def test_a_large_change_needs_a_reason_as_on_the_page(program):
    large = {**CHANGE, "value": 19.0}
    assert problem(program.post("/commands", large), 422, "bad-input")["errors"][0]["where"] == "reason"
    assert problem(program.post("/commands", {**large, "reason": "  "}), 422, "bad-input")
    assert program.post("/commands", {**large, "reason": "frost tonight"}).status_code == 202


def test_a_value_outside_its_limits_is_refused_with_the_limits(program):
    found = problem(program.post("/commands", {**CHANGE, "value": 35.1, "reason": "x"}), 422, "bad-input")
    assert found["code"] == "out_of_limits"
    assert "0 to 35 °C" in found["detail"]


@pytest.mark.parametrize(
    ("change", "kind", "status", "code"),
    [
        ({"point": AIR}, "bad-input", 422, "not_writable"),
        ({"point": "h1-climate.nothing"}, "unknown-point", 404, None),
        ({"point": "h1-climate.link"}, "bad-input", 422, "not_writable"),
    ],
)
def test_what_takes_no_command_is_refused(program, change, kind, status, code):
    found = problem(program.post("/commands", {**CHANGE, "reason": "x", **change}), status, kind)
    assert found.get("code") == code


@pytest.mark.parametrize(
    ("value", "code"),
    [({"h1-climate.link": 0.0}, "link_down"), ({"h1-climate.control_location": 0.0}, "local_control")],
)
def test_a_controller_that_takes_nothing_now_is_said_so(program, shelf, value, code):
    shelf.put(value)
    assert problem(program.post("/commands", CHANGE), 409, "device-unavailable")["code"] == code


def test_a_second_command_waits_for_the_one_on_its_way(program):
    program.post("/commands", CHANGE)
    dispatch.dispatch_next(moment_now(), Orders())
    assert problem(program.post("/commands", CHANGE), 409, "conflict")["code"] == "under_way"


def test_a_hold_is_asked_for_and_told(program):
    told = program.post("/commands", {**CHANGE, "hold_for_s": 5400}).json()
    hold = CommandRequest.objects.get().hold
    assert told["hold"]["state"] == "asked"
    assert timedelta(minutes=89) < hold.ends_at - CommandRequest.objects.get().created_at <= timedelta(minutes=90)


def test_a_point_that_needs_a_second_person_waits_for_one(program):
    Point.objects.filter(key=SETPOINT).update(needs_approval=True)
    assert program.post("/commands", CHANGE).json()["state"] == "awaiting_approval"


def test_commands_come_newest_first_in_pages_and_by_what_they_are(program, technician):
    now = moment_now().wall
    for age in range(5):
        CommandRequest.objects.create(
            id=uuid4(),
            point_key=SETPOINT if age % 2 else VENTILATION,
            value=float(age),
            unit="degC",
            requested_by=technician,
            created_at=now - timedelta(minutes=age // 2),  # two at the same moment
            state="confirmed" if age else "requested",
            state_at=now,
            ended_at=now if age else None,
            expires_at=now,
        )
    values, cursor = [], ""
    while cursor is not None:
        page = program.get(f"/commands?limit=2&cursor={cursor}").json()
        values += [item["value"] for item in page["items"]]
        cursor = page["next"]
    assert sorted(values) == [0.0, 1.0, 2.0, 3.0, 4.0]
    assert [set(values[:2]), set(values[2:4]), values[4]] == [{0.0, 1.0}, {2.0, 3.0}, 4.0]

    def listed(query: str) -> set[float]:
        return {item["value"] for item in program.get(f"/commands?{query}").json()["items"]}

    assert listed(f"point={SETPOINT}") == {1.0, 3.0}
    assert listed("only_open=true") == {0.0}
    assert listed("only_open=true&state=confirmed") == set()
    assert listed("state=confirmed&limit=500") == {1.0, 2.0, 3.0, 4.0}
    since = (now - timedelta(minutes=1)).isoformat().replace("+00:00", "Z")
    assert listed(f"since={since}") == {0.0, 1.0, 2.0, 3.0}
    assert listed(f"until={since}") == {4.0}


def test_a_list_takes_a_fixed_number_of_queries(program, django_assert_max_num_queries, technician):
    for _ in range(3):
        program.post("/commands", CHANGE)
    with django_assert_max_num_queries(9):
        assert len(program.get("/commands").json()["items"]) == 3


def test_a_script_in_a_reason_comes_back_as_text(program):
    told = program.post("/commands", {**CHANGE, "reason": "<script>alert(1)</script>"})
    assert told.json()["reason"] == "<script>alert(1)</script>"
    assert told["Content-Type"] == "application/json"
    assert told["X-Content-Type-Options"] == "nosniff"
