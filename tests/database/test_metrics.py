"""How long the write lock is held and waited for, measured on real transactions."""

from __future__ import annotations

import logging
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.contrib.auth.models import Group
from django.db import OperationalError, connection, connections, transaction

from greenhouse.database.metrics import (
    LIMIT_S,
    WriteMetrics,
    sessions_waiting,
    take_recent,
    wal_bytes,
    write_metrics,
)

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "telemetry"])


@pytest.fixture(autouse=True)
def from_zero() -> None:
    """What was counted before is taken away."""
    take_recent("default")


def test_a_write_transaction_is_counted_from_its_lock_to_its_commit():
    before = write_metrics().get("default", WriteMetrics())
    with transaction.atomic():
        Group.objects.create(name="a")
        Group.objects.create(name="b")
        with transaction.atomic():  # a savepoint is no transaction
            Group.objects.create(name="c")
    recent = take_recent("default")
    assert recent.transactions == 1
    assert recent.over_limit == (recent.longest_s > LIMIT_S)
    assert 0 < recent.longest_s == recent.total_s
    assert write_metrics()["default"].transactions == before.transactions + 1
    assert take_recent("default") == WriteMetrics()


def test_one_that_is_rolled_back_held_the_lock_too():
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        Group.objects.create(name=str(1 / 0))
    with transaction.atomic():
        Group.objects.create(name="a")
        transaction.set_rollback(True)
    assert take_recent("default").transactions == (2 if connection.vendor == "sqlite" else 1)


def test_a_change_without_a_transaction_is_one_by_itself():
    Group.objects.filter(name="a").update(name="b")
    assert take_recent("default").transactions == 1


def test_reading_is_not_counted():
    list(Group.objects.all())
    assert take_recent("default") == WriteMetrics()


def test_one_that_takes_too_long_is_logged_with_its_first_change_and_no_value(caplog):
    with caplog.at_level(logging.WARNING, "greenhouse.database.metrics"), transaction.atomic():
        Group.objects.create(name="a private name")
        time.sleep(LIMIT_S + 0.01)
    recent = take_recent("default")
    assert recent.over_limit == 1
    assert recent.longest_s > LIMIT_S
    (line,) = [record.getMessage() for record in caplog.records if record.name == "greenhouse.database.metrics"]
    assert line.startswith("default: a write transaction took ")
    assert line.endswith(' ms (INSERT INTO "auth_group")')


@contextmanager
def held_elsewhere(until: threading.Event, held: threading.Event):
    """Another thread holds the write lock until it is told to let go."""

    def hold() -> None:
        with transaction.atomic():
            Group.objects.create(name="other")
            held.set()
            until.wait(10)
        connections.close_all()

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(10)
    try:
        yield
    finally:
        until.set()
        thread.join()


def test_waiting_for_the_lock_is_counted_apart():
    """On PostgreSQL a transaction waits in its middle; who waits can be asked from outside."""
    until, held = threading.Event(), threading.Event()
    with held_elsewhere(until, held):
        take_recent("default")
        if connection.vendor == "postgresql":
            waiter = threading.Thread(target=_insert_the_same)
            waiter.start()
            wait_for_a_waiting_session()
            until.set()
            waiter.join()
            return
        times: list[float] = []

        def let_go(execute, *arguments):
            """The lock is asked for now, and held elsewhere until a moment later."""
            if not times:
                times.append(time.perf_counter())
                threading.Timer(0.1, lambda: (times.append(time.perf_counter()), until.set())).start()
            return execute(*arguments)

        with connection.execute_wrapper(let_go), transaction.atomic():
            Group.objects.create(name="a")
    recent = take_recent("default")
    asked_s, released_s = times
    assert recent.lock_wait_longest_s >= released_s - asked_s
    assert recent.lock_timeouts == 0


def wait_for_a_waiting_session() -> None:
    """Until the server itself says that somebody waits for a lock."""
    for _try in range(500):
        if sessions_waiting("default"):
            return
        time.sleep(0.01)  # nobody tells that a session began to wait
    pytest.fail("nobody waits for the lock")


def _insert_the_same() -> None:
    name = connection.settings_dict["NAME"]
    entry = settings.DATABASES["default"]
    with psycopg.connect(
        dbname=name, host=entry["HOST"], port=entry["PORT"], user=entry["USER"], password=entry["PASSWORD"]
    ) as other:
        other.execute("INSERT INTO auth_group (name) VALUES ('other') ON CONFLICT DO NOTHING")


def test_a_lock_that_is_not_given_in_time_is_counted():
    if connection.vendor == "postgresql":
        return
    connection.cursor().execute("PRAGMA busy_timeout = 50")
    try:
        with held_elsewhere(threading.Event(), threading.Event()):
            take_recent("default")
            with pytest.raises(OperationalError, match="locked"), transaction.atomic():
                pass
    finally:
        connection.cursor().execute("PRAGMA busy_timeout = 5000")
    recent = take_recent("default")
    assert recent.lock_timeouts == 1
    assert recent.lock_wait_longest_s > 0.04


def test_the_size_of_the_log_is_that_of_its_file():
    Group.objects.create(name="a")
    size = wal_bytes("default")
    if connection.vendor == "postgresql":
        assert size is None
        return
    assert size == Path(f"{connection.settings_dict['NAME']}-wal").stat().st_size > 0
