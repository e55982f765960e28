"""A season in a model house: the plant and a program, day after day, without any device in between.

Deterministic: the same plan gives the same season, bit for bit. Nothing here reads a clock or draws a number.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from greenhouse.agronomy.sun import sun_times
from greenhouse.forecast.baseline import Baseline, Snapshot, baseline, evaluate, idle
from greenhouse.forecast.days import DayFigures, figures_of_day
from greenhouse.forecast.limits import limits_of
from greenhouse.forecast.programmed import Outside, Programmed
from greenhouse.plant.actuators import DriveState
from greenhouse.plant.building import HouseKind, broken, whole_at_start, whole_house
from greenhouse.plant.crops.parameters import CropKind
from greenhouse.plant.errors import PlantError, PlantInputError
from greenhouse.plant.faults import NO_FAULTS, PlantFaults
from greenhouse.plant.machinery import Machinery, Orders, check_orders
from greenhouse.plant.roots import Medium
from greenhouse.plant.sentences import Sentence
from greenhouse.plant.stretch import MOMENT_WIDTH, Moment, weather_of, weather_table
from greenhouse.plant.time_step import check_step
from greenhouse.plant.weather.composing import start_of
from greenhouse.plant.weather.series import WeatherSeries
from greenhouse.plant.whole import WholeParameters, WholeState
from greenhouse.rules.evaluate.climate_program import ClimateProgram, faults_of

Array = NDArray[np.float64]

DAY_S = 86400
LONGEST_DAYS = 3660
SETTLING_DAYS = 5
"""Days that a house lives through before its season, so that soil and wall hold what its weather gives them."""

_AIR_C = Moment._fields.index("air_c")
_IRRIGATION_L_M2 = Moment._fields.index("irrigation_l_m2")


class House(Protocol):
    """A whole house that can be moved on: compiled or plain."""

    state: WholeState
    moments: Array

    def meet(self, weather: Array, moments: Array) -> None:
        """Take the weather of the next steps, and where to write what is kept of them."""

    def change_parameters(self, parameters: WholeParameters) -> None:
        """Go on as another house."""

    def advance(self, orders: Orders, first: int, count: int) -> None:
        """Move on through ``count`` steps from step ``first`` of the weather that was met."""


MakeHouse = Callable[[WholeState, WholeParameters, float], House]
Progress = Callable[[int, int], None]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What to run.

    Attributes
    ----------
    kind, crop, medium : HouseKind, CropKind, Medium
    weather : WeatherSeries
    first : date
        Local day of the weather's place.
    days : int
    planted : date or None
        Local day at whose start the crop was planted; None for an empty house.
    faults : PlantFaults
        On from the first moment to the last.
    step_s : float
    decide_s : float
        From decision to decision of the program.
    settling_days : int
        Lived through before the season, each with the first day's weather.
    program : Baseline
    climate : ClimateProgram or None
        A program that people set, in place of the baseline's climate; None: the baseline alone.
    """

    kind: HouseKind
    crop: CropKind
    medium: Medium
    weather: WeatherSeries
    first: date
    days: int
    planted: date | None
    faults: PlantFaults = NO_FAULTS
    step_s: float = 60.0
    decide_s: float = 60.0
    settling_days: int = SETTLING_DAYS
    program: Baseline = field(default_factory=baseline)
    climate: ClimateProgram | None = None

    def check(self) -> None:
        """Refuse what cannot be run.

        Raises
        ------
        PlantInputError
            With what to do.
        """
        check_step(self.step_s)
        if DAY_S % self.step_s:
            raise PlantInputError(
                Sentence(
                    "steps of %(step)s s do not fill a day; take 60 s, or another part of a day",
                    step=f"{self.step_s:g}",
                )
            )
        if not self.step_s <= self.decide_s <= DAY_S or self.decide_s % self.step_s:
            raise PlantInputError(
                Sentence(
                    "the program decides every %(decide)s s; it must be %(step)s s or a multiple of it, at most a day",
                    decide=f"{self.decide_s:g}",
                    step=f"{self.step_s:g}",
                )
            )
        if not 1 <= self.days <= LONGEST_DAYS:
            raise PlantInputError(
                Sentence("a season of %(days)s days; give 1 to %(longest)s", days=self.days, longest=LONGEST_DAYS)
            )
        if self.planted is not None and self.planted > self.first:
            raise PlantInputError(
                Sentence(
                    "the crop is planted on %(planted)s, after the season begins on %(first)s: a crop cannot be "
                    "planted in the future; let the season begin on that day or later",
                    planted=self.planted,
                    first=self.first,
                )
            )
        if self.climate is not None and (faults := faults_of(self.climate)):
            fields = ", ".join(fault.field for fault in faults)
            raise PlantInputError(Sentence("the climate program cannot run; look at %(fields)s", fields=fields))


@dataclass(frozen=True, kw_only=True)
class Season:
    """What came of a plan.

    Attributes
    ----------
    plan : Plan
    days : tuple of DayFigures
    machinery : Machinery
        At the end; its counts are the season's.
    """

    plan: Plan
    days: tuple[DayFigures, ...]
    machinery: Machinery


def run_season(plan: Plan, make_house: MakeHouse, progress: Progress = lambda _done, _days: None) -> Season:
    """Run a season.

    Parameters
    ----------
    plan : Plan
    make_house : callable
        ``compiled.CompiledHouse`` or ``stretch.PlainHouse``.
    progress : callable
        Told after each day how many are done, of how many.

    Raises
    ------
    PlantInputError
        If the plan cannot be run, or its weather has not all of its days.
    PlantError
        If the model left what numbers can say; it names the day and what it was.
    """
    plan.check()
    sound = whole_house(plan.kind, plan.crop, plan.medium)
    parameters = broken(sound, plan.faults, 0.0)
    midnight = start_of(plan.first, utc_offset_h=plan.weather.place.utc_offset_h)
    _check_weather(plan, midnight)
    outside = plan.weather.at(midnight)
    start = whole_at_start(
        parameters,
        planted_at=None if plan.planted is None else midnight - (plan.first - plan.planted),
        now=midnight,
        deep_c=outside.deep_soil_c,
        co2_ppm=outside.co2_ppm,
    )
    house = make_house(start, parameters, plan.step_s)
    orders, climate = idle(plan.program), None if plan.climate is None else Programmed(plan.climate)
    for _ in range(plan.settling_days):
        orders = _run_day(house, plan, plan.first, orders, climate)
    house.state = settled(house.state, start)
    limits = limits_of(plan.crop)
    days = []
    for number in range(plan.days):
        day = plan.first + timedelta(days=number)
        if plan.faults.drifted_ec_probe:
            house.change_parameters(broken(sound, plan.faults, float(number)))
        orders = _run_day(house, plan, day, orders, climate)
        days.append(figures_of_day(day, house.moments, limits, plan.step_s))
        progress(number + 1, plan.days)
    return Season(plan=plan, days=tuple(days), machinery=house.state.machinery)


def _check_weather(plan: Plan, midnight: datetime) -> None:
    last = midnight + timedelta(days=plan.days, seconds=-plan.step_s)
    if midnight < plan.weather.start or last > plan.weather.end:
        raise PlantInputError(
            Sentence(
                "%(days)s days from %(first)s on: there is weather from %(start)s to %(end)s only; take other days or "
                "fewer",
                days=plan.days,
                first=plan.first,
                start=plan.weather.start.isoformat(),
                end=plan.weather.end.isoformat(),
            )
        )


def _run_day(house: House, plan: Plan, day: date, orders: Orders, climate: Programmed | None) -> Orders:
    """A local day from midnight to midnight. Returns what was asked for last."""
    place = plan.weather.place
    midnight = start_of(day, utc_offset_h=place.utc_offset_h)
    steps, every = int(DAY_S // plan.step_s), int(plan.decide_s // plan.step_s)
    table = weather_table(plan.weather.sampled(midnight, count=steps, step_s=plan.step_s))
    moments = np.zeros((steps, MOMENT_WIDTH))
    house.meet(table, moments)
    sun = sun_times(day, latitude_deg=place.latitude_deg, longitude_deg=place.longitude_deg)
    air_c, watered_l_m2 = house.state.inside.climate.air_c, 0.0
    between = timedelta(seconds=plan.step_s)
    for first in range(0, steps, every):
        count = min(every, steps - first)
        outside_c = float(table[first, 0])
        seen = Snapshot(plan.kind, plan.program, sun, midnight, air_c, outside_c, watered_l_m2, orders)
        now = midnight + first * between
        if climate is None:
            orders = evaluate(seen, now)
        else:
            orders = climate.orders(seen, _outside(table, first), house.state.machinery, now)
        check_orders(orders)
        house.advance(orders, first, count)
        air_c = float(moments[first + count - 1, _AIR_C])
        watered_l_m2 += float(moments[first : first + count, _IRRIGATION_L_M2].sum())
    _check_finite(moments, day)
    return orders


def _outside(table: Array, step: int) -> Outside:
    """What a station reads: global radiation is the beam on the level and the diffuse light."""
    weather = weather_of(table, step)
    sine = max(0.0, math.sin(math.radians(weather.sun_elevation_deg)))
    falls_mm_h = weather.rain_mm_h + weather.snow_mm_h + weather.hail_mm_h
    return Outside(weather.wind_m_s, falls_mm_h, weather.beam_normal_w_m2 * sine + weather.diffuse_w_m2)


def _check_finite(moments: Array, day: date) -> None:
    wrong = ~np.isfinite(moments)
    if wrong.any():
        step, column = (int(place[0]) for place in np.nonzero(wrong))
        raise PlantError(
            Sentence(
                "the model left its range on %(day)s in step %(step)s: %(figure)s is no number. Nothing of this season "
                "is given out; please report its house, crop, weather and seed",
                day=day,
                step=step,
                figure=Moment._fields[column],
            )
        )


def settled(after: WholeState, start: WholeState) -> WholeState:
    """A house that has lived through its first days, with the crop, the roots and the clean cover of the start."""
    machinery = Machinery(
        roof_vent=_uncounted(after.machinery.roof_vent),
        bottom_vent=_uncounted(after.machinery.bottom_vent),
        blanket=_uncounted(after.machinery.blanket),
        screen=_uncounted(after.machinery.screen),
        shade=_uncounted(after.machinery.shade),
        heating=after.machinery.heating,
    )
    climate = after.inside.climate._replace(dust=0.0, snow_mm=0.0, blanket_wet=0.0)
    return WholeState(machinery=machinery, inside=start.inside._replace(climate=climate))


def _uncounted(drive: DriveState) -> DriveState:
    return drive._replace(starts=0.0, run_s=0.0, traveled=0.0)
