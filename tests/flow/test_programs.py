"""Programs drive a house over real Modbus, behind interlocks, while a base minute lasts a second."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from devices.simulator.faults import Fault
from greenhouse.clock import moment_now
from greenhouse.commands.checks import Code
from greenhouse.commands.errors import Unavailable
from greenhouse.commands.lifecycle import State
from greenhouse.commands.models import CommandRequest, HoldState, ManualHold
from greenhouse.commands.submit import submit_setpoint
from greenhouse.rules.decision_models import ClimateDecision
from greenhouse.rules.evaluate.decisions import Actuator, Why
from tests.commands.moving import BLANKET, ROOF, SIMULATED
from tests.flow.driven_house import House, Program, driven_house
from tests.flow.puppet_plant import TRAVEL_S, PuppetPlant

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True, databases=["default", "telemetry"])]
MORNING = datetime(2026, 12, 1, 0, 10, tzinfo=UTC)
"""08:10 at the base: from about 08:15 on the standard program waits for the sun, an hour at most."""
SHOWN = {
    "h1-climate.air_temperature": 14.0,
    "h1-climate.control_location": 1.0,
    "h1-climate.heating_setpoint": 12.0,
    "h1-climate.ventilation_setpoint": 25.0,
    "weather.air_temperature": 15.0,
    "weather.wind_speed": 2.0,
    "weather.rain_state": 0.0,
    "weather.irradiance": 20.0,
    **{f"{device}.communication_timeout": 60.0 for device in ("h1-climate", "h1-blanket", "h1-roof", "h1-bottom")},
    "h1-blanket.run_time_limit": 600.0,
}


@pytest.fixture
def program() -> Program:
    return Program("solar_greenhouse")


@pytest.fixture
def house(transactional_db, tmp_path: Path, program: Program) -> Iterator[House]:
    plant = PuppetPlant(SHOWN, winder="h1-blanket", vents=("h1-roof", "h1-bottom"))
    with driven_house(SIMULATED, plant, program, start=MORNING, folder=tmp_path) as found:
        yield found


def test_a_day_in_a_house_behind_its_interlocks(house: House, program: Program) -> None:
    # Hot under the blanket: nothing opens, neither by a person's tap nor by the program.
    house.show(**{"h1-climate.air_temperature": 31.0})
    house.turn_until(lambda: house.value("h1-climate.air_temperature") == 31.0)
    with pytest.raises(Unavailable) as refused:
        submit_setpoint(ROOF, 30.0, by=house.technician, seen_value=0.0, seen_at=None, now=moment_now())
    assert refused.value.verdict.code is Code.BLANKET_NOT_UP
    program.is_on = True
    house.turn_until(lambda: house.why(Actuator.ROOF_VENT) is not None)
    assert house.why(Actuator.BLANKET) in {Why.NIGHT, Why.WAITS_FOR_SUN}

    # The sun comes: the blanket goes up, and only then the vents open.
    house.show(weather__irradiance=300.0)
    house.turn_until(lambda: (house.value("h1-blanket.position") or 0.0) > 10.0)
    assert house.why(Actuator.ROOF_VENT) in {Why.BLANKET_NOT_UP, Why.BLANKET_COMES_DOWN}
    house.turn_until(lambda: (house.value("h1-roof.position") or 0.0) > 20.0)
    went_up = CommandRequest.objects.get(point_key=BLANKET, value=1.0)
    opened = CommandRequest.objects.filter(point_key=ROOF, value__gt=0.0).earliest("created_at")
    assert (went_up.actor, went_up.state) == ("climate_program", State.CONFIRMED)
    assert opened.created_at - went_up.created_at >= timedelta(seconds=0.9 * TRAVEL_S)
    assert house.why(Actuator.ROOF_VENT) is Why.TOO_WARM

    # A storm shuts them, whoever wants otherwise.
    house.show(weather__wind_speed=18.0)
    house.turn_until(lambda: house.value("h1-roof.position") == 0.0)
    assert house.value("h1-bottom.position") == 0.0
    shut = CommandRequest.objects.filter(point_key=ROOF, value=0.0).latest("created_at")
    assert shut.actor in {"storm", "climate_program"}
    house.turn_until(lambda: house.why(Actuator.ROOF_VENT) is Why.WIND)
    assert not CommandRequest.objects.filter(ended_at=None).exists()
    requests = CommandRequest.objects.count()
    house.turn_for(timedelta(minutes=3))
    assert CommandRequest.objects.count() == requests, "nothing is asked for again while it blows"
    house.show(weather__wind_speed=2.0)
    house.turn_until(lambda: (house.value("h1-roof.position") or 0.0) > 20.0)

    # A person holds a vent: the program leaves it alone, and takes it back when the hold is over.
    before = house.value(ROOF)
    submit_setpoint(
        ROOF,
        12.0,
        by=house.technician,
        seen_value=before,
        seen_at=None,
        now=moment_now(),
        hold_for=timedelta(minutes=6),
    )
    house.turn_until(lambda: ManualHold.objects.filter(state=HoldState.ACTIVE).exists())
    house.turn_for(timedelta(minutes=4))
    assert house.value(ROOF) == 12.0
    house.turn_until(lambda: (house.value(ROOF) or 0.0) > 50.0)
    assert ManualHold.objects.get().state == HoldState.ENDED

    # The weather station dies: what opens further than is safe without it comes back, in words.
    house.simulated.switch_on(Fault.DEAD, "weather")
    house.turn_until(lambda: house.why(Actuator.ROOF_VENT) is Why.WIND_UNKNOWN)
    house.turn_until(lambda: house.value(ROOF) == 30.0)
    assert house.value(BLANKET) == 0.0
    assert house.value("h1-blanket.position") == 100.0
    safe = ClimateDecision.objects.filter(actuator="roof_vent").latest("id")
    assert safe.is_safe_state
    assert safe.target == 30.0
