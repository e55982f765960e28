"""The socket of a page, through the real ASGI application."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from config.asgi import application
from greenhouse.access.roles import Role
from greenhouse.access.sessions import end_sessions
from greenhouse.commands import dispatch
from greenhouse.commands.lifecycle import State
from greenhouse.commands.submit import submit_setpoint
from greenhouse.console.changes.changes import Moves
from greenhouse.console.live import consumers
from greenhouse.console.live.consumers import HUB
from greenhouse.console.live.session_watch import SessionWatch
from greenhouse.console.live.socket_limits import MESSAGES_AT_ONCE, Places
from tests.commands.test_dispatch import Orders
from tests.console.conftest import AIR, ONLINE, SETPOINT, moment
from tests.console.live.page_socket import page_socket

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "telemetry"])


@pytest.fixture
def viewer(person) -> User:
    return person(Role.VIEWER)


@pytest.fixture
def quick_watch(monkeypatch) -> SessionWatch:
    """Looks at the sessions fifty times a second instead of every two seconds."""
    watch = SessionWatch(utc_now=timezone.now, look_every_s=0.02)
    monkeypatch.setattr(consumers, "WATCH", watch)
    return watch


async def test_nobody_signed_in_is_told_so_and_gets_no_values(shelf):
    async with page_socket(None) as page:
        assert await page.handshake()
        message = await page.message()
        assert (message["type"], message["code"]) == ("websocket.close", 4401)
    assert not HUB.is_reading


async def test_a_page_gets_everything_first_and_then_what_changes(shelf, viewer):
    await sync_to_async(shelf.put)({AIR: 18.4})
    async with page_socket(viewer) as page:
        assert await page.handshake()
        first = await page.frame()
        assert first["type"] == "snapshot"
        assert first["points"][AIR]["value"] == 18.4
        assert first["points"][AIR]["origin"] == "simulated"
        assert first["counts"]["newest"] == first["points"][AIR]["at"]
        await sync_to_async(shelf.put)({AIR: 19.1})
        changed = await page.frame("changes")
        assert changed["points"][AIR]["value"] == 19.1
        assert changed["sequence"] == first["sequence"] + 1


async def test_a_request_and_its_fate_reach_the_page(shelf, technician):
    await sync_to_async(shelf.put)({**ONLINE, SETPOINT: 16.0})
    async with page_socket(technician) as page:
        await page.handshake()
        await page.frame("snapshot")
        request = await sync_to_async(submit_setpoint)(
            SETPOINT, 16.5, by=technician, seen_value=16.0, seen_at=None, now=moment(timezone.now())
        )
        (command,) = (await page.frame("changes"))["commands"]
        assert command["id"] == str(request.pk)
        assert command["point"] == SETPOINT
        assert command["state"] == "requested"
        assert (command["previous"], command["value"]) == (16.0, 16.5)


@pytest.mark.parametrize(("topic", "carries_it"), [("base", False), ("points", True)])
async def test_what_no_card_shows_is_carried_to_the_page_of_all_points_only(shelf, viewer, topic, carries_it):
    await sync_to_async(shelf.put)({AIR: 18.4, "h1-climate.floor_temperature": 15.0})
    async with page_socket(viewer, topic) as page:
        await page.handshake()
        points = (await page.frame("snapshot"))["points"]
        assert AIR in points
        assert ("h1-climate.floor_temperature" in points) is carries_it


def _steps_told(moves: Moves, at: datetime) -> list[str]:
    return [command["state"] for command in moves.look(at)]


@pytest.mark.django_db(databases=["default", "telemetry"])
def test_a_step_that_is_committed_long_after_its_date_is_told_once(shelf, technician):
    shelf.put({**ONLINE, SETPOINT: 16.0}, age_s=20)
    now = timezone.now()
    moves = Moves()
    assert _steps_told(moves, now) == []
    submit_setpoint(
        SETPOINT, 16.5, by=technician, seen_value=16.0, seen_at=None, now=moment(now - timedelta(seconds=20))
    )
    assert _steps_told(moves, now + timedelta(seconds=0.2)) == ["requested"]
    assert _steps_told(moves, now + timedelta(seconds=0.4)) == []
    orders = Orders()
    dispatch.dispatch_next(moment(now - timedelta(seconds=15)), orders)
    (request,) = orders.orders
    assert _steps_told(moves, now + timedelta(seconds=5)) == ["dispatched"]
    dispatch.record_outcome(request.request_id, State.REJECTED, now=moment(now - timedelta(seconds=12)))
    assert _steps_told(moves, now + timedelta(seconds=10)) == ["rejected"]
    assert _steps_told(moves, now + timedelta(seconds=10.2)) == []


async def test_a_page_that_missed_a_frame_asks_and_gets_everything(shelf, viewer):
    await sync_to_async(shelf.put)({AIR: 18.4})
    async with page_socket(viewer) as page:
        await page.handshake()
        first = await page.frame("snapshot")
        await page.send(json.dumps({"resume": first["sequence"] - 1, "epoch": first["epoch"]}))
        assert (await page.frame("snapshot"))["points"] == first["points"]


@pytest.mark.parametrize(
    "message",
    [
        "",
        "hello",
        "[]",
        "null",
        "17",
        "{}",
        '{"resume": "1", "epoch": "a"}',
        '{"resume": true, "epoch": "a"}',
        '{"resume": 1}',
        '{"resume": 1, "epoch": 2}',
        '{"resume": 1, "epoch": "a", "more": 1}',
        '{"resume": NaN, "epoch": "a"}',
        '{"resume": 1, "epoch": "' + "a" * 10_000 + '"}',
        b"\x00\x01",
    ],
)
async def test_anything_else_from_a_page_closes_its_socket_quietly(shelf, viewer, message, caplog):
    async with page_socket(viewer) as page:
        await page.handshake()
        await page.send(**({"binary": message} if isinstance(message, bytes) else {"text": message}))
        assert await page.close_code() == 4400
    assert not [record for record in caplog.records if record.levelname in {"ERROR", "CRITICAL"}]


async def test_a_second_wrong_message_before_the_close_leaves_nothing_behind(shelf, viewer):
    """A server takes one close per socket; whoever sends another is ended by it, as here."""

    async def strict(scope, receive, send):
        is_closed = False

        async def send_once(message):
            nonlocal is_closed
            if is_closed:
                raise RuntimeError(f"{message['type']} after the close")
            is_closed = message["type"] == "websocket.close"
            await send(message)

        await application(scope, receive, send_once)

    async with page_socket(viewer, app=strict) as page:
        await page.handshake()
        await page.frame("snapshot")
        for _ in range(3):
            await page.send("hello")
        assert await page.close_code() == 4400
    assert not HUB.is_reading


async def test_a_peer_that_never_answers_the_close_holds_no_slot(shelf, viewer):
    async with page_socket(viewer) as page:
        await page.handshake()
        await page.frame("snapshot")
        await page.send("hello")
        assert await page.close_code() == 4400
        assert not HUB.is_reading


@pytest.mark.parametrize(
    "origin",
    [
        b"http://evil.example",
        b"http://testserver.evil.example",
        b"https://evil.example/testserver",
        b"http://testserver@evil.example",
        b"http://testserver:8001",
        b"http://testserver:99999999",
        b"http://[::1",
        b"file://testserver",
        b"null",
        b"",
        b"\xff\xfe",
    ],
)
async def test_a_page_of_another_site_is_turned_away(shelf, viewer, origin):
    async with page_socket(viewer, origin=origin) as page:
        assert not await page.handshake()


async def test_a_client_that_names_no_site_is_turned_away(shelf, viewer):
    async with page_socket(viewer, origin=None) as page:
        assert not await page.handshake()


async def test_an_origin_that_forms_may_come_from_may_open_a_socket_too(shelf, viewer, settings):
    settings.CSRF_TRUSTED_ORIGINS = ["https://console.example"]
    async with page_socket(viewer, origin=b"https://console.example") as page:
        assert await page.handshake()


async def test_an_address_that_nobody_knows_is_answered_with_a_code(shelf, viewer):
    async with page_socket(viewer, topic="nothing/here") as page:
        assert await page.handshake()
        assert await page.close_code() == 4404


async def test_a_page_that_asks_without_end_is_cut_off(shelf, viewer):
    """Each wish for a snapshot costs the server a large frame."""
    async with page_socket(viewer) as page:
        await page.handshake()
        first = await page.frame("snapshot")
        for _ in range(MESSAGES_AT_ONCE + 1):
            await page.send(json.dumps({"resume": 0, "epoch": first["epoch"]}))
        assert await page.close_code() == 4429


async def test_one_person_takes_no_place_from_others(shelf, viewer, person, monkeypatch):
    other = await sync_to_async(person)(Role.EDUCATOR)
    monkeypatch.setattr(consumers, "PLACES", places := Places(per_person=1))
    async with page_socket(viewer) as page, page_socket(viewer) as second, page_socket(other) as others:
        for each in (page, second, others):
            assert await each.handshake()
        assert await second.close_code() == 4429
        await page.frame("snapshot")
        await others.frame("snapshot")
    assert places.taken == 0
    async with page_socket(viewer) as page:
        await page.handshake()
        await page.frame("snapshot")


def _sign_out(user: User) -> None:
    end_sessions(user, now=timezone.now())


def _change_password(user: User) -> None:
    user.set_password("another one")
    user.save()


def _deactivate(user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)


def _take_role_away(user: User) -> None:
    user.groups.clear()


def _forget(user: User) -> None:
    user.delete()


@pytest.mark.parametrize(
    ("act", "code"),
    [(_sign_out, 4401), (_change_password, 4401), (_deactivate, 4401), (_take_role_away, 4403), (_forget, 4401)],
)
async def test_a_socket_ends_with_the_right_of_its_person_to_look(shelf, viewer, person, quick_watch, act, code):
    other = await sync_to_async(person)(Role.EDUCATOR)
    async with page_socket(viewer) as page, page_socket(other) as other_page:
        for each in (page, other_page):
            await each.handshake()
            await each.frame("snapshot")
        await sync_to_async(act)(viewer)
        assert await page.close_code() == code
        await sync_to_async(shelf.put)({AIR: 19.1})
        assert (await other_page.frame("changes"))["points"][AIR]["value"] == 19.1
        assert quick_watch.is_watching
    assert not quick_watch.is_watching


async def test_a_socket_stays_while_its_person_may_look(shelf, viewer, quick_watch):
    async with page_socket(viewer) as page:
        await page.handshake()
        await page.frame("snapshot")
        assert (await page.frame("beat"))["store"] == "ok"


async def test_a_store_that_is_away_ends_no_socket_and_is_asked_again(shelf, viewer, quick_watch, caplog):
    async with page_socket(viewer) as page:
        await page.handshake()
        await page.frame("snapshot")
        await sync_to_async(_rename)("django_session", "put_away")
        try:
            assert (await page.frame("beat"))["store"] == "ok"
        finally:
            await sync_to_async(_rename)("put_away", "django_session")
        assert "sessions could not be checked" in caplog.text
        assert (await page.frame("beat"))["store"] == "ok"
        await sync_to_async(_deactivate)(viewer)
        assert await page.close_code() == 4401


def _rename(table: str, name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} RENAME TO {name}")


async def test_the_reader_stops_when_the_last_page_has_gone(shelf, viewer):
    async with page_socket(viewer) as page:
        await page.handshake()
        await page.frame("snapshot")
        assert HUB.is_reading
    assert not HUB.is_reading
