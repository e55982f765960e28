"""The base's own weather station as the weather of a season: read from the store, made into a table for the model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from devices.samples import Origin
from greenhouse.plant.errors import PlantInputError
from greenhouse.plant.sentences import Sentence, no_such
from greenhouse.plant.weather.climate import Climate
from greenhouse.plant.weather.generator_parameters import GeneratorParameters
from greenhouse.plant.weather.series import WeatherSeries
from greenhouse.plant.weather.station import StationTable, station_series
from greenhouse.site import structure
from greenhouse.site.equipment import equipment
from greenhouse.telemetry import series

Array = NDArray[np.float64]

RESOLUTION = timedelta(minutes=15)
"""Of what is read: these roll-ups are kept longest."""
LEAST_COVERAGE = 0.5
"""A quarter of an hour of which less was measured counts as not measured."""
LEAD = timedelta(hours=1)
"""Read before the begin, which lies between two values then."""

_READ_AS = {
    "air_temperature": "air_c",
    "relative_humidity": "rh_pct",
    "wind_speed": "wind_m_s",
    "wind_direction": "wind_from_deg",
    "irradiance": "global_w_m2",
}
"""A station's points by what the model calls them."""
_RAIN = "rain_depth"
"""Counts from local midnight. [mm]"""


def station_history(
    device: str,
    *,
    begin: datetime,
    end: datetime,
    climate: Climate,
    parameters: GeneratorParameters,
    without_rain_is_dry: bool = False,
) -> WeatherSeries:
    """What a weather station of the base measured, as weather.

    Parameters
    ----------
    device : str
        Key of the station.
    begin, end : datetime
        Aware; whole quarters of an hour.
    climate : Climate
        Its months stand for what a station does not measure.
    without_rain_is_dry : bool
        As for `greenhouse.plant.weather.station.station_series`.

    Raises
    ------
    PlantInputError
        If the store knows no such station, or nothing was stored of it in that time.
    WeatherError
        With every fault of what was stored.
    """
    stations = _stations()
    if device not in stations:
        raise PlantInputError(no_such(Sentence("weather station"), device, stations))
    keys = stations[device]
    read_from = begin - LEAD
    window = series.window(list(keys), read_from, end, RESOLUTION)
    if window.empty:
        local = timezone(timedelta(hours=climate.place.utc_offset_h))
        last = end - RESOLUTION
        raise PlantInputError(
            Sentence(
                "nothing is stored of %(station)s from %(first)s to %(last)s; take another time",
                station=device,
                first=f"{begin.astimezone(local):%Y-%m-%d}",
                last=f"{last.astimezone(local):%Y-%m-%d}",
            )
        )
    table = _table({name: _of_point(window, key) for key, name in keys.items()}, read_from, end)
    weather = station_series(
        table, name=device, climate=climate, parameters=parameters, without_rain_is_dry=without_rain_is_dry
    )
    if any(one.key == device and one.origin is not Origin.MEASURED for one in equipment()):
        weather = replace(weather, notes=(*weather.notes, Sentence("%(station)s is no real station", station=device)))
    return weather


def _stations() -> dict[str, dict[str, str]]:
    """Of each device that serves the whole base and measures wind: the names of its points that are read."""
    base = structure.base()
    stations: dict[str, dict[str, str]] = {}
    for point in () if base is None else base.common_points.values():
        if point.device is not None and point.local_key in {*_READ_AS, _RAIN}:
            stations.setdefault(point.device, {})[point.key] = point.local_key
    return {device: keys for device, keys in stations.items() if "wind_speed" in keys.values()}


def _of_point(window: pd.DataFrame, key: str) -> pd.DataFrame:
    own = window[(window["point"] == key) & (window["coverage"] >= LEAST_COVERAGE)]
    return own.set_index("start")


def _table(points: Mapping[str, pd.DataFrame], begin: datetime, end: datetime) -> StationTable:
    starts = pd.date_range(begin.astimezone(UTC), end.astimezone(UTC), freq=RESOLUTION, inclusive="left")
    nothing = np.full(len(starts), np.nan)
    columns = {
        name: points[key]["mean"].reindex(starts).to_numpy(np.float64) if key in points else nothing
        for key, name in _READ_AS.items()
    }
    rain_mm = points[_RAIN]["maximum"].reindex(starts).to_numpy(np.float64) if _RAIN in points else nothing
    # A mean is true in the middle of its quarter.
    middle_s = starts.as_unit("s").asi8.astype(np.float64) + RESOLUTION.total_seconds() / 2.0
    return StationTable(unix_s=middle_s, rain_mm_h=_intensity(rain_mm), **columns)


def _intensity(since_midnight_mm: Array) -> Array:
    """Rain in each quarter of an hour, from what has fallen since midnight; that one begins anew. [mm/h]"""
    risen = np.diff(since_midnight_mm, prepend=np.nan)
    fallen_mm = np.where(risen < 0.0, since_midnight_mm, risen)
    return fallen_mm / (RESOLUTION.total_seconds() / 3600.0)
