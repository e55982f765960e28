"""Units: each quantity has one canonical unit, and a known way to it from every other legal one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.units import UNITS_OF, Conversion, Quantity, Unit, canonical_unit, conversion, is_legal

LEGAL = [(quantity, unit) for quantity, units in UNITS_OF.items() for unit in units]


def test_every_quantity_has_units():
    assert set(UNITS_OF) == set(Quantity)
    assert all(UNITS_OF.values())


def test_no_unit_stands_twice_under_a_quantity():
    assert all(len(set(units)) == len(units) for units in UNITS_OF.values())


def test_every_unit_is_used():
    """A unit without a quantity could be written in no profile."""
    assert {unit for _, unit in LEGAL} == set(Unit)


@pytest.mark.parametrize("quantity", Quantity)
def test_the_canonical_unit_needs_no_conversion(quantity):
    assert conversion(quantity, canonical_unit(quantity)) == Conversion(1.0, 0.0)


@pytest.mark.parametrize(("quantity", "unit"), [pair for pair in LEGAL if pair[1] is not canonical_unit(pair[0])])
def test_every_other_unit_has_a_conversion(quantity, unit):
    """A forgotten one would hand the number on unchanged, a factor of a thousand wrong."""
    assert conversion(quantity, unit) != Conversion(1.0, 0.0)


@pytest.mark.parametrize(
    ("quantity", "unit", "value", "canonical"),
    [
        # Fixed points of the scale: water freezes at 32 °F, boils at 212 °F, and both scales meet at -40.
        (Quantity.TEMPERATURE, Unit.DEGREE_FAHRENHEIT, 32.0, 0.0),
        (Quantity.TEMPERATURE, Unit.DEGREE_FAHRENHEIT, 212.0, 100.0),
        (Quantity.TEMPERATURE, Unit.DEGREE_FAHRENHEIT, -40.0, -40.0),
        # SI prefixes; one bar is 100 kPa.
        (Quantity.VAPOR_PRESSURE_DEFICIT, Unit.PASCAL, 1200.0, 1.2),
        (Quantity.VAPOR_PRESSURE_DEFICIT, Unit.HECTOPASCAL, 12.0, 1.2),
        (Quantity.AIR_PRESSURE, Unit.HECTOPASCAL, 868.0, 86.8),
        (Quantity.AIR_PRESSURE, Unit.PASCAL, 86800.0, 86.8),
        (Quantity.WATER_PRESSURE, Unit.KILOPASCAL, 250.0, 2.5),
        (Quantity.ILLUMINANCE, Unit.KILOLUX, 55.0, 55000.0),
        # International mile, 1609.344 m.
        (Quantity.WIND_SPEED, Unit.MILE_PER_HOUR, 3600.0, 1609.344),
        (Quantity.CONDUCTIVITY, Unit.MICROSIEMENS_PER_CENTIMETER, 1413.0, 1.413),
        (Quantity.VOLUME, Unit.LITER, 1500.0, 1.5),
        # 1 L/min is 60 L/h.
        (Quantity.FLOW, Unit.LITER_PER_MINUTE, 100.0, 6.0),
        (Quantity.POWER, Unit.WATT, 2300.0, 2.3),
        (Quantity.VOLTAGE, Unit.MILLIVOLT, 512.0, 0.512),
        (Quantity.DURATION, Unit.HOUR, 1.5, 5400.0),
        (Quantity.RATIO, Unit.NONE, 0.35, 35.0),
    ],
)
def test_conversions_hit_fixed_points(quantity, unit, value, canonical):
    assert conversion(quantity, unit).apply(value) == pytest.approx(canonical, rel=1e-12, abs=1e-12)


@given(pair=st.sampled_from(LEGAL), value=st.floats(-1e6, 1e6))
def test_undoing_a_conversion_leads_back(pair, value):
    way = conversion(*pair)

    assert way.undo(way.apply(value)) == pytest.approx(value, rel=1e-12, abs=1e-9)


@pytest.mark.parametrize(
    ("quantity", "unit"),
    [
        (Quantity.TEMPERATURE, Unit.KELVIN),
        (Quantity.TEMPERATURE_DELTA, Unit.DEGREE_CELSIUS),
        (Quantity.RELATIVE_HUMIDITY, Unit.NONE),
        (Quantity.AIR_PRESSURE, Unit.BAR),
    ],
)
def test_a_unit_of_another_quantity_is_refused(quantity, unit):
    """A difference in °C would be converted like a temperature, with its offset."""
    assert not is_legal(quantity, unit)
    with pytest.raises(ValueError, match=f"{unit} is no unit of {quantity}"):
        conversion(quantity, unit)
