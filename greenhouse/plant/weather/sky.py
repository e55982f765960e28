"""Sun through a clear sky, light that is split into beam and diffuse, and the sky's own long-wave radiation.

Numbers inside a formula are the coefficients of the published regression that its docstring names.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from greenhouse.plant.moist_air import STANDARD_PRESSURE_PA, standard_pressure_pa

Array = NDArray[np.float64]

SOLAR_CONSTANT_W_M2 = 1361.0
"""Total solar irradiance at the mean distance of the sun: Kopp and Lean (2011), Geophys. Res. Lett. 38, L01706."""

STEFAN_BOLTZMANN_W_M2_K4 = 5.670374e-8
ZERO_C_K = 273.15
_YEAR_S = 365.25 * 86400


class Light(NamedTuple):
    """Beam on a plane facing the sun, and diffuse on the horizontal. [W m⁻²]"""

    beam_normal_w_m2: Array
    diffuse_w_m2: Array


def extraterrestrial_normal_w_m2(unix_s: Array) -> Array:
    """Radiation on a plane facing the sun outside the atmosphere. [W m⁻²]

    References
    ----------
    FAO-56 eq. 23 (inverse relative distance Earth-Sun).
    """
    day_of_year = unix_s % _YEAR_S / 86400
    distance: Array = SOLAR_CONSTANT_W_M2 * (1 + 0.033 * np.cos(2 * np.pi * day_of_year / 365))
    return distance


def relative_air_mass(elevation_deg: Array) -> Array:
    """Length of the beam's way through the air, 1 at the zenith.

    References
    ----------
    Kasten and Young (1989), Applied Optics 28, 4735-4738, eq. 3.
    """
    above = np.maximum(elevation_deg, 0.0)
    mass: Array = 1 / (np.sin(np.radians(above)) + 0.50572 * (above + 6.07995) ** -1.6364)
    return mass


def clear_sky(elevation_deg: Array, *, unix_s: Array, turbidity: Array, altitude_m: float) -> Light:
    """Beam and diffuse light of a cloudless sky. [W m⁻²]

    Parameters
    ----------
    elevation_deg : array
        Of the sun; night is dark.
    unix_s : array
        Seconds since 1970-01-01 UTC.
    turbidity : array
        Linke's turbidity factor for an air mass of 2.
    altitude_m : float
        Of the place.

    References
    ----------
    Ineichen and Perez (2002), Solar Energy 73, 151-157; the diffuse part bounded as in Perez et al. (2002), Solar
    Energy 73, 307-317.
    """
    sine = np.maximum(np.sin(np.radians(elevation_deg)), 0.0)
    outside = extraterrestrial_normal_w_m2(unix_s)
    mass = relative_air_mass(elevation_deg) * standard_pressure_pa(altitude_m) / STANDARD_PRESSURE_PA
    low, high = np.exp(-altitude_m / 8000), np.exp(-altitude_m / 1250)
    first, second = 5.09e-5 * altitude_m + 0.868, 3.92e-5 * altitude_m + 0.0387
    horizontal = first * outside * sine * np.exp(-second * mass * (low + high * (turbidity - 1)))
    beam = (0.664 + 0.163 / low) * np.exp(-0.09 * mass * (turbidity - 1)) * outside
    share = 1 - (0.1 - 0.2 * np.exp(-turbidity)) / (0.1 + 0.882 / low)
    beam = np.minimum(beam, share * horizontal / np.maximum(sine, 1e-6))
    beam = np.where(sine > 0, beam, 0.0)
    return Light(beam, np.maximum(horizontal - beam * sine, 0.0))


def split_global(global_w_m2: Array, *, elevation_deg: Array, unix_s: Array) -> Light:
    """Beam and diffuse parts of measured global radiation. [W m⁻²]

    References
    ----------
    Erbs, Klein and Duffie (1982), Solar Energy 28, 293-302, hourly diffuse fraction.
    """
    sine = np.sin(np.radians(elevation_deg))
    up = sine > 0
    outside = extraterrestrial_normal_w_m2(unix_s)
    clearness = np.where(up, global_w_m2 / np.maximum(outside * sine, 1.0), 0.0)
    polynomial = np.polynomial.polynomial.polyval(np.minimum(clearness, 0.8), (0.9511, -0.1604, 4.388, -16.638, 12.336))
    fraction = np.where(clearness <= 0.22, 1 - 0.09 * clearness, np.where(clearness <= 0.8, polynomial, 0.165))
    diffuse = np.where(up, fraction * global_w_m2, 0.0)
    beam = np.where(up, (global_w_m2 - diffuse) / np.maximum(sine, 1e-6), 0.0)
    # Close to the horizon a reflection on the sensor would become a beam stronger than the sun's: it is diffuse.
    too_strong = beam > outside
    return Light(np.where(too_strong, 0.0, beam), np.where(too_strong, global_w_m2, diffuse))


def sky_temperature_c(
    air_c: Array, *, dew_c: Array, cover: Array, solar_hour: Array, pressure_pa: float, cloud_emission: float
) -> Array:
    """Temperature of a black sky that sends the same long-wave radiation. [°C]

    Parameters
    ----------
    air_c, dew_c : array
        Air and its dew point. [°C]
    cover : array
        Share of the sky that is covered, 0 to 1.
    solar_hour : array
        Hours since the sun was lowest.
    pressure_pa : float
        Of the air.
    cloud_emission : float
        How much of the gap to a black sky full cover closes, 0 to 1.

    References
    ----------
    Berdahl and Martin (1984), Solar Energy 32, 663-664, with its terms for hour and pressure; cloud as in Martin and
    Berdahl (1984), Solar Energy 33, 321-336, eq. 13.
    """
    hundredth = dew_c / 100
    clear = 0.711 + 0.56 * hundredth + 0.73 * hundredth**2
    clear = clear + 0.013 * np.cos(2 * np.pi * solar_hour / 24) + 0.00012 * (pressure_pa / 100 - 1000)
    emissivity = clear + (1 - clear) * cloud_emission * cover
    sky: Array = (air_c + ZERO_C_K) * emissivity**0.25 - ZERO_C_K
    return sky
