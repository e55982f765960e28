"""Where the sun stands, and when it rises and sets.

References
----------
NOAA Global Monitoring Laboratory, "Solar Calculation Details", after Meeus, *Astronomical Algorithms* (2nd ed., 1998),
chapters 25 and 28. Good to about a minute between 72° S and 72° N.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from math import acos, asin, atan2, cos, degrees, floor, radians, sin, tan
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

ZENITH_AT_RISE_DEG = 90.833
"""Zenith angle of the sun's center at rise and set: 34' of refraction and 16' of radius below the horizon."""

_J2000 = datetime(2000, 1, 1, 12, tzinfo=UTC)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class SunTimes:
    """Sunrise and sunset of one day, aware UTC. Both None where the sun does not cross the horizon that day."""

    sunrise: datetime | None
    sunset: datetime | None


class SunPosition(NamedTuple):
    """Where the sun's center stands, without refraction.

    Attributes
    ----------
    elevation_deg : float
        Above the horizon; negative at night.
    azimuth_deg : float
        From north over east, 0 to below 360.
    """

    elevation_deg: float
    azimuth_deg: float


class SunPositions(NamedTuple):
    """The same for many moments, and what it was computed from.

    Attributes
    ----------
    elevation_deg, azimuth_deg : array
        As of ``SunPosition``.
    solar_hour : array
        True solar time: 12 when the sun is highest, 0 to below 24.
    declination_deg : array
        How far the sun is north of the equator.
    """

    elevation_deg: NDArray[np.float64]
    azimuth_deg: NDArray[np.float64]
    solar_hour: NDArray[np.float64]
    declination_deg: NDArray[np.float64]


def sun_position(moment: datetime, *, latitude_deg: float, longitude_deg: float) -> SunPosition:
    """Elevation and azimuth of the sun at a moment.

    Parameters
    ----------
    moment : datetime
        Aware.
    latitude_deg, longitude_deg : float
        North and east are positive. [°]

    Raises
    ------
    ValueError
        If the place is not on the globe, or the moment says no zone.
    """
    _check_place(latitude_deg, longitude_deg)
    if moment.tzinfo is None:
        raise ValueError(f"{moment} says no time zone")
    declination_deg, equation_of_time_min = _position(moment)
    day_min = (moment.astimezone(UTC) - _J2000) / timedelta(minutes=1) % 1440 + 720
    hour_angle = radians((day_min + equation_of_time_min) / 4 + longitude_deg - 180)
    latitude, declination = radians(latitude_deg), radians(declination_deg)
    sine = sin(latitude) * sin(declination) + cos(latitude) * cos(declination) * cos(hour_angle)
    east = -cos(declination) * sin(hour_angle)
    north = sin(declination) * cos(latitude) - cos(declination) * cos(hour_angle) * sin(latitude)
    return SunPosition(degrees(asin(max(-1.0, min(1.0, sine)))), degrees(atan2(east, north)) % 360)


def sun_positions(unix_s: NDArray[np.float64], *, latitude_deg: float, longitude_deg: float) -> SunPositions:
    """Elevation and azimuth of the sun at many moments.

    Declination and equation of time are computed hourly and drawn straight between, which is within 0.00001° of
    ``sun_position``: they turn by less than 0.007° per day and day.

    Parameters
    ----------
    unix_s : array
        Seconds since 1970-01-01 UTC, rising.
    latitude_deg, longitude_deg : float
        North and east are positive. [°]

    Raises
    ------
    ValueError
        If the place is not on the globe.
    """
    _check_place(latitude_deg, longitude_deg)
    if not len(unix_s):
        return SunPositions(np.empty(0), np.empty(0), np.empty(0), np.empty(0))
    hours = range(floor(unix_s[0] / 3600), floor(unix_s[-1] / 3600) + 2)
    hourly = np.array([_position(_EPOCH + timedelta(hours=hour)) for hour in hours])
    knots = np.array(hours) * 3600.0
    declination = np.radians(np.interp(unix_s, knots, hourly[:, 0]))
    equation_of_time_min = np.interp(unix_s, knots, hourly[:, 1])
    solar_hour = (unix_s / 3600 + equation_of_time_min / 60 + longitude_deg / 15) % 24
    hour_angle = np.radians(15 * solar_hour - 180)
    latitude = radians(latitude_deg)
    sine = sin(latitude) * np.sin(declination) + cos(latitude) * np.cos(declination) * np.cos(hour_angle)
    east = -np.cos(declination) * np.sin(hour_angle)
    north = np.sin(declination) * cos(latitude) - np.cos(declination) * np.cos(hour_angle) * sin(latitude)
    return SunPositions(
        elevation_deg=np.degrees(np.arcsin(np.clip(sine, -1, 1))),
        azimuth_deg=np.degrees(np.arctan2(east, north)) % 360,
        solar_hour=solar_hour,
        declination_deg=np.degrees(declination),
    )


def sun_times(day: date, *, latitude_deg: float, longitude_deg: float) -> SunTimes:
    """Sunrise and sunset of a calendar day at a place.

    Parameters
    ----------
    day : date
        Calendar day at the place itself (its local solar day).
    latitude_deg, longitude_deg : float
        North and east are positive. [°]

    Raises
    ------
    ValueError
        If the place is not on the globe.
    """
    _check_place(latitude_deg, longitude_deg)
    return SunTimes(
        sunrise=_crossing(day, latitude_deg, longitude_deg, side=-1),
        sunset=_crossing(day, latitude_deg, longitude_deg, side=1),
    )


def _check_place(latitude_deg: float, longitude_deg: float) -> None:
    if not (-90 <= latitude_deg <= 90 and -180 <= longitude_deg <= 180):
        raise ValueError(f"latitude {latitude_deg}, longitude {longitude_deg} is not a place on the globe")


def _crossing(day: date, latitude_deg: float, longitude_deg: float, *, side: int) -> datetime | None:
    """Moment at which the sun crosses the horizon: before noon (side -1) or after it (side 1)."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    moment = midnight + timedelta(minutes=720 - 4 * longitude_deg)
    for _ in range(3):  # the sun moves while the day goes on: solve again at the moment found
        declination_deg, equation_of_time_min = _position(moment)
        hour_angle_deg = _hour_angle_deg(latitude_deg, declination_deg)
        if hour_angle_deg is None:
            return None
        noon_min = 720 - 4 * longitude_deg - equation_of_time_min
        moment = midnight + timedelta(minutes=noon_min + side * 4 * hour_angle_deg)
    return moment


def _hour_angle_deg(latitude_deg: float, declination_deg: float) -> float | None:
    """Hour angle at rise and set, None where the sun stays above or below the horizon. [°]"""
    latitude, declination = radians(latitude_deg), radians(declination_deg)
    cosine = cos(radians(ZENITH_AT_RISE_DEG)) / (cos(latitude) * cos(declination)) - tan(latitude) * tan(declination)
    return degrees(acos(cosine)) if -1 <= cosine <= 1 else None


def _position(moment: datetime) -> tuple[float, float]:
    """Declination of the sun [°] and equation of time [min], Meeus chapters 25 and 28, low accuracy."""
    t = (moment - _J2000) / timedelta(days=36525)
    mean_longitude = radians((280.46646 + t * (36000.76983 + t * 0.0003032)) % 360)
    mean_anomaly = radians(357.52911 + t * (35999.05029 - t * 0.0001537))
    eccentricity = 0.016708634 - t * (0.000042037 + t * 0.0000001267)
    center_deg = (
        sin(mean_anomaly) * (1.914602 - t * (0.004817 + t * 0.000014))
        + sin(2 * mean_anomaly) * (0.019993 - t * 0.000101)
        + sin(3 * mean_anomaly) * 0.000289
    )
    node = radians(125.04 - 1934.136 * t)
    apparent_longitude = mean_longitude + radians(center_deg - 0.00569 - 0.00478 * sin(node))
    obliquity_arcsec = 21.448 - t * (46.815 + t * (0.00059 - t * 0.001813))
    obliquity = radians(23 + (26 + obliquity_arcsec / 60) / 60 + 0.00256 * cos(node))
    declination_deg = degrees(asin(sin(obliquity) * sin(apparent_longitude)))
    y = tan(obliquity / 2) ** 2
    equation_of_time = (
        y * sin(2 * mean_longitude)
        - 2 * eccentricity * sin(mean_anomaly)
        + 4 * eccentricity * y * sin(mean_anomaly) * cos(2 * mean_longitude)
        - 0.5 * y**2 * sin(4 * mean_longitude)
        - 1.25 * eccentricity**2 * sin(2 * mean_anomaly)
    )
    return declination_deg, 4 * degrees(equation_of_time)
