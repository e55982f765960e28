"""Alarms as they happened. Changed only by `greenhouse.alarms.occurrences` and `greenhouse.alarms.site_file`."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from greenhouse.alarms.definitions import Priority
from greenhouse.alarms.lifecycle import State
from greenhouse.site.keys import KEY_LENGTH, POINT_KEY_LENGTH
from greenhouse.site.models import NAME_LENGTH
from greenhouse.site.naming import in_readers_language


class Occurrence(models.Model):
    """One alarm on one object, from its raising until nothing is left to do about it.

    Names are those of the time, so that history can be read after the base has changed. ``value``, ``limit`` and
    ``reference_value`` are in ``unit``, which is canonical. An alarm that comes back before anybody has acknowledged
    it is the same occurrence, raised once more. All times but ``acknowledged_wall`` are on the clock of the samples.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    definition_key = models.CharField(max_length=KEY_LENGTH)
    kind = models.CharField(max_length=20)
    object_key = models.CharField(max_length=POINT_KEY_LENGTH, help_text="Key of a point, or line:key.")
    priority = models.PositiveSmallIntegerField()
    place_zh = models.CharField(max_length=NAME_LENGTH)
    place_en = models.CharField(max_length=NAME_LENGTH)
    object_zh = models.CharField(max_length=NAME_LENGTH)
    object_en = models.CharField(max_length=NAME_LENGTH)
    compartment_key = models.CharField(max_length=KEY_LENGTH, null=True)
    device_key = models.CharField(max_length=KEY_LENGTH, null=True)
    line_key = models.CharField(max_length=KEY_LENGTH, null=True)
    value = models.FloatField(null=True, help_text="When it was raised.")
    reference_value = models.FloatField(null=True, help_text="What the value was compared with.")
    limit = models.FloatField(null=True, help_text="Then; of the difference, if there is a reference.")
    unit = models.CharField(max_length=20)
    facts = models.JSONField(default=dict)
    first_raised_at = models.DateTimeField()
    raised_at = models.DateTimeField(help_text="The last time.")
    raise_count = models.PositiveIntegerField(default=1)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_wall = models.DateTimeField(null=True, help_text="What the wall clock read then, if it was in doubt.")
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="acknowledged_alarms"
    )
    cleared_at = models.DateTimeField(null=True, help_text="When the process was normal again. NULL: it is not.")
    suppressed_by = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="suppresses")
    state = models.CharField(max_length=30)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=("definition_key", "object_key"),
                condition=~Q(state=State.NORMAL.value),
                name="alarm_one_open_per_object",
            ),
            models.CheckConstraint(
                condition=Q(state__in=sorted(state.value for state in State)), name="alarm_state_is_known"
            ),
            models.CheckConstraint(
                condition=Q(priority__in=sorted(priority.value for priority in Priority)),
                name="alarm_priority_is_known",
            ),
            models.CheckConstraint(
                condition=~Q(state=State.NORMAL.value) | Q(cleared_at__isnull=False), name="alarm_history_is_cleared"
            ),
            models.CheckConstraint(
                condition=Q(acknowledged_at__isnull=True) | Q(acknowledged_at__gte=F("raised_at")),
                name="alarm_acknowledged_after_raised",
            ),
            models.CheckConstraint(
                condition=Q(suppressed_by__isnull=True) | ~Q(suppressed_by=F("id")), name="alarm_is_not_its_own_cause"
            ),
        ]
        indexes = [
            models.Index(fields=("raised_at",), name="alarm_by_time"),
            models.Index(fields=("first_raised_at", "id"), name="alarm_by_first_time"),
            models.Index(
                fields=("state", "priority"), condition=~Q(state=State.NORMAL.value), name="alarm_open_by_state"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.definition_key} {self.object_key} ({self.state})"

    @property
    def is_active(self) -> bool:
        """Whether the process is not normal."""
        return self.cleared_at is None

    @property
    def place(self) -> str:
        """Where, in the reader's language."""
        return in_readers_language(self.place_zh, self.place_en)

    @property
    def object_name(self) -> str:
        """On what, in the reader's language."""
        return in_readers_language(self.object_zh, self.object_en)


class OccurrenceEvent(models.Model):
    """Something that happened to an alarm. The database refuses to change or delete a stored one."""

    occurrence = models.ForeignKey(Occurrence, on_delete=models.PROTECT, related_name="events")
    kind = models.CharField(max_length=20)
    at = models.DateTimeField(help_text="On the clock of the samples.")
    state = models.CharField(max_length=30, help_text="How the alarm stood afterwards.")
    actor = models.CharField(max_length=150, help_text="User name, or the process that did it.")
    facts = models.JSONField(default=dict)

    class Meta:
        default_permissions = ()
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.occurrence_id} {self.kind}"


class RunningDelay(models.Model):
    """A delay that runs: the condition has changed, the alarm has not yet. Kept so that a restart restarts none."""

    definition_key = models.CharField(max_length=KEY_LENGTH)
    object_key = models.CharField(max_length=POINT_KEY_LENGTH)
    since = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=("definition_key", "object_key"), name="alarm_delay_once_per_object")
        ]

    def __str__(self) -> str:
        return f"{self.definition_key} {self.object_key}"


class Board(models.Model):
    """A number that grows, in the same transaction, with every change of an alarm. There is one row."""

    revision = models.BigIntegerField(default=0)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.revision)


class SiteAlarms(models.Model):
    """The site's alarm file as the text that was checked when it was loaded. There is one row at most."""

    text = models.TextField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{len(self.text)} characters"
