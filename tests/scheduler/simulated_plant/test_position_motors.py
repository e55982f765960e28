"""Screens and shading nets of the simulated base: they follow by themselves until they are commanded, then obey."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TypeVar

import pytest

from devices.profiles.catalog import load_shipped
from devices.simulator.compartment import Enclosure
from greenhouse.plant.building import whole_at_start
from greenhouse.plant.point_sources import Truth
from scheduler.simulated_plant.compartment import Compartment, Feed
from scheduler.simulated_plant.controller import ClimateController
from scheduler.simulated_plant.devices import Scene
from scheduler.simulated_plant.outdoors import BaseWeather, Outdoors
from scheduler.simulated_plant.position_motors import PositionMotor, ScreenMotor, ShadingNetMotor
from scheduler.simulated_plant.probes import Probes
from scheduler.simulated_plant.settling import fitting_of

NOON = datetime(2026, 7, 1, 5, tzinfo=UTC)
OUTDOORS = BaseWeather(1).outdoors(NOON, 0.0)
MINUTES_OF_A_TRAVEL = 10
Motor = TypeVar("Motor", bound=PositionMotor | ClimateController)


def scene(*, sun_w_m2: float = 0.0, outside_c: float = 25.0, gust_m_s: float = 3.0) -> Scene:
    truths = OUTDOORS.truths | {Truth.IRRADIANCE: sun_w_m2, Truth.WIND_GUST: gust_m_s, Truth.RAIN_STATE: 0.0}
    return Scene(Outdoors(OUTDOORS.weather._replace(air_c=outside_c), truths), 13.0)


@pytest.fixture
def glass() -> Compartment:
    fitting = fitting_of(Enclosure.GLASSHOUSE, 512.0)
    at_start = whole_at_start(fitting.sound, planted_at=None, now=NOON, deep_c=9.0, co2_ppm=420.0)
    return Compartment(fitting, at_start.inside)


def device(kind: type[Motor], profile: str, where: Compartment) -> Motor:
    return kind(f"g1-{profile}", where, Probes(f"g1-{profile}", load_shipped()[profile], "g1", sharing=1, seed=1))


def live(around: Scene, *devices: PositionMotor | ClimateController) -> None:
    for _minute in range(MINUTES_OF_A_TRAVEL):
        for found in devices:
            found.advance(60.0, around)


def test_a_screen_follows_its_controller_until_it_is_commanded(glass: Compartment) -> None:
    controller = device(ClimateController, "climate-controller", glass)
    screen = device(ScreenMotor, "screen-motor", glass)
    live(scene(outside_c=-10.0), controller, screen)
    assert screen.value("position") == 100.0
    assert glass.orders.screens == {screen.key: 1.0}, "its controller drives no screen beside it"
    assert controller.value("thermal_screen_position") == 0.0
    assert screen.command("target_position", 40.0)
    live(scene(outside_c=-10.0), controller, screen)
    assert screen.value("position") == pytest.approx(40.0, abs=1.0)
    assert screen.value("motor_state") == 0.0


def test_a_controller_without_such_a_motor_drives_its_own_screen(glass: Compartment) -> None:
    controller = device(ClimateController, "climate-controller", glass)
    live(scene(outside_c=-10.0), controller)
    assert controller.value("thermal_screen_position") == 100.0
    assert glass.orders.screens == {controller.key: 1.0}


def test_a_net_follows_the_sun_and_a_storm_takes_it_back(glass: Compartment) -> None:
    net = device(ShadingNetMotor, "shading-net-motor", glass)
    live(scene(sun_w_m2=600.0), net)
    assert net.value("position") == 0.0
    live(scene(sun_w_m2=800.0), net)
    assert net.value("position") == 100.0
    live(scene(sun_w_m2=600.0), net)
    assert net.value("position") == 100.0, "a thin cloud does not move it"
    live(scene(sun_w_m2=800.0, gust_m_s=14.0), net)
    assert (net.value("position"), net.value("wind_lockout")) == (0.0, 1.0)
    assert not net.command("target_position", 100.0)
    live(scene(sun_w_m2=800.0, outside_c=10.0), net)
    assert net.value("position") == 0.0, "nobody shades a cool day"


def test_no_storm_moves_a_screen_inside(glass: Compartment) -> None:
    screen = device(ScreenMotor, "screen-motor", glass)
    assert screen.command("target_position", 100.0)
    live(scene(gust_m_s=20.0), screen)
    assert screen.value("position") == 100.0


def test_a_drawn_net_takes_light_from_the_crop(glass: Compartment) -> None:
    net = device(ShadingNetMotor, "shading-net-motor", glass)
    light_w_m2 = []
    for target_pct in (0.0, 100.0):
        assert net.command("target_position", target_pct)
        live(scene(), net)
        glass.let_flow(60.0)
        glass.step(OUTDOORS.weather, Feed(2.0, 5.8))
        light_w_m2.append(glass.light_w_m2)
    assert OUTDOORS.irradiance_w_m2 > 300.0
    assert light_w_m2[1] < 0.8 * light_w_m2[0]
