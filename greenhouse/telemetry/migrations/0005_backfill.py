from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("telemetry", "0004_counters")]

    operations = [
        migrations.CreateModel(
            name="Backfill",
            fields=[
                ("point_id", models.BigIntegerField(primary_key=True, serialize=False)),
                (
                    "until_ms",
                    models.BigIntegerField(help_text="Where its own samples begin; all of its past is before."),
                ),
                ("stored_at_ms", models.BigIntegerField()),
            ],
            options={"db_table": "telemetry_backfill"},
        ),
    ]
