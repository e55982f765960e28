"""Moist air: single numbers and arrays by one formula, against published numbers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenhouse.plant.moist_air import (
    dew_point_c,
    saturation_pa,
    saturation_slope_pa_k,
    saturations_pa,
    standard_pressure_pa,
)


@pytest.mark.parametrize(("air_c", "kpa"), [(1.0, 0.657), (15.0, 1.705), (25.0, 3.168), (40.0, 7.376)])
def test_saturation_is_that_of_fao56(air_c, kpa):
    """FAO-56, annex 2, table 2.3."""
    assert saturation_pa(air_c) == pytest.approx(1000.0 * kpa, abs=1.0)


@given(st.floats(-45.0, 60.0))
def test_single_numbers_and_arrays_agree(air_c):
    assert saturations_pa(np.array([air_c]))[0] == pytest.approx(saturation_pa(air_c), rel=1e-14)


@given(st.floats(-45.0, 60.0))
def test_the_dew_point_of_saturated_air_is_its_temperature(air_c):
    assert dew_point_c(np.array([saturation_pa(air_c)]))[0] == pytest.approx(air_c, abs=1e-9)


def test_the_slope_is_that_of_the_curve():
    rise = saturation_pa(20.01) - saturation_pa(19.99)
    assert saturation_slope_pa_k(20.0) == pytest.approx(rise / 0.02, rel=1e-3)


def test_the_pressure_of_the_place_is_that_of_the_standard_atmosphere():
    """1300 m: 866.5 hPa (ISO 2533)."""
    assert standard_pressure_pa(1300.0) == pytest.approx(86_650, abs=50)
