from django.db import migrations

from greenhouse.database.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("configuration", "0001_versions")]

    operations = [
        AppendOnly("configuration_version", name="configuration_version", rows="versions of the configuration")
    ]
