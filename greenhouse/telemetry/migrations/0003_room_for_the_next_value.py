from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def leave_room(_apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    if editor.connection.vendor == "postgresql":
        editor.execute("ALTER TABLE telemetry_latest SET (fillfactor = 50)")


def leave_none(_apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    if editor.connection.vendor == "postgresql":
        editor.execute("ALTER TABLE telemetry_latest RESET (fillfactor)")


class Migration(migrations.Migration):
    dependencies = [("telemetry", "0002_chunks_rollups_late")]

    # PostgreSQL writes the new version of a row beside the old one. In a page with room for it no index changes, and
    # every point's newest value changes at every tick. SQLite overwrites in place.
    operations = [migrations.RunPython(leave_room, leave_none)]
