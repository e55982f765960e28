"""Reading a device: blocks, learned holes, counters, and samples at the border."""

import math
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.bus.line import Line
from devices.bus.protocol import ReadRequest
from devices.bus.scripted import Refuses, ScriptedBus, Silent
from devices.errors import BusTimeout, DeviceException
from devices.link_health import LinkState
from devices.profiles.schema import Access, ReadLimits, Table, WordType
from devices.read_plan import Hole
from devices.samples import CounterState, Origin, Quality, Reason
from devices.units import Quantity, Unit
from tests.devices.driver_bench import ONE_BY_ONE, STARTED_AT, UNIT, DriverBench, Memory
from tests.devices.points import make_point, make_setpoint

VOLUME = make_point(
    key="total_volume",
    quantity=Quantity.VOLUME,
    unit=Unit.LITER,
    type=WordType.UINT32,
    rolls_over_at=2**32,
)


@pytest.fixture
def bench(clock):
    return lambda *points, **options: DriverBench(clock, *points, **options)


def temperatures(*addresses, **changes):
    return [make_point(at=address, scale=0.1, **changes) for address in addresses]


def test_a_block_becomes_one_reading_with_the_time_at_which_the_reply_came(bench, clock):
    device = bench(*temperatures(0, 1, 5))
    device.put(Table.INPUT, 0, 215, 0xFF33, 0, 0, 0, 9)
    clock.elapse(60)
    (task,) = device.poll()
    (reading,) = device.readings
    assert reading.points == ("unit.input_0", "unit.input_1", "unit.input_5")
    assert reading.values.tolist() == [21.5, -20.5, 0.9]
    assert reading.quality.tolist() == [Quality.GOOD] * 3
    assert (reading.origin, reading.observed_at) == (Origin.SIMULATED, STARTED_AT + timedelta(seconds=60))
    assert device.bus.sent == [ReadRequest(UNIT, Table.INPUT, 0, 6, timeout_s=0.5)]
    assert (task.unit_id, task.period_s, task.cost, task.retries) == (UNIT, 5.0, 6, 1)


def test_the_keys_of_a_block_are_the_same_object_at_every_poll(bench):
    device = bench(*temperatures(0))
    device.put(Table.INPUT, 0, 215)
    device.poll(device.poll())
    assert device.readings[0].points is device.readings[1].points


def test_points_of_different_periods_are_polled_apart(bench):
    device = bench(*temperatures(0, 1), *temperatures(2, poll_s=60.0))
    assert sorted((task.period_s, task.cost) for task in device.driver.poll_tasks()) == [(5.0, 2), (60.0, 1)]


def test_bits_cost_a_probe_less_than_registers(bench):
    device = bench(
        *[
            make_point(at=n, table=Table.COIL, type=WordType.BIT, quantity=Quantity.STATE, unit=Unit.NONE)
            for n in range(20)
        ]
    )
    assert [task.cost for task in device.driver.poll_tasks()] == [2]


def test_a_point_that_is_only_written_is_not_polled(bench):
    command = replace(make_setpoint(), access=Access.WRITE)
    assert bench(command).driver.poll_tasks() == ()


def test_an_error_other_than_an_illegal_address_goes_to_the_line_and_hands_on_nothing(bench):
    device = bench(*temperatures(0))
    device.put(Table.INPUT, 0, 215)
    (task,) = device.driver.poll_tasks()
    device.bus.script(UNIT, Silent(), Refuses(6), Refuses(1))
    for error, code in ((BusTimeout, None), (DeviceException, 6), (DeviceException, 1)):
        with pytest.raises(error) as caught:
            task.run(device.bus)
        assert getattr(caught.value, "code", None) == code
    assert device.readings == []


# -- learned holes


def test_a_hole_is_found_split_for_good_and_remembered(bench, clock):
    """Registers 0-3 and 8-11 exist, 4-7 do not: after the search two blocks, also after a restart."""
    points = temperatures(0, 3, 8, 11)
    device = bench(*points)
    device.put(Table.INPUT, 0, 1, 2, 3, 4)
    device.put(Table.INPUT, 8, 5, 6, 7, 8)
    tasks = device.poll()
    assert device.values() == {"unit.input_0": 0.1, "unit.input_3": 0.4, "unit.input_8": 0.5, "unit.input_11": 0.8}
    device.bus.sent.clear()
    device.poll(tasks)
    assert [(request.address, request.count) for request in device.bus.sent] == [(0, 4), (8, 4)]
    (hole,) = device.memory.learned
    assert hole.table is Table.INPUT
    assert 4 <= hole.first <= hole.end <= 8

    restarted = bench(*points, memory=device.memory)
    assert [task.cost for task in restarted.driver.poll_tasks()] == [4, 4]


def test_each_step_of_a_search_is_a_poll_of_its_own_so_that_commands_pass_between(bench):
    device = bench(*temperatures(0, 3, 8, 11))
    device.put(Table.INPUT, 0, 1, 2, 3, 4)
    device.put(Table.INPUT, 8, 5, 6, 7, 8)
    tasks = list(device.driver.poll_tasks())
    while tasks:
        before = len(device.bus.sent)
        replacement = tasks.pop().run(device.bus)
        assert len(device.bus.sent) - before <= 1
        tasks += [] if replacement is None else replacement.at_once


def test_a_search_that_is_interrupted_by_a_time_out_goes_on_where_it_was(bench):
    device = bench(*temperatures(0, 3, 8, 11))
    device.put(Table.INPUT, 0, 1, 2, 3, 4)
    device.put(Table.INPUT, 8, 5, 6, 7, 8)
    (search,) = device.driver.poll_tasks()[0].run(device.bus).at_once
    device.bus.script(UNIT, Silent())
    with pytest.raises(BusTimeout):
        search.run(device.bus)
    device.poll([search])
    assert device.values()["unit.input_11"] == 0.8


def test_an_illegal_point_is_reported_bad_once_and_its_neighbors_are_read(bench):
    device = bench(*temperatures(0, 1, 2, 3))
    device.put(Table.INPUT, 0, 10, 11)
    device.put(Table.INPUT, 3, 13)
    device.poll(device.poll())
    illegal = [
        (value, quality, reason)
        for reading in device.readings
        for key, value, quality, reason in zip(
            reading.points, reading.values, reading.quality, reading.reason, strict=True
        )
        if key == "unit.input_2"
    ]
    assert len(illegal) == 1
    assert math.isnan(illegal[0][0])
    assert illegal[0][1:] == (Quality.BAD, Reason.ILLEGAL_ADDRESS)
    values = device.values()
    assert [values[f"unit.input_{n}"] for n in (0, 1, 3)] == [1.0, 1.1, 1.3]


def test_an_illegal_point_is_tried_again_with_pauses_up_to_ten_minutes(bench):
    device = bench(*temperatures(0, 1))
    device.put(Table.INPUT, 0, 10)
    tasks = device.poll()
    (retry,) = [task for task in tasks if task.period_s == 10.0]
    periods = []
    for _ in range(8):
        retry.run(device.bus)
        periods.append(retry.period_s)
    assert periods == [20, 40, 80, 160, 320, 600, 600, 600]


def test_an_illegal_point_that_is_answered_after_all_is_polled_again(bench):
    device = bench(*temperatures(0, 1))
    device.put(Table.INPUT, 0, 10)
    tasks = device.poll()
    device.put(Table.INPUT, 1, 11)
    tasks = device.poll(tasks)
    assert device.values()["unit.input_1"] == 1.1
    assert [task.period_s for task in tasks] == [5.0, 5.0]


def test_points_of_one_illegal_register_are_reported_and_retried_together(bench):
    low, high = (
        make_point(key=key, quantity=Quantity.STATUS_BITS, unit=Unit.NONE, type=WordType.UINT16, address=7, bits=bits)
        for key, bits in (("low", (0, 8)), ("high", (8, 8)))
    )
    device = bench(low, high, *temperatures(0))
    device.put(Table.INPUT, 0, 10)
    tasks = device.poll()
    assert len(tasks) == 2
    assert {key for reading in device.readings for key in reading.points} == {"unit.low", "unit.high", "unit.input_0"}


def test_a_device_that_refuses_everything_while_it_starts_is_back_within_30_seconds(clock):
    """On a real line with its schedule: exception 2 to all for 15 s, then every point is read again within 30 s."""
    device = DriverBench(clock, *temperatures(0, 1, 2, 3, 20, 21))
    line = Line("field", device.bus, device.driver.poll_tasks(), on_health=lambda change: None, monotonic=clock)

    def run_for(seconds):
        end_s = clock() + seconds
        while clock() < end_s:
            clock.elapse(min(line.step() or 0.0, end_s - clock()))

    device.put(Table.INPUT, 100, 0)  # the unit exists, its registers do not yet
    run_for(15)
    assert line.unit_states() == {UNIT: LinkState.ONLINE}
    for address in range(24):
        device.put(Table.INPUT, address, 100 + address)
    device.readings.clear()
    run_for(30)
    assert set(device.values()) == {f"unit.input_{n}" for n in (0, 1, 2, 3, 20, 21)}
    assert not any(math.isnan(value) for value in device.values().values())


def test_a_device_that_refused_everything_for_a_while_has_taught_no_holes(bench):
    """Once it is up, the block is read in one request again, now and after a restart."""
    device = bench(*temperatures(0, 1, 2, 3))
    device.put(Table.COIL, 0, 1)  # the unit exists
    tasks = device.poll()
    device.put(Table.INPUT, 0, 1, 2, 3, 4)
    tasks = device.poll(tasks)
    device.bus.sent.clear()
    device.poll(tasks)
    assert [(request.address, request.count) for request in device.bus.sent] == [(0, 4)]
    assert device.memory.learned == set()


@pytest.mark.parametrize("up_after", range(1, 8))
def test_a_device_that_comes_up_in_the_middle_of_a_search_has_taught_no_holes(bench, up_after):
    device = bench(*temperatures(0, 3, 8, 11))
    device.put(Table.INPUT, 0, *range(12))
    device.bus.script(UNIT, *[Refuses(2)] * up_after)
    tasks = device.poll()
    device.bus.sent.clear()
    device.poll(tasks)
    assert [(request.address, request.count) for request in device.bus.sent] == [(0, 12)]
    assert device.memory.learned == set()


@settings(max_examples=60)
@given(
    wanted=st.sets(st.integers(0, 60), min_size=1, max_size=25),
    missing=st.sets(st.integers(0, 60), max_size=12),
    gap=st.integers(0, 12),
)
def test_whatever_is_missing_every_register_that_exists_is_read(wanted, missing, gap):
    """Learned end to end: right values for what exists, bad for what does not, and no refusal in the second round."""
    clock_s = [1000.0]
    clock = type("Clock", (), {"__call__": lambda self: clock_s[0], "elapse": lambda self, s: None})()
    device = DriverBench(clock, *temperatures(*wanted), gap=gap)
    device.put(Table.COIL, 0, 1)  # the unit exists
    for address in set(range(61)) - missing:
        device.put(Table.INPUT, address, address)
    tasks = device.poll()
    values = device.values()
    for address in wanted:
        value = values[f"unit.input_{address}"]
        assert math.isnan(value) if address in missing else value == pytest.approx(address / 10)
    regular = [task for task in tasks if task.period_s == 5.0]
    left = device.poll(regular)
    assert left == regular
    assert len(device.driver.poll_tasks()) <= len(wanted)


# -- counters


def test_a_counter_goes_on_over_its_roll_over_exactly(bench):
    device = bench(VOLUME)
    for raw in (2**32 - 5, 3, 7):
        device.put(Table.INPUT, 0, raw >> 16, raw & 0xFFFF)
        device.poll()
    values = [float(reading.values[0]) for reading in device.readings]
    assert values == [(2**32 - 5) / 1000, (2**32 + 3) / 1000, (2**32 + 7) / 1000]
    assert [reading.quality[0] for reading in device.readings] == [Quality.GOOD] * 3


def test_a_counter_that_was_reset_goes_on_and_says_so(bench):
    device = bench(VOLUME)
    for raw in (500_000, 20, 30):
        device.put(Table.INPUT, 0, raw >> 16, raw & 0xFFFF)
        device.poll()
    seen = [(float(r.values[0]), Quality(r.quality[0]), Reason(r.reason[0])) for r in device.readings]
    assert seen == [
        (500.0, Quality.GOOD, Reason.NONE),
        (500.0, Quality.UNCERTAIN, Reason.COUNTER_RESET),
        (500.01, Quality.GOOD, Reason.NONE),
    ]


def test_a_counter_goes_on_from_the_stored_total_after_a_restart(bench):
    device = bench(VOLUME)
    stored = CounterState(total=2**32 + 3, raw=3)
    device.driver.seed_counters({"total_volume": stored, "unknown": stored})
    device.put(Table.INPUT, 0, 0, 9)
    device.poll()
    assert float(device.readings[0].values[0]) == (2**32 + 9) / 1000
    assert device.readings[0].quality[0] == Quality.GOOD


def test_a_counter_goes_on_from_the_register_and_not_from_its_total(bench):
    """A meter that was replaced once stands far below its total; nothing is added when the system starts."""
    device = bench(VOLUME)
    device.driver.seed_counters({"total_volume": CounterState(total=500_020, raw=20)})
    device.put(Table.INPUT, 0, 0, 30)
    device.poll()
    reading = device.readings[0]
    assert (float(reading.values[0]), reading.quality[0]) == (500.03, Quality.GOOD)
    assert reading.counters == {0: CounterState(total=500_030, raw=30, read_at=reading.observed_at)}


def test_a_bad_reading_counts_nothing(bench):
    device = bench(replace(VOLUME, invalid_words=(0xFFFF_FFFF,)))
    for words in ((0, 10), (0xFFFF, 0xFFFF), (0, 12)):
        device.put(Table.INPUT, 0, *words)
        device.poll()
    values = [float(reading.values[0]) for reading in device.readings]
    assert values[0] == 0.01
    assert math.isnan(values[1])
    assert values[2] == 0.012
    assert device.readings[1].exact == {}
    assert device.readings[1].counters == {}


def test_a_total_that_no_float_holds_is_handed_on_exactly(bench):
    pulses = make_point(
        key="pulses", quantity=Quantity.COUNT, unit=Unit.NONE, type=WordType.UINT64, rolls_over_at=2**64
    )
    device = bench(pulses)
    raw = 2**60 + 1
    device.put(Table.INPUT, 0, *((raw >> shift) & 0xFFFF for shift in (48, 32, 16, 0)))
    device.poll()
    assert device.readings[0].exact == {0: 2**60 + 1}


# -- read() for probes and tests


def test_read_gives_every_point_once_as_samples_in_canonical_units(bench):
    device = bench(*temperatures(0, 1), replace(VOLUME, address=10))
    device.put(Table.INPUT, 0, 215)
    device.put(Table.INPUT, 10, 0, 1500)
    samples = {sample.point: sample for sample in device.driver.read(device.bus)}
    assert list(samples) == ["unit.input_0", "unit.input_1", "unit.total_volume"]
    assert (samples["unit.input_0"].value, samples["unit.input_0"].unit) == (21.5, Unit.DEGREE_CELSIUS)
    assert (samples["unit.total_volume"].value, samples["unit.total_volume"].unit) == (1.5, Unit.CUBIC_METER)
    missing = samples["unit.input_1"]
    assert (missing.value, missing.quality, missing.reason) == (None, Quality.BAD, Reason.ILLEGAL_ADDRESS)
    assert samples["unit.input_0"].observed_at == STARTED_AT


def test_read_also_hands_its_readings_on_and_fails_with_the_bus(bench):
    device = bench(*temperatures(0))
    device.put(Table.INPUT, 0, 215)
    device.driver.read(device.bus)
    assert len(device.readings) == 1
    device.bus.fail(UNIT, Silent())
    with pytest.raises(BusTimeout):
        device.driver.read(device.bus)
    assert device.driver._also_takes is None, "polls that follow are not collected"


# -- limits, and more than one device


def test_a_device_that_gives_one_register_at_a_time_is_asked_for_one(bench):
    device = bench(*temperatures(0, 1, 2), limits=ONE_BY_ONE)
    device.put(Table.INPUT, 0, 1, 2, 3)
    device.poll()
    assert [request.count for request in device.bus.sent] == [1, 1, 1]


def test_a_point_that_no_request_can_read_is_named_at_the_start(bench):
    device = bench(VOLUME, limits=ReadLimits(max_registers=1))
    with pytest.raises(ValueError, match="total_volume: 2 addresses must be read together, the device allows 1"):
        device.driver.poll_tasks()


def test_two_devices_on_one_line_do_not_mix_up(clock):
    """Different units, same registers, one of them dead for a while."""
    bus = ScriptedBus(elapse=clock.elapse)
    first, second = (DriverBench(clock, *temperatures(0), unit=unit, bus=bus) for unit in (1, 2))
    first.put(Table.INPUT, 0, 111)
    second.put(Table.INPUT, 0, 222)
    tasks = [*first.driver.poll_tasks(), *second.driver.poll_tasks()]
    line = Line("field", bus, tasks, on_health=lambda change: None, monotonic=clock)
    bus.fail(1, Silent())
    end_s = clock() + 60
    while clock() < end_s:
        clock.elapse(line.step() or 0.0)
    assert first.readings == []
    assert {float(reading.values[0]) for reading in second.readings} == {22.2}
    assert len(second.readings) >= 12


def test_a_hole_that_is_known_is_never_swept_up_again(bench):
    device = bench(*temperatures(0, 8), memory=Memory(Hole(Table.INPUT, 3, 5)))
    device.put(Table.INPUT, 0, 1, 2, 3)
    device.put(Table.INPUT, 8, 9)
    device.poll()
    assert [(request.address, request.count) for request in device.bus.sent] == [(0, 1), (8, 1)]
