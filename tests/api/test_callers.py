"""Who calls: a token that does no more than its person may now, a session, strangers; and how often."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.utils import timezone

from greenhouse.access import people, rates, tokens
from greenhouse.access.models import ApiToken
from greenhouse.access.roles import Role
from greenhouse.access.tokens import Scope
from greenhouse.commands.models import CommandRequest
from tests.api.conftest import Program, problem, token_of
from tests.console.conftest import ONLINE, SETPOINT

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])

CHANGE = {"point": SETPOINT, "value": 16.5, "seen_value": 16.0}


@pytest.fixture
def _online(shelf) -> None:
    shelf.put({**ONLINE, SETPOINT: 16.0})


def test_nobody_is_told_how_to_call(shelf, client):
    answer = client.get("/api/v1/base", headers={"Accept-Language": "en"})
    assert "account page" in problem(answer, 401, "not-signed-in")["detail"]
    assert answer["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("header", ["Bearer", "Bearer gh_wrong", "Basic bGk6bGk=", "gh_x", "Bearer \x00"])
def test_a_token_that_is_none_is_refused_even_beside_a_session(shelf, technician, header):
    client = Client()
    client.force_login(technician)
    answer = client.get("/api/v1/base", headers={"Authorization": header})
    problem(answer, 401, "token-unknown")
    assert 'error="invalid_token"' in answer["WWW-Authenticate"]


@pytest.mark.usefixtures("_online")
def test_a_token_loses_what_its_person_loses(technician):
    program = Program(token_of(technician))
    assert program.post("/commands", CHANGE).status_code == 202
    technician.groups.set([Group.objects.get(name=Role.VIEWER)])
    found = problem(program.post("/commands", CHANGE), 403, "not-allowed")
    assert (found["code"], "viewer" in found["detail"]) == ("submit_setpoint", True)
    assert program.get("/base").status_code == 200
    technician.groups.clear()
    assert problem(program.get("/base"), 403, "not-allowed")["code"] == "look"
    assert CommandRequest.objects.count() == 1


def test_a_token_dies_with_its_person(shelf, technician):
    program = Program(token_of(technician))
    User.objects.update(is_active=False)
    problem(program.get("/base"), 401, "token-revoked")
    User.objects.update(is_active=True)
    problem(program.get("/base"), 401, "token-revoked")


def test_a_token_that_is_over_says_so(shelf, technician):
    program = Program(token_of(technician))
    ApiToken.objects.update(created_at="2026-01-01T00:00:00Z", expires_at="2026-02-01T00:00:00Z")
    problem(program.get("/base"), 401, "token-over")


def test_a_use_of_a_token_is_noted(shelf, technician):
    assert Program(token_of(technician)).get("/base").status_code == 200
    assert (timezone.now() - ApiToken.objects.get().last_used_at).total_seconds() < 60


def test_a_token_opens_no_page_of_the_console(shelf, technician):
    answer = Client().get("/points", headers={"Authorization": f"Bearer {token_of(technician)}"})
    assert (answer.status_code, answer["Location"]) == (302, "/login?next=/points")


def test_a_password_that_somebody_else_has_seen_opens_nothing_here_either(shelf, person):
    made = people.make_login("li", full_name="", role=Role.TECHNICIAN, by=person(Role.ENGINEER), now=timezone.now())
    client = Client(headers={"Accept-Language": "en"})
    client.post("/login", {"username": "li", "password": made.password})
    for address in ("/api/v1/base", "/api/v1/commands", "/metrics"):
        found = problem(client.get(address), 403, "not-allowed")
        assert (found["code"], "password" in found["detail"]) == ("must_change_password", True)
    assert client.get("/api/v1/openapi.json").status_code == 200
    own = {"old_password": made.password, "new_password1": "Blanket up at 7 7", "new_password2": "Blanket up at 7 7"}
    assert client.post("/account/password", own).status_code == 302
    assert client.get("/api/v1/base").status_code == 200


def test_each_token_has_so_many_calls_a_minute_in_all_processes(shelf, technician, settings):
    settings.API_CALLS_PER_MINUTE = 40
    one, other = Program(token_of(technician, name="one")), Program(token_of(technician, name="other"))
    statuses = []
    for _ in range(3):  # three processes, one after the other
        statuses += [one.get("/ledger/head").status_code for _ in range(20)]
        rates.allowances.forget()
    assert (statuses.count(200), statuses.count(429)) == (40, 20)
    answer = one.get("/ledger/head")
    assert "40" in problem(answer, 429, "too-many-calls")["detail"]
    assert 0 < int(answer["Retry-After"]) <= 60
    assert other.get("/ledger/head").status_code == 200


def test_a_session_and_strangers_are_counted_as_well(shelf, technician, settings, client):
    settings.API_CALLS_PER_MINUTE, settings.API_STRANGERS_CALLS_PER_MINUTE = 20, 5
    client.force_login(technician)
    assert [client.get("/api/v1/base").status_code for _ in range(21)][-2:] == [200, 429]
    stranger = Client()
    answers = [stranger.get("/api/v1/base", headers={"Authorization": f"Bearer gh_{n}"}) for n in range(6)]
    assert [answer.status_code for answer in answers] == [401] * 5 + [429]
    assert stranger.get("/api/v1/openapi.json").status_code == 429
    assert stranger.get("/healthz").status_code == 200


@pytest.mark.usefixtures("_online")
def test_a_hold_needs_the_right_to_hold(technician, monkeypatch):
    program = Program(token_of(technician, Scope.COMMAND))
    group = Group.objects.get(name=Role.TECHNICIAN)
    group.permissions.remove(group.permissions.get(codename="hold"))
    found = problem(program.post("/commands", {**CHANGE, "hold_for_s": 3600}), 403, "not-allowed")
    assert found["code"] == "hold"
    assert program.post("/commands", CHANGE).status_code == 202


def test_headers_keep_answers_out_of_shared_caches(shelf, program):
    answer = program().get("/commands")
    assert answer["Cache-Control"] == "no-store"
    assert {"Authorization", "Cookie", "Accept-Language"} <= {part.strip() for part in answer["Vary"].split(",")}


def test_every_scope_has_its_right():
    assert set(tokens.ACTION_OF) == set(Scope)
