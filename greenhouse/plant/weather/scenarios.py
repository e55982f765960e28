"""Named weather that control must come through: cold, dust, wet snow, five dull days, hail.

A scenario is data (`data/weather_scenarios.toml`): its days and its events. The minutes between come from its own seed.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from devices.profiles.fields import Fields, as_number
from greenhouse.plant.errors import ParameterError, PlantInputError
from greenhouse.plant.sentences import Sentence
from greenhouse.plant.weather.climate import Climate
from greenhouse.plant.weather.composing import PER_DAY, STEP_S, composed, start_of
from greenhouse.plant.weather.days import Days
from greenhouse.plant.weather.events import Event, EventKind
from greenhouse.plant.weather.generator_parameters import DATA, GeneratorParameters
from greenhouse.plant.weather.series import WeatherColumns, WeatherSeries

_TOLD = {
    "air_c": (-50.0, 45.0),
    "range_k": (0.0, 30.0),
    "rh_pct": (5.0, 98.0),
    "wind_m_s": (0.0, 20.0),
    "sunshine": (0.0, 1.0),
}


@dataclass(frozen=True, slots=True)
class ScenarioEvent:
    """An event of a scenario; `events.Event` says what its strength is."""

    kind: EventKind
    after_h: float
    hours: float
    strength: float


@dataclass(frozen=True, slots=True)
class Scenario:
    """One of them.

    Attributes
    ----------
    key : str
        Its name in code and in addresses.
    zh, en, zh_description, en_description : str
        For pages: its name, and what happens and what it tries.
    seed : int
        Of what lies between the told figures.
    month, day : int
        Local calendar day on which it begins, in any year.
    told : mapping of str to tuple of float
        ``air_c``, ``range_k``, ``rh_pct``, ``wind_m_s``, ``sunshine``: a figure for each day.
    events : tuple of ScenarioEvent
        What happens on top.
    """

    key: str
    zh: str
    en: str
    zh_description: str
    en_description: str
    seed: int
    month: int
    day: int
    told: Mapping[str, tuple[float, ...]]
    events: tuple[ScenarioEvent, ...]

    @property
    def days(self) -> int:
        """How many local days it lasts."""
        return len(self.told["air_c"])


def parse_scenarios(text: str, *, file: str) -> Mapping[str, Scenario]:
    """Read scenarios, by key, in the order of the file.

    Raises
    ------
    ParameterError
        With every fault: no name or description in one of the two languages, lists of unequal length, a figure outside
        its range, an event that is not known or lies outside the days.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ParameterError(file, [f"is not TOML: {error}"]) from error
    faults: list[str] = []
    top = Fields(document, where="file", faults=faults)
    found = {}
    for key in top:
        table = top.section(key)
        if table is not None:
            found[key] = _read(key, table)
            table.finish()
    if not found and not faults:
        faults.append("has no scenario")
    if faults:
        raise ParameterError(file, faults)
    return found


def shipped_scenarios() -> Mapping[str, Scenario]:
    """The scenarios that come with the system."""
    file = DATA / "weather_scenarios.toml"
    return parse_scenarios(file.read_text("utf-8"), file=file.name)


def scenario_series(
    scenario: Scenario, climate: Climate, parameters: GeneratorParameters, *, year: int
) -> WeatherSeries:
    """Weather of a scenario in a year, from its first local midnight to the one after its last day.

    Raises
    ------
    PlantInputError
        If the year is not from 1901 to 2199.
    """
    if not 1901 <= year <= 2199:
        raise PlantInputError(Sentence("year %(year)s: must be from 1901 to 2199", year=year))
    first = date(year, scenario.month, scenario.day)
    start = start_of(first, utc_offset_h=climate.place.utc_offset_h)
    events = tuple(
        Event(one.kind, start + timedelta(hours=one.after_h), one.hours * 3600, one.strength) for one in scenario.events
    )
    # A day more, cut off again, gives the last samples their right-hand neighbors.
    told = {name: np.array([*values, values[-1]]) for name, values in scenario.told.items()}
    nothing = np.zeros(scenario.days + 1)
    days = Days(
        **told,
        transmission=nothing + parameters.clearness.transmission,
        precipitation_mm=nothing,
        precipitation_start_h=nothing,
        precipitation_h=nothing,
    )
    padded = composed(days, events, climate=climate, parameters=parameters, seed=scenario.seed, first=first)
    count = scenario.days * PER_DAY + 1
    return WeatherSeries(
        place=climate.place,
        start=start,
        step_s=STEP_S,
        columns=WeatherColumns._make(column[:count].copy() for column in padded),
        events=events,
    )


def _read(key: str, table: Fields) -> Scenario:
    told = {name: _figures(table, name, lowest, highest) for name, (lowest, highest) in _TOLD.items()}
    days = len(told["air_c"])
    for name, values in told.items():
        if len(values) != days and table.is_sound(name):
            table.fault(name, f"has {len(values)} figures, air_c has {days}: one for each day")
    return Scenario(
        key=key,
        zh=table.text("zh"),
        en=table.text("en"),
        zh_description=table.text("zh_description"),
        en_description=table.text("en_description"),
        seed=table.integer("seed", lowest=0, highest=2**31),
        month=table.integer("month", lowest=1, highest=12),
        day=table.integer("day", lowest=1, highest=28, advice="every month has it in every year"),
        told=told,
        events=_events(table, days),
    )


def _figures(table: Fields, name: str, lowest: float, highest: float) -> tuple[float, ...]:
    if name not in table:
        table.fault(name, "is missing")
        return ()
    values = [as_number(value) for value in table.rows(name)]
    numbers = tuple(value for value in values if value is not None)
    if not values or len(numbers) != len(values):
        table.fault(name, "must be finite numbers, one for each day")
    for position, value in enumerate(numbers, start=1):
        if not lowest <= value <= highest:
            table.fault(name, f"has {value:g} on day {position}, outside {lowest:g} to {highest:g}")
    return numbers


def _events(table: Fields, days: int) -> tuple[ScenarioEvent, ...]:
    events = []
    for one in table.sections("events", places=[f"{table.where} event {number}" for number in range(1, 100)]):
        event = ScenarioEvent(
            kind=one.choice("kind", EventKind),
            after_h=one.number("after_h"),
            hours=one.positive("hours", default=0.0, highest=240.0),
            strength=one.positive("strength", default=0.0, highest=100.0),
        )
        if one.is_sound("after_h") and not 0 <= event.after_h < days * 24:
            one.fault("after_h", f"{event.after_h:g} lies outside the scenario's {days} days")
        one.finish()
        events.append(event)
    return tuple(events)
