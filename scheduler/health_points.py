"""The health of the bus and of the control process as samples of virtual points."""

from __future__ import annotations

from datetime import datetime

import numpy as np

from devices.link_health import LinkState
from devices.samples import Origin, Reading
from greenhouse.site.virtual_points import (
    ALARM_EVALUATION,
    CLOCK,
    VIRTUAL_POLL_S,
    Clock,
    Link,
    control_key,
    link_key,
)
from scheduler.store_health import StoreHealth
from scheduler.wiring import BusHealth

_LINK_OF = {LinkState.OFFLINE: Link.OFFLINE, LinkState.DEGRADED: Link.DEGRADED, LinkState.ONLINE: Link.ONLINE}


class HealthPoints:
    """Decides when the health is worth a sample: when it changes, and at least every ``VIRTUAL_POLL_S``."""

    def __init__(self) -> None:
        self._units: dict[str, LinkState] = {}
        self._clock: Clock | None = None
        self._last_s = -VIRTUAL_POLL_S
        self._alarms_were_evaluated = False

    def readings(
        self,
        health: BusHealth,
        store: StoreHealth,
        *,
        cycle_s: float,
        clock: Clock,
        alarms_are_evaluated: bool,
        now: datetime,
        monotonic_s: float,
    ) -> list[Reading]:
        """Readings to store now, empty if nothing changed and the last ones are young.

        Parameters
        ----------
        health : BusHealth
            State of the lines.
        store : StoreHealth
            Asked when its values are due.
        cycle_s : float
            How long the last control cycle took. [s]
        alarms_are_evaluated : bool
            Whether the last round of the alarms succeeded.
        clock : Clock
            How the wall clock stands.
        """
        is_due = monotonic_s - self._last_s >= VIRTUAL_POLL_S
        changed = {
            device: state for device, state in health.units.items() if is_due or self._units.get(device) is not state
        }
        self._units = dict(health.units)
        values = {link_key(device): float(_LINK_OF[state]) for device, state in changed.items() if state in _LINK_OF}
        if is_due or alarms_are_evaluated is not self._alarms_were_evaluated:
            self._alarms_were_evaluated = alarms_are_evaluated
            values[control_key(ALARM_EVALUATION)] = float(alarms_are_evaluated)
        if is_due or clock is not self._clock:
            self._clock = clock
            values[control_key(CLOCK)] = float(clock)
        if is_due:
            self._last_s = monotonic_s
            values[control_key("cycle_time")] = cycle_s
            values[control_key("queue_depth")] = float(health.queue_depth)
            values[control_key("lines_up")] = float(health.lines_up)
            values[control_key("lease_age")] = health.oldest_lease_s
            values |= store.values(now)
        return [_reading(values, now)] if values else []


def _reading(values: dict[str, float], now: datetime) -> Reading:
    count = len(values)
    return Reading(
        points=tuple(values),
        values=np.array(list(values.values())),
        quality=np.zeros(count, np.uint8),
        reason=np.zeros(count, np.uint8),
        observed_at=now,
        origin=Origin.MEASURED,
    )
