from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("alarms", "0004_none_acknowledged_before_it_was_raised")]

    operations = [
        migrations.AddConstraint(
            model_name="occurrence",
            constraint=models.CheckConstraint(
                condition=models.Q(acknowledged_at__isnull=True) | models.Q(acknowledged_at__gte=models.F("raised_at")),
                name="alarm_acknowledged_after_raised",
            ),
        ),
    ]
