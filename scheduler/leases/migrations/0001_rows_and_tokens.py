from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

# A token of its own sequence never goes back, not even when somebody deletes a row. It is unique because a transaction
# that shows its token (FOR KEY SHARE) must keep out who changes the token, and not who only renews.
_FORWARD = (
    "CREATE SEQUENCE leases_token",
    """CREATE TABLE leases_lease (
        name text PRIMARY KEY,
        token bigint NOT NULL UNIQUE,
        renewals bigint NOT NULL,
        lasts_s double precision NOT NULL,
        holder text,
        place text
    )""",
    "INSERT INTO leases_lease (name, token, renewals, lasts_s) VALUES ('control', 0, 0, 0)",
)
_BACKWARD = ("DROP TABLE leases_lease", "DROP SEQUENCE leases_token")


def create(_apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "postgresql":  # on SQLite a file lock is the lease
        for statement in _FORWARD:
            schema_editor.execute(statement)


def drop(_apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "postgresql":
        for statement in _BACKWARD:
            schema_editor.execute(statement)


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [migrations.RunPython(create, drop)]
