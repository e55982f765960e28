"""The devices of the simulated base that move, measure and count, each behind the points of its profile.

What they feel comes from ``probes``, what they move goes into the ``Orders`` of their compartment. Winders, and the
motors in ``position_motors``, follow a small program of their own until they are commanded for the first time, so that
an unattended base lives.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from devices.profiles.schema import DeviceProfile
from devices.simulator.instrument import POWER_FACTOR, factory_setting, share_of
from devices.units import Quantity
from greenhouse.plant.noise import bell, noise_key
from greenhouse.plant.point_sources import Truth
from scheduler.simulated_plant.compartment import Compartment
from scheduler.simulated_plant.motors import (
    ROLL_DOWN,
    ROLL_UP,
    STOP,
    advance_winder,
    command_winder,
    winder_at,
    winder_readings,
)
from scheduler.simulated_plant.outdoors import Outdoors
from scheduler.simulated_plant.probes import LINE_VOLTAGE_V, Probes
from scheduler.simulated_plant.programs import cover_wanted

_KW_PER_A = 0.38
FREQUENCY_HZ, VOLTAGE_SD_V, FREQUENCY_SD_HZ = 50.0, 0.3, 0.01
_VOLUME_M3, _ENERGY_KWH = 8_240.0, 286_000.0
"""What years before have left on a meter: more than the year that a demonstration shows (`scheduler.demo_history`)."""


@dataclass(slots=True)
class Scene:
    """What is around the devices during one step.

    Attributes
    ----------
    clock_hour : float
        Local time of day by the devices' own clocks. [h]
    flow_m3_h : dict
        What flows at each place; None is the whole base.
    """

    outdoors: Outdoors
    clock_hour: float = 0.0
    flow_m3_h: dict[str | None, float] = field(default_factory=dict)


class Device:
    """One simulated device: settings keep what was written, readings are what it knows, the rest is felt."""

    def __init__(self, key: str, compartment: Compartment | None, probes: Probes) -> None:
        self.key, self.compartment, self.probes = key, compartment, probes
        self.settings: dict[str, float] = {}
        self.readings: dict[str, float] = {}
        self.power_kw = 0.0
        self.step = 0

    def advance(self, dt_s: float, scene: Scene) -> None:
        """Let time pass. [s]"""
        raise NotImplementedError

    def count(self, dt_s: float) -> None:
        """Add up what flowed in the step, once that is known; most devices count nothing. [s]"""

    def value(self, point: str) -> float | None:
        """What the point shows, canonical unit."""
        known = self.readings.get(point, self.settings.get(point))
        return self.probes.value(point, self.step) if known is None else known

    def command(self, point: str, value: float) -> bool:
        """Keep the value if the device has such a setting."""
        if point not in self.settings:
            return False
        self.settings[point] = value
        return True

    @property
    def counted(self) -> dict[str, float]:
        """What it has counted so far, by the name of the counter."""
        return {}

    def count_from(self, counted: Mapping[str, float]) -> None:
        """Go on from what an earlier run counted; never from less than now."""

    @property
    def mains(self) -> float:
        """1 while there is electricity for what it moves."""
        return 1.0 if self.compartment is None else self.compartment.outfit.supply.mains


class BlanketWinder(Device):
    """Rolls the thermal blanket; see ``motors``."""

    def __init__(self, key: str, compartment: Compartment | None, probes: Probes) -> None:
        super().__init__(key, compartment, probes)
        self.settings = {"motor_command": STOP, "run_time_limit": 600.0}
        self.state = winder_at(1.0)
        self.is_commanded = False

    def command(self, point: str, value: float) -> bool:
        """A motor command starts the run time again, also when it is the same one."""
        if point != "motor_command":
            return super().command(point, value)
        after = command_winder(self.state, value)
        if after is None:
            return False
        self.state, self.is_commanded = after, True
        self.settings["motor_command"] = value
        return True

    def advance(self, dt_s: float, scene: Scene) -> None:
        """Turn until an end switch, the run-time limit, a stop or a power cut ends it."""
        if self.compartment is None:
            return
        if not self.is_commanded:
            self._follow_program(scene.outdoors)
        drive = self.compartment.outfit.blanket
        self.state = advance_winder(self.state, self.settings["run_time_limit"], drive, self.mains, dt_s)
        self.settings["motor_command"] = self.state.command
        self.compartment.orders.blankets[self.key] = self.state.drive.position
        self.readings = winder_readings(self.state)
        self.power_kw = _KW_PER_A * self.readings["motor_current"]

    def _follow_program(self, outdoors: Outdoors) -> None:
        """Up in the light, down in the dark."""
        covered = cover_wanted(outdoors.irradiance_w_m2, outdoors.weather.air_c)
        if covered is None:
            return
        wanted = ROLL_DOWN if covered else ROLL_UP
        if self.state.drive.position != covered and self.state.command != wanted:
            self.state = command_winder(self.state, wanted) or self.state


class WeatherStation(Device):
    """Shows the weather; everything in it is felt."""

    def advance(self, dt_s: float, scene: Scene) -> None:
        """Nothing moves."""


class Meter(Device):
    """An instrument of any profile; what it can be set to (its address, its baud rate) is kept and does nothing."""

    def __init__(self, key: str, compartment: Compartment | None, probes: Probes, profile: DeviceProfile) -> None:
        super().__init__(key, compartment, probes)
        self.settings = {point.key: factory_setting(point) for point in profile.points if point.write}
        self._points = [point for point in profile.points if point.access.can_read and not point.write]
        self._quantities = {point.quantity for point in self._points}
        self._noise = noise_key(key, 0)
        self.volume_m3, self.energy_kwh = _VOLUME_M3, _ENERGY_KWH

    @property
    def counted(self) -> dict[str, float]:
        """Water and energy that went through it, as far as it shows them. [m³; kWh]"""
        counters = {Quantity.VOLUME: ("volume", self.volume_m3), Quantity.ENERGY: ("energy", self.energy_kwh)}
        return dict(counters[quantity] for quantity in counters if quantity in self._quantities)

    def count_from(self, counted: Mapping[str, float]) -> None:
        """Go on from what an earlier run counted."""
        self.volume_m3 = max(self.volume_m3, counted.get("volume", 0.0))
        self.energy_kwh = max(self.energy_kwh, counted.get("energy", 0.0))

    def advance(self, dt_s: float, scene: Scene) -> None:
        """Nothing moves."""

    def count(self, dt_s: float) -> None:
        """Count what flowed."""
        self.volume_m3 += (self.probes.felt(Truth.WATER_FLOW, self.step) or 0.0) * dt_s / 3600.0
        self.energy_kwh += (self.probes.felt(Truth.ELECTRIC_POWER, self.step) or 0.0) * dt_s / 3600.0
        known = {
            Quantity.VOLUME: self.volume_m3,
            Quantity.ENERGY: self.energy_kwh,
            Quantity.VOLTAGE: LINE_VOLTAGE_V + VOLTAGE_SD_V * bell(self._noise, self.step, 0),
            Quantity.FREQUENCY: FREQUENCY_HZ + FREQUENCY_SD_HZ * bell(self._noise, self.step, 2),
            Quantity.POWER_FACTOR: POWER_FACTOR,
        }
        self.readings = {
            point.key: known.get(point.quantity, 0.0) * share_of(point)
            for point in self._points
            if not self.probes.has(point.key)
        }
