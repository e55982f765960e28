from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("commands", "0005_ends_of_holds")]

    operations = [
        migrations.AddField(
            model_name="manualhold",
            name="return_waits_since",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="manualhold",
            name="return_waits_since_boot_s",
            field=models.FloatField(null=True),
        ),
        migrations.AlterField(
            model_name="manualhold",
            name="end",
            field=models.CharField(
                blank=True,
                choices=[
                    ("", "None"),
                    ("not_taken", "Not Taken"),
                    ("replaced", "Replaced"),
                    ("returned", "Returned"),
                    ("given_back", "Given Back"),
                    ("changed_since", "Changed Since"),
                    ("restored", "Restored"),
                    ("not_read_back", "Not Read Back"),
                ],
                default="",
                max_length=20,
            ),
        ),
    ]
