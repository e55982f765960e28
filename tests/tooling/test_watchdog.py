"""What the watchdog decides, look by look, without processes or clocks."""

import pytest

from scheduler.heartbeat import Beat
from scheduler.supervision.supervisor_client import ProgramState, ProgramStatus
from scheduler.supervision.watchdog import Kill, Revive, Vigil

CONTROL = ProgramStatus("control", ProgramState.RUNNING, 7)
GIVEN_UP = ProgramStatus("control", ProgramState.FATAL, 0)


def look_each_second(vigil, programs, beats, first_s, last_s):
    """All actions of looks at first_s, first_s + 1, … last_s, each with its time."""
    return [
        (now_s, action) for now_s in range(first_s, last_s + 1) for action in vigil.look(programs, beats, float(now_s))
    ]


def test_a_process_silent_for_more_than_ten_seconds_is_killed():
    vigil = Vigil()
    assert look_each_second(vigil, [CONTROL], {"control": Beat(7, 1000.0)}, 1000, 1010) == []

    assert vigil.look([CONTROL], {"control": Beat(7, 1000.0)}, 1011.0) == [Kill("control", 7, 11.0)]


def test_a_beating_process_is_left_alone():
    vigil = Vigil()

    for now_s in range(1000, 1100):
        assert vigil.look([CONTROL], {"control": Beat(7, now_s - 2.0)}, float(now_s)) == []


@pytest.mark.parametrize(
    "foreign",
    [
        pytest.param(None, id="none"),
        pytest.param(Beat(6, 1000.0), id="of the process before"),
        pytest.param(Beat(7, 99_999.0), id="of another boot"),
    ],
)
def test_a_new_process_may_take_a_minute_to_its_first_beat(foreign):
    vigil = Vigil()

    actions = look_each_second(vigil, [CONTROL], {"control": foreign}, 1000, 1061)

    assert actions == [(1061, Kill("control", 7, 61.0))]


def test_a_restarted_process_gets_its_own_minute():
    vigil = Vigil()
    look_each_second(vigil, [CONTROL], {"control": None}, 1000, 1050)
    restarted = ProgramStatus("control", ProgramState.STARTING, 8)

    assert look_each_second(vigil, [restarted], {"control": None}, 1051, 1111) == []


def test_a_stopping_process_is_not_killed():
    """A planned stop of control may take longer than ten seconds; supervisord keeps that time."""
    stopping = ProgramStatus("control", ProgramState.STOPPING, 7)

    assert look_each_second(Vigil(), [stopping], {"control": Beat(7, 900.0)}, 1000, 1200) == []


def test_after_a_frozen_machine_everybody_gets_time_to_beat_again():
    """The watchdog was frozen too: it did not look, so it cannot blame."""
    vigil = Vigil()
    vigil.look([CONTROL], {"control": Beat(7, 1000.0)}, 1000.0)

    assert look_each_second(vigil, [CONTROL], {"control": Beat(7, 1000.0)}, 1300, 1310) == []
    assert vigil.look([CONTROL], {"control": Beat(7, 1000.0)}, 1311.0) == [Kill("control", 7, 11.0)]


def test_one_unreadable_beat_does_not_condemn():
    vigil = Vigil()
    look_each_second(vigil, [CONTROL], {"control": Beat(7, 1005.0)}, 1005, 1009)

    assert vigil.look([CONTROL], {"control": None}, 1011.0) == []


@pytest.mark.parametrize("unusable", [None, Beat(7, 1100.0004)], ids=["unreadable", "a moment ahead"])
def test_one_unusable_beat_of_a_process_that_has_long_run_does_not_condemn(unusable):
    """It was seen a second ago; that it was first seen long ago says nothing."""
    vigil = Vigil()
    for now_s in range(1000, 1100):
        vigil.look([CONTROL], {"control": Beat(7, now_s - 0.5)}, float(now_s))

    assert vigil.look([CONTROL], {"control": unusable}, 1100.0) == []


def test_a_process_whose_beats_become_unusable_is_killed_by_its_last_one():
    vigil = Vigil()
    vigil.look([CONTROL], {"control": Beat(7, 1000.0)}, 1000.0)

    actions = look_each_second(vigil, [CONTROL], {"control": None}, 1001, 1011)

    assert actions == [(1011, Kill("control", 7, 11.0))]


def test_a_program_given_up_is_revived_every_ten_seconds():
    actions = look_each_second(Vigil(), [GIVEN_UP], {}, 1000, 1025)

    assert actions == [(1010, Revive("control")), (1020, Revive("control"))]


def test_a_program_stopped_by_hand_stays_stopped():
    stopped = ProgramStatus("control", ProgramState.STOPPED, 0)

    assert look_each_second(Vigil(), [stopped], {}, 1000, 1100) == []


def test_a_healthy_program_is_not_blamed_for_another():
    console = ProgramStatus("console", ProgramState.RUNNING, 9)
    vigil = Vigil()
    vigil.look([CONTROL, console], {}, 1000.0)
    for now_s in range(1001, 1011):
        vigil.look([CONTROL, console], {"control": Beat(7, 1000.0), "console": Beat(9, float(now_s))}, float(now_s))

    actions = vigil.look([CONTROL, console], {"control": Beat(7, 1000.0), "console": Beat(9, 1010.5)}, 1011.0)

    assert actions == [Kill("control", 7, 11.0)]
