"""Slabs grow salty without drain, keep their EC with it, and never lose a drop or a grain of the balance."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenhouse.plant.errors import PlantInputError
from greenhouse.plant.roots import (
    Medium,
    RootZone,
    RootZoneInput,
    check_root_zone_input,
    check_root_zone_parameters,
    ec_ms_cm,
    root_zone_at_start,
    root_zone_file,
    root_zone_parameters,
    step_root_zone,
    water_content,
    water_stress,
)

SLAB = root_zone_parameters(Medium.SUBSTRATE)
SOIL = root_zone_parameters(Medium.SOIL)
TOMATO_SALT_MS_CM = 2.25
IDLE = RootZoneInput(0.0, 3.0, 5.5, 0.0, TOMATO_SALT_MS_CM)


def irrigated_days(drain_shares, *, transpiration_l_m2_d=3.6, feed_ec_ms_cm=3.0):
    """EC at each midnight, and the share that drained after three days to settle.

    Eight doses from 8 to 16 h, transpiration from 7 to 17 h.
    """
    zone = root_zone_at_start(SLAB, ec_ms_cm=3.0, ph=5.8)
    evenings, irrigated, drained = [], 0.0, 0.0
    for day, share in enumerate(drain_shares):
        dose = transpiration_l_m2_d / (1.0 - share) / 8 / 5
        for minute in range(1440):
            inflow = RootZoneInput(
                irrigation_l_m2=dose if 480 <= minute < 960 and minute % 60 < 5 else 0.0,
                feed_ec_ms_cm=feed_ec_ms_cm,
                feed_ph=5.5,
                transpiration_l_m2=transpiration_l_m2_d / 600 if 420 <= minute < 1020 else 0.0,
                uptake_ec_ms_cm=TOMATO_SALT_MS_CM,
            )
            step = step_root_zone(zone, SLAB, inflow, 60.0)
            zone = step.zone
            irrigated += inflow.irrigation_l_m2 if day >= 3 else 0.0
            drained += step.drain_l_m2 if day >= 3 else 0.0
        evenings.append(ec_ms_cm(zone))
    return evenings, drained / irrigated, zone


def test_two_percent_of_drain_lets_the_slab_climb_from_3_to_about_9_in_15_days():
    """Agronomy notes 1.4 (10): computed there with the prototype."""
    evenings, drained, _ = irrigated_days([0.02] * 15)
    assert drained == pytest.approx(0.02, abs=0.005)
    assert evenings[-1] == pytest.approx(9.0, abs=0.75)
    assert evenings == sorted(evenings)


def test_22_to_35_percent_of_drain_holds_the_slab_between_3_5_and_5():
    """Agronomy notes 1.4 (10); dull days drain the least, bright days the most."""
    evenings, drained, zone = irrigated_days([0.22, 0.30, 0.35] * 10)
    assert drained == pytest.approx(0.29, abs=0.02)
    assert all(3.5 <= ec <= 5.05 for ec in evenings[1:])  # it starts at 3.0
    assert zone.ph == pytest.approx(6.3, abs=0.15)  # drain of the Autonomous Greenhouse Challenge 2019/20


def test_more_drain_always_means_a_lower_ec():
    ends = [irrigated_days([share] * 15)[0][-1] for share in (0.02, 0.10, 0.22, 0.28, 0.35)]
    assert ends == sorted(ends, reverse=True)


def test_drain_comes_with_a_lag_of_five_to_ten_minutes():
    zone = root_zone_at_start(SLAB)
    dosed = step_root_zone(zone, SLAB, IDLE._replace(irrigation_l_m2=0.3), 60.0)
    first, out, minutes, zone = dosed.drain_l_m2, dosed.drain_l_m2, 1, dosed.zone
    while out < 0.3 * (1 - math.exp(-1)):
        step = step_root_zone(zone, SLAB, IDLE, 60.0)
        zone, out, minutes = step.zone, out + step.drain_l_m2, minutes + 1
    assert first < 0.2 * 0.3
    assert 5 <= minutes <= 10


def test_what_exceeds_saturation_runs_off_at_once():
    step = step_root_zone(root_zone_at_start(SLAB), SLAB, IDLE._replace(irrigation_l_m2=2.0), 60.0)
    assert step.zone.water_l_m2 == pytest.approx(7.5)
    assert step.drain_l_m2 == pytest.approx(1.5)


@pytest.mark.parametrize(
    ("theta", "ec", "factor"),
    [
        (0.70, 3.0, 1.0),
        (0.40, 4.0, 1.0),
        (0.30, 3.0, 0.5),
        (0.10, 3.0, 0.05),
        (0.70, 9.0, 0.7),  # 1 - 0.06 x 5
        (0.30, 9.0, 0.35),
        (0.70, 25.0, 0.3),
    ],
)
def test_water_stress_has_the_published_form(theta, ec, factor):
    """Agronomy notes 1.4 (10): clip((theta - 0.20) / 0.20, 0.05, 1) max(0.3, 1 - 0.06 max(0, EC - 4))."""
    assert water_stress(RootZone(theta * 10, theta * 10 * ec, 5.8), SLAB) == pytest.approx(factor)


def test_a_soil_bed_holds_the_readily_available_water_of_fao_56():
    """300 mm of loam, field capacity 0.28, wilting point 0.12, p 0.4: RAW = 0.4 x 0.16 x 300 = 19.2 mm (eq. 83)."""
    full = root_zone_at_start(SOIL)
    assert full.water_l_m2 == pytest.approx(84.0)
    just = full._replace(water_l_m2=84.0 - 19.2, salt_ms_l_cm_m2=100.0)
    assert water_stress(just, SOIL) == pytest.approx(1.0)
    assert water_stress(just._replace(water_l_m2=84.0 - 19.2 - 14.4), SOIL) == pytest.approx(0.5)  # FAO-56 eq. 84


def test_roots_take_nothing_from_a_zone_that_has_nothing_for_them():
    zone = RootZone(SLAB.unavailable_share * SLAB.bulk_l_m2, 2.0, 5.8)
    step = step_root_zone(zone, SLAB, IDLE._replace(transpiration_l_m2=0.01), 60.0)
    assert step.uptake_l_m2 == 0.0
    assert step.zone == zone


def test_a_crop_takes_no_more_salt_than_its_water_holds():
    zone = root_zone_at_start(SLAB, ec_ms_cm=0.5)
    step = step_root_zone(zone, SLAB, IDLE._replace(transpiration_l_m2=1.0), 60.0)
    assert step.salt_uptake_ms_l_cm_m2 == pytest.approx(0.5)
    assert ec_ms_cm(step.zone) == pytest.approx(0.5)


inflows = st.builds(
    RootZoneInput,
    irrigation_l_m2=st.floats(0.0, 3.0),
    feed_ec_ms_cm=st.floats(0.0, 10.0),
    feed_ph=st.floats(3.0, 9.0),
    transpiration_l_m2=st.floats(0.0, 1.0),
    uptake_ec_ms_cm=st.floats(0.0, 5.0),
)


@given(inflows=st.lists(inflows, min_size=1, max_size=40), dt_s=st.floats(1.0, 300.0), soil=st.booleans())
def test_water_and_salt_balance_and_nothing_is_negative(inflows, dt_s, soil):
    parameters = SOIL if soil else SLAB
    zone = start = root_zone_at_start(parameters)
    water = salt = 0.0
    for inflow in inflows:
        step = step_root_zone(zone, parameters, check_root_zone_input(inflow, dt_s), dt_s)
        zone = step.zone
        water += inflow.irrigation_l_m2 - step.drain_l_m2 - step.uptake_l_m2
        salt += inflow.irrigation_l_m2 * inflow.feed_ec_ms_cm
        salt -= step.drain_l_m2 * step.drain_ec_ms_cm + step.salt_uptake_ms_l_cm_m2
        assert all(math.isfinite(value) and value >= 0.0 for value in (*zone, *step[1:]))
        assert step.uptake_l_m2 <= inflow.transpiration_l_m2
        assert water_content(zone, parameters) <= parameters.saturated_share * (1 + 1e-12)
        assert 0.0 < water_stress(zone, parameters) <= 1.0
        assert 3.0 <= zone.ph <= 9.0
    assert zone.water_l_m2 == pytest.approx(start.water_l_m2 + water, rel=1e-12, abs=1e-10)
    assert zone.salt_ms_l_cm_m2 == pytest.approx(start.salt_ms_l_cm_m2 + salt, rel=1e-10, abs=1e-9)


@pytest.mark.parametrize(("dt_s", "tolerance"), [(10.0, 0.02), (300.0, 0.05)])
def test_the_time_step_hardly_matters(dt_s, tolerance):
    def day(step_s):
        zone = root_zone_at_start(SLAB)
        drained = 0.0
        for number in range(int(86400 / step_s)):
            hour = number * step_s / 3600
            watering = 4.5 / 8 / 3600 * step_s if 8 <= hour < 16 else 0.0
            leaving = 3.0 / 10 / 3600 * step_s if 7 <= hour < 17 else 0.0
            step = step_root_zone(zone, SLAB, RootZoneInput(watering, 3.0, 5.5, leaving, TOMATO_SALT_MS_CM), step_s)
            zone, drained = step.zone, drained + step.drain_l_m2
        return drained, ec_ms_cm(zone)

    assert day(dt_s) == pytest.approx(day(60.0), rel=tolerance)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"bulk_l_m2": 0.0}, "bulk_l_m2 is 0 L/m²: a root zone needs a volume above 0"),
        ({"bulk_l_m2": math.nan}, "bulk_l_m2 is nan"),
        ({"unavailable_share": 0.0}, "must rise"),
        ({"field_capacity_share": 0.8}, "field_capacity_share 0.8, saturated_share 0.75"),
        ({"stress_free_share": 0.2}, "must rise"),
    ],
)
def test_a_root_zone_that_cannot_be_is_refused(change, said):
    with pytest.raises(PlantInputError, match=said):
        check_root_zone_parameters(SLAB._replace(**change))


@pytest.mark.parametrize(
    ("change", "dt_s", "said"),
    [
        ({}, 0.0, "dt_s is 0: allowed is 0.001 to 300 s"),
        ({}, 3600.0, "dt_s is 3600"),
        ({"irrigation_l_m2": -0.1}, 60.0, "irrigation_l_m2 is -0.1: allowed is 0 to 10 L/m²"),
        ({"feed_ec_ms_cm": math.nan}, 60.0, "feed_ec_ms_cm is nan"),
        ({"feed_ph": 14.0}, 60.0, "feed_ph is 14"),
        ({"transpiration_l_m2": math.inf}, 60.0, "transpiration_l_m2 is inf"),
        ({"uptake_ec_ms_cm": -1.0}, 60.0, "uptake_ec_ms_cm is -1"),
    ],
)
def test_what_no_irrigation_can_do_is_refused(change, dt_s, said):
    with pytest.raises(PlantInputError, match=said):
        check_root_zone_input(IDLE._replace(**change), dt_s)


@pytest.mark.parametrize("start", [{"ec_ms_cm": -1.0}, {"ec_ms_cm": 40.0}, {"ph": 1.0}, {"ph": math.nan}])
def test_a_start_that_cannot_be_is_refused(start):
    with pytest.raises(PlantInputError, match="allowed is"):
        root_zone_at_start(SLAB, **start)


@pytest.mark.parametrize("medium", Medium)
def test_every_medium_states_its_source(medium):
    assert all(one.reference and one.zh and one.en for one in root_zone_file(medium).stated)
