"""What was harvested: entries that are neither changed nor deleted. Written only by `greenhouse.harvest.entries`
and, on a simulated base, by `greenhouse.harvest.simulated`.
"""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from greenhouse.crops.models import CropCycle
from greenhouse.harvest.grades import Grade

LONGEST_NOTE = 200
_SALT_LENGTH = 64


class Harvest(models.Model):
    """One weighing, or the correction of one.

    An entry stands if nothing replaces it and it is not withdrawn. Each is replaced once at most, so corrections form
    a chain whose last link counts.

    Attributes
    ----------
    id : UUID
        Given by the form, so that it is stored once however often it is sent.
    mass_g : int or None
        None: the entry that this one replaces is withdrawn.
    stems : int or None
        Of a cut flower.
    replaces : Harvest or None
        What it corrects.
    reason : str
        Why it corrects; or why a weight that was doubted is right.
    was_doubted : bool
        Somebody was asked, and insisted.
    entered_by : User or None
        None: a simulated base's own.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    cycle = models.ForeignKey(CropCycle, on_delete=models.PROTECT, related_name="harvests")
    day = models.DateField()
    grade = models.CharField(max_length=10, choices=[(grade.value, grade.value) for grade in Grade])
    mass_g = models.BigIntegerField(null=True)
    stems = models.PositiveIntegerField(null=True)
    note = models.CharField(max_length=LONGEST_NOTE, blank=True)
    replaces = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="replaced_by")
    reason = models.CharField(max_length=LONGEST_NOTE, blank=True)
    was_doubted = models.BooleanField(default=False)
    salt = models.CharField(max_length=_SALT_LENGTH, blank=True, help_text="Of the digests in the ledger.")
    origin = models.CharField(max_length=20, help_text="manual or simulated, as of samples.")
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    entered_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(condition=Q(mass_g__isnull=True) | Q(mass_g__gt=0), name="harvest_weighs_something"),
            models.CheckConstraint(condition=Q(stems__isnull=True) | Q(stems__gt=0), name="harvest_counts_something"),
            models.CheckConstraint(
                condition=Q(mass_g__isnull=False) | Q(replaces__isnull=False), name="harvest_withdraws_another"
            ),
            models.CheckConstraint(
                condition=Q(replaces__isnull=True) | ~Q(reason=""), name="harvest_correction_has_a_reason"
            ),
        ]
        indexes = [
            models.Index(fields=("cycle", "day"), name="harvest_by_cycle_and_day"),
            models.Index(fields=("-entered_at",), name="harvest_newest_first"),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.grade} {self.mass_g}"


class SimulatedPast(models.Model):
    """Says that a simulated crop cycle has all the harvests of its simulated past.

    Stored after the last of them, so a kill at any instant leaves a cycle with its row or with something to look for.

    Attributes
    ----------
    cycle : CropCycle
    stored_at : datetime
        Real or training time of the base.
    """

    cycle = models.OneToOneField(CropCycle, on_delete=models.PROTECT, primary_key=True, related_name="+")
    stored_at = models.DateTimeField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.cycle_id)
