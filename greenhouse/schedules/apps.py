from django.apps import AppConfig


class SchedulesConfig(AppConfig):
    """What is due when, and what became of each due time."""

    name = "greenhouse.schedules"
    label = "schedules"
