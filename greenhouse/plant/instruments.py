"""The kinds of instruments, from ``data/sensors.toml``."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from greenhouse.plant.parameters import ParameterFile, Parameters, parse_parameters
from greenhouse.plant.sensors import (
    AciditySensor,
    Co2Sensor,
    ConductivitySensor,
    HumiditySensor,
    IrradianceSensor,
    Sensor,
    TemperatureSensor,
    WindSensor,
)

SENSORS_FILE = Path(__file__).parent / "data" / "sensors.toml"

SENSOR_PARTS: Mapping[str, type[Parameters]] = {
    "air_temperature": TemperatureSensor,
    "ground_temperature": TemperatureSensor,
    "relative_humidity": HumiditySensor,
    "substrate_moisture": HumiditySensor,
    "co2": Co2Sensor,
    "conductivity": ConductivitySensor,
    "acidity": AciditySensor,
    "irradiance": IrradianceSensor,
    "wind_speed": WindSensor,
}


@cache
def sensor_parameters() -> ParameterFile:
    """The file of this project, read once."""
    text = SENSORS_FILE.read_text(encoding="utf-8")
    return parse_parameters(text, file=SENSORS_FILE.name, parts=SENSOR_PARTS)


def instrument(kind: str) -> Sensor:
    """An instrument of a kind in ``SENSOR_PARTS``."""
    values = {one.name: one.value for one in sensor_parameters().stated if one.part == kind}
    return Sensor._make(values[field] for field in Sensor._fields)
