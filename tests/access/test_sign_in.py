"""The sign-in page: what a person reads who fails, who waits and who is known, and what is kept of it."""

from __future__ import annotations

import json
import logging
import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from greenhouse.access.browser import BROWSER_COOKIE
from greenhouse.ledger.chain import Kind
from greenhouse.ledger.models import Entry, Head
from tests.access.calls import NEW_PASSWORD
from tests.access.counting_hasher import CountingHasher

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])

PASSWORD = "Vents-open-at-24"
WRONG = "Vents-open-at-25"
MORNING = datetime(2026, 11, 25, 0, 30, tzinfo=UTC)


@pytest.fixture
def li(db) -> User:
    return User.objects.create_user("li", password=PASSWORD)


@pytest.fixture
def clock():
    with time_machine.travel(MORNING, tick=False) as traveller:
        yield traveller


def sign_in(client: Client, password: str = WRONG, name: str = "li", **more):
    return client.post("/login", {"username": name, "password": password}, **more)


def fault(response) -> str:
    """What the page says is wrong."""
    found = re.search(r'role="alert".*?<p>(.*?)</p>', response.content.decode(), re.DOTALL)
    return found[1] if found else ""


def is_signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_the_fifth_failure_says_how_long_to_wait_and_the_right_password_waits_too(client, li, clock):
    answers = [sign_in(client) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200] * 4 + [429]
    assert fault(answers[3]) == "用户名或密码不正确。"
    assert fault(answers[4]) == "失败次数过多，请在 1 分钟后再试，或请工程师解除限制。"
    assert answers[4].headers["Retry-After"] == "60"
    assert sign_in(client, PASSWORD).status_code == 429
    assert not is_signed_in(client)
    clock.shift(timedelta(seconds=61))
    assert sign_in(client, PASSWORD).status_code == 302
    assert is_signed_in(client)


def test_the_wait_is_told_in_english_too(client, li, clock):
    client.cookies["console_language"] = "en"
    for _ in range(5):
        answer = sign_in(client)
    assert fault(answer) == "Too many failed attempts. Try again in 1 minute. The engineer can end the wait."


def test_a_name_that_nobody_has_is_answered_like_one_that_somebody_has(li, clock):
    """In words, in status, in the queries that are made and in the passwords that are hashed, failure by failure."""
    User.objects.create_user("gone", password=PASSWORD, is_active=False)
    sign_in(Client(), name="first of all")  # begins the ledger

    def answers(name: str) -> list[tuple[int, str, int]]:
        client, found = Client(REMOTE_ADDR=f"10.0.0.{len(name)}"), []
        for _ in range(7):
            with CaptureQueriesContext(
                connection,
            ) as queries:
                response = sign_in(client, name=name)
            found.append((response.status_code, fault(response), len(queries)))
        return found

    assert answers("li") == answers("nobody") == answers("gone")


def test_the_same_work_is_done_for_a_name_that_nobody_has(client, settings, clock):
    settings.PASSWORD_HASHERS = ["tests.access.counting_hasher.CountingHasher"]
    User.objects.create_user("li", password=PASSWORD)
    for name in ("li", "nobody"):
        runs = []
        for _ in range(7):
            before = CountingHasher.runs
            sign_in(client, name=name)
            runs.append(CountingHasher.runs - before)
        assert runs == [1, 1, 1, 1, 1, 0, 0]


def test_a_persons_own_phone_signs_in_while_strangers_wait(li, clock):
    phone, stranger = Client(), Client()
    sign_in(phone, PASSWORD)
    phone.post("/logout")
    for _ in range(9):
        sign_in(stranger)
    assert sign_in(stranger).status_code == 429
    assert sign_in(phone, PASSWORD).status_code == 302


def test_a_cookie_that_another_one_made_up_makes_nobody_known(li, clock):
    stranger = Client()
    for value in ("", "x", "W10:1abc:xyz", "bnVsbA:1vO:" + "a" * 43):
        stranger.cookies[BROWSER_COOKIE] = value
        sign_in(stranger)
    assert sign_in(stranger).status_code == 429


def test_who_signs_in_with_a_name_of_their_own_is_a_stranger_to_every_other_name(li, clock):
    pupil, stranger = Client(), Client()
    User.objects.create_user("pupil", password=PASSWORD)
    sign_in(pupil, PASSWORD, "pupil")
    pupil.post("/logout")
    for _ in range(5):
        sign_in(pupil)
    assert sign_in(stranger).status_code == 429


def test_the_cookie_of_a_browser_names_nobody(client, li):
    sign_in(client, PASSWORD)
    cookie = client.cookies[BROWSER_COOKIE]
    assert "li" not in re.split(r"\W", cookie.value)
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")


def test_a_tablet_with_many_hands_knows_them_all(clock):
    tablet, stranger = Client(), Client()
    names = [f"person{number}" for number in range(6)]
    for name in names:
        User.objects.create_user(name, password=PASSWORD)
        sign_in(tablet, PASSWORD, name)
        tablet.post("/logout")
        for _ in range(5):
            sign_in(stranger, name=name)
    assert [sign_in(tablet, PASSWORD, name).status_code for name in names] == [302] * 6
    assert len(tablet.cookies[BROWSER_COOKIE].value) < 3000


def test_nobody_chooses_an_address_of_their_own(li, clock):
    """Thirty names from one address, each request with another forwarded address: it still is one address."""
    client = Client(REMOTE_ADDR="10.0.0.9")
    for number in range(30):
        sign_in(client, name=f"name{number}", headers={"X-Forwarded-For": f"10.9.9.{number}"})
    assert sign_in(client, headers={"X-Forwarded-For": "10.1.1.1"}).status_code == 429


def test_a_proxy_that_is_named_is_believed_and_only_its_own_word(li, clock, settings):
    settings.TRUSTED_PROXIES = ["127.0.0.1"]
    client = Client(REMOTE_ADDR="127.0.0.1")
    for number in range(30):
        sign_in(client, name=f"name{number}", headers={"X-Forwarded-For": f"10.9.9.{number}, 10.0.0.9"})
    assert sign_in(client, headers={"X-Forwarded-For": "10.1.1.1, 10.0.0.9"}).status_code == 429
    assert sign_in(client, headers={"X-Forwarded-For": "10.0.0.10"}).status_code == 200


def test_signing_in_takes_a_new_session(client, li):
    """A session that somebody else prepared is worth nothing afterwards."""
    session = client.session
    session["prepared"] = "yes"
    session.save()
    client.cookies["console_session"] = before = session.session_key
    sign_in(client, PASSWORD)
    assert is_signed_in(client)
    assert client.session.session_key != before


def test_what_was_typed_is_in_no_log(client, li, clock, caplog):
    caplog.set_level(logging.DEBUG)
    for _ in range(6):
        sign_in(client, name="li", password=WRONG)
        sign_in(client, name=PASSWORD, password=WRONG)  # into the wrong field
    assert "a sign-in from 127.0.0.1 failed" in caplog.text
    assert PASSWORD not in caplog.text
    assert WRONG not in caplog.text


@pytest.mark.parametrize("name", ["", " ", "a" * 151, "li\x00", "李\u200b", "'; --"])
def test_a_name_that_cannot_be_one_is_answered_like_any_other(client, name):
    response = sign_in(client, name=name)
    assert response.status_code == 200
    assert fault(response)


def recorded() -> list[tuple[str, int | None, int | None]]:
    """Events of sign-ins in the ledger: what, who, how long to wait."""
    entries = Entry.objects.filter(kind=Kind.SIGN_IN).order_by("number")
    payloads = [json.loads(entry.payload) for entry in entries]
    return [(payload["event"], payload["user"], payload.get("wait_s")) for payload in payloads]


def test_every_sign_in_and_out_is_in_the_ledger(client, li):
    sign_in(client, PASSWORD)
    client.post("/logout")
    sign_in(client, PASSWORD)
    client.post("/account/sign-out")
    assert recorded() == [
        ("signed_in", li.pk, None),
        ("signed_out", li.pk, None),
        ("signed_in", li.pk, None),
        ("signed_out_everywhere", li.pk, None),
    ]


def test_failures_and_waits_are_in_the_ledger_and_nothing_that_was_typed(client, li, clock):
    for _ in range(8):
        sign_in(client)
    sign_in(client, name=PASSWORD)  # into the wrong field
    call_command("unlock_login", "li")
    wanted = [*[("failed", li.pk, 0)] * 4, ("locked", li.pk, 60), ("failed", None, 0), ("reopened", li.pk, None)]
    assert recorded() == wanted  # the attempts during the wait are not
    text = "".join(Entry.objects.values_list("payload", flat=True))
    for typed in (WRONG, PASSWORD, '"li"', "127.0.0.1"):
        assert typed not in text


def test_another_password_and_another_role_are_in_the_ledger(client, li):
    client.force_login(li)
    form = {"old_password": PASSWORD, "new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}
    assert client.post("/account/password", form).status_code == 302
    call_command("give_role", "li", "technician")
    assert recorded() == [("password_changed", li.pk, None)]
    given = Entry.objects.get(kind=Kind.RIGHTS)
    assert json.loads(given.payload) == {"event": "role_given", "user": li.pk, "role": "technician"}


def test_a_broken_ledger_keeps_nobody_out(client, li, caplog):
    """Somebody has to mend it, and somebody watches the houses meanwhile."""
    sign_in(client, PASSWORD)
    Head.objects.all().delete()
    assert sign_in(client, PASSWORD).status_code == 302
    assert "not in the ledger, which is broken" in caplog.text
