"""Whether energy, water and carbon dioxide close over a step."""

from __future__ import annotations

from greenhouse.plant.climate.constants import LATENT_HEAT_J_KG
from greenhouse.plant.climate.crop_exchange import canopy_heat_j_m2_k
from greenhouse.plant.climate.equipment_effects import air_heat_capacity_j_m2_k, pipe_heat_j_m2_k
from greenhouse.plant.climate.house import House
from greenhouse.plant.climate.state import Canopy, ClimateState, Flows
from greenhouse.plant.climate.surfaces import floor_heat_j_m2_k
from greenhouse.plant.moist_air import air_mol_m3


def stored_heat_j_m2(state: ClimateState, canopy: Canopy, house: House) -> float:
    """Sensible heat of a house above 0 °C. [J m-2]"""
    ground, wall = house.ground, house.wall
    soil = (
        ground.layer_1_m * state.soil1_c
        + ground.layer_2_m * state.soil2_c
        + ground.layer_3_m * state.soil3_c
        + ground.layer_4_m * state.soil4_c
    ) * ground.heat_j_m3_k
    north = (
        wall.layer_1_m * state.wall1_c
        + wall.layer_2_m * state.wall2_c
        + wall.layer_3_m * state.wall3_c
        + wall.layer_4_m * state.wall4_c
    ) * (wall.heat_j_m3_k * wall.area_m2_m2)
    return (
        soil
        + north
        + air_heat_capacity_j_m2_k(house) * state.air_c
        + canopy_heat_j_m2_k(house.leaves, canopy) * state.canopy_c
        + floor_heat_j_m2_k(ground) * state.floor_c
        + pipe_heat_j_m2_k(house.pipes) * state.pipe_c
    )


def heat_gain_w_m2(flows: Flows) -> float:
    """What all flows of a step together add to the stored heat. [W m-2]"""
    water = (
        flows.cover_condensation_kg_m2_s
        + flows.screen_condensation_kg_m2_s
        + flows.dew_kg_m2_s
        + flows.mist_kg_m2_s
        - flows.transpiration_kg_m2_s
        - flows.soil_evaporation_kg_m2_s
        - flows.fog_kg_m2_s
    )
    gained = (
        flows.sun_canopy_w_m2
        + flows.sun_floor_w_m2
        + flows.sun_wall_w_m2
        + flows.sun_air_w_m2
        + flows.lamp_heat_w_m2
        + flows.heating_w_m2
    )
    lost = (
        flows.cover_loss_w_m2
        + flows.sky_loss_w_m2
        + flows.ventilation_loss_w_m2
        + flows.back_roof_loss_w_m2
        + flows.wall_loss_w_m2
        + flows.edge_loss_w_m2
        + flows.deep_loss_w_m2
        + flows.snow_melt_w_m2
    )
    return gained - lost + LATENT_HEAT_J_KG * water


def vapor_gain_kg_m2_s(flows: Flows) -> float:
    """What all flows of a step together add to the vapor in the air. [kg m-2 s-1]"""
    given = flows.transpiration_kg_m2_s + flows.soil_evaporation_kg_m2_s + flows.fog_kg_m2_s
    condensed = flows.cover_condensation_kg_m2_s + flows.screen_condensation_kg_m2_s
    return given - condensed - flows.dew_kg_m2_s - flows.mist_kg_m2_s - flows.ventilation_vapor_kg_m2_s


def co2_gain_umol_m2_s(flows: Flows) -> float:
    """What all flows of a step together add to the carbon dioxide in the air. [µmol m-2 s-1]"""
    given = flows.co2_dose_umol_m2_s + flows.co2_soil_umol_m2_s + flows.co2_respiration_umol_m2_s
    return given - flows.assimilation_umol_m2_s - flows.co2_ventilation_umol_m2_s


def air_height_m(house: House) -> float:
    """Air over a square meter of floor. [m3 m-2]"""
    return house.shape.mean_height_m + house.shape.sunk_m


def stored_vapor_kg_m2(state: ClimateState, house: House) -> float:
    """Vapor in the air. [kg m-2]"""
    return state.vapor_kg_m3 * air_height_m(house)


def stored_co2_umol_m2(state: ClimateState, house: House) -> float:
    """Carbon dioxide in the air. [µmol m-2]"""
    return state.co2_ppm * air_mol_m3(house.shape.pressure_pa) * air_height_m(house)
