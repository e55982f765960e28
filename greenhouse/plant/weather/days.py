"""The days of a generated weather: how sunny, how warm, how humid, how wet each is."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from greenhouse.plant.weather.climate import MonthlyClimate
from greenhouse.plant.weather.draws import Stream, chained, normal_share, normals, uniforms
from greenhouse.plant.weather.generator_parameters import GeneratorParameters
from greenhouse.plant.weather.seasons import day_of_year, smooth, stepped

Array = NDArray[np.float64]

_MONTH_DAYS = (31, 28.25, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


class Days(NamedTuple):
    """One value per local calendar day; what a scenario tells and the generator draws.

    Attributes
    ----------
    air_c, range_k : Array
        Mean air temperature; how far its highest is above its lowest.
    rh_pct, wind_m_s : Array
        Means.
    sunshine : Array
        Share of the day without cloud before the sun, 0 to 1.
    transmission : Array
        Share of clear-sky radiation that passes the day's cloud.
    precipitation_mm, precipitation_start_h, precipitation_h : Array
        How much falls, from which local hour on and for how long. No more than one fall begins on a day.
    """

    air_c: Array
    range_k: Array
    rh_pct: Array
    wind_m_s: Array
    sunshine: Array
    transmission: Array
    precipitation_mm: Array
    precipitation_start_h: Array
    precipitation_h: Array


def drawn_days(monthly: MonthlyClimate, parameters: GeneratorParameters, *, seed: int, first: date, days: int) -> Days:
    """The ordinary days of a climate. Events come on top; what they do to the month's mean is taken off here."""
    day = day_of_year(first, days)
    clear = _clearness(seed, parameters, first, days)
    share = normal_share(clear)
    sunshine = _sunshine(monthly, parameters, share, first, days)
    usual = stepped(monthly.sunshine, first, days)
    depth = uniforms(seed, Stream.DAY_CLOUD_DEPTH, first=first, days=days, per_day=1)
    range_k = smooth(monthly.range_k, day) * parameters.temperature.range_share
    least = parameters.temperature.overcast_range
    air_c = _air_c(monthly, parameters, seed, first, days)
    rain = uniforms(seed, Stream.DAY_RAIN, first=first, days=days, per_day=3).reshape(days, 3)
    warm = air_c > parameters.precipitation.warm_day_c
    hours = np.where(warm, parameters.precipitation.warm_h, parameters.precipitation.cold_h) * (0.5 + rain[:, 2])
    return Days(
        air_c=air_c,
        range_k=range_k * (least + (1 - least) * sunshine / usual),
        rh_pct=_humidity(monthly, parameters, seed, sunshine - usual, first),
        wind_m_s=smooth(monthly.wind_m_s, day),
        sunshine=sunshine,
        transmission=parameters.clearness.transmission * (0.5 + depth),
        precipitation_mm=_precipitation_mm(monthly, parameters, share, rain[:, 0], first),
        # Showers come in the afternoon, fronts at any hour.
        precipitation_start_h=np.where(warm, 13 + 9 * rain[:, 1], 24 * rain[:, 1]),
        precipitation_h=hours,
    )


def _clearness(seed: int, parameters: GeneratorParameters, first: date, days: int) -> Array:
    drawn = normals(seed, Stream.DAY_CLEARNESS, first=first, days=days, per_day=1)
    return chained(drawn, parameters.clearness.day_correlation)


def _sunshine(monthly: MonthlyClimate, parameters: GeneratorParameters, share: Array, first: date, days: int) -> Array:
    """Share of sun of each day, so that the month's mean is met: none below ``overcast_share``, above it a power."""
    overcast = parameters.clearness.overcast_share
    spells = (
        stepped(monthly.overcast_spells, first, days) * parameters.overcast.days / stepped(_MONTH_DAYS, first, days)
    )
    wanted = stepped(monthly.sunshine, first, days) / parameters.clearness.beam_hours / (1 - spells)
    power = np.maximum((1 - overcast) / np.minimum(wanted, 1 - overcast) - 1, 1e-6)
    sunshine: Array = (np.maximum(share - overcast, 0) / (1 - overcast)) ** power
    return np.where(share <= overcast, 0.0, sunshine)


def _air_c(monthly: MonthlyClimate, parameters: GeneratorParameters, seed: int, first: date, days: int) -> Array:
    temperature, wave = parameters.temperature, parameters.cold_wave
    lost_k_d = wave.strength_k * (wave.onset_h / 2 + wave.recovery_h) / 24
    made_up = [
        mean + count * lost_k_d / length
        for mean, count, length in zip(monthly.air_c, monthly.cold_waves, _MONTH_DAYS, strict=True)
    ]
    drawn = normals(seed, Stream.DAY_TEMPERATURE, first=first, days=days, per_day=1)
    departure_k = temperature.deviation_k * chained(drawn, temperature.day_correlation)
    return smooth(made_up, day_of_year(first, days)) + departure_k


def _humidity(
    monthly: MonthlyClimate, parameters: GeneratorParameters, seed: int, sunnier: Array, first: date
) -> Array:
    humidity, days = parameters.humidity, len(sunnier)
    drawn = normals(seed, Stream.DAY_HUMIDITY, first=first, days=days, per_day=1)
    mean = smooth(monthly.rh_pct, day_of_year(first, days)) - humidity.sunshine_effect_pct * sunnier
    drier = mean + humidity.deviation_pct * chained(drawn, parameters.temperature.day_correlation)
    return np.clip(drier, humidity.lowest_pct, 98.0)


def _precipitation_mm(
    monthly: MonthlyClimate, parameters: GeneratorParameters, share: Array, amount: Array, first: date
) -> Array:
    """The cloudiest days are the wet ones; what falls is exponential (Richardson 1981, Water Resour. Res. 17, 182)."""
    days = len(share)
    of_snow = parameters.wet_snow.strength_mm
    of_hail = parameters.hail.strength_mm + 0.75 * parameters.hail.rain_mm_h  # of an hour with rising and falling rain
    ordinary = [
        max(total - snows * of_snow - hails * of_hail, 0.2 * total)
        for total, snows, hails in zip(monthly.precipitation_mm, monthly.wet_snows, monthly.hail_storms, strict=True)
    ]
    wet_days = stepped(monthly.wet_days, first, days)
    wet = share < wet_days / stepped(_MONTH_DAYS, first, days)
    return np.where(wet, -np.log(amount) * stepped(ordinary, first, days) / wet_days, 0.0)
