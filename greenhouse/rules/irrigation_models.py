"""Irrigation programs in every version there was. Written only by `greenhouse.rules.irrigation_programs`."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from greenhouse.site.keys import KEY_LENGTH

LONGEST_REASON = 400


class IrrigationProgramVersion(models.Model):
    """One version of an irrigation program. Rows are neither changed nor deleted; the highest number counts.

    Attributes
    ----------
    document : dict
        See `greenhouse.rules.evaluate.irrigation_documents`.
    is_on : bool
        Whether it waters.
    reason_salt : str
        With it the ledger's digest of the reason can be checked.
    """

    program_key = models.CharField(max_length=KEY_LENGTH)
    number = models.PositiveIntegerField()
    document = models.JSONField()
    is_on = models.BooleanField()
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=20)
    reason = models.CharField(max_length=LONGEST_REASON)
    reason_salt = models.CharField(max_length=32)
    created_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        ordering = ("program_key", "-number")
        constraints = [
            models.UniqueConstraint(fields=("program_key", "number"), name="rules_irrigation_version_once"),
            models.CheckConstraint(condition=Q(number__gte=1), name="rules_irrigation_version_from_1"),
        ]

    def __str__(self) -> str:
        return f"{self.program_key} {self.number}"
