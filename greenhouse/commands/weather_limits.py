"""What wind and rain allow outputs to do. Pure.

The limits hold for everybody who moves an output, a person's hurried tap included; programs know them too, so that they
do not ask in vain. All are engineering practice, for the engineer of the base to set by the makers' figures.
"""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple


class WeatherLimits(NamedTuple):
    """Wind in m/s at the station's height, openings in percent.

    Attributes
    ----------
    vent_half_m_s, vent_half_pct : float
        From this wind on vents open no further.
    vent_lee_m_s, vent_lee_pct : float
        From this wind on only vents that are not windward open, and no further.
    vent_shut_m_s : float
        From this wind on all vents are shut.
    vent_rain_pct : float
        How far vents open in rain or snow.
    vent_unknown_pct : float
        How far vents open while the wind is not known: enough that a dead wind sensor cooks no crop in summer.
    blanket_still_m_s : float
        From this wind on no blanket moves. Below it an unknown wind counts as too much for rolling up, not for
        covering: a crop freezes sooner than a blanket tears.
    net_back_m_s : float
        From this wind on, and in rain or snow, a shading net above a roof is pulled back. An unknown wind keeps it
        from being drawn, and takes back one that is.
    net_again_m_s : float
        Below this wind a program draws it again.
    """

    vent_half_m_s: float = 8.0
    vent_half_pct: float = 50.0
    vent_lee_m_s: float = 12.0
    vent_lee_pct: float = 15.0
    vent_shut_m_s: float = 15.0
    vent_rain_pct: float = 10.0
    vent_unknown_pct: float = 30.0
    blanket_still_m_s: float = 10.0
    net_back_m_s: float = 10.0
    net_again_m_s: float = 8.0


OPEN_PCT = 100.0
SHUT_PCT = 3.0
"""Up to here a vent counts as shut: its position is counted by run time, and slips."""
VENTS_SHUT_WITHIN = timedelta(minutes=15)
"""So long the blanket waits in the evening for open vents that were told to shut, then it comes down."""
FULLY_UP_PCT = 95.0
"""From here on a blanket counts as rolled up: its position is counted by run time, and slips."""


def wind_allows_pct(wind_m_s: float, limits: WeatherLimits, *, is_windward: bool) -> float:
    """How far the wind lets a vent open. [%]"""
    if wind_m_s >= limits.vent_shut_m_s:
        return 0.0
    if wind_m_s >= limits.vent_lee_m_s:
        return 0.0 if is_windward else limits.vent_lee_pct
    return limits.vent_half_pct if wind_m_s >= limits.vent_half_m_s else OPEN_PCT
