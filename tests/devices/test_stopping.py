"""The planned stop of a line: repeated until it is shown, and not held up by what does not answer."""

from concurrent.futures import Future

import pytest

from devices.bus.line import Line
from devices.bus.scripted import Ignores, Owes, Reads, Refuses, ScriptedBus, Silent
from devices.driver import LineStop, WriteState
from devices.errors import BusClosed, LeaseLost
from devices.link_health import LinkState
from devices.profiles.outputs import OutputKind, StoppedBy
from devices.profiles.schema import Table
from tests.devices.driver_bench import DriverBench
from tests.devices.points import make_output

VALVES = [make_output(OutputKind.VALVE, StoppedBy.NONE, key=f"valve_{n}", address=n) for n in range(8)]
WITHIN_S = 12.0


class StoppedLine:
    """Open valve blocks on one line, stepped by the test."""

    def __init__(self, clock, units, *, points=VALVES, polled=False) -> None:
        self.clock = clock
        self.bus = ScriptedBus(elapse=clock.elapse)
        self.devices = {
            unit: DriverBench(clock, *points, device=f"block-{unit}", unit=unit, bus=self.bus) for unit in units
        }
        for device in self.devices.values():
            device.put(Table.COIL, 0, *[1] * len(points))
        tasks = [task for device in self.devices.values() for task in device.driver.poll_tasks()] if polled else ()
        self.line = Line("field", self.bus, tasks, on_health=lambda change: None, monotonic=clock)
        self.points = len(points)

    def run_for(self, seconds):
        end_s = self.clock() + seconds
        while self.clock() < end_s:
            wait_s = self.line.step()
            self.clock.elapse(max(0.0, min(seconds if wait_s is None else wait_s, end_s - self.clock())))

    def begin(self, guard=lambda: None) -> tuple[LineStop, Future]:
        offline = [unit for unit, state in self.line.unit_states().items() if state is LinkState.OFFLINE]
        stops = [stop for device in self.devices.values() for stop in device.driver.stop_jobs(guard)]
        stop = LineStop(stops, offline=offline, over_at_s=self.clock() + WITHIN_S, monotonic=self.clock)
        return stop, self.line.submit_last(stop)

    def stop(self, **options) -> tuple[LineStop, float]:
        """Run the stop to its end; how long it took."""
        stop, future = self.begin(**options)
        began_s = self.clock()
        while not future.done():
            wait_s = self.line.step()
            self.clock.elapse(wait_s or 0.0)
        return stop, self.clock() - began_s

    def open_valves(self, unit) -> int:
        return sum(self.bus.word(unit, Table.COIL, n) for n in range(self.points))


def writes_to(bus, unit):
    return [write for write in bus.writes if write.unit_id == unit]


def test_every_valve_is_closed_once_and_confirmed(clock):
    field = StoppedLine(clock, [1, 2])
    stop, took_s = field.stop()
    assert stop.faults == {}
    assert (field.open_valves(1), field.open_valves(2), took_s) == (0, 0, 0.0)
    assert len(field.bus.writes) == 16


@pytest.mark.parametrize("known", [True, False], ids=["known to be dead", "just died"])
def test_dead_units_keep_no_living_one_from_closing(clock, known):
    """Three blocks of eight valves are dead; the fourth is closed after three time-outs at most, not after 24."""
    field = StoppedLine(clock, [1, 2, 3, 4], polled=True)
    field.run_for(5)
    for unit in (1, 2, 3):
        field.bus.fail(unit, Silent())
    if known:
        field.run_for(60)
    stop, future = field.begin()
    began_s = clock()
    while field.open_valves(4):
        field.line.step()
    assert clock() - began_s <= (0.0 if known else 1.5)
    while not future.done():
        clock.elapse(field.line.step() or 0.0)
    assert len(stop.faults) == 24
    assert all("unanswered" in fault for fault in stop.faults.values() if "turn" not in fault)


def test_dead_units_are_asked_in_turn(clock):
    """The first one does not take all the time: a unit that returns is closed although another stays dead."""
    field = StoppedLine(clock, [1, 2])
    for unit in (1, 2):
        field.bus.fail(unit, Silent())
    field.begin()
    field.run_for(4)
    assert min(len(writes_to(field.bus, unit)) for unit in (1, 2)) >= 2
    field.bus.heal(2)
    field.run_for(4)
    assert field.open_valves(2) == 0


@pytest.mark.parametrize(
    "fault", [Silent(), Refuses(6), Ignores(), Refuses(4)], ids=["lost", "busy", "ignored", "failed"]
)
def test_a_stop_that_did_not_take_is_written_again(clock, fault):
    field = StoppedLine(clock, [1])
    field.bus.script(1, fault)
    stop, took_s = field.stop()
    assert stop.faults == {}
    assert field.open_valves(1) == 0
    assert took_s <= 4.0
    assert len(writes_to(field.bus, 1)) == 9


def test_a_unit_that_lost_one_frame_goes_before_units_that_are_offline(clock):
    """One time-out of its own, and none of the four dead blocks."""
    field = StoppedLine(clock, [1, 2, 3, 4, 5], polled=True)
    field.run_for(5)
    for unit in (1, 2, 3, 4):
        field.bus.fail(unit, Silent())
    field.run_for(60)
    field.bus.script(5, Silent())
    field.begin()
    began_s = clock()
    while field.open_valves(5) > 1:  # the valve whose frame was lost is looked at first
        field.line.step()
    assert clock() - began_s == pytest.approx(0.5)


def test_what_never_takes_is_given_up_in_time_and_named(clock):
    field = StoppedLine(clock, [1], points=VALVES[:2])
    field.bus.fail(1, Ignores())
    stop, took_s = field.stop()
    assert took_s == pytest.approx(WITHIN_S)
    assert set(stop.faults) == {"block-1.valve_0", "block-1.valve_1"}
    assert all("mismatch" in fault for fault in stop.faults.values())
    assert 4 <= len(field.bus.writes) <= 2 * WITHIN_S, "again and again, but not without pause"


def test_more_outputs_than_the_queue_holds_are_all_stopped(clock):
    units = list(range(1, 31))
    field = StoppedLine(clock, units)
    stop, _took_s = field.stop()
    assert stop.faults == {}
    assert [field.open_valves(unit) for unit in units] == [0] * 30


def test_a_stop_connects_at_once_although_the_line_waits_in_its_back_off(clock):
    field = StoppedLine(clock, [1], polled=True)
    field.run_for(2)
    field.bus.reachable = False
    field.run_for(30)
    assert field.line.state is LinkState.OFFLINE
    field.bus.reachable = True
    stop, took_s = field.stop()
    assert (stop.faults, field.open_valves(1), took_s) == ({}, 0, 0.0)


def test_a_line_that_comes_back_during_the_stop_is_closed(clock):
    """While it is down it is tried twice a second, not once for each output."""
    field = StoppedLine(clock, [1])
    field.bus.reachable = False
    stop, _future = field.begin()
    field.run_for(5)
    assert field.bus.connects <= 25
    assert "cannot be reached" in stop.faults["block-1.valve_0"]
    field.bus.reachable = True
    field.run_for(1)
    assert (stop.faults, field.open_valves(1)) == ({}, 0)


def test_nothing_that_waits_unsent_leaves_after_the_stop_has_begun(clock):
    """Neither what is queued nor what waits for a late reply: it would open a valve that was just closed."""
    field = StoppedLine(clock, [1])
    field.bus.put(1, Table.COIL, 0, *[0] * 8)
    driver = field.devices[1].driver
    field.bus.script(1, Owes(2.0))
    postponed = field.line.submit(driver.write_job("valve_1", 1.0, guard=lambda: None))
    field.line.step()
    queued = field.line.submit(driver.write_job("valve_2", 1.0, guard=lambda: None))
    stop, future = field.begin()
    with pytest.raises(BusClosed):
        field.line.submit(driver.write_job("valve_3", 1.0, guard=lambda: None))
    field.run_for(8)
    assert future.done()
    assert stop.faults == {}
    assert all(isinstance(unsent.exception(0), BusClosed) for unsent in (postponed, queued))
    assert field.open_valves(1) == 0


def test_a_write_that_had_left_before_the_stop_still_gets_its_outcome(clock):
    field = StoppedLine(clock, [1, 2])
    field.bus.script(2, None, Reads((1,)))  # the device takes a moment to show it
    sent = field.line.submit(field.devices[2].driver.write_job("valve_7", 0.0, guard=lambda: None))
    field.line.step()
    field.begin()
    field.run_for(2)
    assert sent.result(0).state is WriteState.CONFIRMED


def test_an_earlier_reply_that_is_owed_only_delays_the_stop(clock):
    field = StoppedLine(clock, [1])
    field.bus.script(1, Owes(4.0), Owes(1.0))
    stop, _took_s = field.stop()
    assert (stop.faults, field.open_valves(1)) == ({}, 0)


def test_a_process_that_lost_its_lease_gives_up_at_once(clock):
    def lost():
        raise LeaseLost("line-field")

    field = StoppedLine(clock, [1])
    stop, took_s = field.stop(guard=lost)
    assert (len(stop.faults), took_s, field.bus.writes) == (8, 0.0, [])


def test_a_defect_in_one_stop_leaves_the_others(clock, caplog):
    def broken_once(seen=[]):  # noqa: B006  # remembers that it was called
        if not seen:
            seen.append(True)
            raise ZeroDivisionError("a defect")

    field = StoppedLine(clock, [1])
    stop, _took_s = field.stop(guard=broken_once)
    assert stop.faults == {"block-1.valve_0": "ZeroDivisionError('a defect')"}
    assert field.open_valves(1) == 1
    assert "the stop of block-1.valve_0 failed" in caplog.text


def test_what_feeds_goes_first_over_all_devices_of_a_line(clock):
    """The pump of the second device before the valves of the first, so that it never works against closed ones."""
    points = [VALVES[0], make_output(OutputKind.PUMP, StoppedBy.NONE, key="pump", address=1)]
    field = StoppedLine(clock, [1, 2], points=points)
    field.stop()
    assert [(write.unit_id, write.address) for write in field.bus.writes] == [(1, 1), (2, 1), (1, 0), (2, 0)]
