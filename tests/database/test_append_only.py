"""Which tables nobody may rewrite. That each refuses it is tested beside what fills it (``test_append_only.py``...)."""

from __future__ import annotations

import pytest
from django.db import connection

from tests.append_only import protected_tables, refuse_deletes

TABLES = {
    "configuration_version",
    "harvest_harvest",
    "alarms_occurrenceevent",
    "commands_commandevent",
    "commands_irrigationrunevent",
    "ledger_entry",
    "rules_climatedecision",
    "rules_irrigationprogramversion",
    "rules_programversion",
    "rules_programswitch",
}
GUARDS = {
    "sqlite": "SELECT tbl_name, count(*) FROM sqlite_master WHERE type = 'trigger' GROUP BY tbl_name",
    "postgresql": "SELECT tgrelid::regclass::text, count(*) FROM pg_trigger WHERE NOT tgisinternal GROUP BY 1",
}


@pytest.mark.django_db
def test_every_history_is_protected_as_installed():
    """A migration that makes a table anew, as SQLite does to add columns, loses no trigger."""
    refuse_deletes()
    with connection.cursor() as cursor:
        cursor.execute(GUARDS[connection.vendor])
        guards = dict(cursor.fetchall())

    assert {table.table for table in protected_tables()} == TABLES
    assert guards == dict.fromkeys(TABLES, 2 if connection.vendor == "sqlite" else 1)
