"""What was last known to be in force at each setpoint, and which request put it there."""

from __future__ import annotations

from datetime import datetime, timedelta

from greenhouse.commands.models import CommandRequest, InForce
from greenhouse.commands.sources import Source
from greenhouse.telemetry import sample_time

_SLACK = timedelta(seconds=2)
"""While samples do not go by the wall clock their time is known from the last tick: so far it may be behind."""


def note(request: CommandRequest) -> None:
    """A request has taken. Called in the transaction that says so."""
    # A value that was found at the controller was found by a sample; what was confirmed is compared with later ones.
    at = request.created_at if request.source == Source.CONTROLLER else _sample_time(request.state_at)
    InForce.objects.update_or_create(
        point_key=request.point_key, defaults={"value": request.taken_value, "at": at, "request": request}
    )


def _sample_time(wall: datetime) -> datetime:
    """The time that a sample would carry now, or little later. Asks no store: the check before the write has just."""
    at = sample_time.as_known(wall)
    return at if at == wall else at + _SLACK
