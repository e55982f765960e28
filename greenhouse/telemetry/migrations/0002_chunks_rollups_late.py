from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

_COLUMNS = {
    "sqlite": (
        "ts_ms INTEGER NOT NULL, point_id INTEGER NOT NULL, {nth}value REAL, exact TEXT, quality INTEGER NOT NULL, "
        "reason INTEGER NOT NULL, origin INTEGER NOT NULL, PRIMARY KEY ({key})"
    ),
    "postgresql": (
        "ts_ms bigint NOT NULL, point_id bigint NOT NULL, {nth}value double precision, exact text, "
        "quality smallint NOT NULL, reason smallint NOT NULL, origin smallint NOT NULL, PRIMARY KEY ({key})"
    ),
}
_NTH = "nth smallint NOT NULL DEFAULT 0, "
_ALL = "ts_ms, point_id, value, exact, quality, reason, origin"


def create(editor: BaseDatabaseSchemaEditor, table: str, *, key: str, nth: str = _NTH) -> None:
    vendor = editor.connection.vendor
    suffix = " WITHOUT ROWID" if vendor == "sqlite" else ""
    editor.execute(f"CREATE TABLE {table} ({_COLUMNS[vendor].format(nth=nth, key=key)}){suffix}")


def copy_samples(editor: BaseDatabaseSchemaEditor, *, key: str, nth: str, only: str = "") -> None:
    """A key cannot be changed in place on SQLite. The rows of two days are copied in some seconds."""
    create(editor, "telemetry_sample_new", key=key, nth=nth)
    editor.execute(f"INSERT INTO telemetry_sample_new ({_ALL}) SELECT {_ALL} FROM telemetry_sample{only}")  # noqa: S608  (constants)
    editor.execute("DROP TABLE telemetry_sample")
    editor.execute("ALTER TABLE telemetry_sample_new RENAME TO telemetry_sample")
    if editor.connection.vendor == "postgresql":
        editor.execute("ALTER INDEX telemetry_sample_new_pkey RENAME TO telemetry_sample_pkey")


def forward(_apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    copy_samples(editor, key="ts_ms, point_id, nth", nth=_NTH)
    create(editor, "telemetry_late", key="point_id, ts_ms, nth")


def backward(_apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    copy_samples(editor, key="ts_ms, point_id", nth="", only=" WHERE nth = 0")
    editor.execute("DROP TABLE telemetry_late")


def key_field(*names: str) -> models.CompositePrimaryKey:
    return models.CompositePrimaryKey(*names, blank=True, editable=False, primary_key=True, serialize=False)


class Migration(migrations.Migration):
    dependencies = [("telemetry", "0001_samples_latest_ticks")]

    operations = [
        # By hand: see 0001. Two values of one point in one millisecond are two samples, so the key counts them.
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(forward, backward)],
            state_operations=[
                migrations.AddField("sample", "nth", models.SmallIntegerField(default=0)),
                # Django's state cannot change a composite key; it never looks at this table's own.
                migrations.CreateModel(
                    name="LateSample",
                    fields=[
                        ("pk", key_field("point_id", "ts_ms", "nth")),
                        ("ts_ms", models.BigIntegerField()),
                        ("point_id", models.BigIntegerField()),
                        ("nth", models.SmallIntegerField(default=0)),
                        ("value", models.FloatField(null=True)),
                        ("exact", models.TextField(null=True)),
                        ("quality", models.SmallIntegerField()),
                        ("reason", models.SmallIntegerField()),
                        ("origin", models.SmallIntegerField()),
                    ],
                    options={"db_table": "telemetry_late"},
                ),
            ],
        ),
        migrations.CreateModel(
            name="Chunk",
            fields=[
                ("pk", key_field("point_id", "day")),
                ("point_id", models.BigIntegerField()),
                ("day", models.IntegerField(help_text="Days since 1970-01-01 UTC.")),
                ("n", models.IntegerField()),
                ("first_ms", models.BigIntegerField()),
                ("last_ms", models.BigIntegerField()),
                ("minimum", models.FloatField(null=True)),
                ("mean", models.FloatField(null=True)),
                ("maximum", models.FloatField(null=True)),
                ("covered_ms", models.BigIntegerField(help_text="How long a usable value was known.")),
                ("data", models.BinaryField()),
            ],
            options={"db_table": "telemetry_chunk"},
        ),
        migrations.CreateModel(
            name="Rollup",
            fields=[
                ("pk", key_field("point_id", "level_s", "first_day")),
                ("point_id", models.BigIntegerField()),
                ("level_s", models.IntegerField(help_text="Length of a bucket.")),
                ("first_day", models.IntegerField(help_text="Of the day, month or year; days since 1970-01-01 UTC.")),
                ("n", models.IntegerField(help_text="Buckets.")),
                ("first_ms", models.BigIntegerField()),
                ("last_ms", models.BigIntegerField()),
                ("data", models.BinaryField()),
            ],
            options={"db_table": "telemetry_rollup"},
        ),
        migrations.CreateModel(
            name="RollupDue",
            fields=[
                ("pk", key_field("point_id", "day")),
                ("point_id", models.BigIntegerField()),
                ("day", models.IntegerField()),
            ],
            options={"db_table": "telemetry_rollup_due"},
        ),
        migrations.CreateModel(
            name="Packed",
            fields=[
                ("id", models.SmallIntegerField(primary_key=True, serialize=False)),
                ("frozen_until_ms", models.BigIntegerField(help_text="Samples before this are late.")),
                ("packed_until_ms", models.BigIntegerField(help_text="Rows before this stand in chunks too.")),
            ],
            options={"db_table": "telemetry_packed"},
        ),
    ]
