"""Heat that pipes give, estimated from temperatures. Pure."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

_STEFAN_BOLTZMANN_W_M2_K4 = 5.670374e-8
_ZERO_C_K = 273.15


class Pipes(NamedTuple):
    """Heating pipes of a square meter of floor."""

    length_m_m2: float
    outer_diameter_m: float
    emissivity: float


def pipe_heat_w_m2(pipe_c: ArrayLike, air_c: ArrayLike, pipes: Pipes) -> NDArray[np.float64]:
    """Heat from pipes to a house whose surfaces are as warm as its air; 0 while they are colder than that. [W/m²]

    Parameters
    ----------
    pipe_c, air_c : array
        Means. [°C]
    pipes : Pipes

    References
    ----------
    Vanthoor (2011), tables 8.3 and 8.4: convection 1.99 π φ L ΔT^1.32, and radiation, whose receivers (canopy, floor,
    cover) are taken to be at air temperature here.
    """
    pipe, air = np.asarray(pipe_c, dtype=float), np.asarray(air_c, dtype=float)
    surface_m2_m2 = np.pi * pipes.outer_diameter_m * pipes.length_m_m2
    warmer_k = np.maximum(0.0, pipe - air)
    convected = 1.99 * surface_m2_m2 * warmer_k**1.32
    fourth = (np.maximum(pipe, air) + _ZERO_C_K) ** 4 - (air + _ZERO_C_K) ** 4
    heat: NDArray[np.float64] = convected + pipes.emissivity * _STEFAN_BOLTZMANN_W_M2_K4 * surface_m2_m2 * fourth
    return heat
