"""Air and the vapor in it, at the pressure of the place: for the climate of a house and for its weather alike.

What moves a house on takes single numbers, which the compiler takes and plain Python is fast with; weather comes in
arrays. One formula stands behind both.
"""

from __future__ import annotations

import math
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from greenhouse.plant.climate.constants import (
    AIR_HEAT_J_KG_K,
    DRY_AIR_GAS_J_KG_K,
    ICE_POINT_K,
    LATENT_HEAT_J_KG,
    MOLAR_GAS_J_MOL_K,
    VAPOR_GAS_J_KG_K,
    WATER_TO_AIR,
)

FloatLike = TypeVar("FloatLike", float, NDArray[np.float64])

STANDARD_PRESSURE_PA = 101325.0

#: Saturation over water is AT_ICE exp(SLOPE t / (t + OFFSET)) (Allen et al. 1998, FAO-56, eq. 11). [Pa; 1; °C]
_AT_ICE_PA, _SLOPE, _OFFSET_C = 610.8, 17.27, 237.3
#: Where the density of air in a house is taken: one figure for all of it, so that heat neither appears nor is lost.
_REFERENCE_K = 293.15


def saturation_pa(temperature_c: float) -> float:
    """Vapor pressure of saturated air over water, also below 0 °C, as weather stations report humidity. [Pa]

    References
    ----------
    Allen et al. (1998), FAO Irrigation and Drainage Paper 56, eq. 11.
    """
    return _AT_ICE_PA * math.exp(_SLOPE * temperature_c / (temperature_c + _OFFSET_C))


def saturations_pa(air_c: FloatLike) -> FloatLike:
    """``saturation_pa`` of arrays. [Pa]"""
    saturated: FloatLike = _AT_ICE_PA * np.exp(_SLOPE * air_c / (air_c + _OFFSET_C))
    return saturated


def dew_point_c(vapor_pressure_pa: FloatLike) -> FloatLike:
    """Temperature at which air of this vapor pressure is saturated. [°C]

    References
    ----------
    FAO-56 eq. 11 solved for the temperature.
    """
    exponent: FloatLike = np.log(vapor_pressure_pa / _AT_ICE_PA)
    return _OFFSET_C * exponent / (_SLOPE - exponent)


def saturation_slope_pa_k(temperature_c: float) -> float:
    """How much the saturation vapor pressure rises with a kelvin. [Pa K-1]

    References
    ----------
    Allen et al. (1998), FAO-56, eq. 13, whose 4098 is the product of the two figures of eq. 11.
    """
    return 4098.0 * saturation_pa(temperature_c) / (temperature_c + _OFFSET_C) ** 2


def vapor_kg_m3(pressure_pa: float, temperature_c: float) -> float:
    """Density of vapor that has this pressure. [kg m-3]"""
    return pressure_pa / (VAPOR_GAS_J_KG_K * (temperature_c + ICE_POINT_K))


def vapor_pressure_pa(density_kg_m3: float, temperature_c: float) -> float:
    """Pressure of vapor that has this density. [Pa]"""
    return density_kg_m3 * VAPOR_GAS_J_KG_K * (temperature_c + ICE_POINT_K)


def saturation_kg_m3(temperature_c: float) -> float:
    """Density of the vapor of saturated air. [kg m-3]"""
    return vapor_kg_m3(saturation_pa(temperature_c), temperature_c)


def relative_humidity_pct(density_kg_m3: float, temperature_c: float) -> float:
    """Relative humidity over water. [%]"""
    return 100.0 * vapor_pressure_pa(density_kg_m3, temperature_c) / saturation_pa(temperature_c)


def air_heat_j_m3_k(pressure_pa: float) -> float:
    """Heat that warms a cubic meter of air by a kelvin. [J m-3 K-1]"""
    return pressure_pa / (DRY_AIR_GAS_J_KG_K * _REFERENCE_K) * AIR_HEAT_J_KG_K


def air_mol_m3(pressure_pa: float) -> float:
    """Air in a cubic meter. [mol m-3]"""
    return pressure_pa / (MOLAR_GAS_J_MOL_K * _REFERENCE_K)


def psychrometric_pa_k(pressure_pa: float) -> float:
    """Psychrometric constant. [Pa K-1]

    References
    ----------
    Allen et al. (1998), FAO-56, eq. 8; 57 Pa K-1 at the 86.7 kPa of Kangbashi.
    """
    return AIR_HEAT_J_KG_K * pressure_pa / (WATER_TO_AIR * LATENT_HEAT_J_KG)


def wet_bulb_c(temperature_c: float, vapor_pa: float, pressure_pa: float) -> float:
    """Temperature of a wet surface in moving air. [°C]

    Five steps of Newton's method on ``e = e_s(t_w) - gamma (t - t_w)``, which is convex: it closes in from above.
    """
    gamma = psychrometric_pa_k(pressure_pa)
    wet_c = temperature_c
    for _ in range(5):
        excess = saturation_pa(wet_c) - gamma * (temperature_c - wet_c) - vapor_pa
        wet_c -= excess / (saturation_slope_pa_k(wet_c) + gamma)
    return wet_c


def standard_pressure_pa(altitude_m: float) -> float:
    """Mean air pressure at an altitude. [Pa]

    References
    ----------
    ISO 2533:1975, standard atmosphere below 11 km.
    """
    return float(STANDARD_PRESSURE_PA * (1 - 2.25577e-5 * altitude_m) ** 5.25588)
