from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

_MESSAGE = "command events are neither changed nor deleted"
_FORWARD = {
    "sqlite": [
        f"CREATE TRIGGER commands_event_no_{action} BEFORE {action} ON commands_commandevent "
        f"BEGIN SELECT RAISE(ABORT, '{_MESSAGE}'); END"
        for action in ("UPDATE", "DELETE")
    ],
    "postgresql": [
        (
            "CREATE FUNCTION commands_event_refuse() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{_MESSAGE}'; END $$"
        ),
        (
            "CREATE TRIGGER commands_event_append_only BEFORE UPDATE OR DELETE ON commands_commandevent "
            "FOR EACH ROW EXECUTE FUNCTION commands_event_refuse()"
        ),
    ],
}
_BACKWARD = {
    "sqlite": ["DROP TRIGGER commands_event_no_UPDATE", "DROP TRIGGER commands_event_no_DELETE"],
    "postgresql": [
        "DROP TRIGGER commands_event_append_only ON commands_commandevent",
        "DROP FUNCTION commands_event_refuse()",
    ],
}


def protect(_apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for statement in _FORWARD[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


def unprotect(_apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for statement in _BACKWARD[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("commands", "0001_requests_and_events")]

    operations = [migrations.RunPython(protect, unprotect)]
