"""What the devices of the simulated base showed in its past: `greenhouse.plant.point_sources`, as arrays.

Everything is in canonical units. A point of which nothing is known here has shown what it shows now.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from devices.codec.scaling import point_scaling, to_canonical
from devices.profiles.schema import DeviceProfile, PointSpec
from devices.simulator.dosing import (
    ACID_PCT,
    ACID_PCT_M3,
    FULL_PCT,
    LOW_PCT,
    REFILL_PCT,
    TANK_PCT,
    TANK_PCT_M3,
)
from devices.simulator.equipment import day_period
from devices.simulator.instrument import POWER_FACTOR, share_of
from devices.units import Quantity
from greenhouse.plant.instruments import instrument
from greenhouse.plant.moist_air import saturations_pa
from greenhouse.plant.noise import bells, noise_key
from greenhouse.plant.point_sources import Computed, Felt, Own, Truth, Vent, source_of, vent_of
from greenhouse.plant.sensor_series import readings
from scheduler.demo_history.life import Life
from scheduler.demo_history.outside import DECIDE_STEPS, STEP_S
from scheduler.demo_history.place import Base, House
from scheduler.simulated_plant.controller import COLD_C, HOT_C, starting_settings
from scheduler.simulated_plant.devices import FREQUENCY_HZ, FREQUENCY_SD_HZ, VOLTAGE_SD_V
from scheduler.simulated_plant.motors import DOWN_A, ROLL_DOWN, ROLL_UP, UP_A, VENT_A
from scheduler.simulated_plant.probes import COMPUTED, LINE_VOLTAGE_V, SHARED_TRUTHS, instruments_of

Array = NDArray[np.float64]

_OPENS, _SHUTS = 1.0, 2.0
_VALVE_S = 600.0


@dataclass(frozen=True)
class Standing:
    """A device where it stands.

    Attributes
    ----------
    place : House or Base
        What was true around it.
    compartment : str or None
    sharing : int
        How many meters of its kind share what flows there.
    """

    key: str
    profile: DeviceProfile
    compartment: str | None
    place: House | Base
    sharing: int
    seed: int


class DevicePast:
    """What one device showed."""

    def __init__(self, device: Standing) -> None:
        self._device = device
        self._own = _own_readings(device)
        self._instruments = instruments_of(device.profile, device.compartment, device.key)
        self._felt: dict[Truth, Array] = {}

    def values(self, point: PointSpec) -> Array | None:
        """What a point showed at each step; None: always what it shows now, or it is a meter (`counted`)."""
        known = self._own.get(point.key)
        if known is None:
            known = self._read(point)
        return None if known is None else in_register(known, point)

    def counted(self, point: PointSpec) -> Array | None:
        """How much a meter counted in each step; None: it is no meter."""
        if source_of(self._device.profile, point, self._device.compartment) is not Own.METER:
            return None
        truth = Truth.ELECTRIC_POWER if point.quantity is Quantity.ENERGY else Truth.WATER_FLOW
        return self._feel(truth) * share_of(point) * STEP_S / 3600.0

    def _read(self, point: PointSpec) -> Array | None:
        source = source_of(self._device.profile, point, self._device.compartment)
        if isinstance(source, Felt):
            return self._feel(source.truth) * share_of(point)
        if isinstance(source, Computed):
            felt = [self._feel(truth) for truth in source.truths]
            computed: Array = (
                _deficit_kpa(*felt)
                if point.quantity is Quantity.VAPOR_PRESSURE_DEFICIT
                else COMPUTED[point.quantity](felt)
            )
            return computed * share_of(point)
        if source is Own.STATE and point.quantity in {Quantity.VOLTAGE, Quantity.FREQUENCY, Quantity.POWER_FACTOR}:
            return _mains(self._device.key, point.quantity, self._device.place.steps)
        return None

    def _feel(self, truth: Truth) -> Array:
        """What the device's own program knows of a truth."""
        if truth not in self._felt:
            value = self._device.place.truths[truth]
            if truth in self._instruments:
                kind, name = self._instruments[truth]
                value = readings(value, noise_key(name, self._device.seed), 0, instrument(kind), STEP_S)
            elif truth in SHARED_TRUTHS:
                value = value / self._device.sharing
            self._felt[truth] = value
        return self._felt[truth]


def in_register(values: Array, point: PointSpec) -> Array:
    """Values as they come out of the point's register: within its range, in its steps."""
    if point.valid is not None:
        low, high = sorted(to_canonical(point, limit) for limit in point.valid)
        values = np.clip(values, low, high)
    scaling = point_scaling(point)
    raw = (values * scaling.divisor - scaling.addend) / scaling.multiplier
    raw = np.rint(raw) if point.type.is_integer else raw.astype(np.float32).astype(np.float64)
    shown: Array = (raw * scaling.multiplier + scaling.addend) / scaling.divisor
    return shown


def _deficit_kpa(air_c: Array, humidity_pct: Array) -> Array:
    saturated_pa = saturations_pa(air_c)
    return saturated_pa * np.maximum(0.0, 1.0 - humidity_pct / 100.0) / 1000.0


def _mains(key: str, quantity: Quantity, steps: int) -> Array:
    numbers, noise = np.arange(steps, dtype=np.uint64), noise_key(key, 0)
    if quantity is Quantity.VOLTAGE:
        return LINE_VOLTAGE_V + VOLTAGE_SD_V * bells(noise, numbers, 0)
    if quantity is Quantity.FREQUENCY:
        return FREQUENCY_HZ + FREQUENCY_SD_HZ * bells(noise, numbers, 2)
    return np.full(steps, POWER_FACTOR)


def _own_readings(device: Standing) -> Mapping[str, Array]:
    """What a device knew of itself, of all that was not always the same."""
    place = device.place
    if isinstance(place, Base):
        return _feed_unit(place) if device.profile.key == "water-fertilizer-unit" else {}
    match device.profile.key:
        case "climate-controller":
            return _controller(place)
        case "blanket-winder":
            return _winder(place.life)
        case "vent-motor":
            return _vent(place.life, vent_of(device.key))
        case "screen-motor":
            return _cloth(place.life.moments.screen, place.life.asked.screen)
        case "shading-net-motor":
            net = _cloth(place.life.moments.shade, place.life.asked.net)
            return {**net, "wind_lockout": _wide(place.life.asked.is_locked)}
        case "valve-block-8":
            return _valves(place)
        case _:
            return {}


def _controller(house: House) -> dict[str, Array]:
    moments, asked = house.life.moments, house.life.asked
    setpoint_pct = starting_settings(house.fitting.enclosure)["humidity_setpoint"]
    air_c, roof = house.truths[Truth.AIR_TEMPERATURE], _wide(moments.roof_vent)
    is_humid = house.truths[Truth.RELATIVE_HUMIDITY] > setpoint_pct
    screen = _wide(moments.screen)
    states = (
        _wide(asked.heat) > 0.0,
        roof > 0.0,
        (roof > 0.0) & is_humid,
        _wide(asked.co2) > 0.0,
        _moves(screen) != 0.0,
    )
    nothing = np.zeros(len(roof), bool)
    return {
        "vent_position": 100.0 * roof,
        "thermal_screen_position": 100.0 * screen,
        "heating_demand": 100.0 * _wide(asked.heat),
        "status_bits": _bits(*states),
        "alarm_bits": _bits(nothing, nothing, nothing, air_c > HOT_C, air_c < COLD_C),
        "day_period": _day_periods(house.first_hour, house.steps),
    }


def _winder(life: Life) -> dict[str, Array]:
    covered = _wide(life.moments.blanket)
    turns = _moves(covered)
    state = np.select([turns < 0.0, turns > 0.0], [ROLL_UP, ROLL_DOWN], 0.0)
    return {
        "position": 100.0 * (1.0 - covered),
        "motor_state": state,
        "motor_command": state,
        "motor_current": np.select([turns < 0.0, turns > 0.0], [UP_A, DOWN_A], 0.0),
        "end_switch_up": (covered == 0.0).astype(np.float64),
        "end_switch_down": (covered == 1.0).astype(np.float64),
    }


def _vent(life: Life, which: Vent) -> dict[str, Array]:
    is_roof = which is Vent.ROOF
    moments, asked = life.moments, life.asked
    return {
        **_driven(_wide(moments.roof_vent if is_roof else moments.bottom_vent)),
        "target_position": _wide(asked.roof_pct if is_roof else asked.bottom_pct),
        "wind_lockout": _wide(asked.is_locked),
    }


def _cloth(drawn: object, asked: object) -> dict[str, Array]:
    """A thermal screen or a shading net."""
    return {**_driven(_wide(drawn)), "target_position": 100.0 * _wide(asked)}


def _driven(position: Array) -> dict[str, Array]:
    """A motor that drives to a position."""
    moves = _moves(position)
    return {
        "position": 100.0 * position,
        "motor_state": np.select([moves > 0.0, moves < 0.0], [_OPENS, _SHUTS], 0.0),
        "motor_current": np.where(moves != 0.0, VENT_A, 0.0),
    }


def _valves(house: House) -> dict[str, Array]:
    """All valves of a compartment give together; each pulse is as long as what lies between two decisions."""
    is_open = house.is_watered.astype(np.float64)
    ran_s = STEP_S * (np.arange(house.steps) % DECIDE_STEPS)
    return {
        **{f"valve_{number}": is_open for number in range(1, 9)},
        **{f"remaining_{number}": is_open * (_VALVE_S - ran_s) for number in range(1, 9)},
    }


def _feed_unit(base: Base) -> dict[str, Array]:
    """It pumps while anything is watered."""
    water, flow, is_dosing = base.water, base.truths[Truth.WATER_FLOW], base.is_dosing
    is_pumping = flow > 0.0
    dosed_m3 = np.where(is_dosing, flow * STEP_S / 3600.0, 0.0)
    left_m3 = dosed_m3.sum() - np.cumsum(dosed_m3)
    refill_pct = FULL_PCT - REFILL_PCT
    tank = REFILL_PCT + (TANK_PCT - REFILL_PCT + TANK_PCT_M3 * left_m3) % refill_pct
    acid = REFILL_PCT + (ACID_PCT - REFILL_PCT + ACID_PCT_M3 * left_m3) % refill_pct
    nothing = np.zeros(len(flow), bool)
    pressure = np.maximum(0.0, water.shutoff_bar - water.loss_bar_h2_m6 * flow * flow)
    return {
        "line_pressure": np.where(is_pumping, pressure, 0.0),
        "pump_command": is_pumping.astype(np.float64),
        "dosing_command": is_dosing.astype(np.float64),
        "tank_level": tank,
        "acid_tank_level": acid,
        "status_bits": _bits(is_pumping, is_dosing, is_dosing),
        "alarm_bits": _bits(nothing, nothing, tank < LOW_PCT, acid < LOW_PCT),
    }


def _wide(kept: object) -> Array:
    return np.asarray(kept, dtype=np.float64)


def _moves(position: Array) -> Array:
    """How far it moved in the step before."""
    return np.diff(position, prepend=position[:1])


def _bits(*states: NDArray[np.bool_]) -> Array:
    """As ``devices.simulator.equipment.as_bits``, the first state in bit 0."""
    bits: Array = np.sum([state.astype(np.float64) * 2.0**bit for bit, state in enumerate(states)], axis=0)
    return bits


def _day_periods(first_hour: float, steps: int) -> Array:
    of_minute = np.array([float(day_period(minute / 60.0)) for minute in range(1440)])
    return of_minute[(round(first_hour * 60) + np.arange(steps)) % 1440]
