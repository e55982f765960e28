"""How much one plant has drunk today, and how fast it drinks now. Pure."""

from __future__ import annotations

from enum import StrEnum

LITERS_PER_M3 = 1000.0
BRIGHT_W_M2 = 200.0
DARK_W_M2 = 10.0


class Drinking(StrEnum):
    """How fast a plant drinks: its leaves let water out while they take in carbon dioxide, which they do in light."""

    UNKNOWN = "unknown"
    FAST = "fast"
    SLOW = "slow"
    HARDLY = "hardly"


def liters_per_plant(water_m3: float | None, *, area_m2: float, plants_per_m2: float) -> float | None:
    """Water given so far today, per plant. None if it is not known. [L]"""
    if water_m3 is None or area_m2 <= 0 or plants_per_m2 <= 0:
        return None
    return water_m3 * LITERS_PER_M3 / (area_m2 * plants_per_m2)


def drinking(sunlight_w_m2: float | None) -> Drinking:
    """How fast a plant drinks under that sunlight."""
    if sunlight_w_m2 is None:
        return Drinking.UNKNOWN
    if sunlight_w_m2 >= BRIGHT_W_M2:
        return Drinking.FAST
    return Drinking.SLOW if sunlight_w_m2 >= DARK_W_M2 else Drinking.HARDLY
