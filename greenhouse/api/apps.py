from django.apps import AppConfig


class ApiConfig(AppConfig):
    """The open interface for programs."""

    name = "greenhouse.api"
    label = "api"
