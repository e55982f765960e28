"""A plant whose weather and air a test sets; blanket, vents and screens move as real ones do, only faster."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from greenhouse.plant.actuators import DriveParameters
from scheduler.simulated_plant.motors import (
    advance_vent,
    advance_winder,
    command_vent,
    command_winder,
    vent_at,
    vent_readings,
    winder_at,
    winder_readings,
)

TRAVEL_S = 60.0
_DRIVE = DriveParameters(
    travel_s=TRAVEL_S, start_loss_s=0.0, slip_forward=0.0, slip_backward=0.0, backlash=0.0, minimum_step=0.0
)
RUN_TIME_LIMIT_S = 600.0
_NO_GUST_M_S, _MAINS = 0.0, 1.0


class PuppetPlant:
    """What every device shows, by ``device.point``, as the test says.

    Attributes
    ----------
    shown : dict
        Values that no drive moves; a written one is kept here.

    Parameters
    ----------
    winder : str or None
        The blanket's device; None: there is no blanket.
    vents : collection of str
        Every device that drives to a position.
    """

    def __init__(self, shown: Mapping[str, float], *, winder: str | None, vents: Collection[str]) -> None:
        self.shown = dict(shown)
        self.moving = frozenset({*vents, *filter(None, (winder,))})
        self.winder, self.blanket = winder, winder_at(1.0)
        self.vents = {key: vent_at(0.0) for key in vents}
        self._before = dict(self.vents)

    def advance(self, elapsed_s: float) -> None:
        """Let the drives run."""
        self._before = dict(self.vents)
        self.blanket = advance_winder(self.blanket, RUN_TIME_LIMIT_S, _DRIVE, _MAINS, elapsed_s)
        self.vents = {
            key: advance_vent(vent, _NO_GUST_M_S, _DRIVE, _MAINS, elapsed_s) for key, vent in self.vents.items()
        }

    def value(self, device: str, point: str) -> float | None:
        """What a device shows."""
        if device == self.winder:
            return {**winder_readings(self.blanket), "motor_command": self.blanket.command}.get(
                point, self._set(device, point)
            )
        if device in self.vents:
            vent = self.vents[device]
            readings = vent_readings(self._before[device], vent) | {"target_position": vent.target_pct}
            return readings.get(point, self._set(device, point))
        return self._set(device, point)

    def command(self, device: str, point: str, value: float) -> bool:
        """Take a written value."""
        if (device, point) == (self.winder, "motor_command"):
            self.blanket = command_winder(self.blanket, value) or self.blanket
        elif device in self.vents and point == "target_position":
            self.vents[device] = command_vent(self.vents[device], value) or self.vents[device]
        else:
            self.shown[f"{device}.{point}"] = value
        return True

    def set_clock_skew(self, skew_s: float) -> None:
        """It knows no clock."""

    def _set(self, device: str, point: str) -> float:
        return self.shown.get(f"{device}.{point}", 0.0)
