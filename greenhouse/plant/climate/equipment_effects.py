"""What pipes, fog, pad and fan, lamps and the doser do to the air (§1.4 (2), (8))."""

from __future__ import annotations

import math
from typing import NamedTuple

from greenhouse.plant.climate.constants import CO2_KG_MOL, LATENT_HEAT_J_KG, WATER_HEAT_J_KG_K
from greenhouse.plant.climate.cover import long_wave_w_m2_k
from greenhouse.plant.climate.house import Air, House, Pipes
from greenhouse.plant.climate.state import Canopy, ClimateState
from greenhouse.plant.moist_air import air_heat_j_m3_k, relative_humidity_pct, vapor_kg_m3, wet_bulb_c
from greenhouse.plant.surroundings import Equipment, Weather

#: Steel of a heating pipe. [J m-3 K-1] (Vanthoor 2011, table 8.1: 7850 kg m-3, 640 J kg-1 K-1)
_STEEL_J_M3_K = 7850.0 * 640.0
_WATER_J_M3_K = 1000.0 * WATER_HEAT_J_KG_K
#: Half of a pipe radiates down, half up, less what pipes see of each other (Vanthoor 2011, table 8.3).
_PIPE_VIEW = 0.49
#: Fog is throttled over this band below the humidity at which it stops. [%]
_FOG_BAND_PCT = 4.0
#: Hectare in square meters times seconds of an hour.
_HA_H = 1e4 * 3600.0


class PipeHeat(NamedTuple):
    """Heat from the pipes to each, and the pipes' temperature at the end of the step. [W m-2; °C]"""

    pipe_c: float
    supplied: float
    air: float
    canopy: float
    floor: float
    up: float


class Inlet(NamedTuple):
    """Air that the fans draw in: through the pad as far as it is wet. [°C; kg m-3]"""

    air_c: float
    vapor_kg_m3: float


def pipe_heat_j_m2_k(pipes: Pipes) -> float:
    """Heat capacity of pipes and the water in them, per floor area (Vanthoor 2011, eq. 8.23)."""
    inner, outer = pipes.inner_diameter_m**2, pipes.outer_diameter_m**2
    return 0.25 * math.pi * pipes.length_m_m2 * ((outer - inner) * _STEEL_J_M3_K + inner * _WATER_J_M3_K)


def pipe_heat(state: ClimateState, canopy: Canopy, equipment: Equipment, house: House, dt_s: float) -> PipeHeat:
    """Heat that the pipes give in a step, implicit in their own temperature.

    References
    ----------
    Vanthoor (2011), tables 8.3 and 8.4: convection 1.99 π φ L |ΔT|^0.32, and radiation.
    """
    pipes = house.pipes
    if pipes.length_m_m2 <= 0.0:
        return PipeHeat(state.pipe_c, 0.0, 0.0, 0.0, 0.0, 0.0)
    surface = math.pi * pipes.outer_diameter_m * pipes.length_m_m2
    passed = math.exp(-house.leaves.infrared_extinction * canopy.lai)
    upper_c = equipment.screen * state.screen_c + (1.0 - equipment.screen) * state.cover_c
    radiating = _PIPE_VIEW * surface * pipes.emissivity
    air = 1.99 * surface * abs(state.pipe_c - state.air_c) ** 0.32
    floor = radiating * long_wave_w_m2_k(state.pipe_c, state.floor_c)
    leaf = radiating * (1.0 - passed) * long_wave_w_m2_k(state.pipe_c, state.canopy_c)
    up = radiating * passed * house.cover.emissivity * long_wave_w_m2_k(state.pipe_c, upper_c)
    stored = pipe_heat_j_m2_k(pipes) / dt_s
    supply = equipment.pipe_flow * pipes.supply_w_m2_k
    total = stored + supply + air + floor + leaf + up
    heat = stored * state.pipe_c + supply * equipment.pipe_supply_c
    given = air * state.air_c + floor * state.floor_c + leaf * state.canopy_c + up * upper_c
    pipe_c = (heat + given) / total
    return PipeHeat(
        pipe_c=pipe_c,
        supplied=supply * (equipment.pipe_supply_c - pipe_c),
        air=air * (pipe_c - state.air_c),
        canopy=leaf * (pipe_c - state.canopy_c),
        floor=floor * (pipe_c - state.floor_c),
        up=up * (pipe_c - upper_c),
    )


def inlet(weather: Weather, equipment: Equipment, house: House) -> Inlet:
    """Air that the fans draw in. A wet pad cools it toward its wet-bulb temperature and moistens it by as much."""
    outside = vapor_kg_m3(weather.vapor_pressure_pa, weather.air_c)
    efficiency = house.air.pad_efficiency * equipment.pad
    if efficiency <= 0.0 or equipment.fan <= 0.0:
        return Inlet(weather.air_c, outside)
    wet_c = wet_bulb_c(weather.air_c, weather.vapor_pressure_pa, house.shape.pressure_pa)
    cooled = efficiency * max(0.0, weather.air_c - wet_c)
    return Inlet(weather.air_c - cooled, outside + air_heat_j_m3_k(house.shape.pressure_pa) * cooled / LATENT_HEAT_J_KG)


def fog_kg_m2_s(state: ClimateState, equipment: Equipment, air: Air) -> float:
    """Fog that evaporates in the air. It stops at a humidity, over a band below it."""
    humidity = relative_humidity_pct(state.vapor_kg_m3, state.air_c)
    open_share = min(1.0, max(0.0, (air.fog_stop_pct - humidity) / _FOG_BAND_PCT))
    return equipment.fog * open_share * air.fog_kg_m2_h / 3600.0


def dose_umol_m2_s(equipment: Equipment) -> float:
    """Carbon dioxide dosed. [µmol m-2 s-1]"""
    return equipment.co2_kg_ha_h / _HA_H / CO2_KG_MOL * 1e6


def air_heat_capacity_j_m2_k(house: House) -> float:
    """Heat capacity of the air and of all that follows it at once, per floor area."""
    height_m = house.shape.mean_height_m + house.shape.sunk_m
    return house.air.heat_factor * air_heat_j_m3_k(house.shape.pressure_pa) * height_m
