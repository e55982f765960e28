"""Three databases: what lies where, and how SQLite is opened."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from urllib.parse import quote

import psycopg
import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db import OperationalError, connection, connections, transaction
from django.test.utils import CaptureQueriesContext
from django.utils.functional import SimpleLazyObject

from config import environment
from config.routers import Router
from greenhouse.ledger import chain
from greenhouse.outreach.models import Place
from greenhouse.site.models import House
from greenhouse.telemetry.models import Sample

ALIASES = ["default", "telemetry"]


def test_samples_and_what_is_published_lie_apart_from_everything_else():
    router = Router()
    for model in apps.get_models():
        label = model._meta.app_label
        expected = label if label in {"telemetry", "outreach"} else "default"
        assert router.db_for_read(model) == router.db_for_write(model) == expected


def test_no_relation_crosses_the_databases():
    router = Router()
    assert router.allow_relation(House(), SimpleLazyObject(User))
    assert not router.allow_relation(House(), Sample())
    assert not router.allow_relation(House(), Place())


@pytest.mark.django_db(databases=ALIASES)
def test_each_table_is_made_in_its_own_database_only():
    """On PostgreSQL both names lead to one database, which has them all."""
    tables = {alias: set(connections[alias].introspection.table_names()) for alias in ALIASES}
    assert "site_point" in tables["default"]
    assert "telemetry_sample" in tables["telemetry"]
    assert ("telemetry_sample" in tables["default"]) == (connection.vendor == "postgresql")


@pytest.mark.django_db(databases=ALIASES, transaction=True)
@pytest.mark.parametrize("alias", ALIASES)
def test_sqlite_is_opened_for_one_writer_and_many_readers(alias):
    """Write-ahead log, foreign keys, and a writer that takes its lock before it reads. On PostgreSQL: one database."""
    if connection.vendor == "postgresql":
        assert connections["telemetry"].settings_dict["NAME"] == connections["default"].settings_dict["NAME"]
        return
    with connections[alias].cursor() as cursor:
        pragmas = {name: cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "foreign_keys")}
        synchronous = cursor.execute("PRAGMA synchronous").fetchone()[0]
    assert pragmas == {"journal_mode": "wal", "foreign_keys": 1}
    assert synchronous == {"default": 2, "telemetry": 1}[alias]  # 2: FULL, 1: NORMAL
    with CaptureQueriesContext(connections[alias]) as queries, transaction.atomic(using=alias):
        pass
    assert [query["sql"] for query in queries][:1] == ["BEGIN IMMEDIATE"]


def other_client(options: str = "") -> psycopg.Connection:
    """A process of the base, as its settings let it connect, with options of its own address."""
    url = os.environ["DATABASE_URL"]
    settings = environment.postgresql(f"{url}{'&' if '?' in url else '?'}options={quote(options)}")
    return psycopg.connect(**connection.get_connection_params() | settings["OPTIONS"])


@pytest.fixture
def head(transactional_db):
    """Everything that is recorded waits for this row; its SQL to lock, and to change it."""
    with transaction.atomic():
        chain.append(chain.Kind.CLOCK, {"offset_s": 0.0}, now=datetime(2026, 11, 25, tzinfo=UTC))
    return "SELECT * FROM ledger_head FOR UPDATE", "UPDATE ledger_head SET number = number"


@pytest.mark.postgresql
def test_a_client_that_stands_still_in_a_transaction_is_ended_and_holds_up_nobody(head):
    """A frozen process with the head of the ledger in its hand would else stop control on every machine."""
    lock, change = head
    with other_client("-c idle_in_transaction_session_timeout=200ms") as frozen, connection.cursor() as cursor:
        frozen.execute(lock)
        cursor.execute(change)
        with pytest.raises(psycopg.Error):
            frozen.execute("SELECT 1")
    with other_client() as client:
        assert client.execute("SHOW idle_in_transaction_session_timeout").fetchone() == ("5s",)


@pytest.mark.postgresql
def test_a_wait_for_a_row_lock_ends_as_a_store_that_does_not_answer(head):
    lock, change = head
    with other_client("-c idle_in_transaction_session_timeout=0") as holder, connection.cursor() as cursor:
        holder.execute(lock)
        with pytest.raises(OperationalError, match="lock timeout"):
            cursor.execute(change)
