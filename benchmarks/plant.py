"""The plant model: a house-year compiled, the same with its program, and a base of twenty houses at real time."""

from __future__ import annotations

import statistics
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from benchmarks.results import Row, Section
from greenhouse.forecast.baseline import baseline, idle
from greenhouse.forecast.season import Plan, run_season
from greenhouse.plant.building import HouseKind, whole_at_start, whole_house
from greenhouse.plant.compiled import CompiledHouse, keep_machine_code
from greenhouse.plant.crops.parameters import CropKind
from greenhouse.plant.stretch import MOMENT_WIDTH, weather_of, weather_table
from greenhouse.plant.weather.climate import kangbashi
from greenhouse.plant.weather.generator import generate
from greenhouse.plant.weather.generator_parameters import shipped_generator
from greenhouse.plant.weather.series import WeatherSeries
from greenhouse.plant.whole import WholeParameters, WholeState, step_whole

_FIRST = date(2026, 1, 1)
_STEP_S = 60.0
_PER_DAY = 1440
_HOUSES = 20
_YEAR_GOAL_S = 10.0
_SHARE_GOAL_PCT = 3.0


def measure(*, quick: bool) -> Section:
    """Run a year of each kind of house; step plain houses for as long as a median needs. All times are of the CPU."""
    days, rounds = (10, 100) if quick else (365, 2000)
    weather = generate(kangbashi(), shipped_generator(), seed=1, first=_FIRST, days=days)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        keep_machine_code(Path(folder))
        for kind in HouseKind:
            parameters, state = _house(kind, weather)
            house = CompiledHouse(state, parameters, _STEP_S)
            if not rows:
                rows.append(Row("compiling, once for each version of the model", f"{_compiling_s(house):.0f} s"))
            year_s = _model_s(house, weather, days) * 365 / days
            rows.append(
                Row(
                    f"{kind.value}: a house-year of the model",
                    f"{year_s:.1f} s",
                    f"< {_YEAR_GOAL_S:g} s",
                    year_s < _YEAR_GOAL_S,
                )
            )
            season_s = _season_s(kind, weather, days) * 365 / days
            rows.append(Row(f"{kind.value}: a year with its program each minute", f"{season_s:.1f} s"))
    step_s = max(_plain_step_s(kind, weather, rounds) for kind in HouseKind)
    share_pct = 100.0 * _HOUSES * step_s / _STEP_S
    rows += [
        Row("a step in plain Python", f"{1e6 * step_s:.0f} µs"),
        Row(
            f"{_HOUSES} houses at real time, plain Python, of a core",
            f"{share_pct:.3f} %",
            f"< {_SHARE_GOAL_PCT:g} %",
            share_pct < _SHARE_GOAL_PCT,
        ),
    ]
    text = (
        "Steps of 60 s of a whole house: motors, climate, root zone and crop (tomato). The year of the model is run in "
        "days under constant orders; the year with its program asks the frozen baseline in Python before every step "
        "and sums up every day's figures."
    )
    return Section("Plant model", text, rows)


def _house(kind: HouseKind, weather: WeatherSeries) -> tuple[WholeParameters, WholeState]:
    parameters = whole_house(kind, CropKind.TOMATO, kind.medium)
    planted = weather.start - timedelta(days=30)
    return parameters, whole_at_start(parameters, planted_at=planted, now=weather.start, deep_c=8.0, co2_ppm=425.0)


def _compiling_s(house: CompiledHouse) -> float:
    house.meet(np.zeros((1, 15)), np.zeros((1, MOMENT_WIDTH)))
    began_s = time.process_time()
    house.advance(idle(baseline()), 0, 0)
    return time.process_time() - began_s


def _model_s(house: CompiledHouse, weather: WeatherSeries, days: int) -> float:
    orders = idle(baseline())._replace(roof_vent=0.2, heat=0.3, water=0.05)
    moments = np.zeros((_PER_DAY, MOMENT_WIDTH))
    began_s = time.process_time()
    for day in range(days):
        start = weather.start + timedelta(days=day)
        house.meet(weather_table(weather.sampled(start, count=_PER_DAY, step_s=_STEP_S)), moments)
        house.advance(orders, 0, _PER_DAY)
    return time.process_time() - began_s


def _season_s(kind: HouseKind, weather: WeatherSeries, days: int) -> float:
    plan = Plan(
        kind=kind,
        crop=CropKind.TOMATO,
        medium=kind.medium,
        weather=weather,
        first=_FIRST,
        days=days,
        planted=_FIRST - timedelta(days=30),
    )
    began_s = time.process_time()
    run_season(plan, CompiledHouse)
    return time.process_time() - began_s


def _plain_step_s(kind: HouseKind, weather: WeatherSeries, rounds: int) -> float:
    """The dearest kind of step is one by day with a crop."""
    parameters, state = _house(kind, weather)
    table = weather_table(weather.sampled(weather.start, count=_PER_DAY, step_s=_STEP_S))
    orders = idle(baseline())._replace(roof_vent=0.2, heat=0.3, water=0.05)
    costs_s = []
    for number in range(rounds):
        acting = weather_of(table, 700 + number % 100)
        began_s = time.process_time()
        state, _flows = step_whole(state, orders, acting, parameters, _STEP_S)
        costs_s.append(time.process_time() - began_s)
    return statistics.median(costs_s)
