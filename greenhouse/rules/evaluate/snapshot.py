"""What a climate program decides by. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from greenhouse.commands.seen import MISSING, Seen
from greenhouse.commands.weather_limits import WeatherLimits
from greenhouse.rules.evaluate.climate_program import ClimateProgram
from greenhouse.rules.evaluate.day_periods import Day
from greenhouse.rules.evaluate.decisions import Actuator, Decision


@dataclass(frozen=True, slots=True)
class ClimateSnapshot:
    """A compartment at a moment.

    Attributes
    ----------
    program : ClimateProgram
    day : Day
        The local day of the moment.
    equipment : tuple of Actuator
        What the compartment has.
    air_c, outside_c : Seen
    wind_m_s : Seen
    is_raining : Seen
        1: rain or snow falls; 0: it does not.
    radiation_w_m2 : Seen
        Global irradiance outside.
    positions : mapping of Actuator to Seen
        As read from the motors. [%]
    last : mapping of Actuator to Decision
        What the program decided before; empty after a start.
    limits : WeatherLimits
    """

    program: ClimateProgram
    day: Day
    equipment: tuple[Actuator, ...]
    air_c: Seen = MISSING
    outside_c: Seen = MISSING
    wind_m_s: Seen = MISSING
    is_raining: Seen = MISSING
    radiation_w_m2: Seen = MISSING
    positions: Mapping[Actuator, Seen] = field(default_factory=dict)
    last: Mapping[Actuator, Decision] = field(default_factory=dict)
    limits: WeatherLimits = field(default_factory=WeatherLimits)

    def position_of(self, actuator: Actuator) -> float | None:
        """Where an actuator stands, if that may be decided by. [%]"""
        return self.positions.get(actuator, MISSING).usable

    def last_target(self, actuator: Actuator) -> float | None:
        """What was wanted of an actuator before."""
        decision = self.last.get(actuator)
        return None if decision is None else decision.target
