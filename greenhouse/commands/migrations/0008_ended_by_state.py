from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("commands", "0007_batches_submissions_and_undo")]

    operations = [
        migrations.AddIndex(
            model_name="commandrequest",
            index=models.Index(
                condition=models.Q(("ended_at__isnull", False)), fields=["state"], name="command_request_ended"
            ),
        ),
    ]
