"""The installation itself, as an application: it starts with every process, before anything is served."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Tags, register
from django.core.exceptions import ImproperlyConfigured

from config import production


class InstallationConfig(AppConfig):
    """Refuses to start a base in service with settings that are good for a demonstration only.

    Here and not in a settings module: another module could be named, or put a setting back. And not as a system check
    alone: a web server runs none.
    """

    name = "config"
    label = "installation"

    def ready(self) -> None:
        """Look at the settings.

        Raises
        ------
        ImproperlyConfigured
            If the base is in service and anything is wrong.
        """
        register(check_for_service, Tags.security, deploy=True)
        if settings.PRODUCTION and (found := production.faults(settings)):
            raise ImproperlyConfigured(production.in_words(found))


def check_for_service(**_options: Any) -> list[CheckMessage]:  # noqa: ANN401  (Django prescribes the signature)
    """Say under ``manage.py check --deploy`` what would keep this base from going into service."""
    return [*production.faults(settings)]
