from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("access", "0002_sign_in_failures_and_the_right_to_look")]

    operations = [migrations.RenameField("signinfailures", "closed_until_wall", "closed_until")]
