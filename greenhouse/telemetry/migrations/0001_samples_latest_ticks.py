from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

_COLUMNS = {
    "sqlite": (
        "ts_ms INTEGER NOT NULL, point_id INTEGER NOT NULL, value REAL, exact TEXT, quality INTEGER NOT NULL, "
        "reason INTEGER NOT NULL, origin INTEGER NOT NULL, PRIMARY KEY (ts_ms, point_id)"
    ),
    "postgresql": (
        "ts_ms bigint NOT NULL, point_id bigint NOT NULL, value double precision, exact text, "
        "quality smallint NOT NULL, reason smallint NOT NULL, origin smallint NOT NULL, PRIMARY KEY (ts_ms, point_id)"
    ),
}


def create_samples(_apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    vendor = schema_editor.connection.vendor
    suffix = " WITHOUT ROWID" if vendor == "sqlite" else ""
    schema_editor.execute(f"CREATE TABLE telemetry_sample ({_COLUMNS[vendor]}){suffix}")


def drop_samples(_apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    schema_editor.execute("DROP TABLE telemetry_sample")


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Latest",
            fields=[
                ("point_id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("ts_ms", models.BigIntegerField()),
                ("value", models.FloatField(null=True)),
                ("exact", models.TextField(null=True)),
                ("quality", models.SmallIntegerField()),
                ("reason", models.SmallIntegerField()),
                ("origin", models.SmallIntegerField()),
                ("writer", models.CharField(max_length=50)),
                ("tick", models.BigIntegerField()),
            ],
            options={
                "db_table": "telemetry_latest",
            },
        ),
        # By hand, because Django makes no table WITHOUT ROWID: there the rows lie in the order of the key, so a tick is
        # appended in one place and no second index repeats the key.
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(create_samples, drop_samples)],
            state_operations=[
                migrations.CreateModel(
                    name="Sample",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "ts_ms", "point_id", blank=True, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        (
                            "ts_ms",
                            models.BigIntegerField(
                                help_text="When the reply arrived, milliseconds since 1970-01-01 UTC."
                            ),
                        ),
                        ("point_id", models.BigIntegerField()),
                        ("value", models.FloatField(null=True)),
                        ("exact", models.TextField(help_text="The integer, where a float cannot hold it.", null=True)),
                        ("quality", models.SmallIntegerField()),
                        ("reason", models.SmallIntegerField()),
                        ("origin", models.SmallIntegerField()),
                    ],
                    options={
                        "db_table": "telemetry_sample",
                    },
                ),
            ],
        ),
        migrations.CreateModel(
            name="Tick",
            fields=[
                ("writer", models.CharField(max_length=50, primary_key=True, serialize=False)),
                ("tick", models.BigIntegerField()),
                ("committed_at_ms", models.BigIntegerField()),
            ],
            options={
                "db_table": "telemetry_tick",
            },
        ),
    ]
