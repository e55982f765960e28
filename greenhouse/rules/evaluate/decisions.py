"""What a program wants of an actuator, and why. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple


class Actuator(StrEnum):
    """What a climate program moves. Vents in percent open, blanket rolled up, screen and shading net drawn. [%]"""

    HEATING_SETPOINT = "heating_setpoint"
    VENTILATION_SETPOINT = "ventilation_setpoint"
    ROOF_VENT = "roof_vent"
    LEE_VENT = "lee_vent"
    WINDWARD_VENT = "windward_vent"
    BOTTOM_VENT = "bottom_vent"
    BLANKET = "blanket"
    SCREEN = "screen"
    SHADE = "shade"


VENTS = (Actuator.ROOF_VENT, Actuator.LEE_VENT, Actuator.WINDWARD_VENT, Actuator.BOTTOM_VENT)


class Why(StrEnum):
    """Reason of a decision."""

    PERIOD = "period"
    COOL_ENOUGH = "cool_enough"
    TOO_WARM = "too_warm"
    ROOF_FIRST = "roof_first"
    COLD_OUTSIDE = "cold_outside"
    WIND = "wind"
    RAIN = "rain"
    WIND_UNKNOWN = "wind_unknown"
    RAIN_UNKNOWN = "rain_unknown"
    AIR_UNKNOWN = "air_unknown"
    NOTHING_KNOWN = "nothing_known"
    OUTSIDE_UNKNOWN = "outside_unknown"
    BLANKET_NOT_UP = "blanket_not_up"
    BLANKET_UNKNOWN = "blanket_unknown"
    NIGHT = "night"
    DAY = "day"
    WAITS_FOR_SUN = "waits_for_sun"
    WAITED_LONG_ENOUGH = "waited_long_enough"
    BLANKET_COMES_DOWN = "blanket_comes_down"
    WAITS_FOR_VENTS = "waits_for_vents"
    WIND_HOLDS_BLANKET = "wind_holds_blanket"
    WIND_KEEPS_BLANKET_UP = "wind_keeps_blanket_up"
    """It is night, and the blanket is to lie on the house."""
    WARM_OUTSIDE = "warm_outside"
    STRONG_SUN = "strong_sun"
    LITTLE_SUN = "little_sun"
    SUN_UNKNOWN = "sun_unknown"
    NEEDS_NO_SHADE = "needs_no_shade"
    WIND_TAKES_NET = "wind_takes_net"
    RAIN_TAKES_NET = "rain_takes_net"
    RESTS = "rests"


class Wish(NamedTuple):
    """A target with its reason.

    Attributes
    ----------
    target : float or None
        In the actuator's unit; None: it stays as it is.
    is_urgent : bool
        Whether a vent that it shuts further need not have rested.
    is_safe_state : bool
        Whether it was decided without the inputs that the program needs.
    """

    target: float | None
    why: Why
    facts: Mapping[str, float]
    is_urgent: bool = False
    is_safe_state: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """What a program wants of an actuator.

    Attributes
    ----------
    actuator : Actuator
    target : float or None
        In the actuator's unit; None: it stays as it is.
    why : Why
    facts : mapping
        Numbers that the sentence about it needs.
    since : datetime
        Since when this target is wanted, aware.
    is_safe_state : bool
        Whether it was decided without the inputs that the program needs.
    """

    actuator: Actuator
    target: float | None
    why: Why
    since: datetime
    facts: Mapping[str, float] = field(default_factory=dict)
    is_safe_state: bool = False
