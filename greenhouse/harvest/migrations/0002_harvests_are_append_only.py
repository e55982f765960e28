from django.db import migrations

from greenhouse.database.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("harvest", "0001_harvests")]

    operations = [AppendOnly("harvest_harvest", name="harvest_entry", rows="harvests")]
