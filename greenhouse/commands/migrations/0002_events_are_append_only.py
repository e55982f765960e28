from django.db import migrations

from greenhouse.database.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("commands", "0001_requests_and_events")]

    operations = [AppendOnly("commands_commandevent", name="commands_event", rows="command events")]
