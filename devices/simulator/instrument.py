"""Sensors and meters of any profile: each point shows what its quantity is at the device's place."""

from __future__ import annotations

import math

from devices.profiles.schema import DeviceProfile, PointSpec
from devices.simulator.compartment import Compartment
from devices.simulator.equipment import Equipment, Scene
from devices.units import Quantity, conversion

LINE_VOLTAGE_V = 231.0
POWER_FACTOR = 0.93
_LUX_PER_W_M2 = 110.0
_MICROMOLE_PER_JOULE = 2.1
_PIPE_AREA_M2 = math.pi * 0.025**2


class Instrument(Equipment):
    """A device that measures; what it can be set to (its address, its baud rate) is kept and does nothing."""

    def __init__(self, key: str, profile: DeviceProfile) -> None:
        super().__init__(key, {point.key: factory_setting(point) for point in profile.points if point.write})
        self.points = [point for point in profile.points if point.access.can_read and not point.write]
        self.is_in_ground = any(point.quantity is Quantity.SUBSTRATE_MOISTURE for point in self.points)
        self.volume_m3, self.energy_kwh = 1_240.0, 8_600.0

    def advance(self, elapsed_s: float, scene: Scene) -> None:
        """Count what flowed and take over the values of the step."""
        self.volume_m3 += scene.water_flow_m3_h * elapsed_s / 3600.0
        self.energy_kwh += scene.power_kw * elapsed_s / 3600.0
        shown = _outdoors(scene) | _metered(scene)
        if scene.house is not None:
            shown |= _indoors(scene.house, is_in_ground=self.is_in_ground)
        shown[Quantity.VOLUME], shown[Quantity.ENERGY] = self.volume_m3, self.energy_kwh
        self.readings = {
            point.key: shown[point.quantity] * share_of(point) for point in self.points if point.quantity in shown
        }


def _outdoors(scene: Scene) -> dict[Quantity, float]:
    outside = scene.outside
    return {
        Quantity.TEMPERATURE: outside.air_temperature_c,
        Quantity.RELATIVE_HUMIDITY: outside.relative_humidity_pct,
        Quantity.CO2_CONCENTRATION: 420.0,
        Quantity.IRRADIANCE: outside.irradiance_w_m2,
        Quantity.ILLUMINANCE: _LUX_PER_W_M2 * outside.irradiance_w_m2,
        Quantity.PHOTON_FLUX_DENSITY: _MICROMOLE_PER_JOULE * outside.irradiance_w_m2,
        Quantity.WIND_SPEED: outside.wind_speed_m_s,
        Quantity.WIND_DIRECTION: outside.wind_direction_deg,
        Quantity.AIR_PRESSURE: outside.air_pressure_kpa,
        Quantity.DUST_CONCENTRATION: outside.dust_ug_m3,
        Quantity.STATUS_BITS: 0.0,
        Quantity.STATE: 0.0,
        Quantity.CODE: 0.0,
    }


def _indoors(house: Compartment, *, is_in_ground: bool) -> dict[Quantity, float]:
    return {
        Quantity.TEMPERATURE: house.substrate_temperature_c if is_in_ground else house.air_temperature_c,
        Quantity.RELATIVE_HUMIDITY: house.relative_humidity_pct,
        Quantity.VAPOR_PRESSURE_DEFICIT: house.vapor_pressure_deficit_kpa,
        Quantity.CO2_CONCENTRATION: house.co2_ppm,
        Quantity.IRRADIANCE: house.irradiance_w_m2,
        Quantity.ILLUMINANCE: _LUX_PER_W_M2 * house.irradiance_w_m2,
        Quantity.PHOTON_FLUX_DENSITY: _MICROMOLE_PER_JOULE * house.irradiance_w_m2,
        Quantity.SUBSTRATE_MOISTURE: house.substrate_moisture_pct,
        Quantity.SUBSTRATE_PERMITTIVITY: 4.0 + 0.5 * house.substrate_moisture_pct,
        Quantity.CONDUCTIVITY: 0.02 * house.substrate_moisture_pct,
        Quantity.SALINITY: 11.0 * house.substrate_moisture_pct,
        Quantity.ACIDITY: 6.4,
        Quantity.NUTRIENT_CONTENT: 90.0,
    }


def _metered(scene: Scene) -> dict[Quantity, float]:
    power_kw = scene.power_kw
    apparent_va = 1000.0 * power_kw / POWER_FACTOR
    return {
        Quantity.FLOW: scene.water_flow_m3_h,
        Quantity.FLOW_VELOCITY: scene.water_flow_m3_h / 3600.0 / _PIPE_AREA_M2,
        Quantity.VOLTAGE: LINE_VOLTAGE_V,
        Quantity.CURRENT: apparent_va / 3.0 / LINE_VOLTAGE_V,
        Quantity.POWER: power_kw,
        Quantity.APPARENT_POWER: apparent_va,
        Quantity.REACTIVE_POWER: apparent_va * math.sqrt(1.0 - POWER_FACTOR**2),
        Quantity.POWER_FACTOR: POWER_FACTOR,
        Quantity.FREQUENCY: 50.0,
    }


def share_of(point: PointSpec) -> float:
    """A phase carries a third of the power; nothing is fed back into the grid."""
    if "export" in point.key:
        return 0.0
    is_phase = point.quantity is Quantity.POWER and point.key.rpartition("_")[2] in {"l1", "l2", "l3"}
    return 1.0 / 3.0 if is_phase else 1.0


def factory_setting(point: PointSpec) -> float:
    """The lowest setting that may be written, or 0 where that is one."""
    assert point.write is not None
    low, high = point.write.limits
    return conversion(point.quantity, point.unit).apply(min(max(0.0, low), high))
