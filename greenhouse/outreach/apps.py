from django.apps import AppConfig


class OutreachConfig(AppConfig):
    """What visitors see: published values and the pages that show them."""

    name = "greenhouse.outreach"
    label = "outreach"
