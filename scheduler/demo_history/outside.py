"""The weather over the base's past: the very year that the live base goes on with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from greenhouse.plant.point_sources import Truth
from greenhouse.plant.stretch import weather_table
from greenhouse.plant.weather.climate import kangbashi
from greenhouse.plant.weather.composing import start_of
from greenhouse.plant.weather.generator import generate
from greenhouse.plant.weather.generator_parameters import shipped_generator
from greenhouse.plant.weather.series import WeatherArrays
from scheduler.simulated_plant.outdoors import LOCAL_OFFSET_H, truths_of
from scheduler.simulated_plant.programs import Around

Array = NDArray[np.float64]

STEP_S = 60.0
STEPS_PER_DAY = 1440
DECIDE_STEPS = 5
"""Steps from decision to decision: vents of the live base look as often."""


@dataclass(frozen=True)
class Outside:
    """Weather at each step from a local midnight on.

    Attributes
    ----------
    begin, until : datetime
        Of the first step, and after the last one; aware, in the zone of the base.
    weather : WeatherArrays
    truths : dict
        What a weather station would feel, an array for each.
    """

    begin: datetime
    until: datetime
    weather: WeatherArrays
    truths: dict[Truth, Array]

    @property
    def steps(self) -> int:
        """How many."""
        return len(self.weather.air_c)

    @property
    def days(self) -> list[date]:
        """The local days, the last one perhaps cut."""
        return [self.begin.date() + timedelta(days=n) for n in range(-(-self.steps // STEPS_PER_DAY))]

    @cached_property
    def table(self) -> Array:
        """A row for each step, for the model."""
        return weather_table(self.weather)

    @cached_property
    def around(self) -> list[Around]:
        """What controllers know of the weather at each of their decisions."""
        asked = (Truth.AIR_TEMPERATURE, Truth.IRRADIANCE, Truth.WIND_GUST)
        columns = [self.truths[truth][::DECIDE_STEPS].tolist() for truth in asked]
        is_wet = (self.truths[Truth.RAIN_STATE][::DECIDE_STEPS] > 0.0).tolist()
        return [Around(*values) for values in zip(*columns, is_wet, strict=True)]


def outside_of(first: date, until: datetime, *, seed: int) -> Outside:
    """The weather from a local midnight to a moment.

    Parameters
    ----------
    until : datetime
        Aware; in the zone of the base.
    seed : int
        That of the simulated base.
    """
    begin = start_of(first, utc_offset_h=LOCAL_OFFSET_H)
    steps = int((until - begin).total_seconds() // STEP_S) + 1
    days = -(-steps // STEPS_PER_DAY)
    series = generate(kangbashi(), shipped_generator(), seed=seed, first=first, days=days)
    weather = series.sampled(begin, count=steps, step_s=STEP_S)
    return Outside(begin.astimezone(until.tzinfo), until, weather, truths_of(weather, begin, STEP_S, seed=seed))
