from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AccessConfig(AppConfig):
    """Who may do what."""

    name = "greenhouse.access"
    label = "access"

    def ready(self) -> None:
        """Keep the groups in line with the table of roles, as Django keeps permissions in line with models."""
        from greenhouse.access.roles import ensure_roles  # models exist only now

        post_migrate.connect(ensure_roles, sender=self, dispatch_uid="access.ensure_roles")
