from django.apps import AppConfig


class AlarmsConfig(AppConfig):
    """What needs a person, why, and what they are to do by hand."""

    name = "greenhouse.alarms"
    label = "alarms"
