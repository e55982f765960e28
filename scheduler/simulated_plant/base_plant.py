"""The plant model behind the simulated base: weather, compartments and devices of a whole base.

The same devices, start and seed give the same values for the same sequence of ``advance`` and ``command``.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from devices.simulator.compartment import Enclosure
from devices.simulator.faults import FaultKind
from devices.simulator.plant import PlantDevice
from greenhouse.plant.faults import plant_faults
from greenhouse.plant.point_sources import TRUTH_PROFILE, Truth, position_shown_by
from greenhouse.plant.whole import Inside
from scheduler.simulated_plant.base_houses import is_whitening_time
from scheduler.simulated_plant.breakdowns import breakdown_kinds
from scheduler.simulated_plant.compartment import CLIMATE_STEP_S, Compartment, Feed
from scheduler.simulated_plant.controller import ClimateController
from scheduler.simulated_plant.devices import BlanketWinder, Device, Meter, Scene, WeatherStation
from scheduler.simulated_plant.outdoors import LOCAL_OFFSET_H, BaseWeather, local_day
from scheduler.simulated_plant.position_motors import ScreenMotor, ShadingNetMotor, VentMotor
from scheduler.simulated_plant.probes import Probes, within_range
from scheduler.simulated_plant.settling import fitting_of, settled
from scheduler.simulated_plant.truth_unit import TruthUnit
from scheduler.simulated_plant.water import FeedUnit, ValveBlock

LIVED_THROUGH_S = 21_600.0
"""Before the first value the base lives six hours through with all its devices."""

BASE_LOAD_KW = 1.8
MOST_M3_H, MOST_KW = 60.0, 60.0
"""No place of the base draws more."""

_DEVICES: Mapping[
    str,
    type[
        ClimateController
        | BlanketWinder
        | VentMotor
        | ScreenMotor
        | ShadingNetMotor
        | ValveBlock
        | FeedUnit
        | WeatherStation
    ],
] = {
    "climate-controller": ClimateController,
    "blanket-winder": BlanketWinder,
    "vent-motor": VentMotor,
    "screen-motor": ScreenMotor,
    "shading-net-motor": ShadingNetMotor,
    "valve-block-8": ValveBlock,
    "water-fertilizer-unit": FeedUnit,
    "weather-station": WeatherStation,
}


@dataclass(frozen=True, slots=True)
class Room:
    """A compartment as the base file has it."""

    enclosure: Enclosure
    floor_m2: float


class BasePlant:
    """The physical side of the simulated base, on the plant model.

    Parameters
    ----------
    devices : sequence of PlantDevice
        What stands on the base. A profile without a program of its own is a meter.
    rooms : mapping of compartment key to Room
        Every compartment that a device names.
    start : datetime
        Moment of the first value, aware.
    seed : int
        Another seed gives other weather and other instruments.
    """

    def __init__(
        self, devices: Sequence[PlantDevice], rooms: Mapping[str, Room], *, start: datetime, seed: int = 1
    ) -> None:
        self._now = start - timedelta(seconds=LIVED_THROUGH_S)
        self._weather = BaseWeather(seed)
        self._compartments = self._furnished(rooms)
        self._places = {device.key: device.compartment for device in devices}
        self._points = {(device.key, point.key): point for device in devices for point in device.profile.points}
        self._drives = _drives(devices)
        kinds = Counter((device.profile.key, device.compartment) for device in devices)
        self._devices = {
            device.key: self._device(device, kinds[device.profile.key, device.compartment], seed) for device in devices
        }
        self._feeds = [device for device in self._devices.values() if isinstance(device, FeedUnit)]
        self._truth_units = [device for device in self._devices.values() if isinstance(device, TruthUnit)]
        self._clock_skew_s = self._since_step_s = self._rain_mm = self._clock_hour = 0.0
        self._step = 0
        self._feel(0.0, self._scene(0.0))
        self.advance(LIVED_THROUGH_S)

    @property
    def now(self) -> datetime:
        """The plant's moment, aware."""
        return self._now

    @property
    def fault_kinds(self) -> Mapping[str, FaultKind]:
        """What can break down in a compartment."""
        return breakdown_kinds()

    @property
    def breakable(self) -> Collection[str]:
        """Every compartment."""
        return self._compartments.keys()

    @property
    def witnesses(self) -> Collection[str]:
        """Truth units: what they say is true."""
        return [unit.key for unit in self._truth_units]

    def learn_faults(self, faults: Mapping[str, Collection[str]]) -> None:
        """Tell the truth units which faults are on, by device: those of their compartment, and those of shared ones."""
        found: defaultdict[str | None, set[str]] = defaultdict(set)
        for device, kinds in faults.items():
            found[self._places[device]].update(kinds)
        for unit in self._truth_units:
            unit.device_faults = frozenset(found[self._places[unit.key]])
            unit.shared_device_faults = frozenset(found[None])

    def compartment(self, key: str) -> Compartment:
        """The truth of a compartment, without instruments."""
        return self._compartments[key]

    def device(self, key: str) -> Device:
        """A device, without its registers."""
        return self._devices[key]

    def advance(self, elapsed_s: float) -> None:
        """Let time pass: devices at every call, the climate once a minute. [s]

        Raises
        ------
        ValueError
            If the time is negative or not finite.
        """
        if not math.isfinite(elapsed_s) or elapsed_s < 0.0:
            raise ValueError(f"a plant cannot advance by {elapsed_s} s")
        while elapsed_s > 0.0:
            step_s = min(elapsed_s, CLIMATE_STEP_S - self._since_step_s)
            self._advance_devices(step_s)
            if self._since_step_s >= CLIMATE_STEP_S:
                self._step_climate()
            elapsed_s -= step_s

    def value(self, device: str, point: str) -> float | None:
        """What the device would show; None for a point it has nothing for, or while an instrument has no value."""
        value = self._devices[device].value(point)
        spec = self._points[device, point]
        return value if value is None or spec.write is not None else within_range(value, spec)

    def command(self, device: str, point: str, value: float) -> bool:
        """Take a written value. False: the device rejects it."""
        return self._devices[device].command(point, value)

    def set_clock_skew(self, skew_s: float) -> None:
        """Let the clocks of the devices run ahead of true time (negative: behind). [s]"""
        self._clock_skew_s = skew_s

    def counters(self, ahead_s: float = 0.0) -> dict[str, float]:
        """What every meter has counted, by device and counter.

        Parameters
        ----------
        ahead_s : float
            Add what would flow in so much time, if all went on at its highest: for what is kept against a sudden end.
        """
        most = {"volume": MOST_M3_H, "energy": MOST_KW}
        return {
            f"{key}.{name}": value + most[name] * ahead_s / 3600.0
            for key, device in self._devices.items()
            for name, value in device.counted.items()
        }

    def count_from(self, counters: Mapping[str, float]) -> None:
        """Let the meters go on from what an earlier run counted; one that it did not know begins anew."""
        for key, device in self._devices.items():
            device.count_from({name: counters.get(f"{key}.{name}", 0.0) for name in device.counted})

    def break_down(self, compartment: str, severities: Mapping[str, float]) -> None:
        """Let these faults of a compartment be on, and no others.

        Raises
        ------
        PlantInputError
            If there is no such fault, or it cannot be that severe.
        """
        self._compartments[compartment].break_down(plant_faults(severities))
        probe = self._ec_drift(lambda room: room.faults.drifted_ec_probe)
        for unit in self._truth_units:
            if unit.compartment is not None:  # the probe is that of the whole base, whichever compartment is named
                unit.plant_faults = unit.compartment.faults._replace(drifted_ec_probe=probe)

    def _furnished(self, rooms: Mapping[str, Room]) -> dict[str, Compartment]:
        """Houses of one kind are built alike, so one of them is settled for all."""
        start: dict[Enclosure, Inside] = {}
        compartments = {}
        for key, room in rooms.items():
            fitting = fitting_of(room.enclosure, room.floor_m2)
            if room.enclosure not in start:
                start[room.enclosure] = settled(fitting, self._weather, self._now)
            compartments[key] = Compartment(fitting, start[room.enclosure])
        return compartments

    def _device(self, device: PlantDevice, sharing: int, seed: int) -> Device:
        compartment = None if device.compartment is None else self._compartments[device.compartment]
        probes = Probes(device.key, device.profile, device.compartment, sharing=sharing, seed=seed)
        if device.profile.key == TRUTH_PROFILE:
            return TruthUnit(device.key, compartment, probes, self._drives.get(device.compartment, {}))
        kind = _DEVICES.get(device.profile.key)
        if kind is None:
            return Meter(device.key, compartment, probes, device.profile)
        return kind(device.key, compartment, probes)

    def _advance_devices(self, step_s: float) -> None:
        """Devices act on what they felt last, water flows, and then everything is felt and counted."""
        self._now += timedelta(seconds=step_s)
        self._since_step_s += step_s
        self._step += 1
        scene = self._scene(step_s)
        for device in self._devices.values():
            device.step = self._step
            device.advance(step_s, scene)
        for compartment in self._compartments.values():
            compartment.let_flow(step_s)
        self._feel(step_s, scene)
        for device in self._devices.values():
            device.count(step_s)

    def _feel(self, step_s: float, scene: Scene) -> None:
        drift = self._ec_drift(lambda room: room.outfit.supply.ec_probe_error_ms_cm)
        truths = self._truths(scene)
        for key, device in self._devices.items():
            here = truths[self._places[key]]
            if isinstance(device, FeedUnit):
                device.probe_error_ms_cm = drift
                here = here | device.truths()
            device.probes.follow(here, step_s)

    def _ec_drift(self, of: Callable[[Compartment], float]) -> float:
        """One feed unit serves the base: of several drifts of its probe the greatest counts."""
        return max((of(room) for room in self._compartments.values()), key=abs)

    def _feed(self) -> Feed:
        """What is in the water that reaches the drippers."""
        if self._feeds:
            return self._feeds[0].feed
        water = next(iter(self._compartments.values())).outfit.water
        return Feed(water.raw_ec_ms_cm, water.raw_ph)

    def _step_climate(self) -> None:
        self._since_step_s = 0.0
        weather, feed = self._weather.weather(self._now), self._feed()
        is_summer = is_whitening_time(local_day(self._now))
        for compartment in self._compartments.values():
            compartment.whiten(is_summer=is_summer)
            compartment.step(weather, feed)

    def _scene(self, step_s: float) -> Scene:
        clock = self._now + timedelta(seconds=self._clock_skew_s)
        hour = (clock.timestamp() / 3600.0 + LOCAL_OFFSET_H) % 24.0
        if hour < self._clock_hour:
            self._rain_mm = 0.0
        self._clock_hour = hour
        outdoors = self._weather.outdoors(self._now, self._rain_mm)
        self._rain_mm += (outdoors.weather.rain_mm_h + outdoors.weather.snow_mm_h) * step_s / 3600.0
        return Scene(outdoors, hour, self._flow_m3_h())

    def _flow_m3_h(self) -> dict[str | None, float]:
        """What flows now in each compartment, and in all of them."""
        flow: defaultdict[str | None, float] = defaultdict(float)
        for key, compartment in self._compartments.items():
            for place in (key, None):
                flow[place] += compartment.flow.pumped_l_h / 1000.0
        return flow

    def _power_kw(self) -> dict[str | None, float]:
        """What is drawn now in each compartment, and on the whole base."""
        power: defaultdict[str | None, float] = defaultdict(float, {None: BASE_LOAD_KW})
        for key, device in self._devices.items():
            for place in {self._places[key], None}:
                power[place] += device.power_kw
        return power

    def _truths(self, scene: Scene) -> dict[str | None, dict[Truth, float]]:
        share = self._since_step_s / CLIMATE_STEP_S
        truths: dict[str | None, dict[Truth, float]] = {
            key: compartment.truths(share) for key, compartment in self._compartments.items()
        }
        feed = self._feed()
        for found in truths.values():
            found[Truth.FEED_CONDUCTIVITY], found[Truth.FEED_ACIDITY] = feed.ec_ms_cm, feed.ph
        truths[None] = dict(scene.outdoors.truths)
        flow_m3_h, power_kw = self._flow_m3_h(), self._power_kw()
        for place, found in truths.items():
            found[Truth.ELECTRIC_POWER] = power_kw.get(place, 0.0)
            found[Truth.WATER_FLOW] = flow_m3_h.get(place, 0.0)
        return truths


def _drives(devices: Sequence[PlantDevice]) -> Mapping[str | None, Mapping[str, Sequence[str]]]:
    """Which devices of a compartment move what each point of its truth unit shows the position of."""
    found: defaultdict[str | None, defaultdict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for device in devices:
        for point in device.profile.points:
            position = position_shown_by(device.key, device.profile.key, point.key)
            if position is not None:
                found[device.compartment][position].append(device.key)
    return found
