"""A place for the rights: Django keeps each permission with a model, and these belong to no table."""

from __future__ import annotations

from django.db import models

from greenhouse.access.roles import Action


class Right(models.Model):
    """Has no table; its permissions are the actions of `greenhouse.access.roles`."""

    class Meta:
        managed = False
        default_permissions = ()
        permissions = [(action.value, f"May {action.value.replace('_', ' ')}") for action in Action]

    def __str__(self) -> str:
        return "rights"
