"""What a simulated device feels: its instruments, and what it computes from them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from devices.profiles.schema import DeviceProfile, PointSpec
from devices.simulator.instrument import POWER_FACTOR, share_of
from devices.units import Quantity, conversion
from greenhouse.plant.instruments import instrument
from greenhouse.plant.moist_air import saturation_pa
from greenhouse.plant.noise import NoiseKey, noise_key
from greenhouse.plant.point_sources import Computed, Felt, Source, Truth, source_of
from greenhouse.plant.sensors import SOUND, Sensor, SensorState, follow, reading, sensor_at, shown

LINE_VOLTAGE_V = 231.0
_LUX_PER_W_M2 = 110.0
_MICROMOLE_PER_JOULE = 2.1
_PIPE_AREA_M2 = math.pi * 0.025**2
_SALINITY_PER_MS_CM = 550.0
_INSTRUMENT_OF = {
    Truth.AIR_TEMPERATURE: "air_temperature",
    Truth.RELATIVE_HUMIDITY: "relative_humidity",
    Truth.IRRADIANCE: "irradiance",
    Truth.ROOT_MOISTURE: "substrate_moisture",
    Truth.ROOT_CONDUCTIVITY: "conductivity",
}
SHARED_TRUTHS = frozenset({Truth.WATER_FLOW, Truth.ELECTRIC_POWER})


class Probe:
    """One instrument of a device: late, a little wrong, now and then without a value."""

    __slots__ = ("_key", "_sensor", "_state")

    def __init__(self, kind: str, key: NoiseKey) -> None:
        self._sensor: Sensor = instrument(kind)
        self._key = key
        self._state: SensorState | None = None

    def follow(self, truth: float, dt_s: float) -> None:
        """Feel the truth for a while; at the first time it has already settled. [s]"""
        before = self._state
        self._state = sensor_at(truth) if before is None else follow(before, truth, self._sensor, dt_s)

    def read(self, step: int) -> float | None:
        """What it says at a step."""
        return None if self._state is None else shown(reading(self._state, self._key, step, self._sensor, SOUND))


def instruments_of(profile: DeviceProfile, place: str | None, key: str) -> dict[Truth, tuple[str, str]]:
    """The instruments of a device: what each feels, its kind, and the name that its noise follows from."""
    found: dict[Truth, tuple[str, str]] = {}
    for point in profile.points:
        source = source_of(profile, point, place)
        if isinstance(source, Felt):
            kinds = {source.truth: source.instrument}
        elif isinstance(source, Computed):
            kinds = {truth: None if source.is_exact else _INSTRUMENT_OF.get(truth) for truth in source.truths}
        else:
            continue
        for truth, kind in kinds.items():
            if kind is not None and truth not in found:
                found[truth] = kind, f"{key}.{point.key}"
    return found


class Probes:
    """All instruments of a device, and the points that show them.

    Parameters
    ----------
    place : str or None
        The compartment that the device stands in.
    sharing : int
        How many meters of this kind share what flows at the place.
    """

    def __init__(self, key: str, profile: DeviceProfile, place: str | None, *, sharing: int, seed: int) -> None:
        self._sharing = sharing
        self._points = {point.key: point for point in profile.points}
        self._sources: dict[str, Source] = {}
        self._probes: dict[Truth, Probe] = {}
        self._truths: Mapping[Truth, float] = {}
        for point in profile.points:
            source = source_of(profile, point, place)
            if isinstance(source, Felt | Computed):
                self._sources[point.key] = source
        for truth, (kind, name) in instruments_of(profile, place, key).items():
            self._probes[truth] = Probe(kind, noise_key(name, seed))

    def follow(self, truths: Mapping[Truth, float], dt_s: float) -> None:
        """Feel what is true around the device for a while. [s]"""
        self._truths = truths
        for truth, probe in self._probes.items():
            if truth in truths:
                probe.follow(truths[truth], dt_s)

    def has(self, point: str) -> bool:
        """Whether a point is felt or computed."""
        return point in self._sources

    def felt(self, truth: Truth, step: int) -> float | None:
        """What the device's own program knows of a truth; None where its instrument has no value."""
        probe = self._probes.get(truth)
        if probe is not None:
            return probe.read(step)
        value = self._truths.get(truth)
        return value / self._sharing if value is not None and truth in SHARED_TRUTHS else value

    def value(self, point: str, step: int) -> float | None:
        """What a point shows that is felt or computed, within the range of its register."""
        source, spec = self._sources.get(point), self._points[point]
        if isinstance(source, Felt):
            found = self.felt(source.truth, step)
            return None if found is None else within_range(found * share_of(spec), spec)
        if not isinstance(source, Computed):
            return None
        felt = [self.felt(truth, step) for truth in source.truths]
        known = [value for value in felt if value is not None]
        if len(known) < len(felt):
            return None
        return within_range(COMPUTED[spec.quantity](known) * share_of(spec), spec)


def within_range(value: float, point: PointSpec) -> float:
    """A register ends at its range: no reading passes it."""
    if point.valid is None:
        return value
    to_canonical = conversion(point.quantity, point.unit)
    low, high = sorted(to_canonical.apply(limit) for limit in point.valid)
    return min(max(value, low), high)


def _deficit_kpa(felt: Sequence[float]) -> float:
    air_c, humidity_pct = felt
    return saturation_pa(air_c) * max(0.0, 1.0 - humidity_pct / 100.0) / 1000.0


def _apparent_va(felt: Sequence[Any]) -> Any:  # noqa: ANN401 - numbers or arrays
    return 1000.0 * felt[0] / POWER_FACTOR


COMPUTED: Mapping[Quantity, Callable[[Sequence[Any]], Any]] = {
    Quantity.VAPOR_PRESSURE_DEFICIT: _deficit_kpa,
    Quantity.PHOTON_FLUX_DENSITY: lambda felt: _MICROMOLE_PER_JOULE * felt[0],
    Quantity.ILLUMINANCE: lambda felt: _LUX_PER_W_M2 * felt[0],
    Quantity.FLOW_VELOCITY: lambda felt: felt[0] / 3600.0 / _PIPE_AREA_M2,
    Quantity.CURRENT: lambda felt: _apparent_va(felt) / 3.0 / LINE_VOLTAGE_V,
    Quantity.APPARENT_POWER: _apparent_va,
    Quantity.REACTIVE_POWER: lambda felt: _apparent_va(felt) * math.sqrt(1.0 - POWER_FACTOR**2),
    Quantity.SUBSTRATE_PERMITTIVITY: lambda felt: 4.0 + 0.5 * felt[0],
    Quantity.SALINITY: lambda felt: _SALINITY_PER_MS_CM * felt[0],
}
"""What a device computes from what it feels. All but the deficit take arrays as well."""
