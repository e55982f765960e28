"""The year that a compartment of the simulated base lived through before the base was switched on: model and programs.

The same houses, crops and controllers as `scheduler.simulated_plant` has, as compiled stretches between two decisions.
Deterministic: nothing here reads a clock or draws a number. Later records of the same year (harvests, irrigation)
start from `Life.days` and `Life.asked`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from greenhouse.forecast.days import DayFigures, figures_of_day
from greenhouse.forecast.limits import limits_of
from greenhouse.forecast.season import House, MakeHouse
from greenhouse.plant.crops.parameters import CropParameters
from greenhouse.plant.crops.planting import crop_of_age, plant_crop
from greenhouse.plant.crops.state import Crop
from greenhouse.plant.errors import PlantError
from greenhouse.plant.machinery import Orders, machinery_at_rest
from greenhouse.plant.point_sources import Vent
from greenhouse.plant.roots import root_zone_at_start
from greenhouse.plant.stretch import MOMENT_WIDTH, Moment
from greenhouse.plant.weather.composing import start_of
from greenhouse.plant.whole import Inside, WholeState
from scheduler.demo_history.outside import DECIDE_STEPS, STEP_S, STEPS_PER_DAY, Outside
from scheduler.simulated_plant.base_houses import Settling, base_houses, is_whitening_time, whitened
from scheduler.simulated_plant.compartment import Fitting
from scheduler.simulated_plant.outdoors import LOCAL_OFFSET_H
from scheduler.simulated_plant.programs import (
    AT_REST,
    Air,
    Setpoints,
    Wanted,
    climate_wanted,
    cover_wanted,
    net_wanted,
    vent_share,
    vent_target_pct,
)
from scheduler.simulated_plant.settling import CROP_KIND
from scheduler.simulated_plant.water import FEED

Array = NDArray[np.float64]
Kept = NDArray[np.float32]

WATERING_H = (8.0, 17.0)
WATERED_EVERY_STEPS = 60
WATERED_FROM_L_M2 = 0.4
"""Local hours in which a compartment may be watered, how often its turn comes, and what its roots must lack. Assumed;
so a fifth to a third of what slabs are given drains."""

VENT_FROM_C = 26.0
CROP_LIVES_D = 365


class Fitted(NamedTuple):
    """What of a compartment acts: which devices it has, and what its controller was told and reads wrongly.

    Attributes
    ----------
    setpoints : Setpoints or None
        Of its climate controller; None without one.
    errors : Air
        By how much the controller's own instruments read too high.
    vents : collection of Vent
        Those with a motor of their own.
    turn : int
        Compartments are watered one after the other: the step of the hour at which this one's turn begins.
    """

    setpoints: Setpoints | None
    errors: Air
    vents: Collection[Vent]
    has_blanket: bool
    has_net: bool
    turn: int


class Asked(NamedTuple):
    """What was asked for from one decision to the next. 0 to 1, targets in percent."""

    heat: float
    fan: float
    co2: float
    roof_pct: float
    bottom_pct: float
    cover: float
    screen: float
    net: float
    is_locked: float
    water: float


@dataclass(frozen=True)
class Life:
    """What a compartment lived through.

    Attributes
    ----------
    moments : Moment
        Each field an array of shape (steps,); at step i the moment ``begin + i * STEP_S``.
    asked : Asked
        Each field an array of shape (steps,): in force from that moment on.
    days : tuple of DayFigures
        The local days, each of one square meter; the last one may be cut.
    planted : tuple of date
        When a crop was planted, the first one before the year began.
    """

    moments: Moment
    asked: Asked
    days: tuple[DayFigures, ...]
    planted: tuple[date, ...]


def plantings(until: date) -> tuple[date, date]:
    """Days on which the crops of the year were planted: the last one is as old now as the live base has it."""
    last = until - timedelta(days=base_houses().part("settling", Settling).crop_age_d)
    return last - timedelta(days=CROP_LIVES_D), last


def live_through(fitting: Fitting, fitted: Fitted, outside: Outside, begun: Inside, make_house: MakeHouse) -> Life:
    """A compartment's life under some weather, to the end of it; ``begun``: its climate at the first moment."""
    keeper = _Keeper(fitting, fitted, outside)
    planted = plantings(outside.until.date())
    sound = fitting.sound
    splashed = sound._replace(house=whitened(sound.house))
    house = make_house(_start(fitting, begun, outside.begin, planted[0]), sound, STEP_S)
    moments = np.zeros((outside.steps, MOMENT_WIDTH), np.float32)
    asked = np.zeros((outside.steps, len(Asked._fields)), np.float32)
    days = []
    limits = limits_of(CROP_KIND)
    for number, day in enumerate(outside.days):
        if day == planted[1]:
            replanted = house.state.inside._replace(
                crop=plant_crop(sound.crop), root_zone=root_zone_at_start(sound.root_zone)
            )
            house.state = house.state._replace(inside=replanted)
        is_splashed = fitting.is_solar and is_whitening_time(day)
        house.change_parameters(splashed if is_splashed else sound)
        first = number * STEPS_PER_DAY
        steps = min(STEPS_PER_DAY, outside.steps - first)
        lived = _live_day(house, keeper, outside.table[first : first + steps], first, asked)
        if not np.isfinite(lived).all():
            raise PlantError(f"the model left its range on {day}; please report the base file and the seed")
        days.append(figures_of_day(day, lived, limits, STEP_S))
        moments[first : first + steps] = lived
    # What a step leaves is true at its end, where the next one begins.
    moments[1:] = moments[:-1]
    return Life(Moment._make(moments.T), Asked._make(asked.T), tuple(days), planted)


def _start(fitting: Fitting, begun: Inside, begin: datetime, planted: date) -> WholeState:
    planted_at = start_of(planted, utc_offset_h=LOCAL_OFFSET_H)
    return WholeState(
        machinery=machinery_at_rest(begun.climate.air_c),
        inside=begun._replace(
            root_zone=root_zone_at_start(fitting.sound.root_zone),
            crop=_crop_of_age(fitting.sound.crop, planted_at, begin),
        ),
    )


def _live_day(house: House, keeper: _Keeper, table: Array, first: int, asked: Kept) -> Array:
    """A local day, decision after decision. Returns its moments."""
    steps = len(table)
    lived = np.zeros((steps, MOMENT_WIDTH))
    house.meet(table, lived)
    for step in range(0, steps, DECIDE_STEPS):
        count = min(DECIDE_STEPS, steps - step)
        wish = keeper.decide(first + step)
        asked[first + step : first + step + count] = wish
        house.advance(keeper.orders(wish), step, count)
        keeper.see(lived[step + count - 1])
    return lived


@cache
def _crop_of_age(parameters: CropParameters, planted_at: datetime, now: datetime) -> Crop:
    """All compartments begin with the same crop; growing it takes seconds."""
    return crop_of_age(parameters, planted_at=planted_at, now=now)


_SEEN = tuple(Moment._fields.index(name) for name in ("air_c", "rh_pct", "co2_ppm", "root_share"))


class _Keeper:
    """The devices of a compartment as programs: what they read, want and ask for."""

    def __init__(self, fitting: Fitting, fitted: Fitted, outside: Outside) -> None:
        self._fitting, self._fitted, self._outside = fitting, fitted, outside
        self._wanted: Wanted = AT_REST
        self._cover, self._net = float(fitted.has_blanket), 0.0
        self._air_c, self._humidity_pct, self._co2_ppm = 20.0, 75.0, 400.0
        self._root_share = self._full_share = fitting.sound.root_zone.field_capacity_share

    def see(self, moment: Array) -> None:
        """What is true inside by now."""
        self._air_c, self._humidity_pct, self._co2_ppm, self._root_share = (float(moment[at]) for at in _SEEN)

    def decide(self, step: int) -> Asked:
        """What the devices ask for from now on."""
        around, fitted = self._outside.around[step // DECIDE_STEPS], self._fitted
        if fitted.setpoints is not None:
            wrong = fitted.errors
            air = Air(self._air_c + wrong.air_c, self._humidity_pct + wrong.humidity_pct, self._co2_ppm + wrong.co2_ppm)
            is_glass = not self._fitting.is_solar
            self._wanted = climate_wanted(air, fitted.setpoints, around, self._wanted, is_glass=is_glass)
            ventilation = self._wanted.vent
        else:
            ventilation = vent_share(self._air_c, VENT_FROM_C, around.outside_c)
        if fitted.has_blanket:
            cover = cover_wanted(around.irradiance_w_m2, around.outside_c)
            self._cover = self._cover if cover is None else cover
        if fitted.has_net:
            self._net = net_wanted(around.irradiance_w_m2, around.outside_c, is_drawn=self._net > 0.0)
        wanted = self._wanted
        return Asked(
            heat=wanted.heat,
            fan=wanted.fan,
            co2=wanted.co2,
            roof_pct=self._vent_pct(Vent.ROOF, ventilation, around.outside_c),
            bottom_pct=self._vent_pct(Vent.BOTTOM, ventilation, around.outside_c),
            cover=self._cover,
            screen=wanted.screen,
            net=0.0 if wanted.is_locked else self._net,
            is_locked=float(wanted.is_locked),
            water=float(self._is_thirsty(step)),
        )

    def orders(self, asked: Asked) -> Orders:
        """What the motors, pipes and valves of the model are told."""
        return Orders(
            roof_vent=asked.roof_pct / 100.0,
            bottom_vent=asked.bottom_pct / 100.0,
            blanket=asked.cover,
            screen=asked.screen,
            shade=asked.net,
            heat=asked.heat,
            fog=0.0,
            fan=asked.fan,
            pad=float(asked.fan > 0.0),
            lamp=0.0,
            circulation=0.0,
            co2=asked.co2,
            water=asked.water,
            feed_ec_ms_cm=FEED.ec_ms_cm,
            feed_ph=FEED.ph,
        )

    def _vent_pct(self, which: Vent, ventilation: float, outside_c: float) -> float:
        if which in self._fitted.vents:
            return vent_target_pct(ventilation, which, outside_c)
        # A controller has a roof vent of its own; a bottom vent opens by its motor only.
        return 100.0 * ventilation if which is Vent.ROOF and self._fitted.setpoints is not None else 0.0

    def _is_thirsty(self, step: int) -> bool:
        """Whether it is this compartment's turn, and its roots lack a part of what they can hold."""
        of_day = step % STEPS_PER_DAY
        is_open = WATERING_H[0] <= of_day * STEP_S / 3600.0 < WATERING_H[1]
        is_turn = of_day % WATERED_EVERY_STEPS == self._fitted.turn
        lacking_l_m2 = (self._full_share - self._root_share) * self._fitting.sound.root_zone.bulk_l_m2
        return is_open and is_turn and lacking_l_m2 > WATERED_FROM_L_M2
