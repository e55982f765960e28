"""Loading a base beside a running one: in short transactions, and never told as finished before it is."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection

from greenhouse.site import current, structure
from greenhouse.site.basefile import importer
from greenhouse.site.models import Device, House, Point
from tests.bases import BASE, COMPARTMENT, CONTROLLER, HOUSE, LINE, METER, SMALL, load

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "telemetry"])
MOST_ROWS = importer.ROWS_PER_TRANSACTION
FOUR_HOUSES = (
    BASE
    + LINE
    + "".join(
        (HOUSE + COMPARTMENT + CONTROLLER)
        .replace('"h1"', f'"h{i}"')
        .replace("h1-", f"h{i}-")
        .replace("= 1\n", f"= {i}\n")
        for i in range(1, 5)
    )
)


@contextmanager
def rows_per_transaction(*tables: type) -> Iterator[list[int]]:
    """How many rows each transaction within changed. On PostgreSQL only of rows that no later one changed again."""
    found: list[int] = []
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint")
            (before,) = cursor.fetchone()
        yield found
        with connection.cursor() as cursor:
            transactions: Counter[int] = Counter()
            for table in tables:
                cursor.execute(f"SELECT xmin::text::bigint, COUNT(*) FROM {table._meta.db_table} GROUP BY 1")
                transactions.update({number: count for number, count in cursor.fetchall() if number >= before})
        found += transactions.values()
        return
    connection.ensure_connection()
    raw: sqlite3.Connection = connection.connection
    known = raw.total_changes

    def traced(statement: str) -> None:
        nonlocal known
        if statement.startswith("COMMIT") or not raw.in_transaction:
            found.append(raw.total_changes - known)
            known = raw.total_changes

    raw.set_trace_callback(traced)
    try:
        yield found
    finally:
        raw.set_trace_callback(None)


def test_no_transaction_of_a_load_changes_many_rows():
    """What the time of a transaction follows: 25 rows take some milliseconds."""
    with rows_per_transaction(House, Device, Point) as first:
        load(FOUR_HOUSES)
    assert Point.objects.count() > 4 * MOST_ROWS
    assert sum(first) >= Point.objects.count()
    assert max(first) <= MOST_ROWS
    Point.objects.update(poll_s=99.0, label_en="old")
    with rows_per_transaction(House, Device, Point) as changed:
        load(FOUR_HOUSES)
    assert not Point.objects.filter(label_en="old").exists()
    assert max(changed) <= MOST_ROWS
    with rows_per_transaction(House, Device, Point) as disabled:
        load(BASE)
    assert Point.objects.filter(device__isnull=False, enabled=True).count() == 0
    assert max(disabled) <= MOST_ROWS


def test_there_is_no_base_before_all_of_the_first_one_is_there(monkeypatch):
    seen = []

    def look(*arguments: object) -> None:
        seen.append((structure.base(), structure.revision()))
        announce(*arguments)

    announce = importer._announce
    monkeypatch.setattr(importer, "_announce", look)
    load()
    assert seen == [(None, None)]
    assert structure.base() is not None
    assert not structure.base().is_being_loaded


def test_a_base_that_is_read_while_it_is_loaded_says_so(monkeypatch, client):
    """The page of a process that knew the base goes on with what it was; one that starts now shows the mark."""
    load()
    monkeypatch.setattr(current, "_read", None)
    client.force_login(User.objects.create_superuser("li"))
    old = current.current_base()
    with monkeypatch.context() as cut_off:
        cut_off.setattr(importer, "_store_points", refuse)
        with pytest.raises(DatabaseError):
            load(SMALL.replace(METER, ""))
    assert current.current_base() is old
    client.cookies["console_language"] = "en"
    assert "base file is being loaded" not in client.get("/").content.decode()
    monkeypatch.setattr(current, "_read", None)
    assert "base file is being loaded" in client.get("/").content.decode()
    load(SMALL.replace(METER, ""))
    assert not current.current_base().is_being_loaded
    assert "base file is being loaded" not in client.get("/").content.decode()


def refuse(*_arguments: object) -> None:
    """The disk is full here."""
    raise DatabaseError("database or disk is full")


def test_the_command_says_that_a_load_was_cut_off(monkeypatch, tmp_path):
    file = tmp_path / "base.toml"
    file.write_text(SMALL, encoding="utf-8")
    with monkeypatch.context() as broken:
        broken.setattr(importer, "_store_points", refuse)
        with pytest.raises(CommandError, match="only a part is stored"):
            call_command("load_base", file)
    assert structure.base() is None
    call_command("load_base", file)
    assert structure.base() is not None
