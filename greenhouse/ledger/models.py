"""The chain. Written only by `greenhouse.ledger.chain`; the database refuses to change or delete an entry."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

_HASH_LENGTH = 64


class Entry(models.Model):
    """One thing that somebody or something did. ``payload`` is the canonical text that was hashed."""

    number = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    kind = models.CharField(max_length=20)
    payload = models.TextField()
    previous_hash = models.CharField(max_length=_HASH_LENGTH)
    hash = models.CharField(max_length=_HASH_LENGTH)

    class Meta:
        default_permissions = ()
        verbose_name_plural = "entries"
        constraints = [models.CheckConstraint(condition=Q(number__gte=1), name="ledger_entry_number_from_1")]

    def __str__(self) -> str:
        return f"{self.number} {self.kind}"


class Head(models.Model):
    """The last entry, in the one row that every appender has to lock. 0 and zeros before the first entry."""

    ONLY = 1

    id = models.SmallIntegerField(primary_key=True, default=ONLY)
    number = models.BigIntegerField()
    hash = models.CharField(max_length=_HASH_LENGTH)

    class Meta:
        default_permissions = ()
        constraints = [models.CheckConstraint(condition=Q(id=1), name="ledger_head_is_one_row")]

    def __str__(self) -> str:
        return f"{self.number}:{self.hash}"
