"""The instrument over a long time says what the instrument of one moment says."""

from __future__ import annotations

import numpy as np
import pytest

from greenhouse.plant.instruments import instrument
from greenhouse.plant.noise import bell, bells, noise_key
from greenhouse.plant.sensor_series import felt, readings
from greenhouse.plant.sensors import SOUND, follow, reading, sensor_at

KEY = noise_key("h1-climate.air_temperature", 7)


def test_noise_of_many_steps_is_that_of_each_bit_for_bit():
    steps = np.concatenate((np.arange(500), [2**31, 2**32 - 1, 2**33 + 5])).astype(np.uint64)
    assert bells(KEY, steps, 6).tolist() == [bell(KEY, int(step), 6) for step in steps]


@pytest.mark.parametrize("kind", ["air_temperature", "relative_humidity", "irradiance"])
def test_readings_are_those_of_the_instrument_without_drift_and_drop_outs(kind):
    sensor = instrument(kind)._replace(drift_sd_a=0.0, dropout_share=0.0)
    truth = 40.0 + 30.0 * np.sin(np.arange(300) / 20.0)
    state, one_by_one = sensor_at(float(truth[0])), []
    for step, value in enumerate(truth):
        state = follow(state, float(value), sensor, 60.0)
        one_by_one.append(reading(state, KEY, 100 + step, sensor, SOUND).value)
    np.testing.assert_allclose(readings(truth, KEY, 100, sensor, 60.0), one_by_one, atol=0.005)


def test_an_instrument_without_lag_feels_the_truth():
    truth = np.arange(5.0)
    assert felt(truth, 0.0, 60.0) is truth
    assert len(felt(np.empty(0), 90.0, 60.0)) == 0
