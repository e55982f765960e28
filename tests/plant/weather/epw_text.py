"""An EPW file made of a year of the generator's weather, for tests."""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from greenhouse.plant.moist_air import saturations_pa
from greenhouse.plant.weather.climate import kangbashi
from greenhouse.plant.weather.generator import generate_year
from greenhouse.plant.weather.generator_parameters import shipped_generator

HEADING = """LOCATION,Dongsheng,Nei Mongol,CHN,TEST,535430,39.83,109.98,8.0,1460.0
DESIGN CONDITIONS,0
TYPICAL/EXTREME PERIODS,0
GROUND TEMPERATURES,0
HOLIDAYS/DAYLIGHT SAVINGS,No,0,0,0
COMMENTS 1,made for a test
COMMENTS 2,
DATA PERIODS,1,1,Data,Sunday,1/1,12/31
"""


def epw_text(year: int = 2023) -> str:
    series = generate_year(kangbashi(), shipped_generator(), seed=1, year=year)
    hours = (len(series.columns.air_c) - 1) // 12
    at_end = series.sampled(series.start + timedelta(hours=1), count=hours, step_s=3600)
    each = series.sampled(series.start, count=hours * 12, step_s=300)
    mean = {name: column.reshape(hours, 12).mean(axis=1) for name, column in each._asdict().items()}
    humidity = 100 * at_end.vapor_pressure_pa / saturations_pa(at_end.air_c)
    infrared = 5.670374e-8 * (at_end.sky_c + 273.15) ** 4
    days = np.arange(np.datetime64(f"{year}-01-01"), np.datetime64(f"{year + 1}-01-01")).astype(str)
    lines = []
    for hour in range(hours):
        row = ["99"] * 35
        row[0], row[1], row[2] = (str(int(part)) for part in days[hour // 24].split("-"))
        row[3], row[4], row[5] = str(hour % 24 + 1), "60", "?9"
        row[6], row[7], row[8] = f"{at_end.air_c[hour]:.1f}", "99.9", f"{humidity[hour]:.0f}"
        row[12] = f"{infrared[hour]:.0f}"
        row[13], row[14], row[15] = "9999", f"{mean['beam_normal_w_m2'][hour]:.0f}", f"{mean['diffuse_w_m2'][hour]:.0f}"
        row[20], row[21] = f"{at_end.wind_from_deg[hour]:.0f}", f"{at_end.wind_m_s[hour]:.1f}"
        row[22] = row[23] = "3"
        row[33] = f"{mean['rain_mm_h'][hour] + mean['snow_mm_h'][hour]:.2f}"
        lines.append(",".join(row))
    return HEADING + "\n".join(lines) + "\n"
