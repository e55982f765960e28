"""What climate programs decided: one row per change of a decision, which nobody can change or delete."""

from __future__ import annotations

from django.db import models

from greenhouse.site.keys import KEY_LENGTH, POINT_KEY_LENGTH

OFF = "off"
"""In place of a reason: the program was switched off and decides nothing any more."""


class ClimateDecision(models.Model):
    """What a program wants of an actuator from a moment on, and why.

    ``point_key``: the output that it moves. ``target``: in the actuator's unit; NULL: it stays as it is. ``facts``:
    numbers that the sentence about it needs, as they were when it was decided. ``since``: since when this target is
    wanted; ``at``: since when for this reason. Both are on the clock of the samples.
    """

    compartment_key = models.CharField(max_length=KEY_LENGTH)
    actuator = models.CharField(max_length=30)
    point_key = models.CharField(max_length=POINT_KEY_LENGTH)
    target = models.FloatField(null=True)
    why = models.CharField(max_length=40)
    facts = models.JSONField(default=dict)
    is_safe_state = models.BooleanField(default=False)
    since = models.DateTimeField()
    at = models.DateTimeField()
    program_version = models.PositiveIntegerField()

    class Meta:
        default_permissions = ()
        indexes = [
            models.Index(fields=("compartment_key", "actuator", "id"), name="climate_decision_newest"),
            models.Index(fields=("at",), name="climate_decision_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.compartment_key} {self.actuator} := {self.target} ({self.why})"
