"""What an instrument says over a long time, as arrays: the numbers of ``greenhouse.plant.sensors``, much faster."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from greenhouse.plant import noise
from greenhouse.plant.noise import NoiseKey, bell
from greenhouse.plant.sensors import BIAS_DRAW, FOR_LIFE, GAIN_DRAW, NOISE_DRAW, Sensor

Array = NDArray[np.float64]

_FORGOTTEN = 1e-5
"""A share of the past that no instrument shows any more."""


def readings(truth: Array, key: NoiseKey, first_step: int, sensor: Sensor, dt_s: float) -> Array:
    """What an instrument says at steps of ``dt_s``; at the first one it has settled.

    It does not age, and it always has a value: drift and drop-outs belong to one instrument on one day, not to a past
    that is made up.

    Parameters
    ----------
    truth : array, shape (n,)
        At each step, in the unit of the sensor.
    first_step : int
        Number of the first step; the same one gives the same noise as ``sensors.reading``.
    """
    steps = np.arange(first_step, first_step + len(truth), dtype=np.uint64)
    gain = 1.0 + sensor.gain_sd * bell(key, FOR_LIFE, GAIN_DRAW)
    wrong = sensor.bias_sd * bell(key, FOR_LIFE, BIAS_DRAW) + sensor.noise_sd * noise.bells(key, steps, NOISE_DRAW)
    said: Array = np.clip(gain * felt(truth, sensor.lag_s, dt_s) + wrong, sensor.lowest, sensor.highest)
    return said


def felt(truth: Array, lag_s: float, dt_s: float) -> Array:
    """The truth as an instrument of first order feels it (``sensors.follow``)."""
    if lag_s <= 0.0 or len(truth) == 0:
        return truth
    left = math.exp(-dt_s / lag_s)
    reach = max(1, math.ceil(math.log(_FORGOTTEN) / math.log(left)))
    weights = (1.0 - left) * left ** np.arange(reach)
    settled = np.concatenate((np.full(reach - 1, truth[0]), truth))
    mixed: Array = np.convolve(settled, weights / weights.sum(), mode="valid")
    return mixed
