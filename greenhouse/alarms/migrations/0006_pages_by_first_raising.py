from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("alarms", "0005_acknowledged_after_raised")]

    operations = [
        migrations.AddIndex(
            model_name="occurrence",
            index=models.Index(fields=["first_raised_at", "id"], name="alarm_by_first_time"),
        ),
    ]
