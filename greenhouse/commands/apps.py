from django.apps import AppConfig


class CommandsConfig(AppConfig):
    """Requests of people and programs, and what became of them."""

    name = "greenhouse.commands"
    label = "commands"
