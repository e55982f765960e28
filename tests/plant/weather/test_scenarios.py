"""Five scenarios do what their names say, and their file is checked to its last word."""

from __future__ import annotations

import numpy as np
import pytest

from greenhouse.plant.errors import ParameterError, PlantInputError
from greenhouse.plant.weather.climate import kangbashi
from greenhouse.plant.weather.composing import PER_DAY
from greenhouse.plant.weather.generator_parameters import DATA, shipped_generator
from greenhouse.plant.weather.scenarios import parse_scenarios, scenario_series, shipped_scenarios

SCENARIOS = shipped_scenarios()
TEXT = (DATA / "weather_scenarios.toml").read_text("utf-8")


def made(key: str):
    series = scenario_series(SCENARIOS[key], kangbashi(), shipped_generator(), year=2026)
    days = SCENARIOS[key].days
    arrays = series.sampled(series.start, count=days * PER_DAY, step_s=300)
    return {name: column.reshape(days, PER_DAY) for name, column in arrays._asdict().items()}


def faults(text: str) -> str:
    with pytest.raises(ParameterError) as caught:
        parse_scenarios(text, file="weather_scenarios.toml")
    return "\n".join(caught.value.faults)


def test_there_are_five():
    assert list(SCENARIOS) == ["cold_clear_m25", "dust_gale_april", "wet_snow", "overcast_5d", "summer_hail"]


def test_clear_cold_reaches_minus_25_on_three_nights_without_a_cloud():
    weather = made("cold_clear_m25")
    lowest = weather["air_c"].min(axis=1)
    assert lowest.min() == pytest.approx(-25, abs=0.5)
    assert (lowest < -24).sum() == 3
    assert (weather["beam_normal_w_m2"].max(axis=1) > 900).all()
    assert weather["wind_m_s"].mean() < 2.5


def test_the_dust_gale_blows_12_to_18_m_s_from_the_north_west_and_takes_half_of_the_light():
    weather = made("dust_gale_april")
    storm = weather["dust"][1] > 0.9
    assert 8 * 12 <= storm.sum() <= 11 * 12
    assert 12 < weather["wind_m_s"][1][storm].mean() < 18
    assert np.abs(weather["wind_from_deg"][1][storm] - 310).mean() < 15
    up = np.maximum(np.sin(np.radians(weather["sun_elevation_deg"])), 0)
    light = weather["beam_normal_w_m2"] * up + weather["diffuse_w_m2"]
    assert 0.35 < light[1][storm].sum() / light[0][storm].sum() < 0.65


def test_wet_snow_falls_near_zero_and_then_it_clears():
    weather = made("wet_snow")
    snowing = weather["snow_mm_h"] > 0.3
    assert np.abs(weather["air_c"][snowing] - 0.4).max() < 2
    water = (weather["snow_mm_h"] + weather["rain_mm_h"]).sum() / 12
    assert water == pytest.approx(14, rel=0.05)
    assert weather["snow_mm_h"].sum() / 12 > 10
    assert (weather["beam_normal_w_m2"][2] > 120).mean() > 0.35


def test_five_days_have_no_sun_and_a_fifth_of_the_light():
    weather = made("overcast_5d")
    assert weather["beam_normal_w_m2"][1:6].max() < 60
    up = np.maximum(np.sin(np.radians(weather["sun_elevation_deg"])), 0)
    daily = (weather["beam_normal_w_m2"] * up + weather["diffuse_w_m2"]).mean(axis=1)
    assert (daily[1:6] / daily[0] < 0.27).all()
    assert daily[6] / daily[0] > 0.9


def test_hail_falls_for_a_quarter_of_an_hour_with_a_gust_and_a_fall_of_temperature():
    weather = made("summer_hail")
    hail = weather["hail_mm_h"][1]
    assert (hail > 0).sum() == 3
    assert hail.sum() / 12 == pytest.approx(8)
    first = int(np.argmax(hail > 0))
    assert weather["wind_m_s"][1][first - 3 : first + 6].max() > 14
    assert weather["air_c"][1][first - 12] - weather["air_c"][1][first + 3] > 6
    assert not weather["hail_mm_h"][[0, 2]].any()


@pytest.mark.parametrize("key", SCENARIOS)
def test_nothing_in_a_scenario_is_impossible(key):
    weather = made(key)
    assert all(np.isfinite(column).all() for column in weather.values())
    assert not weather["beam_normal_w_m2"][weather["sun_elevation_deg"] <= 0].any()
    assert (weather["diffuse_w_m2"] >= 0).all()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('en = "Wet snow"\n', "", "[wet_snow]: en is missing"),
        ('zh = "湿雪"\n', 'zh = ""\n', "[wet_snow]: zh must be a text"),
        ('zh_description = "三月', 'zh_describtion = "三月', "zh_description is missing"),
        ("rh_pct = [60, 90, 65, 50]", "rh_pct = [60, 90, 65]", "rh_pct has 3 figures, air_c has 4"),
        ("rh_pct = [60, 90, 65, 50]", "rh_pct = [60, 90, 65, 150]", "has 150 on day 4, outside 5 to 98"),
        ("rh_pct = [60, 90, 65, 50]", "", "rh_pct is missing"),
        ("rh_pct = [60, 90, 65, 50]", 'rh_pct = [60, 90, "wet", 50]', "must be finite numbers"),
        ('kind = "wet_snow"', 'kind = "wetsnow"', "did you mean"),
        ("after_h = 21", "after_h = 121", "121 lies outside the scenario's 4 days"),
        ("hours = 14", "hours = 0", "0 must be above 0"),
        ("day = 14", "day = 31", "31 is outside 1 to 28"),
        ("seed = 7", "seed = 7\nspeed = 7", "unknown key speed"),
    ],
)
def test_a_fault_of_the_file_names_its_place(old, new, said):
    assert said in faults(TEXT.replace(old, new))


def test_a_file_without_scenarios_or_without_toml_says_so():
    assert "has no scenario" in faults("")
    assert "is not TOML" in faults("[x")


def test_a_year_without_a_sun_is_refused():
    with pytest.raises(PlantInputError, match="year 3000"):
        scenario_series(SCENARIOS["wet_snow"], kangbashi(), shipped_generator(), year=3000)
