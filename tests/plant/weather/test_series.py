"""A series gives the same weather at one moment and for many, straight between its samples."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from greenhouse.plant.errors import PlantInputError
from greenhouse.plant.moist_air import saturations_pa
from greenhouse.plant.surroundings import Weather
from greenhouse.plant.weather.series import Place, WeatherArrays, WeatherColumns, WeatherSeries

START = datetime(2026, 3, 1, 0, 0, tzinfo=UTC)
PLACE = Place(39.6, 109.8, 1300, 8)


def series(**columns: list[float]) -> WeatherSeries:
    length = len(next(iter(columns.values())))
    whole = {name: np.zeros(length) for name in WeatherColumns._fields}
    whole |= {name: np.array(values, dtype=float) for name, values in columns.items()}
    return WeatherSeries(place=PLACE, start=START, step_s=300, columns=WeatherColumns(**whole))


def test_arrays_have_the_fields_of_weather_in_its_order():
    assert WeatherArrays._fields == Weather._fields


def test_it_goes_straight_from_sample_to_sample():
    made = series(air_c=[0, 10, 4], rh_pct=[100, 100, 100])
    assert made.at(START + timedelta(seconds=150)).air_c == 5
    assert made.at(START + timedelta(seconds=600)).air_c == 4
    assert made.sampled(START, count=5, step_s=150).air_c.tolist() == [0, 5, 10, 7, 4]


def test_between_two_saturated_samples_the_air_is_not_more_than_saturated():
    weather = series(air_c=[0, 10], rh_pct=[100, 100]).at(START + timedelta(seconds=150))
    assert weather.vapor_pressure_pa == pytest.approx(saturations_pa(5.0))


def test_halfway_from_north_by_west_to_north_by_east_is_north():
    made = series(wind_from_deg=[350, 10])
    assert made.at(START + timedelta(seconds=150)).wind_from_deg == pytest.approx(0)
    assert made.sampled(START, count=3, step_s=75).wind_from_deg.tolist() == pytest.approx([350, 355, 0])


def test_one_moment_and_many_agree():
    rng = np.random.default_rng(1)
    made = series(**{name: (rng.random(97) * 90).tolist() for name in WeatherColumns._fields})
    arrays = made.sampled(START, count=700, step_s=41)
    for number in (0, 3, 350, 699):
        one = made.at(START + timedelta(seconds=41 * number))
        many = [column[number] for column in arrays]
        assert list(one) == pytest.approx(many, abs=1e-3)


def test_there_is_no_beam_while_the_sun_is_down():
    """20:00 UTC is four in the morning."""
    night = WeatherSeries(
        place=PLACE,
        start=datetime(2026, 3, 1, 20, tzinfo=UTC),
        step_s=300,
        columns=series(beam_normal_w_m2=[500, 500], diffuse_w_m2=[50, 50]).columns,
    )
    weather = night.at(night.start)
    assert weather.sun_elevation_deg < 0
    assert weather.beam_normal_w_m2 == weather.diffuse_w_m2 == 0
    assert not night.sampled(night.start, count=2, step_s=60).diffuse_w_m2.any()


@pytest.mark.parametrize("seconds", [-1, 601])
def test_there_is_no_weather_outside_of_it(seconds):
    made = series(air_c=[0, 10, 4])
    with pytest.raises(PlantInputError, match="there is weather from"):
        made.at(START + timedelta(seconds=seconds))


def test_what_cannot_be_asked_is_refused():
    made = series(air_c=[0, 10, 4])
    with pytest.raises(PlantInputError, match="time zone"):
        made.at(START.replace(tzinfo=None))
    with pytest.raises(PlantInputError, match="there is weather"):
        made.sampled(START, count=4, step_s=300)
    for count, step_s in ((0, 60), (2, 0), (2, float("nan"))):
        with pytest.raises(PlantInputError, match="must be above 0"):
            made.sampled(START, count=count, step_s=step_s)
