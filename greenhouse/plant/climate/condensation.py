"""Vapor that condenses on cover and screen (§1.4 (4))."""

from __future__ import annotations

from typing import NamedTuple

from greenhouse.plant.climate.cover import LEAST_SHARE, free_convection_w_m2_k
from greenhouse.plant.climate.house import House
from greenhouse.plant.climate.state import ClimateState
from greenhouse.plant.climate.ventilation import AirExchange
from greenhouse.plant.moist_air import air_heat_j_m3_k, saturation_kg_m3
from greenhouse.plant.surroundings import Equipment


class Condensation(NamedTuple):
    """Vapor that condenses: on the open cover, under the blanket, on the screen, above the screen. [kg m-2 s-1]"""

    open_cover: float
    blanketed: float
    screen: float
    above: float


def _onto(mass_transfer_m_s: float, vapor_kg_m3: float, surface_c: float) -> float:
    return mass_transfer_m_s * max(0.0, vapor_kg_m3 - saturation_kg_m3(surface_c))


def condensation(
    state: ClimateState, equipment: Equipment, house: House, exchange: AirExchange, out_kg_m3: float
) -> Condensation:
    """Vapor that condenses at the state's temperatures. Mass follows heat: h / (ρ c_p).

    Above a screen only as much condenses as comes through it: the vapor there is in balance.
    """
    volume_heat = air_heat_j_m3_k(house.shape.pressure_pa)
    cover, screen = house.cover, equipment.screen
    area = cover.area_m2_m2 * (1.0 - screen)
    to_open = free_convection_w_m2_k(cover.inside_convection, state.air_c, state.cover_c) / volume_heat
    to_covered = free_convection_w_m2_k(cover.inside_convection, state.air_c, state.blanketed_c) / volume_heat
    open_cover = _onto(area * (1.0 - equipment.blanket) * to_open, state.vapor_kg_m3, state.cover_c)
    blanketed = _onto(area * equipment.blanket * to_covered, state.vapor_kg_m3, state.blanketed_c)
    if screen <= LEAST_SHARE:
        return Condensation(open_cover, blanketed, 0.0, 0.0)
    to_screen = free_convection_w_m2_k(house.screen.convection, state.air_c, state.screen_c) / volume_heat
    to_cover = free_convection_w_m2_k(cover.inside_convection, state.above_c, state.screened_c) / volume_heat
    top = screen * cover.area_m2_m2 * to_cover
    brought = exchange.through * state.vapor_kg_m3 + exchange.above * out_kg_m3
    saturated = saturation_kg_m3(state.screened_c)
    above_kg_m3 = (brought + top * saturated) / (exchange.through + exchange.above + top)
    return Condensation(
        open_cover=open_cover,
        blanketed=blanketed,
        screen=_onto(screen * to_screen, state.vapor_kg_m3, state.screen_c),
        above=top * max(0.0, above_kg_m3 - saturated),
    )
