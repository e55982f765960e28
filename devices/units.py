"""Quantities and their legal units.

Each quantity has one canonical unit, the first of its list: the store, the rules and every number between the codec and
a page use it. A temperature *difference* is a quantity of its own, because it converts without the offset.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Unit(StrEnum):
    """Units as they are written in profiles and in the store (ASCII codes, not symbols)."""

    NONE = "1"
    DEGREE_CELSIUS = "degC"
    DEGREE_FAHRENHEIT = "degF"
    KELVIN = "K"
    PERCENT = "%"
    KILOPASCAL = "kPa"
    PASCAL = "Pa"
    HECTOPASCAL = "hPa"
    PPM = "ppm"
    WATT_PER_SQUARE_METER = "W/m2"
    MICROMOLE_PER_SQUARE_METER_SECOND = "umol/m2/s"
    MOLE_PER_SQUARE_METER_DAY = "mol/m2/d"
    LUX = "lx"
    KILOLUX = "klx"
    METER_PER_SECOND = "m/s"
    MILE_PER_HOUR = "mph"
    DEGREE = "deg"
    BEAUFORT = "Bft"
    MILLIMETER = "mm"
    MICROGRAM_PER_CUBIC_METER = "ug/m3"
    DECIBEL = "dB"
    MILLISIEMENS_PER_CENTIMETER = "mS/cm"
    MICROSIEMENS_PER_CENTIMETER = "uS/cm"
    PH = "pH"
    MILLIGRAM_PER_LITER = "mg/L"
    MILLIGRAM_PER_KILOGRAM = "mg/kg"
    LITER = "L"
    CUBIC_METER = "m3"
    CUBIC_METER_PER_HOUR = "m3/h"
    LITER_PER_MINUTE = "L/min"
    KILOWATT_HOUR = "kWh"
    KILOWATT = "kW"
    WATT = "W"
    VOLT_AMPERE = "VA"
    VOLT_AMPERE_REACTIVE = "var"
    VOLT = "V"
    MILLIVOLT = "mV"
    AMPERE = "A"
    HERTZ = "Hz"
    MILLISECOND = "ms"
    SECOND = "s"
    HOUR = "h"
    BAR = "bar"
    MEGABYTE = "MB"


class Quantity(StrEnum):
    """What a point measures or sets."""

    TEMPERATURE = "temperature"
    TEMPERATURE_DELTA = "temperature_delta"
    RELATIVE_HUMIDITY = "relative_humidity"
    VAPOR_PRESSURE_DEFICIT = "vapor_pressure_deficit"
    CO2_CONCENTRATION = "co2_concentration"
    VOLATILE_ORGANIC_COMPOUNDS = "volatile_organic_compounds"
    IRRADIANCE = "irradiance"
    PHOTON_FLUX_DENSITY = "photon_flux_density"
    DAILY_LIGHT_INTEGRAL = "daily_light_integral"
    ILLUMINANCE = "illuminance"
    WIND_SPEED = "wind_speed"
    WIND_DIRECTION = "wind_direction"
    WIND_FORCE = "wind_force"
    RAIN_DEPTH = "rain_depth"
    DUST_CONCENTRATION = "dust_concentration"
    SOUND_LEVEL = "sound_level"
    AIR_PRESSURE = "air_pressure"
    WATER_PRESSURE = "water_pressure"
    POSITION = "position"
    LENGTH = "length"
    ANGLE = "angle"
    SPEED_RATIO = "speed_ratio"
    SUBSTRATE_MOISTURE = "substrate_moisture"
    SUBSTRATE_PERMITTIVITY = "substrate_permittivity"
    NUTRIENT_CONTENT = "nutrient_content"
    CONDUCTIVITY = "conductivity"
    ACIDITY = "acidity"
    SALINITY = "salinity"
    FILL_LEVEL = "fill_level"
    VOLUME = "volume"
    FLOW = "flow"
    FLOW_VELOCITY = "flow_velocity"
    ENERGY = "energy"
    POWER = "power"
    APPARENT_POWER = "apparent_power"
    REACTIVE_POWER = "reactive_power"
    POWER_FACTOR = "power_factor"
    VOLTAGE = "voltage"
    CURRENT = "current"
    FREQUENCY = "frequency"
    DURATION = "duration"
    LATENCY = "latency"
    DATA_SIZE = "data_size"
    STATE = "state"
    MODE = "mode"
    STATUS_BITS = "status_bits"
    CODE = "code"
    COUNT = "count"
    RATIO = "ratio"


_U = Unit
UNITS_OF: dict[Quantity, tuple[Unit, ...]] = {
    Quantity.TEMPERATURE: (_U.DEGREE_CELSIUS, _U.DEGREE_FAHRENHEIT),
    Quantity.TEMPERATURE_DELTA: (_U.KELVIN,),
    Quantity.RELATIVE_HUMIDITY: (_U.PERCENT,),
    Quantity.VAPOR_PRESSURE_DEFICIT: (_U.KILOPASCAL, _U.PASCAL, _U.HECTOPASCAL),
    Quantity.CO2_CONCENTRATION: (_U.PPM,),
    Quantity.VOLATILE_ORGANIC_COMPOUNDS: (_U.PERCENT,),
    Quantity.IRRADIANCE: (_U.WATT_PER_SQUARE_METER,),
    Quantity.PHOTON_FLUX_DENSITY: (_U.MICROMOLE_PER_SQUARE_METER_SECOND,),
    Quantity.DAILY_LIGHT_INTEGRAL: (_U.MOLE_PER_SQUARE_METER_DAY,),
    Quantity.ILLUMINANCE: (_U.LUX, _U.KILOLUX),
    Quantity.WIND_SPEED: (_U.METER_PER_SECOND, _U.MILE_PER_HOUR),
    Quantity.WIND_DIRECTION: (_U.DEGREE,),
    Quantity.WIND_FORCE: (_U.BEAUFORT,),
    Quantity.RAIN_DEPTH: (_U.MILLIMETER,),
    Quantity.DUST_CONCENTRATION: (_U.MICROGRAM_PER_CUBIC_METER,),
    Quantity.SOUND_LEVEL: (_U.DECIBEL,),
    Quantity.AIR_PRESSURE: (_U.KILOPASCAL, _U.PASCAL, _U.HECTOPASCAL),
    Quantity.WATER_PRESSURE: (_U.BAR, _U.KILOPASCAL),
    Quantity.POSITION: (_U.PERCENT,),
    Quantity.LENGTH: (_U.MILLIMETER,),
    Quantity.ANGLE: (_U.DEGREE,),
    Quantity.SPEED_RATIO: (_U.PERCENT,),
    Quantity.SUBSTRATE_MOISTURE: (_U.PERCENT,),
    Quantity.SUBSTRATE_PERMITTIVITY: (_U.NONE,),
    Quantity.NUTRIENT_CONTENT: (_U.MILLIGRAM_PER_KILOGRAM,),
    Quantity.CONDUCTIVITY: (_U.MILLISIEMENS_PER_CENTIMETER, _U.MICROSIEMENS_PER_CENTIMETER),
    Quantity.ACIDITY: (_U.PH,),
    Quantity.SALINITY: (_U.MILLIGRAM_PER_LITER,),
    Quantity.FILL_LEVEL: (_U.PERCENT,),
    Quantity.VOLUME: (_U.CUBIC_METER, _U.LITER),
    Quantity.FLOW: (_U.CUBIC_METER_PER_HOUR, _U.LITER_PER_MINUTE),
    Quantity.FLOW_VELOCITY: (_U.METER_PER_SECOND,),
    Quantity.ENERGY: (_U.KILOWATT_HOUR,),
    Quantity.POWER: (_U.KILOWATT, _U.WATT),
    Quantity.APPARENT_POWER: (_U.VOLT_AMPERE,),
    Quantity.REACTIVE_POWER: (_U.VOLT_AMPERE_REACTIVE,),
    Quantity.POWER_FACTOR: (_U.NONE,),
    Quantity.VOLTAGE: (_U.VOLT, _U.MILLIVOLT),
    Quantity.CURRENT: (_U.AMPERE,),
    Quantity.FREQUENCY: (_U.HERTZ,),
    Quantity.DURATION: (_U.SECOND, _U.HOUR),
    Quantity.LATENCY: (_U.MILLISECOND,),
    Quantity.DATA_SIZE: (_U.MEGABYTE,),
    Quantity.STATE: (_U.NONE,),
    Quantity.MODE: (_U.NONE,),
    Quantity.STATUS_BITS: (_U.NONE,),
    Quantity.CODE: (_U.NONE,),
    Quantity.COUNT: (_U.NONE,),
    Quantity.RATIO: (_U.PERCENT, _U.NONE),
}


@dataclass(frozen=True, slots=True)
class Conversion:
    """A linear change of unit: ``canonical = value * factor + offset``."""

    factor: float = 1.0
    offset: float = 0.0

    def apply(self, value: float) -> float:
        """Value in the canonical unit."""
        return value * self.factor + self.offset

    def undo(self, value: float) -> float:
        """Value in the declared unit, from the canonical one."""
        return (value - self.offset) / self.factor


_IDENTITY = Conversion()

# Exact by definition, except none: °F = °C * 9/5 + 32; mile = 1609.344 m; 1 ratio = 100 %.
_TO_CANONICAL: dict[tuple[Quantity, Unit], Conversion] = {
    (Quantity.TEMPERATURE, _U.DEGREE_FAHRENHEIT): Conversion(5 / 9, -160 / 9),
    (Quantity.VAPOR_PRESSURE_DEFICIT, _U.PASCAL): Conversion(1e-3),
    (Quantity.VAPOR_PRESSURE_DEFICIT, _U.HECTOPASCAL): Conversion(1e-1),
    (Quantity.AIR_PRESSURE, _U.PASCAL): Conversion(1e-3),
    (Quantity.AIR_PRESSURE, _U.HECTOPASCAL): Conversion(1e-1),
    (Quantity.WATER_PRESSURE, _U.KILOPASCAL): Conversion(1e-2),
    (Quantity.ILLUMINANCE, _U.KILOLUX): Conversion(1e3),
    (Quantity.WIND_SPEED, _U.MILE_PER_HOUR): Conversion(1609.344 / 3600),
    (Quantity.CONDUCTIVITY, _U.MICROSIEMENS_PER_CENTIMETER): Conversion(1e-3),
    (Quantity.VOLUME, _U.LITER): Conversion(1e-3),
    (Quantity.FLOW, _U.LITER_PER_MINUTE): Conversion(60 / 1000),
    (Quantity.POWER, _U.WATT): Conversion(1e-3),
    (Quantity.VOLTAGE, _U.MILLIVOLT): Conversion(1e-3),
    (Quantity.DURATION, _U.HOUR): Conversion(3600.0),
    (Quantity.RATIO, _U.NONE): Conversion(100.0),
}


def canonical_unit(quantity: Quantity) -> Unit:
    """The one unit in which a quantity is stored."""
    return UNITS_OF[quantity][0]


def is_legal(quantity: Quantity, unit: Unit) -> bool:
    """Whether a point of this quantity may be declared in this unit."""
    return unit in UNITS_OF[quantity]


def conversion(quantity: Quantity, unit: Unit) -> Conversion:
    """The way from a declared unit to the canonical one.

    Raises
    ------
    ValueError
        If the unit is not legal for the quantity.
    """
    if not is_legal(quantity, unit):
        legal = ", ".join(UNITS_OF[quantity])
        raise ValueError(f"{unit} is no unit of {quantity} (legal: {legal})")
    return _TO_CANONICAL.get((quantity, unit), _IDENTITY)
