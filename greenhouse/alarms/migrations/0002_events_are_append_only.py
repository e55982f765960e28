from django.db import migrations

from greenhouse.database.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("alarms", "0001_occurrences")]

    operations = [AppendOnly("alarms_occurrenceevent", name="alarms_event", rows="alarm events")]
