from django.apps import AppConfig


class RulesConfig(AppConfig):
    """Programs: what they are, their versions, and what they decide."""

    name = "greenhouse.rules"
    label = "rules"
