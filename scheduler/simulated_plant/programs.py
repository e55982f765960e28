"""What the devices of the simulated base decide by themselves: pure, so that its past lives by the same programs."""

from __future__ import annotations

from typing import NamedTuple

from greenhouse.plant.point_sources import Vent
from scheduler.simulated_plant.motors import CALM_GUST_M_S, STORM_GUST_M_S

MILD_C = 10.0
"""Outside: above it no house is covered for the night."""

DARK_W_M2 = 5.0
_BRIGHT_W_M2, _DUSK_W_M2 = 60.0, 30.0
_VENT_STEP_PCT = 5.0
_OPENS_W_M2, _OPENS_W_M2_K, _SHUTS_W_M2 = 60.0, 8.0, 20.0
_HEATING_BAND_K = 3.0
_HEATING_PER_K, _GLASS_HEATING_PER_K = 0.018, 0.005
"""Expected for each kelvin that it is colder outside; a net sized for the coldest hour needs the less of its valve."""

_DRYING_BAND_PCT = 5.0
_DRYING_COLD, _DRYING_MILD, _OPEN_IN_RAIN = 0.1, 0.8, 0.25
_COLD_OUTSIDE_C, _WARM_OUTSIDE_C = 5.0, 18.0
_DRYING_HEAT, _GLASS_DRYING_HEAT = 0.6, 0.15
_READY_SHARE = 0.6
"""Of the heat that the cold outside asks for, by day: pipes this warm in the sun are ready when a cloud comes."""

_SCREEN_GAP = 0.05
_NET_ABOVE_W_M2, _NET_BELOW_W_M2, _NET_ABOVE_C = 700.0, 550.0, 20.0
_FAN_ABOVE_K, _FAN_BAND_K = 1.0, 2.0
_CO2_BAND_PPM = 100.0


class Setpoints(NamedTuple):
    """What a climate controller was told."""

    heating_c: float
    ventilation_c: float
    humidity_pct: float
    co2_ppm: float
    doses_co2: bool


class Air(NamedTuple):
    """What its instruments read inside."""

    air_c: float
    humidity_pct: float
    co2_ppm: float


class Around(NamedTuple):
    """What it knows of the weather."""

    outside_c: float
    irradiance_w_m2: float
    gust_m_s: float
    is_wet: bool


class Wanted(NamedTuple):
    """What it asks of its equipment, 0 to 1, and whether the storm holds the vents shut. For the screen 1 covers."""

    heat: float
    vent: float
    screen: float
    fan: float
    co2: float
    is_locked: bool


AT_REST = Wanted(0.0, 0.0, 0.0, 0.0, 0.0, is_locked=False)


def climate_wanted(air: Air, setpoints: Setpoints, around: Around, before: Wanted, *, is_glass: bool) -> Wanted:
    """What a climate controller in automatic mode asks for; ``before``: what it asked for last."""
    too_cold_k, too_warm_k = setpoints.heating_c - air.air_c, air.air_c - setpoints.ventilation_c
    excess = too_humid(air.humidity_pct, setpoints.humidity_pct)
    is_locked = around.gust_m_s > (CALM_GUST_M_S if before.is_locked else STORM_GUST_M_S)
    per_k, drying = (_GLASS_HEATING_PER_K, _GLASS_DRYING_HEAT) if is_glass else (_HEATING_PER_K, _DRYING_HEAT)
    expected = per_k * max(0.0, setpoints.heating_c - around.outside_c)
    is_dark = around.irradiance_w_m2 < DARK_W_M2
    kept_warm = 0.0 if is_dark else _READY_SHARE * expected
    ready = max(kept_warm, drying * excess) * _share(-too_warm_k / _HEATING_BAND_K)
    lacking_ppm = setpoints.co2_ppm - air.co2_ppm
    is_dosing = setpoints.doses_co2 and not is_dark
    return Wanted(
        heat=_share(max(expected + too_cold_k / _HEATING_BAND_K, ready)),
        vent=0.0 if is_locked else _vent_wanted(air, setpoints, around, excess),
        screen=_screen_wanted(around, before, excess) if is_glass else 0.0,
        fan=_share((too_warm_k - _FAN_ABOVE_K) / _FAN_BAND_K) if is_glass else 0.0,
        co2=_share(lacking_ppm / _CO2_BAND_PPM) if is_dosing else 0.0,
        is_locked=is_locked,
    )


def too_humid(humidity_pct: float, setpoint_pct: float) -> float:
    """0 to 1 over the band of humidity above its setpoint."""
    return _share((humidity_pct - setpoint_pct) / _DRYING_BAND_PCT)


def cover_wanted(irradiance_w_m2: float, outside_c: float) -> float | None:
    """Where a blanket winder goes by itself: 1 covers. Over mild nights it stays up. None: it stays where it is."""
    is_mild = outside_c > MILD_C
    if irradiance_w_m2 > _BRIGHT_W_M2 or is_mild:
        return 0.0
    return 1.0 if irradiance_w_m2 < _DUSK_W_M2 else None


def vent_target_pct(ventilation: float, which: Vent, outside_c: float) -> float:
    """Where a vent motor goes by itself, in steps, when the climate controller wants so much ventilation. [%]"""
    if which is Vent.BOTTOM and outside_c < MILD_C:
        ventilation = 0.0  # cold air along the floor is what a crop fears most
    return _VENT_STEP_PCT * round(100.0 * ventilation / _VENT_STEP_PCT)


def net_wanted(irradiance_w_m2: float, outside_c: float, *, is_drawn: bool) -> float:
    """Where a shading net goes by itself: 1 is drawn, under strong sun on a warm day."""
    limit_w_m2 = _NET_BELOW_W_M2 if is_drawn else _NET_ABOVE_W_M2
    return float(irradiance_w_m2 > limit_w_m2 and outside_c > _NET_ABOVE_C)


def vent_share(air_c: float, begin_c: float, outside_c: float) -> float:
    """How far to open: in proportion to what the air is too warm, the slower the colder it is outside."""
    band_k = 3.0 + 0.25 * max(0.0, begin_c - outside_c)
    return min(1.0, max(0.0, (air_c - begin_c) / band_k))


def _screen_wanted(around: Around, before: Wanted, excess: float) -> float:
    """Over cold nights, with a gap for humidity; the colder it is, the brighter it must be before it opens."""
    bright_w_m2 = _OPENS_W_M2 + _OPENS_W_M2_K * max(0.0, -around.outside_c)
    limit_w_m2 = bright_w_m2 if before.screen > 0.0 else _SHUTS_W_M2
    is_covering = around.outside_c < MILD_C and around.irradiance_w_m2 < limit_w_m2
    return 1.0 - _SCREEN_GAP * excess if is_covering else 0.0


def _vent_wanted(air: Air, setpoints: Setpoints, around: Around, excess: float) -> float:
    """For warmth in proportion; for humidity a gap in the cold, and wide where outside air is mild."""
    mild = _share((around.outside_c - _COLD_OUTSIDE_C) / (_WARM_OUTSIDE_C - _COLD_OUTSIDE_C))
    spare = _share((air.air_c - setpoints.heating_c + 1.0) / _HEATING_BAND_K)
    drying = (_DRYING_COLD + mild * (_DRYING_MILD - _DRYING_COLD)) * excess * spare
    wanted = max(drying, vent_share(air.air_c, setpoints.ventilation_c, around.outside_c))
    return min(wanted, _OPEN_IN_RAIN) if around.is_wet else wanted


def _share(value: float) -> float:
    return min(1.0, max(0.0, value))
