"""Energy, water and carbon dioxide over a day with everything running: what went in is stored or went out."""

from __future__ import annotations

from typing import NamedTuple

from greenhouse.plant.climate.balances import (
    co2_gain_umol_m2_s,
    heat_gain_w_m2,
    stored_co2_umol_m2,
    stored_heat_j_m2,
    stored_vapor_kg_m2,
    vapor_gain_kg_m2_s,
)
from greenhouse.plant.climate.house import House
from greenhouse.plant.climate.state import ClimateState
from greenhouse.plant.surroundings import Equipment, Weather
from scripts.validate_plant.skies import CROP, STILL, Sky, live


class Closure(NamedTuple):
    """What is missing at the end of a day, as a share of what went through, and what went through."""

    heat: float
    water: float
    co2: float
    heat_through_j_m2: float
    water_through_kg_m2: float
    co2_through_umol_m2: float


def busy(minute: int, state: ClimateState, weather: Weather) -> Equipment:
    """Everything moves: vents, blanket, screen, pipes, fog, fans over a wet pad, lamps, carbon dioxide."""
    wave = minute % 97 / 96.0
    return STILL._replace(
        roof_vent=wave if minute % 240 < 60 else 0.0,
        bottom_vent=1.0 - wave if minute % 300 < 60 else 0.0,
        blanket=1.0 - wave if minute < 600 else 0.0,
        screen=wave if minute > 700 else 0.0,
        pipe_supply_c=60.0,
        pipe_flow=wave,
        fog=1.0 if minute % 50 < 10 else 0.0,
        fan=1.0 if 700 < minute < 800 else 0.0,
        pad=wave,
        lamp=1.0 if minute < 300 else 0.0,
        circulation=1.0,
        co2_kg_ha_h=40.0 if minute > 600 else 0.0,
    )


def closure(house: House, sky: Sky) -> Closure:
    """Live a busy day and count."""
    moments = list(live(house, sky, busy, days=1))
    first, last = moments[0].before, moments[-1].state
    heat = sum(heat_gain_w_m2(one.flows) for one in moments) * 60.0
    water = sum(vapor_gain_kg_m2_s(one.flows) for one in moments) * 60.0
    co2 = sum(co2_gain_umol_m2_s(one.flows) for one in moments) * 60.0
    heat_through = 60.0 * sum(abs(one.flows.cover_loss_w_m2) + abs(one.flows.ventilation_loss_w_m2) for one in moments)
    water_through = 60.0 * sum(one.flows.transpiration_kg_m2_s for one in moments)
    co2_through = 60.0 * sum(one.flows.assimilation_umol_m2_s for one in moments)
    return Closure(
        heat=abs(stored_heat_j_m2(last, CROP, house) - stored_heat_j_m2(first, CROP, house) - heat) / heat_through,
        water=abs(stored_vapor_kg_m2(last, house) - stored_vapor_kg_m2(first, house) - water) / water_through,
        co2=abs(stored_co2_umol_m2(last, house) - stored_co2_umol_m2(first, house) - co2) / co2_through,
        heat_through_j_m2=heat_through,
        water_through_kg_m2=water_through,
        co2_through_umol_m2=co2_through,
    )
