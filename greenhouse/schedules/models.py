"""Schedules and their due times. Changed only by `greenhouse.schedules.runs`."""

from __future__ import annotations

from enum import StrEnum

from django.conf import settings
from django.db import models
from django.db.models import Q

from greenhouse.schedules.policy import Beyond, Outcome, Rule

KEY_LENGTH = 50


class Kind(StrEnum):
    """How a schedule says when it is due."""

    EVERY = "every"
    DAILY = "daily"


class State(StrEnum):
    """How far a due run has come."""

    DUE = "due"
    ASKED = "asked"
    STARTED = "started"
    DONE = "done"
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    SKIPPED = "skipped"


class Cause(StrEnum):
    """Why a run was not on time."""

    NONE = ""
    WAS_DOWN = "was_down"
    CLOCK = "clock"
    BUSY = "busy"
    LATE = "late"


class Schedule(models.Model):
    """Something that is due again and again, with its misfire policy.

    ``decided_until``: every due time up to here has been dealt with. A schedule that the code does not know any more is
    retired, not deleted: its runs keep pointing at it.
    """

    key = models.CharField(max_length=KEY_LENGTH, unique=True)
    owner = models.CharField(max_length=20, help_text="Process that runs it.")
    title = models.CharField(max_length=200, blank=True, help_text="English message id of its name.")
    why = models.TextField(blank=True, help_text="English message id of the reason of its policy.")
    kind = models.CharField(max_length=10)
    every_s = models.FloatField(null=True)
    daily_at = models.TimeField(null=True, help_text="Time of day of the base.")
    enabled = models.BooleanField(default=True)
    grace_s = models.FloatField(null=True, help_text="NULL: a run is of use however late.")
    beyond = models.CharField(max_length=10, default=Beyond.SKIP.value)
    coalesce = models.BooleanField(default=True)
    needs_fresh_inputs = models.BooleanField(default=False)
    needs_clock = models.BooleanField(default=True)
    decided_until = models.DateTimeField()
    retired_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        ordering = ("key",)
        constraints = [
            models.CheckConstraint(
                condition=Q(kind=Kind.EVERY.value, every_s__gte=1, daily_at=None)
                | Q(kind=Kind.DAILY.value, every_s=None, daily_at__isnull=False),
                name="schedule_says_when",
            ),
            models.CheckConstraint(
                condition=Q(beyond__in=sorted(beyond.value for beyond in Beyond)), name="schedule_beyond_is_known"
            ),
        ]

    def __str__(self) -> str:
        return self.key


class DueRun(models.Model):
    """One due time, or several that one run stands for, and what became of it.

    ``decision`` and ``rule`` say what was done and why, ``cause`` why it was not on time. ``decided_by`` is the person
    who decided, where one was asked.
    """

    schedule = models.ForeignKey(Schedule, on_delete=models.PROTECT, related_name="runs")
    due_at = models.DateTimeField()
    first_due_at = models.DateTimeField(help_text="The oldest due time that it stands for.")
    count = models.PositiveIntegerField(default=1, help_text="Due times that it stands for.")
    state = models.CharField(max_length=15)
    decision = models.CharField(max_length=10)
    rule = models.CharField(max_length=25)
    cause = models.CharField(max_length=15, blank=True)
    decided_at = models.DateTimeField()
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=20, blank=True, help_text="Role of the person at that time.")
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    fault = models.TextField(blank=True)

    class Meta:
        default_permissions = ()
        ordering = ("-due_at", "-id")
        constraints = [
            models.UniqueConstraint(fields=("schedule", "due_at"), name="due_run_each_due_time_once"),
            models.CheckConstraint(
                condition=Q(state__in=sorted(state.value for state in State)), name="due_run_state_is_known"
            ),
            models.CheckConstraint(
                condition=Q(decision__in=sorted(outcome.value for outcome in Outcome)), name="due_run_decision_is_known"
            ),
            models.CheckConstraint(
                condition=Q(rule__in=sorted(rule.value for rule in Rule)), name="due_run_rule_is_known"
            ),
        ]
        indexes = [
            models.Index(fields=("state", "due_at"), name="due_run_by_state"),
            models.Index(fields=("due_at",), name="due_run_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.schedule_id} {self.due_at:%Y-%m-%d %H:%M:%S} ({self.state})"
