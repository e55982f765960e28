"""Where each point of a simulated device gets its value from: the table between device profiles and the plant model.

A point that can be written is the device's own memory. Everything else is felt by an instrument, computed by the device
from what its other points show, or known to the device because it drives or counts it (ADR 22).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from devices.profiles.schema import DeviceProfile, PointSpec
from devices.units import Quantity


class Truth(StrEnum):
    """What is true in the plant at a place, in the canonical unit of its quantity."""

    AIR_TEMPERATURE = "air_temperature"
    RELATIVE_HUMIDITY = "relative_humidity"
    CO2 = "co2"
    IRRADIANCE = "irradiance"
    FLOOR_TEMPERATURE = "floor_temperature"
    PIPE_TEMPERATURE = "pipe_temperature"
    CANOPY_TEMPERATURE = "canopy_temperature"
    ROOT_TEMPERATURE = "root_temperature"
    ROOT_MOISTURE = "root_moisture"
    ROOT_CONDUCTIVITY = "root_conductivity"
    WIND_SPEED = "wind_speed"
    WIND_GUST = "wind_gust"
    WIND_DIRECTION = "wind_direction"
    RAIN_DEPTH = "rain_depth"
    RAIN_STATE = "rain_state"
    AIR_PRESSURE = "air_pressure"
    DUST = "dust"
    FEED_CONDUCTIVITY = "feed_conductivity"
    FEED_ACIDITY = "feed_acidity"
    WATER_TEMPERATURE = "water_temperature"
    WATER_PRESSURE = "water_pressure"
    WATER_FLOW = "water_flow"
    CROP_WATER_FLOW = "crop_water_flow"
    ELECTRIC_POWER = "electric_power"


TRUTH_QUANTITY: Mapping[Truth, Quantity] = {
    Truth.AIR_TEMPERATURE: Quantity.TEMPERATURE,
    Truth.RELATIVE_HUMIDITY: Quantity.RELATIVE_HUMIDITY,
    Truth.CO2: Quantity.CO2_CONCENTRATION,
    Truth.IRRADIANCE: Quantity.IRRADIANCE,
    Truth.FLOOR_TEMPERATURE: Quantity.TEMPERATURE,
    Truth.PIPE_TEMPERATURE: Quantity.TEMPERATURE,
    Truth.CANOPY_TEMPERATURE: Quantity.TEMPERATURE,
    Truth.ROOT_TEMPERATURE: Quantity.TEMPERATURE,
    Truth.ROOT_MOISTURE: Quantity.SUBSTRATE_MOISTURE,
    Truth.ROOT_CONDUCTIVITY: Quantity.CONDUCTIVITY,
    Truth.WIND_SPEED: Quantity.WIND_SPEED,
    Truth.WIND_GUST: Quantity.WIND_SPEED,
    Truth.WIND_DIRECTION: Quantity.WIND_DIRECTION,
    Truth.RAIN_DEPTH: Quantity.RAIN_DEPTH,
    Truth.RAIN_STATE: Quantity.STATE,
    Truth.AIR_PRESSURE: Quantity.AIR_PRESSURE,
    Truth.DUST: Quantity.DUST_CONCENTRATION,
    Truth.FEED_CONDUCTIVITY: Quantity.CONDUCTIVITY,
    Truth.FEED_ACIDITY: Quantity.ACIDITY,
    Truth.WATER_TEMPERATURE: Quantity.TEMPERATURE,
    Truth.WATER_PRESSURE: Quantity.WATER_PRESSURE,
    Truth.WATER_FLOW: Quantity.FLOW,
    Truth.CROP_WATER_FLOW: Quantity.FLOW,
    Truth.ELECTRIC_POWER: Quantity.POWER,
}


@dataclass(frozen=True, slots=True)
class Felt:
    """Truth through an instrument of a kind in ``greenhouse.plant.instruments``; None: shown as it is."""

    truth: Truth
    instrument: str | None = None


@dataclass(frozen=True, slots=True)
class Computed:
    """By the device's own program from what it feels: a wrong sensor makes it wrong as well.

    ``is_exact``: from the truths themselves, without instruments.
    """

    truths: tuple[Truth, ...]
    is_exact: bool = False


class Own(StrEnum):
    """What a device knows without an instrument."""

    SETTING = "setting"
    COUNT = "count"
    STATE = "state"
    METER = "meter"


Source = Felt | Computed | Own
"""``Own.SETTING`` was written; ``Own.COUNT`` is a position by run time, the believed one; ``Own.METER`` adds up."""


class Place(StrEnum):
    """Where an instrument stands: what its temperature is depends on it."""

    OUTSIDE = "outside"
    INSIDE = "inside"
    IN_GROUND = "in_ground"


TRUTH_PROFILE = "plant-truth"
"""Profile of a truth unit: a device that nobody could build, which shows what is true in its compartment.

Its points are called as the truths, as the quantities that are computed from them, and as the positions of drives.
"""

_AIR = Felt(Truth.AIR_TEMPERATURE, "air_temperature")
_HUMIDITY = Felt(Truth.RELATIVE_HUMIDITY, "relative_humidity")
_WIND = Felt(Truth.WIND_SPEED, "wind_speed")
_SUN = Felt(Truth.IRRADIANCE, "irradiance")
_DEFICIT_OF = (Truth.AIR_TEMPERATURE, Truth.RELATIVE_HUMIDITY)
_LIGHT = Computed((Truth.IRRADIANCE,))
_POWER = Computed((Truth.ELECTRIC_POWER,))
_OWN_BITS = {"status_bits": Own.STATE, "alarm_bits": Own.STATE}
_POSITIONS = ("blanket", "controller_vent", "roof_vent", "bottom_vent", "lee_vent", "windward_vent", "screen", "shade")
_SHOWN_TRUTHS = (
    Truth.AIR_TEMPERATURE,
    Truth.RELATIVE_HUMIDITY,
    Truth.CO2,
    Truth.IRRADIANCE,
    Truth.CANOPY_TEMPERATURE,
    Truth.FLOOR_TEMPERATURE,
    Truth.PIPE_TEMPERATURE,
    Truth.ROOT_TEMPERATURE,
    Truth.ROOT_MOISTURE,
    Truth.ROOT_CONDUCTIVITY,
    Truth.FEED_CONDUCTIVITY,
    Truth.FEED_ACIDITY,
    Truth.WATER_FLOW,
    Truth.CROP_WATER_FLOW,
    Truth.WATER_PRESSURE,
)
_MOTOR = {"position": Own.COUNT, "motor_state": Own.STATE, "motor_current": Own.STATE, "control_location": Own.STATE}

POINTS_OF_PROFILE: Mapping[str, Mapping[str, Source]] = {
    "climate-controller": {
        "air_temperature": _AIR,
        "relative_humidity": _HUMIDITY,
        "vapor_pressure_deficit": Computed(_DEFICIT_OF),
        "co2_concentration": Felt(Truth.CO2, "co2"),
        "irradiance_inside": _SUN,
        "photon_flux_density": _LIGHT,
        "substrate_temperature": Felt(Truth.ROOT_TEMPERATURE, "ground_temperature"),
        "substrate_moisture": Felt(Truth.ROOT_MOISTURE, "substrate_moisture"),
        "floor_temperature": Felt(Truth.FLOOR_TEMPERATURE, "ground_temperature"),
        "heating_pipe_temperature": Felt(Truth.PIPE_TEMPERATURE, "ground_temperature"),
        "vent_position": Own.COUNT,
        "thermal_screen_position": Own.COUNT,
        "heating_demand": Own.STATE,
        "day_period": Own.STATE,
        "control_location": Own.STATE,
        **_OWN_BITS,
    },
    "blanket-winder": {
        **_MOTOR,
        "run_seconds": Own.STATE,
        "end_switch_up": Own.STATE,
        "end_switch_down": Own.STATE,
    },
    "vent-motor": {**_MOTOR, "wind_lockout": Own.STATE},
    "screen-motor": _MOTOR,
    "shading-net-motor": {**_MOTOR, "wind_lockout": Own.STATE},
    "valve-block-8": {
        **{f"remaining_{number}": Own.STATE for number in range(1, 9)},
        "line_pressure": Felt(Truth.WATER_PRESSURE),
        "flow": Felt(Truth.WATER_FLOW),
        "total_volume": Own.METER,
    },
    "water-fertilizer-unit": {
        "conductivity": Felt(Truth.FEED_CONDUCTIVITY, "conductivity"),
        "acidity": Felt(Truth.FEED_ACIDITY, "acidity"),
        "water_temperature": Felt(Truth.WATER_TEMPERATURE, "ground_temperature"),
        "flow": Felt(Truth.WATER_FLOW),
        "line_pressure": Felt(Truth.WATER_PRESSURE),
        "tank_level": Own.STATE,
        "acid_tank_level": Own.STATE,
        "total_volume": Own.METER,
        **_OWN_BITS,
    },
    "weather-station": {
        "air_temperature": _AIR,
        "relative_humidity": _HUMIDITY,
        "wind_speed": _WIND,
        "wind_gust": Felt(Truth.WIND_GUST, "wind_speed"),
        "wind_direction": Felt(Truth.WIND_DIRECTION),
        "irradiance": _SUN,
        "rain_depth": Felt(Truth.RAIN_DEPTH),
        "rain_state": Felt(Truth.RAIN_STATE),
        "air_pressure": Felt(Truth.AIR_PRESSURE),
        "dust_concentration": Felt(Truth.DUST),
    },
    TRUTH_PROFILE: {
        **{truth.value: Felt(truth) for truth in _SHOWN_TRUTHS},
        "vapor_pressure_deficit": Computed(_DEFICIT_OF, is_exact=True),
        "photon_flux_density": Computed((Truth.IRRADIANCE,), is_exact=True),
        **{f"{drive}_position": Own.STATE for drive in _POSITIONS},
        "plant_faults": Own.STATE,
        "device_faults": Own.STATE,
        "shared_device_faults": Own.STATE,
    },
}
"""Profiles with a program of their own. Every other profile is an instrument, known by its quantities."""

_INSTRUMENT: Mapping[Quantity, Source] = {
    Quantity.TEMPERATURE: _AIR,
    Quantity.RELATIVE_HUMIDITY: _HUMIDITY,
    Quantity.VAPOR_PRESSURE_DEFICIT: Computed(_DEFICIT_OF),
    Quantity.CO2_CONCENTRATION: Felt(Truth.CO2, "co2"),
    Quantity.IRRADIANCE: _SUN,
    Quantity.ILLUMINANCE: _LIGHT,
    Quantity.PHOTON_FLUX_DENSITY: _LIGHT,
    Quantity.FLOW: Felt(Truth.WATER_FLOW),
    Quantity.FLOW_VELOCITY: Computed((Truth.WATER_FLOW,)),
    Quantity.VOLUME: Own.METER,
    Quantity.ENERGY: Own.METER,
    Quantity.POWER: Felt(Truth.ELECTRIC_POWER),
    Quantity.VOLTAGE: Own.STATE,
    Quantity.FREQUENCY: Own.STATE,
    Quantity.POWER_FACTOR: Own.STATE,
    Quantity.STATUS_BITS: Own.STATE,
    Quantity.STATE: Own.STATE,
    Quantity.CODE: Own.STATE,
    Quantity.DURATION: Own.STATE,
    **dict.fromkeys((Quantity.CURRENT, Quantity.APPARENT_POWER, Quantity.REACTIVE_POWER), _POWER),
}
_OUTSIDE: Mapping[Quantity, Source] = {
    Quantity.WIND_SPEED: _WIND,
    Quantity.WIND_DIRECTION: Felt(Truth.WIND_DIRECTION),
    Quantity.AIR_PRESSURE: Felt(Truth.AIR_PRESSURE),
    Quantity.DUST_CONCENTRATION: Felt(Truth.DUST),
    Quantity.RAIN_DEPTH: Felt(Truth.RAIN_DEPTH),
}
_IN_GROUND: Mapping[Quantity, Source] = {
    Quantity.TEMPERATURE: Felt(Truth.ROOT_TEMPERATURE, "ground_temperature"),
    Quantity.SUBSTRATE_MOISTURE: Felt(Truth.ROOT_MOISTURE, "substrate_moisture"),
    Quantity.SUBSTRATE_PERMITTIVITY: Computed((Truth.ROOT_MOISTURE,)),
    Quantity.CONDUCTIVITY: Felt(Truth.ROOT_CONDUCTIVITY, "conductivity"),
    Quantity.SALINITY: Computed((Truth.ROOT_CONDUCTIVITY,)),
}
_OF_PLACE: Mapping[Place, Mapping[Quantity, Source]] = {
    Place.OUTSIDE: _OUTSIDE,
    Place.INSIDE: {},
    Place.IN_GROUND: _IN_GROUND,
}


def place_of(profile: DeviceProfile, compartment: str | None) -> Place:
    """Where an instrument stands. What measures the water of the ground stands in it."""
    if compartment is None:
        return Place.OUTSIDE
    is_in_ground = any(point.quantity is Quantity.SUBSTRATE_MOISTURE for point in profile.points)
    return Place.IN_GROUND if is_in_ground else Place.INSIDE


def source_of(profile: DeviceProfile, point: PointSpec, compartment: str | None) -> Source | None:
    """Where a point gets its value from. None: the plant has nothing for it, and it shows that there is none."""
    if point.write is not None:
        return Own.SETTING
    if profile.key in POINTS_OF_PROFILE:
        return POINTS_OF_PROFILE[profile.key].get(point.key)
    here = _OF_PLACE[place_of(profile, compartment)]
    return here.get(point.quantity, _INSTRUMENT.get(point.quantity))


def truth_shown_by(device: str, profile: DeviceProfile, point: PointSpec, compartment: str | None) -> str | None:
    """Key of the point of a truth unit that tells what a point claims to show. None: it claims nothing of the kind.

    Parameters
    ----------
    device : str
        Its key.
    compartment : str or None
        Where it stands. The feed unit of the base claims to show what reaches every compartment.
    """
    if profile.key == TRUTH_PROFILE:
        return None
    source = source_of(profile, point, compartment)
    if source is Own.COUNT:
        return position_shown_by(device, profile.key, point.key)
    key = None
    if isinstance(source, Felt):
        key = source.truth.value
    elif isinstance(source, Computed):
        key = point.quantity.value
    is_here = compartment is not None or key in _OF_THE_FEED
    return key if is_here and key in POINTS_OF_PROFILE[TRUTH_PROFILE] else None


_OF_THE_FEED = frozenset({Truth.FEED_CONDUCTIVITY.value, Truth.FEED_ACIDITY.value})


def position_shown_by(device: str, profile: str, point: str) -> str | None:
    """Key of the true position, in a truth unit, of the drive whose count a point shows.

    A vent motor is known by the last word of its key: ``h1-vent-roof``. None: there is no such position.
    """
    drive = {
        ("climate-controller", "vent_position"): "controller_vent",
        ("climate-controller", "thermal_screen_position"): "screen",
        ("blanket-winder", "position"): "blanket",
        ("screen-motor", "position"): "screen",
        ("shading-net-motor", "position"): "shade",
        ("vent-motor", "position"): f"{device.rpartition('-')[2]}_vent",
    }.get((profile, point))
    return f"{drive}_position" if drive in _POSITIONS else None


class Vent(StrEnum):
    """Which opening of the model a vent motor moves."""

    ROOF = "roof_vent"
    BOTTOM = "bottom_vent"


def vent_of(device: str) -> Vent:
    """The opening that a vent motor moves, by the last word of its key: ``h1-vent-bottom``.

    All others are in the roof: also both sides of a glasshouse, which the model sees as one opening.
    """
    return Vent.BOTTOM if device.rpartition("-")[2] == "bottom" else Vent.ROOF


def common_opening(positions: Iterable[float]) -> float:
    """The one opening of the model that several motors share evenly; shut where there is none."""
    shares = tuple(positions)
    return sum(shares) / len(shares) if shares else 0.0


def rolled_up_pct(covered: float) -> float:
    """What a winder shows for the share of the house that its blanket covers. [%]"""
    return 100.0 * (1.0 - covered)
