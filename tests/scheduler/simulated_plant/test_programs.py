"""What the devices of the simulated base decide by themselves."""

from __future__ import annotations

import pytest

from scheduler.simulated_plant.programs import AT_REST, Air, Around, Setpoints, climate_wanted

TOLD = Setpoints(heating_c=14.0, ventilation_c=25.0, humidity_pct=80.0, co2_ppm=700.0, doses_co2=True)
COLD_NIGHT = Around(outside_c=-16.0, irradiance_w_m2=0.0, gust_m_s=2.0, is_wet=False)
COLD_DAY = COLD_NIGHT._replace(irradiance_w_m2=300.0)


def heat(air_c: float, around: Around, *, humidity_pct: float = 70.0) -> float:
    air = Air(air_c=air_c, humidity_pct=humidity_pct, co2_ppm=700.0)
    return climate_wanted(air, TOLD, around, AT_REST, is_glass=True).heat


def test_pipes_stay_ready_by_day_but_at_night_a_warm_house_is_not_heated():
    """Kept warm through the dark they held a glasshouse two kelvin above its setpoint, all night."""
    assert heat(15.0, COLD_DAY) > 0.05
    assert heat(15.0, COLD_NIGHT) == 0.0
    assert heat(15.0, COLD_NIGHT, humidity_pct=84.0) == pytest.approx(0.12), "humid air is dried at night too"


def test_what_the_cold_asks_for_comes_before_it_is_too_cold():
    assert heat(14.0, COLD_NIGHT) == pytest.approx(0.15)
    assert heat(13.0, COLD_NIGHT) == pytest.approx(0.15 + 1.0 / 3.0)
    assert heat(10.0, COLD_NIGHT) == 1.0
