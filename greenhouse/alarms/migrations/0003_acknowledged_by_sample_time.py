from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("alarms", "0002_events_are_append_only")]

    operations = [
        migrations.AddField(
            model_name="occurrence",
            name="acknowledged_wall",
            field=models.DateTimeField(help_text="What the wall clock read then, if it was in doubt.", null=True),
        ),
        migrations.AlterField(
            model_name="occurrenceevent",
            name="at",
            field=models.DateTimeField(help_text="On the clock of the samples."),
        ),
    ]
