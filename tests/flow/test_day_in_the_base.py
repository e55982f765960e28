"""A day in the base: plant, control, climate and irrigation programs, a harvest and the wall, over real Modbus.

All processes of a training base live through twenty-four hours in some minutes; then everything that they left is held
against what the plant itself had, several times a second. What is asked is what must be true, never when exactly.
With WHOLE_DAY=1 it is a day; else, as in continuous integration, its morning until after noon.
"""

from __future__ import annotations

import json
import os
from bisect import bisect_left
from collections import Counter
from datetime import date, timedelta
from itertools import pairwise

import pytest

from greenhouse.agronomy.sun import sun_times
from greenhouse.commands.run_lifecycle import OPENING_S, REGISTER_MARGIN_S, RunState, may_follow
from greenhouse.commands.weather_limits import FULLY_UP_PCT, SHUT_PCT
from tests.flow.day_course import (
    AFTER_NOON,
    COMPARTMENTS,
    DOSE_L,
    DOSE_S,
    FAST,
    HARVEST_KG,
    METERS,
    NEXT_MORNING,
    NOTE,
    SLOW,
    SOLAR,
    START,
    TRUTH_OF,
    VALVES,
    Day,
    live_a_day,
)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1500)]
IS_WHOLE = os.environ.get("WHOLE_DAY") == "1"
VENTS = tuple(TRUTH_OF.values())
TRAVEL_S = {"h1": 180.0, "h2": 180.0, "g1-a": 300.0}
DATE = date(2027, 3, 4)
SILENT = "INVALID_WORD"
DROPOUTS_A_DAY = 5
MOTORS_LOSE_PCT = 8.0
"""A motor that loses count stands so far from what its controller believes."""


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Day:
    return live_a_day(tmp_path_factory.mktemp("day"), until=NEXT_MORNING if IS_WHOLE else AFTER_NOON)


@pytest.fixture(scope="module")
def sun(day: Day) -> tuple[float, float]:
    """Sunrise and sunset of the day."""
    times = sun_times(DATE, latitude_deg=39.6, longitude_deg=109.8)
    assert times.sunrise is not None
    assert times.sunset is not None
    return times.sunrise.timestamp(), times.sunset.timestamp()


@pytest.fixture(scope="module")
def was_starved(day: Day) -> bool:
    """Whether the machine was so busy that the simulated devices did not answer in time: then the day had faults."""
    return "no reply within" in day.base.logs()["control"]


def openings(day: Day, valve: str) -> list[tuple[float, float]]:
    """From when to when a valve was truly open."""
    found: list[list[float]] = []
    was_open = False
    for look in day.witness.seen:
        is_open = look.values[valve] == 1.0
        if is_open and not was_open:
            found.append([look.at, look.at])
        elif is_open:
            found[-1][1] = look.at
        was_open = is_open
    return [(begin, end) for begin, end in found]


def of_programs(day: Day) -> list[dict]:
    return [run for run in day.stores["runs"] if run["program"]]


# What was stored


def is_explained(day: Day, decision: dict) -> bool:
    """Whether a sensor of this compartment or of the weather station had just given nothing.

    A share of them does so for a moment (greenhouse/plant/data/sensors.toml), which no program decides by.
    """
    places = (f"{decision['compartment_key']}-", "weather")
    silences = [
        at
        for key, found in day.stores["course"].items()
        for at, reason in found["bad"]
        if reason == SILENT and key.startswith(places)
    ]
    return any(0.0 <= decision["at"] - at <= FAST for at in silences)


def test_every_series_is_whole_simulated_and_bad_only_for_a_moment_of_a_sensor_without_a_value(day: Day):
    course = {key: found for key, found in day.stores["course"].items() if not key.endswith(".link")}
    assert len(course) > 300
    assert {found["origin"] for found in course.values()} == {"simulated"}
    bad = {key: found["bad"] for key, found in course.items() if found["bad"]}
    assert {reason for rows in bad.values() for _at, reason in rows} <= {SILENT}, bad
    assert {key: rows for key, rows in bad.items() if len(rows) > DROPOUTS_A_DAY} == {}
    assert {len(found["known"]) for found in course.values()} == {day.hours - 1}
    assert [key for key, found in course.items() if min(found["known"]) == 0.0] == []
    known = {key: sum(found["known"]) / len(found["known"]) for key, found in course.items()}
    assert {key: share for key, share in known.items() if share < 0.95} == {}


def test_time_never_went_back_in_the_store(day: Day):
    for found in day.stores["positions"].values():
        assert len(found) > 2
        assert all(earlier[0] < later[0] for earlier, later in pairwise(found))


def test_nothing_was_wrong_with_motors_and_on_a_machine_with_time_to_spare_nothing_at_all(day: Day, was_starved):
    told = Counter(day.stores["alarms"])
    assert "output-locked" not in told
    if not was_starved:
        assert not told.keys() & {"line-lost", "link-lost", "sensor-unusable", "command-unconfirmed"}, told
        blind = [row for row in day.stores["decisions"] if row["is_safe_state"] and not is_explained(day, row)]
        assert not blind, "every input was known, but for a moment in which a sensor gave nothing"
    for name, log in day.base.logs().items():
        assert "Traceback" not in log, f"{name}: {log[-3000:]}"


# What was decided


def of_blanket(day: Day, house: str) -> list[dict]:
    rows = day.stores["decisions"]
    return [row for row in rows if (row["compartment_key"], row["actuator"]) == (house, "blanket")]


@pytest.mark.parametrize("house", SOLAR)
def test_the_blanket_went_up_after_sunrise(day: Day, sun, house: str):
    up = next(row for row in of_blanket(day, house) if row["target"] == 100.0)
    assert up["why"] in {"day", "waited_long_enough"}
    assert sun[0] < up["at"]
    lifted = [look.at for look in day.witness.seen if look.values[f"truth-{house}.blanket_position"] >= FULLY_UP_PCT]
    assert up["at"] < lifted[0]
    moved = [row for row in day.stores["requests"] if row["point"] == f"{house}-blanket.motor_command"]
    by_program = [row for row in moved if row["at"] > day.settled_at]
    assert {row["value"] for row in by_program} == ({1.0, 2.0} if IS_WHOLE else {1.0})
    assert {row["actor"] for row in by_program} == {"climate_program"}


@pytest.mark.whole_day
@pytest.mark.parametrize("house", SOLAR)
def test_the_blanket_came_down_before_sunset(day: Day, sun, house: str):
    told = of_blanket(day, house)
    up = next(row for row in told if row["target"] == 100.0)
    down = next(row for row in told if row["target"] == 0.0 and row["at"] > up["at"])
    assert down["why"] == "night"
    assert up["at"] < down["at"] <= sun[1]
    truth = f"truth-{house}.blanket_position"
    lifted = [look.at for look in day.witness.seen if look.values[truth] >= FULLY_UP_PCT]
    assert lifted[-1] < day.stop_at
    after = [look.values[truth] for look in day.witness.seen if look.at > sun[1] + 3600.0]
    assert after
    assert max(after) <= SHUT_PCT, "it lies on the house all night"


def test_vents_follow_the_temperature_and_say_so(day: Day):
    told = [row for row in day.stores["decisions"] if row["actuator"] in {"roof_vent", "lee_vent"}]
    warm = [row for row in told if row["why"] == "too_warm"]
    assert {row["compartment_key"] for row in warm} >= set(COMPARTMENTS if IS_WHOLE else SOLAR)
    assert all(row["facts"]["air"] > row["facts"]["from"] for row in warm)
    cool = [row for row in told if row["why"] == "cool_enough"]
    assert all(row["facts"]["air"] <= row["facts"]["from"] for row in cool)
    for key in SOLAR:
        widest = max(look.values[f"truth-{key}.roof_vent_position"] for look in day.witness.seen)
        assert widest > (10.0 if IS_WHOLE else SHUT_PCT), f"the roof vent of {key} truly opened"
    assert {row["program_version"] for row in day.stores["decisions"]} == {0}


def test_no_vent_stood_open_while_the_blanket_was_not_up(day: Day):
    looks = [look for look in day.witness.seen if look.at > day.settled_at]
    assert len(looks) > 500
    for look in looks:
        for house in SOLAR:
            wide = max(look.values[f"truth-{house}.{vent}_position"] for vent in ("roof_vent", "bottom_vent"))
            lifted = look.values[f"truth-{house}.blanket_position"]
            assert lifted >= FULLY_UP_PCT - 1.0 or wide <= SHUT_PCT + 1.0, (house, lifted, wide, look.at)


def test_no_interlock_opened_anything(day: Day):
    times = [look.at for look in day.witness.seen]
    for row in day.stores["requests"]:
        if row["actor"] in {"rain", "storm"}:
            before = day.witness.seen[max(0, bisect_left(times, row["at"]) - 1)]
            assert row["value"] <= before.values[TRUTH_OF[row["point"]]] + MOTORS_LOSE_PCT, row


def test_what_the_programs_asked_for_is_where_the_drives_truly_stand(day: Day):
    times = [look.at for look in day.witness.seen]
    checked: Counter[str] = Counter()
    for point, truth in TRUTH_OF.items():
        asked = [row for row in day.stores["requests"] if row["point"] == point]
        ends = [row["at"] for row in asked[1:]] + [day.stop_at]
        for row, end in zip(asked, ends, strict=False):
            if row["state"] != "confirmed":
                continue  # nobody claims to know where it stands
            there_at = row["ended_at"] + 2.0 * TRAVEL_S[point.partition("-vent")[0]]
            looks = day.witness.seen[bisect_left(times, there_at) : bisect_left(times, end)]
            for look in looks:
                assert look.values[truth] == pytest.approx(row["value"], abs=MOTORS_LOSE_PCT), (point, row, look.at)
            checked[truth] += bool(looks)
    assert sum(checked.values()) > (10 if IS_WHOLE else 2), checked


# What was watered


def test_every_run_gave_its_dose_once_and_ended(day: Day):
    runs = of_programs(day)
    assert sorted(run["group"] for run in runs) == ["g1-a-north", "h1-north", "h1-south"]
    assert {(run["state"], run["reason"]) for run in runs} == {("done", "dose_given")}
    for run in runs:
        states = [RunState(state) for state, _at in run["events"]]
        assert states[0] is RunState.PLANNED
        assert all(may_follow(earlier, later) for earlier, later in pairwise(states))
        for valve in run["valves"]:
            assert len(openings(day, valve)) == 1, "no dose was given twice"
            ((begin, end),) = openings(day, valve)
            at = dict(map(tuple, run["events"]))
            assert at["opening"] <= begin
            assert end <= at["done"] <= run["deadline"] + SLOW * (OPENING_S + REGISTER_MARGIN_S)


def test_what_was_metered_is_what_the_valves_let_through(day: Day):
    first, last = day.witness.seen[0].values, day.witness.seen[-1].values
    for compartment, meter in zip(COMPARTMENTS, METERS, strict=True):
        metered_l = sum(run["given_l"] for run in of_programs(day) if run["group"].startswith(f"{compartment}-"))
        truly_l = 1000.0 * (last[meter] - first[meter])
        if compartment == "h2":
            assert metered_l == 0.0, "no program waters it, only the person whose run was cut off"
            assert truly_l > 0.0
        else:
            assert metered_l == pytest.approx(truly_l, abs=2.0)
    for run in of_programs(day):
        ((begin, end),) = openings(day, run["valves"][0])
        if run["dose_s"]:
            assert run["dose_s"] == DOSE_S
            assert DOSE_S * 0.95 <= end - begin <= 2.0 * DOSE_S
        else:
            assert run["dose_l"] == DOSE_L
            flow_l_s = run["given_l"] / (end - begin)
            assert DOSE_L <= run["given_l"] <= DOSE_L + flow_l_s * SLOW * 10.0


def test_a_planned_stop_closes_what_a_person_had_opened(day: Day):
    assert {valve for valve, value in day.opened.items() if value} == {"h2-valves.valve_1", "h2-valves.valve_2"}
    assert set(day.closed.values()) == {0.0}, "nothing stands open when the control process has ended"
    assert day.stores["stops"] == [{"unconfirmed": {}}]
    assert {day.witness.seen[-1].values[valve] for valve in VALVES} == {0.0}


# What was written down, and what was told


def test_the_ledger_is_sound_and_holds_every_step(day: Day):
    ledger = day.stores["ledger"]
    assert ledger["fault"] is None
    for run in day.stores["runs"]:
        told = [entry["state"] for entry in ledger["entries"] if entry.get("run") == run["id"]]
        assert told == [state for state, _at in run["events"]]
    assert ledger["kinds"]["command"] >= len(day.stores["requests"])
    assert ledger["kinds"]["decisions"] > 0
    assert ledger["kinds"]["clock"] == len(day.base.paces), "each change of pace"
    assert ledger["kinds"]["program"] == len(COMPARTMENTS) + 2
    (entered,) = [entry for entry in ledger["entries"] if entry["kind"] == "harvest"]
    assert (entered["event"], entered["mass_g"], entered["day"]) == (
        "entered",
        round(1000 * float(HARVEST_KG)),
        "2027-03-04",
    )
    assert NOTE not in json.dumps(ledger["entries"])


def test_the_harvest_that_was_typed_is_stored_as_weighed(day: Day):
    (row,) = day.stores["harvests"]
    assert (row["day"], row["mass_g"], row["origin"]) == ("2027-03-04", round(1000 * float(HARVEST_KG)), "manual")


def test_visitors_saw_values_with_their_ages(day: Day):
    assert len(day.published) > 10
    for document in day.published:
        for name, value in document["values"].items():
            assert value["o"] == "simulated", name
            assert value["at"] <= document["at"] - 60_000, f"{name} is as old as the list says, and says so"
    last = day.published[-1]
    assert last["values"]["air_temperature"]["q"] == "good"
    # A base that was switched on at half past five does not know what was given since midnight.
    assert (last["values"]["water_today"]["v"] is not None) == IS_WHOLE


@pytest.mark.whole_day
def test_visitors_saw_the_course_of_the_day(day: Day, sun):
    blanket = day.published[-1]["courses"]["blanket_rolled_up"]
    means = {
        blanket["begins"] / 1000 + (place + 0.5) * blanket["step_s"]: mean
        for place, mean in enumerate(blanket["means"])
        if mean is not None
    }
    noon = (sun[0] + sun[1]) / 2.0
    around_noon = [mean for at, mean in means.items() if abs(at - noon) < 3600.0]
    late = [mean for at, mean in means.items() if at > sun[1] + 2 * 3600.0]
    assert len(around_noon) >= 6
    assert min(around_noon) == 100.0
    assert len(late) > 20
    assert max(late) == 0.0


def test_visitors_learn_of_no_person_no_control_and_no_harvest(day: Day):
    told = json.dumps(day.published, ensure_ascii=False)
    private = ("technician", "supervisor", "engineer", NOTE, HARVEST_KG, "setpoint", "valve_", "h1-", "target", "motor")
    assert [word for word in private if word in told] == []


def test_the_time_has_passed(day: Day):
    passed = timedelta(seconds=day.stop_at - START.timestamp())
    assert timedelta(hours=day.hours) <= passed < timedelta(hours=day.hours + 2)
    assert day.witness.seen[0].at < day.settled_at < START.timestamp() + 3600.0
