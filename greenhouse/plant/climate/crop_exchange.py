"""Heat and vapor between canopy and air, and photosynthesis (§1.4 (5), (6), (9))."""

from __future__ import annotations

import math
from typing import NamedTuple

from greenhouse.plant.climate.constants import ICE_POINT_K, LATENT_HEAT_J_KG, MOLAR_GAS_J_MOL_K
from greenhouse.plant.climate.house import Leaves, Photosynthesis
from greenhouse.plant.climate.state import Canopy, ClimateState
from greenhouse.plant.moist_air import (
    air_heat_j_m3_k,
    psychrometric_pa_k,
    saturation_pa,
    saturation_slope_pa_k,
    vapor_pressure_pa,
)

#: Radiation at which stomata are half way between day and night, by the steepness of 1 m²/W (Vanthoor 2011, eq. 8.51).
_DAY_SLOPE_M2_W = 1.0
_HIGHEST_CO2_FACTOR = 1.5
_HIGHEST_VAPOR_FACTOR = 5.8
#: Temperature at which the rate of electron transport is given. [K]
_REFERENCE_K = 298.15
#: Compensation point of a single leaf is this many times less sensitive than that of the canopy (Vanthoor eq. 9.22).
_CANOPY_COMPENSATION_C = 20.0


class VaporGiven(NamedTuple):
    """Vapor that a canopy gives, as a straight line in its temperature at the end of the step.

    Attributes
    ----------
    at_start_kg_m2_s : float
        At the temperature of the beginning; below 0 where vapor condenses on the leaves.
    per_k_kg_m2_s : float
        More for each kelvin.
    """

    at_start_kg_m2_s: float
    per_k_kg_m2_s: float


def stomatal_resistance_s_m(leaves: Leaves, light_w_m2: float, co2_ppm: float, deficit_pa: float) -> float:
    """Resistance of the stomata against vapor. [s m-1]

    References
    ----------
    Stanghellini (1987) as in Vanthoor (2011), eqs. 8.49 to 8.51.
    """
    steep = _DAY_SLOPE_M2_W * (light_w_m2 - leaves.night_below_w_m2)
    day = 1.0 / (1.0 + math.exp(-min(50.0, max(-50.0, steep))))
    per_co2 = leaves.co2_night_ppm2 + day * (leaves.co2_day_ppm2 - leaves.co2_night_ppm2)
    per_vapor = leaves.vapor_night_pa2 + day * (leaves.vapor_day_pa2 - leaves.vapor_night_pa2)
    radiation = (light_w_m2 + leaves.radiation_1_w_m2) / (light_w_m2 + leaves.radiation_2_w_m2)
    by_co2 = min(_HIGHEST_CO2_FACTOR, 1.0 + per_co2 * (co2_ppm - 200.0) ** 2)
    by_vapor = min(_HIGHEST_VAPOR_FACTOR, 1.0 + per_vapor * deficit_pa * deficit_pa)
    return leaves.stomatal_resistance_s_m * radiation * by_co2 * by_vapor


def vapor_given(
    state: ClimateState, canopy: Canopy, leaves: Leaves, light_w_m2: float, pressure_pa: float
) -> VaporGiven:
    """Vapor that the canopy gives to the air. Where vapor condenses on leaves, stomata do not hold it back.

    References
    ----------
    Vanthoor (2011), eqs. 8.47 and 8.48; a dry root divides into the stomatal resistance (§1.4 (10)).
    """
    excess_pa = saturation_pa(state.canopy_c) - vapor_pressure_pa(state.vapor_kg_m3, state.air_c)
    resistance = leaves.boundary_resistance_s_m
    if excess_pa > 0.0:
        stomatal = stomatal_resistance_s_m(leaves, light_w_m2, state.co2_ppm, excess_pa)
        resistance += stomatal / canopy.water_factor
    both_sides = 2.0 * air_heat_j_m3_k(pressure_pa) * canopy.lai
    coefficient = both_sides / (LATENT_HEAT_J_KG * psychrometric_pa_k(pressure_pa) * resistance)
    return VaporGiven(
        at_start_kg_m2_s=coefficient * excess_pa,
        per_k_kg_m2_s=coefficient * saturation_slope_pa_k(state.canopy_c),
    )


def leaf_convection_w_m2_k(canopy: Canopy, leaves: Leaves, circulation: float) -> float:
    """Conductance between canopy and air, both sides of the leaves (Vanthoor 2011, eq. 8.40). [W m-2 K-1]"""
    return 2.0 * canopy.lai * leaves.convection_w_m2_k * (1.0 + leaves.circulation_gain * circulation)


def canopy_heat_j_m2_k(leaves: Leaves, canopy: Canopy) -> float:
    """Heat capacity of leaves and of the rest of the crop that follows them (Vanthoor 2011, eq. 8.20; §1.4 (5))."""
    return leaves.leaf_heat_j_m2_k * canopy.lai + leaves.other_heat_j_m2_k


def top_leaves(leaf: Photosynthesis, lai: float) -> float:
    """Leaf area that counts like leaves at the top: the photosynthetic apparatus thins out downward with the light.

    References
    ----------
    de Pury and Farquhar (1997), eq. 23. With an extinction near 0 all leaves count alike, as in Vanthoor (2011).
    """
    return (1.0 - math.exp(-leaf.nitrogen_extinction * lai)) / leaf.nitrogen_extinction


def electron_transport_umol_m2_s(leaf: Photosynthesis, lai: float, canopy_c: float, absorbed_umol_m2_s: float) -> float:
    """Electrons that light moves in the canopy (Vanthoor 2011, eqs. 9.14 to 9.16). [µmol m-2 s-1]"""
    canopy_k = canopy_c + ICE_POINT_K
    arrhenius = math.exp(
        leaf.activation_j_mol * (canopy_k - _REFERENCE_K) / (MOLAR_GAS_J_MOL_K * canopy_k * _REFERENCE_K)
    )
    at_reference = (leaf.entropy_j_mol_k * _REFERENCE_K - leaf.deactivation_j_mol) / (MOLAR_GAS_J_MOL_K * _REFERENCE_K)
    here = (leaf.entropy_j_mol_k * canopy_k - leaf.deactivation_j_mol) / (MOLAR_GAS_J_MOL_K * canopy_k)
    highest = (
        leaf.leaf_electrons_umol_m2_s
        * top_leaves(leaf, lai)
        * arrhenius
        * (1.0 + math.exp(at_reference))
        / (1.0 + math.exp(here))
    )
    moved = leaf.quantum_yield * absorbed_umol_m2_s
    both = highest + moved
    root = math.sqrt(max(0.0, both * both - 4.0 * leaf.curvature * highest * moved))
    return (both - root) / (2.0 * leaf.curvature)


def compensation_ppm(leaf: Photosynthesis, lai: float, canopy_c: float) -> float:
    """Carbon dioxide at which the canopy takes up as much as it breathes out in light.

    References
    ----------
    Vanthoor (2011), eq. 9.22. Below a leaf area of 1 it is taken as at 1, a leaf's own: his formula divides by it.
    """
    leaf_share = 1.0 / max(1.0, lai)
    own = max(0.0, leaf.compensation_ppm_k * canopy_c)
    return leaf_share * own + _CANOPY_COMPENSATION_C * leaf.compensation_ppm_k * (1.0 - leaf_share)


def carboxylation_limited_umol_m2_s(
    leaf: Photosynthesis, lai: float, canopy_c: float, inner_ppm: float, gamma_ppm: float
) -> float:
    """Photosynthesis that Rubisco allows where carbon dioxide is scarce. [µmol m-2 s-1]

    Vanthoor leaves this limit out, because a Dutch house doses; in a closed solar greenhouse it is the one that counts.

    References
    ----------
    Farquhar et al. (1980); temperature after Bernacchi et al. (2001); canopy: ``top_leaves``.
    """
    canopy_k = canopy_c + ICE_POINT_K
    warmth = (canopy_k - _REFERENCE_K) / (MOLAR_GAS_J_MOL_K * canopy_k * _REFERENCE_K)
    rate = (
        leaf.leaf_carboxylation_umol_m2_s
        * top_leaves(leaf, lai)
        * math.exp(leaf.carboxylation_activation_j_mol * warmth)
    )
    half_rate = leaf.half_rate_ppm * math.exp(leaf.half_rate_activation_j_mol * warmth)
    return rate * (inner_ppm - gamma_ppm) / (inner_ppm + half_rate)


def assimilation_umol_m2_s(
    leaf: Photosynthesis, canopy: Canopy, state: ClimateState, absorbed_umol_m2_s: float
) -> float:
    """Carbon dioxide that the canopy takes up, less photorespiration. [µmol m-2 s-1]

    The lower of what light and what Rubisco allow, rounded where they meet. It goes to nothing where carbon dioxide
    nears the compensation point, so a closed house is never drawn empty.

    References
    ----------
    Light: Vanthoor (2011), eqs. 9.10 to 9.13 and 9.23. Rounding: Collatz et al. (1991), eq. A5.
    """
    inner = leaf.inner_co2_share * state.co2_ppm
    gamma = compensation_ppm(leaf, canopy.lai, state.canopy_c)
    if inner <= gamma or canopy.lai <= 0.0:
        return 0.0
    electrons = electron_transport_umol_m2_s(leaf, canopy.lai, state.canopy_c, absorbed_umol_m2_s)
    by_light = electrons * (inner - gamma) / (4.0 * (inner + 2.0 * gamma)) * (1.0 - gamma / inner)
    by_enzyme = carboxylation_limited_umol_m2_s(leaf, canopy.lai, state.canopy_c, inner, gamma)
    both = by_light + by_enzyme
    root = math.sqrt(max(0.0, both * both - 4.0 * leaf.colimitation * by_light * by_enzyme))
    return canopy.assimilation_factor * (both - root) / (2.0 * leaf.colimitation)
