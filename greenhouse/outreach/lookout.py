"""What a visitor can see or try in the house right now. Pure."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

HUMID_PCT = 90.0
MOVING_PCT = (10.0, 90.0)
"""A blanket between these is on its way up or down. [%]"""
AJAR_PCT = 5.0
SUNNY_W_M2 = 100.0


class Lookout(StrEnum):
    """What to look for."""

    BLANKET_MOVING = "blanket_moving"
    NIGHT = "night"
    DROPS = "drops"
    VENTS = "vents"
    WALL = "wall"
    LEAVES = "leaves"


def lookout(
    now: datetime,
    *,
    sunrise: datetime | None,
    sunset: datetime | None,
    blanket_rolled_up_pct: float | None,
    vents_open_pct: float | None,
    relative_humidity_pct: float | None,
    sunlight_w_m2: float | None,
) -> Lookout:
    """The most special thing first: what moves, then what the hour brings, then what is always there."""
    low, high = MOVING_PCT
    if blanket_rolled_up_pct is not None and low <= blanket_rolled_up_pct <= high:
        return Lookout.BLANKET_MOVING
    if sunrise is not None and sunset is not None and not sunrise <= now < sunset:
        return Lookout.NIGHT
    if relative_humidity_pct is not None and relative_humidity_pct >= HUMID_PCT:
        return Lookout.DROPS
    if vents_open_pct is not None and vents_open_pct > AJAR_PCT:
        return Lookout.VENTS
    if sunlight_w_m2 is not None and sunlight_w_m2 >= SUNNY_W_M2:
        return Lookout.WALL
    return Lookout.LEAVES
