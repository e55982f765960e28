"""Runs and stray valves, look by look, with the answers of the devices in the test's own hands."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import transaction

from greenhouse.commands import after_restore, dispatch
from greenhouse.commands import irrigation_runs as runs
from greenhouse.commands.errors import InvalidRequest, RequestNotAllowed
from greenhouse.commands.lifecycle import State
from greenhouse.commands.models import CommandRequest, IrrigationRun
from greenhouse.commands.run_lifecycle import RunReason, RunState
from greenhouse.commands.sources import VALVE_GUARD
from greenhouse.fencing import UNFENCED
from greenhouse.ledger import chain
from greenhouse.ledger.chain import Kind
from greenhouse.ledger.models import Entry
from greenhouse.rules import irrigation_programs
from greenhouse.rules.errors import FaultyIrrigation, ProgramConflict, ReasonNeeded
from greenhouse.rules.irrigation_due import IrrigationInForce, plan_due
from greenhouse.rules.irrigation_programs import history, in_force, save, switch
from scheduler.irrigation_rounds import IrrigationRounds
from tests.bases import SMALL, load
from tests.commands.conftest import Store, after, moment, person
from tests.commands.conftest import store as store  # noqa: PLC0414  (a fixture)
from tests.commands.conftest import technician as technician  # noqa: PLC0414  (a fixture)

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])
BASE = (
    SMALL
    + """
[[device]]
key = "h1-valves"
name_zh = "阀组"
name_en = "Valves"
line = "climate"
unit_id = 5
profile = "valve-block-8"
compartment = "h1"
[[device]]
key = "feed"
name_zh = "水肥机"
name_en = "Feed unit"
line = "climate"
unit_id = 6
profile = "water-fertilizer-unit"
[[valve_group]]
key = "north"
name_zh = "北"
name_en = "North"
compartment = "h1"
valves = ["h1-valves.valve_1"]
area_m2 = 240
longest_run_min = 10
meter = "h1-valves.total_volume"
[[valve_group]]
key = "south"
name_zh = "南"
name_en = "South"
compartment = "h1"
valves = ["h1-valves.valve_2"]
area_m2 = 240
pump = "feed.pump_command"
"""
)
REGISTER, VALVE, METER = "h1-valves.run_time_1", "h1-valves.valve_1", "h1-valves.total_volume"
VALVE_2, REGISTER_2, PUMP = "h1-valves.valve_2", "h1-valves.run_time_2", "feed.pump_command"
QUIET = {
    "h1-valves.link": 2.0,
    "feed.link": 2.0,
    METER: 10.0,
    PUMP: 0.0,
    **{f"h1-valves.valve_{number}": 0.0 for number in range(1, 9)},
}
FORM = UUID(int=1)
# The test's clock starts at 14:00 of the base.
PROGRAM = {
    "groups": ["north"],
    "dose": {"kind": "time", "amount": 60},
    "starts": {"kind": "clock", "minutes": [14 * 60 + 1]},
    "rest_min": 1,
}


class Control:
    """The rounds, with a device that does what it is told, unless the test says otherwise."""

    def __init__(self, store: Store) -> None:
        self.store, self.values, self.at_s = store, dict(QUIET), 0.0
        self.rounds = self.new_process()
        self.answers: dict[str, State] = {}
        self.flow_m3_s = 0.001

    def new_process(self, *programs: IrrigationInForce) -> IrrigationRounds:
        self.rounds = IrrigationRounds(lambda: programs, fence=UNFENCED)
        return self.rounds

    def turn(self, seconds: float = 1.0) -> None:
        """A second in the life of the control process, again and again."""
        for _second in range(int(seconds)):
            self.at_s += 1
            if self.values[VALVE] == 1.0:
                self.values[METER] += self.flow_m3_s
            self.store(self.values, after(self.at_s))
            self.rounds.run(moment(self.at_s), monotonic_s=self.at_s)
            while dispatch.dispatch_next(moment(self.at_s), _Bus()):
                pass
            for request in CommandRequest.objects.filter(ended_at=None):
                state = self.answers.get(request.point_key, State.CONFIRMED)
                if state is State.CONFIRMED:
                    self.values[request.point_key] = request.value
                dispatch.record_outcome(request.pk, state, now=moment(self.at_s), readback_value=request.value)

    def asked(self, *, since: int = 0) -> list[tuple[str, float]]:
        rows = CommandRequest.objects.order_by("created_at", "id").values_list("point_key", "value")
        return list(rows)[since:]


class _Bus:
    def start(self, order: dispatch.WriteOrder) -> None:
        """On its way."""


@pytest.fixture
def control(store: Store) -> Control:
    load(BASE)
    return Control(store)


def manual(technician, minutes: float = 1.0, group: str = "north", form: UUID = FORM) -> IrrigationRun:
    return runs.start(group, minutes, by=technician, now=moment(0), submission=form)


def reread(run: IrrigationRun) -> tuple[str, str]:
    run.refresh_from_db()
    return run.state, run.reason


def test_a_run_by_time_opens_counts_and_closes(control, technician):
    run = manual(technician)
    control.turn(4)
    assert control.asked() == [(REGISTER, pytest.approx(90.0, abs=1.0)), (VALVE, 1.0)]
    assert reread(run)[0] == RunState.RUNNING
    control.turn(75)
    assert reread(run) == (RunState.DONE, RunReason.DOSE_GIVEN)
    assert control.asked()[2:] == [(VALVE, 0.0)]
    assert run.given_l == pytest.approx(60.0, abs=4.0)


def test_the_same_form_is_one_run_and_another_minute_is_another(control, technician):
    assert manual(technician).pk == manual(technician).pk
    assert IrrigationRun.objects.count() == 1


def test_steps_are_told_in_the_order_in_which_they_were_taken_though_a_clock_was_behind(control, technician):
    """A look of the control process that began before a person's request was stored takes it up all the same."""
    run = runs.start("north", 1.0, by=technician, now=moment(1), submission=FORM)
    assert runs.begin(run, meter_m3=10.0, now=moment(0))
    assert [event.state for event in run.events.all()] == ["planned", "opening"]


@pytest.mark.parametrize("minutes", [0.0, -1.0, 10.1, float("nan")])
def test_a_run_of_no_time_or_of_too_much_is_refused(control, technician, minutes):
    with pytest.raises(InvalidRequest):
        manual(technician, minutes)


def test_a_visitor_starts_nothing(control):
    with pytest.raises(RequestNotAllowed):
        manual(person("li", None))


def test_a_pump_runs_only_between_its_valves(control, technician):
    run = manual(technician, group="south")
    control.turn(6)
    assert reread(run)[0] == RunState.RUNNING
    assert [point for point, _value in control.asked()] == [REGISTER_2, VALVE_2, PUMP]
    control.turn(75)
    assert reread(run)[0] == RunState.DONE
    assert control.asked()[3:] == [(PUMP, 0.0), (VALVE_2, 0.0)]


def test_a_register_that_is_not_confirmed_opens_nothing(control, technician):
    control.answers[REGISTER] = State.TIMEOUT
    run = manual(technician)
    control.turn(10)
    assert reread(run) == (RunState.FAILED, RunReason.NOT_OPENED)
    assert (VALVE, 1.0) not in control.asked()
    assert (VALVE, 0.0) in control.asked(), "closed all the same"


def test_a_valve_that_does_not_close_is_asked_again_and_keeps_its_water_source(control, technician):
    run = manual(technician)
    control.turn(5)
    control.answers[VALVE] = State.TIMEOUT
    control.turn(90)
    assert reread(run)[0] == RunState.CLOSING
    asked = [one for one in control.asked() if one == (VALVE, 0.0)]
    assert 2 <= len(asked) <= 4
    control.answers.clear()
    control.turn(70)
    assert reread(run) == (RunState.DONE, RunReason.DOSE_GIVEN)


def test_a_meter_that_stands_still_ends_a_run_as_failed(control, technician):
    control.flow_m3_s = 0.0
    run = manual(technician, minutes=5.0)
    control.turn(90)
    assert reread(run) == (RunState.FAILED, RunReason.METER_STANDS)
    assert control.values[VALVE] == 0.0


def test_what_is_open_without_a_run_is_closed_and_a_run_waits_for_it(control, technician):
    control.values[VALVE] = 1.0
    control.answers[VALVE] = State.TIMEOUT
    run = manual(technician)
    control.turn(20)
    assert reread(run)[0] == RunState.PLANNED
    stray = CommandRequest.objects.filter(point_key=VALVE)
    assert set(stray.values_list("actor", flat=True)) == {VALVE_GUARD}
    assert 2 <= stray.count() <= 3
    control.answers.clear()
    control.turn(30)
    assert reread(run)[0] == RunState.RUNNING


def test_a_new_process_closes_what_the_last_one_had_begun_and_opens_nothing(control, technician):
    run = manual(technician, minutes=5.0)
    control.turn(20)
    before = len(control.asked())
    control.new_process()
    control.turn(10)
    assert reread(run) == (RunState.STOPPED, RunReason.INTERRUPTED)
    assert control.asked(since=before) == [(VALVE, 0.0)]
    assert run.given_l == pytest.approx(18.0, abs=3.0)


def test_a_run_whose_turn_does_not_come_is_missed(control, technician):
    run = manual(technician)
    control.values[VALVE] = 1.0
    control.answers[VALVE] = State.TIMEOUT
    control.turn(1)
    control.at_s = 1000.0
    control.turn(1)
    assert reread(run) == (RunState.MISSED, RunReason.TOO_LATE)


# --- programs ---------------------------------------------------------------------------------------------------------


def stored(technician, seen_version: int = 0, **changes: object) -> IrrigationInForce:
    document = {**PROGRAM, **changes}
    save("morning", document, is_on=True, seen_version=seen_version, by=technician, reason="try it", now=moment(0))
    (one,) = in_force()
    return one


def test_a_program_waters_once_however_often_it_is_asked_and_restarted(control, technician):
    one = stored(technician)
    control.new_process(one)
    control.turn(70)
    assert reread(IrrigationRun.objects.get())[0] == RunState.RUNNING
    control.new_process(one)
    control.turn(30)
    assert reread(IrrigationRun.objects.get()) == (RunState.STOPPED, RunReason.INTERRUPTED)
    assert control.asked().count((VALVE, 1.0)) == 1


def test_an_edit_waters_no_due_time_again(control, technician):
    control.new_process(stored(technician))
    control.turn(70)
    control.new_process(stored(technician, seen_version=1, rest_min=2))
    control.turn(30)
    assert IrrigationRun.objects.count() == 1


def test_a_start_that_waits_outlives_a_change_of_its_program(control, technician):
    """Its groups wait for a run by hand. Meanwhile somebody gives the program a name, and one more start."""
    by_hand = manual(technician, minutes=2.0)
    control.new_process(stored(technician))
    control.turn(70)
    assert (reread(by_hand)[0], IrrigationRun.objects.count()) == (RunState.RUNNING, 1)
    change = {"is_on": True, "by": technician, "reason": "x"}
    save("morning", {**PROGRAM, "name": "Morning"}, seen_version=1, now=moment(70), **change)
    control.new_process(*in_force())
    control.turn(90)
    assert IrrigationRun.objects.get(program_key="morning").due_at == after(60)


def test_a_start_is_not_that_of_a_program_that_had_others_or_was_off_at_its_time(control, technician):
    change = {"by": technician, "reason": "x"}
    save("morning", PROGRAM, is_on=False, seen_version=0, now=moment(0), **change)
    switch("morning", is_on=True, seen_version=1, now=moment(100), **change)
    (one,) = in_force()
    assert (one.since, one.on_since) == (after(100), after(100))
    other = {**PROGRAM, "starts": {"kind": "clock", "minutes": [14 * 60]}}
    for at_s, document in ((200, other), (300, PROGRAM)):
        seen = history("morning").first().number
        save("morning", document, is_on=True, seen_version=seen, now=moment(at_s), **change)
    (one,) = in_force()
    assert (one.since, one.on_since) == (after(300), after(100))


def test_a_start_that_came_while_nothing_ran_is_listed_as_missed(control, technician):
    one = stored(technician)
    at = after(3600)
    assert plan_due([one], now=replace(moment(3600)), at=at) == 1
    assert plan_due([one], now=moment(3601), at=at + timedelta(seconds=1)) == 0
    run = IrrigationRun.objects.get()
    assert (run.state, run.reason, run.due_at) == (RunState.MISSED, RunReason.TOO_LATE, after(60))


def put_a_backup_back(at_s: float) -> None:
    """As restoring does: the entry, and what was left is ended, in one transaction."""
    with transaction.atomic():
        chain.append(Kind.RESTORED, {}, now=after(at_s))
        after_restore.end_what_was_left(moment(at_s))


def test_a_start_between_a_backup_and_its_being_put_back_is_not_given_again(control, technician):
    """Its run may have been given: the store that knew is gone."""
    one = stored(technician)
    put_a_backup_back(90)
    control.at_s = 95
    control.new_process(one)
    control.turn(30)
    assert not IrrigationRun.objects.exists()


BY_SUN = {"kind": "radiation", "first": "00:00", "last": "23:59", "sum_j_cm2": 100, "without_radiation_min": 10}
"""Nothing measures the sun of this base: a run is due ten minutes after the one before."""


def test_after_a_restored_backup_the_sun_and_the_wait_for_it_count_from_there(control, technician):
    """What was given between the backup and now is not known, so it may have been given just before."""
    one = stored(technician, starts=BY_SUN)
    control.at_s = 660
    control.new_process(one)
    control.turn(90)
    assert reread(IrrigationRun.objects.get())[0] == RunState.DONE
    put_a_backup_back(1500)
    control.at_s = 1505
    control.new_process(one)
    control.turn(30)
    assert IrrigationRun.objects.count() == 1
    control.at_s = 2101
    control.turn(5)
    assert IrrigationRun.objects.count() == 2


def test_a_program_by_the_sun_that_is_switched_on_waits_from_then_on_and_an_edit_does_not_begin_anew(
    control, technician
):
    """It is 14:00, and nothing measures the sun: ten minutes later, not at once because of the hours before."""
    control.new_process(stored(technician, starts=BY_SUN))
    control.turn(30)
    assert not IrrigationRun.objects.exists()
    save(
        "morning",
        {**PROGRAM, "starts": BY_SUN, "rest_min": 2},
        is_on=True,
        seen_version=1,
        by=technician,
        reason="x",
        now=moment(500),
    )
    control.new_process(*in_force())
    control.at_s = 601
    control.turn(5)
    assert IrrigationRun.objects.count() == 1


def test_after_a_restored_backup_the_rest_counts_from_there(control, technician):
    """A run at 14:30 may have been given after the backup; the start at 14:40 is too near to it."""
    one = stored(technician, starts={"kind": "clock", "minutes": [14 * 60 + 40]}, rest_min=30)
    put_a_backup_back(35 * 60)
    control.at_s = 40 * 60
    control.new_process(one)
    control.turn(10)
    assert not IrrigationRun.objects.exists()


def test_a_backup_that_was_put_back_by_a_clock_an_hour_ahead_keeps_no_start_from_its_time(control, technician):
    one = stored(technician)
    put_a_backup_back(3600)
    control.new_process(one)
    control.turn(70)
    assert reread(IrrigationRun.objects.get())[0] == RunState.RUNNING


def test_a_run_that_a_backup_had_planned_never_begins(control, technician):
    run = manual(technician)
    put_a_backup_back(90)
    control.at_s = 95
    control.new_process()
    control.turn(30)
    assert reread(run) == (RunState.MISSED, RunReason.RESTORED)
    assert control.asked() == []


def test_a_dose_by_volume_ends_by_the_meter_or_by_its_own_time(control, technician):
    control.new_process(stored(technician, dose={"kind": "volume", "amount": 20}))
    control.turn(100)
    run = IrrigationRun.objects.get()
    assert (run.state, run.reason) == (RunState.DONE, RunReason.DOSE_GIVEN)
    assert 20.0 <= run.given_l <= 24.0


def test_a_dose_that_is_never_reached_ends_after_the_longest_run_of_the_group(control, technician):
    control.flow_m3_s = 0.00001
    control.new_process(stored(technician, dose={"kind": "volume", "amount": 5000}))
    control.turn(60 + 10 + 600 + 20)
    run = IrrigationRun.objects.get()
    assert (run.state, run.reason) == (RunState.FAILED, RunReason.TOO_LONG)
    assert control.values[VALVE] == 0.0


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"dose": {"kind": "time", "amount": 0}}, "dose.amount: no_dose"),
        ({"groups": []}, "groups: number_of_groups"),
        ({"groups": ["ghost"]}, "groups.0.valves: no_valve"),
        ({"groups": ["south"], "dose": {"kind": "volume", "amount": 20}}, "groups.0: no_meter"),
    ],
)
def test_a_faulty_program_is_not_put_in_force(control, technician, changes, fault):
    with pytest.raises(FaultyIrrigation) as caught:
        stored(technician, **changes)
    assert fault in str(caught.value)
    assert not in_force()


def test_switching_a_program_off_stops_what_waits_and_opens_nothing(control, technician):
    assert plan_due([stored(technician)], now=moment(61), at=after(61)) == 1
    by_hand = manual(technician)
    run = IrrigationRun.objects.get(program_key="morning")
    switch("morning", is_on=False, seen_version=1, by=technician, reason="", now=moment(62))
    assert reread(run) == (RunState.STOPPED, RunReason.BY_PERSON)
    assert run.events.get(state=RunState.STOPPED).actor == technician.get_username()
    assert reread(by_hand)[0] == RunState.PLANNED, "not its run"
    assert run.events.count() == 2
    stopped = Entry.objects.filter(kind=Kind.IRRIGATION, payload__contains=RunState.STOPPED)
    assert [str(run.pk) in entry.payload for entry in stopped] == [True]


def test_a_version_that_cannot_be_read_is_logged_once_and_the_next_one_again(control, technician, caplog):
    stored(technician)
    row = history("morning").first()
    for number, kind in ((2, "moon"), (3, "tide")):
        row.pk, row.number, row.document = None, number, {**row.document, "starts": {"kind": kind}}
        row.save(force_insert=True)
        for _look in range(3):
            assert in_force() == []
    told = [record.getMessage() for record in caplog.records if "waters nothing" in record.getMessage()]
    assert ["version 2" in told[0], "version 3" in told[1], len(told)] == [True, True, 2]


def test_two_programs_do_not_share_a_valve(control, technician):
    stored(technician)
    with pytest.raises(FaultyIrrigation) as caught:
        save("evening", PROGRAM, is_on=True, seen_version=0, by=technician, reason="more", now=moment(0))
    assert "valve_of_another" in str(caught.value)


def test_a_program_beside_a_faulty_one_that_is_on_is_not_switched_on(control, technician):
    """The faulty one would water again as soon as its other group is back in the base file."""
    stored(technician, groups=["north", "south"])
    load(BASE.partition('[[valve_group]]\nkey = "south"')[0])
    assert not in_force()
    with pytest.raises(FaultyIrrigation) as caught:
        save("copy", PROGRAM, is_on=True, seen_version=0, by=technician, reason="more", now=moment(10))
    assert "valve_of_another" in str(caught.value)


def test_of_two_programs_that_were_switched_on_at_one_moment_the_later_one_waters_nothing(
    control, technician, monkeypatch, caplog
):
    monkeypatch.setattr(irrigation_programs, "faults_in", lambda _key, _program: [])  # neither saw the other
    for at_s, key in enumerate(("second", "first")):
        save(key, PROGRAM, is_on=True, seen_version=0, by=technician, reason="both", now=moment(at_s))
    for _look in range(3):
        assert [one.key for one in in_force()] == ["second"]
    (told,) = [record for record in caplog.records if "opens h1-valves.valve_1 too" in record.getMessage()]
    assert "first (version 1) waters nothing: second opens" in told.getMessage()


def test_a_program_needs_a_reason_and_the_newest_version(control, technician):
    stored(technician)
    with pytest.raises(ProgramConflict):
        stored(technician)
    with pytest.raises(ReasonNeeded):
        save("morning", PROGRAM, is_on=False, seen_version=1, by=technician, reason=" ", now=moment(0))
