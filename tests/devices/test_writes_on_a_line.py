"""A write among polls on a line that runs: who waits for whom, and what a lost or stopped line leaves."""

from dataclasses import replace

import pytest

from devices.bus.line import Line
from devices.bus.scripted import Ignores, Owes, ScriptedBus, Silent
from devices.driver import WriteState
from devices.errors import BusClosed, TooLate
from devices.profiles.outputs import OutputKind, StoppedBy
from devices.profiles.schema import Table
from tests.devices.driver_bench import UNIT, DriverBench
from tests.devices.points import make_output, make_setpoint

SETPOINT = make_setpoint(address=10)


def run_line(line, clock, seconds):
    end_s = clock() + seconds
    while clock() < end_s:
        wait_s = line.step()
        clock.elapse(min(seconds if wait_s is None else wait_s, end_s - clock()))


def test_polls_go_on_while_a_device_takes_its_time_to_show_a_write(bench, clock):
    device = bench(replace(SETPOINT, poll_s=0.25, write=replace(SETPOINT.write, confirm_within_s=2.0)))
    line = Line("field", device.bus, device.driver.poll_tasks(), on_health=lambda change: None, monotonic=clock)
    run_line(line, clock, 1)
    device.bus.script(UNIT, Ignores())
    future = line.submit(device.driver.write_job("heating_setpoint", 18.5, guard=lambda: None))
    before = len(device.bus.sent)
    run_line(line, clock, 2.1)
    assert future.result(0).state is WriteState.MISMATCH
    polls = len(device.bus.sent) - before - 1 - 8  # without the write and its read-backs
    assert polls in (8, 9), "one every 250 ms"


@pytest.mark.parametrize("poll_s", [5.0, 0.02], ids=["noticed by the write", "noticed by a poll"])
def test_a_write_ends_as_unanswered_when_the_line_is_lost_after_it_left(bench, clock, poll_s):
    device = bench(replace(SETPOINT, poll_s=poll_s))
    line = Line("field", device.bus, device.driver.poll_tasks(), on_health=lambda change: None, monotonic=clock)
    run_line(line, clock, 5)
    device.bus.script(UNIT, Ignores())
    future = line.submit(device.driver.write_job("heating_setpoint", 18.5, guard=lambda: None))
    line.step()
    device.bus.reachable = False
    run_line(line, clock, 10)
    outcome = future.result(0)
    assert (outcome.state, outcome.readback) == (WriteState.UNANSWERED, 18.0)
    assert "not read back" in outcome.detail


def test_a_write_that_is_under_way_ends_with_what_is_known_when_the_line_is_stopped(bench, clock):
    device = bench()
    line = Line("field", device.bus, (), on_health=lambda change: None, monotonic=clock)
    device.bus.script(UNIT, Ignores())
    future = line.submit(device.driver.write_job("heating_setpoint", 18.5, guard=lambda: None))
    line.step()
    assert not future.done()
    line.stop(1)
    assert future.result(0).state is WriteState.MISMATCH


def test_a_write_without_reply_ends_as_unanswered_when_the_line_is_stopped(bench, clock):
    device = bench()
    line = Line("field", device.bus, (), on_health=lambda change: None, monotonic=clock)
    device.bus.script(UNIT, Silent())
    future = line.submit(device.driver.write_job("heating_setpoint", 18.5, guard=lambda: None))
    line.step()
    line.stop(1)
    assert future.result(0).state is WriteState.UNANSWERED


def test_a_dead_unit_holds_up_no_command_for_another(bench, clock):
    """Eight writes to a dead block and one behind them: that waits eight time-outs, not their read-backs too."""
    valves = [make_output(OutputKind.VALVE, StoppedBy.NONE, key=f"valve_{n}", address=n) for n in range(8)]
    bus = ScriptedBus(elapse=clock.elapse)
    dead, alive = DriverBench(clock, *valves, unit=1, bus=bus), DriverBench(clock, *valves[:1], unit=2, bus=bus)
    dead.put(Table.COIL, 0, *[1] * 8)
    alive.put(Table.COIL, 0, 1)
    bus.fail(1, Silent())
    line = Line("field", bus, (), on_health=lambda change: None, monotonic=clock)
    for device, point in [*((dead, valve.key) for valve in valves), (alive, "valve_0")]:
        future = line.submit(device.driver.write_job(point, 0.0, guard=lambda: None))
    started_s = clock()
    while not future.done():
        line.step()
    assert future.result(0).state is WriteState.CONFIRMED
    assert clock() - started_s == pytest.approx(8 * 0.5)


def test_a_write_that_waited_its_time_behind_dead_units_is_not_sent(bench, clock):
    """Twenty-four time-outs of half a second come first; whoever asked has given it up by then."""
    valves = [make_output(OutputKind.VALVE, StoppedBy.NONE, key=f"valve_{n}", address=n) for n in range(24)]
    bus = ScriptedBus(elapse=clock.elapse)
    dead, alive = DriverBench(clock, *valves, unit=1, bus=bus), DriverBench(clock, *valves[:1], unit=2, bus=bus)
    dead.put(Table.COIL, 0, *[0] * 24)
    alive.put(Table.COIL, 0, 0)
    bus.fail(1, Silent())
    line = Line("field", bus, (), on_health=lambda change: None, monotonic=clock)
    for device, point in [*((dead, valve.key) for valve in valves), (alive, "valve_0")]:
        future = line.submit(device.driver.write_job(point, 1.0, guard=lambda: None))
    run_line(line, clock, 30)
    assert isinstance(future.exception(0), TooLate)
    assert bus.word(2, Table.COIL, 0) == 0


def test_a_write_that_waits_unsent_gives_way_to_a_newer_one_of_its_point(bench, clock):
    """It must not leave after it and undo it."""
    device = bench()
    line = Line("field", device.bus, (), on_health=lambda change: None, monotonic=clock)
    device.bus.script(UNIT, Owes(4.0))
    older = line.submit(device.driver.write_job("heating_setpoint", 25.0, guard=lambda: None))
    line.step()
    newer = line.submit(device.driver.write_job("heating_setpoint", 18.5, guard=lambda: None))
    run_line(line, clock, 10)
    assert newer.result(0).state is WriteState.CONFIRMED
    assert isinstance(older.exception(0), TooLate)
    assert [write.values for write in device.bus.writes] == [(185,)]


def test_a_write_that_waits_unsent_fails_when_the_line_is_stopped(bench, clock):
    device = bench()
    line = Line("field", device.bus, (), on_health=lambda change: None, monotonic=clock)
    device.bus.script(UNIT, Owes(4.0))
    future = line.submit(device.driver.write_job("heating_setpoint", 18.5, guard=lambda: None))
    line.step()
    line.stop(1)
    assert isinstance(future.exception(0), BusClosed)
    assert device.bus.sent == []
