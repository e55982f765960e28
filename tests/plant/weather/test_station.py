"""A station's history: what it measured comes out; gaps, faults and missing quantities are told."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from greenhouse.plant.errors import WeatherError
from greenhouse.plant.moist_air import saturations_pa
from greenhouse.plant.weather.climate import kangbashi
from greenhouse.plant.weather.composing import PER_DAY
from greenhouse.plant.weather.generator import generate_year
from greenhouse.plant.weather.generator_parameters import shipped_generator
from greenhouse.plant.weather.station import StationTable, station_series

CLIMATE, PARAMETERS = kangbashi(), shipped_generator()


@pytest.fixture(scope="module")
def truth():
    series = generate_year(CLIMATE, PARAMETERS, seed=1, year=2023)
    return series, series.sampled(series.start, count=20 * 480, step_s=180)


@pytest.fixture
def table(truth) -> StationTable:
    series, arrays = truth
    up = np.maximum(np.sin(np.radians(arrays.sun_elevation_deg)), 0)
    return StationTable(
        unix_s=series.start.timestamp() + 180.0 * np.arange(20 * 480),
        air_c=arrays.air_c.copy(),
        rh_pct=100 * arrays.vapor_pressure_pa / saturations_pa(arrays.air_c),
        wind_m_s=arrays.wind_m_s.copy(),
        wind_from_deg=arrays.wind_from_deg.copy(),
        global_w_m2=np.where(up > 0, arrays.beam_normal_w_m2 * up + arrays.diffuse_w_m2, -3.0),
        rain_mm_h=arrays.rain_mm_h + arrays.snow_mm_h,
    )


def read(table: StationTable, **options):
    return station_series(table, name="weather", climate=CLIMATE, parameters=PARAMETERS, **options)


def faults(table: StationTable, **options) -> str:
    with pytest.raises(WeatherError) as caught:
        read(table, **options)
    return "\n".join(caught.value.faults)


def test_what_was_measured_comes_out(truth, table):
    series, read_back = truth[0], read(table)
    assert read_back.start == series.start == datetime(2022, 12, 31, 16, tzinfo=UTC)
    count = len(read_back.columns.air_c)
    assert count > 20 * PER_DAY - 3
    assert read_back.columns.air_c == pytest.approx(series.columns.air_c[:count], abs=0.5)
    arrays = read_back.sampled(read_back.start, count=count, step_s=300)
    up = np.maximum(np.sin(np.radians(arrays.sun_elevation_deg)), 0)
    total = (arrays.beam_normal_w_m2 * up + arrays.diffuse_w_m2).mean()
    assert total == pytest.approx(table.global_w_m2.clip(0).mean(), rel=0.02)
    assert all(np.isfinite(column).all() for column in arrays)
    assert np.abs(arrays.sky_c - series.columns.sky_c[:count]).mean() < 6
    assert any("dust and hail are not in it" in note for note in read_back.notes)


def test_night_is_dark_whatever_the_sensor_shows(table):
    shining = table._replace(global_w_m2=np.maximum(table.global_w_m2, 2.0))
    series = read(shining)
    arrays = series.sampled(series.start, count=2000, step_s=300)
    night = arrays.sun_elevation_deg <= 0
    assert not series.columns.diffuse_w_m2[:2000][night].any()


def test_a_short_gap_is_interpolated_and_counted(table):
    table.air_c[1000:1040] = np.nan  # two hours
    series = read(table)
    # 40 samples of three minutes are missing: from the last before to the first after are 41 steps, 2.05 h.
    assert any(note.startswith("air temperature: 1 gaps, 2.0") for note in series.notes)
    assert np.isfinite(series.columns.air_c).all()


def test_a_long_gap_is_refused_with_its_time(table):
    table.rh_pct[1000:1080] = np.nan  # four hours
    told = faults(table)
    assert "relative humidity: no value for 4.0 h from 2023-01-02T17:57:00+00:00" in told.replace("4.1 h", "4.0 h")
    assert "take the time before or after" in told


def test_too_many_gaps_are_refused(table):
    for begin in range(100, 9500, 200):
        table.wind_m_s[begin : begin + 50] = np.nan
    assert "wind speed: " in faults(table)
    assert "at most 10% are interpolated" in faults(table)


def test_a_quantity_without_values_is_refused(table):
    table.wind_from_deg[:] = np.nan
    assert "wind direction: has no values" in faults(table)


def test_a_station_without_rain_gauge_is_dry_only_when_that_is_asked_for(table):
    table.rain_mm_h[:] = np.nan
    assert "rain: has no values" in faults(table)
    series = read(table, without_rain_is_dry=True)
    assert not series.columns.rain_mm_h.any()
    assert any("taken as dry" in note for note in series.notes)


def test_every_fault_is_told_at_once(table):
    table.air_c[5] = 85.0
    table.rh_pct[7:9] = 180.0
    table.global_w_m2[100:400] = np.nan
    told = faults(table)
    assert "sample 6: air temperature is outside -60 to 60, which no sound sensor shows" in told
    assert "give NaN for it (the first has 85)" in told
    assert "samples 8–9: relative humidity is outside 0 to 105" in told
    assert "global horizontal radiation: no value for" in told


def test_times_must_rise_and_columns_be_as_long(table):
    table.unix_s[10] = table.unix_s[9]
    assert "sample 11: its time is not after the one before" in faults(table)
    assert "air temperature: has 3 values for 9600 times" in faults(table._replace(air_c=table.air_c[:3]))
    assert "time: must be a finite number everywhere" in faults(table._replace(unix_s=np.full(9600, np.nan)))
    empty = StationTable(*(np.empty(0) for _ in StationTable._fields))
    assert "has 0 times" in faults(empty)


def test_a_wet_sensor_above_100_is_saturated_air(table):
    table.rh_pct[50:60] = 103.0
    series = read(table)
    assert series.columns.rh_pct.max() == 100
    assert any("above 100 %" in note for note in series.notes)


def test_ends_without_all_quantities_are_left_out_and_said(table):
    table.wind_m_s[:480] = np.nan
    series = read(table)
    assert series.start == datetime(2023, 1, 1, 16, tzinfo=UTC)
    assert any("24 hours at an end are left out" in note for note in series.notes)
