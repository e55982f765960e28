"""The frozen program does what its figures say, at every moment of a day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from greenhouse.agronomy.sun import SunTimes
from greenhouse.forecast.baseline import Snapshot, baseline, evaluate, idle
from greenhouse.plant.building import HouseKind
from greenhouse.plant.machinery import check_orders

MIDNIGHT = datetime(2026, 1, 14, 16, tzinfo=UTC)  # of 15 January in China
SUNRISE, SUNSET = MIDNIGHT + timedelta(hours=8), MIDNIGHT + timedelta(hours=17, minutes=30)
PROGRAM = baseline()
SOLAR = Snapshot(
    kind=HouseKind.SOLAR_GREENHOUSE,
    program=PROGRAM,
    sun=SunTimes(SUNRISE, SUNSET),
    midnight=MIDNIGHT,
    air_c=20.0,
    outside_c=-5.0,
    watered_l_m2=99.0,
    last=idle(PROGRAM),
)
GLASS = SOLAR._replace(kind=HouseKind.GLASSHOUSE)


def at(hours, minutes=0):
    return MIDNIGHT + timedelta(hours=hours, minutes=minutes)


@pytest.mark.parametrize(
    ("moment", "blanket"),
    [(at(3), 1.0), (at(8, 59), 1.0), (at(9), 0.0), (at(12), 0.0), (at(16, 59), 0.0), (at(17), 1.0), (at(23), 1.0)],
)
def test_the_blanket_is_up_from_an_hour_after_sunrise_to_half_an_hour_before_sunset(moment, blanket):
    assert evaluate(SOLAR, moment).blanket == blanket


def test_the_vent_opens_at_28_and_shuts_at_25():
    opened = []
    snapshot = SOLAR
    for air_c in (24.0, 27.9, 28.0, 26.0, 25.1, 25.0, 27.0):
        orders = evaluate(snapshot._replace(air_c=air_c), at(12))
        snapshot = snapshot._replace(last=orders)
        opened.append(orders.roof_vent)
    assert opened == [0.0, 0.0, 1.0, 1.0, 1.0, 0.0, 0.0]


@pytest.mark.parametrize(("outside_c", "bottom"), [(12.0, 0.0), (12.1, 1.0)])
def test_the_bottom_vent_goes_along_only_while_it_is_mild(outside_c, bottom):
    orders = evaluate(SOLAR._replace(air_c=30.0, outside_c=outside_c), at(12))
    assert (orders.roof_vent, orders.bottom_vent) == (1.0, bottom)


@pytest.mark.parametrize(
    ("air_c", "moment", "heat", "vent"),
    [
        (19.5, at(12), 0.0, 0.0),
        (18.5, at(12), 0.5, 0.0),
        (18.5, at(3), 0.0, 0.0),
        (10.0, at(3), 1.0, 0.0),
        (24.5, at(12), 0.0, 0.0),
        (26.5, at(12), 0.0, 0.5),
        (23.5, at(3), 0.0, 0.0),
        (27.5, at(3), 0.0, 1.0),
    ],
)
def test_a_glasshouse_heats_to_its_setpoint_and_vents_five_above(air_c, moment, heat, vent):
    orders = evaluate(GLASS._replace(air_c=air_c), moment)
    assert (orders.heat, orders.roof_vent) == pytest.approx((heat, vent))


@pytest.mark.parametrize(("moment", "screen"), [(at(7, 59), 1.0), (at(8), 0.0), (at(17, 29), 0.0), (at(17, 30), 1.0)])
def test_the_screen_is_drawn_from_sunset_to_sunrise(moment, screen):
    assert evaluate(GLASS, moment).screen == screen


def test_eight_equal_doses_make_a_third_more_than_the_month_takes():
    begun, watered, minutes = [], 0.0, 0
    for minute in range(1440):
        orders = evaluate(SOLAR._replace(watered_l_m2=watered), at(0, minute))
        if orders.water and (not begun or minute > minutes + 1):
            begun.append(minute)
        if orders.water:
            watered, minutes = watered + 0.02, minute
    assert begun == [60 * hour for hour in range(8, 16)]
    assert watered == pytest.approx(1.3 * PROGRAM.uptake.january_l_m2_d, abs=0.02)


def test_the_uptake_is_that_of_the_local_month():
    """At 16:00 UTC on 31 January it is February in China."""
    midnight = datetime(2026, 1, 31, 16, tzinfo=UTC)
    snapshot = SOLAR._replace(midnight=midnight, watered_l_m2=1.3 * PROGRAM.uptake.january_l_m2_d)
    assert evaluate(snapshot, midnight + timedelta(hours=20)).water == 1.0


def test_where_the_sun_does_not_rise_everything_stays_covered():
    dark = SunTimes(None, None)
    assert evaluate(SOLAR._replace(sun=dark), at(12)).blanket == 1.0
    assert evaluate(GLASS._replace(sun=dark), at(12)).screen == 1.0


@pytest.mark.parametrize("snapshot", [SOLAR, GLASS])
@pytest.mark.parametrize("air_c", [-40.0, 15.0, 60.0])
def test_it_asks_for_nothing_that_equipment_cannot_do(snapshot, air_c):
    for hour in range(24):
        check_orders(evaluate(snapshot._replace(air_c=air_c, watered_l_m2=0.0), at(hour)))


def test_the_frozen_figures_are_frozen():
    """Whoever changes one of these makes every comparison with earlier seasons worthless."""
    assert PROGRAM.solar == (60.0, 30.0, 28.0, 25.0, 12.0)
    assert PROGRAM.glass == (19.5, 18.5, 2.0, 5.0, 4.0)
    assert PROGRAM.water == (8.0, 8.0, 16.0, 1.3, 2.6, 5.8)
    assert PROGRAM.uptake == (1.61, 2.16, 2.84, 3.54, 3.98, 4.15, 3.86, 3.55, 3.03, 2.41, 1.75, 1.45)
