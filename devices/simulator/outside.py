"""The weather outside the simulated base: a pure function of time and seed.

Plausible for Kangbashi at any time of the year, and the same whenever it is asked again; it is not a forecast and not a
record. Day-to-day changes come from smooth noise, so no day repeats.
"""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt

LATITUDE_DEG = 39.6
LONGITUDE_DEG = 109.8

MEAN_TEMPERATURE_C = (-10.5, -6.6, 0.3, 8.2, 14.8, 19.3, 21.0, 19.1, 13.6, 6.7, -1.9, -8.9)
DAILY_RANGE_K = (11.0, 12.0, 12.5, 13.0, 13.0, 12.5, 11.0, 10.5, 11.0, 11.5, 11.0, 10.5)
MEAN_HUMIDITY_PCT = (56.0, 50.0, 44.0, 38.0, 39.0, 46.0, 58.0, 62.0, 58.0, 54.0, 55.0, 57.0)
MEAN_WIND_M_S = (2.7, 2.8, 3.3, 3.8, 3.6, 3.2, 2.7, 2.5, 2.5, 2.7, 2.8, 2.7)
"""Assumed monthly normals of a cold semi-arid plateau (January -10.5 °C and July 21.0 °C are published for Ordos, the
other months are interpolated). Replace them when a station record is at hand."""

_RAIN_MONTHS = range(5, 10)
_DUST_MONTHS = range(3, 6)


@dataclass(frozen=True, slots=True)
class Outside:
    """The weather at one moment."""

    air_temperature_c: float
    relative_humidity_pct: float
    irradiance_w_m2: float
    sun_elevation_deg: float
    wind_speed_m_s: float
    wind_gust_m_s: float
    wind_direction_deg: float
    rain_mm_h: float
    air_pressure_kpa: float
    dust_ug_m3: float


def smooth_noise(name: str, time_s: float, period_s: float) -> float:
    """Noise between -1 and 1 that changes over about ``period_s`` and depends on nothing but its arguments."""
    step, fraction = divmod(time_s / period_s, 1.0)
    before, after = hashed_noise(name, int(step)), hashed_noise(name, int(step) + 1)
    blend = (1.0 - math.cos(math.pi * fraction)) / 2.0
    return before + (after - before) * blend


def smooth_noises(name: str, times_s: npt.NDArray[np.float64], period_s: float) -> npt.NDArray[np.float64]:
    """``smooth_noise`` at many times."""
    positions = times_s / period_s
    steps = np.floor(positions).astype(np.int64)
    known, which = np.unique(np.concatenate((steps, steps + 1)), return_inverse=True)
    noise = np.array([hashed_noise(name, step) for step in known.tolist()])[which]
    before, after = noise[: len(steps)], noise[len(steps) :]
    blend = (1.0 - np.cos(np.pi * (positions - steps))) / 2.0
    smooth: npt.NDArray[np.float64] = before + (after - before) * blend
    return smooth


def hashed_noise(name: str, step: int) -> float:
    """Noise between -1 and 1, independent from step to step."""
    return zlib.crc32(f"{name}/{step}".encode()) / 0x7FFF_FFFF - 1.0


def saturation_vapor_density_g_m3(air_temperature_c: float) -> float:
    """Water vapor that saturated air holds. [g/m³]

    References
    ----------
    Allen et al. (1998), FAO Irrigation and Drainage Paper 56, eq. 11 for the pressure; ideal gas for the density.
    """
    pressure_pa = 610.8 * math.exp(17.27 * air_temperature_c / (air_temperature_c + 237.3))
    return 1000.0 * pressure_pa / (461.5 * (air_temperature_c + 273.15))


def sun_elevation_deg(moment: datetime) -> float:
    """Height of the sun over the horizon of the base, without refraction. [°]

    References
    ----------
    Cooper (1969), Solar Energy 12, 333-346, for the declination; the equation of time (at most 16 min) is left out.
    """
    day_of_year = moment.timetuple().tm_yday
    declination = math.radians(23.45) * math.sin(2 * math.pi * (284 + day_of_year) / 365)
    latitude = math.radians(LATITUDE_DEG)
    hour_angle = math.radians(15.0 * (_solar_hour(moment) - 12.0))
    sine = math.sin(latitude) * math.sin(declination)
    sine += math.cos(latitude) * math.cos(declination) * math.cos(hour_angle)
    return math.degrees(math.asin(sine))


def clear_sky_irradiance_w_m2(elevation_deg: float) -> float:
    """Global irradiance on the flat under a clear sky. [W/m²]

    References
    ----------
    Haurwitz (1945), Journal of Meteorology 2, 154-166.
    """
    sine = math.sin(math.radians(elevation_deg))
    return 1098.0 * sine * math.exp(-0.059 / sine) if sine > 0.01 else 0.0


def outside_at(moment: datetime, seed: int) -> Outside:
    """Weather at a moment.

    Parameters
    ----------
    moment : datetime
        Aware.
    seed : int
        Another seed gives other days of the same climate.
    """
    time_s, month = moment.timestamp(), moment.month
    cloud = max(
        0.0, smooth_noise(f"{seed}/front", time_s, 129_600.0) + 0.4 * smooth_noise(f"{seed}/cloud", time_s, 900.0)
    )
    elevation = sun_elevation_deg(moment)
    warmth = math.cos(2 * math.pi * (_solar_hour(moment) - 15.0) / 24.0)
    swing = _of_season(DAILY_RANGE_K, moment) / 2.0 * (1.0 - 0.4 * min(cloud, 1.0))
    temperature = _of_season(MEAN_TEMPERATURE_C, moment) + swing * warmth
    temperature += 3.5 * smooth_noise(f"{seed}/air mass", time_s, 172_800.0)
    raining = month in _RAIN_MONTHS and cloud > 0.85
    humidity = _of_season(MEAN_HUMIDITY_PCT, moment) - 18.0 * warmth + 15.0 * cloud + (20.0 if raining else 0.0)
    calm = 0.55 + 0.45 * max(0.0, warmth) + 0.5 * smooth_noise(f"{seed}/wind", time_s, 7_200.0)
    wind = max(0.1, _of_season(MEAN_WIND_M_S, moment) * (calm + 0.5))
    dusty = max(0.0, smooth_noise(f"{seed}/dust", time_s, 86_400.0) - 0.5) if month in _DUST_MONTHS else 0.0
    return Outside(
        air_temperature_c=temperature,
        relative_humidity_pct=min(98.0, max(12.0, humidity)),
        irradiance_w_m2=clear_sky_irradiance_w_m2(elevation) * (1.0 - 0.7 * min(cloud, 1.0)),
        sun_elevation_deg=elevation,
        wind_speed_m_s=wind * (1.0 + dusty),
        wind_gust_m_s=wind * (1.5 + dusty + 0.2 * smooth_noise(f"{seed}/gust", time_s, 30.0)),
        wind_direction_deg=(300.0 + 70.0 * smooth_noise(f"{seed}/direction", time_s, 10_800.0)) % 360.0,
        rain_mm_h=4.0 * (cloud - 0.85) / 0.15 if raining else 0.0,
        air_pressure_kpa=86.7 + 0.6 * smooth_noise(f"{seed}/pressure", time_s, 172_800.0),
        dust_ug_m3=45.0 + 20.0 * smooth_noise(f"{seed}/haze", time_s, 21_600.0) + 1_600.0 * dusty,
    )


def _solar_hour(moment: datetime) -> float:
    """Mean solar time at the base. [h]"""
    utc = moment - (moment.utcoffset() or timedelta())
    return (utc.hour + utc.minute / 60.0 + utc.second / 3600.0 + LONGITUDE_DEG / 15.0) % 24.0


def _of_season(monthly: tuple[float, ...], moment: datetime) -> float:
    """A monthly normal, taken for the middle of its month and interpolated."""
    position = moment.month - 1 + (moment.day - 15) / 30.5
    month, fraction = math.floor(position), position % 1.0
    return monthly[month % 12] * (1.0 - fraction) + monthly[(month + 1) % 12] * fraction
