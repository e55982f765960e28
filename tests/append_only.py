"""The tables that the database lets nobody change, and how a test takes their protection away and puts it back."""

from __future__ import annotations

from django.db import connection
from django.db.migrations.loader import MigrationLoader

from greenhouse.database.append_only import AppendOnly


def protected_tables() -> list[AppendOnly]:
    """Every one, as the migrations name it."""
    migrations = MigrationLoader(None).disk_migrations.values()
    return [found for migration in migrations for found in migration.operations if type(found) is AppendOnly]


def allow_deletes() -> None:
    """Let transactional tests empty the tables: on SQLite that is a DELETE, which a trigger would refuse."""
    _execute([f"DROP TRIGGER {table.name}_no_DELETE" for table in protected_tables()])


def refuse_deletes() -> None:
    """As ``migrate`` leaves the tables."""
    vendor = connection.vendor
    _execute([text for table in protected_tables() for text in table.protecting(vendor) if "no_DELETE" in text])


def _execute(statements: list[str]) -> None:
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
