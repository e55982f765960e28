"""How a quantity is written for people: unit sign, decimals, and the step of an entry.

The store keeps values as they came; rounding happens on the page.

References
----------
Design rules H4 (decimals per quantity) and SP2 (steps of the setpoint entry).
"""

from __future__ import annotations

from dataclasses import dataclass

from devices.units import Quantity, Unit

UNIT_SIGNS: dict[Unit, str] = {
    Unit.NONE: "",
    Unit.DEGREE_CELSIUS: "°C",
    Unit.DEGREE_FAHRENHEIT: "°F",
    Unit.WATT_PER_SQUARE_METER: "W/m²",
    Unit.MICROMOLE_PER_SQUARE_METER_SECOND: "µmol/(m²·s)",
    Unit.MOLE_PER_SQUARE_METER_DAY: "mol/(m²·d)",
    Unit.DEGREE: "°",
    Unit.MICROGRAM_PER_CUBIC_METER: "µg/m³",
    Unit.MICROSIEMENS_PER_CENTIMETER: "µS/cm",
    Unit.CUBIC_METER: "m³",
    Unit.CUBIC_METER_PER_HOUR: "m³/h",
    Unit.PH: "",
}
"""Units whose sign differs from their code. pH is a number without a unit."""


@dataclass(frozen=True, slots=True)
class Display:
    """How values of a quantity are written.

    Attributes
    ----------
    resolution : float
        Values are rounded to a multiple of this, canonical unit.
    decimals : int
        Digits after the point.
    entry_step : float
        What one press of − or + changes.
    """

    resolution: float
    decimals: int
    entry_step: float


_DEFAULT = Display(0.1, 1, 1.0)
_WHOLE = Display(1.0, 0, 1.0)
_HUNDREDTH = Display(0.01, 2, 0.1)
_BY_QUANTITY: dict[Quantity, Display] = {
    Quantity.TEMPERATURE: Display(0.1, 1, 0.5),
    Quantity.TEMPERATURE_DELTA: Display(0.1, 1, 0.5),
    Quantity.RELATIVE_HUMIDITY: _WHOLE,
    Quantity.VAPOR_PRESSURE_DEFICIT: _HUNDREDTH,
    Quantity.CO2_CONCENTRATION: Display(10.0, 0, 50.0),
    Quantity.IRRADIANCE: Display(1.0, 0, 10.0),
    Quantity.PHOTON_FLUX_DENSITY: Display(1.0, 0, 10.0),
    Quantity.ILLUMINANCE: Display(1.0, 0, 100.0),
    Quantity.WIND_DIRECTION: Display(1.0, 0, 1.0),
    Quantity.WIND_FORCE: _WHOLE,
    Quantity.DUST_CONCENTRATION: _WHOLE,
    Quantity.CONDUCTIVITY: _HUNDREDTH,
    Quantity.WATER_PRESSURE: _HUNDREDTH,
    Quantity.FLOW: _HUNDREDTH,
    Quantity.POWER: _HUNDREDTH,
    Quantity.POWER_FACTOR: _HUNDREDTH,
    Quantity.POSITION: _WHOLE,
    Quantity.FILL_LEVEL: _WHOLE,
    Quantity.SPEED_RATIO: _WHOLE,
    Quantity.DURATION: Display(1.0, 0, 10.0),
    Quantity.NUTRIENT_CONTENT: _WHOLE,
    Quantity.SALINITY: _WHOLE,
    Quantity.STATE: _WHOLE,
    Quantity.MODE: _WHOLE,
    Quantity.STATUS_BITS: _WHOLE,
    Quantity.CODE: _WHOLE,
    Quantity.COUNT: _WHOLE,
    Quantity.ACIDITY: Display(0.1, 1, 0.1),
}


def display(quantity: Quantity) -> Display:
    """How values of this quantity are written."""
    return _BY_QUANTITY.get(quantity, _DEFAULT)


def unit_sign(unit: Unit) -> str:
    """The unit as people write it."""
    return UNIT_SIGNS.get(unit, unit.value)
