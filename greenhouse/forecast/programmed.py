"""A climate program at work in a season: the rules that run live, before a model house instead of devices. Pure.

The house's climate controller stands between the heating setpoint and the heat, as on a base. Irrigation and feed stay
the frozen baseline's, so that two seasons differ in what they are to be compared by.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from greenhouse.commands.seen import seen
from greenhouse.forecast.baseline import Snapshot, evaluate
from greenhouse.plant.building import HouseKind
from greenhouse.plant.machinery import Machinery, Orders
from greenhouse.rules.evaluate import climate
from greenhouse.rules.evaluate.climate_program import ClimateProgram
from greenhouse.rules.evaluate.day_periods import Day
from greenhouse.rules.evaluate.decisions import Actuator, Decision
from greenhouse.rules.evaluate.snapshot import ClimateSnapshot

EQUIPMENT: Mapping[HouseKind, tuple[Actuator, ...]] = {
    HouseKind.SOLAR_GREENHOUSE: (
        Actuator.HEATING_SETPOINT,
        Actuator.ROOF_VENT,
        Actuator.BOTTOM_VENT,
        Actuator.BLANKET,
        Actuator.SHADE,
    ),
    HouseKind.GLASSHOUSE: (Actuator.HEATING_SETPOINT, Actuator.ROOF_VENT, Actuator.SCREEN, Actuator.SHADE),
}
"""What a model house of each kind has for a program to move."""


class Outside(NamedTuple):
    """What the weather station of a season reads besides the temperature."""

    wind_m_s: float
    rain_mm_h: float
    radiation_w_m2: float


class Programmed:
    """A program with its memory of what it wanted before. One season uses one.

    Parameters
    ----------
    program : ClimateProgram
        Without faults.
    """

    def __init__(self, program: ClimateProgram) -> None:
        self._program = program
        self._last: Mapping[Actuator, Decision] = {}

    def orders(self, sight: Snapshot, outside: Outside, machinery: Machinery, now: datetime) -> Orders:
        """What the program asks for.

        Parameters
        ----------
        sight : Snapshot
            What the baseline sees.
        outside : Outside
        machinery : Machinery
            Of which the positions are seen that the motors' controllers believe.
        now : datetime
            Aware.
        """
        decisions = climate.evaluate(
            ClimateSnapshot(
                program=self._program,
                day=Day(sight.midnight, sight.sun),
                equipment=EQUIPMENT[sight.kind],
                air_c=seen(sight.air_c),
                outside_c=seen(sight.outside_c),
                wind_m_s=seen(outside.wind_m_s),
                is_raining=seen(1.0 if outside.rain_mm_h > 0.0 else 0.0),
                radiation_w_m2=seen(outside.radiation_w_m2),
                positions={
                    Actuator.ROOF_VENT: seen(100.0 * machinery.roof_vent.believed),
                    Actuator.BOTTOM_VENT: seen(100.0 * machinery.bottom_vent.believed),
                    Actuator.BLANKET: seen(100.0 * (1.0 - machinery.blanket.believed)),
                    Actuator.SCREEN: seen(100.0 * machinery.screen.believed),
                    Actuator.SHADE: seen(100.0 * machinery.shade.believed),
                },
                last=self._last,
            ),
            now,
        )
        self._last = {decision.actuator: decision for decision in decisions}
        wanted = {name: found.target for name, found in self._last.items() if found.target is not None}
        return _as_orders(wanted, evaluate(sight, now), sight)


def _as_orders(wanted: Mapping[Actuator, float], watering: Orders, sight: Snapshot) -> Orders:
    """Percent open or rolled up as the model's shares. What is not wanted stays as it was asked for before."""
    last, band_k = sight.last, sight.program.glass.heat_band_k
    heating_c = wanted.get(Actuator.HEATING_SETPOINT)
    return watering._replace(
        heat=0.0 if heating_c is None else min(1.0, max(0.0, (heating_c - sight.air_c) / band_k)),
        roof_vent=wanted.get(Actuator.ROOF_VENT, 100.0 * last.roof_vent) / 100.0,
        bottom_vent=wanted.get(Actuator.BOTTOM_VENT, 100.0 * last.bottom_vent) / 100.0,
        blanket=1.0 - wanted.get(Actuator.BLANKET, 100.0 * (1.0 - last.blanket)) / 100.0,
        screen=wanted.get(Actuator.SCREEN, 100.0 * last.screen) / 100.0,
        shade=wanted.get(Actuator.SHADE, 100.0 * last.shade) / 100.0,
    )
