"""What measured weather does not say and follows from what it says: sky, cloud, snow, soil."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from greenhouse.agronomy.sun import SunPositions
from greenhouse.plant.moist_air import dew_point_c, saturations_pa, standard_pressure_pa
from greenhouse.plant.sentences import Sentence
from greenhouse.plant.weather.composing import co2_ppm, deep_soil_c
from greenhouse.plant.weather.generator_parameters import GeneratorParameters
from greenhouse.plant.weather.series import Place, WeatherColumns
from greenhouse.plant.weather.sky import Light, sky_temperature_c

Array = NDArray[np.float64]

NOT_MEASURED = Sentence(
    "dust and hail are not in it and are taken as none; carbon dioxide and deep soil follow the season"
)


def completed(
    *,
    air_c: Array,
    rh_pct: Array,
    wind_m_s: Array,
    wind_from_deg: Array,
    light: Light,
    cover: Array,
    water_mm_h: Array,
    monthly_air_c: tuple[float, ...],
    unix_s: Array,
    sun: SunPositions,
    place: Place,
    parameters: GeneratorParameters,
) -> WeatherColumns:
    """All columns of a series from what stations measure.

    Dust and hail are none: no station of these measures them. ``NOT_MEASURED`` says so to whoever reads the notes.
    """
    snow = parameters.precipitation
    snow_share = np.clip((snow.all_rain_c - air_c) / (snow.all_rain_c - snow.all_snow_c), 0, 1)
    day = unix_s / 86400 % 365.25
    # Logarithm of no vapor at all is not a number; a sensor's 0 % is drier than any air and counts as 1 %.
    vapor_pa = np.maximum(rh_pct, 1.0) / 100 * saturations_pa(air_c)
    return WeatherColumns(
        air_c=air_c,
        rh_pct=rh_pct,
        wind_m_s=wind_m_s,
        wind_from_deg=wind_from_deg,
        beam_normal_w_m2=light.beam_normal_w_m2,
        diffuse_w_m2=light.diffuse_w_m2,
        sky_c=sky_temperature_c(
            air_c,
            dew_c=dew_point_c(vapor_pa),
            cover=cover,
            solar_hour=sun.solar_hour,
            pressure_pa=standard_pressure_pa(place.altitude_m),
            cloud_emission=parameters.sky.cloud_emission,
        ),
        rain_mm_h=water_mm_h * (1 - snow_share),
        snow_mm_h=water_mm_h * snow_share,
        hail_mm_h=np.zeros(len(air_c)),
        dust=np.zeros(len(air_c)),
        co2_ppm=co2_ppm(parameters, day),
        deep_soil_c=deep_soil_c(monthly_air_c, parameters, day),
    )


def no_more_than_saturated(rh_pct: Array) -> tuple[Array, list[Sentence]]:
    """Humidity up to 100 %, and a note of how many values a wet sensor showed above it."""
    above = int((rh_pct > 100).sum())
    if not above:
        return rh_pct, []
    note = Sentence("relative humidity: %(count)s values above 100 %% are taken as 100 %%", count=above)
    return np.minimum(rh_pct, 100.0), [note]
