"""Against greenlight 2.0.5, a validated glasshouse model of others: see tests/plant/data/README.md for its limits."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from greenhouse.plant.climate.house import House
from greenhouse.plant.climate.moist_air import vapor_kg_m3, vapor_pressure_pa
from greenhouse.plant.climate.reading import house_of, read_parameters
from greenhouse.plant.climate.starting import resting_state
from greenhouse.plant.climate.state import Canopy, ClimateState
from greenhouse.plant.climate.step import step
from greenhouse.plant.surroundings import Equipment, Weather
from tests.plant.climate.conftest import STILL

DATA = Path(__file__).parent.parent / "data"
SAMPLE_S = 900
#: 5.14 mg m-2 s-1 of carbon dioxide at full dose.
FULL_DOSE_KG_HA_H = 185.0
BOILER_W_M2 = 300.0
HOT_C = 90.0


class Sample(NamedTuple):
    theirs: dict[str, float]
    ours: ClimateState
    heating_w_m2: float


@pytest.fixture(scope="module")
def rows() -> list[dict[str, float]]:
    with (DATA / "greenlight_bleiswijk_3days_15min.csv").open() as file:
        return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]


@pytest.fixture(scope="module")
def house() -> House:
    return house_of(read_parameters(DATA / "bleiswijk.toml"))


def between(rows: list[dict[str, float]], time_s: float) -> dict[str, float]:
    """Their values at a time. Lamps switch by their rule, not along a line between samples."""
    index = min(int(time_s // SAMPLE_S), len(rows) - 2)
    share = time_s / SAMPLE_S - index
    found = {name: value + (rows[index + 1][name] - value) * share for name, value in rows[index].items()}
    found["uLamp"] = 1.0 if time_s / 3600.0 % 24.0 < 18.0 and found["iGlob"] < 400.0 else 0.0
    return found


def outside(row: dict[str, float]) -> Weather:
    """Only their global radiation is known; their cover has one transmission for it, so it stands as diffuse."""
    return Weather(
        air_c=row["tOut"],
        vapor_pressure_pa=row["vpOut"],
        wind_m_s=row["wind"],
        wind_from_deg=0.0,
        beam_normal_w_m2=0.0,
        diffuse_w_m2=row["iGlob"],
        sky_c=row["tSky"],
        sun_elevation_deg=30.0,
        sun_azimuth_deg=180.0,
        rain_mm_h=0.0,
        snow_mm_h=0.0,
        hail_mm_h=0.0,
        dust=0.0,
        co2_ppm=390.0,
        deep_soil_c=5.0,
    )


def recorded(row: dict[str, float]) -> Equipment:
    return STILL._replace(
        roof_vent=row["uRoof"],
        screen=row["uThScr"],
        lamp=row["uLamp"],
        co2_kg_ha_h=row["uExtCo2"] * FULL_DOSE_KG_HA_H,
    )


def begun(rows: list[dict[str, float]]) -> ClimateState:
    first = rows[0]
    state = resting_state(first["tAir"], 5.0, 90.0, 390.0)
    return state._replace(
        vapor_kg_m3=vapor_kg_m3(first["vpAir"], first["tAir"]),
        canopy_c=first["tCan"],
        soil1_c=16.5,
        soil2_c=13.4,
        soil3_c=10.2,
        soil4_c=6.0,
    )


Heating = Callable[[float, dict[str, float], ClimateState, House], Equipment]


def run(rows: list[dict[str, float]], house: House, heated: Heating) -> Iterator[Sample]:
    state = begun(rows)
    for minute in range(3 * 1440):
        time_s = minute * 60.0
        row = between(rows, time_s + 30.0)
        canopy = Canopy(lai=row["lai"], water_factor=1.0, respiration_umol_m2_s=0.0, assimilation_factor=1.0)
        equipment = heated(time_s, row, state, house)
        before = state
        state, flows = step(state, canopy, outside(row), equipment, house, 60.0)
        yield Sample(between(rows, time_s), before, flows.heating_w_m2)


def with_recorded_pipe(time_s: float, row: dict[str, float], state: ClimateState, house: House) -> Equipment:
    return recorded(row)._replace(pipe_supply_c=row["tPipe"], pipe_flow=1.0)


def with_their_setpoints(time_s: float, row: dict[str, float], state: ClimateState, house: House) -> Equipment:
    """Heat at 19.5 °C by day and under lamps, at 18.5 by night, in a P-band of 1 K (controls of Katzin 2021)."""
    hour = time_s / 3600.0 % 24.0
    day = 1.0 if 8.0 <= hour < 19.2 and row["iGlob"] > 1.0 else 0.0
    warm = max(day, min(1.0, max(0.0, 19.0 - hour)))
    setpoint_c = 19.5 * warm + 18.5 * (1.0 - warm)
    control = 1.0 / (1.0 + math.exp(2.0 * math.log(100.0) * (state.air_c - setpoint_c + 0.5)))
    flow = BOILER_W_M2 * control / (house.pipes.supply_w_m2_k * (HOT_C - state.pipe_c))
    return recorded(row)._replace(pipe_supply_c=HOT_C, pipe_flow=flow)


def root_mean_square(errors: list[float]) -> float:
    return math.sqrt(sum(error * error for error in errors) / len(errors))


def test_replay_of_their_controls_and_pipe_gives_their_air(rows, house):
    """0.33 K and 29 Pa when written; asked are 1.5 K (goal 1.0) and 200 Pa (goal 150)."""
    samples = list(run(rows, house, with_recorded_pipe))[::15]
    air = [one.ours.air_c - one.theirs["tAir"] for one in samples]
    vapor = [vapor_pressure_pa(one.ours.vapor_kg_m3, one.ours.air_c) - one.theirs["vpAir"] for one in samples]
    assert root_mean_square(air) <= 0.6
    assert root_mean_square(vapor) <= 60.0


def test_replay_gives_their_surfaces(rows, house):
    """Canopy, floor and cover follow too, so the air is not right by errors that cancel."""
    samples = list(run(rows, house, with_recorded_pipe))[::15]
    canopy = [one.ours.canopy_c - one.theirs["tCan"] for one in samples]
    floor = [one.ours.floor_c - one.theirs["tFlr"] for one in samples]
    cover = [
        (1.0 - one.theirs["uThScr"]) * one.ours.cover_c
        + one.theirs["uThScr"] * one.ours.screened_c
        - one.theirs["tCovIn"]
        for one in samples
    ]
    assert root_mean_square(canopy) <= 0.6
    assert root_mean_square(floor) <= 0.5
    assert root_mean_square(cover) <= 0.5


def test_replayed_pipes_give_as_much_heat_as_their_boiler(rows, house):
    """Within 5 %: the exchange of the pipes is right by itself. The first hour starts from a cold pipe."""
    samples = list(run(rows, house, with_recorded_pipe))[60:]
    theirs = sum(one.theirs["hBoilPipe"] for one in samples)
    assert sum(one.heating_w_m2 for one in samples) == pytest.approx(theirs, rel=0.05)


def test_closed_loop_with_their_setpoints_takes_their_heating_energy(rows, house):
    """11 % above theirs when written, without the first hour; asked are 20 % (goal 15 %)."""
    samples = list(run(rows, house, with_their_setpoints))[60:]
    theirs = sum(one.theirs["hBoilPipe"] for one in samples)
    assert sum(one.heating_w_m2 for one in samples) == pytest.approx(theirs, rel=0.15)
