"""What grows where. Changed only by `greenhouse.crops.cultivars` and `greenhouse.crops.cycles`."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from greenhouse.site.keys import KEY_LENGTH

NAME_LENGTH = 60
LONGEST_SOURCE = 200


class AddedCultivar(models.Model):
    """A cultivar that a person added to those of ``data/crops.toml``. Rows stay: cycles name them for good."""

    key = models.CharField(max_length=KEY_LENGTH, primary_key=True)
    crop = models.CharField(max_length=KEY_LENGTH)
    name_zh = models.CharField(max_length=NAME_LENGTH)
    name_en = models.CharField(max_length=NAME_LENGTH)
    source = models.CharField(max_length=LONGEST_SOURCE, blank=True, help_text="Breeder, register, seed company.")
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=("crop", "name_zh"), name="cultivar_zh_once_per_crop"),
            models.UniqueConstraint(fields=("crop", "name_en"), name="cultivar_en_once_per_crop"),
        ]

    def __str__(self) -> str:
        return self.key


class TargetPer(models.TextChoices):
    """What a target is for."""

    WEEK = "week"
    """Each week from the first harvest on."""
    TOTAL = "total"
    """The whole cycle."""


class CropCycle(models.Model):
    """One cultivar on one area of a compartment, from planting to clearing.

    Attributes
    ----------
    id : UUID
        Given by the form, so that it is stored once however often it is sent.
    ended_on : date or None
        The day it was cleared. Something else may be planted on that day.
    started_by : User or None
        None: a simulated base's own.
    revision : int
        Another one after each change.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    compartment_key = models.CharField(max_length=KEY_LENGTH, db_index=True)
    crop = models.CharField(max_length=KEY_LENGTH)
    cultivar = models.CharField(max_length=KEY_LENGTH)
    area_m2 = models.FloatField()
    planted_on = models.DateField()
    ended_on = models.DateField(null=True)
    target_kg_m2 = models.FloatField(null=True)
    target_per = models.CharField(max_length=5, choices=TargetPer, blank=True)
    origin = models.CharField(max_length=20, help_text="manual or simulated, as of samples.")
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    started_at = models.DateTimeField()
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)
    revision = models.PositiveIntegerField(default=1)

    class Meta:
        default_permissions = ()
        ordering = ("-planted_on", "compartment_key", "cultivar")
        constraints = [
            models.CheckConstraint(condition=Q(area_m2__gt=0), name="crop_cycle_area_above_zero"),
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True) | Q(ended_on__gte=F("planted_on")),
                name="crop_cycle_ends_after_its_start",
            ),
            models.CheckConstraint(
                condition=Q(target_kg_m2__isnull=True, target_per="")
                | Q(target_kg_m2__isnull=False, target_kg_m2__gt=0, target_per__in=("week", "total")),
                name="crop_cycle_target_is_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.compartment_key} {self.cultivar} {self.planted_on}"
