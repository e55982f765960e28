"""What tells a device that this system lives: its time-out is set and watched, its heartbeat counts."""

import logging
from dataclasses import replace
from itertools import pairwise

import pytest

from devices.bus.line import Line
from devices.bus.scripted import Ignores, Refuses, Silent
from devices.errors import BusTimeout, DeviceException, LeaseLost
from devices.link_health import LinkState
from devices.profiles.outputs import OnStop, OutputKind, OutputSpec, StoppedBy
from devices.profiles.schema import Access, KeepAlive, Table, WordType
from devices.units import Quantity, Unit
from tests.devices.driver_bench import UNIT, DriverBench
from tests.devices.points import make_setpoint

TIMEOUT = make_setpoint(
    key="communication_timeout",
    quantity=Quantity.DURATION,
    unit=Unit.SECOND,
    address=20,
    scale=1.0,
    poll_s=60.0,
    write={"limits": (10.0, 600.0), "tolerance": 0.5},
)
HEARTBEAT = replace(
    make_setpoint(
        key="heartbeat",
        quantity=Quantity.COUNT,
        unit=Unit.NONE,
        address=21,
        type=WordType.UINT16,
        scale=1.0,
        write={"limits": (0.0, 65535.0), "readback": None},
    ),
    access=Access.WRITE,
)
PUMP = replace(
    make_setpoint(
        key="pump",
        quantity=Quantity.STATE,
        unit=Unit.NONE,
        table=Table.COIL,
        type=WordType.BIT,
        address=0,
        scale=1.0,
        write={"function": 5, "limits": (0.0, 1.0), "tolerance": 0.0},
    ),
    output=OutputSpec(OutputKind.PUMP, StoppedBy.DEVICE_TIMEOUT, OnStop.CLOSE, safe_value=0.0),
)


def held():
    """The lease is held."""


def lost():
    raise LeaseLost("field")


@pytest.fixture
def bench(clock):
    """A pump with a time-out of 0 s (off) and a heartbeat register."""

    def make(*points, heartbeat="heartbeat", timeout="communication_timeout"):
        device = DriverBench(
            clock,
            *(points or (TIMEOUT, HEARTBEAT, PUMP)),
            keep_alive=KeepAlive(heartbeat, 5.0, timeout, 60.0),
        )
        device.put(Table.HOLDING, 20, 0, 0)
        device.put(Table.COIL, 0, 0)
        return device

    return make


@pytest.fixture
def timeout_task(bench):
    device = bench(TIMEOUT, PUMP, heartbeat=None)
    (task,) = device.driver.start_tasks(held)
    return device, task


def timeouts_written(device):
    return [write.values for write in device.bus.writes if write.address == 20]


def test_the_time_out_is_written_and_read_back_at_the_start(timeout_task):
    device, task = timeout_task
    assert device.driver.unprotected_outputs() == ("pump",)
    task.run(device.bus)
    assert device.bus.word(UNIT, Table.HOLDING, 20) == 60
    assert device.driver.unprotected_outputs() == ()
    assert device.values() == {"unit.communication_timeout": 60.0}


def test_a_time_out_that_the_device_kept_is_written_once_per_start(timeout_task):
    """Even if it is there already: some devices arm it when it is written. Later only if it is gone."""
    device, task = timeout_task
    device.put(Table.HOLDING, 20, 60)
    for _ in range(5):
        task.run(device.bus)
    assert timeouts_written(device) == [(60,)]


def test_a_time_out_that_the_device_lost_is_written_again(timeout_task):
    device, task = timeout_task
    task.run(device.bus)
    device.put(Table.HOLDING, 20, 0)
    task.run(device.bus)
    assert timeouts_written(device) == [(60,), (60,)]
    assert device.driver.unprotected_outputs() == ()


def test_a_device_that_does_not_keep_its_time_out_is_written_more_and_more_seldom(timeout_task, clock):
    """A device may clamp the value; its memory must not wear out over that. It is looked at every 5 s all the same."""
    device, task = timeout_task
    device.bus.fail(UNIT, Ignores())
    written_at_s = []
    began_s, looks = clock(), 0
    while clock() < began_s + 7_200:
        before = len(device.bus.writes)
        task.run(device.bus)
        looks += 1
        written_at_s += [clock()] * (len(device.bus.writes) - before)
        clock.elapse(task.period_s)
    assert [b - a for a, b in pairwise(written_at_s)][:6] == [5, 10, 20, 40, 80, 160]
    assert len(written_at_s) < 15
    assert looks == 7_200 / 5


def test_a_device_that_kept_its_time_out_again_is_written_at_once_when_it_loses_it(timeout_task, clock):
    """The long pauses of a bad day do not outlive it."""
    device, task = timeout_task
    device.bus.fail(UNIT, Ignores())
    for _ in range(300):
        task.run(device.bus)
        clock.elapse(task.period_s)
    device.bus.heal(UNIT)
    device.put(Table.HOLDING, 20, 60)
    task.run(device.bus)
    device.put(Table.HOLDING, 20, 0)
    task.run(device.bus)
    assert device.bus.word(UNIT, Table.HOLDING, 20) == 60


def test_a_device_that_does_not_keep_its_time_out_is_reported_once_and_its_outputs_named(timeout_task, clock, caplog):
    device, task = timeout_task
    device.bus.fail(UNIT, Ignores())
    with caplog.at_level(logging.INFO, "devices.driver"):
        for _ in range(10):
            task.run(device.bus)
            assert device.driver.unprotected_outputs() == ("pump",)
            assert task.period_s == 5.0
            clock.elapse(task.period_s)
        device.bus.heal(UNIT)
        clock.elapse(3600.0)
        task.run(device.bus)
    assert device.driver.unprotected_outputs() == ()
    assert task.period_s == 30.0
    assert [record.getMessage() for record in caplog.records] == [
        "unit.communication_timeout: the device does not keep its time-out; what relies on it is refused",
        "unit.communication_timeout: the time-out is confirmed",
    ]


def test_a_device_that_takes_a_moment_to_keep_its_time_out_is_not_reported(timeout_task, caplog):
    device, task = timeout_task
    device.bus.script(UNIT, Ignores())
    with caplog.at_level(logging.INFO, "devices.driver"):
        task.run(device.bus)
        device.put(Table.HOLDING, 20, 60)
        task.run(device.bus)
    assert device.driver.unprotected_outputs() == ()
    assert caplog.records == []


@pytest.mark.parametrize(("fault", "error"), [(Silent(), BusTimeout), (Refuses(3), DeviceException)])
def test_a_time_out_that_cannot_be_written_leaves_the_outputs_unprotected(timeout_task, fault, error):
    device, task = timeout_task
    device.bus.fail(UNIT, fault)
    with pytest.raises(error):
        task.run(device.bus)
    assert device.driver.unprotected_outputs() == ("pump",)


def test_a_time_out_that_cannot_be_read_back_protects_nothing(bench):
    blind = replace(TIMEOUT, write=replace(TIMEOUT.write, readback=None))
    device = bench(blind, PUMP, heartbeat=None)
    (task,) = device.driver.start_tasks(held)
    task.run(device.bus)
    assert device.driver.unprotected_outputs() == ("pump",)


def test_outputs_are_unprotected_until_somebody_keeps_the_device_alive(bench):
    assert bench().driver.unprotected_outputs() == ("pump",)
    assert bench(TIMEOUT, heartbeat=None).driver.unprotected_outputs() == ()


def test_the_heartbeat_counts_and_is_never_zero(bench):
    device = bench(TIMEOUT, HEARTBEAT, timeout=None)
    (beat,) = device.driver.start_tasks(held)
    assert beat.period_s == 5.0
    for _ in range(3):
        beat.run(device.bus)
    beat._number = 65533
    for _ in range(4):
        beat.run(device.bus)
    assert [write.values[0] for write in device.bus.writes] == [1, 2, 3, 65534, 65535, 1, 2]


def test_a_heartbeat_stays_within_what_the_device_takes(bench):
    small = replace(HEARTBEAT, write=replace(HEARTBEAT.write, limits=(0.0, 3.0)))
    device = bench(TIMEOUT, small, timeout=None)
    (beat,) = device.driver.start_tasks(held)
    for _ in range(7):
        beat.run(device.bus)
    assert [write.values[0] for write in device.bus.writes] == [1, 2, 3, 1, 2, 3, 1]


def test_a_process_without_lease_neither_beats_nor_sets_time_outs(bench):
    device = bench()
    for task in device.driver.start_tasks(lost):
        with pytest.raises(LeaseLost):
            task.run(device.bus)
    assert device.bus.writes == []


def test_a_device_that_needs_nothing_gets_nothing(clock):
    assert DriverBench(clock, PUMP).driver.start_tasks(held) == ()


def run_line(line, clock, seconds):
    end_s = clock() + seconds
    while clock() < end_s:
        clock.elapse(min(line.step() or 0.0, end_s - clock()))


def test_after_a_power_cut_the_time_out_is_set_again_within_a_second_of_the_return(bench, clock):
    """The device comes back with its time-out off; the first answered probe brings all its tasks, this one too."""
    device = bench()
    tasks = [*device.driver.poll_tasks(), *device.driver.start_tasks(held)]
    changes = []
    line = Line("field", device.bus, tasks, on_health=changes.append, monotonic=clock)
    run_line(line, clock, 10)
    assert device.driver.unprotected_outputs() == ()
    device.bus.fail(UNIT, Silent())
    run_line(line, clock, 100)
    device.put(Table.HOLDING, 20, 0)
    device.bus.heal(UNIT)
    while changes[-1].state is not LinkState.ONLINE:
        run_line(line, clock, 0.5)
    run_line(line, clock, 1)
    assert device.bus.word(UNIT, Table.HOLDING, 20) == 60
    assert device.driver.unprotected_outputs() == ()


def test_heartbeats_go_on_at_their_interval_beside_the_polls(bench, clock):
    device = bench()
    tasks = [*device.driver.poll_tasks(), *device.driver.start_tasks(held)]
    line = Line("field", device.bus, tasks, on_health=lambda change: None, monotonic=clock)
    run_line(line, clock, 61)
    beats = [write.values[0] for write in device.bus.writes if write.address == 21]
    assert beats == list(range(1, len(beats) + 1))
    assert len(beats) in (12, 13)
