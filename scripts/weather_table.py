"""Print the months of generated weather beside the assumed ones, as docs/weather.md shows them.

python -m scripts.weather_table --seeds 24
"""

from __future__ import annotations

import argparse

import numpy as np
from numpy.typing import NDArray

from greenhouse.plant.moist_air import saturations_pa
from greenhouse.plant.weather.climate import Climate, kangbashi
from greenhouse.plant.weather.composing import PER_DAY
from greenhouse.plant.weather.generator import generate_year
from greenhouse.plant.weather.generator_parameters import shipped_generator
from greenhouse.plant.weather.series import WeatherSeries

YEAR = 2023
LENGTHS = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
HEADINGS = {
    "air, °C": 1,
    "daily range, K": 1,
    "sunshine, h/d": 1,
    "global, MJ/m²/d": 1,
    "humidity, %": 0,
    "wind, m/s": 1,
    "rain, mm": 0,
}
"""What the columns are called, and how many decimals they show."""


def generated(series: WeatherSeries) -> NDArray[np.float64]:
    """The months of a year: a row for each heading."""
    arrays = series.sampled(series.start, count=365 * PER_DAY, step_s=300)
    days = {name: column.reshape(365, PER_DAY) for name, column in arrays._asdict().items()}
    sine = np.maximum(np.sin(np.radians(days["sun_elevation_deg"])), 0)
    humidity = 100 * days["vapor_pressure_pa"] / saturations_pa(days["air_c"])
    daily = [
        days["air_c"].mean(axis=1),
        np.ptp(days["air_c"], axis=1),
        (days["beam_normal_w_m2"] > 120).mean(axis=1) * 24,
        (days["beam_normal_w_m2"] * sine + days["diffuse_w_m2"]).mean(axis=1) * 0.0864,
        humidity.mean(axis=1),
        days["wind_m_s"].mean(axis=1),
        (days["rain_mm_h"] + days["snow_mm_h"] + days["hail_mm_h"]).mean(axis=1) * 24,
    ]
    month = np.repeat(np.arange(12), LENGTHS)
    means = np.array([[row[month == number].mean() for number in range(12)] for row in daily])
    means[-1] *= LENGTHS
    return means


def assumed(climate: Climate) -> NDArray[np.float64]:
    """The climate's own figures, in the same rows."""
    monthly = climate.monthly
    sunshine = np.array(monthly.sunshine) * monthly.day_length_h
    rows = [monthly.air_c, monthly.range_k, sunshine, monthly.global_mj_m2_d, monthly.rh_pct, monthly.wind_m_s]
    return np.array([*rows, monthly.precipitation_mm])


def with_year(months: NDArray[np.float64]) -> NDArray[np.float64]:
    """The same with the year as a thirteenth column: its mean, of rain its sum."""
    year = (months * LENGTHS).sum(axis=1) / 365
    year[-1] = months[-1].sum()
    return np.column_stack([months, year])


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=24)
    seeds = parser.parse_args().seeds
    climate, parameters = kangbashi(), shipped_generator()
    years = [generated(generate_year(climate, parameters, seed=seed, year=YEAR)) for seed in range(seeds)]
    made, wanted = with_year(np.mean(years, axis=0)), with_year(assumed(climate))
    print(f"| month | {' | '.join(HEADINGS)} |")
    print("| --- |" + " --- |" * len(HEADINGS))
    for number, name in enumerate([*(str(month) for month in range(1, 13)), "year"]):
        cells = [
            f"{wanted[row, number]:.{decimals}f} / {made[row, number]:.{decimals}f}"
            for row, decimals in enumerate(HEADINGS.values())
        ]
        print(f"| {name} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
