from django.apps import AppConfig


class HarvestConfig(AppConfig):
    """What was harvested, and what it comes to."""

    name = "greenhouse.harvest"
    label = "harvest"
