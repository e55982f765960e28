from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

_MESSAGE = "ledger entries are neither changed nor deleted"
_FORWARD = {
    "sqlite": [
        f"CREATE TRIGGER ledger_entry_no_{action} BEFORE {action} ON ledger_entry "
        f"BEGIN SELECT RAISE(ABORT, '{_MESSAGE}'); END"
        for action in ("UPDATE", "DELETE")
    ],
    "postgresql": [
        (
            "CREATE FUNCTION ledger_entry_refuse() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{_MESSAGE}'; END $$"
        ),
        (
            "CREATE TRIGGER ledger_entry_append_only BEFORE UPDATE OR DELETE ON ledger_entry "
            "FOR EACH ROW EXECUTE FUNCTION ledger_entry_refuse()"
        ),
    ],
}
_BACKWARD = {
    "sqlite": ["DROP TRIGGER ledger_entry_no_UPDATE", "DROP TRIGGER ledger_entry_no_DELETE"],
    "postgresql": [
        "DROP TRIGGER ledger_entry_append_only ON ledger_entry",
        "DROP FUNCTION ledger_entry_refuse()",
    ],
}


def protect(_apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for statement in _FORWARD[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


def unprotect(_apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for statement in _BACKWARD[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_entries_and_head")]

    operations = [migrations.RunPython(protect, unprotect)]
