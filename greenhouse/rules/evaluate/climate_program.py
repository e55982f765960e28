"""A climate program as values, and what is wrong with one. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as with_default
from enum import StrEnum
from typing import NamedTuple

from greenhouse.rules.evaluate.day_periods import Period, StartKind, TimeOfDay

FEWEST_PERIODS, MOST_PERIODS = 2, 8
LEAST_SUN_APART_W_M2 = 50.0
"""Least distance from the sun that draws a shading net to the one below which it is pulled back."""
LEAST_SPAN_K = 1.0
"""Least distance from heating to ventilation: closer together they would work against each other."""
COLDEST_C, WARMEST_C = 0.0, 45.0


class VentRule(NamedTuple):
    """How far vents open above the ventilation temperature.

    Attributes
    ----------
    band_k : float
        From shut to fully open, at 15 °C outside and above. [K]
    wider_k_per_k : float
        The band grows by so much for each kelvin that it is colder outside. [K/K]
    step_pct : float
        Smaller changes are not made, but for the way to shut and to fully open. [%]
    rest_min : float
        Least time between two moves of one vent. [min]
    bottom_above_outside_c : float
        Bottom vents stay shut at this temperature outside and below. [°C]
    """

    band_k: float
    wider_k_per_k: float
    step_pct: float
    rest_min: float
    bottom_above_outside_c: float


class BlanketRule(NamedTuple):
    """When the blanket is rolled up.

    Attributes
    ----------
    up, down : TimeOfDay
    least_radiation_w_m2 : float
        From ``up`` on it waits for so much sun. 0: it does not wait. [W/m²]
    wait_min : float
        At most so long. [min]
    """

    up: TimeOfDay
    down: TimeOfDay
    least_radiation_w_m2: float
    wait_min: float


class ScreenRule(NamedTuple):
    """When the thermal screen is drawn.

    Attributes
    ----------
    drawn_from, open_from : TimeOfDay
    only_below_outside_c : float
        It stays open where it is warmer outside. [°C]
    least_radiation_w_m2 : float
        From ``open_from`` on a drawn one waits for so much sun. 0: it does not wait. [W/m²]
    wait_min : float
        At most so long. [min]
    """

    drawn_from: TimeOfDay
    open_from: TimeOfDay
    only_below_outside_c: float
    least_radiation_w_m2: float = 0.0
    wait_min: float = 0.0


class ShadeRule(NamedTuple):
    """When the shading net above the roof is drawn.

    Attributes
    ----------
    drawn_above_w_m2, back_below_w_m2 : float
        From so much sun on it is drawn, and below so much it is pulled back. [W/m²]
    above_ventilation_k : float
        It is drawn only where the air is so far above the ventilation temperature. [K]
    rest_min : float
        Least time between two moves. [min]
    """

    drawn_above_w_m2: float
    back_below_w_m2: float
    above_ventilation_k: float
    rest_min: float


@dataclass(frozen=True, slots=True)
class ClimateProgram:
    """The climate program of a compartment.

    Attributes
    ----------
    periods : tuple of Period
        In the program's order, see `day_periods`.
    vents : VentRule
    blanket : BlanketRule or None
    screen : ScreenRule or None
    shade : ShadeRule or None
        None: the program leaves it alone.
    """

    periods: tuple[Period, ...]
    vents: VentRule
    blanket: BlanketRule | None = None
    screen: ScreenRule | None = None
    shade: ShadeRule | None = None


class FaultCode(StrEnum):
    """What may be wrong with a program."""

    NUMBER_OF_PERIODS = "number_of_periods"
    NOT_A_NUMBER = "not_a_number"
    OUT_OF_RANGE = "out_of_range"
    TOO_CLOSE = "too_close"
    SAME_START = "same_start"
    CLOCK_ORDER = "clock_order"
    NO_TIME_OF_DAY = "no_time_of_day"
    DOWN_BEFORE_UP = "down_before_up"
    TOO_LITTLE_APART = "too_little_apart"
    """The net would be pulled back by the cloud after the one under which it was drawn."""
    CONTROLLER_LIMITS = "controller_limits"
    """The compartment's controller takes no such setpoint (`greenhouse.rules.programs.faults_in`)."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault at a field, with the facts that its sentence needs.

    Attributes
    ----------
    field : str
        ``periods.0.heating_c``, ``vents.band_k``.
    """

    field: str
    code: FaultCode
    facts: Mapping[str, float] = with_default(default_factory=dict)


_RANGES: Mapping[str, tuple[float, float]] = {
    "vents.band_k": (0.5, 30.0),
    "vents.wider_k_per_k": (0.0, 2.0),
    "vents.step_pct": (1.0, 50.0),
    "vents.rest_min": (0.0, 60.0),
    "vents.bottom_above_outside_c": (-20.0, 35.0),
    "blanket.least_radiation_w_m2": (0.0, 400.0),
    "blanket.wait_min": (0.0, 240.0),
    "screen.only_below_outside_c": (-20.0, 35.0),
    "screen.least_radiation_w_m2": (0.0, 400.0),
    "screen.wait_min": (0.0, 240.0),
    "shade.drawn_above_w_m2": (100.0, 1200.0),
    "shade.back_below_w_m2": (50.0, 1150.0),
    "shade.above_ventilation_k": (-5.0, 15.0),
    "shade.rest_min": (5.0, 120.0),
}
FURTHEST_FROM_SUN_MIN = 360
MINUTES_OF_A_DAY = 1440


def faults_of(program: ClimateProgram) -> list[Fault]:
    """Everything that is wrong with a program; empty: it can run."""
    return [
        *_faults_of_periods(program.periods),
        *_faults_of_times(program),
        *_faults_of_shade(program.shade),
        *(fault for name, value in _numbers(program) if (fault := _out_of(name, value, *_RANGES[name])) is not None),
    ]


def _faults_of_periods(periods: tuple[Period, ...]) -> Iterator[Fault]:
    if not FEWEST_PERIODS <= len(periods) <= MOST_PERIODS:
        facts = {"fewest": FEWEST_PERIODS, "most": MOST_PERIODS, "periods": len(periods)}
        yield Fault("periods", FaultCode.NUMBER_OF_PERIODS, facts)
    clock_min = -1
    starts: set[TimeOfDay] = set()
    for number, period in enumerate(periods):
        place = f"periods.{number}"
        outside = [
            _out_of(f"{place}.heating_c", period.heating_c, COLDEST_C, WARMEST_C),
            _out_of(f"{place}.ventilation_c", period.ventilation_c, COLDEST_C, WARMEST_C),
        ]
        yield from (fault for fault in outside if fault is not None)
        if not any(outside) and period.ventilation_c - period.heating_c < LEAST_SPAN_K:
            yield Fault(f"{place}.ventilation_c", FaultCode.TOO_CLOSE, {"least": LEAST_SPAN_K})
        if period.start in starts:
            yield Fault(f"{place}.start", FaultCode.SAME_START)
        starts.add(period.start)
        if period.start.kind is StartKind.CLOCK:
            if period.start.minutes < clock_min:
                yield Fault(f"{place}.start", FaultCode.CLOCK_ORDER)
            clock_min = period.start.minutes


def _faults_of_times(program: ClimateProgram) -> Iterator[Fault]:
    times = {f"periods.{number}.start": period.start for number, period in enumerate(program.periods)}
    if (blanket := program.blanket) is not None:
        times |= {"blanket.up": blanket.up, "blanket.down": blanket.down}
        if blanket.up.kind is blanket.down.kind and blanket.up.minutes >= blanket.down.minutes:
            yield Fault("blanket.down", FaultCode.DOWN_BEFORE_UP)
    if (screen := program.screen) is not None:
        times |= {"screen.drawn_from": screen.drawn_from, "screen.open_from": screen.open_from}
    for name, time in times.items():
        by_clock = time.kind is StartKind.CLOCK
        low, high = (0, MINUTES_OF_A_DAY - 1) if by_clock else (-FURTHEST_FROM_SUN_MIN, FURTHEST_FROM_SUN_MIN)
        if not low <= time.minutes <= high:
            yield Fault(name, FaultCode.NO_TIME_OF_DAY, {"low": low, "high": high})


def _faults_of_shade(rule: ShadeRule | None) -> Iterator[Fault]:
    if rule is not None and rule.drawn_above_w_m2 - rule.back_below_w_m2 < LEAST_SUN_APART_W_M2:
        yield Fault("shade.back_below_w_m2", FaultCode.TOO_LITTLE_APART, {"least": LEAST_SUN_APART_W_M2})


def _numbers(program: ClimateProgram) -> Iterator[tuple[str, float]]:
    parts = {"vents": program.vents, "blanket": program.blanket, "screen": program.screen, "shade": program.shade}
    for part, rule in parts.items():
        if rule is not None:
            for name, value in rule._asdict().items():
                if not isinstance(value, TimeOfDay):
                    yield f"{part}.{name}", value


def _out_of(name: str, value: float, low: float, high: float) -> Fault | None:
    if not math.isfinite(value):
        return Fault(name, FaultCode.NOT_A_NUMBER)
    return None if low <= value <= high else Fault(name, FaultCode.OUT_OF_RANGE, {"low": low, "high": high})
