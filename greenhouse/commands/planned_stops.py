"""The record of planned stops. Nobody asked for a value then, so none is a request; what stayed on is told by name."""

from __future__ import annotations

from collections.abc import Mapping

from greenhouse.commands.models import PlannedStop
from greenhouse.commands.recording import note, recorded
from greenhouse.deadlines import Moment
from greenhouse.fencing import UNFENCED, Fence
from greenhouse.ledger.canonical import decisions_digest
from greenhouse.ledger.chain import Kind


def record(faults: Mapping[str, str], *, now: Moment, fence: Fence = UNFENCED) -> PlannedStop:
    """Keep how a planned stop went.

    Parameters
    ----------
    faults : mapping
        By ``device.point``, why an output was not confirmed in its safe state; empty where it was.
    """
    unconfirmed = {point: fault for point, fault in faults.items() if fault}
    with recorded(now, fence=fence):
        stop = PlannedStop.objects.create(at=now.wall, outputs=len(faults), unconfirmed=unconfirmed)
        payload = {"planned_stop": stop.pk, "outputs": stop.outputs, "unconfirmed": len(unconfirmed)}
        note(Kind.COMMAND, payload | {"digest": decisions_digest([unconfirmed])})
    return stop
