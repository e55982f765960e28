"""The rows of docs/roles.md for programs: every call is made in everybody's name, with a session and with a token."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client
from django.urls import get_resolver
from django.utils import timezone

from greenhouse.access import rates, tokens
from greenhouse.access.roles import Role
from greenhouse.access.tokens import Scope
from greenhouse.alarms.models import Occurrence
from greenhouse.api import health_views
from greenhouse.api.description import describe, operations
from greenhouse.api.v1 import api
from greenhouse.commands.models import CommandRequest
from greenhouse.site.virtual_points import control_key
from tests.access.calls import a_setpoint, an_alarm, an_irrigation_program, of_a_colleague, someone
from tests.access.test_role_table import CELLS, COLUMNS, WATCHED, calls_of
from tests.console.conftest import AIR, ONLINE, SETPOINT, Shelf

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])

API_CALLS = calls_of("API")


@pytest.fixture(autouse=True)
def _nobody_called_before() -> None:
    """What the process remembers of calls belongs to another test."""
    rates.allowances.forget()
    health_views.asked_readiness.forget()


OPEN_TO_ALL = {"/api/v1/openapi.json", "/api/v1/docs", *(f"/{name}" for name in WATCHED)}


@dataclass(frozen=True)
class ApiCall:
    """One call: the parts of its address, its query, its body."""

    parts: Mapping[str, object] = field(default_factory=dict)
    query: str = ""
    body: Mapping[str, object] | None = None


def a_command(shelf: Shelf) -> ApiCall:
    """A command of a colleague."""
    shelf.put({**ONLINE, SETPOINT: 16.0})
    return ApiCall({"command": of_a_colleague().pk})


def a_change(shelf: Shelf) -> ApiCall:
    """What is sent to change a setpoint."""
    a_setpoint(shelf)
    return ApiCall(body={"point": SETPOINT, "value": 16.5, "seen_value": 16.0})


def a_raised_alarm(shelf: Shelf) -> ApiCall:
    """An alarm that nobody has acknowledged."""
    an_alarm(shelf)
    return ApiCall({"alarm": Occurrence.objects.get().pk})


def a_ready_base(shelf: Shelf) -> ApiCall:
    """A base that a control process serves."""
    shelf.put({**ONLINE, control_key("lease_age"): 1.0})
    return ApiCall()


def a_program(shelf: Shelf) -> ApiCall:
    """An irrigation program of a colleague."""
    return ApiCall({"program": an_irrigation_program(shelf).parts["key"]})


STAGED: Mapping[str, Callable[[Shelf], ApiCall]] = {
    "/api/v1/points/{point}": lambda _shelf: ApiCall({"point": AIR}),
    "/api/v1/series": lambda _shelf: ApiCall(
        query=f"?points={AIR}&start=2026-11-25T00:00:00Z&end=2026-11-25T01:00:00Z"
    ),
    "/api/v1/programs/{compartment}": lambda _shelf: ApiCall({"compartment": "h1"}),
    "/api/v1/irrigation/programs/{program}": a_program,
    "/api/v1/irrigation/programs/{program}/versions": a_program,
    "/api/v1/commands/{command}": a_command,
    "/api/v1/alarms/{alarm}": a_raised_alarm,
    "/api/v1/alarms/{alarm}/acknowledge": a_raised_alarm,
    "POST /api/v1/commands": a_change,
    "/readyz": a_ready_base,
}


def token_headers(user: User | None) -> dict[str, str]:
    """A token of this person with every scope; nothing for nobody."""
    if user is None:
        return {}
    made = tokens.make(user, "all", scopes=tuple(Scope), lasts=timedelta(days=1), now=timezone.now())
    return {"Authorization": f"Bearer {made[1]}"}


def sent(call: str, shelf: Shelf, client: Client, headers: Mapping[str, str]) -> HttpResponse:
    """The answer to a row's call."""
    _api, method, path = call.split()
    staged = STAGED.get(f"{method} {path}", STAGED.get(path, lambda _shelf: ApiCall()))(shelf)
    address = path.format(**staged.parts) + staged.query
    if method == "GET":
        return client.get(address, headers=headers)
    content = "" if staged.body is None else json.dumps(staged.body)
    return client.post(address, content, content_type="application/json", headers=headers)


def is_served(response: HttpResponse) -> bool:
    """Whether an answer is what was asked for; a refusal says what is missing. Anything else is a fault of the test."""
    if response.status_code in {401, 403}:
        assert response["Content-Type"] == "application/problem+json"
        return False
    assert response.status_code < 300, response.content
    return True


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("call", API_CALLS)
@pytest.mark.parametrize("way", ["session", "token"])
def test_a_call_answers_a_person_as_the_table_says(shelf, client, call, column, way):
    user, headers = someone(column), {}
    if way == "token":
        headers = token_headers(user)
    elif user is not None:
        client.force_login(user)
    assert is_served(sent(call, shelf, client, headers)) == CELLS[call][column]


def test_every_operation_has_a_row_and_every_row_an_operation():
    described = {f"API {method} {path}" for method, path, _operation in operations(describe(api))}
    assert set(API_CALLS) == described | {f"API GET {path}" for path in OPEN_TO_ALL}
    (ours,) = (found for found in get_resolver("config.urls").url_patterns if getattr(found, "namespace", "") == "api")
    named = {entry.name for entry in ours.url_patterns}
    without_row = {"api-root", "nothing"}  # lead to the page of the description, and nowhere
    assert named - without_row - {"openapi", "docs"} == {
        operation["operationId"] for _method, _path, operation in operations(describe(api))
    }


@pytest.mark.parametrize("call", [call for call in API_CALLS if call.split()[1] == "POST"])
def test_a_session_changes_nothing_without_the_token_of_a_page(shelf, call):
    client = Client(enforce_csrf_checks=True)
    engineer = someone(Role.ENGINEER)
    client.force_login(engineer)
    answer = sent(call, shelf, client, {})
    assert (answer.status_code, answer.json()["type"]) == (403, "/api/v1/docs#problem-cross-site")
    assert not CommandRequest.objects.filter(requested_by=engineer).exists()
    assert not Occurrence.objects.filter(acknowledged_by=engineer).exists()


@pytest.mark.parametrize("call", [call for call in API_CALLS if call.split()[1] == "POST"])
def test_a_token_needs_no_cookie_of_a_page(shelf, call):
    client = Client(enforce_csrf_checks=True)
    assert is_served(sent(call, shelf, client, token_headers(someone(Role.ENGINEER))))


SCOPE_OF = {"POST /api/v1/commands": Scope.COMMAND, "POST /api/v1/alarms/{alarm}/acknowledge": Scope.ALARM}


@pytest.mark.parametrize("call", [call for call in API_CALLS if call.split()[2] not in OPEN_TO_ALL])
def test_a_token_without_the_scope_of_a_call_is_refused_and_reads_which_one(shelf, client, call):
    needed = SCOPE_OF.get(call.removeprefix("API "), Scope.READ)
    others = [scope for scope in Scope if scope is not needed]
    secret = tokens.make(someone(Role.ENGINEER), "other", scopes=others, lasts=timedelta(days=1), now=timezone.now())[1]
    answer = sent(call, shelf, client, {"Authorization": f"Bearer {secret}", "Accept-Language": "en"})
    assert (answer.status_code, answer.json()["type"]) == (403, "/api/v1/docs#problem-no-scope")
    assert f"({needed})" in answer.json()["detail"]
