"""How numbers are written for people."""

from __future__ import annotations

import pytest
from django.utils import translation

from devices.units import Quantity, Unit
from greenhouse.site.display import display, unit_sign
from greenhouse.site.naming import in_readers_language


@pytest.mark.parametrize(
    ("quantity", "resolution", "decimals"),
    [
        (Quantity.TEMPERATURE, 0.1, 1),
        (Quantity.RELATIVE_HUMIDITY, 1.0, 0),
        (Quantity.VAPOR_PRESSURE_DEFICIT, 0.01, 2),
        (Quantity.CO2_CONCENTRATION, 10.0, 0),
        (Quantity.CONDUCTIVITY, 0.01, 2),
        (Quantity.ACIDITY, 0.1, 1),
        (Quantity.PHOTON_FLUX_DENSITY, 1.0, 0),
        (Quantity.DAILY_LIGHT_INTEGRAL, 0.1, 1),
        (Quantity.WIND_SPEED, 0.1, 1),
    ],
)
def test_each_quantity_has_its_fixed_decimals(quantity, resolution, decimals):
    """Design rule H4."""
    assert (display(quantity).resolution, display(quantity).decimals) == (resolution, decimals)


@pytest.mark.parametrize("quantity", list(Quantity))
def test_decimals_are_enough_for_the_resolution(quantity):
    shown = display(quantity)
    assert float(f"{shown.resolution:.{shown.decimals}f}") == shown.resolution
    assert shown.entry_step >= shown.resolution


@pytest.mark.parametrize(
    ("unit", "sign"),
    [(Unit.DEGREE_CELSIUS, "°C"), (Unit.NONE, ""), (Unit.PERCENT, "%"), (Unit.CUBIC_METER_PER_HOUR, "m³/h")],
)
def test_units_are_written_as_people_write_them(unit, sign):
    assert unit_sign(unit) == sign


@pytest.mark.parametrize(("language", "name"), [("zh-hans", "温室"), ("en", "house"), ("de", "温室")])
def test_names_come_in_the_readers_language_and_else_in_chinese(language, name):
    with translation.override(language):
        assert in_readers_language("温室", "house") == name
