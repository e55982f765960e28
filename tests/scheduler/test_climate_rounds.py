"""Programs at work: decisions stored when they change, requests where something is not in force, and no flood."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, transaction

from devices.samples import Quality
from greenhouse.commands import dispatch
from greenhouse.commands.lifecycle import State
from greenhouse.commands.models import CommandRequest
from greenhouse.commands.submit import submit_setpoint
from greenhouse.deadlines import Moment
from greenhouse.fencing import UNFENCED
from greenhouse.ledger.canonical import decisions_digest
from greenhouse.ledger.models import Entry
from greenhouse.rules import decided
from greenhouse.rules.decision_models import OFF, ClimateDecision
from greenhouse.rules.evaluate.decisions import Actuator, Why
from greenhouse.rules.in_force import ProgramInForce
from greenhouse.rules.standard import standard_programs
from scheduler.climate_rounds import ClimateRounds
from tests.append_only import refuse_deletes
from tests.bases import load
from tests.commands.conftest import Store
from tests.commands.conftest import store as store  # noqa: PLC0414  (a fixture)
from tests.commands.conftest import technician as technician  # noqa: PLC0414  (a fixture)
from tests.commands.moving import BLANKET, BOTTOM, DAY, MOVING, ROOF

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])
NOON = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
"""13:00 at the base: the second period of the standard program begins at sunset-120, the first is in force."""
HEATING, VENTILATION = "h1-climate.heating_setpoint", "h1-climate.ventilation_setpoint"


class Programs:
    """The programs of the base, to be switched."""

    def __init__(self) -> None:
        self.is_on, self.version = True, 1

    def __call__(self) -> dict[str, ProgramInForce]:
        return {"h1": ProgramInForce(standard_programs()["solar_greenhouse"], self.version, self.is_on)}


@pytest.fixture
def programs() -> Programs:
    return Programs()


@pytest.fixture
def rounds(programs: Programs) -> ClimateRounds:
    return ClimateRounds(programs, fence=UNFENCED)


@pytest.fixture
def house(store: Store):
    load(MOVING)

    def show(at_s: float = 0.0, quality: Quality = Quality.GOOD, **changes: float) -> None:
        named = {key.replace("__", "."): value for key, value in changes.items()}
        store({**DAY, HEATING: 10.0, VENTILATION: 27.0, **named}, at(at_s).wall, quality)

    return show


def at(seconds: float) -> Moment:
    return Moment(NOON + timedelta(seconds=seconds), "this boot", 1000.0 + seconds)


def turn(rounds: ClimateRounds, at_s: float = 1.0) -> list[tuple[str, float]]:
    """One round; every request of it and before, as (point, value)."""
    rounds.run(at(at_s), tick=7)
    return list(CommandRequest.objects.order_by("created_at", "point_key").values_list("point_key", "value"))


def reasons() -> dict[Actuator, tuple[float | None, Why]]:
    return {
        actuator: (found.decision.target, found.decision.why)
        for (_key, actuator), found in decided.newest(["h1"]).items()
    }


def end_all(state: State, at_s: float) -> None:
    class Sent:
        def start(self, order: dispatch.WriteOrder) -> None:
            """On its way."""

    while dispatch.dispatch_next(at(at_s), Sent()):
        request = CommandRequest.objects.get(ended_at=None, state=State.DISPATCHED)
        dispatch.record_outcome(request.pk, state, now=at(at_s), readback_value=request.value)


def test_what_is_in_force_is_not_asked_for(house, rounds):
    house()
    assert turn(rounds) == []
    assert reasons() == {
        Actuator.HEATING_SETPOINT: (10.0, Why.PERIOD),
        Actuator.VENTILATION_SETPOINT: (27.0, Why.PERIOD),
        Actuator.ROOF_VENT: (0.0, Why.COOL_ENOUGH),
        Actuator.BOTTOM_VENT: (0.0, Why.COOL_ENOUGH),
        Actuator.BLANKET: (100.0, Why.DAY),
    }


def test_what_is_not_in_force_is_asked_for_by_the_program(house, rounds):
    house(weather__air_temperature=15.0, **{"h1-climate.air_temperature": 29.0, HEATING: 12.0})
    assert turn(rounds) == [(HEATING, 10.0), (ROOF, 50.0)]
    request = CommandRequest.objects.get(point_key=ROOF)
    assert (request.source, request.actor, request.state) == ("program", "climate_program", State.REQUESTED)
    assert ClimateDecision.objects.get(actuator="roof_vent").facts["air"] == 29.0


def test_a_decision_is_stored_once_until_it_changes(house, rounds):
    house()
    turn(rounds)
    rows = ClimateDecision.objects.count()
    for at_s in (11, 21, 31):
        house(at_s, **{"h1-climate.air_temperature": 24.0 + at_s / 100.0})
        turn(rounds, at_s)
    assert ClimateDecision.objects.count() == rows == 5
    house(241, **{"h1-climate.air_temperature": 31.0})
    turn(rounds, 241)
    changed = ClimateDecision.objects.order_by("id")[rows:]
    assert [(row.actuator, row.target, row.why) for row in changed] == [
        ("roof_vent", 100.0, "too_warm"),
        ("bottom_vent", 0.0, "roof_first"),
    ]


def test_decisions_are_in_the_ledger_and_nobody_changes_them(house, rounds):
    house()
    turn(rounds)
    entry = Entry.objects.get(kind="decisions")
    rows = [decided._entry(row) for row in ClimateDecision.objects.all()]
    assert f'"digest":"{decisions_digest(rows)}"' in entry.payload
    assert '"count":5' in entry.payload
    refuse_deletes()
    with pytest.raises(DatabaseError, match="neither changed nor deleted"), transaction.atomic():
        ClimateDecision.objects.update(why="day")


def test_it_goes_on_from_its_last_decisions_after_a_restart(house, rounds, programs):
    house(**{"h1-climate.air_temperature": 29.0})
    turn(rounds)
    since = decided.newest()["h1", Actuator.ROOF_VENT].decision.since
    house(31, **{"h1-climate.air_temperature": 29.1})
    turn(ClimateRounds(programs, fence=UNFENCED), 31)
    assert ClimateDecision.objects.count() == 5
    assert decided.newest()["h1", Actuator.ROOF_VENT].decision.since == since


def test_one_request_is_enough_while_it_is_under_way_and_after_it_took(house, rounds):
    hot = {"h1-climate.air_temperature": 29.0}
    house(**hot)
    assert turn(rounds) == [(ROOF, 50.0)]
    assert turn(rounds, 2) == [(ROOF, 50.0)]
    end_all(State.CONFIRMED, 3)
    house(11, **hot, **{ROOF: 50.0, "h1-roof.position": 2.0})
    assert turn(rounds, 12) == [(ROOF, 50.0)], "the vent is on its way"


def test_what_fails_is_asked_for_again_after_growing_pauses(house, rounds):
    asked_at = []
    for at_s in range(1, 600, 10):
        house(at_s, **{"h1-climate.air_temperature": 29.0})
        if len(turn(rounds, at_s)) > len(asked_at):
            asked_at.append(at_s)
            end_all(State.TIMEOUT, at_s)
    assert asked_at == [1, 11, 71, 371]


def test_another_decision_is_asked_for_at_once(house, rounds):
    house(**{"h1-climate.air_temperature": 29.0})
    turn(rounds)
    end_all(State.TIMEOUT, 2)
    house(200, **{"h1-climate.air_temperature": 29.0, "weather.wind_speed": 9.0, ROOF: 60.0, "h1-roof.position": 60.0})
    assert turn(rounds, 201)[1:] == [(ROOF, pytest.approx(33.3, abs=0.1))]


def test_a_refusal_stores_nothing_and_is_tried_when_its_cause_is_gone(house, rounds):
    house(**{"h1-climate.air_temperature": 29.0, "h1-roof.control_location": 0.0})
    assert turn(rounds) == []
    assert turn(rounds, 11) == []
    house(21, **{"h1-climate.air_temperature": 29.0})
    assert turn(rounds, 22) == [(ROOF, 50.0)]


def test_a_manual_hold_beats_the_program_and_expires(house, rounds, technician):
    house(**{"h1-climate.air_temperature": 29.0})
    submit_setpoint(ROOF, 20.0, by=technician, seen_value=0.0, seen_at=NOON, now=at(1), hold_for=timedelta(minutes=30))
    end_all(State.CONFIRMED, 2)
    held = [(ROOF, 20.0)]
    for at_s in (11, 301, 1500):
        house(at_s, **{"h1-climate.air_temperature": 29.0, ROOF: 20.0, "h1-roof.position": 20.0})
        assert turn(rounds, at_s) == held
    house(1900, **{"h1-climate.air_temperature": 29.0, ROOF: 20.0, "h1-roof.position": 20.0})
    assert turn(rounds, 1901) == [*held, (ROOF, 50.0)]


def test_the_blanket_is_told_a_direction_and_not_again_while_it_moves(house, rounds):
    down = {"h1-blanket.position": 0.0}
    house(**down)
    assert turn(rounds) == [(BLANKET, 1.0)]
    assert reasons()[Actuator.ROOF_VENT] == (0.0, Why.BLANKET_NOT_UP)
    end_all(State.CONFIRMED, 2)
    house(11, **{"h1-blanket.position": 4.0, BLANKET: 1.0, "h1-blanket.motor_state": 1.0})
    assert turn(rounds, 12) == [(BLANKET, 1.0)]
    house(400, **{"h1-blanket.position": 60.0, BLANKET: 0.0})
    assert turn(rounds, 401) == [(BLANKET, 1.0), (BLANKET, 1.0)], "it stopped half way, and is told again"


def test_a_dead_weather_station_is_the_documented_safe_state(house, rounds, store):
    """Half an hour after its last word: vents 30 % at most, bottom vents shut, the blanket stays or comes down."""
    house()
    later = {key: value for key, value in DAY.items() if not key.startswith("weather")}
    store({**later, HEATING: 10.0, VENTILATION: 27.0, "h1-climate.air_temperature": 33.0}, at(1800).wall)
    assert turn(rounds, 1801) == [(ROOF, 30.0)]
    found = decided.newest()
    assert reasons()[Actuator.ROOF_VENT] == (30.0, Why.WIND_UNKNOWN)
    assert reasons()[Actuator.BOTTOM_VENT] == (0.0, Why.OUTSIDE_UNKNOWN)
    assert found["h1", Actuator.ROOF_VENT].decision.is_safe_state


def test_a_program_that_is_switched_off_decides_nothing_more(house, rounds, programs):
    house()
    turn(rounds)
    programs.is_on = False
    house(11, **{"h1-climate.air_temperature": 35.0})
    assert turn(rounds, 12) == []
    assert decided.newest() == {}
    assert set(ClimateDecision.objects.order_by("-id")[:5].values_list("why", flat=True)) == {OFF}
    turn(rounds, 22)
    assert ClimateDecision.objects.count() == 10
    programs.is_on, programs.version = True, 2
    house(31, **{BOTTOM: 0.0})
    turn(rounds, 32)
    assert ClimateDecision.objects.count() == 15
