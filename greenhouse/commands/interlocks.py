"""Whether an output may be moved as things stand, and what has to be moved whoever wants otherwise. Pure.

`check` is asked for every request, when it is submitted and again just before it is sent: it only ever forbids. What
would be decided by an input that is stale, bad or missing is forbidden too. `forced` says what wind, rain and motors
that run too long demand. Nothing here stands in the way of a move to safe: to stop, to close, to switch off.

This is no safety device: end switches, the winders' own protection and the vents' wind switches act without it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from devices.profiles.outputs import OutputKind
from devices.profiles.schema import Role
from greenhouse.commands.checks import Code, Verdict
from greenhouse.commands.seen import MISSING, Seen, Standing
from greenhouse.commands.weather_limits import (
    FULLY_UP_PCT,
    OPEN_PCT,
    SHUT_PCT,
    VENTS_SHUT_WITHIN,
    WeatherLimits,
    wind_allows_pct,
)

OFF_PCT = 0.0
NOT_WINDWARD = frozenset({Role.ROOF_VENT, Role.LEE_VENT, Role.BOTTOM_VENT})
"""Vents that some wind may find open. One of which nobody said what it is counts as windward."""
TRAVEL_MARGIN = 1.3
"""A motor that runs so many times its travel has jammed (``agronomy.md`` 3.5)."""
FORCE_SLACK_PCT = 0.5
"""A vent that was asked to stand so little further open than it may is left there."""
_CLOSES = frozenset(
    {
        OutputKind.VENT,
        OutputKind.SHADING_NET,
        OutputKind.VALVE,
        OutputKind.PUMP,
        OutputKind.DOSING,
        OutputKind.CO2,
        OutputKind.HEATER,
    }
)
"""Kinds that are safe when they are shut, off or pulled back. A blanket and a thermal screen have no such side."""
_WEATHER_TAKES = frozenset({OutputKind.VENT, OutputKind.SHADING_NET})
"""Kinds that storm and rain move, and the less they stand out the safer."""


class Move(NamedTuple):
    """What a request would do with an output.

    Attributes
    ----------
    to_pct : float or None
        0 is shut, covered or off; None: it stops where it is. [%]
    """

    kind: OutputKind
    role: Role | None
    to_pct: float | None


class BlanketSeen(NamedTuple):
    """A blanket of the compartment; ``is_coming_down``: its motor was told to cover."""

    position: Seen
    is_coming_down: bool = False


class VentSeen(NamedTuple):
    """A vent of the compartment; ``told_to_shut_at``: since when it has been told to, if it has."""

    position: Seen
    told_to_shut_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Situation:
    """What stands around an output.

    Attributes
    ----------
    position : Seen
        Of the output itself. [%]
    is_locked : bool
        Its motor ran too long and nobody has looked at it since.
    blankets, vents : tuple
        Of its compartment.
    valves : tuple of Seen
        Of a pump: the valves that it feeds, above 0 where one is open.
    """

    position: Seen = MISSING
    is_locked: bool = False
    blankets: tuple[BlanketSeen, ...] = ()
    vents: tuple[VentSeen, ...] = ()
    wind_m_s: Seen = MISSING
    is_raining: Seen = MISSING
    valves: tuple[Seen, ...] = ()
    limits: WeatherLimits = field(default_factory=WeatherLimits)


def check(move: Move, situation: Situation, now: datetime) -> Verdict | None:
    """Why a move is forbidden as things stand; None: it is not.

    Parameters
    ----------
    now : datetime
        On the clock of the samples, aware.
    """
    if is_to_safe(move, situation):
        return None
    if situation.is_locked:
        return Verdict(Code.OVER_TRAVEL)
    match move.kind:
        case OutputKind.VENT:
            return _of_blankets(situation) or _of_weather(move, situation)
        case OutputKind.WINDER:
            return _of_wind(move, situation) or (_of_vents(situation, now) if _covers(move) else None)
        case OutputKind.SHADING_NET:
            return _of_net(situation)
        case OutputKind.PUMP:
            return _of_valves(situation)
        case _:
            return None


def is_to_safe(move: Move, situation: Situation) -> bool:
    """Whether a move stops or closes something. Nothing may delay it."""
    if move.to_pct is None:
        return True
    if move.kind not in _CLOSES:
        return False
    position = situation.position.usable
    is_further_in = position is not None and move.to_pct <= position
    return move.to_pct <= OFF_PCT or (move.kind in _WEATHER_TAKES and is_further_in)


def vent_allowed_pct(role: Role | None, wind_m_s: Seen, is_raining: Seen, limits: WeatherLimits) -> float:
    """How far the weather lets a vent open, as far as it is known. [%]"""
    allowed = OPEN_PCT
    if wind_m_s.usable is not None:
        allowed = wind_allows_pct(wind_m_s.usable, limits, is_windward=role not in NOT_WINDWARD)
    return min(allowed, limits.vent_rain_pct) if is_raining.usable else allowed


def net_allowed_pct(wind_m_s: Seen, is_raining: Seen, limits: WeatherLimits) -> float:
    """How far the weather lets a shading net be drawn, as far as it is known. [%]"""
    is_windy = wind_m_s.usable is not None and wind_m_s.usable >= limits.net_back_m_s
    return OFF_PCT if is_windy or is_raining.usable else OPEN_PCT


def _is_silent(weather: Seen) -> bool:
    """Whether a sensor that exists says nothing that may be decided by."""
    return weather.standing in {Standing.STALE, Standing.BAD}


def _of_blankets(situation: Situation) -> Verdict | None:
    for blanket in situation.blankets:
        position = blanket.position.usable
        if position is None:
            return Verdict(Code.BLANKET_UNKNOWN)
        if position < FULLY_UP_PCT or blanket.is_coming_down:
            return Verdict(Code.BLANKET_NOT_UP, {"position": position})
    return None


def _of_weather(move: Move, situation: Situation) -> Verdict | None:
    wind, rain, limits = situation.wind_m_s, situation.is_raining, situation.limits
    to_pct = OPEN_PCT if move.to_pct is None else move.to_pct
    if wind.usable is None and to_pct > limits.vent_unknown_pct:
        return Verdict(Code.WIND_UNKNOWN, {"limit": limits.vent_unknown_pct})
    if _is_silent(rain) and to_pct > limits.vent_unknown_pct:
        return Verdict(Code.RAIN_UNKNOWN, {"limit": limits.vent_unknown_pct})
    by_wind = vent_allowed_pct(move.role, wind, MISSING, limits)
    if to_pct > by_wind:
        return Verdict(Code.WIND_LIMITS_VENT, {"wind": wind.usable, "limit": by_wind})
    if rain.usable and to_pct > limits.vent_rain_pct:
        return Verdict(Code.RAIN_LIMITS_VENT, {"limit": limits.vent_rain_pct})
    return None


def _of_wind(move: Move, situation: Situation) -> Verdict | None:
    wind_m_s, still_m_s = situation.wind_m_s.usable, situation.limits.blanket_still_m_s
    if wind_m_s is None:  # a crop freezes sooner than a blanket tears
        return None if _covers(move) else Verdict(Code.WIND_UNKNOWN_BLANKET)
    facts = {"wind": wind_m_s, "limit": still_m_s}
    return Verdict(Code.WIND_HOLDS_BLANKET, facts) if wind_m_s >= still_m_s else None


def _of_net(situation: Situation) -> Verdict | None:
    wind_m_s, rain, limit_m_s = situation.wind_m_s.usable, situation.is_raining, situation.limits.net_back_m_s
    if wind_m_s is None:
        return Verdict(Code.WIND_UNKNOWN_NET)
    if wind_m_s >= limit_m_s:
        return Verdict(Code.WIND_HOLDS_NET, {"wind": wind_m_s, "limit": limit_m_s})
    if _is_silent(rain):
        return Verdict(Code.RAIN_UNKNOWN_NET)
    return Verdict(Code.RAIN_HOLDS_NET) if rain.usable else None


def _of_vents(situation: Situation, now: datetime) -> Verdict | None:
    for vent in situation.vents:
        position = vent.position.usable
        if position is not None and position <= SHUT_PCT:
            continue
        if vent.told_to_shut_at is not None and now - vent.told_to_shut_at >= VENTS_SHUT_WITHIN:
            continue  # it does not shut, or does not show it: the crop must not freeze for it
        return Verdict(Code.VENT_UNKNOWN) if position is None else Verdict(Code.VENTS_OPEN, {"position": position})
    return None


def _of_valves(situation: Situation) -> Verdict | None:
    is_open = any(valve.usable is not None and valve.usable > 0.0 for valve in situation.valves)
    return None if is_open else Verdict(Code.NO_OPEN_VALVE)


def _covers(move: Move) -> bool:
    return move.to_pct is not None and move.to_pct < FULLY_UP_PCT


class Cause(StrEnum):
    """Why something is moved whoever wants otherwise; the name of the interlock that asks for it."""

    STORM = "storm"
    RAIN = "rain"
    WEATHER_UNKNOWN = "weather_unknown"
    OVER_TRAVEL = "over_travel"


@dataclass(frozen=True, slots=True)
class Watched:
    """An output that moves something, as the interlocks see it that act by themselves.

    Attributes
    ----------
    asked_pct : float or None
        How far it was last told to open, or else stands open; None: nobody knows. [%]
    ran_s : float or None
        How long its motor has been running; None: it stands, or nobody knows. [s]
    longest_run_s : float
        How long it may. [s]
    """

    point: str
    kind: OutputKind
    role: Role | None
    asked_pct: float | None
    ran_s: float | None
    longest_run_s: float


class Forced(NamedTuple):
    """What an interlock demands of an output. ``to_pct`` None: it stops. [%]"""

    point: str
    to_pct: float | None
    cause: Cause


def forced(outputs: Iterable[Watched], wind_m_s: Seen, is_raining: Seen, limits: WeatherLimits) -> Iterator[Forced]:
    """What has to be moved now, whoever wants otherwise. A motor that runs too long is stopped before all else."""
    for output in outputs:
        if output.ran_s is not None and output.ran_s > output.longest_run_s:
            yield Forced(output.point, None, Cause.OVER_TRAVEL)
        elif output.kind in _WEATHER_TAKES:
            allowed, cause = _allowed(output, wind_m_s, is_raining, limits)
            if allowed < OPEN_PCT and (output.asked_pct is None or output.asked_pct > allowed + FORCE_SLACK_PCT):
                # What nobody knows of may be shut: to send it to what the weather allows would open it.
                yield Forced(output.point, OFF_PCT if output.asked_pct is None else allowed, cause)


def _allowed(output: Watched, wind_m_s: Seen, is_raining: Seen, limits: WeatherLimits) -> tuple[float, Cause]:
    """How far the weather lets an output stand out, and what in it does not let it further. [%]

    A net that is pulled back for nothing cooks no crop, as a vent that is shut for nothing would.
    """
    allowed = _known_to_allow_pct(output, wind_m_s, is_raining, limits)
    if allowed < OPEN_PCT:
        by_wind = _known_to_allow_pct(output, wind_m_s, MISSING, limits)
        return allowed, Cause.STORM if by_wind <= allowed else Cause.RAIN
    is_net = output.kind is OutputKind.SHADING_NET
    is_unknown = _is_silent(wind_m_s) or _is_silent(is_raining)
    return OFF_PCT if is_net and is_unknown else allowed, Cause.WEATHER_UNKNOWN


def _known_to_allow_pct(output: Watched, wind_m_s: Seen, is_raining: Seen, limits: WeatherLimits) -> float:
    if output.kind is OutputKind.SHADING_NET:
        return net_allowed_pct(wind_m_s, is_raining, limits)
    return vent_allowed_pct(output.role, wind_m_s, is_raining, limits)
