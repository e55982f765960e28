"""Charts that are asked for again and again, one tap away, and all points to choose from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

from devices.units import Quantity
from greenhouse.console.trends.query import MOST_POINTS
from greenhouse.console.values.quantities import quantity_name
from greenhouse.site.structure import BaseStructure, CompartmentStructure, PointStructure


@dataclass(frozen=True, slots=True)
class Preset:
    """A chart of one compartment: points by their keys within a device, the weather's after them."""

    key: str
    name: str | Promise
    local_keys: tuple[str, ...]
    weather: tuple[str, ...] = ()


PRESETS = (
    Preset(
        "temperature",
        pgettext_lazy("chart", "Temperature with setpoints"),
        ("air_temperature", "heating_setpoint", "ventilation_setpoint"),
        ("air_temperature",),
    ),
    Preset(
        "humidity",
        pgettext_lazy("chart", "Humidity"),
        ("relative_humidity", "humidity_setpoint", "vapor_pressure_deficit"),
    ),
    Preset("co2", "CO₂", ("co2_concentration", "co2_setpoint")),
    Preset(
        "openings",
        pgettext_lazy("chart", "Temperature and openings"),
        ("air_temperature", "ventilation_setpoint", "position", "thermal_screen_position"),
    ),
    Preset("light", pgettext_lazy("chart", "Light"), ("irradiance_inside", "photon_flux_density"), ("irradiance",)),
    Preset(
        "roots",
        pgettext_lazy("chart", "Root zone"),
        ("substrate_temperature", "substrate_moisture", "conductivity"),
    ),
)
WEATHER = Preset(
    "weather",
    pgettext_lazy("chart", "Weather"),
    (),
    ("air_temperature", "irradiance", "wind_speed", "wind_gust", "wind_direction", "rain_state"),
)
ALL_HOUSES = Preset("houses", pgettext_lazy("chart", "Air in all houses"), ("air_temperature",))
_MARKS_A_WEATHER_STATION = "wind_speed"


def preset_points(base: BaseStructure, preset: str, compartment: str) -> tuple[str, ...]:
    """Keys of the points of a preset; none if there is no such preset, or nothing of it in this compartment."""
    parts = tuple(base.compartments.values())
    if preset == ALL_HOUSES.key:
        firsts = (next(iter(_points(part, ALL_HOUSES.local_keys[0])), None) for part in parts)
        return tuple(filter(None, firsts))[:MOST_POINTS]
    wanted = next((one for one in (*PRESETS, WEATHER) if one.key == preset), None)
    if wanted is None:
        return ()
    part = base.compartments.get(compartment, parts[0] if parts else None)
    inside = [] if part is None else [key for local in wanted.local_keys for key in _points(part, local)]
    return tuple(dict.fromkeys([*inside, *_weather(base, wanted.weather)]))[:MOST_POINTS]


def _points(part: CompartmentStructure, local_key: str) -> Sequence[str]:
    """Keys of a compartment's points of this name. Of the controller alone, except positions: there all count."""
    found = [point for point in part.points.values() if point.local_key == local_key]
    main = [point.key for point in found if point.device == _controller(part)]
    return [point.key for point in found] if local_key == "position" or not main else main


def _controller(part: CompartmentStructure) -> str | None:
    return next((point.device for point in part.points.values() if point.local_key == "operating_mode"), None)


def _weather(base: BaseStructure, local_keys: Collection[str]) -> Iterator[str]:
    points = base.common_points.values()
    station = next((point.device for point in points if point.local_key == _MARKS_A_WEATHER_STATION), None)
    for local_key in local_keys:
        yield from (point.key for point in points if point.device == station and point.local_key == local_key)


@dataclass(frozen=True, slots=True)
class PickedPoint:
    """A point to choose."""

    point: PointStructure
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class PickerPlace:
    """The points of a place by quantity, in the order of the base file."""

    key: str
    name: str
    groups: Mapping[str, Sequence[PickedPoint]]

    @property
    def chosen(self) -> int:
        """How many of them are chosen."""
        return sum(one.is_chosen for group in self.groups.values() for one in group)


def picker(base: BaseStructure, chosen: Collection[str]) -> list[PickerPlace]:
    """Every point that is read, by place and quantity."""
    inside = [(part.key, part.name, part.points) for part in base.compartments.values()]
    places = [*inside, ("", base.name, base.common_points)]
    return [PickerPlace(key, name, _groups(points.values(), chosen)) for key, name, points in places if points]


def _groups(points: Collection[PointStructure], chosen: Collection[str]) -> Mapping[str, Sequence[PickedPoint]]:
    groups: defaultdict[Quantity, list[PickedPoint]] = defaultdict(list)
    for point in points:
        if point.access.can_read:
            groups[point.quantity].append(PickedPoint(point, point.key in chosen))
    return {quantity_name(quantity): found for quantity, found in groups.items()}
