from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import F


def date_by_samples(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """What was acknowledged by a clock that stood back is dated as it was raised; what the clock read is kept."""
    occurrences = apps.get_model("alarms", "Occurrence").objects.using(schema_editor.connection.alias)
    early = occurrences.filter(acknowledged_at__lt=F("raised_at"))
    early.update(acknowledged_wall=F("acknowledged_at"), acknowledged_at=F("raised_at"))


def date_by_clock(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    occurrences = apps.get_model("alarms", "Occurrence").objects.using(schema_editor.connection.alias)
    occurrences.filter(acknowledged_wall__isnull=False).update(acknowledged_at=F("acknowledged_wall"))


class Migration(migrations.Migration):
    dependencies = [("alarms", "0003_acknowledged_by_sample_time")]

    operations = [migrations.RunPython(date_by_samples, date_by_clock)]
