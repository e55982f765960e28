"""From days and events to a sample every five minutes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from math import gamma
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from greenhouse.agronomy.sun import SunPositions, sun_positions
from greenhouse.plant.moist_air import (
    dew_point_c,
    saturations_pa,
    standard_pressure_pa,
)
from greenhouse.plant.weather.climate import Climate
from greenhouse.plant.weather.days import Days
from greenhouse.plant.weather.draws import Stream, chained, normal_share, normals
from greenhouse.plant.weather.events import GALE_FROM_DEG, Event, Overlay, overlay
from greenhouse.plant.weather.generator_parameters import GeneratorParameters
from greenhouse.plant.weather.seasons import day_of_year, smooth, yearly_wave
from greenhouse.plant.weather.series import WeatherColumns
from greenhouse.plant.weather.sky import Light, clear_sky, sky_temperature_c

Array = NDArray[np.float64]

STEP_S = 300.0
PER_DAY = 288


class _Span(NamedTuple):
    """The moments of a span of local days, and all that every part of their weather depends on."""

    climate: Climate
    parameters: GeneratorParameters
    seed: int
    first: date
    length: int
    unix_s: Array
    day: NDArray[np.int64]
    day_of_year: Array
    sun: SunPositions
    day_length_h: Array


def start_of(first: date, *, utc_offset_h: float) -> datetime:
    """Local midnight, aware UTC."""
    return datetime.combine(first, time(), UTC) - timedelta(hours=utc_offset_h)


def composed(
    days: Days,
    events: Sequence[Event],
    *,
    climate: Climate,
    parameters: GeneratorParameters,
    seed: int,
    first: date,
) -> WeatherColumns:
    """Weather of whole local days, `PER_DAY` samples each."""
    span = _span(climate, parameters, seed=seed, first=first, days=len(days.air_c))
    over = overlay(events, unix_s=span.unix_s, parameters=parameters)
    water = _falling_mm_h(days, span.day) + over.rain_mm_h
    cover = np.maximum(_cover(days, span), over.cover)
    cover = np.where(water > 0, 1.0, cover)
    air_c = _air_c(days, span, over)
    rh_pct = _humidity_pct(days, span, over, air_c=air_c, wet=water > 0)
    wind_m_s, gust = _wind_m_s(days, span, over)
    dust = _dust(span, over, wind_m_s=wind_m_s, wet=water > 0)
    light = _light(days, span, over, cover=cover, wet=water > 0, dust=dust)
    snow = parameters.precipitation
    snow_share = np.clip((snow.all_rain_c - air_c) / (snow.all_rain_c - snow.all_snow_c), 0, 1)
    return WeatherColumns(
        air_c=air_c,
        rh_pct=rh_pct,
        wind_m_s=wind_m_s,
        wind_from_deg=_wind_from_deg(span, over, gust),
        beam_normal_w_m2=light.beam_normal_w_m2,
        diffuse_w_m2=light.diffuse_w_m2,
        sky_c=sky_temperature_c(
            air_c,
            dew_c=dew_point_c(rh_pct / 100 * saturations_pa(air_c)),
            cover=cover,
            solar_hour=span.sun.solar_hour,
            pressure_pa=standard_pressure_pa(climate.place.altitude_m),
            cloud_emission=parameters.sky.cloud_emission,
        ),
        rain_mm_h=water * (1 - snow_share),
        snow_mm_h=water * snow_share,
        hail_mm_h=over.hail_mm_h,
        dust=dust,
        co2_ppm=co2_ppm(parameters, span.day_of_year),
        deep_soil_c=deep_soil_c(climate.monthly.air_c, parameters, span.day_of_year),
    )


def deep_soil_c(monthly_air_c: Sequence[float], parameters: GeneratorParameters, day: Array) -> Array:
    """Temperature of the deep soil: the air's year, damped and late. [°C]

    References
    ----------
    Hillel (1998), Environmental Soil Physics, eq. 12.33: ``exp(-z/d)`` and a lag of ``z/d``, with d the damping depth.
    """
    soil = parameters.soil
    per_s = 2 * np.pi / (365.25 * 86400)
    ratio = soil.depth_m / float(np.sqrt(2 * soil.diffusivity_m2_s / per_s))
    swing = (max(monthly_air_c) - min(monthly_air_c)) / 2 * float(np.exp(-ratio))
    mean = sum(monthly_air_c) / 12 + soil.warmer_k
    return yearly_wave(day, mean=mean, swing=swing, highest_day=soil.warmest_day + ratio * 365 / (2 * np.pi))


def co2_ppm(parameters: GeneratorParameters, day: Array) -> Array:
    """Outside carbon dioxide. [ppm]"""
    gas = parameters.carbon_dioxide
    return yearly_wave(day, mean=gas.mean_ppm, swing=gas.swing_ppm, highest_day=gas.highest_day)


def _span(climate: Climate, parameters: GeneratorParameters, *, seed: int, first: date, days: int) -> _Span:
    place = climate.place
    start_s = start_of(first, utc_offset_h=place.utc_offset_h).timestamp()
    unix_s = start_s + STEP_S * np.arange(days * PER_DAY, dtype=np.float64)
    day = np.repeat(np.arange(days, dtype=np.int64), PER_DAY)
    share = np.tile(np.arange(PER_DAY) / PER_DAY, days)
    course = np.repeat(day_of_year(first, days), PER_DAY) - 0.5 + share
    sun = sun_positions(unix_s, latitude_deg=place.latitude_deg, longitude_deg=place.longitude_deg)
    tangents = -np.tan(np.radians(place.latitude_deg)) * np.tan(np.radians(sun.declination_deg))
    day_length_h = 2 / 15 * np.degrees(np.arccos(np.clip(tangents, -1, 1)))
    return _Span(
        climate=climate,
        parameters=parameters,
        seed=seed,
        first=first,
        length=days,
        unix_s=unix_s,
        day=day,
        day_of_year=course,
        sun=sun,
        day_length_h=day_length_h,
    )


def _between_days(values: Array, days: int) -> Array:
    """A day's value at its noon, and straight between noons."""
    samples = (np.arange(days * PER_DAY) + 0.5) / PER_DAY
    return np.interp(samples, np.arange(days) + 0.53, values)


def _cover(days: Days, span: _Span) -> Array:
    """How far cloud covers the sun: it does when a slow chance is above the day's share of sun."""
    clearness = span.parameters.clearness
    drawn = normals(span.seed, Stream.CLOUD, first=span.first, days=span.length, per_day=PER_DAY)
    passing = normal_share(chained(drawn, float(np.exp(-STEP_S / 3600 / clearness.persistence_h))))
    limit = np.repeat(days.sunshine, PER_DAY) * (1 + clearness.edge) - clearness.edge / 2
    return np.clip((passing - limit) / clearness.edge + 0.5, 0, 1)


def _falling_mm_h(days: Days, day: NDArray[np.int64]) -> Array:
    """Rain or snow, rising to the middle of its fall and ending again; what lasts beyond the span is cut off."""
    falling = np.zeros(len(day))
    for number in np.flatnonzero(days.precipitation_mm > 0):
        length = max(round(float(days.precipitation_h[number]) * 12), 2)
        begin = int(number) * PER_DAY + int(float(days.precipitation_start_h[number]) * 12)
        shape = np.sin(np.pi * (np.arange(length) + 0.5) / length)
        fall = float(days.precipitation_mm[number]) * 12 * shape / shape.sum()
        end = min(begin + length, len(day))
        falling[begin:end] += fall[: end - begin]
    return falling


def _air_c(days: Days, span: _Span, over: Overlay) -> Array:
    """Air temperature: a sine by day that is highest after noon, a decay by night.

    References
    ----------
    Parton and Logan (1981), Agricultural Meteorology 23, 205-216; the decay is stretched so that it reaches the lowest
    at sunrise, where theirs stops short of it and jumps.
    """
    temperature, count = span.parameters.temperature, span.length
    length = span.day_length_h
    since_rise_h = (span.sun.solar_hour - (12 - length / 2)) % 24
    at_set = np.sin(np.pi * length / (length + 2 * temperature.lag_h))
    night_h = np.maximum(since_rise_h - length, 0) / (24 - length)
    floor = np.exp(-temperature.night_decay)
    night = at_set * (np.exp(-temperature.night_decay * night_h) - floor) / (1 - floor)
    shape = np.where(since_rise_h < length, np.sin(np.pi * since_rise_h / (length + 2 * temperature.lag_h)), night)
    centered = shape - np.repeat(shape.reshape(count, PER_DAY).mean(axis=1), PER_DAY)
    air_c: Array = _between_days(days.air_c, count) + _between_days(days.range_k, count) * centered + over.air_k
    return air_c + over.air_pull * (span.parameters.wet_snow.air_c - air_c)


def _humidity_pct(days: Days, span: _Span, over: Overlay, *, air_c: Array, wet: NDArray[np.bool_]) -> Array:
    """Relative humidity: the vapor of the air stays through the day while its temperature rises and falls."""
    humidity = span.parameters.humidity
    saturated = saturations_pa(air_c)
    dryness = (1 / saturated).reshape(span.length, PER_DAY).mean(axis=1)
    vapor_pa = _between_days(days.rh_pct / 100 / dryness, span.length)
    rh_pct = 100 * vapor_pa / saturated + over.humidity_pct
    rh_pct = np.where(wet, np.maximum(rh_pct, humidity.rain_pct), rh_pct)
    return np.clip(rh_pct, humidity.lowest_pct, 100.0)


def _wind_m_s(days: Days, span: _Span, over: Overlay) -> tuple[Array, Array]:
    """Wind speed, Weibull around the day's mean, and the short fluctuation it was made with."""
    wind, count = span.parameters.wind, span.length
    slow = chained(
        normals(span.seed, Stream.WIND, first=span.first, days=count, per_day=PER_DAY),
        float(np.exp(-STEP_S / 3600 / wind.persistence_h)),
    )
    gust = normals(span.seed, Stream.WIND_GUST, first=span.first, days=count, per_day=PER_DAY)
    mixed = np.sqrt(1 - wind.gust_share**2) * slow + wind.gust_share * gust
    weibull = (-np.log(1 - np.minimum(normal_share(mixed), 1 - 1e-9))) ** (1 / wind.shape) / gamma(1 + 1 / wind.shape)
    afternoon = 1 + wind.afternoon * np.cos(2 * np.pi * (span.sun.solar_hour - 14) / 24)
    ordinary = _between_days(days.wind_m_s, count) * afternoon * weibull
    return np.maximum(ordinary, over.wind_m_s * np.maximum(1 + 0.12 * gust, 0.5)), gust


def _wind_from_deg(span: _Span, over: Overlay, gust: Array) -> Array:
    wind = span.parameters.wind
    drawn = normals(span.seed, Stream.WIND_DIRECTION, first=span.first, days=span.length, per_day=PER_DAY)
    turning = chained(drawn, float(np.exp(-STEP_S / 3600 / wind.persistence_h)))
    usual = smooth(span.climate.monthly.wind_from_deg, span.day_of_year)
    from_deg = usual + wind.direction_deviation_deg * turning
    gale = GALE_FROM_DEG + 10 * gust
    return np.where(over.gale > 0.2, gale, from_deg) % 360


def _dust(span: _Span, over: Overlay, *, wind_m_s: Array, wet: NDArray[np.bool_]) -> Array:
    """Dust that wind raises from the ground here, and that storms bring. Rain and snow wash it out."""
    erodibility = np.maximum(smooth(span.climate.monthly.erodibility, span.day_of_year), 0.0)
    drift = span.parameters.dust.per_m_s * np.maximum(wind_m_s - span.parameters.dust.wind_m_s, 0) * erodibility
    dust = np.clip(np.maximum(drift, over.dust), 0, 1)
    return np.where(wet, 0.0, dust)


def _light(days: Days, span: _Span, over: Overlay, *, cover: Array, wet: NDArray[np.bool_], dust: Array) -> Light:
    """Beam and diffuse light below cloud and dust.

    Cloud takes the beam in proportion to its cover and leaves ``transmission`` of the global radiation, so that what
    remains diffuse is never negative; dust likewise.
    """
    turbidity = smooth(span.climate.monthly.turbidity, span.day_of_year)
    elevation_deg = span.sun.elevation_deg
    clear = clear_sky(elevation_deg, unix_s=span.unix_s, turbidity=turbidity, altitude_m=span.climate.place.altitude_m)
    sine = np.maximum(np.sin(np.radians(elevation_deg)), 0.0)
    passing = np.repeat(days.transmission, PER_DAY)
    passing = passing + over.overcast * (span.parameters.overcast.transmission - passing)
    passing = np.where(wet, span.parameters.precipitation.transmission, passing)
    lost = 1 - (1 - passing) * cover
    lost = lost * (1 - span.parameters.dust.global_loss * dust)
    beam = clear.beam_normal_w_m2 * (1 - cover) * (1 - span.parameters.dust.beam_loss * dust)
    total = (clear.beam_normal_w_m2 * sine + clear.diffuse_w_m2) * lost
    return Light(beam, np.maximum(total - beam * sine, 0.0))
