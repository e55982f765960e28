"""What instruments say about the truth: late, a little wrong, wrong in their own way, and now and then nothing.

Every number of a sensor follows from its key and the count of its step (``greenhouse.plant.noise``): no sensor changes
another one's, and the same seed gives the same readings bit for bit.
"""

from __future__ import annotations

import math
from typing import Annotated, NamedTuple

from greenhouse.plant.noise import NoiseKey, bell, uniform
from greenhouse.plant.parameters import Unit

GOOD, MISSING, AT_RANGE_END = 0.0, 1.0, 2.0
"""How a reading stands. A stuck sensor says GOOD: it knows no better."""

BIAS_DRAW, GAIN_DRAW, _DRIFT_DRAW, NOISE_DRAW, _DROPOUT_DRAW = 0, 2, 4, 6, 8
FOR_LIFE = 0
_DAY_S = 86_400.0
_YEAR_D = 365.25


class Sensor(NamedTuple):
    """An instrument, in the unit of what it measures. The kinds of instruments say their units.

    Attributes
    ----------
    bias_sd, gain_sd, drift_sd_a : float
        How much instruments of this kind differ: a constant, a share of the reading, and per year. Each instrument has
        its own for life, by its key.
    noise_sd : float
        From reading to reading.
    lag_s : float
        Time constant; 0 follows at once.
    dropout_share, dropout_s : float
        Share of the time without a value, and how long one such time is.
    lowest, highest : float
        Measuring range: a reading ends there and says so.
    """

    bias_sd: float
    gain_sd: float
    noise_sd: float
    lag_s: float
    drift_sd_a: float
    dropout_share: float
    dropout_s: float
    lowest: float
    highest: float


class SensorState(NamedTuple):
    """What the instrument feels by now, and how long it has been in service."""

    felt: float
    age_s: float


class SensorFault(NamedTuple):
    """What is wrong with one instrument.

    Attributes
    ----------
    stuck : float
        1: shows ``stuck_at`` for ever.
    stuck_at : float
        In the unit of the instrument.
    missing : float
        1: gives no value.
    offset : float
        Added to what it would read: a fault of drift, as far as it has come.
    """

    stuck: float
    stuck_at: float
    missing: float
    offset: float


SOUND = SensorFault(0.0, 0.0, 0.0, 0.0)


class Reading(NamedTuple):
    """What the instrument says.

    Attributes
    ----------
    value : float
        NaN where ``condition`` is MISSING, and only there.
    condition : float
        GOOD, MISSING or AT_RANGE_END.
    """

    value: float
    condition: float


def sensor_at(truth: float) -> SensorState:
    """A new instrument that has settled on what is true."""
    return SensorState(truth, 0.0)


def follow(state: SensorState, truth: float, sensor: Sensor, dt_s: float) -> SensorState:
    """Let the instrument feel the truth of a step: first order, solved exactly.

    References
    ----------
    WMO-No. 8 (2018), Guide to Instruments and Methods of Observation, part I, 1.6.3: the time constant is the time to
    63.2 % of a step.
    """
    left = math.exp(-dt_s / sensor.lag_s) if sensor.lag_s > 0.0 else 0.0
    return SensorState(truth + (state.felt - truth) * left, state.age_s + dt_s)


def reading(state: SensorState, key: NoiseKey, step: int, sensor: Sensor, fault: SensorFault) -> Reading:
    """What the instrument says at a step.

    Parameters
    ----------
    step : int
        Counts readings; the same one gives the same noise.
    """
    window = int(state.age_s / sensor.dropout_s) if sensor.dropout_s > 0.0 else step
    if fault.missing > 0.0 or uniform(key, window, _DROPOUT_DRAW) < sensor.dropout_share:
        return Reading(math.nan, MISSING)
    if fault.stuck > 0.0:
        return Reading(fault.stuck_at, GOOD)
    gain = 1.0 + sensor.gain_sd * bell(key, FOR_LIFE, GAIN_DRAW)
    wrong = sensor.bias_sd * bell(key, FOR_LIFE, BIAS_DRAW)
    wrong += sensor.drift_sd_a * bell(key, FOR_LIFE, _DRIFT_DRAW) * state.age_s / (_YEAR_D * _DAY_S)
    wrong += sensor.noise_sd * bell(key, step, NOISE_DRAW) + fault.offset
    value = gain * state.felt + wrong
    if value < sensor.lowest:
        return Reading(sensor.lowest, AT_RANGE_END)
    if value > sensor.highest:
        return Reading(sensor.highest, AT_RANGE_END)
    return Reading(value, GOOD)


def shown(reading: Reading) -> float | None:
    """The door out of the model: a missing value is None and nothing else."""
    return None if reading.condition == MISSING else reading.value


Share = Annotated[float, Unit("1", highest=1.0)]
Seconds = Annotated[float, Unit("s", highest=7200.0)]
Kelvin = Annotated[float, Unit("K", highest=20.0)]
KelvinPerYear = Annotated[float, Unit("K a-1", highest=5.0)]
Celsius = Annotated[float, Unit("degC", lowest=-60.0, highest=150.0)]
Percent = Annotated[float, Unit("%", highest=100.0)]
PercentPerYear = Annotated[float, Unit("% a-1", highest=20.0)]
Ppm = Annotated[float, Unit("ppm", highest=20_000.0)]
PpmPerYear = Annotated[float, Unit("ppm a-1", highest=500.0)]
Conductivity = Annotated[float, Unit("mS cm-1", highest=50.0)]
ConductivityPerYear = Annotated[float, Unit("mS cm-1 a-1", highest=5.0)]
Acidity = Annotated[float, Unit("pH", highest=14.0)]
AcidityPerYear = Annotated[float, Unit("pH a-1", highest=5.0)]
Irradiance = Annotated[float, Unit("W m-2", highest=4000.0)]
IrradiancePerYear = Annotated[float, Unit("W m-2 a-1", highest=100.0)]
Speed = Annotated[float, Unit("m s-1", highest=100.0)]
SpeedPerYear = Annotated[float, Unit("m s-1 a-1", highest=10.0)]


class TemperatureSensor(NamedTuple):
    """Air, floor, pipe or root temperature."""

    bias_sd: Kelvin
    gain_sd: Share
    noise_sd: Kelvin
    lag_s: Seconds
    drift_sd_a: KelvinPerYear
    dropout_share: Share
    dropout_s: Seconds
    lowest: Celsius
    highest: Celsius


class HumiditySensor(NamedTuple):
    """Relative humidity of air, or water content of a substrate."""

    bias_sd: Percent
    gain_sd: Share
    noise_sd: Percent
    lag_s: Seconds
    drift_sd_a: PercentPerYear
    dropout_share: Share
    dropout_s: Seconds
    lowest: Percent
    highest: Percent


class Co2Sensor(NamedTuple):
    """Carbon dioxide in air, by infrared."""

    bias_sd: Ppm
    gain_sd: Share
    noise_sd: Ppm
    lag_s: Seconds
    drift_sd_a: PpmPerYear
    dropout_share: Share
    dropout_s: Seconds
    lowest: Ppm
    highest: Ppm


class ConductivitySensor(NamedTuple):
    """Electrical conductivity of water."""

    bias_sd: Conductivity
    gain_sd: Share
    noise_sd: Conductivity
    lag_s: Seconds
    drift_sd_a: ConductivityPerYear
    dropout_share: Share
    dropout_s: Seconds
    lowest: Conductivity
    highest: Conductivity


class AciditySensor(NamedTuple):
    """Acidity of water."""

    bias_sd: Acidity
    gain_sd: Share
    noise_sd: Acidity
    lag_s: Seconds
    drift_sd_a: AcidityPerYear
    dropout_share: Share
    dropout_s: Seconds
    lowest: Acidity
    highest: Acidity


class IrradianceSensor(NamedTuple):
    """Sun on a plane."""

    bias_sd: Irradiance
    gain_sd: Share
    noise_sd: Irradiance
    lag_s: Seconds
    drift_sd_a: IrradiancePerYear
    dropout_share: Share
    dropout_s: Seconds
    lowest: Irradiance
    highest: Irradiance


class WindSensor(NamedTuple):
    """Speed of the wind."""

    bias_sd: Speed
    gain_sd: Share
    noise_sd: Speed
    lag_s: Seconds
    drift_sd_a: SpeedPerYear
    dropout_share: Share
    dropout_s: Seconds
    lowest: Speed
    highest: Speed
