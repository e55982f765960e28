"""What people noted beside the curves. Changed only by `greenhouse.annotations.notes`."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Length
from django.db.models.lookups import LessThanOrEqual

from greenhouse.site.keys import KEY_LENGTH

LONGEST_TEXT = 500
_SALT_LENGTH = 64


class Annotation(models.Model):
    """A note on a span of time.

    ``compartment_key`` None and no ``point_keys``: the whole base. A deleted note keeps its place and its times; its
    text and salt are gone, so that the digest in the ledger says nothing any more.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="annotations")
    start = models.DateTimeField()
    end = models.DateTimeField(help_text="The same as start: a moment.")
    compartment_key = models.CharField(max_length=KEY_LENGTH, null=True)
    point_keys = models.JSONField(default=list)
    text = models.TextField(blank=True)
    salt = models.CharField(max_length=_SALT_LENGTH, blank=True, help_text="Of the text's digest in the ledger.")
    revision = models.PositiveIntegerField(default=1, help_text="Another one after each change.")
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField(null=True)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(condition=Q(end__gte=F("start")), name="annotation_ends_after_its_start"),
            models.CheckConstraint(
                condition=LessThanOrEqual(Length("text"), Value(LONGEST_TEXT)), name="annotation_text_is_short"
            ),
            models.CheckConstraint(
                condition=Q(deleted_at__isnull=True) & ~Q(text="") | Q(deleted_at__isnull=False, text="", salt=""),
                name="annotation_has_a_text_until_deleted",
            ),
        ]
        indexes = [
            models.Index(fields=("start",), condition=Q(deleted_at__isnull=True), name="annotation_by_start"),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.start} to {self.end}"
