"""When the blanket is rolled up and the thermal screen drawn. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from greenhouse.commands.weather_limits import FULLY_UP_PCT, SHUT_PCT, VENTS_SHUT_WITHIN
from greenhouse.rules.evaluate.climate_program import BlanketRule, ScreenRule
from greenhouse.rules.evaluate.day_periods import is_between, moment_of
from greenhouse.rules.evaluate.decisions import VENTS, Actuator, Why, Wish
from greenhouse.rules.evaluate.snapshot import ClimateSnapshot

UP_PCT, DOWN_PCT = 100.0, 0.0
DRAWN_PCT, OPEN_PCT = 100.0, 0.0
HYSTERESIS_K = 1.0
"""A screen that is drawn stays so until it is this much warmer outside than the limit."""
SCREEN_RESTS = timedelta(minutes=15)
"""Least time between two moves that the temperature outside decides."""

_BY_WARMTH = frozenset({Why.WARM_OUTSIDE, Why.RESTS})


def blanket(rule: BlanketRule, snapshot: ClimateSnapshot, now: datetime) -> Wish:
    """What is wanted of the blanket: all the way up or down, or that it stays."""
    wish = _by_day(rule, snapshot, now)
    wind_m_s, still_m_s = snapshot.wind_m_s.usable, snapshot.limits.blanket_still_m_s
    position = snapshot.position_of(Actuator.BLANKET)
    if position is not None and (wish.target == UP_PCT) == (position >= FULLY_UP_PCT):
        return wish  # it stands there: nothing is to be moved
    if wish.why is Why.NIGHT and (waiting := _waits_for_vents(rule, snapshot, now)) is not None:
        return waiting
    if wind_m_s is None:
        return wish if wish.target == DOWN_PCT else Wish(None, Why.WIND_UNKNOWN, {}, is_safe_state=True)
    if wind_m_s >= still_m_s:
        why = Why.WIND_KEEPS_BLANKET_UP if wish.why is Why.NIGHT else Why.WIND_HOLDS_BLANKET
        return Wish(None, why, {"wind": wind_m_s, "limit": still_m_s})
    return wish


def _waits_for_vents(rule: BlanketRule, snapshot: ClimateSnapshot, now: datetime) -> Wish | None:
    """A blanket that comes down on open vents tears; one that waits for a vent that never shuts lets a crop freeze."""
    down_at = moment_of(rule.down, snapshot.day)
    if down_at is None or not timedelta() <= now - down_at < VENTS_SHUT_WITHIN:
        return None
    open_pct = max((snapshot.position_of(vent) or 0.0 for vent in VENTS if vent in snapshot.equipment), default=0.0)
    return Wish(None, Why.WAITS_FOR_VENTS, {"position": open_pct}) if open_pct > SHUT_PCT else None


def _by_day(rule: BlanketRule, snapshot: ClimateSnapshot, now: datetime) -> Wish:
    up_at = moment_of(rule.up, snapshot.day)
    if up_at is None or not is_between(rule.up, rule.down, snapshot.day, now):
        return Wish(DOWN_PCT, Why.NIGHT, {})
    before = snapshot.last.get(Actuator.BLANKET)
    was_up_today = before is not None and before.target == UP_PCT and before.since >= up_at
    stands_up = (snapshot.position_of(Actuator.BLANKET) or 0.0) >= FULLY_UP_PCT
    if was_up_today or stands_up or rule.least_radiation_w_m2 <= 0.0:
        return Wish(UP_PCT, Why.DAY, {})
    radiation = snapshot.radiation_w_m2.usable
    facts = {"limit": rule.least_radiation_w_m2} | ({} if radiation is None else {"radiation": radiation})
    if radiation is not None and radiation >= rule.least_radiation_w_m2:
        return Wish(UP_PCT, Why.DAY, facts)
    if now - up_at >= timedelta(minutes=rule.wait_min):
        return Wish(UP_PCT, Why.WAITED_LONG_ENOUGH, facts | {"wait": rule.wait_min})
    return Wish(DOWN_PCT, Why.WAITS_FOR_SUN, facts)


def screen(rule: ScreenRule, snapshot: ClimateSnapshot, now: datetime) -> Wish:
    """What is wanted of the thermal screen: drawn or open. An unknown temperature outside counts as cold."""
    is_drawn = snapshot.last_target(Actuator.SCREEN) == DRAWN_PCT
    night: Wish | None = Wish(DRAWN_PCT, Why.NIGHT, {})
    if not is_between(rule.drawn_from, rule.open_from, snapshot.day, now):
        night = _waits_for_sun(rule, snapshot, now) if is_drawn else None
    if night is None:
        return Wish(OPEN_PCT, Why.DAY, {})
    outside_c = snapshot.outside_c.usable
    limit_c = rule.only_below_outside_c + (HYSTERESIS_K if is_drawn else 0.0)
    if outside_c is not None and outside_c >= limit_c:
        return _rested(Wish(OPEN_PCT, Why.WARM_OUTSIDE, {"outside": outside_c, "limit": limit_c}), snapshot, now)
    return _rested(night._replace(is_safe_state=outside_c is None), snapshot, now)


def _waits_for_sun(rule: ScreenRule, snapshot: ClimateSnapshot, now: datetime) -> Wish | None:
    """A screen that is opened at a dull sunrise lets out more than comes in. None: it waits no longer."""
    open_at = moment_of(rule.open_from, snapshot.day)
    if open_at is None or not timedelta() <= now - open_at < timedelta(minutes=rule.wait_min):
        return None
    radiation = snapshot.radiation_w_m2.usable
    if radiation is not None and radiation >= rule.least_radiation_w_m2:
        return None
    facts = {"limit": rule.least_radiation_w_m2} | ({} if radiation is None else {"radiation": radiation})
    return Wish(DRAWN_PCT, Why.WAITS_FOR_SUN, facts)


def _rested(wish: Wish, snapshot: ClimateSnapshot, now: datetime) -> Wish:
    """The wish, or what was wanted before where the temperature outside has moved the screen a moment ago."""
    before = snapshot.last.get(Actuator.SCREEN)
    by_warmth = wish.why is Why.WARM_OUTSIDE or (before is not None and before.why in _BY_WARMTH)
    if before is None or before.target in {None, wish.target} or not by_warmth or now - before.since >= SCREEN_RESTS:
        return wish
    return Wish(before.target, Why.RESTS, {"rest": SCREEN_RESTS / timedelta(minutes=1)})
