"""What a house's climate is at a moment, what a crop does to it, and what flowed in a step."""

from __future__ import annotations

from typing import NamedTuple


class ClimateState(NamedTuple):
    """Climate of a house.

    Attributes
    ----------
    air_c, vapor_kg_m3, co2_ppm : float
        Of the air among the crop.
    canopy_c, floor_c, pipe_c : float
        Surfaces.
    soil1_c, soil2_c, soil3_c, soil4_c : float
        Middle of each layer under the floor, downward.
    wall1_c, wall2_c, wall3_c, wall4_c : float
        Middle of each layer of the north wall, outward; the last lies next to its outer insulation.
    wall_face_c, cover_c, blanketed_c, screen_c, above_c, screened_c : float
        Inner face of the north wall, cover under the sky, cover under the blanket, thermal screen, air and cover above
        the screen. In balance at every step, never integrated: kept because the next step's exchange depends on them.
    dust : float
        Share of the light that dust on the cover takes.
    snow_mm : float
        Snow on the roof, as depth of water.
    blanket_wet : float
        0 dry, 1 soaked.
    """

    air_c: float
    vapor_kg_m3: float
    co2_ppm: float
    canopy_c: float
    floor_c: float
    pipe_c: float
    soil1_c: float
    soil2_c: float
    soil3_c: float
    soil4_c: float
    wall1_c: float
    wall2_c: float
    wall3_c: float
    wall4_c: float
    wall_face_c: float
    cover_c: float
    blanketed_c: float
    screen_c: float
    above_c: float
    screened_c: float
    dust: float
    snow_mm: float
    blanket_wet: float


class Canopy(NamedTuple):
    """What the crop is, as far as the climate feels it.

    Attributes
    ----------
    lai : float
        Leaf area on floor area. [m2 m-2]
    water_factor : float
        1 where roots take up all that leaves ask for, toward 0.05 where they dry out: divides into the stomatal
        resistance.
    respiration_umol_m2_s : float
        Carbon dioxide that the crop breathes out beyond photorespiration.
    assimilation_factor : float
        What the crop binds, of the photosynthesis that this model computes for its leaves: 0 to 1 is what it can
        still store; above 1 where a crop has a photosynthesis of its own that exceeds it, as lettuce at weak light.
    """

    lai: float
    water_factor: float
    respiration_umol_m2_s: float
    assimilation_factor: float


class Flows(NamedTuple):
    """Means over one step, each on a square meter of floor. Energy in W m-2, water in kg m-2 s-1.

    Attributes
    ----------
    sun_canopy_w_m2, sun_floor_w_m2, sun_wall_w_m2, sun_air_w_m2 : float
        Sunlight and lamplight absorbed by each (air: by the structure, and given to the air at once).
    lamp_heat_w_m2 : float
        Heat of the lamps that is no light.
    heating_w_m2 : float
        From the heating water into the pipes; below 0 where water cooler than the pipe runs through.
    cover_loss_w_m2, sky_loss_w_m2 : float
        Outward through the cover and what lies on it, less what these absorb of the sun; by long-wave radiation
        through the film to the sky.
    ventilation_loss_w_m2 : float
        Sensible heat with air exchanged through vents, fans, gaps and above the screen.
    back_roof_loss_w_m2, wall_loss_w_m2, edge_loss_w_m2, deep_loss_w_m2 : float
        Outward through the back roof, out of the wall, through the ground at the south edge, into the deep ground.
    transpiration_kg_m2_s, soil_evaporation_kg_m2_s, fog_kg_m2_s, pad_kg_m2_s : float
        Into the air. The pad's is already in the air that comes in.
    cover_condensation_kg_m2_s, screen_condensation_kg_m2_s, dew_kg_m2_s, mist_kg_m2_s : float
        Out of the air: on the cover, on the screen, on leaves, and what supersaturated air drops.
    ventilation_vapor_kg_m2_s : float
        Out of the house with air; below 0 where outside air is the moister.
    snow_melt_w_m2 : float
        Heat that melts snow on the cover.
    ventilation_m3_m2_s : float
        Air exchanged with the outside.
    light_w_m2, par_umol_m2_s, absorbed_par_umol_m2_s : float
        Sun and lamps above the crop; photosynthetically active photons above it and absorbed by it.
    assimilation_umol_m2_s : float
        Carbon dioxide taken up, less photorespiration.
    co2_dose_umol_m2_s, co2_soil_umol_m2_s, co2_respiration_umol_m2_s, co2_ventilation_umol_m2_s : float
        Dosed, from the soil, from the crop, out with air.
    lamp_power_w_m2 : float
        Electricity of the lamps.
    """

    sun_canopy_w_m2: float
    sun_floor_w_m2: float
    sun_wall_w_m2: float
    sun_air_w_m2: float
    lamp_heat_w_m2: float
    heating_w_m2: float
    cover_loss_w_m2: float
    sky_loss_w_m2: float
    ventilation_loss_w_m2: float
    back_roof_loss_w_m2: float
    wall_loss_w_m2: float
    edge_loss_w_m2: float
    deep_loss_w_m2: float
    snow_melt_w_m2: float
    transpiration_kg_m2_s: float
    soil_evaporation_kg_m2_s: float
    fog_kg_m2_s: float
    pad_kg_m2_s: float
    cover_condensation_kg_m2_s: float
    screen_condensation_kg_m2_s: float
    dew_kg_m2_s: float
    mist_kg_m2_s: float
    ventilation_vapor_kg_m2_s: float
    ventilation_m3_m2_s: float
    light_w_m2: float
    par_umol_m2_s: float
    absorbed_par_umol_m2_s: float
    assimilation_umol_m2_s: float
    co2_dose_umol_m2_s: float
    co2_soil_umol_m2_s: float
    co2_respiration_umol_m2_s: float
    co2_ventilation_umol_m2_s: float
    lamp_power_w_m2: float
