"""The weather over the simulated base: today's, of a year that the seed decides."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from devices.simulator.outside import smooth_noise, smooth_noises
from greenhouse.plant.moist_air import saturation_pa, saturations_pa
from greenhouse.plant.point_sources import Truth
from greenhouse.plant.surroundings import Weather
from greenhouse.plant.weather.climate import kangbashi
from greenhouse.plant.weather.generator import generate_year
from greenhouse.plant.weather.generator_parameters import shipped_generator
from greenhouse.plant.weather.series import WeatherArrays, WeatherSeries

Array = NDArray[np.float64]

LOCAL_OFFSET_H = 8.0
_KEPT_YEARS = 2
# What the generator has no word for, and a station shows all the same. Assumed, like the figures of the steady plant.
_GUST_FACTOR, _GUST_SPREAD, _GUST_PERIOD_S = 1.5, 0.2, 30.0
_PRESSURE_KPA, _PRESSURE_SPREAD_KPA, _PRESSURE_PERIOD_S = 86.7, 0.6, 172_800.0
_HAZE_UG_M3, _HAZE_SPREAD_UG_M3, _HAZE_PERIOD_S = 45.0, 20.0, 21_600.0
_STORM_UG_M3 = 1_600.0


class Outdoors(NamedTuple):
    """The weather of a moment as the model takes it, and what a weather station feels of it."""

    weather: Weather
    truths: dict[Truth, float]

    @property
    def irradiance_w_m2(self) -> float:
        """On the flat."""
        return self.truths[Truth.IRRADIANCE]

    @property
    def gust_m_s(self) -> float:
        """Of the last half minute."""
        return self.truths[Truth.WIND_GUST]

    @property
    def is_wet(self) -> bool:
        """Whether something falls."""
        return self.truths[Truth.RAIN_STATE] > 0.0


def local_day(moment: datetime) -> date:
    """The day of the base's place at an aware moment."""
    return (moment.astimezone(UTC) + timedelta(hours=LOCAL_OFFSET_H)).date()


class BaseWeather:
    """Generated weather by the calendar; whole years, made when they are asked for.

    Parameters
    ----------
    seed : int
        Another seed gives other days of the same climate.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._climate, self._generator = kangbashi(), shipped_generator()
        self._years: dict[int, WeatherSeries] = {}

    def weather(self, moment: datetime) -> Weather:
        """What the model takes, at an aware moment."""
        year = local_day(moment).year
        if year not in self._years:
            if len(self._years) >= _KEPT_YEARS:
                del self._years[next(iter(self._years))]
            self._years[year] = generate_year(self._climate, self._generator, seed=self._seed, year=year)
        return self._years[year].at(moment)

    def outdoors(self, moment: datetime, rain_mm: float) -> Outdoors:
        """The weather of a moment; the depth of rain is what the station has counted since midnight. [mm]"""
        weather = self.weather(moment)
        time_s = moment.timestamp()
        sine = max(0.0, math.sin(math.radians(weather.sun_elevation_deg)))
        falling = weather.rain_mm_h + weather.snow_mm_h + weather.hail_mm_h
        gust = _GUST_FACTOR + _GUST_SPREAD * smooth_noise(f"{self._seed}/gust", time_s, _GUST_PERIOD_S)
        pressure = _PRESSURE_SPREAD_KPA * smooth_noise(f"{self._seed}/pressure", time_s, _PRESSURE_PERIOD_S)
        haze = _HAZE_SPREAD_UG_M3 * smooth_noise(f"{self._seed}/haze", time_s, _HAZE_PERIOD_S)
        truths = {
            Truth.AIR_TEMPERATURE: weather.air_c,
            Truth.RELATIVE_HUMIDITY: min(100.0, 100.0 * weather.vapor_pressure_pa / saturation_pa(weather.air_c)),
            Truth.CO2: weather.co2_ppm,
            Truth.IRRADIANCE: weather.beam_normal_w_m2 * sine + weather.diffuse_w_m2,
            Truth.WIND_SPEED: weather.wind_m_s,
            Truth.WIND_GUST: weather.wind_m_s * gust,
            Truth.WIND_DIRECTION: weather.wind_from_deg % 360.0,
            Truth.RAIN_DEPTH: rain_mm,
            Truth.RAIN_STATE: float(falling > 0.0),
            Truth.AIR_PRESSURE: _PRESSURE_KPA + pressure,
            Truth.DUST: _HAZE_UG_M3 + haze + _STORM_UG_M3 * weather.dust,
        }
        return Outdoors(weather, truths)


def truths_of(weather: WeatherArrays, begin: datetime, step_s: float, *, seed: int) -> dict[Truth, Array]:
    """What ``BaseWeather.outdoors`` tells of one moment, for many, the first of them a local midnight."""
    unix_s: Array = begin.timestamp() + step_s * np.arange(len(weather.air_c), dtype=np.float64)
    sine = np.maximum(0.0, np.sin(np.radians(weather.sun_elevation_deg)))
    falling = weather.rain_mm_h + weather.snow_mm_h + weather.hail_mm_h
    gust = _GUST_FACTOR + _GUST_SPREAD * smooth_noises(f"{seed}/gust", unix_s, _GUST_PERIOD_S)
    saturated_pa = saturations_pa(weather.air_c)
    return {
        Truth.AIR_TEMPERATURE: weather.air_c,
        Truth.RELATIVE_HUMIDITY: np.minimum(100.0, 100.0 * weather.vapor_pressure_pa / saturated_pa),
        Truth.CO2: weather.co2_ppm,
        Truth.IRRADIANCE: weather.beam_normal_w_m2 * sine + weather.diffuse_w_m2,
        Truth.WIND_SPEED: weather.wind_m_s,
        Truth.WIND_GUST: weather.wind_m_s * gust,
        Truth.WIND_DIRECTION: weather.wind_from_deg % 360.0,
        Truth.RAIN_DEPTH: _since_midnight(weather.rain_mm_h + weather.snow_mm_h, step_s),
        Truth.RAIN_STATE: (falling > 0.0).astype(np.float64),
        Truth.AIR_PRESSURE: _PRESSURE_KPA
        + _PRESSURE_SPREAD_KPA * smooth_noises(f"{seed}/pressure", unix_s, _PRESSURE_PERIOD_S),
        Truth.DUST: _HAZE_UG_M3
        + _HAZE_SPREAD_UG_M3 * smooth_noises(f"{seed}/haze", unix_s, _HAZE_PERIOD_S)
        + _STORM_UG_M3 * weather.dust,
    }


def _since_midnight(rate_mm_h: Array, step_s: float) -> Array:
    """What has fallen since the last midnight, when each step begins. [mm]"""
    per_day = round(86_400 / step_s)
    days = -(-len(rate_mm_h) // per_day)
    fallen = np.zeros((days, per_day))
    fallen.ravel()[: len(rate_mm_h)] = rate_mm_h * step_s / 3600.0
    before = np.cumsum(fallen, axis=1) - fallen
    depth: Array = before.ravel()[: len(rate_mm_h)]
    return depth
