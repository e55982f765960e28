"""What the weather needs of moist air, for single values and arrays alike."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

FloatLike = TypeVar("FloatLike", float, NDArray[np.float64])

STANDARD_PRESSURE_PA = 101325.0


def saturation_vapor_pressure_pa(air_c: FloatLike) -> FloatLike:
    """Vapor pressure of saturated air over water, also below 0 °C, as weather stations report humidity. [Pa]

    References
    ----------
    Allen et al. (1998), FAO Irrigation and Drainage Paper 56, eq. 11.
    """
    saturated: FloatLike = 610.8 * np.exp(17.27 * air_c / (air_c + 237.3))
    return saturated


def dew_point_c(vapor_pressure_pa: FloatLike) -> FloatLike:
    """Temperature at which air of this vapor pressure is saturated. [°C]

    References
    ----------
    FAO-56 eq. 11 solved for the temperature.
    """
    exponent: FloatLike = np.log(vapor_pressure_pa / 610.8)
    return 237.3 * exponent / (17.27 - exponent)


def standard_pressure_pa(altitude_m: float) -> float:
    """Mean air pressure at an altitude. [Pa]

    References
    ----------
    ISO 2533:1975, standard atmosphere below 11 km.
    """
    return float(STANDARD_PRESSURE_PA * (1 - 2.25577e-5 * altitude_m) ** 5.25588)
