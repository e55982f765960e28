from django.apps import AppConfig


class SiteConfig(AppConfig):
    """What stands where: base, houses, lines, devices, points."""

    name = "greenhouse.site"
    label = "site"
