from django.db import migrations

from greenhouse.database.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("rules", "0003_irrigation_programs")]

    operations = [
        AppendOnly(
            "rules_irrigationprogramversion",
            name="rules_irrigationversion",
            rows="versions of irrigation programs",
        )
    ]
