"""One step of a house's climate."""

from __future__ import annotations

from typing import NamedTuple

from greenhouse.plant.climate.condensation import condensation
from greenhouse.plant.climate.constants import LATENT_HEAT_J_KG
from greenhouse.plant.climate.crop_exchange import assimilation_umol_m2_s, vapor_given
from greenhouse.plant.climate.equipment_effects import (
    air_heat_capacity_j_m2_k,
    dose_umol_m2_s,
    fog_kg_m2_s,
    inlet,
    pipe_heat,
)
from greenhouse.plant.climate.heat import (
    Acting,
    Envelope,
    Heat,
    Sources,
    core_equations,
    envelope,
    sky_conductances,
    solved,
)
from greenhouse.plant.climate.house import House
from greenhouse.plant.climate.soiling import (
    blanket_wet_after,
    dust_after,
    melting_heat_w_m2,
    melting_mm_s,
    snow_after,
)
from greenhouse.plant.climate.state import Canopy, ClimateState, Flows
from greenhouse.plant.climate.sunlight import absorbed_light, sunlight
from greenhouse.plant.climate.surfaces import (
    beside_c,
    floor_convection_w_m2_k,
    ground_chain,
    soil_respiration_umol_m2_s,
    wall_chain,
)
from greenhouse.plant.climate.ventilation import AirExchange, air_exchange
from greenhouse.plant.moist_air import (
    air_heat_j_m3_k,
    air_mol_m3,
    saturation_kg_m3,
    vapor_kg_m3,
)
from greenhouse.plant.surroundings import Equipment, Weather


class AirAfter(NamedTuple):
    """Air at the end of a step, and what left it. [°C; kg m-3; ppm; kg m-2 s-1; µmol m-2 s-1]"""

    air_c: float
    vapor_kg_m3: float
    co2_ppm: float
    mist_kg_m2_s: float
    vented_kg_m2_s: float
    vented_umol_m2_s: float


def _sources(state: ClimateState, acting: Acting, house: House, dt_s: float) -> Sources:
    """Heat and water that follow from the state at the beginning of the step."""
    canopy, weather, equipment = acting.canopy, acting.weather, acting.equipment
    inside = sunlight(state, weather, equipment, house)
    absorbed = absorbed_light(inside, canopy, equipment, house)
    exchange = air_exchange(state.air_c, state.above_c, weather.air_c, weather.wind_m_s, equipment, house)
    volume_heat = air_heat_j_m3_k(house.shape.pressure_pa)
    out_kg_m3 = vapor_kg_m3(weather.vapor_pressure_pa, weather.air_c)
    drying = max(0.0, saturation_kg_m3(state.floor_c) - state.vapor_kg_m3)
    wet_floor = floor_convection_w_m2_k(state.floor_c, state.air_c) / volume_heat * drying
    melting = melting_mm_s(state, equipment, house.soiling, dt_s)
    lamps = house.lamps
    return Sources(
        absorbed=absorbed,
        exchange=exchange,
        inlet=inlet(weather, equipment, house),
        condensed=condensation(state, equipment, house, exchange, out_kg_m3),
        pipe=pipe_heat(state, canopy, equipment, house, dt_s),
        vapor=vapor_given(state, canopy, house.leaves, absorbed.above, house.shape.pressure_pa),
        soil_evaporation_kg_m2_s=house.ground.evaporation_share * wet_floor,
        fog_kg_m2_s=fog_kg_m2_s(state, equipment, house.air),
        lamp_heat_w_m2=equipment.lamp * lamps.power_w_m2 * (1.0 - lamps.par_share - lamps.nir_share),
        snow_melt_w_m2=melting_heat_w_m2(melting),
    )


def _through_above(exchange: AirExchange) -> float:
    """Air that goes from below a screen to the outside by way of the air above it. [m3 m-2 s-1]"""
    both = exchange.through + exchange.above
    return exchange.through * exchange.above / both if both > 0.0 else 0.0


def _air_after(  # noqa: PLR0917 - numba takes no keyword-only parameters
    state: ClimateState, acting: Acting, house: House, sources: Sources, heat: Heat, dt_s: float
) -> AirAfter:
    """Vapor and carbon dioxide, implicit in the air exchange; supersaturated air drops mist and warms by it."""
    exchange, condensed, weather = sources.exchange, sources.condensed, acting.weather
    height_m = house.shape.mean_height_m + house.shape.sunk_m
    past = _through_above(exchange)
    both = exchange.through + exchange.above
    lost_above = condensed.above * exchange.through / both if exchange.above > 0.0 else condensed.above
    out_kg_m3 = vapor_kg_m3(weather.vapor_pressure_pa, weather.air_c)
    given = _leaf_vapor(state, sources, heat) + sources.soil_evaporation_kg_m2_s + sources.fog_kg_m2_s
    taken = condensed.open_cover + condensed.blanketed + condensed.screen + lost_above
    stored = height_m / dt_s
    known = (exchange.below + past) * out_kg_m3 + exchange.fan * sources.inlet.vapor_kg_m3
    vapor = (stored * state.vapor_kg_m3 + known + given - taken) / (stored + exchange.below + past + exchange.fan)
    vented = (exchange.below + past) * (vapor - out_kg_m3) + exchange.fan * (vapor - sources.inlet.vapor_kg_m3)
    vented -= condensed.above - lost_above
    mist, warmed_c = _mist(vapor, heat.inner.air_c, house, dt_s)
    molar = air_mol_m3(house.shape.pressure_pa)
    vents = molar * (exchange.below + past + exchange.fan)
    gained = _co2_gained(state, acting, house, sources)
    moles = molar * stored
    co2_ppm = (moles * state.co2_ppm + vents * weather.co2_ppm + gained) / (moles + vents)
    return AirAfter(
        air_c=warmed_c,
        vapor_kg_m3=vapor - mist * dt_s / height_m,
        co2_ppm=co2_ppm,
        mist_kg_m2_s=mist,
        vented_kg_m2_s=vented,
        vented_umol_m2_s=vents * (co2_ppm - weather.co2_ppm),
    )


def _leaf_vapor(state: ClimateState, sources: Sources, heat: Heat) -> float:
    """Vapor from the canopy at its temperature at the end of the step; below 0 it is dew. [kg m-2 s-1]"""
    return sources.vapor.at_start_kg_m2_s + sources.vapor.per_k_kg_m2_s * (heat.inner.canopy_c - state.canopy_c)


def _co2_gained(state: ClimateState, acting: Acting, house: House, sources: Sources) -> float:
    """Carbon dioxide that the air gains, without air exchange. [µmol m-2 s-1]"""
    taken = assimilation_umol_m2_s(house.photosynthesis, acting.canopy, state, sources.absorbed.canopy_par_umol)
    breathed = soil_respiration_umol_m2_s(state, house.ground) + acting.canopy.respiration_umol_m2_s
    return dose_umol_m2_s(acting.equipment) + breathed - taken


def _mist(vapor_kg: float, air_c: float, house: House, dt_s: float) -> tuple[float, float]:
    """What supersaturated air drops in a step [kg m-2 s-1], and its temperature once that heat is in it."""
    excess = vapor_kg - saturation_kg_m3(air_c)
    if excess <= 0.0:
        return 0.0, air_c
    height_m = house.shape.mean_height_m + house.shape.sunk_m
    per_k = air_heat_capacity_j_m2_k(house) / (LATENT_HEAT_J_KG * height_m)
    rise = saturation_kg_m3(air_c + 0.5) - saturation_kg_m3(air_c - 0.5)
    warmer_c = excess / (rise + per_k)
    return warmer_c * per_k * height_m / dt_s, air_c + warmer_c


def _state_after(  # noqa: PLR0917 - numba takes no keyword-only parameters
    state: ClimateState, acting: Acting, house: House, sources: Sources, heat: Heat, air: AirAfter, dt_s: float
) -> ClimateState:
    weather, equipment, soiling = acting.weather, acting.equipment, house.soiling
    melting = melting_mm_s(state, equipment, soiling, dt_s)
    return ClimateState(
        air_c=air.air_c,
        vapor_kg_m3=air.vapor_kg_m3,
        co2_ppm=air.co2_ppm,
        canopy_c=heat.inner.canopy_c,
        floor_c=heat.inner.floor_c,
        pipe_c=sources.pipe.pipe_c,
        soil1_c=heat.soil.layer1_c,
        soil2_c=heat.soil.layer2_c,
        soil3_c=heat.soil.layer3_c,
        soil4_c=heat.soil.layer4_c,
        wall1_c=heat.wall.layer1_c,
        wall2_c=heat.wall.layer2_c,
        wall3_c=heat.wall.layer3_c,
        wall4_c=heat.wall.layer4_c,
        wall_face_c=heat.inner.wall_c,
        cover_c=heat.cover_c,
        blanketed_c=heat.blanketed_c,
        screen_c=heat.screen_c,
        above_c=heat.above_c,
        screened_c=heat.screened_c,
        dust=dust_after(state.dust, weather, equipment.blanket, soiling, dt_s),
        snow_mm=snow_after(state, weather, melting, soiling, dt_s),
        blanket_wet=blanket_wet_after(state, weather, equipment, house.blanket, dt_s),
    )


def _flows(  # noqa: PLR0917 - numba takes no keyword-only parameters
    state: ClimateState,
    acting: Acting,
    house: House,
    sources: Sources,
    roof: Envelope,
    heat: Heat,
    air: AirAfter,
    dt_s: float,
) -> Flows:
    """Every flow of the step, from the temperatures at its end: what one side lost, the other gained."""
    weather, exchange, condensed, absorbed = acting.weather, sources.exchange, sources.condensed, sources.absorbed
    inner, wall, screened = heat.inner, house.wall, roof.screened
    volume_heat = air_heat_j_m3_k(house.shape.pressure_pa)
    sky = sky_conductances(state, acting.equipment, house, roof)
    radiant_c = roof.around.radiant_c
    soil, behind = ground_chain(house, dt_s), wall_chain(wall, dt_s)
    leaf = _leaf_vapor(state, sources, heat)
    vented_c = exchange.below * (inner.air_c - weather.air_c) + exchange.fan * (inner.air_c - sources.inlet.air_c)
    out_kg_m3 = vapor_kg_m3(weather.vapor_pressure_pa, weather.air_c)
    taken = assimilation_umol_m2_s(house.photosynthesis, acting.canopy, state, absorbed.canopy_par_umol)
    return Flows(
        sun_canopy_w_m2=absorbed.canopy,
        sun_floor_w_m2=absorbed.floor,
        sun_wall_w_m2=absorbed.wall,
        sun_air_w_m2=absorbed.air + absorbed.screen,
        lamp_heat_w_m2=sources.lamp_heat_w_m2,
        heating_w_m2=sources.pipe.supplied,
        cover_loss_w_m2=roof.open_strip.outward * (heat.cover_c - roof.open_strip.outward_c)
        + roof.blanketed.outward * (heat.blanketed_c - roof.blanketed.outward_c)
        + screened.outward * (heat.screened_c - screened.outward_c),
        sky_loss_w_m2=sky.canopy_c * (inner.canopy_c - radiant_c)
        + sky.floor_c * (inner.floor_c - radiant_c)
        + sky.wall_c * (inner.wall_c - radiant_c),
        ventilation_loss_w_m2=volume_heat * vented_c + screened.vented * (heat.above_c - weather.air_c),
        back_roof_loss_w_m2=wall.back_roof_area_m2_m2 * wall.back_roof_w_m2_k * (inner.air_c - weather.air_c),
        wall_loss_w_m2=behind.link4 * (heat.wall.layer4_c - weather.air_c),
        edge_loss_w_m2=soil.edge2 * (heat.soil.layer2_c + heat.soil.layer3_c - 2.0 * beside_c(house, weather)),
        deep_loss_w_m2=soil.link4 * (heat.soil.layer4_c - weather.deep_soil_c),
        snow_melt_w_m2=sources.snow_melt_w_m2,
        transpiration_kg_m2_s=max(0.0, leaf),
        soil_evaporation_kg_m2_s=sources.soil_evaporation_kg_m2_s,
        fog_kg_m2_s=sources.fog_kg_m2_s,
        pad_kg_m2_s=exchange.fan * (sources.inlet.vapor_kg_m3 - out_kg_m3),
        cover_condensation_kg_m2_s=condensed.open_cover + condensed.blanketed + condensed.above,
        screen_condensation_kg_m2_s=condensed.screen,
        dew_kg_m2_s=max(0.0, -leaf),
        mist_kg_m2_s=air.mist_kg_m2_s,
        ventilation_vapor_kg_m2_s=air.vented_kg_m2_s,
        ventilation_m3_m2_s=exchange.below + exchange.fan + _through_above(exchange),
        light_w_m2=absorbed.above,
        par_umol_m2_s=absorbed.par_umol,
        absorbed_par_umol_m2_s=absorbed.canopy_par_umol,
        assimilation_umol_m2_s=taken,
        co2_dose_umol_m2_s=dose_umol_m2_s(acting.equipment),
        co2_soil_umol_m2_s=soil_respiration_umol_m2_s(state, house.ground),
        co2_respiration_umol_m2_s=acting.canopy.respiration_umol_m2_s,
        co2_ventilation_umol_m2_s=air.vented_umol_m2_s,
        lamp_power_w_m2=acting.equipment.lamp * house.lamps.power_w_m2,
    )


def step(  # noqa: PLR0917 - what acts is named one by one; numba takes no keyword-only parameters
    state: ClimateState, canopy: Canopy, weather: Weather, equipment: Equipment, house: House, dt_s: float
) -> tuple[ClimateState, Flows]:
    """Move a house's climate on.

    Parameters
    ----------
    state : ClimateState
        At the beginning of the step.
    canopy : Canopy
        The crop, constant over the step.
    weather, equipment : Weather, Equipment
        What acts on the house, constant over the step.
    house : House
        Its parameters.
    dt_s : float
        Length of the step; 60 s is meant (§1.5). ``time_step.check_step`` says what is allowed. [s]

    Returns
    -------
    tuple of ClimateState and Flows
        The climate at the end, and what flowed.
    """
    acting = Acting(canopy, weather, equipment)
    sources = _sources(state, acting, house, dt_s)
    roof = envelope(state, acting, house, sources)
    core = core_equations(state, acting, house, sources, roof, dt_s)
    heat = solved(state, acting, house, core, roof, dt_s)
    air = _air_after(state, acting, house, sources, heat, dt_s)
    after = _state_after(state, acting, house, sources, heat, air, dt_s)
    return after, _flows(state, acting, house, sources, roof, heat, air, dt_s)
