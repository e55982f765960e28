"""Layers of the ground and of the north wall as chains behind their surface (§1.4 (7))."""

from __future__ import annotations

import math

from greenhouse.plant.climate.house import Ground, House, Wall
from greenhouse.plant.climate.layers import Before, Chain
from greenhouse.plant.climate.state import ClimateState
from greenhouse.plant.surroundings import Weather

#: Natural convection over a warm and over a cold floor (Vanthoor 2011, table 8.4).
_WARM_FLOOR, _WARM_FLOOR_EXPONENT = 1.7, 0.33
_COLD_FLOOR, _COLD_FLOOR_EXPONENT = 1.3, 0.25
_LEAST_DIFFERENCE_K = 0.1
#: Exchange at the outside of the north wall. [W m-2 K-1] (ISO 6946, surface resistance 0.04)
_WALL_OUTSIDE_W_M2_K = 25.0
#: Surface resistances of a wall below ground level, inside and out. [m2 K W-1] (EN ISO 13370: 0.13 and 0.04)
_FACE_M2K_W = 0.17
#: Surface resistances of a floor, 0.17 and 0.04, and the thickness of the walls around it. (EN ISO 13370)
_FLOOR_M2K_W = 0.21
_FOOTING_M = 0.5
#: A house without a north wall is solved with one too small to matter. [m2 m-2]
LEAST_WALL_M2_M2 = 1e-9


def floor_convection_w_m2_k(floor_c: float, air_c: float) -> float:
    """Convection between floor and air (Vanthoor 2011, table 8.4)."""
    difference_k = max(_LEAST_DIFFERENCE_K, abs(floor_c - air_c))
    if floor_c > air_c:
        return _WARM_FLOOR * math.pow(difference_k, _WARM_FLOOR_EXPONENT)
    return _COLD_FLOOR * math.pow(difference_k, _COLD_FLOOR_EXPONENT)


def floor_heat_j_m2_k(ground: Ground) -> float:
    """Heat capacity of the floor."""
    return ground.floor_m * ground.floor_heat_j_m3_k


def soil_respiration_umol_m2_s(state: ClimateState, ground: Ground) -> float:
    """Carbon dioxide from the soil, as warm as its second layer (van 't Hoff; the parameter is for 20 °C)."""
    return ground.respiration_umol_m2_s * math.pow(ground.respiration_q10, (state.soil2_c - 20.0) / 10.0)


def edge_w_m2_k(house: House) -> float:
    """Conductance through the ground around the footing to the air outside. A sunk floor lies away from the cold.

    References
    ----------
    EN ISO 13370 (2017), annex H: the floor of a basement feels the year outside by ``exp(-z / delta)`` less.
    """
    return house.ground.edge_w_m2_k * math.exp(-house.shape.sunk_m / house.ground.penetration_m)


def pit_wall_w_m2_k(sunk_m: float, conductivity_w_m_k: float, resistance_m2k_w: float) -> float:
    """Conductance of a square meter of wall below ground level to the free ground. [W m-2 K-1]

    References
    ----------
    EN ISO 13370 (2017), eq. 16, for a basement's wall, the floor without insulation.
    """
    if sunk_m <= 0.0:
        return 0.0
    wall_m = conductivity_w_m_k * (_FACE_M2K_W + resistance_m2k_w)
    floor_m = min(wall_m, _FOOTING_M + conductivity_w_m_k * _FLOOR_M2K_W)
    deeper = 1.0 + 0.5 * floor_m / (floor_m + sunk_m)
    return 2.0 * conductivity_w_m_k / (math.pi * sunk_m) * deeper * math.log(sunk_m / wall_m + 1.0)


def pit_w_m2_k(house: House) -> float:
    """Conductance of the walls of a sunk floor, north and south, to the free ground; on the floor's area."""
    sunk_m, ground = house.shape.sunk_m, house.ground
    walls_m2_m2 = 2.0 * sunk_m / house.shape.span_m
    return walls_m2_m2 * pit_wall_w_m2_k(sunk_m, ground.conductivity_w_m_k, ground.pit_resistance_m2k_w)


def ground_chain(house: House, dt_s: float) -> Chain:
    """Soil under the floor. The edge's loss and that of a pit's walls leave the second and third layer, half each."""
    ground = house.ground
    conductivity, heat = ground.conductivity_w_m_k, ground.heat_j_m3_k / dt_s
    beside = 0.5 * (edge_w_m2_k(house) + pit_w_m2_k(house))
    return Chain(
        stored1=ground.layer_1_m * heat,
        stored2=ground.layer_2_m * heat,
        stored3=ground.layer_3_m * heat,
        stored4=ground.layer_4_m * heat,
        link0=2.0 / (ground.floor_m / ground.floor_conductivity_w_m_k + ground.layer_1_m / conductivity),
        link1=2.0 * conductivity / (ground.layer_1_m + ground.layer_2_m),
        link2=2.0 * conductivity / (ground.layer_2_m + ground.layer_3_m),
        link3=2.0 * conductivity / (ground.layer_3_m + ground.layer_4_m),
        link4=conductivity / ground.deep_distance_m,
        edge2=beside,
        edge3=beside,
    )


def beside_c(house: House, weather: Weather) -> float:
    """What the edge and the walls of a pit lose their heat to, together: the air outside and the free ground."""
    edge, pit = edge_w_m2_k(house), pit_w_m2_k(house)
    if edge + pit <= 0.0:
        return weather.air_c
    return (edge * weather.air_c + pit * weather.deep_soil_c) / (edge + pit)


def ground_before(state: ClimateState, weather: Weather, house: House) -> Before:
    """Soil at the beginning of the step."""
    outside_c = beside_c(house, weather)
    return Before(state.soil1_c, state.soil2_c, state.soil3_c, state.soil4_c, weather.deep_soil_c, outside_c)


def wall_chain(wall: Wall, dt_s: float) -> Chain:
    """Layers of the north wall behind its inner face, per floor area."""
    area = max(LEAST_WALL_M2_M2, wall.area_m2_m2)
    conductivity, heat = wall.conductivity_w_m_k, area * wall.heat_j_m3_k / dt_s
    outward = 0.5 * wall.layer_4_m / conductivity + wall.outer_resistance_m2k_w + 1.0 / _WALL_OUTSIDE_W_M2_K
    return Chain(
        stored1=wall.layer_1_m * heat,
        stored2=wall.layer_2_m * heat,
        stored3=wall.layer_3_m * heat,
        stored4=wall.layer_4_m * heat,
        link0=area * 2.0 * conductivity / wall.layer_1_m,
        link1=area * 2.0 * conductivity / (wall.layer_1_m + wall.layer_2_m),
        link2=area * 2.0 * conductivity / (wall.layer_2_m + wall.layer_3_m),
        link3=area * 2.0 * conductivity / (wall.layer_3_m + wall.layer_4_m),
        link4=area / outward,
        edge2=0.0,
        edge3=0.0,
    )


def wall_before(state: ClimateState, weather: Weather) -> Before:
    """North wall at the beginning of the step."""
    return Before(state.wall1_c, state.wall2_c, state.wall3_c, state.wall4_c, weather.air_c, weather.air_c)
