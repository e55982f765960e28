"""The base file as it is stored, in every version there was. Written only by `greenhouse.configuration.versions`."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

LONGEST_REASON = 400


class Origin(models.TextChoices):
    """How a version came."""

    FILE = "file"
    """``load_base`` read it from the disk."""
    PAGE = "page"
    """A person changed it on a page."""
    RETURN = "return"
    """A person applied an older version again."""


class Version(models.Model):
    """One version of the base file with its alarm file and the device profiles that it brings along.

    Rows are neither changed nor deleted. The newest one is what the base is, once `Standing` names it too.

    Attributes
    ----------
    digest : str
        SHA-256 of all texts.
    returned_to : int or None
        Number of the version that was applied again.
    reason_salt : str
        With it the ledger's digest of the reason can be checked.
    """

    number = models.PositiveIntegerField(primary_key=True)
    base_text = models.TextField()
    alarms_text = models.TextField(blank=True)
    profile_texts = models.JSONField(default=dict)
    digest = models.CharField(max_length=64, db_index=True)
    origin = models.CharField(max_length=10, choices=Origin)
    returned_to = models.PositiveIntegerField(null=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    reason = models.CharField(max_length=LONGEST_REASON)
    reason_salt = models.CharField(max_length=32)
    at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        ordering = ("-number",)
        constraints = [models.CheckConstraint(condition=Q(number__gte=1), name="configuration_version_from_1")]

    def __str__(self) -> str:
        return str(self.number)


class Standing(models.Model):
    """Which version the base's tables follow, in one row. Behind the newest one: an import is under way or was cut."""

    ONLY = 1

    id = models.SmallIntegerField(primary_key=True, default=ONLY)
    applied = models.PositiveIntegerField()

    class Meta:
        default_permissions = ()
        constraints = [models.CheckConstraint(condition=Q(id=1), name="configuration_standing_is_one_row")]

    def __str__(self) -> str:
        return str(self.applied)
