"""What was true in a compartment of the simulated base, and on the whole of it, at each step of its past."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from greenhouse.plant.outfit import equipment_parameters
from greenhouse.plant.point_sources import Truth
from greenhouse.plant.roots import Medium
from greenhouse.plant.watering import WaterParameters, water_flow
from scheduler.demo_history.life import Life
from scheduler.demo_history.outside import Outside
from scheduler.simulated_plant.base_plant import BASE_LOAD_KW
from scheduler.simulated_plant.compartment import Fitting
from scheduler.simulated_plant.controller import FAN_KW, HEATING_KW, OWN_KW
from scheduler.simulated_plant.water import FEED, PUMP_KW, STANDBY_KW

Array = NDArray[np.float64]


@dataclass(frozen=True)
class House:
    """A compartment.

    Attributes
    ----------
    first_hour : float
        Local time of day of the first step.
    has_controller : bool
        Whether something in it draws power all the time.
    """

    fitting: Fitting
    life: Life
    first_hour: float
    has_controller: bool

    @property
    def steps(self) -> int:
        """How many."""
        return len(self.is_watered)

    @cached_property
    def is_watered(self) -> NDArray[np.bool_]:
        """Whether its valves were open."""
        return np.asarray(self.life.asked.water) > 0.0

    @cached_property
    def truths(self) -> Mapping[Truth, Array]:
        """As ``scheduler.simulated_plant.compartment`` tells them of one moment."""
        moments, outfit = self.life.moments, self.fitting.sound.outfit
        in_soil = self.fitting.medium is Medium.SOIL
        shut, opened = (water_flow(m2, outfit.pipework, outfit.water) for m2 in (0.0, outfit.floor_m2))
        return {
            Truth.AIR_TEMPERATURE: _wide(moments.air_c),
            Truth.RELATIVE_HUMIDITY: np.minimum(100.0, _wide(moments.rh_pct)),
            Truth.CO2: _wide(moments.co2_ppm),
            Truth.IRRADIANCE: _wide(moments.light_w_m2),
            Truth.FLOOR_TEMPERATURE: _wide(moments.floor_c),
            Truth.PIPE_TEMPERATURE: _wide(moments.pipe_c),
            Truth.ROOT_TEMPERATURE: _wide(moments.topsoil_c if in_soil else moments.floor_c),
            Truth.ROOT_MOISTURE: 100.0 * _wide(moments.root_share),
            Truth.ROOT_CONDUCTIVITY: _wide(moments.drain_ec_ms_cm),
            Truth.WATER_FLOW: np.where(self.is_watered, opened.pumped_l_h, shut.pumped_l_h) / 1000.0,
            Truth.WATER_PRESSURE: np.where(self.is_watered, opened.pressure_bar, shut.pressure_bar),
            Truth.WATER_TEMPERATURE: np.full(self.steps, outfit.water.water_c),
            Truth.ELECTRIC_POWER: self._power_kw(),
        }

    def _power_kw(self) -> Array:
        """What its controller, pumps and fans draw; winders and vent motors run for minutes and are left out."""
        asked = self.life.asked
        running = HEATING_KW * (np.asarray(asked.heat) > 0.0) + FAN_KW * _wide(asked.fan)
        return running + OWN_KW * self.has_controller


class Base:
    """The whole base; compartments are added one after the other, so that none has to be kept."""

    def __init__(self, outside: Outside) -> None:
        self.steps = outside.steps
        self.water = equipment_parameters().part("water", WaterParameters)
        self._outside = outside
        self._flow_m3_h, self._power_kw = np.zeros(outside.steps), np.full(outside.steps, BASE_LOAD_KW)

    def add(self, house: House) -> None:
        """Count what flows into a compartment and what is drawn in it."""
        self._flow_m3_h += house.truths[Truth.WATER_FLOW]
        self._power_kw += house.truths[Truth.ELECTRIC_POWER]

    @property
    def is_dosing(self) -> NDArray[np.bool_]:
        """While anything is watered; in the last minute of a run the pipes are rinsed with raw water."""
        is_pumping = self._flow_m3_h > 0.0
        is_dosing: NDArray[np.bool_] = is_pumping & np.append(is_pumping[1:], False)
        return is_dosing

    @cached_property
    def truths(self) -> Mapping[Truth, Array]:
        """Once all compartments were added."""
        pump_kw = np.where(self._flow_m3_h > 0.0, PUMP_KW, STANDBY_KW)
        return self._outside.truths | {
            Truth.WATER_FLOW: self._flow_m3_h,
            Truth.FEED_CONDUCTIVITY: np.where(self.is_dosing, FEED.ec_ms_cm, self.water.raw_ec_ms_cm),
            Truth.FEED_ACIDITY: np.where(self.is_dosing, FEED.ph, self.water.raw_ph),
            Truth.ELECTRIC_POWER: self._power_kw + pump_kw,
            Truth.WATER_TEMPERATURE: np.full(self.steps, self.water.water_c),
        }


def _wide(kept: object) -> Array:
    return np.asarray(kept, dtype=np.float64)
