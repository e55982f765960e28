"""The store does not answer: callers are told so in their own form, by an answer that never asks it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.db import DatabaseError, IntegrityError, OperationalError, ProgrammingError, connections

from greenhouse.console.overview import views
from greenhouse.console.page.outage import RETRY_AFTER_S, TRY_AGAIN_LATER
from greenhouse.database.outage import is_outage
from tests.bases import load
from tests.console.live.page_socket import page_socket

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "telemetry"])
ALIASES = ("default", "telemetry")


@contextmanager
def gone() -> Iterator[None]:
    """The server is down, or the disk with the files is not there: what the driver meets is real."""
    before = {alias: dict(connections[alias].settings_dict) for alias in ALIASES}
    for alias in ALIASES:
        connections[alias].close()
        settings = connections[alias].settings_dict
        settings.update(
            {"PORT": "1"} if connections[alias].vendor == "postgresql" else {"NAME": "/nowhere/main.sqlite3"}
        )
    try:
        yield
    finally:
        for alias in ALIASES:
            connections[alias].close()
            connections[alias].settings_dict.update(before[alias])


@pytest.fixture
def person(client) -> User:
    load()
    user = User.objects.create_superuser("li")
    client.force_login(user)
    client.raise_request_exception = False
    return user


@pytest.mark.parametrize(
    ("language", "text"), [("zh-hans", "数据存储没有应答"), ("en", "The store does not answer.")], ids=["zh", "en"]
)
@pytest.mark.parametrize("path", ["/", "/points", "/alarms", "/schedules", "/login?next=/points"])
def test_a_page_says_what_to_do_by_hand_and_when_to_come_again(client, person, path, language, text):
    client.cookies["console_language"] = language
    with gone():
        response = client.get(path) if "login" not in path else client.post(path, {"username": "li", "password": "x"})
    assert response.status_code == 503
    assert response.headers["Retry-After"] == str(RETRY_AFTER_S)
    assert response.headers["Content-Language"] == language
    assert text in response.content.decode()
    assert ("/points" if path == "/points" else "/") in response.content.decode()
    assert client.get("/points").status_code == 200


def test_a_theme_stays_as_it_was_set(client, person):
    client.cookies["console_theme"] = "night"
    with gone():
        assert 'data-theme="night"' in client.get("/").content.decode()


def test_a_script_is_told_in_its_own_form(client, person):
    with gone():
        part = client.get("/attention", headers={"X-Fragment": "1"})
        sent = client.post("/points/h1-climate.heating_setpoint/set", {}, headers={"X-Fragment": "1"})
        trends = client.get("/trends", headers={"accept": "application/json"})
    assert [response.status_code for response in (part, sent, trends)] == [503] * 3
    assert "<html" not in part.content.decode()
    assert "是否已保存" not in part.content.decode()
    assert "是否已保存" in sent.content.decode()
    assert trends.json() == {"error": "store_unavailable", "retry_after_s": RETRY_AFTER_S}


def test_who_writes_while_another_program_holds_the_file_is_told_so(client, person):
    """Reading goes on beside a writer; a sign-in writes."""
    if connections["default"].vendor != "sqlite":
        return
    connections["default"].cursor().execute("PRAGMA busy_timeout = 100")
    with closing(sqlite3.connect(connections["default"].settings_dict["NAME"], isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert client.get("/points").status_code == 200
        assert client.post("/login", {"username": "li", "password": "x"}).status_code == 503
        other.execute("ROLLBACK")


def test_a_fault_of_the_program_stays_one(client, person, monkeypatch):
    monkeypatch.setattr(views, "overview", None)
    response = client.get("/")
    assert response.status_code == 500
    assert "Retry-After" not in response.headers


def test_what_is_an_outage():
    """A query that is wrong, or data that is refused, is none; what another error was made of is."""
    assert is_outage(OperationalError("database or disk is full"))
    assert is_outage(DatabaseError("database disk image is malformed"))
    assert not is_outage(IntegrityError("UNIQUE constraint failed"))
    assert not is_outage(ProgrammingError("syntax error"))
    assert not is_outage(None)
    outer = RuntimeError("cannot be shown")
    outer.__cause__ = OperationalError("locked")
    assert is_outage(outer)


async def test_a_socket_is_asked_to_come_again(person):
    """Before anything else it asks the store whose it is."""
    async with page_socket(person) as page:
        outage = gone()
        await sync_to_async(outage.__enter__)()
        try:
            assert await page.handshake()
            assert await page.close_code() == TRY_AGAIN_LATER
        finally:
            await sync_to_async(outage.__exit__)(None, None, None)
    async with page_socket(person) as page:
        assert await page.handshake()
        assert (await page.frame())["type"] == "snapshot"
