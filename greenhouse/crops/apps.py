from django.apps import AppConfig


class CropsConfig(AppConfig):
    """What grows where, since when, and what it shall yield."""

    name = "greenhouse.crops"
    label = "crops"
