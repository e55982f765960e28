"""Water flows by pressure: what one takes, the other lacks."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenhouse.plant.outfit import SOUND_PIPEWORK, equipment_parameters
from greenhouse.plant.watering import Pipework, WaterParameters, mixed_ec_ms_cm, water_flow

WATER = equipment_parameters().part("water", WaterParameters)
SHARE = st.floats(0.0, 1.0)
PIPES = st.builds(Pipework, SHARE, SHARE, SHARE)


def test_a_house_of_480_m2_draws_the_line_down_to_2_bar():
    """1,200 drippers of 2 L/h at 1 bar are 2.4 m³/h at 1 bar; 3.2 / (1 + 0.1 · 2.4²) = 2.0305 bar; 2,400 √2.0305 =
    3,420 L/h, 7.12 L/(m² h)."""
    flow = water_flow(480.0, SOUND_PIPEWORK, WATER)
    assert flow.pressure_bar == pytest.approx(2.0305, abs=1e-4)
    assert flow.crop_l_h == pytest.approx(3420.0, abs=1.0)
    assert flow.lost_l_h == 0.0


@given(st.floats(0.0, 5000.0), PIPES)
def test_the_pump_gives_what_the_crop_and_the_hole_get_at_a_pressure_that_its_curve_has(opened_m2, pipes):
    flow = water_flow(opened_m2, pipes, WATER)
    assert flow.pumped_l_h == pytest.approx(flow.crop_l_h + flow.lost_l_h)
    loss_bar = WATER.loss_bar_h2_m6 * (flow.pumped_l_h / 1000.0) ** 2
    assert flow.pressure_bar == pytest.approx(WATER.shutoff_bar * pipes.pump**2 - loss_bar, abs=1e-9)
    assert min(flow) >= 0.0


@given(st.floats(10.0, 2000.0), st.floats(0.01, 1.0))
def test_a_burst_takes_from_the_crop_and_from_the_pressure(opened_m2, burst):
    whole = water_flow(opened_m2, SOUND_PIPEWORK, WATER)
    broken = water_flow(opened_m2, SOUND_PIPEWORK._replace(burst=burst), WATER)
    assert broken.crop_l_h < whole.crop_l_h
    assert broken.pressure_bar < whole.pressure_bar
    assert broken.pumped_l_h > whole.pumped_l_h


def test_a_burst_runs_while_every_valve_is_shut():
    assert water_flow(0.0, SOUND_PIPEWORK._replace(burst=0.5), WATER).lost_l_h > 1000.0


def test_blocked_drippers_leave_a_little_more_to_the_others():
    """With 30 % blocked the crop gets more than 70 % of what it got: the pressure rises."""
    whole = water_flow(480.0, SOUND_PIPEWORK, WATER)
    blocked = water_flow(480.0, SOUND_PIPEWORK._replace(blocked=0.3), WATER)
    assert 0.7 * whole.crop_l_h < blocked.crop_l_h < whole.crop_l_h


def test_a_dripper_at_four_times_the_pressure_gives_twice_the_water():
    """q = k √H, Keller and Karmeli 1974; without losses in the mains."""
    lossless = WATER._replace(loss_bar_h2_m6=0.0)
    low = water_flow(100.0, SOUND_PIPEWORK, lossless._replace(shutoff_bar=1.0)).crop_l_h
    high = water_flow(100.0, SOUND_PIPEWORK, lossless._replace(shutoff_bar=4.0)).crop_l_h
    assert low == pytest.approx(100.0 * 2.5 * 2.0)
    assert high == pytest.approx(2.0 * low)


def test_a_dripper_gives_its_nominal_flow_at_its_nominal_pressure():
    at_4_bar = WATER._replace(loss_bar_h2_m6=0.0, nominal_bar=4.0, shutoff_bar=4.0)
    assert water_flow(100.0, SOUND_PIPEWORK, at_4_bar).crop_l_h == pytest.approx(100.0 * 2.5 * 2.0)


def test_a_hole_of_15_mm_loses_what_torricelli_says():
    """A √(2 p / ρ) · 0.65 with A = π/4 · 0.015² m², p = 1 bar: 5.85 m³/h, of which the file has 6."""
    m3_h = math.pi / 4.0 * 0.015**2 * math.sqrt(2.0 * 1e5 / 1000.0) * 0.65 * 3600.0
    assert WATER.burst_m3_h == pytest.approx(m3_h, rel=0.03)


def test_a_probe_that_reads_too_little_makes_the_feed_too_strong():
    assert mixed_ec_ms_cm(2.0, -0.4, WATER) == pytest.approx(2.4)
    assert mixed_ec_ms_cm(2.0, 5.0, WATER) == WATER.raw_ec_ms_cm
