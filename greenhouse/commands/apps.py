from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CommandsConfig(AppConfig):
    """Requests of people and programs, and what became of them."""

    name = "greenhouse.commands"
    label = "commands"

    def ready(self) -> None:
        """Keep the groups in line with the table of roles, as Django keeps permissions in line with models."""
        from greenhouse.commands.roles import ensure_roles  # models exist only now

        post_migrate.connect(ensure_roles, sender=self, dispatch_uid="commands.ensure_roles")
