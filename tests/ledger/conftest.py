from __future__ import annotations

from datetime import UTC, datetime, timedelta
from importlib import import_module

import pytest
from django.db import connection, transaction

from greenhouse.ledger.chain import Kind, append
from greenhouse.ledger.models import Entry

START = datetime(2026, 11, 25, 0, 30, 0, 123456, tzinfo=UTC)
STATEMENTS = import_module("greenhouse.ledger.migrations.0002_entries_are_append_only")


def fill(count: int) -> None:
    """Append so many entries, a second apart, each in a transaction of its own."""
    for step in range(count):
        with transaction.atomic():
            append(Kind.COMMAND, {"request": f"r{step}", "value": step / 8}, now=START + timedelta(seconds=step))


def rows() -> list[Entry]:
    """The stored chain."""
    return list(Entry.objects.order_by("number"))


@pytest.fixture
def unprotected(db) -> None:
    """The triggers are gone, as for somebody who owns the database. They come back with the rollback of the test."""
    with connection.cursor() as cursor:
        for statement in STATEMENTS._BACKWARD[connection.vendor]:
            cursor.execute(statement.replace("DROP TRIGGER ledger_entry_no_DELETE", "SELECT 1"))
