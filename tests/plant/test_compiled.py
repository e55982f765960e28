"""The compiled step is the plain step, faster."""

from __future__ import annotations

import time

import pytest

from greenhouse.plant.climate.reading import read_house
from greenhouse.plant.climate.starting import resting_state
from greenhouse.plant.climate.step import step
from greenhouse.plant.compiled import climate_step, compiled
from scripts.validate_plant.skies import CROP, STILL, WINTER, weather_at

pytestmark = pytest.mark.slow  # compiling takes some 20 s


@pytest.mark.timeout(400)
def test_a_day_compiled_is_the_plain_day_and_a_year_fits_into_ten_seconds():
    """They differ in the last bit only: the compiler has its own powers. Compiled again, the bits are the same.

    Time is the processor's own, so other work on the machine does not count.
    """
    houses = [read_house("glasshouse"), read_house("solar_greenhouse")]
    for house in houses:
        plain = quick = resting_state(15.0, 9.0, 70.0, 420.0)
        for minute in range(1440):
            weather = weather_at(WINTER, minute / 60.0)
            equipment = STILL._replace(roof_vent=minute % 50 / 100.0, screen=minute % 70 / 100.0, pipe_flow=0.3)
            plain, plain_flows = step(plain, CROP, weather, equipment, house, 60.0)
            again, again_flows = climate_step(quick, CROP, weather, equipment, house, 60.0)
            quick, quick_flows = climate_step(quick, CROP, weather, equipment, house, 60.0)
            assert (again, again_flows) == (quick, quick_flows)
        assert quick == pytest.approx(plain, rel=1e-9, abs=1e-9)
        assert quick_flows == pytest.approx(plain_flows, rel=1e-6, abs=1e-9)
    began = time.process_time()
    for _ in range(5256):
        quick, _ = climate_step(quick, CROP, weather, equipment, houses[1], 60.0)
    assert (time.process_time() - began) * 100.0 < 30.0  # called from Python; a compiled loop takes 0.5 s a year


def test_what_is_no_function_of_the_model_is_not_compiled():
    with pytest.raises(TypeError, match="no plain function"):
        compiled(len)
