from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("telemetry", "0003_room_for_the_next_value")]

    operations = [
        migrations.CreateModel(
            name="Counter",
            fields=[
                ("point_id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("ts_ms", models.BigIntegerField(help_text="When it was last read well.")),
                ("total", models.TextField(help_text="Steps of the register, an integer of any size.")),
                ("raw", models.TextField(help_text="What the register showed.")),
            ],
            options={"db_table": "telemetry_counter"},
        ),
    ]
