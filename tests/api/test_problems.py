"""What is wrong is said as RFC 9457 says it, in the reader's language, and never with a 5xx."""

from __future__ import annotations

import json

import pytest
from asgiref.testing import ApplicationCommunicator
from django.core.asgi import get_asgi_application
from django.db import OperationalError, connection
from django.test import Client

from greenhouse.api.input_faults import MOST_FAULTS
from greenhouse.commands.models import CommandRequest
from greenhouse.site.models import Base
from tests.api.conftest import Program, problem
from tests.console.conftest import AIR, ONLINE, SETPOINT

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])

SPAN = "start=2026-11-25T00:00:00Z&end=2026-11-26T00:00:00Z"
CHANGE = {"point": SETPOINT, "value": 16.5, "seen_value": 16.0}


@pytest.fixture
def engineer(shelf, program) -> Program:
    shelf.put({**ONLINE, SETPOINT: 16.0})
    return program()


@pytest.mark.parametrize(
    ("address", "kind", "names"),
    [
        ("/nothing", "unknown-address", "/api/v1/openapi.json"),
        ("/points/h1-climate.nothing", "unknown-point", "h1-climate.nothing"),
        ("/latest?points=h1-climate.nothing", "unknown-point", "h1-climate.nothing"),
        ("/latest?points=a%00b", "unknown-point", "a?b"),
        (f"/series?points=x.y&{SPAN}", "unknown-point", "x.y"),
        ("/programs/h99", "unknown-compartment", "h99"),
        ("/irrigation/programs/north-9", "unknown-program", "north-9"),
        ("/irrigation/programs/north-9/versions", "unknown-program", "north-9"),
        ("/commands/0b9c1a52-6f5e-4a3c-9d8e-1f2a3b4c5d6e", "unknown-command", "0b9c1a52"),
        ("/alarms/0b9c1a52-6f5e-4a3c-9d8e-1f2a3b4c5d6e", "unknown-alarm", "0b9c1a52"),
    ],
)
def test_what_is_not_there_is_named(engineer, address, kind, names):
    assert names in problem(engineer.get(address), 404, kind)["detail"]


@pytest.mark.parametrize(
    ("address", "where"),
    [
        ("/points?limit=0", "limit"),
        ("/points?limit=99999999999999999999", "limit"),
        ("/points?quantity=warmth", "quantity"),
        ("/points/NOT%20A%20KEY", "point"),
        (f"/points/{'a' * 200}.b", "point"),
        ("/latest?points=,,", "points"),
        ("/commands?since=2026-11-25T08:00:00", "since"),
        ("/commands?since=9999-12-31T23:59:59-23:59", "since"),
        ("/commands?until=0001-01-01T00:00:00%2B14:00", "until"),
        ("/commands?since=yesterday", "since"),
        ("/commands?state=done", "state"),
        ("/commands/42", "command"),
        (f"/series?{SPAN}", "points"),
        (f"/series?points={AIR}&start=2026-11-25T00:00:00Z&end=2026-11-25T00:00:00Z", "end"),
        (f"/series?points={AIR}&{SPAN}&resolution_s=-60", "resolution_s"),
        (f"/series?points={AIR}&{SPAN}&resolution_s=0.5", "resolution_s"),
        (f"/series?points={AIR}&{SPAN}&format=xlsx", "format"),
        (f"/series?points={AIR}&{SPAN}&resolution=60", "resolution"),
        ("/points?%00=1", "?"),
        (f"/series?points={','.join(f'a{number}.b' for number in range(51))}&{SPAN}", "points"),
    ],
)
def test_input_that_is_not_right_is_named_with_its_place(engineer, address, where):
    found = problem(engineer.get(address), 422, "bad-input")
    assert found["errors"][0]["where"] == where
    assert found["detail"].startswith(where)


@pytest.mark.parametrize("cursor", ["x", "W10", "WyJhIl0", "!!!!", "WyJhIiwiYiJd", "W" * 400, "bnVsbA"])
@pytest.mark.parametrize("address", ["/commands", "/alarms"])
def test_a_cursor_that_is_none_is_refused(engineer, address, cursor):
    problem(engineer.get(f"{address}?cursor={cursor}"), 422, "bad-cursor")


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({}, "point"),
        ({**CHANGE, "value": "warm"}, "value"),
        ({**CHANGE, "value": None}, "value"),
        ('{"point": "h1-climate.heating_setpoint", "value": NaN, "seen_value": 16.0}', "value"),
        ('{"point": "h1-climate.heating_setpoint", "value": 16.5, "seen_value": Infinity}', "seen_value"),
        ('{"point": "h1-climate.heating_setpoint", "value": 1e999, "seen_value": 16.0}', "value"),
        ({**CHANGE, "reason": "because\0"}, "reason"),
        ({**CHANGE, "reason": "x" * 10_000}, "reason"),
        ('{"point": "h1-climate.heating_setpoint", "value": 16.5, "seen_value": 16.0, "reason": "\\ud800"}', "reason"),
        ({**CHANGE, "seen_at": "2026-11-25T08:00:00"}, "seen_at"),
        ({**CHANGE, "seen_at": "9999-12-31T23:59:59Z"}, "seen_at"),
        ({**CHANGE, "hold_for_s": -1}, "hold_for_s"),
        ({**CHANGE, "hold_for_s": 10**30}, "hold_for_s"),
        ({**CHANGE, "hold_for": 60}, "hold_for"),
        ({"point": SETPOINT, "value": 16.5}, "seen_value"),
        ([CHANGE], "body"),
    ],
)
def test_a_command_that_is_not_right_is_named_and_not_stored(engineer, body, where):
    found = problem(engineer.post("/commands", body), 422, "bad-input")
    assert found["errors"][0]["where"] == where
    assert not CommandRequest.objects.exists()


@pytest.mark.parametrize("body", ["{", "[" * 100_000, b"\xff\xfe\x00", "{'value': 1}"])
def test_a_body_that_is_no_json_is_refused(engineer, body):
    content = body if len(body) < 60_000 else body[:60_000]
    problem(engineer.post("/commands", content), 400, "bad-body")


def test_a_body_that_is_too_long_is_refused_before_it_is_read(engineer):
    found = problem(engineer.post("/commands", {**CHANGE, "reason": "x" * 70_000}), 413, "too-long")
    assert "65536" in found["detail"]


async def test_a_body_of_unknown_length_is_not_read():
    """Django reads such a body to its end, into memory, however long it is."""
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "path": "/api/v1/commands",
        "query_string": b"",
        "headers": [
            (b"host", b"testserver"),
            (b"content-type", b"application/json"),
            (b"accept-language", b"en"),
            (b"transfer-encoding", b"chunked"),
        ],
    }
    server = ApplicationCommunicator(get_asgi_application(), scope)
    await server.send_input({"type": "http.request", "body": b" " * 70_000, "more_body": True})
    await server.send_input({"type": "http.request", "body": b"{}", "more_body": False})
    start, rest = await server.receive_output(timeout=10), await server.receive_output(timeout=10)
    await server.wait(timeout=10)
    assert (start["status"], json.loads(rest["body"])["type"]) == (411, "/api/v1/docs#problem-no-length")


def test_a_form_is_no_json(engineer):
    headers = {"Authorization": f"Bearer {engineer.secret}"}
    problem(Client().post("/api/v1/commands", {"point": SETPOINT}, headers=headers), 415, "no-json")


def test_a_method_that_an_address_does_not_take_is_refused_with_those_it_takes(engineer):
    answer = engineer.post("/points", {})
    problem(answer, 405, "wrong-method")
    assert answer["Allow"] == "GET"


@pytest.mark.parametrize("address", ["/base", "/openapi.json", "/docs", f"/points/{SETPOINT}"])
def test_a_head_is_answered_like_a_get_without_its_body(engineer, address):
    headers = {"Authorization": f"Bearer {engineer.secret}"}
    answer = Client().head(f"/api/v1{address}", headers=headers)
    assert (answer.status_code, answer.content) == (200, b"")


def test_many_faults_are_listed_but_not_without_end(engineer):
    found = problem(engineer.post("/commands", {**CHANGE, **{f"x{n}": n for n in range(100)}}), 422, "bad-input")
    assert len(found["errors"]) == MOST_FAULTS
    assert found["detail"] == "x0 is not known here; leave it out. 99 further faults are listed."


@pytest.mark.parametrize(
    ("accepted", "language", "title"),
    [
        ("zh-CN,zh;q=0.9", "zh-hans", "没有这个点。"),
        ("en-US,en;q=0.5", "en", "There is no such point."),
        ("fr", "zh-hans", "没有这个点。"),
    ],
)
def test_a_problem_is_told_in_the_readers_language(engineer, accepted, language, title):
    answer = engineer.get("/points/x.y", Accept_Language=accepted)
    assert problem(answer, 404, "unknown-point")["title"] == title
    assert answer["Content-Language"] == language
    assert "Accept-Language" in answer["Vary"]


def test_the_language_that_a_person_chose_comes_before_the_browsers(engineer):
    client = Client()
    client.cookies["console_language"] = "en"
    answer = client.get("/api/v1/base", headers={"Accept-Language": "zh-CN"})
    assert answer.json()["title"] == "It is not known who calls."


def test_a_base_that_was_never_loaded_is_said_so(program):
    Base.objects.all().delete()
    assert "load_base" in problem(program().get("/base"), 404, "no-base")["detail"]


def test_a_store_that_does_not_answer_is_said_so_with_when_to_ask_again(engineer):
    def refuse(*_arguments: object) -> None:
        raise OperationalError("unable to open database file")

    with connection.execute_wrapper(refuse):
        answer = engineer.get("/base")
    problem(answer, 503, "store-unavailable")
    assert int(answer["Retry-After"]) > 0


def test_an_answer_is_json_without_nan(engineer, shelf):
    shelf.put({AIR: float("nan")})
    text = engineer.get(f"/latest?points={AIR}").content.decode()
    assert json.loads(text, parse_constant=lambda _name: pytest.fail("NaN in JSON"))["items"][0]["value"] is None
