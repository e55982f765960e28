from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction

from greenhouse.ledger.chain import Kind, append
from greenhouse.ledger.models import Entry
from tests.append_only import protected_tables, refuse_deletes

START = datetime(2026, 11, 25, 0, 30, 0, 123456, tzinfo=UTC)


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
    refuse_deletes()
    (entries,) = [table for table in protected_tables() if table.table == Entry._meta.db_table]
    with connection.cursor() as cursor:
        for statement in entries.unprotecting(connection.vendor):
            cursor.execute(statement)
