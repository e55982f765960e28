"""Requests and their history. Changed only by `greenhouse.commands.submit` and `dispatch`."""

from __future__ import annotations

import uuid
from enum import StrEnum

from django.conf import settings
from django.db import models
from django.db.models import Q

from greenhouse.commands.checks import Code
from greenhouse.commands.lifecycle import OPEN, State
from greenhouse.site.models import KEY_LENGTH, POINT_KEY_LENGTH

_OPEN = sorted(state.value for state in OPEN)


class Source(StrEnum):
    """Who asks."""

    PERSON = "person"


class CommandRequest(models.Model):
    """Somebody wants a point to have a value. ``value`` and the other values are in the point's canonical unit.

    ``previous_value`` and ``previous_at``: the value in force, and its time, that the person saw when asking.
    ``verdict`` and ``facts``: why it ended as it did; `greenhouse.commands.messages` makes a sentence of them.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    point_key = models.CharField(max_length=POINT_KEY_LENGTH)
    value = models.FloatField()
    unit = models.CharField(max_length=20)
    previous_value = models.FloatField(null=True)
    previous_at = models.DateTimeField(null=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="command_requests"
    )
    role = models.CharField(max_length=20, help_text="Role of the person at that time.")
    source = models.CharField(max_length=20, default=Source.PERSON.value)
    device_label = models.CharField(max_length=200, help_text="Phone or computer that it was asked from.")
    reason = models.TextField(blank=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(help_text="Not sent after this moment.")
    answer_by = models.DateTimeField(null=True, help_text="Given up after this moment, once it was taken.")
    state = models.CharField(max_length=20, default=State.REQUESTED.value)
    state_at = models.DateTimeField()
    verdict = models.CharField(max_length=40, default=Code.NONE.value, blank=True)
    facts = models.JSONField(default=dict)
    readback_value = models.FloatField(null=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=("point_key",), condition=Q(state__in=_OPEN), name="command_request_one_open_per_point"
            ),
            models.CheckConstraint(
                condition=Q(state__in=sorted(state.value for state in State)), name="command_request_state_is_known"
            ),
        ]
        indexes = [
            models.Index(fields=("state", "created_at"), name="command_request_to_dispatch"),
            models.Index(fields=("state_at",), name="command_request_by_change"),
            models.Index(fields=("point_key", "created_at"), name="command_request_by_point"),
        ]

    def __str__(self) -> str:
        return f"{self.point_key} := {self.value} ({self.state})"


class CommandEvent(models.Model):
    """One step of a request. The database refuses to change or delete a stored one."""

    request = models.ForeignKey(CommandRequest, on_delete=models.PROTECT, related_name="events")
    at = models.DateTimeField()
    state = models.CharField(max_length=20)
    actor = models.CharField(max_length=150, help_text="User name, or the process that did it.")
    verdict = models.CharField(max_length=40, default=Code.NONE.value, blank=True)
    facts = models.JSONField(default=dict)
    readback_value = models.FloatField(null=True)

    class Meta:
        default_permissions = ()
        ordering = ("at", "id")
        constraints = [
            models.UniqueConstraint(fields=("request", "state"), name="command_event_each_state_once"),
        ]

    def __str__(self) -> str:
        return f"{self.request_id} {self.state}"


class DiagnosticRead(models.Model):
    """Somebody wants to see raw words of a device while the control process holds its line.

    Changed only by `greenhouse.commands.diagnostics`. ``words`` is NULL until the device has answered; ``fault`` says
    why it did not.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    line_key = models.CharField(max_length=KEY_LENGTH)
    unit_id = models.PositiveSmallIntegerField()
    table = models.CharField(max_length=10)
    address = models.PositiveIntegerField()
    count = models.PositiveSmallIntegerField()
    timeout_s = models.FloatField()
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(help_text="Not read after this moment.")
    taken_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    words = models.JSONField(null=True)
    fault = models.TextField(blank=True)

    class Meta:
        default_permissions = ()
        indexes = [
            models.Index(fields=("created_at",), condition=Q(taken_at=None), name="diagnostic_read_to_take"),
        ]

    def __str__(self) -> str:
        return f"{self.line_key} unit {self.unit_id} {self.table} {self.address}+{self.count}"
