"""A program moves a thermal screen and a shading net over real Modbus through a morning, behind interlocks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from greenhouse.clock import moment_now
from greenhouse.commands.checks import Code
from greenhouse.commands.errors import Unavailable
from greenhouse.commands.lifecycle import State
from greenhouse.commands.models import CommandRequest
from greenhouse.commands.submit import submit_setpoint
from greenhouse.rules.evaluate.decisions import Actuator, Why
from tests.bases import BASE, COMPARTMENT, CONTROLLER, HOUSE, LINE, WEATHER
from tests.commands.moving import device_text
from tests.flow.driven_house import House, Program, driven_house
from tests.flow.puppet_plant import PuppetPlant

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True, databases=["default", "telemetry"])]
BEFORE_SUNRISE = datetime(2026, 11, 30, 23, 30, tzinfo=UTC)
"""07:30 at the base; the sun rises at about 07:45."""
GLASS = (
    BASE
    + HOUSE.replace('"solar"', '"glasshouse"')
    + COMPARTMENT
    + LINE
    + CONTROLLER
    + WEATHER
    + 'origin = "simulated"\n'
    + device_text("h1-screen", 20, "screen-motor")
    + device_text("h1-shade", 21, "shading-net-motor")
)
SCREEN, NET = "h1-screen.target_position", "h1-shade.target_position"
SHOWN = {
    "h1-climate.air_temperature": 22.0,
    "h1-climate.control_location": 1.0,
    "h1-climate.heating_setpoint": 18.5,
    "h1-climate.ventilation_setpoint": 23.5,
    "h1-screen.control_location": 1.0,
    "h1-shade.control_location": 1.0,
    "weather.air_temperature": -15.0,
    "weather.wind_speed": 2.0,
    "weather.rain_state": 0.0,
    "weather.irradiance": 0.0,
    **{f"{device}.communication_timeout": 60.0 for device in ("h1-climate", "h1-screen", "h1-shade")},
}


@pytest.fixture
def program() -> Program:
    return Program("glasshouse")


@pytest.fixture
def house(transactional_db, tmp_path: Path, program: Program) -> Iterator[House]:
    plant = PuppetPlant(SHOWN, winder=None, vents=("h1-screen", "h1-shade"))
    with driven_house(GLASS, plant, program, start=BEFORE_SUNRISE, folder=tmp_path) as found:
        yield found


def test_a_morning_of_a_screen_and_a_net(house: House, program: Program) -> None:
    # Before sunrise in the cold the screen is drawn; past a dull sunrise it stays.
    program.is_on = True
    house.turn_until(lambda: house.value("h1-screen.position") == 100.0)
    drawn = CommandRequest.objects.get(point_key=SCREEN)
    assert (drawn.actor, drawn.state, drawn.value) == ("climate_program", State.CONFIRMED, 100.0)
    house.turn_until(lambda: house.why(Actuator.SCREEN) is Why.WAITS_FOR_SUN)
    assert house.value("h1-screen.position") == 100.0
    assert house.value("h1-shade.position") == 0.0

    # The sun opens it; more of it in a warm house draws the net.
    house.show(weather__irradiance=200.0)
    house.turn_until(lambda: house.value("h1-screen.position") == 0.0)
    assert (house.why(Actuator.SCREEN), house.why(Actuator.SHADE)) == (Why.DAY, Why.LITTLE_SUN)
    house.show(**{"weather.irradiance": 800.0, "h1-climate.air_temperature": 29.0})
    house.turn_until(lambda: house.value("h1-shade.position") == 100.0)
    assert house.why(Actuator.SHADE) is Why.STRONG_SUN

    # A cloud does not move it, a storm does, and nobody draws it while the wind blows.
    house.show(weather__irradiance=100.0)
    house.turn_for(timedelta(minutes=2))
    assert house.value("h1-shade.position") == 100.0
    house.show(weather__wind_speed=12.0)
    house.turn_until(lambda: house.value("h1-shade.position") == 0.0)
    back = CommandRequest.objects.filter(point_key=NET, value=0.0).latest("created_at")
    assert back.actor in {"storm", "climate_program"}
    with pytest.raises(Unavailable) as refused:
        submit_setpoint(NET, 100.0, by=house.technician, seen_value=0.0, seen_at=None, now=moment_now())
    assert refused.value.verdict.code is Code.WIND_HOLDS_NET
    assert house.value("h1-screen.position") == 0.0, "no wind blows inside"
