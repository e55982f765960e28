"""The base's own weather station: its stored samples as a series.

Reading the store happens elsewhere; this takes what was read, as arrays.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from greenhouse.agronomy.sun import SunPositions, sun_positions
from greenhouse.plant.errors import WeatherError
from greenhouse.plant.sentences import Sentence
from greenhouse.plant.weather.climate import Climate
from greenhouse.plant.weather.composing import STEP_S
from greenhouse.plant.weather.gaps import LONGEST_GAP_H, MOST_FILLED, SAMPLES, FaultyLines
from greenhouse.plant.weather.generator_parameters import GeneratorParameters
from greenhouse.plant.weather.measured import NOT_MEASURED, completed, no_more_than_saturated
from greenhouse.plant.weather.seasons import smooth
from greenhouse.plant.weather.series import WeatherSeries
from greenhouse.plant.weather.sky import clear_sky, split_global

Array = NDArray[np.float64]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LOW_SUN_DEG = 10.0


class StationTable(NamedTuple):
    """What a station measured: a row for each time, NaN where a quantity has no good value.

    Attributes
    ----------
    unix_s : Array
        Sample times, seconds since 1970-01-01 UTC, rising.
    air_c, rh_pct : Array
        Outside air.
    wind_m_s, wind_from_deg : Array
        0° is north, 90° east.
    global_w_m2 : Array
        Global radiation on the horizontal.
    rain_mm_h : Array
        Intensity of rain and snow, as water.
    """

    unix_s: Array
    air_c: Array
    rh_pct: Array
    wind_m_s: Array
    wind_from_deg: Array
    global_w_m2: Array
    rain_mm_h: Array


_LIMITS = {
    "air_c": (-60.0, 60.0),
    "rh_pct": (0.0, 105.0),
    "wind_m_s": (0.0, 60.0),
    "wind_from_deg": (0.0, 360.0),
    "global_w_m2": (-20.0, 1600.0),
    "rain_mm_h": (0.0, 500.0),
}
"""What a working sensor can show: a pyranometer a few W/m² below zero at night, a wet capacitive sensor above 100 %."""
_NAMES = {
    "unix_s": Sentence("time"),
    "air_c": Sentence("air temperature"),
    "rh_pct": Sentence("relative humidity"),
    "wind_m_s": Sentence("wind speed"),
    "wind_from_deg": Sentence("wind direction"),
    "global_w_m2": Sentence("global horizontal radiation"),
    "rain_mm_h": Sentence("rain"),
}


def station_series(
    table: StationTable,
    *,
    name: str,
    climate: Climate,
    parameters: GeneratorParameters,
    without_rain_is_dry: bool = False,
) -> WeatherSeries:
    """A station's history as a series of five-minute samples.

    Parameters
    ----------
    table : StationTable
        As read from the store; values of bad quality as NaN.
    name : str
        Of the station, for faults.
    climate : Climate
        The place, and its months for what a station does not measure.
    parameters : GeneratorParameters
        For phase of rain, sky and soil.
    without_rain_is_dry : bool
        Take a station without rain gauge as a dry time; else it is refused, because missing is not zero.

    Returns
    -------
    WeatherSeries
        From the first to the last moment of which all quantities are known.

    Raises
    ------
    WeatherError
        With every fault and what to do: columns of unequal length, times that do not rise, what no sensor can show,
        a quantity without values, gaps of more than three hours.
    """
    faults = _faults_of_form(table)
    if faults:
        raise WeatherError(name, faults)
    notes: list[Sentence] = []
    if np.isnan(table.rain_mm_h).all() and without_rain_is_dry:
        notes.append(Sentence("it has no rain or snow: the time is taken as dry, as was asked for"))
        table = table._replace(rain_mm_h=np.zeros(len(table.unix_s)))
    faults = _faults_of_values(table) + _gaps(table, notes)
    if faults:
        raise WeatherError(name, faults)
    known = [table.unix_s[~np.isnan(column)] for column in table[1:]]
    begin = float(np.ceil(max(times[0] for times in known) / STEP_S) * STEP_S)
    end = max(float(np.floor(min(times[-1] for times in known) / STEP_S) * STEP_S), begin)
    unix_s = np.arange(begin, end + STEP_S / 2, STEP_S)
    if len(unix_s) < 2:
        raise WeatherError(name, [Sentence("has no ten minutes in which all quantities are known; take a longer time")])
    cut_h = max(begin - float(table.unix_s[0]), float(table.unix_s[-1]) - end) / 3600
    if cut_h > LONGEST_GAP_H:
        notes.append(
            Sentence(
                "up to %(hours)s hours at an end are left out, where not all quantities are known", hours=f"{cut_h:.0f}"
            )
        )
    return _series(table, unix_s, climate=climate, parameters=parameters, notes=notes)


def _series(
    table: StationTable, unix_s: Array, *, climate: Climate, parameters: GeneratorParameters, notes: list[Sentence]
) -> WeatherSeries:
    place = climate.place
    sun = sun_positions(unix_s, latitude_deg=place.latitude_deg, longitude_deg=place.longitude_deg)
    # A thermopile shows a little less than nothing under a clear night sky: that is no light.
    global_w_m2 = np.where(sun.elevation_deg > 0, np.maximum(_drawn(table, "global_w_m2", unix_s), 0.0), 0.0)
    rh_pct, above = no_more_than_saturated(_drawn(table, "rh_pct", unix_s))
    columns = completed(
        air_c=_drawn(table, "air_c", unix_s),
        rh_pct=rh_pct,
        wind_m_s=_drawn(table, "wind_m_s", unix_s),
        wind_from_deg=_direction(table, unix_s),
        light=split_global(global_w_m2, elevation_deg=sun.elevation_deg, unix_s=unix_s),
        cover=_cover(global_w_m2, sun, unix_s, climate, parameters),
        water_mm_h=_drawn(table, "rain_mm_h", unix_s),
        monthly_air_c=climate.monthly.air_c,
        unix_s=unix_s,
        sun=sun,
        place=place,
        parameters=parameters,
    )
    return WeatherSeries(
        place=place,
        start=_EPOCH + timedelta(seconds=float(unix_s[0])),
        step_s=STEP_S,
        columns=columns,
        notes=(*notes, *above, Sentence("beam and diffuse are split from the global radiation"), NOT_MEASURED),
    )


def _faults_of_form(table: StationTable) -> list[Sentence]:
    count = len(table.unix_s)
    faults = [
        Sentence(
            "%(name)s: has %(values)s values for %(times)s times; give one for each, NaN where there is none",
            name=_NAMES[name],
            values=len(column),
            times=count,
        )
        for name, column in zip(table._fields[1:], table[1:], strict=True)
        if len(column) != count
    ]
    if count < 2:
        faults.append(Sentence("has %(times)s times; take a longer time", times=count))
    elif not np.isfinite(table.unix_s).all():
        faults.append(Sentence("%(name)s: must be a finite number everywhere", name=_NAMES["unix_s"]))
    else:
        faulty = FaultyLines(SAMPLES)
        for position in np.flatnonzero(np.diff(table.unix_s) <= 0):
            unsorted = Sentence("its time is not after the one before; sort them and keep one of each time")
            faulty.add(int(position) + 2, unsorted)
        faults += faulty.sentences()
    return faults


def _faults_of_values(table: StationTable) -> list[Sentence]:
    faulty = FaultyLines(SAMPLES)
    for name, (lowest, highest) in _LIMITS.items():
        column: Array = getattr(table, name)
        for position in np.flatnonzero((column < lowest) | (column > highest)):
            said = Sentence(
                "%(name)s is outside %(lowest)s to %(highest)s, which no sound sensor shows; give NaN for it",
                name=_NAMES[name],
                lowest=f"{lowest:g}",
                highest=f"{highest:g}",
            )
            faulty.add(int(position) + 1, said, example=f"{column[position]:g}")
    return list(faulty.sentences())


def _gaps(table: StationTable, notes: list[Sentence]) -> list[Sentence]:
    """Faults of gaps that are too long; notes of those that are drawn across."""
    faults = []
    usual_s = float(np.median(np.diff(table.unix_s)))
    for name, column in zip(table._fields[1:], table[1:], strict=True):
        times = table.unix_s[~np.isnan(column)]
        if len(times) < 2:
            faults.append(
                Sentence(
                    "%(name)s: has no values; take a station that measures it, or a time in which it did",
                    name=_NAMES[name],
                )
            )
            continue
        apart = np.diff(times)
        faults += [
            Sentence(
                "%(name)s: no value for %(hours)s h from %(begin)s; up to %(longest)s h are interpolated, so take the "
                "time before or after",
                name=_NAMES[name],
                hours=f"{apart[place] / 3600:.1f}",
                begin=(_EPOCH + timedelta(seconds=float(times[place]))).isoformat(),
                longest=LONGEST_GAP_H,
            )
            for place in np.flatnonzero(apart > LONGEST_GAP_H * 3600)
        ]
        drawn_s = apart[(apart > 2 * usual_s) & (apart <= LONGEST_GAP_H * 3600)]
        if drawn_s.sum() > MOST_FILLED * (times[-1] - times[0]) and usual_s < LONGEST_GAP_H * 3600:
            faults.append(
                Sentence(
                    "%(name)s: %(lacking)s h of %(hours)s h have no value, at most %(most)s are interpolated; take "
                    "another time",
                    name=_NAMES[name],
                    lacking=f"{drawn_s.sum() / 3600:.1f}",
                    hours=f"{(times[-1] - times[0]) / 3600:.1f}",
                    most=f"{MOST_FILLED:.0%}",
                )
            )
        elif len(drawn_s):
            notes.append(
                Sentence(
                    "%(name)s: %(gaps)s gaps, %(hours)s h in all, are interpolated",
                    name=_NAMES[name],
                    gaps=len(drawn_s),
                    hours=f"{drawn_s.sum() / 3600:.1f}",
                )
            )
    return faults


def _drawn(table: StationTable, name: str, unix_s: Array) -> Array:
    column: Array = getattr(table, name)
    known = ~np.isnan(column)
    return np.interp(unix_s, table.unix_s[known], column[known])


def _direction(table: StationTable, unix_s: Array) -> Array:
    """Along the shorter arc from sample to sample: halfway from 350° to 10° is 0°."""
    known = ~np.isnan(table.wind_from_deg)
    unwrapped = np.unwrap(table.wind_from_deg[known], period=360)
    direction: Array = np.interp(unix_s, table.unix_s[known], unwrapped) % 360
    return direction


def _cover(
    global_w_m2: Array, sun: SunPositions, unix_s: Array, climate: Climate, parameters: GeneratorParameters
) -> Array:
    """Share of cloud that would take as much light as is missing from a clear sky; by night what dusk and dawn had."""
    turbidity = smooth(climate.monthly.turbidity, unix_s / 86400 % 365.25)
    clear = clear_sky(sun.elevation_deg, unix_s=unix_s, turbidity=turbidity, altitude_m=climate.place.altitude_m)
    clear_w_m2 = clear.beam_normal_w_m2 * np.sin(np.radians(sun.elevation_deg)) + clear.diffuse_w_m2
    high = sun.elevation_deg > _LOW_SUN_DEG
    if not high.any():
        return np.full(len(unix_s), 0.5)  # nothing is known of the sky
    missing = (1 - global_w_m2[high] / clear_w_m2[high]) / (1 - parameters.clearness.transmission)
    return np.interp(unix_s, unix_s[high], np.clip(missing, 0, 1))
