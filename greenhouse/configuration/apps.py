from django.apps import AppConfig


class ConfigurationConfig(AppConfig):
    """The stored base file and its versions."""

    name = "greenhouse.configuration"
    label = "configuration"
