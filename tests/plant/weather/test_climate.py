"""A climate says for each row its unit, its words and its source, and the sun of the file is the sun of the code."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from greenhouse.agronomy.sun import sun_positions
from greenhouse.plant.errors import ParameterError
from greenhouse.plant.weather.climate import kangbashi, parse_climate
from greenhouse.plant.weather.generator_parameters import DATA, parse_generator, shipped_generator
from greenhouse.plant.weather.seasons import day_of_year, smooth
from greenhouse.plant.weather.sky import clear_sky, extraterrestrial_normal_w_m2

TEXT = (DATA / "kangbashi_climate.toml").read_text("utf-8")
LENGTHS = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])


def faults(text: str) -> str:
    with pytest.raises(ParameterError) as caught:
        parse_climate(text, file="climate.toml")
    return "\n".join(caught.value.faults)


def test_the_shipped_files_are_whole():
    assert kangbashi().place == (39.6, 109.8, 1300, 8)
    assert sum(kangbashi().monthly.precipitation_mm) == 359
    assert np.mean(kangbashi().monthly.air_c) == pytest.approx(6.26, abs=0.005)
    assert shipped_generator().temperature.deviation_k == 3.2


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("values = [-10.5, -6.6,", "values = [-10.5,", "air_c.values must be twelve finite numbers"),
        ("values = [-10.5,", "values = [nan,", "air_c.values must be twelve finite numbers"),
        ("values = [-10.5,", "values = [-105,", "has -105 in month 1, outside -60 to 50 degC"),
        ('[monthly.air_c]\nunit = "degC"', '[monthly.air_c]\nunit = "K"', '"K" must be "degC"; convert the values'),
        ("[monthly.rh_pct]", "[monthly.rh_ptc]", "rh_pct is missing"),
        ("[monthly.rh_pct]", "[monthly.rh_ptc]", 'unknown key rh_ptc (did you mean "rh_pct"?)'),
        ('reference = "Kangbashi, Ordos"', "", "latitude_deg.reference is missing"),
        ("value = 39.6", "value = 78.2", "78.2 is outside -60 to 60 deg"),
    ],
)
def test_a_fault_names_its_place_and_what_to_do(old, new, said):
    assert said in faults(TEXT.replace(old, new, 1))


@pytest.mark.parametrize("words", ["zh", "en", "reference"])
def test_a_row_without_words_or_source_is_refused(words):
    lines = TEXT.split("[monthly.range_k]")
    body = "\n".join(line for line in lines[1].split("\n") if not line.startswith(f"{words} = "))
    assert f"range_k.{words} is missing" in faults(lines[0] + "[monthly.range_k]" + body)


def test_what_is_no_toml_says_so():
    assert "is not TOML" in faults("[place")
    assert "place is missing" in faults("")


def test_a_generator_parameter_without_source_is_refused():
    text = (DATA / "weather_generator.toml").read_text("utf-8").replace('reference = "GB/T 21987-2017"\n', "", 1)
    with pytest.raises(ParameterError, match=r"onset_h\.reference is missing"):
        parse_generator(text, file="weather_generator.toml")


def test_a_smooth_course_keeps_the_months_means():
    """Straight between the means themselves, January would be 0.7 K too warm."""
    monthly = kangbashi().monthly.air_c
    course = smooth(monthly, day_of_year(datetime(2023, 1, 1, tzinfo=UTC).date(), 365))
    months = np.repeat(np.arange(12), LENGTHS)
    means = [course[months == month].mean() for month in range(12)]
    assert means == pytest.approx(monthly, abs=0.15)


def test_the_29th_of_february_does_not_shift_the_year():
    leap = day_of_year(datetime(2024, 1, 1, tzinfo=UTC).date(), 366)
    assert leap[58:61].tolist() == [58.5, 59.5, 59.5]
    assert leap[-1] == 364.5


@pytest.mark.parametrize("month", range(12))
def test_sun_and_clear_sky_of_each_month_are_pvlibs(month):
    """The file's figures: pvlib 0.16.1, 10-min steps of 2023 at the place. Extraterrestrial within 1 % (the solar
    constant there is 1366.1, here 1361), clear sky within 2 %, its diffuse part within 5 %."""
    climate = kangbashi()
    first = datetime(2023, month + 1, 1, tzinfo=UTC).timestamp() - 8 * 3600
    unix_s = first + 600.0 * np.arange(LENGTHS[month] * 144)
    sun = sun_positions(unix_s, latitude_deg=39.6, longitude_deg=109.8)
    up = np.maximum(np.sin(np.radians(sun.elevation_deg)), 0)
    turbidity = np.full(len(unix_s), climate.monthly.turbidity[month])
    light = clear_sky(sun.elevation_deg, unix_s=unix_s, turbidity=turbidity, altitude_m=1300)
    outside = (extraterrestrial_normal_w_m2(unix_s) * up).mean() * 0.0864
    clear = (light.beam_normal_w_m2 * up + light.diffuse_w_m2).mean() * 0.0864
    assert outside == pytest.approx(climate.monthly.extraterrestrial_mj_m2_d[month], rel=0.01)
    assert clear == pytest.approx(climate.monthly.clear_global_mj_m2_d[month], rel=0.02)
    assert light.diffuse_w_m2.mean() * 0.0864 == pytest.approx(climate.monthly.clear_diffuse_mj_m2_d[month], rel=0.05)
    highest = sun.elevation_deg.reshape(-1, 144).max(axis=1).mean()
    assert highest == pytest.approx(climate.monthly.noon_elevation_deg[month], abs=0.15)
    hours = (sun.elevation_deg > -0.833).mean() * 24
    assert hours == pytest.approx(climate.monthly.day_length_h[month], abs=0.25)
