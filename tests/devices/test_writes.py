"""Writing to a device: sent once whatever happens, and known only by what is read back."""

import itertools
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.bus.jobs import Again
from devices.bus.protocol import ReadRequest
from devices.bus.scripted import Breaks, Garbled, Ignores, Owes, Reads, Refuses, Silent, Slow
from devices.driver import WriteState
from devices.errors import (
    BusClosed,
    DeviceException,
    LeaseLost,
    NotWritable,
    PointValueError,
    ReplyPending,
    TooLate,
    ValueOutOfLimits,
)
from devices.profiles.outputs import OnStop, OutputKind, StoppedBy
from devices.profiles.schema import Access, KeepAlive, Order, Table, WordType, WriteKind
from devices.units import Quantity, Unit
from tests.devices.driver_bench import UNIT, DriverBench
from tests.devices.points import make_output, make_setpoint

SETPOINT = make_setpoint(address=10)
TIMEOUT = make_setpoint(
    key="communication_timeout",
    quantity=Quantity.DURATION,
    unit=Unit.SECOND,
    address=20,
    scale=1.0,
    write={"limits": (10.0, 600.0), "tolerance": 0.5},
)
RUN_TIME = replace(TIMEOUT, key="run_time", address=21, write=replace(TIMEOUT.write, address=21, readback="run_time"))


def lost():
    raise LeaseLost("field")


# -- how a write ends


def test_a_write_that_is_read_back_is_confirmed(bench):
    device = bench()
    outcome = device.write("heating_setpoint", 18.5)
    assert (outcome.state, outcome.sent, outcome.readback) == (WriteState.CONFIRMED, 18.5, 18.5)
    assert outcome.point == "unit.heating_setpoint"
    assert device.bus.word(UNIT, Table.HOLDING, 10) == 185
    assert [type(request).__name__ for request in device.bus.sent] == ["WriteRequest", "ReadRequest"]


def test_what_is_read_back_reaches_the_store_before_the_next_poll(bench):
    device = bench()
    device.write("heating_setpoint", 18.5)
    assert device.values() == {"unit.heating_setpoint": 18.5}


def test_a_value_between_two_steps_is_confirmed_as_the_step_that_was_sent(bench):
    outcome = bench().write("heating_setpoint", 18.54)
    assert (outcome.state, outcome.sent, outcome.readback) == (WriteState.CONFIRMED, 18.5, 18.5)


OUTCOMES = {
    "acknowledged and taken": ((), WriteState.CONFIRMED, 18.5, None),
    "acknowledged, not taken": ((Ignores(),), WriteState.MISMATCH, 18.0, None),
    "acknowledged, another value taken": ((None, *[Reads((170,))] * 20), WriteState.MISMATCH, 17.0, None),
    "acknowledged, taken after a while": ((None, *[Reads((180,))] * 3), WriteState.CONFIRMED, 18.5, None),
    "acknowledged, first read-back lost": ((None, Silent()), WriteState.CONFIRMED, 18.5, None),
    "acknowledged, read-back garbled": ((None, Garbled()), WriteState.CONFIRMED, 18.5, None),
    "acknowledged, read-back breaks": ((None, Breaks()), WriteState.CONFIRMED, 18.5, None),
    "acknowledged, never read back": ((None, *[Silent()] * 20), WriteState.UNANSWERED, None, None),
    "no reply, but taken": ((Silent(applied=True),), WriteState.CONFIRMED, 18.5, None),
    "no reply, not taken": ((Silent(),), WriteState.UNANSWERED, 18.0, None),
    "no reply to anything": ((Silent(),) * 20, WriteState.UNANSWERED, None, None),
    "bad reply, but taken": ((Garbled(applied=True),), WriteState.CONFIRMED, 18.5, None),
    "bad reply, not taken": ((Garbled(),), WriteState.UNANSWERED, 18.0, None),
    "broken, but taken": ((Breaks(applied=True),), WriteState.CONFIRMED, 18.5, None),
    "broken, not taken": ((Breaks(),), WriteState.UNANSWERED, 18.0, None),
    "illegal function": ((Refuses(1),), WriteState.REJECTED, None, 1),
    "illegal address": ((Refuses(2),), WriteState.REJECTED, None, 2),
    "illegal value": ((Refuses(3),), WriteState.REJECTED, None, 3),
    "device failure": ((Refuses(4),), WriteState.REJECTED, None, 4),
    "at work on it, not done": ((Refuses(5),), WriteState.MISMATCH, 18.0, 5),
    "busy": ((Refuses(6),), WriteState.REJECTED, None, 6),
    "no path through the gateway": ((Refuses(10),), WriteState.REJECTED, None, 10),
    "unit behind the gateway silent": ((Refuses(11),), WriteState.UNANSWERED, 18.0, 11),
}


@pytest.mark.parametrize(("script", "state", "readback", "code"), OUTCOMES.values(), ids=OUTCOMES)
def test_every_way_a_write_can_end(bench, script, state, readback, code):
    """The outcome, and never more than one write on the wire."""
    device = bench()
    device.bus.script(UNIT, *script)
    outcome = device.write("heating_setpoint", 18.5)
    assert (outcome.state, outcome.readback, outcome.code) == (state, readback, code)
    assert len(device.bus.writes) == 1


def test_an_acknowledgement_that_was_lost_is_said(bench):
    device = bench()
    device.bus.script(UNIT, Silent(applied=True))
    assert "acknowledgement lost" in device.write("heating_setpoint", 18.5).detail


def test_a_device_that_takes_its_time_after_exception_5_is_confirmed(bench):
    """The value appears while it is looked at."""
    device = bench()
    device.bus.script(UNIT, Refuses(5), None, Reads((185,)))
    outcome = device.write("heating_setpoint", 18.5)
    assert (outcome.state, outcome.code) == (WriteState.CONFIRMED, 5)


@settings(max_examples=300)
@given(
    faults=st.lists(
        st.one_of(
            st.none(),
            st.builds(Silent, applied=st.booleans()),
            st.builds(Garbled, applied=st.booleans()),
            st.builds(Breaks, applied=st.booleans()),
            st.builds(Refuses, st.sampled_from([1, 2, 3, 4, 5, 6, 10, 11])),
            st.builds(Owes, st.floats(0.1, 5)),
            st.just(Ignores()),
            st.builds(Reads, st.tuples(st.sampled_from([0, 180, 185, 0xFFFF]))),
        ),
        max_size=12,
    ),
    kind=st.sampled_from(WriteKind),
)
def test_no_sequence_of_faults_makes_a_write_leave_twice(faults, kind):
    """Absolute, toggle or pulse: one write at most; it fails only if none left; confirmed only if last read equal."""
    now_s = itertools.count(1000)
    clock = type("Clock", (), {"__call__": lambda self: next(now_s) / 10, "elapse": lambda self, seconds: None})()
    device = DriverBench(clock, replace(SETPOINT, write=replace(SETPOINT.write, kind=kind)))
    device.put(Table.HOLDING, 10, 180)
    device.bus.script(UNIT, *faults)
    try:
        outcome = device.write("heating_setpoint", 18.5)
    except ReplyPending:
        assert device.bus.writes == []
        return
    assert len(device.bus.writes) == 1
    if outcome.state is WriteState.CONFIRMED:
        assert float(device.readings[-1].values[0]) == 18.5


@pytest.mark.parametrize(("script", "state"), [((), WriteState.UNVERIFIABLE), ((Silent(),), WriteState.UNANSWERED)])
def test_a_point_without_read_back_is_never_confirmed(bench, script, state):
    device = bench(make_setpoint(address=10, write={"readback": None}))
    device.bus.script(UNIT, *script)
    assert device.write("heating_setpoint", 18.5).state is state
    assert len(device.bus.sent) == 1


def test_a_read_back_goes_on_until_the_device_may_take_no_longer(bench, clock):
    """Looks at once and then after 50, 100, 200, 400 and 500 ms, the last one when the time is over."""
    device = bench(make_setpoint(address=10, write={"confirm_within_s": 2.0}))
    device.bus.script(UNIT, Ignores())
    started_s = clock()
    device.write("heating_setpoint", 18.5)
    looks = [reading.observed_at for reading in device.readings]
    offsets = [(look - looks[0]).total_seconds() for look in looks]
    assert offsets == pytest.approx([0, 0.05, 0.15, 0.35, 0.75, 1.25, 1.75, 2.0])
    assert clock() - started_s == pytest.approx(2.0)


def test_a_dead_device_costs_the_line_few_time_outs(bench):
    device = bench(make_setpoint(address=10, write={"confirm_within_s": 60.0}))
    device.bus.fail(UNIT, Silent())
    device.write("heating_setpoint", 18.5)
    assert len(device.bus.sent) == 4, "a write and three read-backs"


def test_the_read_back_may_be_another_point_with_another_order(bench):
    """Written as cdab by function 16, shown as abcd in an input register (the read-only copy of a drive)."""
    shown = make_setpoint(key="shown", table=Table.INPUT, address=40, type=WordType.FLOAT32, scale=1.0)
    asked = make_setpoint(
        key="asked",
        address=50,
        type=WordType.FLOAT32,
        scale=1.0,
        write={"order": Order.CDAB, "function": 16, "readback": "shown"},
    )
    device = bench(replace(shown, access=Access.READ, write=None), asked)
    device.put(Table.HOLDING, 50, 0, 0)
    device.put(Table.INPUT, 40, 0x4195, 0x0000)  # 18.625 as float32
    outcome = device.write("asked", 18.625)
    assert device.bus.writes[0].values == (0x0000, 0x4195)
    assert device.bus.writes[0].function == 16
    assert (outcome.state, outcome.readback) == (WriteState.CONFIRMED, 18.625)


# -- before anything leaves


@pytest.mark.parametrize("value", [4.9, 35.1, float("nan"), float("inf"), -float("inf"), True, "18"])
def test_a_value_that_may_not_be_sent_is_refused_at_once(bench, value):
    device = bench()
    with pytest.raises(PointValueError):
        device.driver.write_job("heating_setpoint", value, guard=lost)
    assert device.bus.sent == []


def test_a_value_out_of_limits_is_refused_with_its_limits(bench):
    with pytest.raises(ValueOutOfLimits) as caught:
        bench().driver.write_job("heating_setpoint", 40.0, guard=lost)
    assert (caught.value.low, caught.value.high) == (5.0, 35.0)


def test_points_that_take_no_commands_are_refused(bench):
    device = bench(replace(SETPOINT, access=Access.READ), make_setpoint(key="shown", address=11))
    with pytest.raises(NotWritable, match="takes no commands"):
        device.driver.write_job("heating_setpoint", 18.5, guard=lost)
    with pytest.raises(NotWritable, match="no such point"):
        device.driver.write_job("cooling_setpoint", 18.5, guard=lost)


def test_a_safety_relevant_output_without_read_back_is_refused(bench):
    blind = make_output(OutputKind.VALVE, StoppedBy.NONE)
    blind = replace(blind, write=replace(blind.write, readback=None))
    with pytest.raises(NotWritable, match="cannot be read back"):
        bench(blind).driver.write_job("valve", 0, guard=lost)


def test_a_process_that_lost_its_lease_writes_nothing(bench):
    device = bench()
    with pytest.raises(LeaseLost):
        device.write("heating_setpoint", 18.5, guard=lost)
    assert device.bus.writes == []


def test_the_lease_is_looked_at_right_before_the_request_leaves(bench):
    """After the connection was opened and the stopper read, so that nothing slow lies between."""
    device = bench(make_output(OutputKind.VALVE, StoppedBy.RUN_TIME_REGISTER, run_time_point="run_time"), RUN_TIME)
    device.put(Table.COIL, 0, 0)
    device.put(Table.HOLDING, 21, 600)
    sent_before = []
    device.write("valve", 1, guard=lambda: sent_before.extend(device.bus.sent))
    assert [type(request) for request in sent_before] == [ReadRequest]
    assert device.bus.is_open


def test_a_line_that_cannot_be_opened_is_an_error_and_not_an_outcome(bench):
    device = bench()
    device.bus.reachable = False
    with pytest.raises(BusClosed):
        device.write("heating_setpoint", 18.5)
    assert device.bus.sent == []


def test_a_write_waits_for_a_late_reply_of_its_unit_to_become_impossible(bench, clock):
    """It was not sent, so it may be sent later; still only once."""
    device = bench()
    device.bus.script(UNIT, Owes(4.0), Owes(1.0))
    started_s = clock()
    assert device.write("heating_setpoint", 18.5).state is WriteState.CONFIRMED
    assert clock() - started_s == pytest.approx(5.0)
    assert len(device.bus.writes) == 1


def test_a_write_does_not_wait_for_ever(bench):
    device = bench()
    device.bus.fail(UNIT, Owes(4.0))
    with pytest.raises(ReplyPending):
        device.write("heating_setpoint", 18.5)
    assert device.bus.sent == []


def test_a_write_whose_time_has_passed_is_not_sent(bench, clock):
    """Nor is anything read that would only prepare it."""
    valve = make_output(OutputKind.VALVE, StoppedBy.RUN_TIME_REGISTER, run_time_point="run_time")
    device = bench(valve, RUN_TIME)
    job = device.driver.write_job("valve", 1.0, guard=lambda: None, send_before_s=clock() + 3.0)
    clock.elapse(3.0)
    with pytest.raises(TooLate, match="its time had passed"):
        job(device.bus)
    assert device.bus.sent == []


def test_a_write_that_nobody_gave_a_time_has_ten_seconds(bench, clock):
    device = bench()
    late, just_in_time = (device.driver.write_job("heating_setpoint", 18.5, guard=lambda: None) for _ in range(2))
    clock.elapse(9.9)
    assert just_in_time(device.bus).state is WriteState.CONFIRMED
    clock.elapse(0.1)
    with pytest.raises(TooLate):
        late(device.bus)


def test_a_write_whose_time_passes_while_it_is_prepared_is_not_sent(bench, clock):
    """The device takes its time to say whether its run time is set."""
    valve = make_output(OutputKind.VALVE, StoppedBy.RUN_TIME_REGISTER, run_time_point="run_time")
    device = bench(valve, RUN_TIME)
    device.put(Table.COIL, 0, 0)
    device.put(Table.HOLDING, 21, 60)
    device.bus.script(UNIT, Slow(0.4))
    with pytest.raises(TooLate):
        device.write("valve", 1.0, send_before_s=clock() + 0.3)
    assert device.bus.writes == []


@pytest.mark.parametrize("exponent_word", [0x7F80, 0xFF80], ids=["infinity", "minus infinity"])
def test_an_infinite_read_back_is_no_value(bench, exponent_word):
    """Not even in the outcome: nothing that stores it could keep it."""
    setpoint = make_setpoint(address=10, type=WordType.FLOAT32, order=Order.ABCD, scale=1.0)
    device = bench(setpoint)
    device.put(Table.HOLDING, 10, exponent_word, 0)
    device.bus.fail(UNIT, Ignores())
    outcome = device.write("heating_setpoint", 18.5)
    assert (outcome.state, outcome.readback) == (WriteState.MISMATCH, None)


def test_a_lease_that_is_lost_while_a_write_waits_is_noticed(bench):
    device = bench()
    device.bus.script(UNIT, Owes(4.0))
    looks = itertools.count(1)

    def held_at_first():
        if next(looks) > 1:
            lost()

    with pytest.raises(LeaseLost):
        device.write("heating_setpoint", 18.5, guard=held_at_first)
    assert device.bus.sent == []


@pytest.mark.parametrize(
    ("script", "accepted"),
    [((), 1), ((Refuses(5),), 1), ((Ignores(),), 1), ((Silent(),), 0), ((Refuses(3),), 0), ((Refuses(11),), 0)],
)
def test_acceptance_is_told_when_the_device_acknowledged(bench, script, accepted):
    device = bench()
    device.bus.script(UNIT, *script)
    told = []
    device.write("heating_setpoint", 18.5, on_accepted=lambda: told.append(len(device.bus.sent)))
    assert told == [1] * accepted, "once, and before the read-back"


# -- what would stop it


@pytest.mark.parametrize("run_time", [0, None])
def test_a_valve_without_run_time_is_not_opened_but_closed(bench, run_time):
    """Nothing would close it if this system died; closing needs no such condition."""
    run_time_point = replace(RUN_TIME, invalid_words=(0xFFFF,))
    device = bench(
        make_output(OutputKind.VALVE, StoppedBy.RUN_TIME_REGISTER, run_time_point="run_time"), run_time_point
    )
    device.put(Table.COIL, 0, 1)
    device.put(Table.HOLDING, 21, 0xFFFF if run_time is None else run_time)
    with pytest.raises(NotWritable, match=r"run_time is .*nothing would stop it"):
        device.write("valve", 1)
    assert device.bus.writes == []
    assert device.write("valve", 0).state is WriteState.CONFIRMED


def test_a_valve_with_a_run_time_is_opened(bench):
    device = bench(make_output(OutputKind.VALVE, StoppedBy.RUN_TIME_REGISTER, run_time_point="run_time"), RUN_TIME)
    device.put(Table.COIL, 0, 0)
    device.put(Table.HOLDING, 21, 600)
    assert device.write("valve", 1).state is WriteState.CONFIRMED


@pytest.mark.parametrize(("shown", "may_start"), [(60, True), (30, True), (0, False), (600, False)])
def test_an_output_starts_only_while_the_device_holds_the_time_out_that_stops_it(bench, shown, may_start):
    device = bench(
        make_output(OutputKind.PUMP, StoppedBy.DEVICE_TIMEOUT, key="pump"),
        TIMEOUT,
        keep_alive=KeepAlive(None, 5.0, "communication_timeout", 60.0),
    )
    device.put(Table.COIL, 0, 0)
    device.put(Table.HOLDING, 20, shown)
    if may_start:
        assert device.write("pump", 1).state is WriteState.CONFIRMED
    else:
        with pytest.raises(NotWritable, match="nothing would stop it"):
            device.write("pump", 1)
    assert device.write("pump", 0).state is WriteState.CONFIRMED


def test_only_the_safe_value_of_an_output_is_a_safe_move(bench):
    driver = bench(make_output(OutputKind.VALVE, StoppedBy.NONE), SETPOINT).driver
    assert driver.is_safe_move("valve", 0.0)
    assert not driver.is_safe_move("valve", 1.0)
    assert not driver.is_safe_move("heating_setpoint", 5.0)


def test_a_stopper_that_cannot_be_read_is_an_error_before_anything_left(bench):
    device = bench(make_output(OutputKind.VALVE, StoppedBy.RUN_TIME_REGISTER, run_time_point="run_time"), RUN_TIME)
    device.put(Table.COIL, 0, 0)
    with pytest.raises(DeviceException):
        device.write("valve", 1)
    assert device.bus.writes == []


# -- a planned stop


def test_a_planned_stop_closes_what_feeds_first_and_then_stops_motors(bench):
    points = [
        make_output(OutputKind.WINDER, StoppedBy.END_SWITCH, on_stop=OnStop.STOP_MOTOR, key="winder", address=0),
        make_output(OutputKind.VALVE, StoppedBy.DEVICE_TIMEOUT, key="valve", address=1),
        make_output(OutputKind.VENT, StoppedBy.END_SWITCH, on_stop=OnStop.HOLD, key="vent", address=2),
        make_output(OutputKind.PUMP, StoppedBy.DEVICE_TIMEOUT, key="pump", address=3),
        make_output(OutputKind.DOSING, StoppedBy.DEVICE_TIMEOUT, key="dosing", address=4),
        SETPOINT,
    ]
    device = bench(*points)
    device.put(Table.COIL, 0, 1, 1, 1, 1, 1)
    jobs = device.driver.stop_jobs(lambda: None)
    assert [stop.point for stop in jobs] == ["unit.dosing", "unit.pump", "unit.valve", "unit.winder"]
    for stop in jobs:
        assert stop.job(device.bus).state is WriteState.CONFIRMED
    assert [device.bus.word(UNIT, Table.COIL, n) for n in range(5)] == [0, 0, 1, 0, 0]
    assert device.bus.word(UNIT, Table.HOLDING, 10) == 180


def test_a_planned_stop_of_a_process_without_lease_writes_nothing(bench):
    device = bench(make_output(OutputKind.VALVE, StoppedBy.DEVICE_TIMEOUT))
    device.put(Table.COIL, 0, 1)
    (stop,) = device.driver.stop_jobs(lost)
    with pytest.raises(LeaseLost):
        stop.job(device.bus)
    assert device.bus.writes == []


def test_a_job_may_be_stepped_by_hand(bench):
    device = bench()
    device.bus.script(UNIT, Ignores())
    assert isinstance(device.driver.write_job("heating_setpoint", 18.5, guard=lambda: None)(device.bus), Again)
