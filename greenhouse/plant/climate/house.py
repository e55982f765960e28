"""What a house is made of: the parameters of the climate model."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from greenhouse.plant.parameters import Unit

Share = Annotated[float, Unit("1", highest=1.0)]
PerFloor = Annotated[float, Unit("m2 m-2", highest=5.0)]
Length = Annotated[float, Unit("m", highest=100.0)]
Thickness = Annotated[float, Unit("m", lowest=0.001, highest=5.0)]
Resistance = Annotated[float, Unit("m2 K W-1", highest=20.0)]
Conductivity = Annotated[float, Unit("W m-1 K-1", lowest=0.01, highest=10.0)]
VolumeHeat = Annotated[float, Unit("J m-3 K-1", lowest=1e4, highest=1e7)]
SurfaceHeat = Annotated[float, Unit("J m-2 K-1", highest=1e6)]
Convection = Annotated[float, Unit("W m-2 K-1.33", highest=10.0)]
Transfer = Annotated[float, Unit("W m-2 K-1", highest=1000.0)]


class Shape(NamedTuple):
    """Size and place. What depends on the sun's height uses the end points of the south roof only (§1.4 (1))."""

    pressure_pa: Annotated[float, Unit("Pa", lowest=50_000.0, highest=110_000.0)]
    floor_area_m2: Annotated[float, Unit("m2", lowest=0.0, highest=1e6)]
    span_m: Length
    roof_run_m: Length
    ridge_height_m: Length
    wall_height_m: Length
    mean_height_m: Length
    facing_deg: Annotated[float, Unit("deg", highest=360.0)]
    sunk_m: Annotated[float, Unit("m", highest=3.0)]


class Cover(NamedTuple):
    """Film or glass."""

    area_m2_m2: PerFloor
    beam_transmission: Share
    diffuse_transmission: Share
    nir_ratio: Annotated[float, Unit("1", lowest=0.1, highest=1.5)]
    nir_reflection: Share
    solar_absorption: Share
    structure_share: Share
    emissivity: Share
    infrared_transmission: Share
    resistance_m2k_w: Resistance
    sky_view: Share
    ground_view: Share
    inside_convection: Convection


class Blanket(NamedTuple):
    """Roll-up thermal blanket outside the film."""

    resistance_m2k_w: Resistance
    wet_resistance_share: Share
    emissivity: Share
    solar_absorption: Share
    leak_cut: Share
    wetting_mm: Annotated[float, Unit("mm", lowest=0.1, highest=50.0)]
    drying_h: Annotated[float, Unit("h", lowest=0.1, highest=1000.0)]


class Screen(NamedTuple):
    """Thermal screen under the roof."""

    light_transmission: Share
    solar_absorption: Share
    emissivity: Share
    infrared_transmission: Share
    convection: Convection
    leak_m_s_k: Annotated[float, Unit("m s-1 K-0.66", highest=0.01)]
    leak_above_share: Share


class Shade(NamedTuple):
    """Shading net above the roof: what it keeps off never reaches the cover."""

    light_transmission: Share


class Wall(NamedTuple):
    """North wall and back roof; areas are 0 in a glasshouse."""

    area_m2_m2: PerFloor
    solar_absorption: Share
    emissivity: Share
    inside_convection: Convection
    layer_1_m: Thickness
    layer_2_m: Thickness
    layer_3_m: Thickness
    layer_4_m: Thickness
    conductivity_w_m_k: Conductivity
    heat_j_m3_k: VolumeHeat
    outer_resistance_m2k_w: Resistance
    cover_view: Share
    crop_shade: Share
    back_roof_area_m2_m2: PerFloor
    back_roof_w_m2_k: Transfer


class Ground(NamedTuple):
    """Floor and the soil under it."""

    floor_m: Thickness
    floor_conductivity_w_m_k: Conductivity
    floor_heat_j_m3_k: VolumeHeat
    layer_1_m: Thickness
    layer_2_m: Thickness
    layer_3_m: Thickness
    layer_4_m: Thickness
    conductivity_w_m_k: Conductivity
    heat_j_m3_k: VolumeHeat
    deep_distance_m: Length
    edge_w_m2_k: Transfer
    penetration_m: Thickness
    pit_resistance_m2k_w: Resistance
    par_reflection: Share
    nir_reflection: Share
    evaporation_share: Share
    respiration_umol_m2_s: Annotated[float, Unit("umol m-2 s-1", highest=20.0)]
    respiration_q10: Annotated[float, Unit("1", lowest=1.0, highest=5.0)]


class Vents(NamedTuple):
    """Openings, and what leaks through closed ones."""

    roof_area_m2_m2: PerFloor
    bottom_area_m2_m2: PerFloor
    discharge: Share
    wind_pressure: Share
    roof_opening_height_m: Length
    chimney_height_m: Length
    net_porosity: Share
    leak: Annotated[float, Unit("m3 m-2 s-1 (m s-1)-1", highest=0.01)]
    leak_buoyancy_m2_s2_k: Annotated[float, Unit("m2 s-2 K-1", highest=10.0)]


class Leaves(NamedTuple):
    """How a canopy takes light and heat and gives vapor (Vanthoor 2011, table 8.1)."""

    par_extinction: Annotated[float, Unit("1", highest=2.0)]
    nir_extinction: Annotated[float, Unit("1", highest=2.0)]
    infrared_extinction: Annotated[float, Unit("1", highest=2.0)]
    par_reflection: Share
    nir_reflection: Share
    convection_w_m2_k: Transfer
    circulation_gain: Share
    leaf_heat_j_m2_k: SurfaceHeat
    other_heat_j_m2_k: SurfaceHeat
    boundary_resistance_s_m: Annotated[float, Unit("s m-1", lowest=1.0, highest=5000.0)]
    stomatal_resistance_s_m: Annotated[float, Unit("s m-1", lowest=1.0, highest=5000.0)]
    radiation_1_w_m2: Annotated[float, Unit("W m-2", highest=100.0)]
    radiation_2_w_m2: Annotated[float, Unit("W m-2", lowest=0.01, highest=100.0)]
    co2_day_ppm2: Annotated[float, Unit("ppm-2", highest=1e-3)]
    co2_night_ppm2: Annotated[float, Unit("ppm-2", highest=1e-3)]
    vapor_day_pa2: Annotated[float, Unit("Pa-2", highest=1e-3)]
    vapor_night_pa2: Annotated[float, Unit("Pa-2", highest=1e-3)]
    night_below_w_m2: Annotated[float, Unit("W m-2", highest=100.0)]


class Photosynthesis(NamedTuple):
    """Canopy photosynthesis after Farquhar: limited by light (Vanthoor 2011, table 9.1) or by the enzyme Rubisco."""

    quantum_yield: Share
    curvature: Share
    leaf_electrons_umol_m2_s: Annotated[float, Unit("umol m-2 s-1", highest=1000.0)]
    activation_j_mol: Annotated[float, Unit("J mol-1", highest=1e6)]
    deactivation_j_mol: Annotated[float, Unit("J mol-1", highest=1e6)]
    entropy_j_mol_k: Annotated[float, Unit("J mol-1 K-1", highest=2000.0)]
    inner_co2_share: Share
    compensation_ppm_k: Annotated[float, Unit("ppm K-1", highest=10.0)]
    leaf_carboxylation_umol_m2_s: Annotated[float, Unit("umol m-2 s-1", highest=1e12)]
    carboxylation_activation_j_mol: Annotated[float, Unit("J mol-1", highest=1e6)]
    half_rate_ppm: Annotated[float, Unit("ppm", lowest=1.0, highest=1e4)]
    half_rate_activation_j_mol: Annotated[float, Unit("J mol-1", highest=1e6)]
    nitrogen_extinction: Annotated[float, Unit("1", lowest=0.01, highest=2.0)]
    colimitation: Annotated[float, Unit("1", lowest=0.1, highest=0.999)]


class Air(NamedTuple):
    """Air space and what moves, cools and wets it."""

    heat_factor: Annotated[float, Unit("1", lowest=1.0, highest=10.0)]
    fog_kg_m2_h: Annotated[float, Unit("kg m-2 h-1", highest=5.0)]
    fog_stop_pct: Annotated[float, Unit("%", lowest=50.0, highest=100.0)]
    fan_m3_m2_s: Annotated[float, Unit("m3 m-2 s-1", highest=0.2)]
    pad_efficiency: Share


class Pipes(NamedTuple):
    """Heating pipes; of length 0 where there are none."""

    length_m_m2: Annotated[float, Unit("m m-2", highest=10.0)]
    outer_diameter_m: Thickness
    inner_diameter_m: Thickness
    emissivity: Share
    supply_w_m2_k: Transfer


class Lamps(NamedTuple):
    """Lamps over the crop; of power 0 where there are none."""

    power_w_m2: Annotated[float, Unit("W m-2", highest=500.0)]
    par_share: Share
    nir_share: Share
    photons_umol_j: Annotated[float, Unit("umol J-1", highest=10.0)]
    kept_share: Share


class Soiling(NamedTuple):
    """Dust and snow on the cover."""

    dust_per_day: Annotated[float, Unit("d-1", highest=0.1)]
    storm_factor: Annotated[float, Unit("1", highest=100.0)]
    dust_highest: Share
    washed_dust: Share
    wash_mm: Annotated[float, Unit("mm", lowest=0.1, highest=100.0)]
    snow_light_mm: Annotated[float, Unit("mm", lowest=0.1, highest=100.0)]
    snow_slides_per_h: Annotated[float, Unit("h-1", highest=100.0)]
    snow_melts_mm_h_k: Annotated[float, Unit("mm h-1 K-1", highest=10.0)]


class House(NamedTuple):
    """Every parameter of a house."""

    shape: Shape
    cover: Cover
    blanket: Blanket
    screen: Screen
    shade: Shade
    wall: Wall
    ground: Ground
    vents: Vents
    leaves: Leaves
    photosynthesis: Photosynthesis
    air: Air
    pipes: Pipes
    lamps: Lamps
    soiling: Soiling
