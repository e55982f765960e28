"""Instruments: late, wrong in their own way, repeatable, and honest about having nothing to say."""

from __future__ import annotations

import itertools
import math
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenhouse.plant.instruments import SENSOR_PARTS, instrument
from greenhouse.plant.noise import noise_key
from greenhouse.plant.sensors import (
    AT_RANGE_END,
    GOOD,
    MISSING,
    SOUND,
    Sensor,
    SensorFault,
    follow,
    reading,
    sensor_at,
    shown,
)

KEY = noise_key("h1-climate.air_temperature", 1)
PLAIN = Sensor(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 60.0, -40.0, 80.0)
YEAR_S = 365.25 * 86_400.0


def readings(sensor, *, key=KEY, truth=20.0, count=2000, fault=SOUND):
    """A settled instrument that is read each minute."""
    state, found = sensor_at(truth), []
    for step in range(count):
        state = follow(state, truth, sensor, 60.0)
        found.append(reading(state, key, step, sensor, fault))
    return found


def test_a_perfect_instrument_says_the_truth():
    assert {one.value for one in readings(PLAIN, count=50)} == {20.0}


def test_noise_has_the_deviation_it_says_and_no_mean():
    """10,000 readings of 0.3 K: the mean is within 0.3 · 4/100, the deviation within 3 %."""
    values = [one.value - 20.0 for one in readings(PLAIN._replace(noise_sd=0.3), count=10_000)]
    assert statistics.fmean(values) == pytest.approx(0.0, abs=0.012)
    assert statistics.pstdev(values) == pytest.approx(0.3, rel=0.03)


def test_instruments_of_a_kind_differ_by_the_deviation_of_their_bias_and_each_keeps_its_own():
    """2,000 instruments with 0.15 K: as said in agronomy §1.4 (11), 95 of 100 are within 0.3 K."""
    sensor = PLAIN._replace(bias_sd=0.15)
    keys = [noise_key(f"h{number}.air_temperature", 1) for number in range(2000)]
    biases = [reading(sensor_at(20.0), key, 0, sensor, SOUND).value - 20.0 for key in keys]
    later = [reading(sensor_at(20.0), key, 99, sensor, SOUND).value - 20.0 for key in keys]
    assert biases == later
    assert statistics.pstdev(biases) == pytest.approx(0.15, rel=0.06)
    assert sum(abs(bias) < 0.3 for bias in biases) / 2000.0 == pytest.approx(0.954, abs=0.02)


def test_a_step_is_felt_to_632_thousandths_after_the_time_constant():
    """1 - 1/e = 0.63212, by definition of the time constant (WMO-No. 8)."""
    sensor = PLAIN._replace(lag_s=90.0)
    state = sensor_at(0.0)
    for _ in range(9):
        state = follow(state, 10.0, sensor, 10.0)
    assert state.felt == pytest.approx(6.3212, abs=1e-4)
    assert follow(sensor_at(0.0), 10.0, sensor, 90.0).felt == pytest.approx(state.felt)


def test_drift_grows_evenly_with_age_and_differs_between_instruments():
    sensor = PLAIN._replace(drift_sd_a=1.0)
    keys = [noise_key(f"probe {number}", 1) for number in range(1000)]
    old = [reading(sensor_at(20.0)._replace(age_s=YEAR_S), key, 0, sensor, SOUND).value - 20.0 for key in keys]
    half = [reading(sensor_at(20.0)._replace(age_s=YEAR_S / 2), key, 0, sensor, SOUND).value - 20.0 for key in keys]
    assert statistics.pstdev(old) == pytest.approx(1.0, rel=0.1)
    assert half == pytest.approx([drift / 2.0 for drift in old])


def test_dropouts_take_their_share_of_the_time_and_last_as_long_as_they_do():
    """5 % in times of 600 s, read each minute over 50,000 min: 5,000 windows, so within 1.2 %."""
    found = readings(PLAIN._replace(dropout_share=0.05, dropout_s=600.0), count=50_000)
    missing = [one.condition == MISSING for one in found]
    assert statistics.fmean(missing) == pytest.approx(0.05, abs=0.012)
    begins = sum(now and not before for before, now in itertools.pairwise(missing))
    assert sum(missing) / begins == pytest.approx(10.5, abs=0.8)  # 10, and more where two times meet


def test_a_missing_value_is_none_at_the_door_and_nothing_else_is():
    gone = reading(sensor_at(20.0), KEY, 0, PLAIN, SOUND._replace(missing=1.0))
    assert math.isnan(gone.value)
    assert shown(gone) is None
    assert shown(reading(sensor_at(20.0), KEY, 0, PLAIN, SOUND)) == 20.0


@given(st.sampled_from(sorted(SENSOR_PARTS)), st.floats(-1e4, 1e4), st.integers(0, 10**7), st.floats(0.0, 1e8))
def test_only_a_missing_value_is_nan_and_a_value_outside_the_range_says_so(kind, truth, step, age_s):
    sensor = instrument(kind)
    one = reading(sensor_at(truth)._replace(age_s=age_s), KEY, step, sensor, SOUND)
    assert math.isnan(one.value) == (one.condition == MISSING)
    if one.condition == GOOD:
        assert sensor.lowest <= one.value <= sensor.highest
    if one.condition == AT_RANGE_END:
        assert one.value in (sensor.lowest, sensor.highest)


def test_beyond_its_range_an_instrument_shows_the_end_and_says_that_it_does():
    assert reading(sensor_at(200.0), KEY, 0, PLAIN, SOUND) == (80.0, AT_RANGE_END)


def test_a_stuck_sensor_shows_its_value_and_knows_no_better():
    stuck = SensorFault(stuck=1.0, stuck_at=17.5, missing=0.0, offset=0.0)
    assert set(readings(instrument("air_temperature")._replace(dropout_share=0.0), fault=stuck, count=50)) == {
        (17.5, GOOD)
    }


def test_a_drifted_sensor_reads_off_by_its_offset():
    assert reading(sensor_at(2.0), KEY, 0, PLAIN, SOUND._replace(offset=-0.4)).value == pytest.approx(1.6)


def test_the_same_seed_reads_the_same_bit_for_bit_and_another_does_not():
    sensor = instrument("air_temperature")
    again = readings(sensor, key=noise_key("h1-climate.air_temperature", 1), count=500)
    other = readings(sensor, key=noise_key("h1-climate.air_temperature", 2), count=500)
    first = readings(sensor, count=500)
    assert [one.value.hex() for one in first] == [one.value.hex() for one in again]
    assert [one.value for one in first] != [one.value for one in other]


def test_the_tolerances_are_those_of_the_agronomy():
    """Agronomy §1.4 (11): T ±0.3 K, RH ±3 %, CO2 ±50 ppm, EC ±0.1, as two standard deviations."""
    tolerances = {"air_temperature": 0.3, "relative_humidity": 3.0, "co2": 50.0, "conductivity": 0.1}
    assert {kind: 2.0 * instrument(kind).bias_sd for kind in tolerances} == tolerances


def test_every_kind_of_instrument_has_the_fields_that_the_model_reads():
    for kind, part in SENSOR_PARTS.items():
        assert part._fields == Sensor._fields, kind
