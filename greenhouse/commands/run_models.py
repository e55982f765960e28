"""Irrigation runs and their history. Written by `greenhouse.commands.irrigation_runs` alone."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from greenhouse.commands.run_lifecycle import BEGUN, TERMINAL, RunReason, RunState
from greenhouse.site.keys import KEY_LENGTH, POINT_KEY_LENGTH

LITERS_PER_M3 = 1000.0
ASKER_LENGTH = 100
_BEGUN = sorted(state.value for state in BEGUN)
_ENDED = sorted(state.value for state in TERMINAL)
_LIVE = sorted(state.value for state in RunState if state not in TERMINAL)


def _boot_id() -> models.CharField[str, str]:
    return models.CharField(max_length=36, default="", blank=True)


def counted_l(from_m3: float | None, to_m3: float | None) -> float | None:
    """What a meter counted. None: nobody knows, as where it was reset or replaced in between. [L]"""
    if from_m3 is None or to_m3 is None or to_m3 < from_m3:
        return None
    return (to_m3 - from_m3) * LITERS_PER_M3


class IrrigationRun(models.Model):
    """One valve group is to get one dose.

    What it opens is kept with it, so that a run is closed by what it opened whatever the base file says by then.

    ``asker``: key of the program, or the person; with ``group_key`` and ``due_at`` it is unique, so that no dose is
    given twice. ``dose_l`` or ``dose_s``: what it is to give. ``limit_s``: how long it may last at most. ``start_by``:
    if it has not begun by then it is missed. ``deadline``: on both clocks, from its begin; nothing may be open after
    it. ``close_at``: when its time is over, once everything is open. ``running_at`` is on the clock of the samples.
    ``meter_start`` and ``meter_end``: the counter before it opened anything, and after everything was closed. [m³]
    ``decided_until``: starts of its program up to here have been decided.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    group_key = models.CharField(max_length=KEY_LENGTH)
    water_source = models.CharField(max_length=POINT_KEY_LENGTH)
    valves = models.JSONField(default=list, help_text="[[valve, its run-time register or null], ...]")
    pump = models.CharField(max_length=POINT_KEY_LENGTH, null=True)
    meter = models.CharField(max_length=POINT_KEY_LENGTH, null=True)
    asker = models.CharField(max_length=ASKER_LENGTH)
    program_key = models.CharField(max_length=KEY_LENGTH, blank=True, help_text="Empty: a person started it.")
    program_version = models.PositiveIntegerField(null=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="irrigation_runs"
    )
    due_at = models.DateTimeField()
    decided_until = models.DateTimeField(null=True)
    position = models.PositiveIntegerField(default=0, help_text="Its place among the runs of the same due time.")
    dose_l = models.FloatField(null=True)
    dose_s = models.FloatField(null=True)
    limit_s = models.FloatField()
    created_at = models.DateTimeField()
    start_by = models.DateTimeField(null=True)
    start_by_boot_id = _boot_id()
    start_by_boot_s = models.FloatField(null=True)
    deadline = models.DateTimeField(null=True)
    deadline_boot_id = _boot_id()
    deadline_boot_s = models.FloatField(null=True)
    close_at = models.DateTimeField(null=True)
    close_at_boot_id = _boot_id()
    close_at_boot_s = models.FloatField(null=True)
    running_at = models.DateTimeField(null=True)
    begun_at = models.DateTimeField(null=True)
    meter_start = models.FloatField(null=True)
    meter_end = models.FloatField(null=True)
    state = models.CharField(max_length=20, default=RunState.PLANNED.value)
    state_at = models.DateTimeField()
    reason = models.CharField(max_length=30, default=RunReason.NONE.value, blank=True)
    facts = models.JSONField(default=dict)
    ended_at = models.DateTimeField(null=True, help_text="NULL while it may still do something.")
    submission = models.UUIDField(null=True, unique=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=("group_key", "asker", "due_at"), name="irrigation_run_each_dose_once"),
            models.UniqueConstraint(
                fields=("water_source",),
                condition=Q(state__in=_BEGUN),
                name="irrigation_run_one_per_water_source",
            ),
            models.CheckConstraint(
                condition=Q(state__in=_ENDED, ended_at__isnull=False) | Q(state__in=_LIVE, ended_at=None),
                name="irrigation_run_is_live_or_ended",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=_BEGUN) | Q(deadline__isnull=False),
                name="irrigation_run_has_a_deadline",
            ),
            models.CheckConstraint(
                condition=Q(dose_l__gt=0, dose_s=None) | Q(dose_s__gt=0, dose_l=None),
                name="irrigation_run_has_one_dose",
            ),
            models.CheckConstraint(
                condition=Q(program_key="", requested_by__isnull=False)
                | Q(program_key__gt="", requested_by=None, program_version__isnull=False),
                name="irrigation_run_names_who_asks",
            ),
        ]
        indexes = [
            models.Index(fields=("due_at",), condition=Q(ended_at=None), name="irrigation_run_live"),
            models.Index(fields=("created_at",), name="irrigation_run_by_age"),
            models.Index(fields=("program_key", "due_at"), name="irrigation_run_by_program"),
        ]

    def __str__(self) -> str:
        return f"{self.group_key} at {self.due_at} ({self.state})"

    @property
    def valve_keys(self) -> tuple[str, ...]:
        """Keys of its valves."""
        return tuple(valve for valve, _register in self.valves)

    @property
    def register_keys(self) -> tuple[str, ...]:
        """Keys of the registers from which its valves close by themselves."""
        return tuple(register for _valve, register in self.valves if register is not None)

    @property
    def given_l(self) -> float | None:
        """What was metered. None: nobody knows. [L]"""
        return counted_l(self.meter_start, self.meter_end)


class IrrigationRunEvent(models.Model):
    """One step of a run. The database refuses to change or delete a stored one."""

    run = models.ForeignKey(IrrigationRun, on_delete=models.PROTECT, related_name="events")
    at = models.DateTimeField()
    state = models.CharField(max_length=20)
    actor = models.CharField(max_length=150, help_text="User name, or the process that did it.")
    reason = models.CharField(max_length=30, default=RunReason.NONE.value, blank=True)
    facts = models.JSONField(default=dict)

    class Meta:
        default_permissions = ()
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(fields=("run", "state"), name="irrigation_run_event_each_state_once"),
        ]

    def __str__(self) -> str:
        return f"{self.run_id} {self.state}"
