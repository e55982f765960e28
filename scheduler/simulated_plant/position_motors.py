"""Motors of the simulated base that drive to a position: vents, thermal screens, shading nets.

Each follows what the climate controller wants, or the sun, until it is commanded for the first time.
"""

from __future__ import annotations

from typing import ClassVar

from greenhouse.plant.actuators import DriveParameters
from greenhouse.plant.machinery import Outfit
from greenhouse.plant.point_sources import Vent, vent_of
from scheduler.simulated_plant.compartment import Compartment
from scheduler.simulated_plant.devices import Device, Scene
from scheduler.simulated_plant.motors import advance_vent, command_vent, vent_at, vent_readings
from scheduler.simulated_plant.probes import Probes
from scheduler.simulated_plant.programs import net_wanted, vent_share, vent_target_pct

_LOOK_EVERY_S, _VENT_FROM_C = 300.0, 26.0
_MOTOR_KW = 0.25
_TARGET = "target_position"


class PositionMotor(Device):
    """Drives to its target position. What a kind of motor moves, and what it does by itself, the kind says."""

    has_wind_switch: ClassVar[bool] = True
    """Whether a storm takes it back to 0 and holds it there."""

    def __init__(self, key: str, compartment: Compartment | None, probes: Probes) -> None:
        super().__init__(key, compartment, probes)
        self.settings = {_TARGET: 0.0}
        self.state = vent_at(0.0)
        self.is_commanded = False
        self._since_look_s = _LOOK_EVERY_S

    def command(self, point: str, value: float) -> bool:
        """A target further out than it stands now is rejected while the wind lock-out holds."""
        if point != _TARGET:
            return super().command(point, value)
        after = command_vent(self.state, value)
        if after is None:
            return False
        self.state, self.is_commanded = after, True
        self.settings[point] = value
        return True

    def advance(self, dt_s: float, scene: Scene) -> None:
        """Move toward the target, or back in a storm."""
        if self.compartment is None:
            return
        if not self.is_commanded:
            self._follow_program(dt_s, self.compartment, scene)
        gust_m_s = scene.outdoors.gust_m_s if self.has_wind_switch else 0.0
        before = self.state
        self.state = advance_vent(before, gust_m_s, self._drive(self.compartment.outfit), self.mains, dt_s)
        self._place(self.compartment, self.state.drive.position)
        self.readings = vent_readings(before, self.state)
        self.power_kw = _MOTOR_KW if self.readings["motor_current"] else 0.0

    def _follow_program(self, dt_s: float, compartment: Compartment, scene: Scene) -> None:
        """Looked at every five minutes."""
        self._since_look_s += dt_s
        if self._since_look_s < _LOOK_EVERY_S:
            return
        self._since_look_s = 0.0
        target_pct = self._wanted_pct(compartment, scene)
        after = command_vent(self.state, target_pct) if target_pct != self.state.target_pct else None
        if after is not None:
            self.state, self.settings[_TARGET] = after, target_pct

    def _drive(self, outfit: Outfit) -> DriveParameters:
        raise NotImplementedError

    def _place(self, compartment: Compartment, position: float) -> None:
        raise NotImplementedError

    def _wanted_pct(self, compartment: Compartment, scene: Scene, /) -> float:
        raise NotImplementedError


class VentMotor(PositionMotor):
    """Drives a vent; shuts by itself in a storm."""

    def __init__(self, key: str, compartment: Compartment | None, probes: Probes) -> None:
        super().__init__(key, compartment, probes)
        self.which = vent_of(key)

    def _drive(self, outfit: Outfit) -> DriveParameters:
        return outfit.bottom_vent if self.which is Vent.BOTTOM else outfit.roof_vent

    def _place(self, compartment: Compartment, position: float) -> None:
        compartment.orders.openings[self.key] = self.which, position

    def _wanted_pct(self, compartment: Compartment, scene: Scene, /) -> float:
        """What the climate controller wants, in steps."""
        wanted, outside_c = compartment.orders.ventilation, scene.outdoors.weather.air_c
        if wanted is None:
            wanted = vent_share(compartment.inside.climate.air_c, _VENT_FROM_C, outside_c)
        return vent_target_pct(wanted, self.which, outside_c)


class ScreenMotor(PositionMotor):
    """Drives the thermal screen of a compartment, inside, where no wind blows. Its controller then drives none."""

    has_wind_switch = False

    def __init__(self, key: str, compartment: Compartment | None, probes: Probes) -> None:
        super().__init__(key, compartment, probes)
        if compartment is not None:
            compartment.orders.screens[key] = 0.0

    def _drive(self, outfit: Outfit) -> DriveParameters:
        return outfit.screen

    def _place(self, compartment: Compartment, position: float) -> None:
        compartment.orders.screens[self.key] = position

    def _wanted_pct(self, compartment: Compartment, _scene: Scene, /) -> float:
        return 100.0 * compartment.orders.screening


class ShadingNetMotor(PositionMotor):
    """Drives the shading net above the roof; takes it back by itself in a storm."""

    def _drive(self, outfit: Outfit) -> DriveParameters:
        return outfit.shade

    def _place(self, compartment: Compartment, position: float) -> None:
        compartment.orders.nets[self.key] = position

    def _wanted_pct(self, _compartment: Compartment, scene: Scene, /) -> float:
        outdoors, is_drawn = scene.outdoors, self.state.target_pct > 0.0
        return 100.0 * net_wanted(outdoors.irradiance_w_m2, outdoors.weather.air_c, is_drawn=is_drawn)
