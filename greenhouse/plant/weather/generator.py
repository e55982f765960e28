"""Weather of a climate from a seed: the same seed gives the same weather of the same day, bit for bit.

A calendar year depends on nothing but the seed, the climate and the parameters, so a base that is started again, or
asks for another span, meets the weather that it had.
"""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from greenhouse.plant.errors import PlantInputError
from greenhouse.plant.sentences import Sentence
from greenhouse.plant.weather.climate import Climate
from greenhouse.plant.weather.composing import PER_DAY, STEP_S, composed, start_of
from greenhouse.plant.weather.days import drawn_days
from greenhouse.plant.weather.draws import check_seed
from greenhouse.plant.weather.events import Event, MonthlyEvents, planned, plans
from greenhouse.plant.weather.generator_parameters import GeneratorParameters
from greenhouse.plant.weather.series import WeatherColumns, WeatherSeries

_RUN_UP_DAYS = 40
"""A chain has forgotten how it began (0.7⁴⁰ is below 10⁻⁶), and every event of the year before has ended."""

_RUN_OUT_DAYS = 2
"""Gives the samples at the year's very end their right-hand neighbors."""


def generate_year(climate: Climate, parameters: GeneratorParameters, *, seed: int, year: int) -> WeatherSeries:
    """A local calendar year, with the first sample of the next one as its last.

    Raises
    ------
    PlantInputError
        If the seed is negative or the year is not from 1901 to 2199, for which the sun's position is good.
    """
    check_seed(seed)
    if not 1901 <= year <= 2199:
        raise PlantInputError(Sentence("year %(year)s: must be from 1901 to 2199", year=year))
    first = date(year, 1, 1)
    length = (date(year + 1, 1, 1) - first).days
    begin, days = first - timedelta(days=_RUN_UP_DAYS), _RUN_UP_DAYS + length + _RUN_OUT_DAYS
    ordinary = drawn_days(climate.monthly, parameters, seed=seed, first=begin, days=days)
    offset_h = climate.place.utc_offset_h
    counts = MonthlyEvents(*(getattr(climate.monthly, name) for name in MonthlyEvents._fields))
    events = [
        event
        for plan in plans(counts, parameters)
        for event in planned(plan, seed=seed, first=begin, days=days, utc_offset_h=offset_h)
    ]
    padded = composed(ordinary, events, climate=climate, parameters=parameters, seed=seed, first=begin)
    start, end = (start_of(day, utc_offset_h=offset_h) for day in (first, date(year + 1, 1, 1)))
    cut = slice(_RUN_UP_DAYS * PER_DAY, (_RUN_UP_DAYS + length) * PER_DAY + 1)
    return WeatherSeries(
        place=climate.place,
        start=start,
        step_s=STEP_S,
        columns=WeatherColumns._make(column[cut].copy() for column in padded),
        events=tuple(event for event in _by_time(events) if start <= event.start < end),
    )


def generate(climate: Climate, parameters: GeneratorParameters, *, seed: int, first: date, days: int) -> WeatherSeries:
    """Whole local days from ``first`` on, with the first sample of the day after as the last.

    Raises
    ------
    PlantInputError
        As `generate_year`, and if there is not at least one day.
    """
    if days < 1:
        raise PlantInputError(Sentence("%(days)s days of weather: must be at least 1", days=days))
    last = first + timedelta(days=days - 1)
    years = [generate_year(climate, parameters, seed=seed, year=year) for year in range(first.year, last.year + 1)]
    joined = [
        np.concatenate([column[:-1] for column in columns] + [columns[-1][-1:]])
        for columns in zip(*(year.columns for year in years), strict=True)
    ]
    begin = (first - date(first.year, 1, 1)).days * PER_DAY
    cut = slice(begin, begin + days * PER_DAY + 1)
    start = start_of(first, utc_offset_h=climate.place.utc_offset_h)
    end = start + timedelta(days=days)
    return WeatherSeries(
        place=climate.place,
        start=start,
        step_s=STEP_S,
        columns=WeatherColumns._make(column[cut].copy() for column in joined),
        events=tuple(event for year in years for event in year.events if start <= event.start < end),
    )


def _by_time(events: list[Event]) -> list[Event]:
    return sorted(events, key=lambda event: (event.start, event.kind))
