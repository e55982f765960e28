"""Two databases: what lies where, and how SQLite is opened."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext
from django.utils.functional import SimpleLazyObject

from config.routers import TelemetryRouter
from greenhouse.site.models import House
from greenhouse.telemetry.models import Sample

ALIASES = ["default", "telemetry"]


def test_samples_lie_apart_from_everything_else():
    router = TelemetryRouter()
    for model in apps.get_models():
        expected = "telemetry" if model._meta.app_label == "telemetry" else "default"
        assert router.db_for_read(model) == router.db_for_write(model) == expected


def test_no_relation_crosses_the_databases():
    router = TelemetryRouter()
    assert router.allow_relation(House(), SimpleLazyObject(User))
    assert not router.allow_relation(House(), Sample())


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
