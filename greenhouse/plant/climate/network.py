"""The heat balance of a step, solved at once for air, canopy, floor and wall.

Every exchange is a conductance between two temperatures of the *end* of the step, so the step is stable for any length
and what one side loses is exactly what the other gains. Surfaces without heat of their own (cover, screen) and the
layers under a surface are eliminated first; four equations are left.
"""

from __future__ import annotations

from typing import NamedTuple

#: A strip that exchanges less than this exchanges nothing. [W m-2 K-1]
_LEAST_EXCHANGE = 1e-9


class Core(NamedTuple):
    """``row · temperatures = heat`` of the four, symmetric. Row entries in W m-2 K-1, heat in W m-2.

    ``air`` … ``wall`` are the diagonal; ``air_canopy`` … what couples two of them, as a positive conductance.
    """

    air: float
    canopy: float
    floor: float
    wall: float
    air_heat: float
    canopy_heat: float
    floor_heat: float
    wall_heat: float
    air_canopy: float
    air_floor: float
    air_wall: float
    canopy_floor: float
    canopy_wall: float
    floor_wall: float


class Strip(NamedTuple):
    """A surface in balance that exchanges heat with the four and with something outward. [W m-2 K-1; °C; W m-2]"""

    air: float
    canopy: float
    floor: float
    wall: float
    outward: float
    outward_c: float
    heat: float


class Temperatures(NamedTuple):
    """The four at the end of the step. [°C]"""

    air_c: float
    canopy_c: float
    floor_c: float
    wall_c: float


def strip_total(strip: Strip) -> float:
    """All conductances of a strip together."""
    return strip.air + strip.canopy + strip.floor + strip.wall + strip.outward


def with_strip(core: Core, strip: Strip) -> Core:
    """The four's equations with a strip eliminated into them. A strip without any exchange changes nothing."""
    total = strip_total(strip)
    if total <= _LEAST_EXCHANGE:
        return core
    air, canopy, floor, wall = strip.air / total, strip.canopy / total, strip.floor / total, strip.wall / total
    heat = strip.outward * strip.outward_c + strip.heat
    return Core(
        air=core.air + strip.air * (1.0 - air),
        canopy=core.canopy + strip.canopy * (1.0 - canopy),
        floor=core.floor + strip.floor * (1.0 - floor),
        wall=core.wall + strip.wall * (1.0 - wall),
        air_heat=core.air_heat + air * heat,
        canopy_heat=core.canopy_heat + canopy * heat,
        floor_heat=core.floor_heat + floor * heat,
        wall_heat=core.wall_heat + wall * heat,
        air_canopy=core.air_canopy + strip.air * canopy,
        air_floor=core.air_floor + strip.air * floor,
        air_wall=core.air_wall + strip.air * wall,
        canopy_floor=core.canopy_floor + strip.canopy * floor,
        canopy_wall=core.canopy_wall + strip.canopy * wall,
        floor_wall=core.floor_wall + strip.floor * wall,
    )


def strip_c(strip: Strip, found: Temperatures, otherwise_c: float) -> float:
    """Temperature of a strip once the four are known; ``otherwise_c`` where there is no such strip."""
    total = strip_total(strip)
    if total <= _LEAST_EXCHANGE:
        return otherwise_c
    return (
        strip.air * found.air_c
        + strip.canopy * found.canopy_c
        + strip.floor * found.floor_c
        + strip.wall * found.wall_c
        + strip.outward * strip.outward_c
        + strip.heat
    ) / total


def solve(core: Core) -> Temperatures:
    """Solve the four equations by elimination: wall, canopy, floor, then air."""
    on_canopy = core.canopy_wall / core.wall
    on_floor = core.floor_wall / core.wall
    on_air = core.air_wall / core.wall
    canopy = core.canopy - on_canopy * core.canopy_wall
    floor = core.floor - on_floor * core.floor_wall
    air = core.air - on_air * core.air_wall
    canopy_floor = core.canopy_floor + on_canopy * core.floor_wall
    air_canopy = core.air_canopy + on_air * core.canopy_wall
    air_floor = core.air_floor + on_air * core.floor_wall
    canopy_heat = core.canopy_heat + on_canopy * core.wall_heat
    floor_heat = core.floor_heat + on_floor * core.wall_heat
    air_heat = core.air_heat + on_air * core.wall_heat

    floor_on_canopy = canopy_floor / canopy
    air_on_canopy = air_canopy / canopy
    floor -= floor_on_canopy * canopy_floor
    air -= air_on_canopy * air_canopy
    air_floor += air_on_canopy * canopy_floor
    floor_heat += floor_on_canopy * canopy_heat
    air_heat += air_on_canopy * canopy_heat

    air_on_floor = air_floor / floor
    air_c = (air_heat + air_on_floor * floor_heat) / (air - air_on_floor * air_floor)
    floor_c = (floor_heat + air_floor * air_c) / floor
    canopy_c = (canopy_heat + canopy_floor * floor_c + air_canopy * air_c) / canopy
    wall_c = (
        core.wall_heat + core.canopy_wall * canopy_c + core.floor_wall * floor_c + core.air_wall * air_c
    ) / core.wall
    return Temperatures(air_c=air_c, canopy_c=canopy_c, floor_c=floor_c, wall_c=wall_c)
