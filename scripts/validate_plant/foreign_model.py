"""Against greenlight 2.0.5, a validated glasshouse model of others: see tests/plant/data/README.md for its limits."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from greenhouse.plant.climate.house import House
from greenhouse.plant.climate.reading import house_of, read_parameters
from greenhouse.plant.climate.starting import resting_state
from greenhouse.plant.climate.state import Canopy, ClimateState
from greenhouse.plant.climate.step import step
from greenhouse.plant.moist_air import vapor_kg_m3, vapor_pressure_pa
from greenhouse.plant.surroundings import Equipment, Weather
from scripts.validate_plant.skies import STILL

DATA = Path(__file__).resolve().parents[2] / "tests" / "plant" / "data"
DAYS = 3
SAMPLE_S = 900
#: 5.14 mg m-2 s-1 of carbon dioxide at full dose.
FULL_DOSE_KG_HA_H = 185.0
#: Both files begin with the soil that greenlight starts from; its thick fifth layer stands as the deep ground.
SOIL_C = (16.5, 13.36, 10.23, 7.09)
BOILER_W_M2 = 300.0
HOT_C = 90.0
#: Lamps switch by this rule, not along a line between samples; on a day of more sun than this they stay off.
LAMPS_UNTIL_H, LAMPS_BELOW_W_M2, LAMPS_BELOW_MJ_M2_D = 18.0, 400.0, 10.0

Row = dict[str, float]


class Record(NamedTuple):
    """Three days that the foreign model made, and what its columns leave out."""

    rows: list[Row]
    deep_soil_c: float
    soil_c: tuple[float, float, float, float]


class Sample(NamedTuple):
    """A minute of both models."""

    theirs: Row
    ours: ClimateState
    heating_w_m2: float
    ventilation_m3_m2_s: float
    transpiration_kg_m2_s: float


def autumn() -> Record:
    """Young crop, lamps, screen, three October days; vents hardly open."""
    return Record(_rows("greenlight_bleiswijk_3days_15min.csv"), 5.0, SOIL_C)


def warm() -> Record:
    """Grown crop, vents from shut to fully open, three warm days of a made weather."""
    return Record(_rows("greenlight_warm_grown_3days_15min.csv"), 5.0, SOIL_C)


def _rows(name: str) -> list[Row]:
    with (DATA / name).open() as file:
        return [{column: float(value) for column, value in row.items()} for row in csv.DictReader(file)]


def their_house() -> House:
    """Their glasshouse in our parameters."""
    return house_of(read_parameters(DATA / "bleiswijk.toml"))


def between(record: Record, time_s: float) -> Row:
    """Their values at a time."""
    rows = record.rows
    index = min(int(time_s // SAMPLE_S), len(rows) - 2)
    share = time_s / SAMPLE_S - index
    found = {name: value + (rows[index + 1][name] - value) * share for name, value in rows[index].items()}
    day = rows[index // 96 * 96 : index // 96 * 96 + 96]
    dark = sum(row["iGlob"] for row in day) * SAMPLE_S * 1e-6 < LAMPS_BELOW_MJ_M2_D
    lit = dark and time_s / 3600.0 % 24.0 < LAMPS_UNTIL_H and found["iGlob"] < LAMPS_BELOW_W_M2
    found["uLamp"] = 1.0 if lit else 0.0
    return found


def outside(row: Row, deep_soil_c: float) -> Weather:
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
        deep_soil_c=deep_soil_c,
    )


def recorded(row: Row) -> Equipment:
    """Their controls, without heating."""
    return STILL._replace(
        roof_vent=row["uRoof"],
        screen=row["uThScr"],
        lamp=row["uLamp"],
        co2_kg_ha_h=row["uExtCo2"] * FULL_DOSE_KG_HA_H,
    )


def begun(record: Record) -> ClimateState:
    """Our house as theirs began."""
    first = record.rows[0]
    soil1_c, soil2_c, soil3_c, soil4_c = record.soil_c
    state = resting_state(first["tAir"], record.deep_soil_c, 90.0, 390.0)
    return state._replace(
        vapor_kg_m3=vapor_kg_m3(first["vpAir"], first["tAir"]),
        canopy_c=first["tCan"],
        soil1_c=soil1_c,
        soil2_c=soil2_c,
        soil3_c=soil3_c,
        soil4_c=soil4_c,
    )


Heating = Callable[[float, Row, ClimateState, House], Equipment]


def run(record: Record, house: House, heated: Heating) -> Iterator[Sample]:
    """Every minute of their days, lived through by our house."""
    state = begun(record)
    for minute in range(DAYS * 1440):
        time_s = minute * 60.0
        row = between(record, time_s + 30.0)
        canopy = Canopy(lai=row["lai"], water_factor=1.0, respiration_umol_m2_s=0.0, assimilation_factor=1.0)
        equipment = heated(time_s, row, state, house)
        before = state
        state, flows = step(state, canopy, outside(row, record.deep_soil_c), equipment, house, 60.0)
        yield Sample(
            theirs=between(record, time_s),
            ours=before,
            heating_w_m2=flows.heating_w_m2,
            ventilation_m3_m2_s=flows.ventilation_m3_m2_s,
            transpiration_kg_m2_s=flows.transpiration_kg_m2_s,
        )


def with_recorded_pipe(time_s: float, row: Row, state: ClimateState, house: House) -> Equipment:
    """The water is as warm as their pipe was."""
    return recorded(row)._replace(pipe_supply_c=row["tPipe"], pipe_flow=1.0)


def with_their_setpoints(time_s: float, row: Row, state: ClimateState, house: House) -> Equipment:
    """Heat at 19.5 °C by day and under lamps, at 18.5 by night, in a P-band of 1 K (controls of Katzin 2021)."""
    hour = time_s / 3600.0 % 24.0
    day = 1.0 if 8.0 <= hour < 19.2 and row["iGlob"] > 1.0 else 0.0
    warm_share = max(day, min(1.0, max(0.0, 19.0 - hour)))
    setpoint_c = 19.5 * warm_share + 18.5 * (1.0 - warm_share)
    control = 1.0 / (1.0 + math.exp(2.0 * math.log(100.0) * (state.air_c - setpoint_c + 0.5)))
    flow = BOILER_W_M2 * control / (house.pipes.supply_w_m2_k * (HOT_C - state.pipe_c))
    return recorded(row)._replace(pipe_supply_c=HOT_C, pipe_flow=flow)


def root_mean_square(errors: Iterable[float]) -> float:
    """Root of the mean square."""
    squares = [error * error for error in errors]
    return math.sqrt(sum(squares) / len(squares))


def air_error_k(samples: list[Sample]) -> float:
    """Root mean square of our air temperature against theirs."""
    return root_mean_square(one.ours.air_c - one.theirs["tAir"] for one in samples)


def vapor_error_pa(samples: list[Sample]) -> float:
    """Root mean square of our vapor pressure against theirs."""
    return root_mean_square(
        vapor_pressure_pa(one.ours.vapor_kg_m3, one.ours.air_c) - one.theirs["vpAir"] for one in samples
    )


def heat_ratio(samples: list[Sample]) -> float:
    """Our heating energy on their boiler's. The first hour starts from a cold pipe and is left out."""
    counted = samples[60:]
    return sum(one.heating_w_m2 for one in counted) / sum(one.theirs["hBoilPipe"] for one in counted)
