"""Near infrared that goes to and fro between floor, canopy, north wall and cover until somebody has absorbed it."""

from __future__ import annotations

from typing import NamedTuple


class Bed(NamedTuple):
    """Canopy over floor: shares of the light from above that each absorbs, and that goes up again."""

    canopy: float
    floor: float
    up: float


class Room(NamedTuple):
    """What surrounds a bed.

    Attributes
    ----------
    cover_reflection, cover_seen : float
        Of the cover from inside; share of what a bed sends up that reaches it.
    wall_reflection, wall_seen : float
        Of the north wall; share of what a bed sends up that reaches it.
    bed_seen : float
        Share of what the wall sends back that reaches the bed. The rest leaves through the cover.
    """

    cover_reflection: float
    cover_seen: float
    wall_reflection: float
    wall_seen: float
    bed_seen: float


class Settled(NamedTuple):
    """Light that falls on the bed and on the wall once all reflections are counted. [W m-2]"""

    bed: float
    wall: float


def bed(passed: float, leaf_reflection: float, floor_reflection: float) -> Bed:
    """Two layers, the canopy over the floor, with all reflections between them.

    Parameters
    ----------
    passed : float
        Share of the light that no leaf meets.

    References
    ----------
    Vanthoor (2011), eqs. 8.14 to 8.17; the canopy as a layer: 8.3, ``exp(-k LAI)`` and ``rho (1 - exp(-k LAI))``.
    """
    canopy_reflection = leaf_reflection * (1.0 - passed)
    to_and_fro = 1.0 - canopy_reflection * floor_reflection
    floor = passed * (1.0 - floor_reflection) / to_and_fro
    up = canopy_reflection + passed * passed * floor_reflection / to_and_fro
    return Bed(canopy=1.0 - floor - up, floor=floor, up=up)


def settled(on_bed: float, on_wall: float, layers: Bed, room: Room) -> Settled:
    """Light on bed and wall, of what falls on each at first. [W m-2]

    The two balances ``B = b + s r_w W + c r_c u B`` and ``W = w + v u B``, solved; without a wall this is Vanthoor's
    third layer. Light that the wall sends to the cover and the cover back is left out: a hundredth of it.

    References
    ----------
    Vanthoor (2011), eqs. 8.14 to 8.17, for the cover over canopy and floor.
    """
    from_wall = room.bed_seen * room.wall_reflection
    back = layers.up * (room.cover_seen * room.cover_reflection + from_wall * room.wall_seen)
    fallen = (on_bed + from_wall * on_wall) / (1.0 - back)
    return Settled(bed=fallen, wall=on_wall + room.wall_seen * layers.up * fallen)
