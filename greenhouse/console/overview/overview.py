"""The first page: every compartment of the base with its climate, its setpoints and its actuators, and the weather."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from devices.profiles.outputs import OutputKind
from devices.samples import Origin
from greenhouse.agronomy.sun import sun_times
from greenhouse.commands.checks import LOCATION_LOCAL
from greenhouse.commands.target import CONTROL_LOCATION
from greenhouse.console.values.payloads import PointState
from greenhouse.console.values.shown_value import ShownValue
from greenhouse.site.basefile.schema import HouseKind
from greenhouse.site.roles import MOVING
from greenhouse.site.structure import BaseStructure, CompartmentStructure, PointStructure
from greenhouse.telemetry.codes import to_ms

Points = Mapping[str, PointStructure]
"""Points of one device by their key within it."""


@dataclass(frozen=True, slots=True)
class MeasureSpec:
    """One line of a card: what is measured, and the setpoints that say where it should stand.

    Attributes
    ----------
    second, second_label
        Another value that is read together with it, written small.
    kind : str
        ``band`` between two setpoints, ``ceiling`` under one, ``target`` around one.
    below, above : float
        How far the drawn scale reaches beyond the setpoints, canonical unit.
    fallback : (low, high)
        The scale while no setpoint is known.
    setpoints : tuple of (key, label)
        In the order in which they are offered.
    """

    label: str | Promise
    measured: str
    second: str | None
    second_label: str | Promise
    kind: Literal["band", "ceiling", "target"]
    low: str | None
    high: str | None
    below: float
    above: float
    fallback: tuple[float, float]
    setpoints: tuple[tuple[str, str | Promise], ...]


MEASURES = (
    MeasureSpec(
        label=pgettext_lazy("climate", "Air"),
        measured="air_temperature",
        second=None,
        second_label="",
        kind="band",
        low="heating_setpoint",
        high="ventilation_setpoint",
        below=4,
        above=4,
        fallback=(0, 40),
        setpoints=(
            ("heating_setpoint", pgettext_lazy("setpoint", "Heat")),
            ("ventilation_setpoint", pgettext_lazy("setpoint", "Vent")),
        ),
    ),
    MeasureSpec(
        label=pgettext_lazy("climate", "Humidity"),
        measured="relative_humidity",
        second="vapor_pressure_deficit",
        second_label=pgettext_lazy("vapor pressure deficit", "VPD"),
        kind="ceiling",
        low=None,
        high="humidity_setpoint",
        below=40,
        above=12,
        fallback=(30, 100),
        setpoints=(("humidity_setpoint", pgettext_lazy("setpoint", "Max")),),
    ),
    MeasureSpec(
        label="CO₂",
        measured="co2_concentration",
        second=None,
        second_label="",
        kind="target",
        low="co2_setpoint",
        high=None,
        below=500,
        above=300,
        fallback=(300, 1500),
        setpoints=(("co2_setpoint", pgettext_lazy("setpoint", "Target")),),
    ),
)


MEASURED_FOR: Mapping[str, str] = {
    **{key: spec.measured for spec in MEASURES for key, _label in spec.setpoints},
    "conductivity_setpoint": "conductivity",
    "acidity_setpoint": "acidity",
    "target_position": "position",
}
"""What a setpoint of a device wants to bring to a value, by keys within the device."""

WATER = ("conductivity", "acidity", "tank_level", "acid_tank_level")
"""What the overview shows of a unit that mixes nutrient solution, by keys within it."""

SUNS_FOR_DAYS = 40
"""A page may stay open for a month."""

_COVERS = frozenset({OutputKind.WINDER, OutputKind.THERMAL_SCREEN})
"""What lies over a house or its crop by night: the drawing of its card shows it."""
MODE_SIGNS = {"off": "off", "automatic": "auto", "manual": "manual"}
"""Signs of the modes that have one, by the English name that the profile gives to their number."""


@dataclass(frozen=True, slots=True)
class Setpoint:
    """A setpoint as offered on a card: the register as read, and the way to its sheet."""

    label: str | Promise
    reading: ShownValue


@dataclass(frozen=True, slots=True)
class Measure:
    """One line of a card with its values."""

    spec: MeasureSpec
    reading: ShownValue
    second: ShownValue | None
    low: ShownValue | None
    high: ShownValue | None
    setpoints: tuple[Setpoint, ...]


@dataclass(frozen=True, slots=True)
class Actuator:
    """Something that moves: where it stands, and what its motor does."""

    label: str
    position: ShownValue
    motion: ShownValue | None


@dataclass(frozen=True, slots=True)
class Control:
    """Who is in charge: the mode of the controller, unless a local switch keeps this system out."""

    mode: ShownValue
    location: ShownValue | None

    @property
    def signs(self) -> str:
        """Signs by the number of the mode, as JSON for the page's script."""
        states = self.mode.point.states
        return json.dumps({str(number): MODE_SIGNS[en] for number, _zh, en in states if en in MODE_SIGNS})

    @property
    def local_number(self) -> int:
        """Number of the control location that keeps this system out."""
        return LOCATION_LOCAL


@dataclass(frozen=True, slots=True)
class Card:
    """One compartment.

    Attributes
    ----------
    mode, location : ShownValue or None
        Operating mode of the controller, and whether its local switch keeps this system out.
    cover : ShownValue or None
        The blanket or thermal screen that is drawn in the section of the house.
    """

    key: str
    name: str
    kind: HouseKind
    is_simulated: bool
    mode: ShownValue | None
    location: ShownValue | None
    measures: tuple[Measure, ...]
    actuators: tuple[Actuator, ...]
    cover: ShownValue | None
    vents: tuple[ShownValue, ...]

    @property
    def control(self) -> Control | None:
        """Who is in charge of the compartment."""
        return None if self.mode is None else Control(self.mode, self.location)


@dataclass(frozen=True, slots=True)
class Outside:
    """The weather station's values."""

    temperature: ShownValue | None
    wind: ShownValue | None
    gust: ShownValue | None
    direction: ShownValue | None
    irradiance: ShownValue | None
    rain: ShownValue | None


@dataclass(frozen=True, slots=True)
class Overview:
    """The page."""

    base: BaseStructure
    cards: tuple[Card, ...]
    outside: Outside | None
    water: tuple[ShownValue, ...]
    """The nutrient solution and its tanks, of every unit that mixes one."""
    sun: tuple[tuple[str, int], ...]
    """The next sunrises and sunsets: name and time in milliseconds since 1970 UTC."""

    @property
    def is_simulated(self) -> bool:
        """Whether anything on the page is not measured."""
        states = (reading.state for reading in self._readings())
        shown = any(state is not None and state["origin"] == Origin.SIMULATED.value for state in states)
        return shown or any(card.is_simulated for card in self.cards)

    def points(self) -> frozenset[str]:
        """Keys of every point the page shows."""
        return frozenset(reading.key for reading in self._readings())

    def trend_points(self) -> tuple[str, ...]:
        """Keys of the points whose last hour is drawn."""
        return tuple(measure.reading.key for card in self.cards for measure in card.measures)

    def _readings(self) -> Iterator[ShownValue]:
        for card in self.cards:
            yield from (reading for reading in (card.mode, card.location, card.cover, *card.vents) if reading)
            for measure in card.measures:
                shown = (measure.reading, measure.second, measure.low, measure.high)
                yield from (reading for reading in shown if reading)
            for actuator in card.actuators:
                yield from (reading for reading in (actuator.position, actuator.motion) if reading)
        yield from self.water
        if self.outside:
            yield from (getattr(self.outside, name) for name in Outside.__slots__ if getattr(self.outside, name))


def overview(base: BaseStructure, states: Mapping[str, PointState], *, now: datetime) -> Overview:
    """The page of a base as it stands now.

    Parameters
    ----------
    states : mapping of point key to state
        The newest value of each point; a point that was never seen is missing.
    """
    draw = Draw(states, now)
    cards = tuple(draw.card(house.kind, part) for house in base.houses for part in house.compartments)
    station = weather_station(base)
    outside = None if station is None else draw.outside(station)
    units = [device for device in by_device(base.common_points) if WATER[0] in device]
    water = tuple(filter(None, (draw.reading(unit, key) for unit in units for key in WATER)))
    return Overview(base=base, cards=cards, outside=outside, water=water, sun=_next_suns(base, now))


def measured_for(base: BaseStructure, point: PointStructure) -> PointStructure | None:
    """What a setpoint wants to bring to a value."""
    return base.points.get(f"{point.device}.{MEASURED_FOR.get(point.local_key, '')}")


def on_sheet(base: BaseStructure, point: PointStructure) -> list[str]:
    """Keys of the points whose values the sheet of a point shows: itself, what is read back, what is measured."""
    measured = measured_for(base, point)
    readback = base.points.get(point.readback or "")
    return [found.key for found in (point, readback, measured) if found is not None]


def weather_station(base: BaseStructure) -> Points | None:
    """Points of the first weather station of the base."""
    return next((device for device in by_device(base.common_points) if "wind_speed" in device), None)


@dataclass(frozen=True, slots=True)
class Draw:
    """Makes readings of points at one moment."""

    states: Mapping[str, PointState]
    now: datetime

    def reading(self, device: Points, key: str | None) -> ShownValue | None:
        """The value of a device's point, or None if the device has no such point."""
        point = device.get(key) if key else None
        return None if point is None else ShownValue(point, self.states.get(point.key), self.now)

    def card(self, kind: HouseKind, compartment: CompartmentStructure) -> Card:
        """The card of a compartment."""
        devices = by_device(compartment.points)
        controller: Points = next((device for device in devices if "operating_mode" in device), {})
        movers = [device for device in devices if moves(device) is not None]
        actuators = tuple(filter(None, (self._actuator(device) for device in movers)))
        screen = self.reading(controller, "thermal_screen_position") if kind is HouseKind.GLASSHOUSE else None
        if screen is not None:
            actuators = (Actuator(str(_("thermal screen")), screen, None), *actuators)
        covers = (self.reading(device, "position") for device in movers if moves(device) in _COVERS)
        vents = (self.reading(device, "position") for device in movers if moves(device) is OutputKind.VENT)
        measures = tuple(filter(None, (self._measure(spec, controller) for spec in MEASURES)))
        return Card(
            key=compartment.key,
            name=compartment.name,
            kind=kind,
            is_simulated=self._is_simulated(compartment),
            mode=self.reading(controller, "operating_mode"),
            location=self.reading(controller, CONTROL_LOCATION),
            measures=measures,
            actuators=actuators,
            cover=screen or next(covers, None),
            vents=tuple(filter(None, vents)),
        )

    def outside(self, station: Points) -> Outside:
        """The values of a weather station."""
        return Outside(
            temperature=self.reading(station, "air_temperature"),
            wind=self.reading(station, "wind_speed"),
            gust=self.reading(station, "wind_gust"),
            direction=self.reading(station, "wind_direction"),
            irradiance=self.reading(station, "irradiance"),
            rain=self.reading(station, "rain_state"),
        )

    def _measure(self, spec: MeasureSpec, controller: Points) -> Measure | None:
        reading = self.reading(controller, spec.measured)
        if reading is None:
            return None
        offered = ((label, self.reading(controller, key)) for key, label in spec.setpoints)
        return Measure(
            spec=spec,
            reading=reading,
            second=self.reading(controller, spec.second),
            low=self.reading(controller, spec.low),
            high=self.reading(controller, spec.high),
            setpoints=tuple(Setpoint(label, setpoint) for label, setpoint in offered if setpoint),
        )

    def _actuator(self, device: Points) -> Actuator | None:
        position = self.reading(device, "position")
        if position is None:
            return None
        return Actuator(position.point.label, position, self.reading(device, "motor_state"))

    def _is_simulated(self, compartment: CompartmentStructure) -> bool:
        found = (self.states.get(key) for key in compartment.points)
        return any(state is not None and state["origin"] == Origin.SIMULATED.value for state in found)


def by_device(points: Mapping[str, PointStructure]) -> list[Points]:
    """Points by device, in the order of the base file."""
    found: defaultdict[str, dict[str, PointStructure]] = defaultdict(dict)
    for point in points.values():
        if point.device is not None:
            found[point.device][point.local_key] = point
    return list(found.values())


def moves(device: Points) -> OutputKind | None:
    """What a device drives from one end to the other; None: nothing."""
    kinds = {point.output_kind for point in device.values() if point.output_kind in MOVING}
    return next(iter(kinds), None)


def _next_suns(base: BaseStructure, now: datetime) -> tuple[tuple[str, int], ...]:
    today = now.astimezone(ZoneInfo(base.time_zone)).date()
    found: list[tuple[str, int]] = []
    for day in (today + timedelta(days=number) for number in range(SUNS_FOR_DAYS)):
        times = sun_times(day, latitude_deg=base.latitude_deg, longitude_deg=base.longitude_deg)
        for name, moment in (("sunrise", times.sunrise), ("sunset", times.sunset)):
            if moment is not None and moment > now:
                found.append((name, to_ms(moment)))
    return tuple(found)
