"""EPW files: what is in them comes out, and every fault is told at once with its line and what to do."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from greenhouse.plant.errors import WeatherError
from greenhouse.plant.weather.climate import kangbashi
from greenhouse.plant.weather.epw import read_epw
from greenhouse.plant.weather.generator import generate_year
from greenhouse.plant.weather.generator_parameters import shipped_generator
from tests.plant.weather.epw_text import epw_text

PARAMETERS = shipped_generator()


@pytest.fixture(scope="module")
def lines() -> list[str]:
    return epw_text().splitlines()


def read(lines: list[str], **options):
    options = {"year": 2023} | options
    return read_epw("\n".join(lines), file="test.epw", base=kangbashi().place, parameters=PARAMETERS, **options)


def faults(lines: list[str], **options) -> str:
    with pytest.raises(WeatherError) as caught:
        read(lines, **options)
    return "\n".join(caught.value.faults)


def changed(lines: list[str], first: int, last: int, column: int, value: str) -> list[str]:
    """With another value in a column (from 1) of some lines (from 1)."""
    out = list(lines)
    for number in range(first, last + 1):
        row = out[number - 1].split(",")
        row[column - 1] = value
        out[number - 1] = ",".join(row)
    return out


def test_the_year_that_was_written_is_read(lines):
    """Air within its rounding; light within 1 % over the year, because an hour's sum stays its sum."""
    series, written = read(lines), generate_year(kangbashi(), PARAMETERS, seed=1, year=2023)
    assert series.start == written.start == datetime(2022, 12, 31, 16, tzinfo=UTC)
    assert series.place.latitude_deg == 39.83
    assert series.columns.air_c[12::12] == pytest.approx(written.columns.air_c[12::12], abs=0.06)
    for name in ("beam_normal_w_m2", "diffuse_w_m2", "rain_mm_h", "snow_mm_h"):
        total = getattr(series.columns, name).sum()
        assert total == pytest.approx(getattr(written.columns, name).sum(), rel=0.02 if "mm" not in name else 0.05)
    assert series.columns.sky_c[12::12] == pytest.approx(written.columns.sky_c[12::12], abs=0.3)
    assert all(np.isfinite(column).all() for column in series.columns)
    arrays = series.sampled(series.start, count=365 * 1440 // 5, step_s=300)
    assert not arrays.beam_normal_w_m2[arrays.sun_elevation_deg <= 0].any()
    assert arrays.beam_normal_w_m2.max() < 1412
    assert (arrays.diffuse_w_m2 >= 0).all()
    assert any("dust and hail are not in it" in note for note in series.notes)


def test_a_missing_value_is_interpolated_and_counted_and_never_zero(lines):
    gap = changed(lines, 4000, 4002, 7, "99.9")
    series = read(gap)
    assert "dry bulb temperature: 3 hours are interpolated" in series.notes
    hour = 4000 - 9
    around = series.columns.air_c[[(hour) * 12, (hour + 2) * 12, (hour + 4) * 12]]
    assert around[1] == pytest.approx((around[0] + around[2]) / 2, abs=0.01)


def test_a_gap_over_the_shorter_arc_of_the_wind(lines):
    gap = changed(changed(changed(lines, 100, 100, 21, "350"), 102, 102, 21, "10"), 101, 101, 21, "999")
    direction = read(gap).columns.wind_from_deg[(101 - 8) * 12]
    assert min(direction, 360 - direction) < 1


@pytest.mark.parametrize(
    ("column", "code", "name"),
    [
        (7, "99.9", "dry bulb temperature"),
        (7, "", "dry bulb temperature"),
        (9, "999", "relative humidity"),
        (15, "9999", "direct normal radiation"),
        (16, "99999", "diffuse horizontal radiation"),
        (22, "999.", "wind speed"),
        (21, "999", "wind direction"),
        (13, "9999", "horizontal infrared radiation"),
        (34, "999", "liquid precipitation depth"),
    ],
)
def test_a_long_gap_is_refused_with_its_place(lines, column, code, name):
    told = faults(changed(lines, 4000, 4003, column, code))
    assert f"{name}: no value for 4 hours from 06-16 hour 8 (line 4000)" in told
    assert "fill this gap from another source" in told


def test_too_many_short_gaps_are_refused(lines):
    holes = list(lines)
    for number in range(100, 8700, 8):
        holes = changed(holes, number, number, 22, "999")
    assert "wind speed: 1075 of 8760 hours have no value, at most 10% are interpolated" in faults(holes)


def test_lines_that_are_missing_are_a_gap(lines):
    assert "up to 3 hours are interpolated" in faults(lines[:3000] + lines[3010:])
    assert "no value for 10 hours from" in faults(lines[:3000] + lines[3010:])
    short = read(lines[:3000] + lines[3002:])
    assert "dry bulb temperature: 2 hours are interpolated" in short.notes


def test_half_a_file_is_refused(lines):
    assert "hours from" in faults(lines[:4000])
    assert "has no hours" in faults(lines[:8])


def test_the_other_hemisphere_is_refused(lines):
    south = [lines[0].replace("39.83", "-39.83"), *lines[1:]]
    assert "line 1: latitude -39.83 lies on the other hemisphere than the base (39.6)" in faults(south)
    west = [lines[0].replace("109.98", "-109.98"), *lines[1:]]
    assert "east is positive" in faults(west)


def test_a_place_far_away_is_said(lines):
    far = read([lines[0].replace("39.83", "31.2"), *lines[1:]])
    assert "its place is 8.4° of latitude from the base" in far.notes


def test_columns_that_are_missing_are_one_sentence(lines):
    cut = lines[:8] + [",".join(line.split(",")[:21]) for line in lines[8:]]
    told = faults(cut)
    assert 'lines 9–8768: has 21 columns, so column 22 "wind speed" is missing; export the file anew' in told


def test_every_fault_is_told_at_once(lines):
    wrong = changed(lines, 50, 50, 7, "abc")
    wrong = changed(wrong, 60, 61, 9, "250")
    wrong = changed(wrong, 70, 70, 2, "13")
    wrong[79] = wrong[80]
    wrong[0] = wrong[0].replace("39.83", "-39.83")
    wrong = changed(wrong, 200, 260, 22, "999")
    told = faults(wrong)
    assert "line 50: column 7 \"dry bulb temperature\" must be a number (the first has 'abc')" in told
    assert 'lines 60–61: column 9 "relative humidity" is outside 0 to 110' in told
    assert "line 70: columns 2 to 4 must be month, day and hour 1 to 24" in told
    assert "line 81: its hour stands in an earlier line already" in told
    assert "other hemisphere" in told
    assert "wind speed: no value for 61 hours" in told


def test_what_is_no_epw_says_so():
    assert 'line 1: must begin with "LOCATION"; is this an EPW file, and whole?' in faults(["time,air", "1,2"])
    assert "LOCATION" in faults([])


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("DATA PERIODS,1,1", "DATA PERIODS,1,4", "line 8: says 4 records per hour; only 1 is read"),
        ("39.83,109.98", "39.83,east", "line 1: must have latitude, longitude, time zone and elevation"),
        ("39.83,109.98", "78.2,15.6", "is no place between 60° S and 60° N"),
    ],
)
def test_a_wrong_heading_says_what_is_wrong(lines, old, new, said):
    assert said in faults([line.replace(old, new) for line in lines[:8]] + lines[8:])


def test_a_file_without_rain_is_dry_only_when_that_is_asked_for(lines):
    dry = changed(lines, 9, len(lines), 34, "999")
    assert "load it as a dry year if that is meant" in faults(dry)
    series = read(dry, without_rain_is_dry=True)
    assert not series.columns.rain_mm_h.any()
    assert any("taken as dry" in note for note in series.notes)


def test_humidity_follows_from_the_dew_point_and_the_sky_from_its_cover(lines):
    other = changed(lines, 9, len(lines), 9, "999")
    for number in range(9, len(lines) + 1):
        row = other[number - 1].split(",")
        row[7], row[12] = f"{float(row[6]) - 5:.1f}", "9999"
        other[number - 1] = ",".join(row)
    series = read(other)
    assert 45 < series.columns.rh_pct.min() < series.columns.rh_pct.max() < 80
    assert any("8760 hours follow from the dew point" in note for note in series.notes)
    assert any("sky follows from dew point and cover" in note for note in series.notes)
    assert (series.columns.sky_c < series.columns.air_c).all()


def test_light_is_split_where_only_the_global_is_given(lines):
    other = list(lines)
    for number in range(9, len(lines) + 1):
        row = other[number - 1].split(",")
        row[13], row[14], row[15] = "300" if 10 <= int(row[3]) <= 15 else "0", "9999", "9999"
        other[number - 1] = ",".join(row)
    series = read(other)
    assert any("8760 hours are split from the global radiation" in note for note in series.notes)
    assert 0 < series.columns.beam_normal_w_m2.max() < 1412


def test_a_leap_year_has_28_february_twice(lines):
    series = read(lines, year=2024)
    assert len(series.columns.air_c) == 366 * 288 + 1
    assert any("28 February comes twice" in note for note in series.notes)


def test_a_year_without_a_sun_is_refused(lines):
    assert "year 1700" in faults(lines, year=1700)


def test_an_hours_light_keeps_its_sum(lines):
    """Also in the hours of sunrise and sunset, of which the sun is up for a part only."""
    series = read(lines)
    diffuse = series.sampled(series.start, count=365 * 288, step_s=300).diffuse_w_m2.reshape(-1, 12)
    given = np.array([float(line.split(",")[15]) for line in lines[8:]])
    sunny = diffuse.any(axis=1)
    assert sunny.sum() > 4000
    assert diffuse[sunny].mean(axis=1) == pytest.approx(given[sunny])
