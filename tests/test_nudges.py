"""Nudges: they come with the commit, only shorten a wait, and are missed without harm."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator

import psycopg
import pytest
import redis
from django.db import connection, transaction

from greenhouse import nudges
from greenhouse.nudges import Listener, Subject

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "telemetry"])
SOON_S = 10.0


class Bell:
    """Counts nudges."""

    def __init__(self) -> None:
        self.count = 0
        self._rung = threading.Event()

    def ring(self) -> None:
        self.count += 1
        self._rung.set()

    def wait(self) -> None:
        assert self._rung.wait(SOON_S), "nobody was nudged"
        self._rung.clear()


@pytest.fixture(autouse=True)
def something_that_nudges(settings) -> Iterator[None]:
    """PostgreSQL, or Redis beside SQLite."""
    if connection.vendor == "sqlite":
        settings.REDIS_URL = os.environ.get("REDIS_URL", "")
        if not settings.REDIS_URL:
            pytest.skip("needs a Redis server, named by REDIS_URL")
    nudges._redis.cache_clear()
    yield
    nudges._redis.cache_clear()


@pytest.fixture
def bell() -> Iterator[Bell]:
    bell = Bell()
    listener = Listener([Subject.REQUESTS], bell.ring)
    listener.start()
    bell.wait()  # it calls once when it begins to hear
    yield bell
    listener.stop()


def test_a_nudge_is_heard_when_the_transaction_is_committed_and_not_before(bell):
    with transaction.atomic():
        nudges.send(Subject.REQUESTS)
        before = bell.count
        # Another nudge, sent now by another connection, is heard: so the first one would have been, too.
        send_at_once(Subject.REQUESTS)
        bell.wait()
        assert bell.count == before + 1
    bell.wait()
    assert bell.count == before + 2


def test_a_transaction_that_is_rolled_back_nudges_nobody(bell):
    before = bell.count
    with transaction.atomic():
        nudges.send(Subject.REQUESTS)
        transaction.set_rollback(True)
    send_at_once(Subject.REQUESTS)
    bell.wait()
    assert bell.count == before + 1


def test_a_listener_hears_its_own_subjects_only(bell):
    before = bell.count
    send_at_once(Subject.CHANGES)
    send_at_once(Subject.REQUESTS)
    bell.wait()
    assert bell.count == before + 1


def test_a_listener_that_was_cut_off_comes_back_and_rings_for_what_it_missed(bell, caplog):
    cut_off_listeners()
    bell.wait()
    assert [record.levelname for record in caplog.records if record.name == "greenhouse.nudges"][:1] == ["WARNING"]
    send_at_once(Subject.REQUESTS)
    bell.wait()


@pytest.mark.skipif("connection.vendor == 'postgresql'", reason="PostgreSQL needs no Redis")
def test_a_redis_that_is_gone_costs_a_commit_nothing_and_is_left_alone(settings, caplog):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    for _ in range(3):
        with transaction.atomic():
            nudges.send(Subject.REQUESTS)
    assert len([record for record in caplog.records if record.name == "greenhouse.nudges"]) == 1


def send_at_once(subject: Subject) -> None:
    """A nudge of another process."""
    if connection.vendor == "postgresql":
        with psycopg.connect(**connection.get_connection_params(), autocommit=True) as other:
            other.execute("SELECT pg_notify(%s, '')", (subject.value,))
    else:
        with redis.Redis.from_url(os.environ["REDIS_URL"]) as client:
            client.publish(subject.value, b"")


def cut_off_listeners() -> None:
    """As when the server is restarted."""
    if connection.vendor == "postgresql":
        over_at_s = time.monotonic() + SOON_S
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE 'LISTEN%%'"
            )
            assert cursor.fetchone()[0] >= 1
            assert time.monotonic() < over_at_s
    else:
        with redis.Redis.from_url(os.environ["REDIS_URL"]) as client:
            ours = [other["id"] for other in client.client_list() if other["name"] == f"greenhouse-{os.getpid()}"]
            assert ours
            for number in ours:
                client.client_kill_filter(_id=number)
