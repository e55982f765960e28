"""The stored base clock. Its row is also the mark of a training base: the database of a live base never has one."""

from __future__ import annotations

from django.db import models


class StoredBaseClock(models.Model):
    """The one base clock of a training base; columns as of `greenhouse.base_clock.BaseClock`."""

    ONLY = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=ONLY)
    key = models.CharField(max_length=40)
    bend_at = models.DateTimeField()
    boot_id = models.CharField(max_length=40)
    bend_boot_s = models.FloatField()
    pace_before = models.FloatField()
    pace = models.FloatField()
    fastest = models.FloatField()
    version = models.PositiveIntegerField()
    reached = models.DateTimeField(help_text="No process has read a later time: from here the clock goes on.")

    class Meta:
        default_permissions = ()
        constraints = (models.CheckConstraint(condition=models.Q(id=1), name="one_base_clock"),)

    def __str__(self) -> str:
        return f"{self.key} {self.bend_at} x{self.pace:g}"
