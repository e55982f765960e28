"""When the shading net above the roof is drawn. Pure.

It is drawn when there is much sun and the house is warm all the same, and pulled back well below both, so that neither
a cloud nor its own shade moves it to and fro; between two moves it rests. Wind, rain and snow take hold of a net:
before them nothing rests.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from greenhouse.commands.seen import Standing
from greenhouse.rules.evaluate.climate_program import ShadeRule
from greenhouse.rules.evaluate.decisions import Actuator, Why, Wish
from greenhouse.rules.evaluate.snapshot import ClimateSnapshot

DRAWN_PCT, BACK_PCT = 100.0, 0.0
COOLER_K = 3.0
"""A net that is drawn cools the house; it stays until the air is so much cooler than where it was drawn."""


def net(rule: ShadeRule, ventilation_c: float, snapshot: ClimateSnapshot, now: datetime) -> Wish:
    """What is wanted of the shading net: drawn or pulled back.

    Parameters
    ----------
    ventilation_c : float
        Of the period in force.
    """
    is_drawn = snapshot.last_target(Actuator.SHADE) == DRAWN_PCT
    if (danger := _by_weather(snapshot, is_drawn=is_drawn)) is not None:
        return danger
    return _rested(_by_sun(rule, ventilation_c, snapshot, is_drawn=is_drawn), rule, snapshot, now)


def _by_weather(snapshot: ClimateSnapshot, *, is_drawn: bool) -> Wish | None:
    """Why the net is back whatever the sun does. What of the weather is not known counts as too much."""
    wind_m_s, rain, limits = snapshot.wind_m_s.usable, snapshot.is_raining, snapshot.limits
    if wind_m_s is None:
        return Wish(BACK_PCT, Why.WIND_UNKNOWN, {}, is_safe_state=True)
    limit_m_s = limits.net_back_m_s if is_drawn else limits.net_again_m_s
    if wind_m_s >= limit_m_s:
        return Wish(BACK_PCT, Why.WIND_TAKES_NET, {"wind": wind_m_s, "limit": limit_m_s})
    if rain.usable:
        return Wish(BACK_PCT, Why.RAIN_TAKES_NET, {})
    if rain.standing in {Standing.STALE, Standing.BAD}:
        return Wish(BACK_PCT, Why.RAIN_UNKNOWN, {}, is_safe_state=True)
    return None


def _by_sun(rule: ShadeRule, ventilation_c: float, snapshot: ClimateSnapshot, *, is_drawn: bool) -> Wish:
    radiation, air_c = snapshot.radiation_w_m2.usable, snapshot.air_c.usable
    if radiation is None:
        return Wish(BACK_PCT, Why.SUN_UNKNOWN, {}, is_safe_state=True)
    sun_limit = rule.back_below_w_m2 if is_drawn else rule.drawn_above_w_m2
    if radiation < sun_limit:
        return Wish(BACK_PCT, Why.LITTLE_SUN, {"radiation": radiation, "limit": sun_limit})
    facts = {"radiation": radiation}
    if air_c is None:  # the sun alone decides: a crop that burns is worse than a dull day
        return Wish(DRAWN_PCT, Why.STRONG_SUN, facts, is_safe_state=True)
    from_c = ventilation_c + rule.above_ventilation_k - (COOLER_K if is_drawn else 0.0)
    if air_c < from_c:
        return Wish(BACK_PCT, Why.NEEDS_NO_SHADE, {"air": air_c, "from": from_c})
    return Wish(DRAWN_PCT, Why.STRONG_SUN, facts | {"air": air_c})


def _rested(wish: Wish, rule: ShadeRule, snapshot: ClimateSnapshot, now: datetime) -> Wish:
    """The wish, or what was wanted before where the net has moved a moment ago."""
    before = snapshot.last.get(Actuator.SHADE)
    if before is None or before.target is None or before.target == wish.target:
        return wish
    if now - before.since >= timedelta(minutes=rule.rest_min):
        return wish
    return Wish(before.target, Why.RESTS, {"rest": rule.rest_min}, is_safe_state=wish.is_safe_state)
