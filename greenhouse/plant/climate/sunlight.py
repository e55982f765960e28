"""Sunlight and lamplight: what reaches the crop and the wall, and who absorbs it (§1.4 (1), (2))."""

from __future__ import annotations

import math
from typing import NamedTuple

from greenhouse.plant.climate.constants import SUN_PAR_SHARE, SUN_PHOTONS_UMOL_J
from greenhouse.plant.climate.house import House, Lamps, Shape
from greenhouse.plant.climate.optics import Room, bed, settled
from greenhouse.plant.climate.state import Canopy, ClimateState
from greenhouse.plant.surroundings import Equipment, Weather

#: No more of the beam than this falls on the north wall (§1.4 (1)).
_HIGHEST_WALL_SHARE = 0.6
#: Width of the rounding between the share that geometry gives and the highest.
_ROUNDING = 0.02
#: Beam that a dark, rough wall absorbs; diffuse light that falls on wall and floor (§1.4 (1)).
_DIFFUSE_ON_WALL = 0.2
#: Diffuse light that a south roof takes in, of that on the horizontal (§1.4 (1)).
_DIFFUSE_SHARE = 0.95


class Sunlight(NamedTuple):
    """Sunlight inside the cover, on a square meter of floor. [W m-2]

    Attributes
    ----------
    outside : float
        What falls on the cover, past a shading net above it.
    ground, wall : float
        Toward the crop and floor, and toward the north wall.
    """

    outside: float
    ground: float
    wall: float


class Absorbed(NamedTuple):
    """Who absorbs light, on a square meter of floor. [W m-2, and µmol m-2 s-1 of photons]"""

    canopy: float
    floor: float
    wall: float
    air: float
    open_cover: float
    blanket: float
    screen: float
    above: float
    par_umol: float
    canopy_par_umol: float


def sun_from_front(elevation_deg: float, azimuth_deg: float, facing_deg: float) -> float:
    """The sun's horizontal component toward the open side of a house; 0 when it stands behind it.

    Azimuths count from north over east; a house whose film looks south faces 180°.
    """
    toward = math.cos(math.radians(elevation_deg)) * math.cos(math.radians(azimuth_deg - facing_deg))
    return max(0.0, toward)


def beam_capture(elevation_deg: float, azimuth_deg: float, shape: Shape) -> float:
    """Beam that passes the plane of the cover, per floor area and per beam normal to the sun. §1.4 (1).

    Whatever the curve of the film, only its end points count. A glasshouse has the run of its span and no height.
    """
    if elevation_deg <= 0.0:
        return 0.0
    up = math.sin(math.radians(elevation_deg))
    front = sun_from_front(elevation_deg, azimuth_deg, shape.facing_deg)
    return (up * shape.roof_run_m + front * shape.ridge_height_m) / shape.span_m


def wall_share(elevation_deg: float, azimuth_deg: float, shape: Shape) -> float:
    """Share of the beam inside that falls on the north wall. §1.4 (1), its limit rounded.

    A floor sunk into the ground adds its depth to the wall.
    """
    captured = beam_capture(elevation_deg, azimuth_deg, shape)
    if captured <= 0.0 or shape.wall_height_m <= 0.0:
        return 0.0
    front = sun_from_front(elevation_deg, azimuth_deg, shape.facing_deg)
    share = front * (shape.wall_height_m + shape.sunk_m) / (shape.span_m * captured)
    apart = share - _HIGHEST_WALL_SHARE
    rounded = 0.5 * (share + _HIGHEST_WALL_SHARE - math.sqrt(apart * apart + _ROUNDING * _ROUNDING))
    return max(0.0, rounded)


def pit_view(shape: Shape) -> float:
    """Share of the sky's light that a sunk floor still sees, for a long pit.

    References
    ----------
    Hottel's crossed strings between floor and opening of a pit of depth d and width s: ``sqrt(1 + (d/s)²) - d/s``.
    """
    depth = shape.sunk_m / shape.span_m
    return math.sqrt(1.0 + depth * depth) - depth


def sunlight(state: ClimateState, weather: Weather, equipment: Equipment, house: House) -> Sunlight:
    """Sunlight that comes in, past shading net, cover, dust, snow, blanket and screen."""
    shape, cover = house.shape, house.cover
    captured = beam_capture(weather.sun_elevation_deg, weather.sun_azimuth_deg, shape)
    flat = 1.0 if shape.wall_height_m <= 0.0 else _DIFFUSE_SHARE
    unshaded = 1.0 - equipment.shade * (1.0 - house.shade.light_transmission)
    beam = weather.beam_normal_w_m2 * captured * unshaded
    diffuse = weather.diffuse_w_m2 * flat * unshaded
    passing = (
        (1.0 - state.dust)
        * math.exp(-state.snow_mm / house.soiling.snow_light_mm)
        * (1.0 - equipment.blanket)
        * (1.0 - equipment.screen * (1.0 - house.screen.light_transmission))
    )
    beam_in = beam * cover.beam_transmission * passing
    diffuse_in = diffuse * cover.diffuse_transmission * passing * pit_view(shape)
    on_wall = 0.0
    if shape.wall_height_m > 0.0:
        share = wall_share(weather.sun_elevation_deg, weather.sun_azimuth_deg, shape)
        on_wall = share * beam_in + _DIFFUSE_ON_WALL * diffuse_in
    return Sunlight(outside=beam + diffuse, ground=beam_in + diffuse_in - on_wall, wall=on_wall)


def _taken(lai: float, extinction: float, reflection: float, floor_reflection: float) -> float:
    """Share of light from above that a canopy absorbs on the way down and, off the floor, up again (Vanthoor 8.27)."""
    passed = math.exp(-extinction * lai)
    return (1.0 - reflection) * (1.0 - passed) * (1.0 + passed * floor_reflection)


def room_of(house: House) -> Room:
    """What near infrared meets around the crop. A floor sees the wall as the wall sees it."""
    wall, cover = house.wall, house.cover
    beside = wall.area_m2_m2 * (1.0 - wall.cover_view)
    return Room(
        cover_reflection=cover.nir_reflection,
        cover_seen=1.0 - beside,
        wall_reflection=1.0 - wall.solar_absorption,
        wall_seen=beside,
        bed_seen=1.0 - wall.cover_view,
    )


def lamp_light(lamps: Lamps, share: float) -> float:
    """Light of the lamps, PAR and near infrared. [W m-2]"""
    return share * lamps.power_w_m2 * (lamps.par_share + lamps.nir_share)


def absorbed_light(inside: Sunlight, canopy: Canopy, equipment: Equipment, house: House) -> Absorbed:
    """Who absorbs the light of sun and lamps. What is reflected out of the house is not counted anywhere.

    Photosynthetically active light that the wall sends back falls on the crop once; near infrared goes to and fro.
    """
    leaves, ground, cover, lamps = house.leaves, house.ground, house.cover, house.lamps
    direct = inside.ground * (1.0 - cover.structure_share)
    shaded = inside.wall * house.wall.crop_shade * (1.0 - math.exp(-leaves.par_extinction * canopy.lai))
    on_wall = inside.wall - shaded
    room = room_of(house)
    par_wall, nir_wall = on_wall * SUN_PAR_SHARE, on_wall * (1.0 - SUN_PAR_SHARE) * cover.nir_ratio
    par = (direct + shaded) * SUN_PAR_SHARE + room.bed_seen * room.wall_reflection * par_wall
    nir = (direct + shaded) * (1.0 - SUN_PAR_SHARE) * cover.nir_ratio
    lamp_par = equipment.lamp * lamps.power_w_m2 * lamps.par_share
    lamp_nir = equipment.lamp * lamps.power_w_m2 * lamps.nir_share
    par_taken = _taken(canopy.lai, leaves.par_extinction, leaves.par_reflection, ground.par_reflection)
    par_floor = (1.0 - ground.par_reflection) * math.exp(-leaves.par_extinction * canopy.lai)
    layers = bed(math.exp(-leaves.nir_extinction * canopy.lai), leaves.nir_reflection, ground.nir_reflection)
    fallen = settled(nir + lamp_nir, nir_wall, layers, room)
    lamp_left = lamp_par * (1.0 - par_taken - par_floor)
    return Absorbed(
        canopy=(par + lamp_par) * par_taken + fallen.bed * layers.canopy,
        floor=(par + lamp_par) * par_floor + fallen.bed * layers.floor,
        wall=(par_wall + fallen.wall) * house.wall.solar_absorption,
        air=inside.ground * cover.structure_share + lamps.kept_share * lamp_left,
        open_cover=inside.outside * cover.solar_absorption * (1.0 - equipment.blanket),
        blanket=inside.outside * house.blanket.solar_absorption * equipment.blanket,
        screen=inside.outside * (1.0 - equipment.blanket) * house.screen.solar_absorption * equipment.screen,
        above=par + nir + lamp_par + lamp_nir,
        par_umol=par * SUN_PHOTONS_UMOL_J + lamp_par * lamps.photons_umol_j,
        canopy_par_umol=par_taken * (par * SUN_PHOTONS_UMOL_J + lamp_par * lamps.photons_umol_j),
    )
