from django.db import migrations

from greenhouse.database.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_entries_and_head")]

    operations = [AppendOnly("ledger_entry", name="ledger_entry", rows="ledger entries")]
