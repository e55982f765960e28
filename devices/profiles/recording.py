"""Which polls of a point become history. The newest value, rules and alarms follow every poll all the same."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from devices.profiles.fields import Fields
from devices.units import Quantity, Unit, conversion

HEARTBEAT_S: Final = 60.0
"""A point recorded on change is recorded at least this often: a steady value and a dead line must differ. [s]"""
LONGEST_INTERVAL_S: Final = 86_400.0


class RecordMode(StrEnum):
    """When a poll is recorded."""

    EVERY = "every"
    CHANGE = "change"
    """When the value left the dead band around the last recorded one, and at least every ``HEARTBEAT_S``."""
    INTERVAL = "interval"


@dataclass(frozen=True, slots=True)
class RecordPolicy:
    """When a poll of a point is recorded.

    A change of quality, reason or origin is recorded under each of them, and so is a value that comes or goes.

    Attributes
    ----------
    dead_band : float
        With ``change``: the difference that is still no change. 0: none is.
    interval_s : float
        With ``interval``: time between two recorded samples. [s]
    """

    mode: RecordMode
    dead_band: float = 0.0
    interval_s: float = 0.0

    @property
    def due_after_s(self) -> float:
        """Age of the last recorded sample at which the next poll is recorded whatever it says. [s]"""
        return {RecordMode.EVERY: 0.0, RecordMode.CHANGE: HEARTBEAT_S, RecordMode.INTERVAL: self.interval_s}[self.mode]

    @property
    def unrecorded_change(self) -> float:
        """Largest difference to the last recorded value that is not recorded before it is due."""
        return self.dead_band if self.mode is RecordMode.CHANGE else math.inf

    def longest_gap_s(self, poll_s: float) -> float:
        """Longest time between two recorded samples while all is well: due, and found so at the next poll. [s]"""
        return self.due_after_s + poll_s


EVERY_POLL: Final = RecordPolicy(RecordMode.EVERY)

_DEAD_BANDS: Final = {
    Quantity.TEMPERATURE: 0.1,
    Quantity.TEMPERATURE_DELTA: 0.1,
    Quantity.RELATIVE_HUMIDITY: 0.5,
    Quantity.VAPOR_PRESSURE_DEFICIT: 0.01,
    Quantity.CO2_CONCENTRATION: 5.0,
    Quantity.IRRADIANCE: 5.0,
    Quantity.PHOTON_FLUX_DENSITY: 10.0,
    Quantity.ILLUMINANCE: 500.0,
    Quantity.WIND_SPEED: 0.2,
    Quantity.WIND_DIRECTION: 5.0,
    Quantity.DUST_CONCENTRATION: 5.0,
    Quantity.SOUND_LEVEL: 1.0,
    Quantity.AIR_PRESSURE: 0.02,
    Quantity.WATER_PRESSURE: 0.05,
    Quantity.POSITION: 0.5,
    Quantity.ANGLE: 0.5,
    Quantity.SPEED_RATIO: 0.5,
    Quantity.SUBSTRATE_MOISTURE: 0.1,
    Quantity.SUBSTRATE_PERMITTIVITY: 0.1,
    Quantity.CONDUCTIVITY: 0.01,
    Quantity.ACIDITY: 0.02,
    Quantity.SALINITY: 5.0,
    Quantity.FILL_LEVEL: 0.5,
    Quantity.FLOW: 0.01,
    Quantity.FLOW_VELOCITY: 0.01,
    Quantity.POWER: 0.02,
    Quantity.APPARENT_POWER: 20.0,
    Quantity.REACTIVE_POWER: 20.0,
    Quantity.POWER_FACTOR: 0.01,
    Quantity.VOLTAGE: 1.0,
    Quantity.CURRENT: 0.05,
    Quantity.FREQUENCY: 0.02,
    Quantity.DURATION: 1.0,
    Quantity.LATENCY: 5.0,
    Quantity.DATA_SIZE: 0.5,
}
"""Canonical units. About the resolution or repeatability of a good instrument of the kind, and a fifth or less of the
smallest alarm dead band, so that neither an alarm nor a trial can turn on what is left out. What is not here (states,
modes, codes, counters, rain, volume, energy) is recorded at any change: each step means something."""


def default_policy(quantity: Quantity, *, is_writable: bool, poll_s: float) -> RecordPolicy:
    """What holds where neither profile nor base file says anything.

    A setpoint is recorded at any change. What is polled more slowly than the heartbeat is recorded at every poll.

    Parameters
    ----------
    quantity : Quantity
        Decides the dead band.
    is_writable : bool
        Whether the point takes commands.
    poll_s : float
        Time between two polls. [s]
    """
    if poll_s >= HEARTBEAT_S:
        return EVERY_POLL
    return RecordPolicy(RecordMode.CHANGE, 0.0 if is_writable else _DEAD_BANDS.get(quantity, 0.0))


def effective_policy(
    declared: RecordPolicy | None, quantity: Quantity, unit: Unit, *, is_writable: bool, poll_s: float
) -> RecordPolicy:
    """What holds for a point: what was declared, its dead band in the canonical unit, or else the default.

    Parameters
    ----------
    declared : RecordPolicy or None
        From a profile or base file; its dead band in ``unit``.
    """
    if declared is None:
        return default_policy(quantity, is_writable=is_writable, poll_s=poll_s)
    # A dead band is a difference: it takes the factor, not the offset.
    return replace(declared, dead_band=declared.dead_band * conversion(quantity, unit).factor)


def read_record(parent: Fields) -> RecordPolicy | None:
    """The ``record`` table of a point, or None when it is absent. Faults are noted in ``parent``."""
    fields = parent.nested("record")
    if fields is None:
        return None
    mode = fields.choice("mode", RecordMode)
    dead_band = fields.optional_number("dead_band")
    interval_s = fields.positive("interval_s", default=LONGEST_INTERVAL_S, highest=LONGEST_INTERVAL_S)
    if dead_band is not None and dead_band < 0:
        fields.fault("dead_band", f"{dead_band:g} is below 0; 0 records every change")
    for name, its_mode in (("dead_band", RecordMode.CHANGE), ("interval_s", RecordMode.INTERVAL)):
        if not fields.is_sound("mode"):
            break
        if mode is its_mode and name not in fields:
            fields.fault(name, f'is missing: mode "{mode}" needs it')
        elif mode is not its_mode and name in fields:
            fields.fault(name, f'belongs to mode "{its_mode}", not to "{mode}"')
    fields.finish()
    is_by_interval = mode is RecordMode.INTERVAL
    return RecordPolicy(mode, dead_band=dead_band or 0.0, interval_s=interval_s if is_by_interval else 0.0)
