"""The heat balance of a step: what couples the surfaces, and their temperatures at its end (§1.4 (4) to (8))."""

from __future__ import annotations

from typing import NamedTuple

from greenhouse.plant.climate.condensation import Condensation
from greenhouse.plant.climate.constants import LATENT_HEAT_J_KG
from greenhouse.plant.climate.cover import (
    Beyond,
    Outside,
    Roof,
    Screened,
    Views,
    blanketed_strip,
    free_convection_w_m2_k,
    long_wave_w_m2_k,
    open_strip,
    outside,
    screened_strip,
    views,
)
from greenhouse.plant.climate.crop_exchange import VaporGiven, canopy_heat_j_m2_k, leaf_convection_w_m2_k
from greenhouse.plant.climate.equipment_effects import Inlet, PipeHeat, air_heat_capacity_j_m2_k
from greenhouse.plant.climate.house import House
from greenhouse.plant.climate.layers import Chain, Eliminated, Layers, eliminated, layers, surface_heat, surface_row
from greenhouse.plant.climate.network import Core, Strip, Temperatures, solve, strip_c, with_strip
from greenhouse.plant.climate.state import Canopy, ClimateState
from greenhouse.plant.climate.sunlight import Absorbed
from greenhouse.plant.climate.surfaces import (
    LEAST_WALL_M2_M2,
    floor_convection_w_m2_k,
    floor_heat_j_m2_k,
    ground_before,
    ground_chain,
    wall_before,
    wall_chain,
)
from greenhouse.plant.climate.ventilation import AirExchange
from greenhouse.plant.moist_air import air_heat_j_m3_k
from greenhouse.plant.surroundings import Equipment, Weather


class Acting(NamedTuple):
    """What acts on a house in a step."""

    canopy: Canopy
    weather: Weather
    equipment: Equipment


class Sources(NamedTuple):
    """Heat and water that are known before the temperatures are solved."""

    absorbed: Absorbed
    exchange: AirExchange
    inlet: Inlet
    condensed: Condensation
    pipe: PipeHeat
    vapor: VaporGiven
    soil_evaporation_kg_m2_s: float
    fog_kg_m2_s: float
    lamp_heat_w_m2: float
    snow_melt_w_m2: float


class Envelope(NamedTuple):
    """Cover, blanket and screen of a step."""

    seen: Views
    around: Outside
    open_strip: Strip
    blanketed: Strip
    screened: Screened


class Heat(NamedTuple):
    """Temperatures at the end of a step."""

    inner: Temperatures
    soil: Layers
    wall: Layers
    cover_c: float
    blanketed_c: float
    screen_c: float
    above_c: float
    screened_c: float


def envelope(state: ClimateState, acting: Acting, house: House, sources: Sources) -> Envelope:
    """Cover, blanket and screen with the heat that they get: condensation, the pipes' upward radiation, sun."""
    equipment, condensed, absorbed = acting.equipment, sources.condensed, sources.absorbed
    seen = views(acting.canopy.lai, house)
    area = house.cover.area_m2_m2
    bare_sun = absorbed.open_cover / max(1e-6, area * (1.0 - equipment.blanket))
    blanket_sun = absorbed.blanket / max(1e-6, area * equipment.blanket)
    around = outside(state, acting.weather, house, bare_sun, blanket_sun)
    roof = Roof(state=state, equipment=equipment, house=house, seen=seen, around=around)
    beyond = Beyond(
        exchange=sources.exchange,
        air_heat_j_m3_k=air_heat_j_m3_k(house.shape.pressure_pa),
        out_c=acting.weather.air_c,
        latent_w_m2=LATENT_HEAT_J_KG * condensed.above,
    )
    up, unscreened = sources.pipe.up, 1.0 - equipment.screen
    on_open = LATENT_HEAT_J_KG * condensed.open_cover + up * unscreened * (1.0 - equipment.blanket)
    on_blanketed = LATENT_HEAT_J_KG * condensed.blanketed + up * unscreened * equipment.blanket
    on_screen = LATENT_HEAT_J_KG * condensed.screen + up * equipment.screen + absorbed.screen
    return Envelope(
        seen=seen,
        around=around,
        open_strip=open_strip(roof, on_open - sources.snow_melt_w_m2),
        blanketed=blanketed_strip(roof, on_blanketed),
        screened=screened_strip(roof, beyond, on_screen),
    )


def sky_conductances(state: ClimateState, equipment: Equipment, house: House, roof: Envelope) -> Temperatures:
    """Conductance of canopy, floor and wall to the sky through a film that long waves pass. [W m-2 K-1]

    Of the four named in the result, the air radiates nothing.
    """
    share = (1.0 - equipment.blanket) * (1.0 - equipment.screen) * house.cover.infrared_transmission
    radiant_c = roof.around.radiant_c
    return Temperatures(
        air_c=0.0,
        canopy_c=share * roof.seen.canopy_up * long_wave_w_m2_k(state.canopy_c, radiant_c),
        floor_c=share * roof.seen.floor_up * long_wave_w_m2_k(state.floor_c, radiant_c),
        wall_c=share * roof.seen.wall_up * long_wave_w_m2_k(state.wall_face_c, radiant_c),
    )


class Links(NamedTuple):
    """Conductances among the four and to what is known. [W m-2 K-1]"""

    air_canopy: float
    air_floor: float
    air_wall: float
    canopy_floor: float
    canopy_wall: float
    floor_wall: float
    vented: float
    fanned: float
    back_roof: float
    sky: Temperatures


def links(state: ClimateState, acting: Acting, house: House, sources: Sources, roof: Envelope) -> Links:
    """Conductances of a step, at the temperatures of its beginning."""
    volume_heat = air_heat_j_m3_k(house.shape.pressure_pa)
    seen, wall = roof.seen, house.wall
    face = max(LEAST_WALL_M2_M2, wall.area_m2_m2)
    return Links(
        air_canopy=leaf_convection_w_m2_k(acting.canopy, house.leaves, acting.equipment.circulation),
        air_floor=floor_convection_w_m2_k(state.floor_c, state.air_c),
        air_wall=face * free_convection_w_m2_k(wall.inside_convection, state.wall_face_c, state.air_c),
        canopy_floor=seen.canopy_floor * long_wave_w_m2_k(state.canopy_c, state.floor_c),
        canopy_wall=seen.canopy_wall * long_wave_w_m2_k(state.canopy_c, state.wall_face_c),
        floor_wall=seen.floor_wall * long_wave_w_m2_k(state.floor_c, state.wall_face_c),
        vented=volume_heat * sources.exchange.below,
        fanned=volume_heat * sources.exchange.fan,
        back_roof=wall.back_roof_area_m2_m2 * wall.back_roof_w_m2_k,
        sky=sky_conductances(state, acting.equipment, house, roof),
    )


def core_equations(  # noqa: PLR0917 - numba takes no keyword-only parameters
    state: ClimateState, acting: Acting, house: House, sources: Sources, roof: Envelope, dt_s: float
) -> Core:
    """The four equations before strips and layers are eliminated into them."""
    link = links(state, acting, house, sources, roof)
    weather, absorbed, pipe, vapor = acting.weather, sources.absorbed, sources.pipe, sources.vapor
    leaves = house.leaves
    air_stored = air_heat_capacity_j_m2_k(house) / dt_s
    canopy_stored = canopy_heat_j_m2_k(leaves, acting.canopy) / dt_s
    floor_stored = floor_heat_j_m2_k(house.ground) / dt_s
    radiant_c, sky = roof.around.radiant_c, link.sky
    latent = LATENT_HEAT_J_KG * vapor.per_k_kg_m2_s
    outward = link.vented + link.back_roof
    direct, direct_c = roof.screened.direct, roof.screened.direct_c
    air_given = absorbed.air + sources.lamp_heat_w_m2 + pipe.air - LATENT_HEAT_J_KG * sources.fog_kg_m2_s
    air_known = outward * weather.air_c + link.fanned * sources.inlet.air_c + direct * direct_c
    canopy_given = absorbed.canopy + pipe.canopy - LATENT_HEAT_J_KG * vapor.at_start_kg_m2_s
    floor_given = absorbed.floor + pipe.floor - LATENT_HEAT_J_KG * sources.soil_evaporation_kg_m2_s
    return Core(
        air=air_stored + outward + link.fanned + direct + link.air_canopy + link.air_floor + link.air_wall,
        canopy=canopy_stored + latent + link.air_canopy + link.canopy_floor + link.canopy_wall + sky.canopy_c,
        floor=floor_stored + link.air_floor + link.canopy_floor + link.floor_wall + sky.floor_c,
        wall=link.air_wall + link.canopy_wall + link.floor_wall + sky.wall_c,
        air_heat=air_stored * state.air_c + air_known + air_given,
        canopy_heat=(canopy_stored + latent) * state.canopy_c + sky.canopy_c * radiant_c + canopy_given,
        floor_heat=floor_stored * state.floor_c + sky.floor_c * radiant_c + floor_given,
        wall_heat=sky.wall_c * radiant_c + absorbed.wall,
        air_canopy=link.air_canopy,
        air_floor=link.air_floor,
        air_wall=link.air_wall,
        canopy_floor=link.canopy_floor,
        canopy_wall=link.canopy_wall,
        floor_wall=link.floor_wall,
    )


def with_layers(core: Core, ground: Chain, wall: Chain, soil_left: Eliminated, wall_left: Eliminated) -> Core:
    """The four equations with the layers behind floor and wall eliminated into them."""
    return Core(
        air=core.air,
        canopy=core.canopy,
        floor=core.floor + surface_row(ground, soil_left),
        wall=core.wall + surface_row(wall, wall_left),
        air_heat=core.air_heat,
        canopy_heat=core.canopy_heat,
        floor_heat=core.floor_heat + surface_heat(ground, soil_left),
        wall_heat=core.wall_heat + surface_heat(wall, wall_left),
        air_canopy=core.air_canopy,
        air_floor=core.air_floor,
        air_wall=core.air_wall,
        canopy_floor=core.canopy_floor,
        canopy_wall=core.canopy_wall,
        floor_wall=core.floor_wall,
    )


def solved(state: ClimateState, acting: Acting, house: House, core: Core, roof: Envelope, dt_s: float) -> Heat:  # noqa: PLR0917 - numba takes no keyword-only parameters
    """Temperatures at the end of the step: the four, then all that was eliminated."""
    ground, wall = ground_chain(house, dt_s), wall_chain(house.wall, dt_s)
    soil_left = eliminated(ground, ground_before(state, acting.weather, house))
    wall_left = eliminated(wall, wall_before(state, acting.weather))
    left = with_layers(core, ground, wall, soil_left, wall_left)
    left = with_strip(with_strip(with_strip(left, roof.open_strip), roof.blanketed), roof.screened.strip)
    inner = solve(left)
    screen_c = strip_c(roof.screened.strip, inner, inner.air_c)
    above_c = screened_c = inner.air_c
    screened = roof.screened
    if screened.above_total > 0.0:
        above_heat = screened.above_air * inner.air_c + screened.above_screen * screen_c + screened.above_heat
        above_c = above_heat / screened.above_total
        cover_heat = screened.cover_above * above_c + screened.cover_screen * screen_c + screened.cover_heat
        screened_c = cover_heat / screened.cover_total
    return Heat(
        inner=inner,
        soil=layers(ground, soil_left, inner.floor_c),
        wall=layers(wall, wall_left, inner.wall_c),
        cover_c=strip_c(roof.open_strip, inner, inner.air_c),
        blanketed_c=strip_c(roof.blanketed, inner, inner.air_c),
        screen_c=screen_c,
        above_c=above_c,
        screened_c=screened_c,
    )
