"""A whole house for a step: orders, motors, climate, roots and crop, one after the other.

``step_whole`` is for a house with orders, ``step_inside`` for one whose motors are moved by others. Per m² floor.
Everything that one part says to another passes through here and nowhere else, so what one loses the other gains: the
crop stores the very carbon dioxide that the air lost, and roots give the very water that leaves sent into the air.
"""

from __future__ import annotations

from typing import NamedTuple

from greenhouse.plant.climate.constants import CO2_KG_MOL
from greenhouse.plant.climate.crop_exchange import assimilation_umol_m2_s
from greenhouse.plant.climate.house import House
from greenhouse.plant.climate.state import Canopy, ClimateState, Flows
from greenhouse.plant.climate.step import step
from greenhouse.plant.climate.sunlight import absorbed_light, sunlight
from greenhouse.plant.crops.growth import assimilation_share, leaf_area_index, step_crop
from greenhouse.plant.crops.lettuce import LettucePhotosynthesis, lettuce_assimilation_umol_m2_s
from greenhouse.plant.crops.parameters import CropParameters
from greenhouse.plant.crops.state import Crop, CropInput, Harvest
from greenhouse.plant.machinery import Machinery, Orders, Outfit, equipment, run
from greenhouse.plant.moist_air import air_mol_m3
from greenhouse.plant.roots import RootZone, RootZoneInput, RootZoneParameters, step_root_zone, water_stress
from greenhouse.plant.surroundings import Equipment, Weather


class WholeParameters(NamedTuple):
    """What a compartment is made of, fitted with and planted with.

    Attributes
    ----------
    house : House
        With the tears of its film, if it has any.
    outfit : Outfit
        With its faults, if it has any.
    root_zone : RootZoneParameters
    crop : CropParameters
    lettuce : LettucePhotosynthesis
        Of use only where lettuce grows.
    own_light_use : float
        1 where the crop has a photosynthesis of its own (lettuce), else 0.
    """

    house: House
    outfit: Outfit
    root_zone: RootZoneParameters
    crop: CropParameters
    lettuce: LettucePhotosynthesis
    own_light_use: float


class Inside(NamedTuple):
    """All that is in a compartment besides its equipment.

    Attributes
    ----------
    climate : ClimateState
    root_zone : RootZone
    crop : Crop
    respiration_umol_m2_s : float
        Of the last step; the air gets it in the next.
    """

    climate: ClimateState
    root_zone: RootZone
    crop: Crop
    respiration_umol_m2_s: float


class WholeState(NamedTuple):
    """All that a compartment remembers from step to step.

    Attributes
    ----------
    machinery : Machinery
    inside : Inside
    """

    machinery: Machinery
    inside: Inside


class WholeFlows(NamedTuple):
    """What flowed in a step.

    Attributes
    ----------
    equipment : Equipment
        As it stood during the step.
    canopy : Canopy
        As the climate saw the crop.
    climate : Flows
    irrigation_l_m2, drain_l_m2, uptake_l_m2 : float
        Onto, out of and from the root zone.
    drain_ec_ms_cm, drain_ph : float
        The solution's also while nothing drains.
    harvest : Harvest
    """

    equipment: Equipment
    canopy: Canopy
    climate: Flows
    irrigation_l_m2: float
    drain_l_m2: float
    uptake_l_m2: float
    drain_ec_ms_cm: float
    drain_ph: float
    harvest: Harvest


def step_whole(
    state: WholeState, orders: Orders, weather: Weather, parameters: WholeParameters, dt_s: float
) -> tuple[WholeState, WholeFlows]:
    """Move a whole compartment on.

    Parameters
    ----------
    state : WholeState
        At the beginning of the step.
    orders : Orders
        What program or controller asks for, constant over the step.
    weather : Weather
        Constant over the step.
    parameters : WholeParameters
    dt_s : float
        60 s is meant; ``time_step.check_step`` says what is allowed. [s]

    Returns
    -------
    tuple of WholeState and WholeFlows
        Where everything stands at the end, and what flowed.
    """
    pipe_c = state.inside.climate.pipe_c
    machinery = run(state.machinery, orders, parameters.outfit, pipe_c, dt_s)
    stands = equipment(machinery, orders, parameters.outfit, pipe_c)
    inside, flows = step_inside(state.inside, stands, weather, parameters, dt_s)
    return WholeState(machinery, inside), flows


def step_inside(
    inside: Inside, stands: Equipment, weather: Weather, parameters: WholeParameters, dt_s: float
) -> tuple[Inside, WholeFlows]:
    """Move climate, root zone and crop on while the equipment stands: after motors of whatever kind.

    Parameters
    ----------
    inside : Inside
        At the beginning of the step.
    stands : Equipment
        Constant over the step, like the weather.
    weather : Weather
    parameters : WholeParameters
        Its outfit is not asked: ``stands`` is what came of it.
    dt_s : float
        As of ``step_whole``. [s]

    Returns
    -------
    tuple of Inside and WholeFlows
        Where everything is at the end, and what flowed.
    """
    canopy = canopy_of(inside, weather, stands, parameters)
    climate, flows = step(inside.climate, canopy, weather, stands, parameters.house, dt_s)
    irrigation_l_m2 = stands.water_l_m2_h * dt_s / 3600.0
    given = RootZoneInput(
        irrigation_l_m2,
        stands.water_ec_ms_cm,
        stands.water_ph,
        flows.transpiration_kg_m2_s * dt_s,
        parameters.crop.uptake.salt_ms_cm,
    )
    roots = step_root_zone(inside.root_zone, parameters.root_zone, given, dt_s)
    lived = CropInput(climate.canopy_c, flows.assimilation_umol_m2_s)
    grown = step_crop(inside.crop, parameters.crop, lived, dt_s)
    after = Inside(climate, roots.zone, grown.crop, grown.respiration_umol_m2_s)
    return after, WholeFlows(
        equipment=stands,
        canopy=canopy,
        climate=flows,
        irrigation_l_m2=irrigation_l_m2,
        drain_l_m2=roots.drain_l_m2,
        uptake_l_m2=roots.uptake_l_m2,
        drain_ec_ms_cm=roots.drain_ec_ms_cm,
        drain_ph=roots.drain_ph,
        harvest=grown.harvest,
    )


def canopy_of(inside: Inside, weather: Weather, stands: Equipment, parameters: WholeParameters) -> Canopy:
    """The crop as the climate feels it: its leaves, its thirst, its breath, and what it can still store."""
    canopy = Canopy(
        lai=leaf_area_index(inside.crop, parameters.crop),
        water_factor=water_stress(inside.root_zone, parameters.root_zone),
        respiration_umol_m2_s=inside.respiration_umol_m2_s,
        assimilation_factor=assimilation_share(inside.crop, parameters.crop),
    )
    if parameters.own_light_use <= 0.0:
        return canopy
    share = own_light_use_share(inside, canopy, weather, stands, parameters)
    return Canopy(canopy.lai, canopy.water_factor, canopy.respiration_umol_m2_s, share)


def own_light_use_share(
    inside: Inside, canopy: Canopy, weather: Weather, stands: Equipment, parameters: WholeParameters
) -> float:
    """Lettuce's own assimilation, as share of what the climate would compute for its leaves.

    Van Henten's growth constants belong to his photosynthesis, and the air must lose what the crop gains. The climate
    multiplies its own by this share, and gets his. May be above 1. Light inside counts as the light outside of the
    house that his constants were found in.
    """
    climate, house = inside.climate, parameters.house
    light = absorbed_light(sunlight(climate, weather, stands, house), canopy, stands, house)
    without_limit = Canopy(canopy.lai, canopy.water_factor, canopy.respiration_umol_m2_s, 1.0)
    general = assimilation_umol_m2_s(house.photosynthesis, without_limit, climate, light.canopy_par_umol)
    if general <= 0.0:
        return 0.0
    crop = inside.crop
    own = lettuce_assimilation_umol_m2_s(
        crop.buffer_g_m2 + crop.leaf_g_m2 + crop.stem_g_m2,
        parameters.lettuce,
        light.above / parameters.lettuce.cover_transmission,
        climate.co2_ppm * 1e-6 * air_mol_m3(house.shape.pressure_pa) * CO2_KG_MOL,
        climate.air_c,
    )
    return own / general
