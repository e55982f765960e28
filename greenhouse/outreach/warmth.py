"""Why the house is warm now, by a rule of six. Pure."""

from __future__ import annotations

from enum import StrEnum

WARMER_K = 2.0
"""Below this difference to the outside there is nothing to explain. [K]"""
SUN_W_M2 = 100.0
"""From here on the sun brings in more than a closed solar greenhouse loses: some 60 to 100 W/m² on a January day, after
the energy balance of docs/plant-model.md. [W/m²]"""
MOSTLY_PCT = 50.0
"""A blanket rolled up by less covers the house. [%]"""
PIPE_ABOVE_AIR_K = 8.0
"""A pipe that is so much warmer than the air is heated; one that is not follows it within a few kelvin. [K]"""


class Warmth(StrEnum):
    """What keeps a house warm."""

    UNKNOWN = "unknown"
    NOT_WARMER = "not_warmer"
    SUN = "sun"
    SUN_AND_PIPES = "sun_and_pipes"
    PIPES = "pipes"
    BLANKET = "blanket"
    STORED = "stored"


def why_warm(
    *,
    inside_c: float | None,
    outside_c: float | None,
    sunlight_w_m2: float | None,
    blanket_rolled_up_pct: float | None,
    pipe_c: float | None,
) -> Warmth:
    """The main reason. What is not known is no reason; without both temperatures there is none at all.

    Parameters
    ----------
    blanket_rolled_up_pct : float or None
        None: the house has none, or it is not known.
    pipe_c : float or None
        Temperature of the heating pipes. [°C]
    """
    if inside_c is None or outside_c is None:
        return Warmth.UNKNOWN
    if inside_c - outside_c < WARMER_K:
        return Warmth.NOT_WARMER
    is_covered = blanket_rolled_up_pct is not None and blanket_rolled_up_pct < MOSTLY_PCT
    is_sunny = sunlight_w_m2 is not None and sunlight_w_m2 >= SUN_W_M2 and not is_covered
    is_heated = pipe_c is not None and pipe_c - inside_c >= PIPE_ABOVE_AIR_K
    if is_sunny:
        return Warmth.SUN_AND_PIPES if is_heated else Warmth.SUN
    if is_heated:
        return Warmth.PIPES
    return Warmth.BLANKET if is_covered else Warmth.STORED
