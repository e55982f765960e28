"""A blanket that waits for a vent that somebody holds open is an alarm; so is what a program asks for in vain."""

from __future__ import annotations

from datetime import timedelta

import pytest

from devices.samples import Quality
from greenhouse.alarms.definitions import Kind
from greenhouse.alarms.duty import bindings_of_the_base
from greenhouse.alarms.hindered_programs import HinderedPrograms
from greenhouse.alarms.hindrances import OutputSeen, hindrance
from greenhouse.alarms.loader import load_shipped
from greenhouse.commands.checks import Code, Verdict
from greenhouse.commands.submit import submit_setpoint
from greenhouse.rules import decided
from greenhouse.rules.decided import Decided
from greenhouse.rules.evaluate.decisions import Actuator, Decision, Why
from tests.bases import load
from tests.commands.conftest import START, Store, after, moment
from tests.commands.conftest import store as store  # noqa: PLC0414  (a fixture)
from tests.commands.conftest import technician as technician  # noqa: PLC0414  (a fixture)
from tests.commands.moving import BLANKET, DAY, MOVING, ROOF

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])
WAITS_S, HINDERED_S = (load_shipped()[key].on_delay_s for key in ("blanket-waits", "program-hindered"))
EVERY_S = 10.0


@pytest.fixture
def noon(store: Store) -> Store:
    load(MOVING)
    store(DAY)
    return store


def decide(actuator: Actuator, point: str, target: float | None, why: Why, *, at_s: float = 0.0) -> None:
    decision = Decision(actuator, target, why, after(at_s))
    decided.store([Decided("h1", point, decision, after(at_s), 1)], [], tick=1, now=moment(at_s), at=after(at_s))


def watch(*active: tuple[Kind, str]) -> HinderedPrograms:
    bindings = [found for found in bindings_of_the_base() if found.definition.kind.follows_programs]
    return HinderedPrograms(bindings, active=active)


def told(watching: HinderedPrograms, at_s: float) -> list[tuple[str, str, str]]:
    return [
        (found.binding.definition.key, found.binding.object_key, found.change) for found in watching.look(after(at_s))
    ]


def told_until(watching: HinderedPrograms, noon: Store, until_s: float, **values: float) -> dict[float, list]:
    """Every look until then, with everything read again before each."""
    found = {}
    for step in range(int(until_s / EVERY_S) + 1):
        noon(DAY | {key.replace("__", "."): value for key, value in values.items()}, after(step * EVERY_S))
        if news := told(watching, step * EVERY_S):
            found[step * EVERY_S] = news
    return found


def test_a_blanket_that_waits_for_a_held_vent_is_told_after_its_delay_and_over_when_it_moves(noon):
    decide(Actuator.BLANKET, BLANKET, None, Why.WAITS_FOR_VENTS)
    watching = watch()
    raised = told_until(watching, noon, WAITS_S, **{"h1-roof.position": 40.0, ROOF: 40.0})
    assert raised == {WAITS_S: [("blanket-waits", BLANKET, "raised")]}
    # The program goes on wanting it down after its own quarter of an hour: the same alarm, the same cause.
    decide(Actuator.BLANKET, BLANKET, 0.0, Why.NIGHT, at_s=WAITS_S + 5)
    noon({**DAY, "h1-roof.position": 40.0, ROOF: 40.0}, after(WAITS_S + 10))
    assert told(watching, WAITS_S + 10) == []
    noon({**DAY, "h1-roof.position": 0.0, BLANKET: 2.0, "h1-blanket.position": 98.0}, after(WAITS_S + 20))
    assert told(watching, WAITS_S + 20) == [("blanket-waits", BLANKET, "cleared")]


def test_the_alarm_says_why(noon):
    decide(Actuator.BLANKET, BLANKET, 0.0, Why.NIGHT)
    noon({**DAY, "h1-roof.position": 40.0, ROOF: 40.0}, after(WAITS_S + 20))
    (found,) = watch().look(after(WAITS_S + 20))
    assert found.value == 100.0
    assert found.facts == {"verdict": "vents_open", "position": 40.0}


def test_a_blanket_that_comes_down_in_time_is_no_alarm(noon):
    decide(Actuator.BLANKET, BLANKET, 0.0, Why.NIGHT)
    watching = watch()
    assert told(watching, 0) == []
    noon({**DAY, BLANKET: 2.0, "h1-blanket.position": 40.0}, after(300))
    assert told(watching, 300) == []
    noon({**DAY, "h1-blanket.position": 0.0}, after(WAITS_S + 10))
    assert told(watching, WAITS_S + 10) == []


def test_a_winder_that_is_told_to_cover_and_does_not_turn_is_told_after_the_same_delay(noon):
    decide(Actuator.BLANKET, BLANKET, 0.0, Why.NIGHT)
    watching = watch()
    # Its controller takes the command, and returns to 0 by itself when its run time is over; then it is asked again.
    for at_s in range(0, int(WAITS_S), 10):
        noon({**DAY, BLANKET: 2.0 if at_s % 300 < 200 else 0.0}, after(at_s))
        assert told(watching, at_s) == []
    noon({**DAY, BLANKET: 2.0}, after(WAITS_S))
    assert told(watching, WAITS_S) == [("blanket-waits", BLANKET, "raised")]


@pytest.mark.parametrize("signs", [{"h1-blanket.motor_state": 2.0}, {"h1-blanket.position": 97.0}])
def test_one_whose_motor_runs_or_that_came_down_moves(noon, signs):
    decide(Actuator.BLANKET, BLANKET, 0.0, Why.NIGHT)
    watching = watch((Kind.BLANKET_WAITS, BLANKET))
    noon({**DAY, BLANKET: 2.0}, after(0))
    assert told(watching, 0) == []
    noon({**DAY, BLANKET: 2.0, **signs}, after(10))
    assert told(watching, 10) == [("blanket-waits", BLANKET, "cleared")]


def test_a_winder_on_local_is_told_too(noon):
    decide(Actuator.BLANKET, BLANKET, 0.0, Why.NIGHT)
    noon({**DAY, "h1-blanket.control_location": 0.0}, after(WAITS_S + 10))
    (found,) = watch().look(after(WAITS_S + 10))
    assert found.facts == {"verdict": "local_control"}
    assert found.binding.definition.priority.name == "P1"


POSITION = "h1-blanket.position"


def test_one_late_poll_neither_clears_an_alarm_nor_begins_its_delay_anew(noon):
    decide(Actuator.BLANKET, BLANKET, None, Why.WAITS_FOR_VENTS)
    watching = watch()
    others = {key: value for key, value in DAY.items() if key != POSITION} | {"h1-roof.position": 40.0, ROOF: 40.0}
    noon({**others, POSITION: 100.0}, after(0))
    assert told(watching, 0) == []
    noon(others, after(WAITS_S - 60))
    noon({POSITION: 100.0}, after(WAITS_S - 65))
    assert told(watching, WAITS_S - 60) == [], "the position is five seconds old"
    noon({**others, POSITION: 100.0}, after(WAITS_S))
    assert told(watching, WAITS_S) == [("blanket-waits", BLANKET, "raised")]
    noon(others, after(WAITS_S + 10))
    assert told(watching, WAITS_S + 10) == []


def test_a_position_that_is_bad_takes_back_nothing_while_nobody_can_tell(noon):
    decide(Actuator.BLANKET, BLANKET, None, Why.WAITS_FOR_VENTS)
    watching = watch()
    held_open = {**DAY, "h1-roof.position": 40.0, ROOF: 40.0}
    noon(held_open, after(0))
    assert told(watching, 0) == []
    for at_s in (WAITS_S - 60, WAITS_S + 30):
        noon(held_open, after(at_s))
        noon({POSITION: 0.0}, after(at_s + 1), Quality.BAD)
        assert told(watching, at_s + 1) == [], "nobody knows: neither more nor less than before"
    noon(held_open, after(WAITS_S + 60))
    assert told(watching, WAITS_S + 60) == [("blanket-waits", BLANKET, "raised")], "the delay went on"
    noon({POSITION: 0.0}, after(WAITS_S + 71), Quality.BAD)
    assert told(watching, WAITS_S + 71) == []


def test_a_lost_link_raises_nothing_and_takes_back_nothing(noon):
    decide(Actuator.BLANKET, BLANKET, None, Why.WAITS_FOR_VENTS)
    lost = {**DAY, "h1-roof.position": 40.0, ROOF: 40.0, "h1-blanket.link": 0.0}
    noon(lost, after(WAITS_S + 10))
    assert told(watch(), WAITS_S + 10) == []
    assert told(watch((Kind.BLANKET_WAITS, BLANKET)), WAITS_S + 10) == []
    noon({**lost, POSITION: 0.0}, after(WAITS_S + 20))
    assert told(watch((Kind.BLANKET_WAITS, BLANKET)), WAITS_S + 20) == [("blanket-waits", BLANKET, "cleared")]


def test_a_blanket_of_which_nobody_knows_where_it_stands_counts_as_up(noon):
    decide(Actuator.BLANKET, BLANKET, 0.0, Why.NIGHT)
    noon(DAY, after(WAITS_S + 10))
    noon({POSITION: 0.0}, after(WAITS_S + 11), Quality.BAD)
    (found,) = watch().look(after(WAITS_S + 11))
    assert found.binding.definition.key == "blanket-waits"
    assert found.value is None


def test_a_restart_neither_forgets_nor_repeats_it(noon):
    decide(Actuator.BLANKET, BLANKET, 0.0, Why.NIGHT)
    noon({**DAY, "h1-roof.position": 40.0, ROOF: 40.0}, after(WAITS_S + 60))
    assert told(watch((Kind.BLANKET_WAITS, BLANKET)), WAITS_S + 60) == []
    assert told(watch(), WAITS_S + 60) == [("blanket-waits", BLANKET, "raised")], "it went on while nobody looked"


def test_a_program_that_is_switched_off_wants_nothing(noon):
    decide(Actuator.BLANKET, BLANKET, 0.0, Why.NIGHT)
    (standing,) = decided.newest().values()
    decided.store([], [standing], tick=2, now=moment(5), at=after(5))
    assert told(watch((Kind.BLANKET_WAITS, BLANKET)), WAITS_S) == [("blanket-waits", BLANKET, "cleared")]


def test_what_is_refused_again_and_again_is_told_after_half_an_hour(noon):
    decide(Actuator.ROOF_VENT, ROOF, 60.0, Why.TOO_WARM)
    watching = watch()
    for at_s in (0.0, HINDERED_S - EVERY_S):
        noon({**DAY, "weather.wind_speed": 16.0}, after(at_s))
        assert told(watching, at_s) == []
    noon({**DAY, "weather.wind_speed": 16.0}, after(HINDERED_S))
    assert told(watching, HINDERED_S) == [("program-hindered", ROOF, "raised")]
    noon({**DAY, ROOF: 60.0}, after(HINDERED_S + EVERY_S))
    assert told(watching, HINDERED_S + EVERY_S) == [("program-hindered", ROOF, "cleared")]


NIGHT = Decision(Actuator.BLANKET, 0.0, Why.NIGHT, START)
OPEN = Verdict(Code.VENTS_OPEN, {"position": 40.0})


@pytest.mark.parametrize(
    ("decision", "seen", "kind"),
    [
        (NIGHT, OutputSeen(100.0, is_missing=True, verdict=OPEN), Kind.BLANKET_WAITS),
        (NIGHT, OutputSeen(100.0, is_missing=True), Kind.BLANKET_WAITS),
        (NIGHT, OutputSeen(2.0, is_missing=False), None),
        (NIGHT, OutputSeen(None, is_missing=True, verdict=OPEN), Kind.BLANKET_WAITS),
        (NIGHT, OutputSeen(None, is_missing=False), None),
        (NIGHT, OutputSeen(None, is_missing=True, is_held=True, verdict=OPEN), None),
        (NIGHT, OutputSeen(60.0, is_missing=True, is_moving_there=True), None),
        (NIGHT, OutputSeen(100.0, is_missing=True, is_held=True, verdict=OPEN), None),
        (NIGHT, OutputSeen(40.0, is_missing=True, verdict=Verdict(Code.OVER_TRAVEL)), None),
        (NIGHT, OutputSeen(40.0, is_missing=True, verdict=Verdict(Code.LINK_DOWN)), None),
    ],
)
def test_one_alarm_for_a_cause(decision, seen, kind):
    found = hindrance(decision, seen)
    assert (None if found is None else found.kind) is kind


@pytest.mark.parametrize("position_pct", [100.0, 50.0])
def test_wind_that_keeps_a_blanket_up_is_told_at_night_alone(position_pct):
    seen = OutputSeen(position_pct, is_missing=False)
    by_night = Decision(Actuator.BLANKET, None, Why.WIND_KEEPS_BLANKET_UP, START)
    by_day = Decision(Actuator.BLANKET, None, Why.WIND_HOLDS_BLANKET, START)
    found = hindrance(by_night, seen)
    assert found is not None
    assert found.kind is Kind.BLANKET_WAITS
    assert hindrance(by_day, seen) is None


def test_one_that_wind_stops_half_way_on_a_dull_morning_leaves_no_house_uncovered_at_night():
    dull = Decision(Actuator.BLANKET, 0.0, Why.WAITS_FOR_SUN, START)
    windy = Verdict(Code.WIND_HOLDS_BLANKET, {"wind": 12.0, "limit": 10.0})
    found = hindrance(dull, OutputSeen(50.0, is_missing=True, verdict=windy))
    assert found is not None
    assert found.kind is Kind.PROGRAM_HINDERED


def test_a_vent_that_a_person_holds_excuses_no_blanket(noon, technician):
    decide(Actuator.BLANKET, BLANKET, 0.0, Why.NIGHT)
    submit_setpoint(ROOF, 40.0, by=technician, seen_value=0.0, seen_at=None, now=moment(1), hold_for=timedelta(hours=2))
    noon({**DAY, "h1-roof.position": 40.0, ROOF: 40.0}, after(WAITS_S + 60))
    assert told(watch(), WAITS_S + 60) == [("blanket-waits", BLANKET, "raised")]
