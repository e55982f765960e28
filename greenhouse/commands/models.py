"""Requests, their history, manual holds and what is known to be in force.

Requests and events are written by `greenhouse.commands.steps` alone, holds by `holds`, reads of raw registers by
`diagnostics`. A deadline takes three columns, see `greenhouse.stored_deadlines`.
"""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from greenhouse.commands.checks import Code
from greenhouse.commands.lifecycle import OPEN, State
from greenhouse.commands.run_models import IrrigationRun, IrrigationRunEvent
from greenhouse.commands.sources import Source
from greenhouse.site.keys import KEY_LENGTH, POINT_KEY_LENGTH

__all__ = [
    "BatchRow",
    "CommandBatch",
    "CommandEvent",
    "CommandRequest",
    "DiagnosticRead",
    "HoldEnd",
    "HoldState",
    "InForce",
    "IrrigationRun",
    "IrrigationRunEvent",
    "ManualHold",
    "OverTravel",
    "PlannedStop",
]

_OPEN = sorted(state.value for state in OPEN)
ACTOR_LENGTH = 150
DEVICE_LABEL_LENGTH = 200
_BOOT_ID_LENGTH = 36


def _boot_id() -> models.CharField[str, str]:
    return models.CharField(max_length=_BOOT_ID_LENGTH, default="", blank=True)


class CommandBatch(models.Model):
    """One value for the same setpoint of several compartments, each a request of its own.

    ``submission`` names the form that was sent, so that it is taken once however often it arrives. ``is_whole_base``:
    every compartment that has this setpoint was chosen, which wants a second person.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    value = models.FloatField()
    unit = models.CharField(max_length=20)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="command_batches")
    reason = models.TextField(blank=True)
    created_at = models.DateTimeField()
    is_whole_base = models.BooleanField(default=False)
    submission = models.UUIDField(unique=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"batch {self.pk} := {self.value}"


class CommandRequest(models.Model):
    """A point is to have a value. ``value`` and the other values are in the point's canonical unit.

    ``previous_value`` and ``previous_at``: the value in force, and its time, that was seen when asking. ``actor``: the
    program, interlock or controller; empty for a person. ``verdict`` and ``facts``: why it ended as it did;
    `greenhouse.commands.messages` makes a sentence of them. ``attempt`` counts the tries, each a request of its own
    that names the one before (``retry_of``); ``retry_at``: when the next one is due. ``submission`` names the form that
    was sent, so that it is taken once however often it arrives; ``undo_of``: the change that it takes back.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    point_key = models.CharField(max_length=POINT_KEY_LENGTH)
    value = models.FloatField()
    unit = models.CharField(max_length=20)
    previous_value = models.FloatField(null=True)
    previous_at = models.DateTimeField(null=True)
    source = models.CharField(max_length=20, default=Source.PERSON.value)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="command_requests"
    )
    actor = models.CharField(max_length=ACTOR_LENGTH, default="", blank=True)
    role = models.CharField(max_length=20, blank=True, help_text="Role of the person at that time.")
    device_label = models.CharField(
        max_length=DEVICE_LABEL_LENGTH, blank=True, help_text="Phone or computer that it was asked from."
    )
    reason = models.TextField(blank=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(help_text="Not sent after this moment.")
    expires_at_boot_id = _boot_id()
    expires_at_boot_s = models.FloatField(null=True)
    answer_by = models.DateTimeField(null=True, help_text="Given up after this moment, once it was taken.")
    answer_by_boot_id = _boot_id()
    answer_by_boot_s = models.FloatField(null=True)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="approved_requests"
    )
    retry_of = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="retries")
    attempt = models.PositiveSmallIntegerField(default=1)
    retry_at = models.DateTimeField(null=True, help_text="The next try is due then.")
    retry_at_boot_id = _boot_id()
    retry_at_boot_s = models.FloatField(null=True)
    state = models.CharField(max_length=20, default=State.REQUESTED.value)
    state_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, help_text="NULL while it may still do something.")
    verdict = models.CharField(max_length=40, default=Code.NONE.value, blank=True)
    facts = models.JSONField(default=dict)
    readback_value = models.FloatField(null=True)
    batch = models.ForeignKey(CommandBatch, on_delete=models.PROTECT, null=True, related_name="requests")
    undo_of = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="undone_by")
    submission = models.UUIDField(null=True, unique=True)
    run = models.ForeignKey(
        IrrigationRun, on_delete=models.PROTECT, null=True, related_name="requests", help_text="Whose step it is."
    )

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=("point_key",), condition=Q(ended_at=None), name="command_request_one_open_per_point"
            ),
            models.CheckConstraint(
                condition=Q(state__in=_OPEN, ended_at=None) | (~Q(state__in=_OPEN) & Q(ended_at__isnull=False)),
                name="command_request_is_open_or_ended",
            ),
            models.CheckConstraint(
                condition=Q(state__in=sorted(state.value for state in State)), name="command_request_state_is_known"
            ),
            models.CheckConstraint(
                condition=Q(source=Source.PERSON.value, requested_by__isnull=False)
                | Q(
                    source__in=sorted(source.value for source in Source if source is not Source.PERSON),
                    requested_by__isnull=True,
                    actor__gt="",
                ),
                name="command_request_names_who_asks",
            ),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=F("requested_by")),
                name="command_request_approved_by_another",
            ),
            models.UniqueConstraint(fields=("retry_of",), name="command_request_tried_again_once"),
        ]
        indexes = [
            # Asked ten times a second: the open ones alone, whatever the length of the history.
            models.Index(fields=("created_at",), condition=Q(ended_at=None), name="command_request_open"),
            models.Index(fields=("state_at",), name="command_request_by_change"),
            models.Index(fields=("point_key", "created_at"), name="command_request_by_point"),
            models.Index(fields=("created_at", "id"), name="command_request_by_age"),
            # How many ended in which way is told to whoever watches the base, every few seconds.
            models.Index(fields=("state",), condition=Q(ended_at__isnull=False), name="command_request_ended"),
            models.Index(fields=("retry_at",), condition=Q(retry_at__isnull=False), name="command_request_to_retry"),
        ]

    def __str__(self) -> str:
        return f"{self.point_key} := {self.value} ({self.state})"

    @property
    def taken_value(self) -> float:
        """The value that it put in force, once it took: as read back, or as asked for where nothing is read back."""
        return self.value if self.readback_value is None else self.readback_value


class CommandEvent(models.Model):
    """One step of a request, complete in itself. The database refuses to change or delete a stored one.

    ``actor``, ``role`` and ``device_label``: who took this step, and from where; ``source``, ``old_value`` and
    ``new_value``: the change that it belongs to; ``reason``: what was given for this step.
    """

    request = models.ForeignKey(CommandRequest, on_delete=models.PROTECT, related_name="events")
    at = models.DateTimeField()
    state = models.CharField(max_length=20)
    actor = models.CharField(max_length=ACTOR_LENGTH, help_text="User name, or the process that did it.")
    role = models.CharField(max_length=20, blank=True, default="")
    device_label = models.CharField(max_length=DEVICE_LABEL_LENGTH, blank=True, default="")
    source = models.CharField(max_length=20, blank=True, default="")
    old_value = models.FloatField(null=True)
    new_value = models.FloatField(null=True)
    reason = models.TextField(blank=True, default="")
    reason_salt = models.CharField(
        max_length=64, blank=True, default="", help_text="With it, the reason is the one of the ledger's digest."
    )
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


class BatchRow(models.Model):
    """What became of one compartment of a batch when it was sent: a request, or why there is none."""

    batch = models.ForeignKey(CommandBatch, on_delete=models.PROTECT, related_name="rows")
    position = models.PositiveSmallIntegerField()
    point_key = models.CharField(max_length=POINT_KEY_LENGTH)
    seen_value = models.FloatField(null=True)
    request = models.OneToOneField(CommandRequest, on_delete=models.PROTECT, null=True, related_name="batch_row")
    verdict = models.CharField(max_length=40, default=Code.NONE.value, blank=True)
    facts = models.JSONField(default=dict)

    class Meta:
        default_permissions = ()
        ordering = ("position",)
        constraints = [
            models.UniqueConstraint(fields=("batch", "point_key"), name="batch_row_each_point_once"),
            models.CheckConstraint(
                condition=Q(request__isnull=False, verdict="") | Q(request__isnull=True, verdict__gt=""),
                name="batch_row_is_asked_or_refused",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.batch_id} {self.point_key}"


class HoldState(models.TextChoices):
    """How far a manual hold has come."""

    ASKED = "asked"
    """Its value is on its way to the controller."""
    ACTIVE = "active"
    """Programs do not move the point."""
    ENDED = "ended"


class HoldEnd(models.TextChoices):
    """How a manual hold ended."""

    NONE = ""
    NOT_TAKEN = "not_taken"
    """Its value never left for the controller."""
    REPLACED = "replaced"
    """A person asked for another value."""
    RETURNED = "returned"
    """Its time was over."""
    GIVEN_BACK = "given_back"
    """A person ended it early."""
    CHANGED_SINCE = "changed_since"
    """The controller held another value than the hold had put there; it was left alone."""
    RESTORED = "restored"
    """A backup was put back; holds of its time do not act any more."""
    NOT_READ_BACK = "not_read_back"
    """The controller was not read back for so long that nothing is written back by itself any more."""


class ManualHold(models.Model):
    """A person holds a point at a value for a time; then it returns to ``return_value``, which was in force before.

    ``return_value`` is None where nothing was known to be in force. The value and who holds it are the request's.
    ``return_waits_since``: on the clock of the samples, since when the automatic return waits for a read-back while a
    control process looks for one; ``return_waits_since_boot_s``: the same on the clock that nobody sets.
    ``extended_by`` and ``extended_at``: who last put its end off, and when.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request = models.OneToOneField(CommandRequest, on_delete=models.PROTECT, related_name="hold")
    point_key = models.CharField(max_length=POINT_KEY_LENGTH)
    return_value = models.FloatField(null=True)
    ends_at = models.DateTimeField()
    ends_at_boot_id = _boot_id()
    ends_at_boot_s = models.FloatField(null=True)
    state = models.CharField(max_length=20, choices=HoldState.choices, default=HoldState.ASKED)
    given_back_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="given_back_holds"
    )
    extended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="extended_holds"
    )
    extended_at = models.DateTimeField(null=True)
    return_waits_since = models.DateTimeField(null=True)
    return_waits_since_boot_s = models.FloatField(null=True)
    ended_at = models.DateTimeField(null=True)
    end = models.CharField(max_length=20, choices=HoldEnd.choices, default=HoldEnd.NONE, blank=True)
    returned_by = models.OneToOneField(CommandRequest, on_delete=models.PROTECT, null=True, related_name="ended_hold")

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=("point_key",), condition=Q(state=HoldState.ACTIVE), name="manual_hold_one_per_point"
            ),
            models.CheckConstraint(
                condition=Q(state=HoldState.ENDED, ended_at__isnull=False, end__gt="")
                | Q(state__in=(HoldState.ASKED, HoldState.ACTIVE), ended_at__isnull=True, end=""),
                name="manual_hold_ends_once",
            ),
        ]
        indexes = [
            models.Index(fields=("state",), condition=~Q(state=HoldState.ENDED), name="manual_hold_not_ended"),
        ]

    def __str__(self) -> str:
        return f"{self.point_key} held ({self.state})"


class InForce(models.Model):
    """The value of a setpoint that was last known to be in force, and the request that put it there.

    ``request`` is None where nobody changed it since this system first saw it. What differs from it at the controller,
    without a request of ours, was changed on site. ``at`` is on the clock of the samples, and compared
    with theirs alone.
    """

    point_key = models.CharField(max_length=POINT_KEY_LENGTH, unique=True)
    value = models.FloatField()
    at = models.DateTimeField()
    request = models.ForeignKey(CommandRequest, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.point_key} = {self.value}"


class OverTravel(models.Model):
    """A motor ran longer than its travel takes. Its output takes nothing but moves to safe till a person has looked.

    ``ran_s`` and ``longest_run_s``: how long it ran when it was found, and how long it may. ``position_pct``: where the
    output stood then; NULL: not known.
    """

    point_key = models.CharField(max_length=POINT_KEY_LENGTH)
    at = models.DateTimeField()
    ran_s = models.FloatField()
    longest_run_s = models.FloatField()
    position_pct = models.FloatField(null=True)
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="released_over_travels"
    )
    released_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=("point_key",), condition=Q(released_at=None), name="over_travel_one_lock_per_point"
            ),
            models.CheckConstraint(
                condition=Q(released_by__isnull=True, released_at__isnull=True)
                | Q(released_by__isnull=False, released_at__isnull=False),
                name="over_travel_is_released_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.point_key} ran {self.ran_s:g} s"


class PlannedStop(models.Model):
    """A planned stop of the control process: nobody asked for a value, so it is no request.

    ``unconfirmed``: why each output that was not confirmed in its safe state was not, by ``device.point``.
    """

    at = models.DateTimeField(db_index=True)
    outputs = models.PositiveIntegerField(help_text="How many had a safe state to be brought to.")
    unconfirmed = models.JSONField(default=dict)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"stop at {self.at}: {self.outputs - len(self.unconfirmed)} of {self.outputs} confirmed"


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
    expires_at_boot_id = _boot_id()
    expires_at_boot_s = models.FloatField(null=True)
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
