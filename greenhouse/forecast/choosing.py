"""A person's choice of a season, made into a plan; every wrong choice is told with what there is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from greenhouse.forecast.season import DAY_S, Plan
from greenhouse.forecast.station_history import station_history
from greenhouse.plant.building import HouseKind
from greenhouse.plant.crops.parameters import CropKind
from greenhouse.plant.errors import PlantInputError
from greenhouse.plant.faults import PlantFaults, plant_faults
from greenhouse.plant.roots import Medium
from greenhouse.plant.sentences import Sentence, no_such
from greenhouse.plant.weather.climate import Climate, kangbashi
from greenhouse.plant.weather.composing import start_of
from greenhouse.plant.weather.epw import read_epw
from greenhouse.plant.weather.generator import generate
from greenhouse.plant.weather.generator_parameters import GeneratorParameters, shipped_generator
from greenhouse.plant.weather.scenarios import scenario_series, shipped_scenarios
from greenhouse.plant.weather.series import WeatherSeries
from greenhouse.rules.standard import standard_programs

EMPTY = "none"
BASELINE, STANDARD = "baseline", "standard"
GENERATED_DAYS = 365
LONGEST_HISTORY_DAYS = 366
"""Of a station, where nobody says how many."""

Kind = TypeVar("Kind", bound=StrEnum)


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What a person asks for, as it was typed.

    Attributes
    ----------
    house, crop, medium : str
        ``none`` is no crop; an empty medium is the house's usual one.
    seed : int
    scenario : str
    epw : Path or None
    station : str
        Key of a weather station of the base; empty: none. Station, file or scenario go before the seed.
    is_dry : bool
        Take an EPW file or a station without any rain as dry.
    first : date
        Of a scenario, the year counts.
    days : int
        0: as many as the weather has, of a seed a year.
    planted : date or None
        None: on the first day.
    faults : tuple of str
        Each as ``torn_film=0.02``.
    step_s, decide_s : float
    program : str
        ``baseline`` or ``standard``.
    """

    house: str
    crop: str
    medium: str
    seed: int
    scenario: str
    epw: Path | None
    is_dry: bool
    first: date
    days: int
    planted: date | None
    faults: tuple[str, ...]
    step_s: float
    decide_s: float
    program: str = BASELINE
    station: str = ""


def plan_of(choice: Choice) -> Plan:
    """The plan of a choice.

    Raises
    ------
    PlantInputError, WeatherError
        If there is no such house, crop, medium, scenario, station or fault, or the weather cannot be had.
    OSError, DatabaseError
        If the file or the store cannot be read.
    """
    if choice.days < 0:
        raise PlantInputError(
            Sentence("%(days)s days: give 1 or more, or 0 for all that the weather has", days=choice.days)
        )
    kind = _one_of(HouseKind, choice.house, Sentence("house"))
    crop = CropKind.TOMATO if choice.crop == EMPTY else _one_of(CropKind, choice.crop, Sentence("crop"), also=(EMPTY,))
    medium = _one_of(Medium, choice.medium, Sentence("growing medium")) if choice.medium else kind.medium
    faults = _faults(choice.faults)
    if choice.program not in {BASELINE, STANDARD}:
        raise PlantInputError(no_such(Sentence("program"), choice.program, (BASELINE, STANDARD)))
    series, first, most = _weather(choice)
    planted = None if choice.crop == EMPTY else (choice.planted or first)
    return Plan(
        kind=kind,
        crop=crop,
        medium=medium,
        weather=series,
        first=first,
        days=choice.days or most,
        planted=planted,
        faults=faults,
        step_s=choice.step_s,
        decide_s=choice.decide_s,
        climate=standard_programs()[kind.value] if choice.program == STANDARD else None,
    )


def _weather(choice: Choice) -> tuple[WeatherSeries, date, int]:
    """The weather, the first day of it to run, and how many days it has from there."""
    climate, parameters = kangbashi(), shipped_generator()
    if choice.epw is not None or choice.station:
        series = _measured(choice, climate, parameters)
        first = max(choice.first, _first_whole_day(series))
        return series, first, max(1, _whole_days(series, first))
    if choice.scenario:
        scenarios = shipped_scenarios()
        if choice.scenario not in scenarios:
            raise PlantInputError(no_such(Sentence("scenario"), choice.scenario, scenarios))
        scenario = scenarios[choice.scenario]
        series = scenario_series(scenario, climate, parameters, year=choice.first.year)
        return series, date(choice.first.year, scenario.month, scenario.day), scenario.days
    days = choice.days or GENERATED_DAYS
    return generate(climate, parameters, seed=choice.seed, first=choice.first, days=days), choice.first, days


def _measured(choice: Choice, climate: Climate, parameters: GeneratorParameters) -> WeatherSeries:
    if choice.epw is not None:
        return read_epw(
            choice.epw.read_text(encoding="utf-8", errors="replace"),
            file=choice.epw.name,
            year=choice.first.year,
            base=climate.place,
            parameters=parameters,
            without_rain_is_dry=choice.is_dry,
        )
    begin = start_of(choice.first, utc_offset_h=climate.place.utc_offset_h)
    return station_history(
        choice.station,
        begin=begin,
        end=begin + timedelta(days=choice.days or LONGEST_HISTORY_DAYS),
        climate=climate,
        parameters=parameters,
        without_rain_is_dry=choice.is_dry,
    )


def _first_whole_day(series: WeatherSeries) -> date:
    offset = timedelta(hours=series.place.utc_offset_h)
    day = (series.start + offset).date()
    return day if start_of(day, utc_offset_h=series.place.utc_offset_h) >= series.start else day + timedelta(days=1)


def _whole_days(series: WeatherSeries, first: date) -> int:
    start = start_of(first, utc_offset_h=series.place.utc_offset_h)
    # The last minute of a day needs weather, its end does not.
    return int(((series.end - start).total_seconds() + 300.0) // DAY_S)


def _faults(told: Iterable[str]) -> PlantFaults:
    severities = {}
    for one in told:
        key, _equals, value = one.partition("=")
        try:
            severities[key] = float(value)
        except ValueError as error:
            raise PlantInputError(Sentence('fault "%(fault)s": write it as torn_film=0.02', fault=one)) from error
    return plant_faults(severities)


def _one_of(kind: type[Kind], told: str, noun: Sentence, *, also: tuple[str, ...] = ()) -> Kind:
    known = [one.value for one in kind]
    if told not in known:
        raise PlantInputError(no_such(noun, told, [*known, *also]))
    return kind(told)
