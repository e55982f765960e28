"""Programs and snapshots that the tests of the rules begin from."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from greenhouse.agronomy.sun import sun_times
from greenhouse.commands.seen import seen
from greenhouse.rules.evaluate.climate_program import BlanketRule, ClimateProgram, ScreenRule, ShadeRule, VentRule
from greenhouse.rules.evaluate.day_periods import Day, Period, StartKind, TimeOfDay
from greenhouse.rules.evaluate.decisions import Actuator
from greenhouse.rules.evaluate.snapshot import ClimateSnapshot

LATITUDE_DEG, LONGITUDE_DEG = 39.6, 109.8
CHINA = timedelta(hours=8)


def clock(hour: float) -> TimeOfDay:
    return TimeOfDay(StartKind.CLOCK, round(hour * 60))


def sunrise(minutes: int = 0) -> TimeOfDay:
    return TimeOfDay(StartKind.SUNRISE, minutes)


def sunset(minutes: int = 0) -> TimeOfDay:
    return TimeOfDay(StartKind.SUNSET, minutes)


def day_of(on: date) -> Day:
    midnight = datetime(on.year, on.month, on.day, tzinfo=UTC) - CHINA
    return Day(midnight, sun_times(on, latitude_deg=LATITUDE_DEG, longitude_deg=LONGITUDE_DEG))


JANUARY = day_of(date(2026, 1, 15))
PROGRAM = ClimateProgram(
    periods=(Period(sunrise(), 12.0, 28.0), Period(sunset(-30), 10.0, 25.0)),
    vents=VentRule(band_k=4.0, wider_k_per_k=0.3, step_pct=5.0, rest_min=3.0, bottom_above_outside_c=11.0),
    blanket=BlanketRule(up=sunrise(45), down=sunset(-30), least_radiation_w_m2=60.0, wait_min=60.0),
    screen=ScreenRule(
        drawn_from=sunset(), open_from=sunrise(), only_below_outside_c=12.0, least_radiation_w_m2=50.0, wait_min=60.0
    ),
    shade=ShadeRule(drawn_above_w_m2=700.0, back_below_w_m2=550.0, above_ventilation_k=1.0, rest_min=15.0),
)
SOLAR = (
    Actuator.HEATING_SETPOINT,
    Actuator.VENTILATION_SETPOINT,
    Actuator.ROOF_VENT,
    Actuator.BOTTOM_VENT,
    Actuator.BLANKET,
)
GLASS = (Actuator.HEATING_SETPOINT, Actuator.LEE_VENT, Actuator.WINDWARD_VENT, Actuator.SCREEN, Actuator.SHADE)


def at(hour: float, day: Day = JANUARY) -> datetime:
    """A moment of a local day."""
    return day.midnight + timedelta(hours=hour)


def noon(**changes: Any) -> ClimateSnapshot:
    """A solar greenhouse on a calm January noon: all is known, the blanket is up."""
    still = ClimateSnapshot(
        program=PROGRAM,
        day=JANUARY,
        equipment=SOLAR,
        air_c=seen(24.0),
        outside_c=seen(15.0),
        wind_m_s=seen(2.0),
        is_raining=seen(0.0),
        radiation_w_m2=seen(400.0),
        positions={Actuator.BLANKET: seen(100.0), Actuator.ROOF_VENT: seen(0.0), Actuator.BOTTOM_VENT: seen(0.0)},
    )
    return replace(still, **changes)
