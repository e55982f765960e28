"""What was last known to be in force at each setpoint, and which request put it there."""

from __future__ import annotations

from greenhouse.commands.models import CommandRequest, InForce


def note(request: CommandRequest) -> None:
    """A request has taken. Called in the transaction that says so."""
    value = request.value if request.readback_value is None else request.readback_value
    InForce.objects.update_or_create(
        point_key=request.point_key, defaults={"value": value, "at": request.state_at, "request": request}
    )
