from django.apps import AppConfig


class LeasesConfig(AppConfig):
    """Who may control, and use a line."""

    name = "scheduler.leases"
    label = "leases"
