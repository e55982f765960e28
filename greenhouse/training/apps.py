from django.apps import AppConfig
from django.conf import settings
from django.db.backends.signals import connection_created

from greenhouse import clock


class TrainingConfig(AppConfig):
    """The base clock of a training base, and the border between such a base and a live one."""

    name = "greenhouse.training"
    label = "training"

    def ready(self) -> None:
        """Watch over the border; on a training base, and there alone, let base time follow the stored clock."""
        from greenhouse.training import mark
        from greenhouse.training.follower import FollowedClock

        connection_created.connect(mark.look_at_database)
        if settings.TRAINING:
            clock.follow(FollowedClock())
