"""Interlocks that act by themselves: asked for once, through a manual hold, and again only after growing pauses."""

from __future__ import annotations

from datetime import timedelta

import pytest

from devices.samples import Quality
from greenhouse.commands import dispatch
from greenhouse.commands.lifecycle import State
from greenhouse.commands.models import CommandRequest, HoldState, ManualHold, OverTravel
from greenhouse.commands.sources import Source
from greenhouse.commands.submit import submit_setpoint
from greenhouse.fencing import UNFENCED
from scheduler.interlock_rounds import InterlockRounds
from tests.bases import load
from tests.commands.conftest import START, Store, after, moment
from tests.commands.conftest import store as store  # noqa: PLC0414  (a fixture)
from tests.commands.conftest import technician as technician  # noqa: PLC0414  (a fixture)
from tests.commands.moving import BLANKET, BOTTOM, DAY, MOVING, ROOF, device_text

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])
OPEN = {ROOF: 60.0, "h1-roof.position": 60.0}


@pytest.fixture
def day(store: Store) -> Store:
    load(MOVING)
    store(DAY)
    return store


@pytest.fixture
def rounds() -> InterlockRounds:
    return InterlockRounds(fence=UNFENCED)


def look(rounds: InterlockRounds, at_s: float) -> list[tuple[str, float, str]]:
    """One look; every request so far, as (point, value, actor)."""
    rounds.run(moment(at_s), monotonic_s=at_s)
    rows = CommandRequest.objects.filter(source=Source.INTERLOCK).order_by("created_at")
    return list(rows.values_list("point_key", "value", "actor"))


def end(state: State, at_s: float) -> None:
    """The open request ends so."""
    request = CommandRequest.objects.get(ended_at=None)

    class Sent:
        def start(self, order: dispatch.WriteOrder) -> None:
            """On its way."""

    assert dispatch.dispatch_next(moment(at_s), Sent())
    dispatch.record_outcome(request.pk, state, now=moment(at_s), readback_value=request.value)


def test_on_a_quiet_day_nothing_is_asked_for(day, rounds):
    day(OPEN)
    assert look(rounds, 1) == []


def test_a_storm_shuts_what_is_open_and_asks_once(day, rounds):
    day({**OPEN, "weather.wind_speed": 16.0})
    once = [(ROOF, 0.0, "storm")]
    assert look(rounds, 1) == once
    assert look(rounds, 2) == once
    end(State.CONFIRMED, 3)
    day({**DAY, ROOF: 0.0, "h1-roof.position": 30.0, "weather.wind_speed": 16.0}, after(5))
    assert look(rounds, 6) == once, "it is on its way"
    assert look(rounds, 600) == once


def test_rain_shuts_vents_to_a_gap(day, rounds):
    day({**OPEN, BOTTOM: 8.0, "weather.rain_state": 1.0})
    assert look(rounds, 1) == [(ROOF, 10.0, "rain")]


NET = "h1-shade.target_position"
DRAWN = DAY | {
    "h1-shade.link": 2.0,
    "h1-shade.control_location": 1.0,
    "h1-shade.position": 100.0,
    "h1-shade.motor_state": 0.0,
    NET: 100.0,
}


def test_a_net_left_drawn_is_pulled_back_when_the_wind_is_not_known_but_not_for_one_bad_reading(store, rounds):
    load(MOVING + device_text("h1-shade", 23, "shading-net-motor"))
    store(DRAWN)
    store({"weather.wind_speed": 0.0}, after(2), Quality.BAD)
    assert look(rounds, 3) == []
    store(DRAWN, after(4))
    assert look(rounds, 5) == []
    store({"weather.wind_speed": 0.0}, after(100), Quality.BAD)
    assert look(rounds, 101) == []
    assert look(rounds, 160) == []
    store({key: value for key, value in DRAWN.items() if key != "weather.wind_speed"}, after(160))
    assert look(rounds, 161) == [(NET, 0.0, "weather_unknown")]


def test_what_does_not_take_is_asked_for_again_after_growing_pauses(day, rounds):
    day({**OPEN, "weather.wind_speed": 16.0})
    look(rounds, 1)
    end(State.TIMEOUT, 2)
    asked_at = [1]
    for at_s in range(3, 200):
        if at_s % 2:
            day({**DAY, **OPEN, "weather.wind_speed": 16.0}, after(at_s))
        if len(look(rounds, at_s)) > len(asked_at):
            asked_at.append(at_s)
            end(State.TIMEOUT, at_s)
    assert asked_at == [1, 21, 81]


def test_another_storm_asks_at_once(day, rounds):
    day({**OPEN, "weather.wind_speed": 16.0})
    look(rounds, 1)
    end(State.CONFIRMED, 2)
    day({**DAY, ROOF: 0.0}, after(3))
    look(rounds, 4)
    day({**DAY, **OPEN, "weather.wind_speed": 9.0}, after(5))
    assert look(rounds, 6)[1:] == [(ROOF, 50.0, "storm")]


def test_a_storm_passes_a_manual_hold(day, rounds, technician):
    request = submit_setpoint(
        ROOF, 60.0, by=technician, seen_value=0.0, seen_at=START, now=moment(1), hold_for=timedelta(hours=2)
    )
    end(State.CONFIRMED, 2)
    assert ManualHold.objects.get(request=request).state == HoldState.ACTIVE
    day({**DAY, **OPEN, "weather.wind_speed": 16.0}, after(3))
    assert look(rounds, 4) == [(ROOF, 0.0, "storm")]


def test_what_a_person_has_just_asked_for_gives_way(day, rounds, technician):
    day({**DAY, **OPEN})
    waiting = submit_setpoint(ROOF, 80.0, by=technician, seen_value=60.0, seen_at=START, now=moment(1))
    day({**DAY, **OPEN, "weather.wind_speed": 16.0}, after(1.5))
    assert look(rounds, 2) == [(ROOF, 0.0, "storm")]
    waiting.refresh_from_db()
    assert waiting.state == State.SUPERSEDED


def test_nothing_is_asked_for_again_and_again_while_a_device_is_offline(day, rounds):
    day({**OPEN, "weather.wind_speed": 16.0, "h1-roof.link": 0.0})
    assert look(rounds, 1) == []
    day({"h1-roof.link": 2.0})
    assert look(rounds, 2) == []
    day({**DAY, **OPEN, "weather.wind_speed": 16.0}, after(21))
    assert look(rounds, 22) == [(ROOF, 0.0, "storm")]


def test_a_winder_that_runs_too_long_is_stopped_and_locked(day, rounds):
    """It travels 360 s; after 468 s and two polls nobody believes any more that the blanket moves."""
    day({**DAY, "h1-blanket.motor_state": 1.0, BLANKET: 1.0, "h1-blanket.position": 40.0}, after(2))
    look(rounds, 2)
    for at_s in (200, 400, 474):
        day({**DAY, "h1-blanket.motor_state": 1.0, BLANKET: 1.0, "h1-blanket.position": 40.0}, after(at_s))
        assert look(rounds, at_s) == []
    day({**DAY, "h1-blanket.motor_state": 1.0, BLANKET: 1.0, "h1-blanket.position": 40.0}, after(476))
    assert look(rounds, 476) == [(BLANKET, 0.0, "over_travel")]
    locked = OverTravel.objects.get()
    assert (locked.point_key, locked.ran_s, locked.position_pct) == (BLANKET, 474.0, 40.0)
    assert look(rounds, 477) == [(BLANKET, 0.0, "over_travel")]


def test_a_vent_that_takes_positions_is_stopped_where_it_stands(day, rounds):
    for at_s in (2, 100, 200, 320):
        day({**DAY, "h1-roof.motor_state": 1.0, ROOF: 60.0, "h1-roof.position": 35.0}, after(at_s))
        found = look(rounds, at_s)
    assert found == [(ROOF, 35.0, "over_travel")]


def test_a_stop_or_a_turn_between_begins_another_run(day, rounds):
    for at_s, state in ((2, 1.0), (200, 1.0), (202, 0.0), (204, 1.0), (420, 2.0), (640, 2.0)):
        day({**DAY, "h1-roof.motor_state": state}, after(at_s))
        assert look(rounds, at_s) == []


def test_a_run_that_began_before_this_process_is_looked_up(day):
    """The control process was killed while the motor ran."""
    for at_s in (2, 100, 200, 300):
        day({**DAY, "h1-roof.motor_state": 1.0, "h1-roof.position": 35.0}, after(at_s))
    day({**DAY, "h1-roof.motor_state": 1.0, "h1-roof.position": 35.0}, after(330))
    assert look(InterlockRounds(fence=UNFENCED), 331) == [(ROOF, 35.0, "over_travel")]


def test_a_jammed_vent_that_is_told_again_and_again_is_found_all_the_same(day, rounds, technician):
    """A program sends it another target every three minutes."""
    jammed = {"h1-roof.motor_state": 1.0, "h1-roof.position": 35.0}
    for at_s, value in ((2, 40.0), (182, 45.0)):
        day({**DAY, **jammed}, after(at_s))
        submit_setpoint(ROOF, value, by=technician, seen_value=0.0, seen_at=START, now=moment(at_s))
        end(State.CONFIRMED, at_s)
        assert look(rounds, at_s) == []
    day({**DAY, **jammed}, after(320))
    assert look(rounds, 320) == [(ROOF, 35.0, "over_travel")]


def test_a_jammed_vent_tries_to_shut_in_a_storm_but_not_without_rest(day, rounds):
    for at_s in (2, 100, 200, 320):
        day({**DAY, "h1-roof.motor_state": 1.0, **OPEN}, after(at_s))
        look(rounds, at_s)
    end(State.CONFIRMED, 321)
    storm = {**DAY, **OPEN, "weather.wind_speed": 20.0}
    day(storm, after(330))
    assert look(rounds, 331)[1:] == [(ROOF, 0.0, "storm")]
    end(State.TIMEOUT, 332)
    for at_s in (360, 600, 900):
        day(storm, after(at_s))
        assert len(look(rounds, at_s)) == 2
    day(storm, after(1250))
    assert len(look(rounds, 1250)) == 3


def test_a_motor_that_shows_nothing_is_judged_by_nobody(day, rounds):
    day({**DAY, "h1-roof.motor_state": 1.0}, after(2))
    look(rounds, 2)
    assert look(rounds, 900) == []
