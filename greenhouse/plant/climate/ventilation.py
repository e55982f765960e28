"""Air exchange by wind and buoyancy, by fans, and through gaps (§1.4 (3))."""

from __future__ import annotations

import math
from typing import NamedTuple

from greenhouse.plant.climate.constants import GRAVITY_M_S2, ICE_POINT_K
from greenhouse.plant.climate.house import House, Vents
from greenhouse.plant.surroundings import Equipment

#: A leaking house breathes as if there were always this wind. [m s-1]
_CALM_M_S = 0.25
#: Air that circulates through an open screen even where both sides are equally warm. [m s-1]
_MIXING_M_S = 0.02


class AirExchange(NamedTuple):
    """Air exchanged, on a square meter of floor. [m3 m-2 s-1]

    Attributes
    ----------
    below, fan : float
        Between outside and the air among the crop: by vents and gaps; by fans.
    above : float
        Between outside and the air above a drawn screen.
    through : float
        Between the air below and above a drawn screen.
    """

    below: float
    fan: float
    above: float
    through: float


def natural_m3_m2_s(  # noqa: PLR0917 - numba takes no keyword-only parameters
    vents: Vents, roof: float, bottom: float, difference_k: float, mean_k: float, wind_m_s: float
) -> float:
    """Air exchange through roof and bottom vents. [m3 m-2 s-1]

    The squares of what the roof vents exchange by their own height, of what rises from bottom to roof, and of the wind
    are added. With one kind of vent shut this is Vanthoor's formula for the other; with both open his for both and the
    roof's own exchange, so that opening a vent further never lessens the exchange.

    References
    ----------
    Vanthoor (2011), eqs. 8.65 to 8.67.
    """
    roof_area = roof * vents.roof_area_m2_m2
    bottom_area = bottom * vents.bottom_area_m2_m2
    both = roof_area * roof_area + bottom_area * bottom_area
    if both <= 0.0:
        return 0.0
    buoyancy = GRAVITY_M_S2 * abs(difference_k) / mean_k
    own = 0.25 * roof_area * roof_area * buoyancy * vents.roof_opening_height_m / 2.0
    chimney = roof_area * roof_area * bottom_area * bottom_area / both * 2.0 * buoyancy * vents.chimney_height_m
    gust = 0.25 * (roof_area + bottom_area) ** 2 * vents.wind_pressure * wind_m_s * wind_m_s
    net = vents.net_porosity * (2.0 - vents.net_porosity)
    return net * vents.discharge * math.sqrt(own + chimney + gust)


def through_screen_m3_m2_s(covered: float, leak_m_s_k: float, difference_k: float, mean_k: float) -> float:
    """Air that passes a screen: through its cloth, and through what it leaves open. [m3 m-2 s-1]

    References
    ----------
    Vanthoor (2011), eq. 8.41, after Balemans (1989) and Miguel (1998).
    """
    open_share = 1.0 - covered
    cloth = covered * leak_m_s_k * math.pow(abs(difference_k), 0.66)
    gap = open_share * math.sqrt(0.5 * open_share * GRAVITY_M_S2 * abs(difference_k) / mean_k)
    return cloth + gap + open_share * _MIXING_M_S


def leakage_m3_m2_s(vents: Vents, difference_k: float, wind_m_s: float) -> float:
    """Air through the gaps of a shut house. [m3 m-2 s-1]

    Wind and buoyancy add as squares. With no buoyancy it is Vanthoor's (2011), eq. 8.64.

    References
    ----------
    Sherman and Grimsrud (1980), ASHRAE Transactions 86(2), p. 778: ``Q = A sqrt(f_s² ΔT + f_w² v²)``; here the
    leakage is ``A f_w`` and the buoyancy ``(f_s / f_w)²``.
    """
    wind = max(_CALM_M_S, wind_m_s)
    return vents.leak * math.sqrt(wind * wind + vents.leak_buoyancy_m2_s2_k * abs(difference_k))


def air_exchange(  # noqa: PLR0917 - numba takes no keyword-only parameters
    air_c: float, above_c: float, out_c: float, wind_m_s: float, equipment: Equipment, house: House
) -> AirExchange:
    """Air exchange of a house whose air above the screen has ``above_c``."""
    mean_k = 0.5 * (air_c + out_c) + ICE_POINT_K
    vents = house.vents
    natural = natural_m3_m2_s(vents, equipment.roof_vent, equipment.bottom_vent, air_c - out_c, mean_k, wind_m_s)
    leak = leakage_m3_m2_s(vents, air_c - out_c, wind_m_s) * (1.0 - house.blanket.leak_cut * equipment.blanket)
    above = equipment.screen * (natural + house.screen.leak_above_share * leak)
    return AirExchange(
        below=(1.0 - equipment.screen) * natural + leak * (1.0 - equipment.screen * house.screen.leak_above_share),
        fan=equipment.fan * house.air.fan_m3_m2_s,
        above=above,
        through=through_screen_m3_m2_s(equipment.screen, house.screen.leak_m_s_k, air_c - above_c, mean_k),
    )
