"""A simple, stable, deterministic plant: weather, houses and equipment of a whole base.

The same devices, start and seed give the same values for the same sequence of ``advance`` and ``command``.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from devices.profiles.schema import PointSpec
from devices.simulator.compartment import LONGEST_STEP_S, Compartment, Enclosure
from devices.simulator.equipment import (
    BlanketWinder,
    ClimateController,
    Equipment,
    Scene,
    ValveBlock,
    VentMotor,
    WaterFertilizerUnit,
    WeatherStation,
)
from devices.simulator.instrument import Instrument
from devices.simulator.outside import Outside, hashed_noise, outside_at
from devices.simulator.plant import PlantDevice
from devices.units import Quantity, conversion

_EQUIPMENT = {
    "climate-controller": ClimateController,
    "blanket-winder": BlanketWinder,
    "vent-motor": VentMotor,
    "valve-block-8": ValveBlock,
    "water-fertilizer-unit": WaterFertilizerUnit,
    "weather-station": WeatherStation,
}

_SENSOR_NOISE = {
    Quantity.TEMPERATURE: 0.1,
    Quantity.RELATIVE_HUMIDITY: 0.4,
    Quantity.VAPOR_PRESSURE_DEFICIT: 0.01,
    Quantity.CO2_CONCENTRATION: 4.0,
    Quantity.WIND_SPEED: 0.2,
    Quantity.WIND_DIRECTION: 4.0,
    Quantity.AIR_PRESSURE: 0.01,
    Quantity.DUST_CONCENTRATION: 2.0,
    Quantity.SUBSTRATE_MOISTURE: 0.1,
    Quantity.CONDUCTIVITY: 0.01,
    Quantity.ACIDITY: 0.02,
    Quantity.WATER_PRESSURE: 0.02,
    Quantity.VOLTAGE: 0.6,
    Quantity.FREQUENCY: 0.02,
}
"""Half width of the noise of a sensor, canonical units: plausible for instruments of the middle price class."""

_LOCAL_OFFSET_H = 8.0
_SETTLING_S = 86_400.0
_BASE_LOAD_KW = 1.8


class SteadyPlant:
    """The physical side of the simulated base, as simple as it can be and still look alive.

    Parameters
    ----------
    devices : sequence of PlantDevice
        What stands on the base. A profile without equipment of its own is an instrument.
    compartments : mapping of compartment key to Enclosure
        Every compartment that a device names.
    start : datetime
        Moment of the first value, aware. The day before it is run through, so that the houses are settled.
    seed : int
        Another seed gives other weather and other noise.
    """

    def __init__(
        self,
        devices: Sequence[PlantDevice],
        compartments: Mapping[str, Enclosure],
        *,
        start: datetime,
        seed: int = 1,
    ) -> None:
        self._devices = {device.key: device for device in devices}
        self._points = {(device.key, point.key): point for device in devices for point in device.profile.points}
        self._houses = {
            key: Compartment(enclosure, variation=hashed_noise(key, seed)) for key, enclosure in compartments.items()
        }
        self._equipment = {device.key: _equipment_of(device) for device in devices}
        self._meters_per_place = Counter(_meter_place(device) for device in devices)
        self._seed = seed
        self._now = start - timedelta(seconds=_SETTLING_S)
        self._clock_skew_s = 0.0
        self._step = 0
        self.advance(_SETTLING_S)

    @property
    def now(self) -> datetime:
        """The plant's moment, aware."""
        return self._now

    def house(self, compartment: str) -> Compartment:
        """The true climate of a compartment, without sensors."""
        return self._houses[compartment]

    def advance(self, elapsed_s: float) -> None:
        """Let time pass, in steps that keep the model stable. [s]

        Raises
        ------
        ValueError
            If the time is negative or not finite.
        """
        if not math.isfinite(elapsed_s) or elapsed_s < 0.0:
            raise ValueError(f"a plant cannot advance by {elapsed_s} s")
        while elapsed_s > 0.0:
            step_s = min(elapsed_s, LONGEST_STEP_S)
            self._advance_step(step_s)
            elapsed_s -= step_s

    def value(self, device: str, point: str) -> float | None:
        """What the device would show, with the noise of its sensor; None for a point it has nothing for."""
        value = self._equipment[device].value(point)
        spec = self._points[device, point]
        if value is None or spec.write is not None:
            return value
        width = _SENSOR_NOISE.get(spec.quantity)
        if width is None:
            return value
        return _within_range(value + width * hashed_noise(f"{self._seed}/{device}.{point}", self._step), spec)

    def command(self, device: str, point: str, value: float) -> bool:
        """Take a written value. False: the device rejects it."""
        return self._equipment[device].command(point, value)

    def set_clock_skew(self, skew_s: float) -> None:
        """Let the clocks of the devices run ahead of true time (negative: behind). [s]"""
        self._clock_skew_s = skew_s

    def _advance_step(self, step_s: float) -> None:
        self._now += timedelta(seconds=step_s)
        self._step += 1
        outside = outside_at(self._now, self._seed)
        flow: defaultdict[str | None, float] = defaultdict(float)
        power: defaultdict[str | None, float] = defaultdict(float)
        for key, equipment in self._equipment.items():
            for place in {self._devices[key].compartment, None}:
                flow[place] += equipment.water_flow_m3_h
                power[place] += equipment.power_kw
        for key, equipment in self._equipment.items():
            equipment.advance(step_s, self._scene(self._devices[key], outside, flow, power))
        for house in self._houses.values():
            house.advance(step_s, outside)

    def _scene(
        self, device: PlantDevice, outside: Outside, flow: Mapping[str | None, float], power: Mapping[str | None, float]
    ) -> Scene:
        """Meters of the same kind at one place stand in parallel and share what flows there."""
        place, sharing = device.compartment, self._meters_per_place[_meter_place(device)]
        clock = self._now + timedelta(seconds=self._clock_skew_s)
        utc_hour = clock.timestamp() / 3600.0
        return Scene(
            outside=outside,
            house=None if place is None else self._houses[place],
            clock_hour=(utc_hour + _LOCAL_OFFSET_H) % 24.0,
            water_flow_m3_h=flow[place] / sharing,
            power_kw=(power[place] + (_BASE_LOAD_KW if place is None else 0.0)) / sharing,
        )


def _equipment_of(device: PlantDevice) -> Equipment:
    kind = _EQUIPMENT.get(device.profile.key)
    return Instrument(device.key, device.profile) if kind is None else kind(device.key)


def _meter_place(device: PlantDevice) -> tuple[str, str | None]:
    return device.profile.key, device.compartment


def _within_range(value: float, point: PointSpec) -> float:
    """A sensor ends at its range: noise never pushes a reading over it."""
    if point.valid is None:
        return value
    to_canonical = conversion(point.quantity, point.unit)
    low, high = sorted(to_canonical.apply(limit) for limit in point.valid)
    return min(max(value, low), high)
