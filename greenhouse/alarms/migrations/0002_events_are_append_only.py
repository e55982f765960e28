from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

_MESSAGE = "alarm events are neither changed nor deleted"
_FORWARD = {
    "sqlite": [
        f"CREATE TRIGGER alarms_event_no_{action} BEFORE {action} ON alarms_occurrenceevent "
        f"BEGIN SELECT RAISE(ABORT, '{_MESSAGE}'); END"
        for action in ("UPDATE", "DELETE")
    ],
    "postgresql": [
        (
            "CREATE FUNCTION alarms_event_refuse() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{_MESSAGE}'; END $$"
        ),
        (
            "CREATE TRIGGER alarms_event_append_only BEFORE UPDATE OR DELETE ON alarms_occurrenceevent "
            "FOR EACH ROW EXECUTE FUNCTION alarms_event_refuse()"
        ),
    ],
}
_BACKWARD = {
    "sqlite": ["DROP TRIGGER alarms_event_no_UPDATE", "DROP TRIGGER alarms_event_no_DELETE"],
    "postgresql": [
        "DROP TRIGGER alarms_event_append_only ON alarms_occurrenceevent",
        "DROP FUNCTION alarms_event_refuse()",
    ],
}


def protect(_apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for statement in _FORWARD[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


def unprotect(_apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for statement in _BACKWARD[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("alarms", "0001_occurrences")]

    operations = [migrations.RunPython(protect, unprotect)]
