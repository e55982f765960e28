"""The page of one compartment, and the same page of what serves the whole base.

Everything of a place that can be read, and everything that can be changed there: one tap from here to its sheet.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from devices.samples import Origin
from greenhouse.commands.checks import SET
from greenhouse.commands.target import CONTROL_LOCATION
from greenhouse.console.house.actuators import ActuatorDetail, actuators
from greenhouse.console.overview.overview import MEASURES, Card, Draw, Points, by_device, moves, weather_station
from greenhouse.console.points.standing import PointRow, wrong_points
from greenhouse.console.values.payloads import PointState
from greenhouse.console.values.shown_value import ShownValue
from greenhouse.site import structure
from greenhouse.site.basefile.schema import HouseKind
from greenhouse.site.naming import in_readers_language
from greenhouse.site.structure import (
    BaseStructure,
    CompartmentStructure,
    DeviceStructure,
    HouseStructure,
    PointStructure,
)
from greenhouse.site.virtual_points import LINK

PERIODS_H: Mapping[int, Promise] = {
    6: _("6 h"),
    24: _("24 h"),
    72: _("3 days"),
    168: _("7 days"),
}
"""Lengths of time that the curves can be asked for. [h]"""
USUAL_PERIOD_H = 24

_DRAWN_ELSEWHERE = frozenset(
    {"position", "motor_state", "wind_lockout", "thermal_screen_position", CONTROL_LOCATION, LINK}
    | {spec.measured for spec in MEASURES}
    | {spec.second for spec in MEASURES if spec.second}
)


@dataclass(frozen=True, slots=True)
class Place:
    """What a page is about.

    Attributes
    ----------
    key : str or None
        Key of the compartment. None: what serves the whole base.
    house : HouseStructure or None
        The house that the compartment is a part of.
    """

    key: str | None
    name: str
    points: Mapping[str, PointStructure]
    house: HouseStructure | None = None
    compartment: CompartmentStructure | None = None

    @property
    def has_screen(self) -> bool:
        """Whether a thermal screen hangs in it; a solar greenhouse has a blanket instead."""
        return self.house is not None and self.house.kind is HouseKind.GLASSHOUSE


@dataclass(frozen=True, slots=True)
class Setpoints:
    """What can be set on one device."""

    device: str
    readings: tuple[ShownValue, ...]


@dataclass(frozen=True, slots=True)
class DeviceValues:
    """What a device says besides what is drawn: its link first.

    Attributes
    ----------
    is_first : bool
        Whether people want to see it without asking.
    """

    name: str
    link: ShownValue | None
    readings: tuple[ShownValue, ...]
    is_first: bool


@dataclass(frozen=True, slots=True)
class HousePage:
    """The page of a place.

    Attributes
    ----------
    curves : tuple of str
        Keys of the points that are drawn over the chosen time.
    read : int
        How many points of the place are read.
    """

    place: Place
    card: Card | None
    outside: ShownValue | None
    actuators: tuple[ActuatorDetail, ...]
    setpoints: tuple[Setpoints, ...]
    values: tuple[DeviceValues, ...]
    curves: tuple[str, ...]
    hours: int
    wrong: tuple[PointRow, ...]
    read: int
    is_simulated: bool

    @property
    def live(self) -> int:
        """How many of the values are live and good."""
        return self.read - len(self.wrong)

    @property
    def query(self) -> str:
        """What the chart asks the server for."""
        return urlencode({"points": ",".join(self.curves), "hours": self.hours}, safe=",")


def place_of(base: BaseStructure, key: str) -> Place | None:
    """The compartment with this key."""
    for house in base.houses:
        for part in house.compartments:
            if part.key == key:
                return Place(part.key, part.name, part.points, house, part)
    return None


def shared_place(base: BaseStructure) -> Place:
    """What serves the whole base: water, meters, weather, the control process."""
    return Place(None, str(_("Shared equipment")), base.common_points)


def neighbors(base: BaseStructure, key: str) -> tuple[CompartmentStructure, CompartmentStructure] | None:
    """The compartments before and after one, in a ring; None where there is only one."""
    parts = list(base.compartments.values())
    at = list(base.compartments).index(key)
    return None if len(parts) < 2 else (parts[at - 1], parts[(at + 1) % len(parts)])


def house_page(
    base: BaseStructure, place: Place, states: Mapping[str, PointState], *, hours: int, now: datetime
) -> HousePage:
    """The page of a place as it stands now."""
    draw = Draw(states, now)
    card = None if place.house is None or place.compartment is None else draw.card(place.house.kind, place.compartment)
    station = weather_station(base) or {}
    devices = {device.key: device for device in structure.devices()}
    found = [states[key] for key in place.points if key in states]
    return HousePage(
        place=place,
        card=card,
        outside=draw.reading(station, "air_temperature"),
        actuators=tuple(
            actuators(place.points, draw, None if card is None else card.control, has_screen=place.has_screen)
        ),
        setpoints=tuple(_setpoints(place, draw, devices)),
        values=tuple(_values(place, draw, devices)),
        curves=_curves(place, station),
        hours=hours,
        wrong=tuple(wrong_points(base, states, now=now, of=place.points.keys())),
        read=sum(point.access.can_read for point in place.points.values()),
        is_simulated=any(state["origin"] == Origin.SIMULATED.value for state in found),
    )


def topic_points(base: BaseStructure, place: Place) -> frozenset[str]:
    """Keys of every point that the page of a place shows."""
    station = weather_station(base) or {}
    outside = station.get("air_temperature")
    return frozenset(place.points) | (frozenset() if outside is None else {outside.key})


def is_set_by_people(point: PointStructure) -> bool:
    """Whether people change this point from here: a setpoint or a mode of a controller, never an output itself."""
    return point.is_writable and point.access.can_read and point.output_kind in SET


def _setpoints(place: Place, draw: Draw, devices: Mapping[str, DeviceStructure]) -> Iterator[Setpoints]:
    for device in by_device(place.points):
        keys = [key for key, point in device.items() if is_set_by_people(point)]
        readings = tuple(filter(None, (draw.reading(device, key) for key in keys)))
        if readings:
            yield Setpoints(_device_name(place, device, devices), readings)


def _values(place: Place, draw: Draw, devices: Mapping[str, DeviceStructure]) -> Iterator[DeviceValues]:
    for device in [*by_device(place.points), *_own(place.points)]:
        shown = [key for key, point in device.items() if _is_value(point) and key not in _DRAWN_ELSEWHERE]
        readings = tuple(filter(None, (draw.reading(device, key) for key in shown)))
        yield DeviceValues(
            name=_device_name(place, device, devices),
            link=draw.reading(device, LINK),
            readings=readings,
            is_first="operating_mode" in device or "conductivity" in device,
        )


def _own(points: Mapping[str, PointStructure]) -> list[Points]:
    """Points of the control process itself."""
    own = {point.local_key: point for point in points.values() if point.device is None}
    return [own] if own else []


def _is_value(point: PointStructure) -> bool:
    is_output = point.output_kind is not None and point.output_kind.is_direct
    return point.access.can_read and not is_output and not is_set_by_people(point)


def _device_name(place: Place, device: Points, devices: Mapping[str, DeviceStructure]) -> str:
    """Name of a device as people call it who stand in the place already: without the name of the place."""
    if moves(device) is not None and "position" in device:
        return device["position"].label
    known = devices.get(next(iter(device.values())).device or "")
    if known is None:
        return str(_("control process"))
    name = in_readers_language(known.name_zh, known.name_en)
    if name.startswith(place.name):
        return name.removeprefix(place.name) or name
    affix = f" of {place.name}"
    return name[: -len(affix)] if name.casefold().endswith(affix.casefold()) else name


_TEMPERATURES = ("air_temperature", "heating_setpoint", "ventilation_setpoint")
_MOVED = ("thermal_screen_position", "heating_demand")
_AIR_AND_LIGHT = (
    "relative_humidity",
    "humidity_setpoint",
    "vapor_pressure_deficit",
    "co2_concentration",
    "co2_setpoint",
    "irradiance_inside",
)
_OF_THE_BASE = (
    "conductivity",
    "conductivity_setpoint",
    "acidity",
    "acidity_setpoint",
    "air_temperature",
    "irradiance",
    "wind_speed",
    "wind_gust",
)


def _curves(place: Place, station: Points) -> tuple[str, ...]:
    """What is worth a curve: temperatures, what moved, then the air and the light; for the base its water."""
    devices = by_device(place.points)
    if place.compartment is None:
        return tuple(device[key].key for key in _OF_THE_BASE for device in devices if key in device)
    controller: Points = next((device for device in devices if "operating_mode" in device), {})
    moved = [device["position"].key for device in devices if moves(device) is not None and "position" in device]
    if not controller and not moved:
        return ()
    return (
        *_keys(controller, _TEMPERATURES),
        *_keys(station, ("air_temperature",)),
        *moved,
        *_keys(controller, _MOVED if place.has_screen else _MOVED[1:]),
        *_keys(controller, _AIR_AND_LIGHT),
        *_keys(station, ("irradiance",)),
    )


def _keys(device: Points, wanted: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(device[key].key for key in wanted if key in device)
