"""Names of quantities in the reader's language: what a panel of a chart shows, by what points are chosen."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

from devices.units import Quantity

_NAMES: Mapping[Quantity, str | Promise] = {
    Quantity.TEMPERATURE: pgettext_lazy("quantity", "Temperature"),
    Quantity.TEMPERATURE_DELTA: pgettext_lazy("quantity", "Temperature difference"),
    Quantity.RELATIVE_HUMIDITY: pgettext_lazy("quantity", "Humidity"),
    Quantity.VAPOR_PRESSURE_DEFICIT: pgettext_lazy("quantity", "Vapor pressure deficit"),
    Quantity.CO2_CONCENTRATION: "CO₂",
    Quantity.VOLATILE_ORGANIC_COMPOUNDS: pgettext_lazy("quantity", "Volatile organic compounds"),
    Quantity.IRRADIANCE: pgettext_lazy("quantity", "Irradiance"),
    Quantity.PHOTON_FLUX_DENSITY: pgettext_lazy("quantity", "Photosynthetic light"),
    Quantity.DAILY_LIGHT_INTEGRAL: pgettext_lazy("quantity", "Daily light integral"),
    Quantity.ILLUMINANCE: pgettext_lazy("quantity", "Illuminance"),
    Quantity.WIND_SPEED: pgettext_lazy("quantity", "Wind speed"),
    Quantity.WIND_DIRECTION: pgettext_lazy("quantity", "Wind direction"),
    Quantity.WIND_FORCE: pgettext_lazy("quantity", "Wind force"),
    Quantity.RAIN_DEPTH: pgettext_lazy("quantity", "Rain"),
    Quantity.DUST_CONCENTRATION: pgettext_lazy("quantity", "Dust"),
    Quantity.SOUND_LEVEL: pgettext_lazy("quantity", "Sound level"),
    Quantity.AIR_PRESSURE: pgettext_lazy("quantity", "Air pressure"),
    Quantity.WATER_PRESSURE: pgettext_lazy("quantity", "Water pressure"),
    Quantity.POSITION: pgettext_lazy("quantity", "Position"),
    Quantity.LENGTH: pgettext_lazy("quantity", "Length"),
    Quantity.ANGLE: pgettext_lazy("quantity", "Angle"),
    Quantity.SPEED_RATIO: pgettext_lazy("quantity", "Speed"),
    Quantity.SUBSTRATE_MOISTURE: pgettext_lazy("quantity", "Substrate moisture"),
    Quantity.SUBSTRATE_PERMITTIVITY: pgettext_lazy("quantity", "Permittivity"),
    Quantity.NUTRIENT_CONTENT: pgettext_lazy("quantity", "Nutrients"),
    Quantity.CONDUCTIVITY: pgettext_lazy("quantity", "Conductivity"),
    Quantity.ACIDITY: "pH",
    Quantity.SALINITY: pgettext_lazy("quantity", "Salinity"),
    Quantity.FILL_LEVEL: pgettext_lazy("quantity", "Fill level"),
    Quantity.VOLUME: pgettext_lazy("quantity", "Volume"),
    Quantity.FLOW: pgettext_lazy("quantity", "Flow"),
    Quantity.FLOW_VELOCITY: pgettext_lazy("quantity", "Flow velocity"),
    Quantity.ENERGY: pgettext_lazy("quantity", "Energy"),
    Quantity.POWER: pgettext_lazy("quantity", "Power"),
    Quantity.APPARENT_POWER: pgettext_lazy("quantity", "Apparent power"),
    Quantity.REACTIVE_POWER: pgettext_lazy("quantity", "Reactive power"),
    Quantity.POWER_FACTOR: pgettext_lazy("quantity", "Power factor"),
    Quantity.VOLTAGE: pgettext_lazy("quantity", "Voltage"),
    Quantity.CURRENT: pgettext_lazy("quantity", "Current"),
    Quantity.FREQUENCY: pgettext_lazy("quantity", "Frequency"),
    Quantity.DURATION: pgettext_lazy("quantity", "Duration"),
    Quantity.LATENCY: pgettext_lazy("quantity", "Response time"),
    Quantity.DATA_SIZE: pgettext_lazy("quantity", "Data size"),
    Quantity.STATE: pgettext_lazy("quantity", "State"),
    Quantity.MODE: pgettext_lazy("quantity", "Mode"),
    Quantity.STATUS_BITS: pgettext_lazy("quantity", "Status bits"),
    Quantity.CODE: pgettext_lazy("quantity", "Code"),
    Quantity.COUNT: pgettext_lazy("quantity", "Count"),
    Quantity.RATIO: pgettext_lazy("quantity", "Ratio"),
}


def quantity_name(quantity: Quantity) -> str:
    """Name of a quantity in the reader's language."""
    return str(_NAMES[quantity])
