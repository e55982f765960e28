"""Weather over a span of time, at a fixed step, whatever it was made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import floor
from typing import Annotated, NamedTuple

import numpy as np
from numpy.typing import NDArray

from greenhouse.agronomy.sun import sun_position, sun_positions
from greenhouse.plant.errors import PlantInputError
from greenhouse.plant.moist_air import saturations_pa
from greenhouse.plant.parameters import Unit
from greenhouse.plant.surroundings import Weather
from greenhouse.plant.weather.events import Event

Array = NDArray[np.float64]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Place(NamedTuple):
    """Where a weather belongs.

    Beyond 60° there are days without a sunrise, on which the course of the air's temperature is not defined.
    """

    latitude_deg: Annotated[float, Unit("deg", lowest=-60.0, highest=60.0)]
    longitude_deg: Annotated[float, Unit("deg", lowest=-180.0, highest=180.0)]
    altitude_m: Annotated[float, Unit("m", lowest=-400.0, highest=5000.0)]
    utc_offset_h: Annotated[float, Unit("h", lowest=-12.0, highest=14.0)]


class WeatherColumns(NamedTuple):
    """What a series stores: all but the sun's position, which follows from place and time.

    Humidity is stored relative, because between two samples of a full 100 % the air must not be more than saturated.
    """

    air_c: Array
    rh_pct: Array
    wind_m_s: Array
    wind_from_deg: Array
    beam_normal_w_m2: Array
    diffuse_w_m2: Array
    sky_c: Array
    rain_mm_h: Array
    snow_mm_h: Array
    hail_mm_h: Array
    dust: Array
    co2_ppm: Array
    deep_soil_c: Array


class WeatherArrays(NamedTuple):
    """`Weather` for many moments: the same fields in the same order, each an array. A compiler takes it as it is."""

    air_c: Array
    vapor_pressure_pa: Array
    wind_m_s: Array
    wind_from_deg: Array
    beam_normal_w_m2: Array
    diffuse_w_m2: Array
    sky_c: Array
    sun_elevation_deg: Array
    sun_azimuth_deg: Array
    rain_mm_h: Array
    snow_mm_h: Array
    hail_mm_h: Array
    dust: Array
    co2_ppm: Array
    deep_soil_c: Array


@dataclass(frozen=True, slots=True)
class WeatherSeries:
    """Weather at a place from a moment on, straight between its samples.

    Attributes
    ----------
    place : Place
        Where.
    start : datetime
        Of the first sample, aware UTC.
    step_s : float
        From sample to sample.
    columns : WeatherColumns
        The samples.
    events : tuple of Event
        What was made to happen on purpose, by time; empty for what was measured.
    notes : tuple of str
        What was interpolated, assumed or left out, one English sentence each; for reports.
    """

    place: Place
    start: datetime
    step_s: float
    columns: WeatherColumns
    events: tuple[Event, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def end(self) -> datetime:
        """Of the last sample: the last moment at which there is weather."""
        return self.start + timedelta(seconds=self.step_s * (len(self.columns.air_c) - 1))

    def at(self, moment: datetime) -> Weather:
        """The weather at a moment.

        Raises
        ------
        PlantInputError
            If the moment says no zone, or lies before the first or after the last sample.
        """
        self._check(moment, moment)
        position = (moment - self.start) / timedelta(seconds=self.step_s)
        before = min(floor(position), len(self.columns.air_c) - 2)
        share = position - before
        stored = {
            name: float(column[before]) * (1 - share) + float(column[before + 1]) * share
            for name, column in zip(self.columns._fields, self.columns, strict=True)
            if name not in _DERIVED
        }
        sun = sun_position(moment, latitude_deg=self.place.latitude_deg, longitude_deg=self.place.longitude_deg)
        directions = self.columns.wind_from_deg[before : before + 2]
        wind_from_deg = float(_toward(directions[:1], directions[1:], np.array([share]))[0])
        if sun.elevation_deg <= 0:
            stored["beam_normal_w_m2"] = stored["diffuse_w_m2"] = 0.0
        humidity = float(self.columns.rh_pct[before]) * (1 - share) + float(self.columns.rh_pct[before + 1]) * share
        return Weather(
            vapor_pressure_pa=humidity / 100 * float(saturations_pa(stored["air_c"])),
            wind_from_deg=wind_from_deg,
            sun_elevation_deg=sun.elevation_deg,
            sun_azimuth_deg=sun.azimuth_deg,
            **stored,
        )

    def sampled(self, start: datetime, *, count: int, step_s: float) -> WeatherArrays:
        """The weather at ``count`` moments, ``step_s`` apart: what a season runs through.

        Raises
        ------
        PlantInputError
            If the count is below 1, the step is not above 0, or a moment lies outside the series.
        """
        if count < 1 or not step_s > 0:
            raise PlantInputError(f"{count} moments each {step_s:g} s: both must be above 0")
        self._check(start, start + timedelta(seconds=step_s * (count - 1)))
        offset_s = (start - self.start).total_seconds() + step_s * np.arange(count, dtype=np.float64)
        unix_s = (self.start - _EPOCH).total_seconds() + offset_s
        position = offset_s / self.step_s
        before = np.minimum(np.floor(position).astype(np.int64), len(self.columns.air_c) - 2)
        share = position - before
        drawn = WeatherColumns._make(
            column[before] * (1 - share) + column[before + 1] * share for column in self.columns
        )
        directions = self.columns.wind_from_deg
        sun = sun_positions(unix_s, latitude_deg=self.place.latitude_deg, longitude_deg=self.place.longitude_deg)
        up = sun.elevation_deg > 0
        return WeatherArrays(
            air_c=drawn.air_c,
            vapor_pressure_pa=drawn.rh_pct / 100 * saturations_pa(drawn.air_c),
            wind_m_s=drawn.wind_m_s,
            wind_from_deg=_toward(directions[before], directions[before + 1], share),
            beam_normal_w_m2=np.where(up, drawn.beam_normal_w_m2, 0.0),
            diffuse_w_m2=np.where(up, drawn.diffuse_w_m2, 0.0),
            sky_c=drawn.sky_c,
            sun_elevation_deg=sun.elevation_deg,
            sun_azimuth_deg=sun.azimuth_deg,
            rain_mm_h=drawn.rain_mm_h,
            snow_mm_h=drawn.snow_mm_h,
            hail_mm_h=drawn.hail_mm_h,
            dust=drawn.dust,
            co2_ppm=drawn.co2_ppm,
            deep_soil_c=drawn.deep_soil_c,
        )

    def _check(self, first: datetime, last: datetime) -> None:
        if first.tzinfo is None:
            raise PlantInputError(f"{first}: say its time zone")
        if first < self.start or last > self.end:
            raise PlantInputError(
                f"{first.isoformat()} to {last.isoformat()}: there is weather from {self.start.isoformat()} to "
                f"{self.end.isoformat()} only"
            )


_DERIVED = frozenset({"rh_pct", "wind_from_deg"})


def _toward(from_deg: Array, to_deg: Array, share: Array) -> Array:
    """A direction between two, along the shorter arc: halfway from 350° to 10° is 0°."""
    turn = (to_deg - from_deg + 180) % 360 - 180
    direction: Array = (from_deg + turn * share) % 360
    return direction
