"""Cover, blanket and screen: three kinds of strip that lie side by side, each in balance (§1.4 (4)).

A blanket or screen drawn part of the way covers that share of the roof; the three steady solutions are weighted with
their areas. Long-wave radiation is exchanged between pairs of surfaces with the exact conductance at the temperatures
of the step's beginning.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from greenhouse.plant.climate.constants import ICE_POINT_K, STEFAN_BOLTZMANN
from greenhouse.plant.climate.house import House
from greenhouse.plant.climate.network import Strip
from greenhouse.plant.climate.state import ClimateState
from greenhouse.plant.climate.ventilation import AirExchange
from greenhouse.plant.surroundings import Equipment, Weather

#: Below this difference natural convection is taken as at it: the formulas give none at all at equal temperatures. [K]
_LEAST_DIFFERENCE_K = 0.1
#: Wind from which the outside of a cover exchanges heat by the second formula of §1.4 (4). [m s-1]
_STRONG_WIND_M_S = 4.0
#: A screen drawn less than this is none: its balance would be divided by nothing.
LEAST_SHARE = 1e-6


class Views(NamedTuple):
    """What the surfaces see of each other: area on floor area times view factor times emissivity of the inner one."""

    canopy_up: float
    floor_up: float
    wall_up: float
    canopy_floor: float
    canopy_wall: float
    floor_wall: float


class Outside(NamedTuple):
    """What a square meter of cover exchanges heat with. [W m-2 K-1; °C]

    Attributes
    ----------
    bare, covered : float
        Conductance from the inside of the cover outward; through the blanket.
    bare_c, covered_c : float
        Temperature that air, sky and absorbed sun together have for it.
    radiant_c : float
        Sky and ground together, for what radiates through a film.
    """

    bare: float
    bare_c: float
    covered: float
    covered_c: float
    radiant_c: float


class Roof(NamedTuple):
    """All that a strip of the roof depends on."""

    state: ClimateState
    equipment: Equipment
    house: House
    seen: Views
    around: Outside


class Beyond(NamedTuple):
    """What lies above a drawn screen, besides the cover's outside."""

    exchange: AirExchange
    air_heat_j_m3_k: float
    out_c: float
    latent_w_m2: float


class Screened(NamedTuple):
    """The strip under a drawn screen, with what its eliminated air and cover need to be found again.

    Attributes
    ----------
    strip : Strip
        The screen itself.
    direct, direct_c : float
        Conductance of the air below straight to the outside, past the air above.
    above_total, above_air, above_screen, above_heat : float
        Row of the air above, the cover eliminated.
    cover_total, cover_above, cover_screen, cover_heat : float
        Row of the cover above.
    outward, outward_c, vented : float
        Of that cover to the outside; of the air above to the outside.
    """

    strip: Strip
    direct: float
    direct_c: float
    above_total: float
    above_air: float
    above_screen: float
    above_heat: float
    cover_total: float
    cover_above: float
    cover_screen: float
    cover_heat: float
    outward: float
    outward_c: float
    vented: float


def long_wave_w_m2_k(one_c: float, other_c: float) -> float:
    """Conductance of long-wave radiation between two black surfaces, exact at these temperatures. [W m-2 K-1]"""
    one_k, other_k = one_c + ICE_POINT_K, other_c + ICE_POINT_K
    return STEFAN_BOLTZMANN * (one_k * one_k + other_k * other_k) * (one_k + other_k)


def free_convection_w_m2_k(coefficient: float, one_c: float, other_c: float) -> float:
    """Natural convection, coefficient times the third root of the difference (Vanthoor 2011, table 8.4)."""
    return coefficient * math.pow(max(_LEAST_DIFFERENCE_K, abs(one_c - other_c)), 0.33)


def wind_convection_w_m2_k(wind_m_s: float) -> float:
    """Convection at the outside of a cover (Vanthoor 2011, 8.2, after Bot; from 4 m/s the turbulent form)."""
    if wind_m_s < _STRONG_WIND_M_S:
        return 2.8 + 1.2 * wind_m_s
    return 2.5 * math.pow(wind_m_s, 0.8)


def blanket_resistance_m2k_w(state: ClimateState, house: House) -> float:
    """Thermal resistance of the blanket as wet as it is. [m2 K W-1]"""
    wet = state.blanket_wet * (1.0 - house.blanket.wet_resistance_share)
    return house.blanket.resistance_m2k_w * (1.0 - wet)


def views(lai: float, house: House) -> Views:
    """View factors among canopy, floor, wall and cover for a canopy of this leaf area."""
    passed = math.exp(-house.leaves.infrared_extinction * lai)
    wall = house.wall.area_m2_m2 * house.wall.emissivity
    sideward = wall * (1.0 - house.wall.cover_view)
    up = 1.0 - house.wall.area_m2_m2 * (1.0 - house.wall.cover_view)
    free_of_pipes = 1.0 - 0.49 * math.pi * house.pipes.length_m_m2 * house.pipes.outer_diameter_m
    return Views(
        canopy_up=(1.0 - passed) * up,
        floor_up=passed * up * free_of_pipes,
        wall_up=wall * house.wall.cover_view,
        canopy_floor=(1.0 - passed) * free_of_pipes,
        canopy_wall=sideward * (1.0 - passed),
        floor_wall=sideward * passed,
    )


def outside(
    state: ClimateState, weather: Weather, house: House, bare_sun_w_m2: float, blanket_sun_w_m2: float
) -> Outside:
    """What lies outside the cover; the sun that cover and blanket absorb per square meter of themselves raises it.

    What a cover sees besides sky and ground is cover of the same temperature: neighboring spans.
    """
    cover, blanket = house.cover, house.blanket
    sky_k, air_k = weather.sky_c + ICE_POINT_K, weather.air_c + ICE_POINT_K
    view = cover.sky_view + cover.ground_view
    radiant_c = ((cover.sky_view * sky_k**4 + cover.ground_view * air_k**4) / view) ** 0.25 - ICE_POINT_K
    wind = wind_convection_w_m2_k(weather.wind_m_s)
    bare_sky = view * cover.emissivity * long_wave_w_m2_k(state.cover_c, radiant_c)
    blanket_sky = view * blanket.emissivity * long_wave_w_m2_k(weather.air_c, radiant_c)
    bare, covered = wind + bare_sky, wind + blanket_sky
    return Outside(
        bare=1.0 / (cover.resistance_m2k_w + 1.0 / bare),
        bare_c=(wind * weather.air_c + bare_sky * radiant_c + bare_sun_w_m2) / bare,
        covered=1.0 / (cover.resistance_m2k_w + blanket_resistance_m2k_w(state, house) + 1.0 / covered),
        covered_c=(wind * weather.air_c + blanket_sky * radiant_c + blanket_sun_w_m2) / covered,
        radiant_c=radiant_c,
    )


def _strip(
    roof: Roof, surface_c: float, opaque_share: float, to: tuple[float, float, float], heat_w_m2: float
) -> Strip:
    """A strip of which ``opaque_share`` radiates; ``to`` is its conductance to air, outward, and what lies outward."""
    state, seen = roof.state, roof.seen
    to_air, outward, outward_c = to
    return Strip(
        air=to_air,
        canopy=opaque_share * seen.canopy_up * long_wave_w_m2_k(surface_c, state.canopy_c),
        floor=opaque_share * seen.floor_up * long_wave_w_m2_k(surface_c, state.floor_c),
        wall=opaque_share * seen.wall_up * long_wave_w_m2_k(surface_c, state.wall_face_c),
        outward=outward,
        outward_c=outward_c,
        heat=heat_w_m2,
    )


def open_strip(roof: Roof, heat_w_m2: float) -> Strip:
    """The part of the cover under the open sky, with the heat that it gets besides."""
    state, cover = roof.state, roof.house.cover
    share = (1.0 - roof.equipment.blanket) * (1.0 - roof.equipment.screen)
    area = share * cover.area_m2_m2
    convection = free_convection_w_m2_k(cover.inside_convection, state.air_c, state.cover_c)
    to = (area * convection, area * roof.around.bare, roof.around.bare_c)
    return _strip(roof, state.cover_c, share * cover.emissivity, to, heat_w_m2)


def blanketed_strip(roof: Roof, heat_w_m2: float) -> Strip:
    """The part of the cover under the blanket: radiation that the film lets pass stops at the blanket."""
    state, cover = roof.state, roof.house.cover
    share = roof.equipment.blanket * (1.0 - roof.equipment.screen)
    area = share * cover.area_m2_m2
    convection = free_convection_w_m2_k(cover.inside_convection, state.air_c, state.blanketed_c)
    to = (area * convection, area * roof.around.covered, roof.around.covered_c)
    opaque = cover.emissivity + cover.infrared_transmission
    return _strip(roof, state.blanketed_c, share * opaque, to, heat_w_m2)


def screened_strip(roof: Roof, beyond: Beyond, heat_w_m2: float) -> Screened:
    """The part under a drawn screen, with the air and the cover above it eliminated.

    Radiation that passes the cloth crosses one resistance where radiation taken in and sent on crosses two, so what
    passes is counted twice.
    """
    state, house, around = roof.state, roof.house, roof.around
    share, blanket = roof.equipment.screen, roof.equipment.blanket
    if share <= LEAST_SHARE:
        none = Strip(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
        return Screened(none, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    cloth = min(1.0, house.screen.emissivity + 2.0 * house.screen.infrared_transmission)
    area = share * house.cover.area_m2_m2
    below = share * free_convection_w_m2_k(house.screen.convection, state.air_c, state.screen_c)
    up = share * free_convection_w_m2_k(house.screen.convection, state.screen_c, state.above_c)
    to_cover = area * free_convection_w_m2_k(house.cover.inside_convection, state.above_c, state.screened_c)
    sent = share * cloth * house.cover.emissivity * long_wave_w_m2_k(state.screen_c, state.screened_c)
    outward = area * ((1.0 - blanket) * around.bare + blanket * around.covered)
    outward_heat = area * ((1.0 - blanket) * around.bare * around.bare_c + blanket * around.covered * around.covered_c)
    cover_total = to_cover + sent + outward
    cover_heat = outward_heat + beyond.latent_w_m2
    through = beyond.air_heat_j_m3_k * beyond.exchange.through
    vented = beyond.air_heat_j_m3_k * beyond.exchange.above
    coupled = up + to_cover * sent / cover_total
    lost = vented + to_cover * outward / cover_total
    lost_heat = vented * beyond.out_c + to_cover * cover_heat / cover_total
    above_total = through + coupled + lost
    escaping = coupled * lost / above_total + sent * outward / cover_total
    escaping_heat = coupled * lost_heat / above_total + sent * cover_heat / cover_total
    to = (below + through * coupled / above_total, escaping, escaping_heat / escaping)
    return Screened(
        strip=_strip(roof, state.screen_c, share * cloth, to, heat_w_m2),
        direct=through * lost / above_total,
        direct_c=lost_heat / lost,
        above_total=above_total,
        above_air=through,
        above_screen=coupled,
        above_heat=lost_heat,
        cover_total=cover_total,
        cover_above=to_cover,
        cover_screen=sent,
        cover_heat=cover_heat,
        outward=outward,
        outward_c=outward_heat / outward,
        vented=vented,
    )
