"""Climate programs in every version there was. Written only by `greenhouse.rules.programs`."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from greenhouse.rules.decision_models import ClimateDecision
from greenhouse.rules.irrigation_models import LONGEST_REASON, IrrigationProgramVersion
from greenhouse.site.keys import KEY_LENGTH

__all__ = ["LONGEST_REASON", "ClimateDecision", "IrrigationProgramVersion", "ProgramSwitch", "ProgramVersion"]


class Origin(models.TextChoices):
    """How a version came."""

    EDIT = "edit"
    RETURN = "return"
    """An older version was put in force again."""
    COPY = "copy"
    """It was taken over from another compartment."""


class ProgramVersion(models.Model):
    """One version of a compartment's climate program.

    Rows are neither changed nor deleted. The one with the highest number is in force; before the first one that is the
    standard program of the kind of house.

    Attributes
    ----------
    document : dict
        See `greenhouse.rules.evaluate.documents`.
    returned_to : int or None
        Number of the version that was put in force again; 0: the standard program.
    copied_from : str
        Key of the compartment that it was taken over from; empty: of none.
    role : str
        The author's role then.
    reason : str
        Empty only for a change that is not large.
    reason_salt : str
        With it the ledger's digest of the reason can be checked.
    """

    compartment_key = models.CharField(max_length=KEY_LENGTH)
    number = models.PositiveIntegerField()
    document = models.JSONField()
    origin = models.CharField(max_length=10, choices=Origin)
    returned_to = models.PositiveIntegerField(null=True)
    copied_from = models.CharField(max_length=KEY_LENGTH, blank=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=20)
    reason = models.CharField(max_length=LONGEST_REASON, blank=True)
    reason_salt = models.CharField(max_length=32)
    created_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        ordering = ("compartment_key", "-number")
        constraints = [
            models.UniqueConstraint(fields=("compartment_key", "number"), name="rules_program_version_once"),
            models.CheckConstraint(condition=Q(number__gte=1), name="rules_program_version_from_1"),
        ]

    def __str__(self) -> str:
        return f"{self.compartment_key} {self.number}"


class ProgramSwitch(models.Model):
    """A person let the program drive a compartment, or no longer.

    Rows are neither changed nor deleted. The one with the highest number counts; before the first one it is off.

    Attributes
    ----------
    program_version : int
        Number of the version that was in force then.
    """

    compartment_key = models.CharField(max_length=KEY_LENGTH)
    number = models.PositiveIntegerField()
    is_on = models.BooleanField()
    program_version = models.PositiveIntegerField()
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=20)
    reason = models.CharField(max_length=LONGEST_REASON, blank=True)
    reason_salt = models.CharField(max_length=32)
    created_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        verbose_name_plural = "program switches"
        ordering = ("compartment_key", "-number")
        constraints = [
            models.UniqueConstraint(fields=("compartment_key", "number"), name="rules_program_switch_once"),
            models.CheckConstraint(condition=Q(number__gte=1), name="rules_program_switch_from_1"),
        ]

    def __str__(self) -> str:
        return f"{self.compartment_key} {'on' if self.is_on else 'off'}"
