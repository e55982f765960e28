"""Nobody holds a read transaction open: the write-ahead log would grow without bound, and nothing could shorten it."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing

import pytest
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.db import connection, connections, transaction

from greenhouse.console.live.stored import StoredBase
from greenhouse.database.metrics import wal_bytes
from greenhouse.site import structure
from greenhouse.telemetry import series
from tests.bases import load

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "telemetry"])
ALIASES = ("default", "telemetry")
MIB = 1 << 20


def test_no_request_of_a_page_is_one_transaction():
    for alias in ALIASES:
        assert settings.DATABASES[alias].get("ATOMIC_REQUESTS", False) is False
        assert connections[alias].settings_dict["ATOMIC_REQUESTS"] is False


def is_read(alias: str) -> bool:
    """Whether some connection holds a state of a database fast."""
    if connection.vendor == "postgresql":
        with connections[alias].cursor() as cursor:
            cursor.execute(
                "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() "
                "AND pid <> pg_backend_pid() AND state LIKE 'idle in transaction%%'"
            )
            return cursor.fetchone() != (0,)
    with closing(sqlite3.connect(connections[alias].settings_dict["NAME"], timeout=0)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("ROLLBACK")
        busy, _log, _done = other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return bool(busy)


def test_an_open_reader_would_be_seen():
    """The check itself: one that has not read to its end."""
    load()
    if connection.vendor == "postgresql":
        return
    with closing(sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM site_point").fetchone()
        Group.objects.create(name="a")
        assert is_read("default")
        reader.execute("ROLLBACK")
    assert not is_read("default")


@pytest.mark.parametrize("path", ["/", "/points", "/login"])
def test_a_page_leaves_no_read_transaction_open(client, path):
    load()
    client.force_login(User.objects.create_user("zhang"))
    client.get(path)
    assert not any(is_read(alias) for alias in ALIASES)


def test_the_reader_of_all_sockets_leaves_none_open():
    """Its connections stay open between two looks, its transactions do not."""
    load()
    state = StoredBase()
    state.look()
    state.look()
    assert not any(is_read(alias) for alias in ALIASES)
    state.close()


def test_the_log_stays_short_while_somebody_reads_and_somebody_writes():
    """60 MiB are written; the log is emptied again and again on the way."""
    if connection.vendor == "postgresql":
        return
    load()
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            structure.base()
            series.latest()
        connections.close_all()

    reader = threading.Thread(target=read)
    reader.start()
    longest = 0
    try:
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE filler (bytes BLOB)")
            for _ in range(60):
                with transaction.atomic():
                    cursor.execute("DELETE FROM filler")
                    cursor.execute("INSERT INTO filler VALUES (randomblob(1048576))")
                longest = max(longest, wal_bytes("default"))
    finally:
        done.set()
        reader.join()
        connection.cursor().execute("DROP TABLE filler")
    assert longest < 20 * MIB
