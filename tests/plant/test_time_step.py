"""A step of nothing, or of an hour, is refused by name before anything is computed."""

from __future__ import annotations

import math

import pytest

from greenhouse.plant.errors import PlantInputError
from greenhouse.plant.time_step import check_step


@pytest.mark.parametrize("dt_s", [0.0, -60.0, 3600.0, math.nan, math.inf])
def test_a_step_that_cannot_be_computed_is_refused(dt_s):
    with pytest.raises(PlantInputError, match="above 0 and at most 300 s"):
        check_step(dt_s)


@pytest.mark.parametrize("dt_s", [1.0, 60.0, 300.0])
def test_usual_steps_pass(dt_s):
    check_step(dt_s)
