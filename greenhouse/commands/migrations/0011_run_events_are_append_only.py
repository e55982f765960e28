from django.db import migrations

from greenhouse.database.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("commands", "0010_irrigation_runs")]

    operations = [AppendOnly("commands_irrigationrunevent", name="commands_run_event", rows="irrigation run events")]
