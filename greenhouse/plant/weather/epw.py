"""EnergyPlus weather files (EPW): a typical year, hour by hour.

References
----------
EnergyPlus "Auxiliary Programs", EnergyPlus Weather File (EPW) Data Dictionary: columns, limits, and the code from which
on a value means that there is none.
"""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta, timezone
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from greenhouse.agronomy.sun import sun_positions
from greenhouse.plant.errors import WeatherError
from greenhouse.plant.moist_air import saturations_pa
from greenhouse.plant.sentences import Sentence
from greenhouse.plant.weather.composing import STEP_S
from greenhouse.plant.weather.gaps import LINES, FaultyLines, fill_hours
from greenhouse.plant.weather.generator_parameters import GeneratorParameters
from greenhouse.plant.weather.measured import NOT_MEASURED, completed, no_more_than_saturated
from greenhouse.plant.weather.series import Place, WeatherSeries
from greenhouse.plant.weather.sky import (
    STEFAN_BOLTZMANN_W_M2_K4,
    ZERO_C_K,
    Light,
    extraterrestrial_normal_w_m2,
    split_global,
)

Array = NDArray[np.float64]

_HEADINGS = (
    "LOCATION",
    "DESIGN CONDITIONS",
    "TYPICAL/EXTREME PERIODS",
    "GROUND TEMPERATURES",
    "HOLIDAYS/DAYLIGHT SAVINGS",
    "COMMENTS 1",
    "COMMENTS 2",
    "DATA PERIODS",
)
_SAMPLES_PER_HOUR = 12
_FAR_DEG = 5.0


class _Column(NamedTuple):
    """A column that is read: its number from 1, from where on a value means none, and what it can be."""

    number: int
    name: Sentence
    none_from: float
    lowest: float
    highest: float


_AIR = _Column(7, Sentence("dry bulb temperature"), 99.9, -70, 70)
_DEW = _Column(8, Sentence("dew point temperature"), 99.9, -70, 70)
_HUMIDITY = _Column(9, Sentence("relative humidity"), 999, 0, 110)
_INFRARED = _Column(13, Sentence("horizontal infrared radiation"), 9999, 0, 1000)
_GLOBAL = _Column(14, Sentence("global horizontal radiation"), 9999, 0, 1500)
_BEAM = _Column(15, Sentence("direct normal radiation"), 9999, 0, 1500)
_DIFFUSE = _Column(16, Sentence("diffuse horizontal radiation"), 9999, 0, 1500)
_FROM = _Column(21, Sentence("wind direction"), 999, 0, 360)
_WIND = _Column(22, Sentence("wind speed"), 999, 0, 40)
_COVER = _Column(24, Sentence("opaque sky cover"), 99, 0, 10)
_RAIN = _Column(34, Sentence("liquid precipitation depth"), 999, 0, 300)
_COLUMNS = (_AIR, _DEW, _HUMIDITY, _INFRARED, _GLOBAL, _BEAM, _DIFFUSE, _FROM, _WIND, _COVER)
_LEAST_COLUMNS = 24  # rain comes later, and older files end before it


class _Hours(NamedTuple):
    """The file's year: each column's hours, NaN where there is none, and the line of each hour (0: none)."""

    values: dict[_Column, Array]
    lines: list[int]
    leap: bool


def read_epw(
    text: str,
    *,
    file: str,
    year: int,
    base: Place,
    parameters: GeneratorParameters,
    without_rain_is_dry: bool = False,
) -> WeatherSeries:
    """Read an EPW file as the weather of a year.

    Parameters
    ----------
    text : str
        The file's content.
    file : str
        Its name, for faults.
    year : int
        The calendar year, in the file's own time zone, that its months and days are put into; a typical year has months
        of many.
    base : Place
        The base, which must lie on the file's side of the equator.
    parameters : GeneratorParameters
        For what the file does not say: phase of rain, sky, soil.
    without_rain_is_dry : bool
        Take a file without any rain as a dry year; else it is refused, because missing is not zero.

    Returns
    -------
    WeatherSeries
        Of the file's own place, every five minutes. Its notes say what was interpolated, derived or assumed.

    Raises
    ------
    WeatherError
        With every fault, its lines and what to do: no EPW, wrong hemisphere, missing columns, what is no number or
        cannot be, hours twice or missing, gaps of more than three hours.
    """
    lines = text.removeprefix("\ufeff").splitlines()
    faults: list[Sentence] = []
    if not 1901 <= year <= 2199:
        faults.append(Sentence("year %(year)s: must be from 1901 to 2199", year=year))
    place = _place(lines, base, faults)
    hours = _hours(lines, faults)
    notes: list[Sentence] = []
    filled = {} if hours is None else _filled(hours, place, faults, notes, dry=without_rain_is_dry)
    if faults or place is None or hours is None:
        raise WeatherError(file, faults)
    if abs(place.latitude_deg - base.latitude_deg) > _FAR_DEG:
        away_deg = f"{abs(place.latitude_deg - base.latitude_deg):.1f}"
        notes.append(Sentence("its place is %(away)s° of latitude from the base", away=away_deg))
    hourly = {name: _fit(values, year, notes, leap=hours.leap) for name, values in filled.items()}
    return _series(hourly, place, year, notes, parameters)


def _place(lines: list[str], base: Place, faults: list[Sentence]) -> Place | None:
    """The file's place, from its first line; with the faults of its heading."""
    for number, heading in enumerate(_HEADINGS, start=1):
        line = lines[number - 1] if len(lines) >= number else ""
        if line.split(",")[0].strip().upper() != heading:
            faults.append(
                Sentence(
                    'line %(line)s: must begin with "%(heading)s"; is this an EPW file, and whole?',
                    line=number,
                    heading=heading,
                )
            )
            return None
    periods = [field.strip() for field in lines[7].split(",")]
    if len(periods) < 3 or periods[2] != "1":
        said = periods[2] if len(periods) > 2 else "?"
        faults.append(Sentence("line 8: says %(records)s records per hour; only 1 is read", records=said))
    fields = lines[0].split(",")
    numbers = [_number(field) for field in fields[6:10]]
    if len(fields) < 10 or any(number is None for number in numbers):
        faults.append(Sentence("line 1: must have latitude, longitude, time zone and elevation as columns 7 to 10"))
        return None
    latitude, longitude, zone, altitude = (number for number in numbers if number is not None)
    place = Place(latitude_deg=latitude, longitude_deg=longitude, altitude_m=altitude, utc_offset_h=zone)
    if not (-60 <= latitude <= 60 and -180 <= longitude <= 180 and -12 <= zone <= 14 and -400 <= altitude <= 5000):
        faults.append(
            Sentence(
                "line 1: latitude %(latitude)s, longitude %(longitude)s, time zone %(zone)s, elevation %(altitude)s is "
                "no place between 60° S and 60° N",
                latitude=f"{latitude:g}",
                longitude=f"{longitude:g}",
                zone=f"{zone:g}",
                altitude=f"{altitude:g}",
            )
        )
        return None
    if latitude * base.latitude_deg < 0:
        faults.append(
            Sentence(
                "line 1: latitude %(latitude)s lies on the other hemisphere than the base (%(base)s), where January is "
                "summer; take a file of a place near the base, or mend the sign",
                latitude=f"{latitude:g}",
                base=f"{base.latitude_deg:g}",
            )
        )
    if longitude * base.longitude_deg < 0:
        faults.append(
            Sentence(
                "line 1: longitude %(longitude)s lies on the other hemisphere than the base (%(base)s); east is "
                "positive: take a file of a place near the base, or mend the sign",
                longitude=f"{longitude:g}",
                base=f"{base.longitude_deg:g}",
            )
        )
    return place


def _hours(lines: list[str], faults: list[Sentence]) -> _Hours | None:
    """The file's hours in the order of the calendar."""
    rows = [(number, line.split(",")) for number, line in enumerate(lines[8:], start=9) if line.strip()]
    if not rows:
        faults.append(Sentence("has no hours after its eight lines of heading"))
        return None
    leap = any([field.strip() for field in row[1:3]] == ["2", "29"] for _, row in rows)
    count = 8784 if leap else 8760
    values = {column: np.full(count, np.nan) for column in (*_COLUMNS, _RAIN)}
    at_line = [0] * count
    faulty = FaultyLines(LINES)
    for number, row in rows:
        if len(row) < _LEAST_COLUMNS:
            # Below the least number of columns one that is read is always missing.
            column = next(one for one in _COLUMNS if one.number > len(row))
            faulty.add(
                number,
                Sentence(
                    'has %(columns)s columns, so column %(number)s "%(name)s" is missing; export the file anew',
                    columns=len(row),
                    number=column.number,
                    name=column.name,
                ),
            )
            continue
        hour = _hour_of_year(row, leap=leap)
        if hour is None:
            faulty.add(
                number, Sentence("columns 2 to 4 must be month, day and hour 1 to 24"), example=",".join(row[1:4])
            )
            continue
        if at_line[hour]:
            faulty.add(number, Sentence("its hour stands in an earlier line already; remove one of them"))
            continue
        at_line[hour] = number
        for column, hourly in values.items():
            if column.number <= len(row):
                hourly[hour] = _value(row[column.number - 1], column, number, faulty)
    faults += faulty.sentences()
    return _Hours(values, at_line, leap)


def _value(text: str, column: _Column, line: int, faulty: FaultyLines) -> float:
    """One value; NaN where the file says that there is none, or where it is wrong."""
    if not text.strip():
        return math.nan
    number = _number(text)
    if number is None:
        said = Sentence('column %(number)s "%(name)s" must be a number', number=column.number, name=column.name)
        faulty.add(line, said, example=repr(text.strip()))
        return math.nan
    if number >= column.none_from:
        return math.nan
    if not column.lowest <= number <= column.highest:
        said = Sentence(
            'column %(number)s "%(name)s" is outside %(lowest)s to %(highest)s; mend it, or write %(none)s where there '
            "is no value",
            number=column.number,
            name=column.name,
            lowest=f"{column.lowest:g}",
            highest=f"{column.highest:g}",
            none=f"{column.none_from:g}",
        )
        faulty.add(line, said, example=text.strip())
        return math.nan
    return number


def _filled(
    hours: _Hours, place: Place | None, faults: list[Sentence], notes: list[Sentence], *, dry: bool
) -> dict[str, Array]:
    """What the weather needs, hour by hour and without gaps."""
    values = hours.values
    needed = {"air_c": (_AIR.name, values[_AIR]), "rh_pct": (_HUMIDITY.name, _humidity(values, notes))}
    needed["wind_m_s"] = (_WIND.name, values[_WIND])
    beam, diffuse = values[_BEAM], values[_DIFFUSE]
    if place is not None:
        beam, diffuse = _light(values, place, notes, leap=hours.leap)
    needed["beam"], needed["diffuse"] = (_BEAM.name, beam), (_DIFFUSE.name, diffuse)
    if np.isnan(values[_INFRARED]).all():
        notes.append(Sentence("it has no infrared radiation of the sky: the sky follows from dew point and cover"))
        needed["cover"] = (_COVER.name, values[_COVER] / 10)
    else:
        needed["infrared"] = (_INFRARED.name, values[_INFRARED])
    rain = values[_RAIN]
    if np.isnan(rain).all():
        if dry:
            notes.append(Sentence("it has no rain or snow: the year is taken as dry, as was asked for"))
            rain = np.zeros(len(rain))
        else:
            faults.append(
                Sentence(
                    'column %(number)s "%(name)s" has no value in any line; load it as a dry year if that is meant '
                    "(--without-rain-is-dry)",
                    number=_RAIN.number,
                    name=_RAIN.name,
                )
            )
            rain = np.zeros(len(rain))
    needed["water_mm_h"] = (_RAIN.name, rain)
    # A direction cannot be interpolated as a number: halfway from 350 to 10 is north, not south.
    from_rad = np.radians(values[_FROM])
    needed["east"], needed["north"] = (_FROM.name, np.sin(from_rad)), (_FROM.name, np.cos(from_rad))
    result = {}
    for key, (name, hourly) in needed.items():
        filled = fill_hours(hourly, name=name, said=lambda hour: _said(hour, hours))
        result[key] = filled.values
        faults += [fault for fault in filled.faults if fault not in faults]
        if filled.filled_hours and key != "north":
            notes.append(Sentence("%(name)s: %(hours)s hours are interpolated", name=name, hours=filled.filled_hours))
    return result


def _humidity(values: dict[_Column, Array], notes: list[Sentence]) -> Array:
    """Relative humidity, from the dew point where only that is given."""
    derived = 100 * saturations_pa(values[_DEW]) / saturations_pa(values[_AIR])
    missing = np.isnan(values[_HUMIDITY]) & ~np.isnan(derived)
    if missing.any():
        count = int(missing.sum())
        notes.append(Sentence("%(name)s: %(hours)s hours follow from the dew point", name=_HUMIDITY.name, hours=count))
    humidity, above = no_more_than_saturated(np.where(missing, derived, values[_HUMIDITY]))
    notes += above
    return humidity


def _light(values: dict[_Column, Array], place: Place, notes: list[Sentence], *, leap: bool) -> tuple[Array, Array]:
    """Direct and diffuse radiation, split from the global where they are not given."""
    beam, diffuse, total = values[_BEAM], values[_DIFFUSE], values[_GLOBAL]
    missing = (np.isnan(beam) | np.isnan(diffuse)) & ~np.isnan(total)
    if not missing.any():
        return beam, diffuse
    count = int(missing.sum())
    notes.append(
        Sentence("%(name)s: %(hours)s hours are split from the global radiation", name=_BEAM.name, hours=count)
    )
    middle = datetime(2024 if leap else 2023, 1, 1, tzinfo=timezone(timedelta(hours=place.utc_offset_h)))
    unix_s = middle.timestamp() + 3600 * (np.arange(len(total), dtype=np.float64) + 0.5)
    sun = sun_positions(unix_s, latitude_deg=place.latitude_deg, longitude_deg=place.longitude_deg)
    split = split_global(np.where(missing, total, 0.0), elevation_deg=sun.elevation_deg, unix_s=unix_s)
    return np.where(missing, split.beam_normal_w_m2, beam), np.where(missing, split.diffuse_w_m2, diffuse)


def _fit(values: Array, year: int, notes: list[Sentence], *, leap: bool) -> Array:
    """The file's hours in the length of the year: a 29 February is left out, or 28 February comes twice."""
    wanted = (date(year + 1, 1, 1) - date(year, 1, 1)).days == 366
    end = 59 * 24  # of 28 February
    if wanted == leap:
        return values
    twice = Sentence("28 February comes twice, because the year has a 29th")
    said = twice if wanted else Sentence("its 29 February is left out")
    if said not in notes:
        notes.append(said)
    if wanted:
        return np.concatenate([values[:end], values[end - 24 : end], values[end:]])
    return np.concatenate([values[:end], values[end + 24 :]])


def _series(
    hourly: dict[str, Array], place: Place, year: int, notes: list[Sentence], parameters: GeneratorParameters
) -> WeatherSeries:
    """Five-minute samples: an hour's sum stays its sum, and what is read at an hour's end goes straight to the next."""
    start = datetime(year, 1, 1, tzinfo=timezone(timedelta(hours=place.utc_offset_h)))
    hours = len(hourly["air_c"])
    count = hours * _SAMPLES_PER_HOUR + 1
    unix_s = start.timestamp() + STEP_S * np.arange(count, dtype=np.float64)
    sun = sun_positions(unix_s, latitude_deg=place.latitude_deg, longitude_deg=place.longitude_deg)
    at_hour = np.arange(count) / _SAMPLES_PER_HOUR

    def straight(name: str) -> Array:
        return np.interp(at_hour, np.arange(1, hours + 1), hourly[name], period=hours)

    during = np.minimum(np.arange(count) // _SAMPLES_PER_HOUR, hours - 1)
    up = np.maximum(np.sin(np.radians(sun.elevation_deg)), 0.0)
    light = Light(
        np.minimum(hourly["beam"][during] * _spread((up > 0).astype(np.float64)), extraterrestrial_normal_w_m2(unix_s)),
        hourly["diffuse"][during] * _spread(up),
    )
    columns = completed(
        air_c=straight("air_c"),
        rh_pct=straight("rh_pct"),
        wind_m_s=straight("wind_m_s"),
        wind_from_deg=np.degrees(np.arctan2(straight("east"), straight("north"))) % 360,
        light=light,
        cover=straight("cover") if "cover" in hourly else np.zeros(count),
        water_mm_h=hourly["water_mm_h"][during],
        monthly_air_c=_monthly(hourly["air_c"], year),
        unix_s=unix_s,
        sun=sun,
        place=place,
        parameters=parameters,
    )
    if "infrared" in hourly:
        sky_c = (straight("infrared") / STEFAN_BOLTZMANN_W_M2_K4) ** 0.25 - ZERO_C_K
        columns = columns._replace(sky_c=sky_c)
    return WeatherSeries(
        place=place,
        start=start.astimezone(UTC),
        step_s=STEP_S,
        columns=columns,
        notes=(*notes, NOT_MEASURED),
    )


def _spread(weight: Array) -> Array:
    """Factor by which an hour's mean is multiplied at each of its samples, so that the mean stays and night is dark."""
    hourly = weight[:-1].reshape(-1, _SAMPLES_PER_HOUR)
    mean = np.repeat(hourly.mean(axis=1), _SAMPLES_PER_HOUR)
    factor = np.where(mean > 0, weight[:-1] / np.maximum(mean, 1e-9), 0.0)
    return np.append(factor, 0.0)


def _monthly(air_c: Array, year: int) -> tuple[float, ...]:
    days = np.arange(np.datetime64(f"{year}-01-01"), np.datetime64(f"{year + 1}-01-01"))
    month = np.repeat(days.astype("datetime64[M]").astype(np.int64) % 12, 24)
    return tuple(float(air_c[month == number].mean()) for number in range(12))


def _hour_of_year(row: list[str], *, leap: bool) -> int | None:
    try:
        month, day, hour = (int(field) for field in row[1:4])
        begin = date(2024 if leap else 2023, month, day)
    except ValueError:
        return None
    return (begin - date(begin.year, 1, 1)).days * 24 + hour - 1 if 1 <= hour <= 24 else None


def _said(hour: int, hours: _Hours) -> Sentence:
    begin = date(2024 if hours.leap else 2023, 1, 1) + timedelta(days=hour // 24)
    day, number = f"{begin:%m-%d}", hour % 24 + 1
    if not hours.lines[hour]:
        return Sentence("%(day)s hour %(hour)s (the hour has no line)", day=day, hour=number)
    return Sentence("%(day)s hour %(hour)s (line %(line)s)", day=day, hour=number, line=hours.lines[hour])


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
