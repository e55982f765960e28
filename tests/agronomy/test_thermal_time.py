"""Thermal time and light sums, by hand."""

from __future__ import annotations

import math

import pytest

from greenhouse.agronomy.thermal_time import growing_degree_days_c_d, light_sum_mol_m2

NAN = math.nan


def test_a_day_of_twenty_degrees_above_ten_is_ten_degree_days():
    assert growing_degree_days_c_d([20.0] * 24, [1.0] * 24, hours=24.0, base_c=10.0) == (pytest.approx(10.0), 1.0)


def test_cold_hours_take_nothing_away():
    """12 h at 22 °C give 6 °C d above 10 °C, 12 h at 4 °C none; a mean of 13 °C would have made 3 of it."""
    found = growing_degree_days_c_d([22.0] * 12 + [4.0] * 12, [1.0] * 24, hours=24.0, base_c=10.0)
    assert found.value == pytest.approx(6.0)


def test_what_is_not_known_is_left_out_and_told():
    found = growing_degree_days_c_d([34.0, NAN, 34.0], [1.0, 1.0, 0.5], hours=4.0, base_c=10.0)
    assert (found.value, found.coverage) == (pytest.approx(1.5), pytest.approx(0.375))


def test_nothing_known_is_no_sum():
    found = growing_degree_days_c_d([], [], hours=24.0, base_c=10.0)
    assert math.isnan(found.value)
    assert found.coverage == 0.0
    assert math.isnan(light_sum_mol_m2([NAN], [1.0], hours=1.0).value)


def test_a_lamp_of_five_hundred_for_ten_hours_is_eighteen_moles():
    found = light_sum_mol_m2([500.0] * 10, [1.0] * 10, hours=24.0)
    assert (found.value, found.coverage) == (pytest.approx(18.0), pytest.approx(10 / 24))
