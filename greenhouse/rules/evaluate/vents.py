"""How far vents open. Pure.

A proportional band above the ventilation temperature that grows wider with cold and wind, ``docs/programs.md``; what
wind, rain and the blanket allow caps it. Lee and roof vents open first; windward and bottom vents follow when the first
are fully open.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from greenhouse.commands.seen import Standing
from greenhouse.commands.weather_limits import FULLY_UP_PCT, OPEN_PCT, wind_allows_pct
from greenhouse.rules.evaluate.climate_program import VentRule
from greenhouse.rules.evaluate.decisions import Actuator, Why, Wish
from greenhouse.rules.evaluate.snapshot import ClimateSnapshot

BAND_FROM_OUTSIDE_C = 15.0
"""Below it the band grows wider."""
UNKNOWN_OUTSIDE_C = -5.0
"""What an unknown temperature outside counts as: a wide band opens slowly."""
WIDER_PER_M_S, CALM_M_S = 0.1, 4.0
"""The band grows by a tenth for each m/s of wind above the calm one."""
CURVE_SHUT_C, CURVE_FULL_C, CURVE_PCT = 5.0, 25.0, 50.0
"""While the air inside is not known vents follow the temperature outside: shut at 5 °C, half open at 25 °C."""
COMING_DOWN = frozenset({Why.NIGHT, Why.WAITS_FOR_VENTS})
SECOND = frozenset({Actuator.WINDWARD_VENT, Actuator.BOTTOM_VENT})
"""Vents that open after the others."""


def band_k(rule: VentRule, *, outside_c: float | None, wind_m_s: float | None) -> float:
    """Width of the proportional band. [K]

    Parameters
    ----------
    outside_c, wind_m_s : float or None
        None: not known.
    """
    outside = UNKNOWN_OUTSIDE_C if outside_c is None else outside_c
    wind = CALM_M_S if wind_m_s is None else wind_m_s
    wider_k = rule.wider_k_per_k * max(0.0, BAND_FROM_OUTSIDE_C - outside)
    return (rule.band_k + wider_k) * (1.0 + WIDER_PER_M_S * max(0.0, wind - CALM_M_S))


def opening(
    actuator: Actuator, ventilation_c: float, blanket: Wish | None, snapshot: ClimateSnapshot, now: datetime
) -> Wish:
    """What is wanted of a vent at a moment.

    Parameters
    ----------
    ventilation_c : float
        Of the period in force.
    blanket : Wish or None
        What is wanted of the blanket; None: the program moves none.
    """
    if (held := _held_by_blanket(blanket, snapshot)) is not None:
        return held
    wish = _by_temperature(actuator, ventilation_c, snapshot)
    for allowed_pct, cap in _caps(actuator, snapshot):
        if wish.target is not None and allowed_pct < wish.target:
            wish = cap._replace(is_safe_state=cap.is_safe_state or wish.is_safe_state)
    return _rested(wish, actuator, snapshot, now)


def _held_by_blanket(blanket: Wish | None, snapshot: ClimateSnapshot) -> Wish | None:
    if Actuator.BLANKET not in snapshot.equipment:
        return None
    if blanket is not None and blanket.why in COMING_DOWN:
        return Wish(0.0, Why.BLANKET_COMES_DOWN, {}, is_urgent=True)
    position = snapshot.position_of(Actuator.BLANKET)
    if position is None:
        return Wish(None, Why.BLANKET_UNKNOWN, {}, is_safe_state=True)
    return None if position >= FULLY_UP_PCT else Wish(0.0, Why.BLANKET_NOT_UP, {"position": position}, is_urgent=True)


def _by_temperature(actuator: Actuator, ventilation_c: float, snapshot: ClimateSnapshot) -> Wish:
    outside_c = snapshot.outside_c.usable
    least_c = snapshot.program.vents.bottom_above_outside_c
    if actuator is Actuator.BOTTOM_VENT and (outside_c is None or outside_c <= least_c):
        facts = {"limit": least_c} | ({} if outside_c is None else {"outside": outside_c})
        return Wish(0.0, Why.OUTSIDE_UNKNOWN if outside_c is None else Why.COLD_OUTSIDE, facts)
    air_c = snapshot.air_c.usable
    if air_c is None:
        return _by_curve(outside_c)
    band = band_k(snapshot.program.vents, outside_c=outside_c, wind_m_s=snapshot.wind_m_s.usable)
    from_c = ventilation_c + band if actuator in SECOND else ventilation_c
    facts = {"air": air_c, "from": from_c, "band": band}
    if air_c <= from_c:
        is_second = actuator in SECOND and air_c > ventilation_c
        return Wish(0.0, Why.ROOF_FIRST if is_second else Why.COOL_ENOUGH, facts)
    return Wish(min(OPEN_PCT, OPEN_PCT * (air_c - from_c) / band), Why.TOO_WARM, facts)


def _by_curve(outside_c: float | None) -> Wish:
    if outside_c is None:
        return Wish(None, Why.NOTHING_KNOWN, {}, is_safe_state=True)
    share = (outside_c - CURVE_SHUT_C) / (CURVE_FULL_C - CURVE_SHUT_C)
    return Wish(CURVE_PCT * min(1.0, max(0.0, share)), Why.AIR_UNKNOWN, {"outside": outside_c}, is_safe_state=True)


def _caps(actuator: Actuator, snapshot: ClimateSnapshot) -> Iterator[tuple[float, Wish]]:
    """What the weather allows, each with the wish that takes its place."""
    limits = snapshot.limits
    wind_m_s = snapshot.wind_m_s.usable
    if wind_m_s is None:
        allowed = limits.vent_unknown_pct
        yield allowed, Wish(allowed, Why.WIND_UNKNOWN, {"limit": allowed}, is_safe_state=True)
    else:
        allowed = wind_allows_pct(wind_m_s, limits, is_windward=actuator is Actuator.WINDWARD_VENT)
        yield allowed, Wish(allowed, Why.WIND, {"wind": wind_m_s, "limit": allowed}, is_urgent=True)
    if snapshot.is_raining.standing in {Standing.STALE, Standing.BAD}:
        allowed = limits.vent_unknown_pct
        yield allowed, Wish(allowed, Why.RAIN_UNKNOWN, {"limit": allowed}, is_safe_state=True)
    elif snapshot.is_raining.usable:
        allowed = limits.vent_rain_pct
        yield allowed, Wish(allowed, Why.RAIN, {"limit": allowed}, is_urgent=True)


def _rested(wish: Wish, actuator: Actuator, snapshot: ClimateSnapshot, now: datetime) -> Wish:
    """The wish, or what was wanted before where the difference is small or the vent has moved a moment ago."""
    before = snapshot.last.get(actuator)
    if before is None or before.target is None or wish.target is None:
        return wish
    if wish.is_urgent and wish.target < before.target:
        return wish
    rule = snapshot.program.vents
    is_end = wish.target in {0.0, OPEN_PCT}
    if not is_end and abs(wish.target - before.target) < rule.step_pct:
        return wish._replace(target=before.target)
    return wish if now - before.since >= timedelta(minutes=rule.rest_min) else wish._replace(target=before.target)
