"""A simulated device answers as its profile says: words, exceptions, writes, faults and its own time-out."""

from __future__ import annotations

import math
import struct

import pytest

from devices.profiles.schema import Table
from devices.simulator.faults import Fault
from devices.simulator.registers import ExceptionCode
from devices.simulator.write_log import WriteRecord, WrittenBy


def test_it_shows_a_negative_temperature_as_the_word_of_its_profile(bench):
    """-20.5 °C at 0.1 per step is 0xFF33, two's complement of -205."""
    climate = bench("climate-controller")
    climate.show("air_temperature", -20.5)
    assert climate.device.read(Table.INPUT, 0, 1) == [0xFF33]


def test_it_shows_a_float_in_the_byte_order_of_its_profile(bench):
    """TUF-2000 sends the low word first: 21.5 is 0x41AC0000, so 0x0000 0x41AC."""
    meter = bench("tuf-2000")
    meter.show("flow_rate", 21.5)
    assert meter.device.read(Table.HOLDING, 0, 2) == [0x0000, 0x41AC]


def test_a_counter_rolls_over_in_its_register(bench):
    """4,294,967,297 liters are one more than the 2**32 numbers of the counter: it shows 1."""
    meter = bench("pulse-water-meter")
    meter.show("total_volume", 4_294_967.297)
    assert meter.device.read(Table.INPUT, 0, 2) == [0, 1]


def test_a_value_that_no_word_can_hold_is_a_device_failure_and_not_a_wrapped_number(bench):
    climate = bench("climate-controller")
    climate.show("air_temperature", 4000.0)
    assert climate.device.read(Table.INPUT, 0, 1) is ExceptionCode.DEVICE_FAILURE
    assert climate.device.read(Table.INPUT, 1, 1) == [0]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_value_that_is_not_finite_never_becomes_an_integer_word(bench, value):
    climate = bench("climate-controller")
    climate.show("air_temperature", value)
    assert climate.device.read(Table.INPUT, 0, 1) is ExceptionCode.DEVICE_FAILURE


@pytest.mark.parametrize(
    ("table", "address", "count"),
    [(Table.INPUT, 16, 2), (Table.INPUT, 17, 1), (Table.HOLDING, 100, 1), (Table.COIL, 0, 1), (Table.INPUT, 65535, 1)],
)
def test_a_register_that_the_profile_does_not_name_is_an_illegal_address(bench, table, address, count):
    assert bench("climate-controller").device.read(table, address, count) is ExceptionCode.ILLEGAL_ADDRESS


def test_a_register_that_can_only_be_written_cannot_be_read(bench):
    """The heartbeat of the climate controller, holding register 6, is write only."""
    assert bench("climate-controller").device.read(Table.HOLDING, 6, 1) is ExceptionCode.ILLEGAL_ADDRESS


def test_a_meter_that_wants_even_reads_refuses_odd_ones(bench):
    """SDM630: even start and count only, 80 registers at most."""
    meter = bench("eastron-sdm630").device
    assert meter.read(Table.INPUT, 1, 2) is ExceptionCode.ILLEGAL_ADDRESS
    assert meter.read(Table.INPUT, 0, 3) is ExceptionCode.ILLEGAL_ADDRESS
    assert meter.read(Table.INPUT, 0, 82) is ExceptionCode.ILLEGAL_VALUE
    assert meter.read(Table.INPUT, 0, 2) == [0, 0]


def test_a_written_setpoint_reaches_the_plant_in_its_canonical_unit_and_reads_back(bench):
    climate = bench("climate-controller")
    climate.now_s = 12.0
    assert climate.device.write(6, 0, [185]) is None
    assert climate.plant.values["unit", "heating_setpoint"] == 18.5
    assert climate.device.read(Table.HOLDING, 0, 1) == [185]
    assert climate.log.since() == (WriteRecord(12.0, "unit", "heating_setpoint", 18.5, 18.5, WrittenBy.MASTER),)


@pytest.mark.parametrize("word", [351, 0xFFFF, 0x8000, 400])
def test_a_setpoint_outside_its_limits_is_refused_and_not_logged(bench, word):
    """The heating setpoint takes 0 to 35 °C: 35.1, -0.1, -3276.8 and 40 are refused."""
    climate = bench("climate-controller")
    assert climate.device.write(6, 0, [word]) is ExceptionCode.ILLEGAL_VALUE
    assert climate.log.since() == ()


@pytest.mark.parametrize("word", [0, 350])
def test_the_limits_themselves_are_accepted(bench, word):
    assert bench("climate-controller").device.write(6, 0, [word]) is None


@pytest.mark.parametrize(
    ("function", "address", "words", "code"),
    [
        (16, 0, [185], ExceptionCode.ILLEGAL_FUNCTION),
        (5, 0, [1], ExceptionCode.ILLEGAL_ADDRESS),
        (6, 99, [1], ExceptionCode.ILLEGAL_ADDRESS),
        (22, 0, [1], ExceptionCode.ILLEGAL_FUNCTION),
    ],
)
def test_a_write_by_another_function_or_to_another_address_is_refused(bench, function, address, words, code):
    assert bench("climate-controller").device.write(function, address, words) is code


def test_what_the_plant_rejects_is_an_illegal_value(bench):
    climate = bench("climate-controller")
    climate.plant.rejected.add("heating_setpoint")
    assert climate.device.write(6, 0, [185]) is ExceptionCode.ILLEGAL_VALUE
    assert climate.log.since() == ()


def test_a_missing_sensor_shows_its_invalid_word(bench):
    climate = bench("climate-controller")
    climate.faults.switch_on(Fault.OPEN, "unit.air_temperature")
    climate.faults.switch_on(Fault.OPEN, "unit.relative_humidity")
    assert climate.device.read(Table.INPUT, 0, 2) == [0x8000, 0xFFFF]


def test_a_missing_sensor_of_a_float_register_shows_no_number(bench):
    meter = bench("eastron-sdm630")
    meter.faults.switch_on(Fault.OPEN, "unit.voltage_l1")
    words = meter.device.read(Table.INPUT, 0, 4)
    assert math.isnan(struct.unpack(">f", struct.pack(">HH", *words[:2]))[0])
    assert words[2:] == [0, 0]


def test_a_missing_sensor_without_an_invalid_word_is_a_device_failure_where_it_is_read(bench):
    valves = bench("valve-block-8")
    valves.faults.switch_on(Fault.OPEN, "unit.valve_3")
    assert valves.device.read(Table.COIL, 0, 8) is ExceptionCode.DEVICE_FAILURE
    assert valves.device.read(Table.COIL, 0, 2) == [0, 0]


def test_a_drifting_sensor_moves_away_by_its_rate(bench):
    """2 K/h for half an hour on 20 °C is 21 °C."""
    climate = bench("climate-controller")
    climate.show("air_temperature", 20.0)
    climate.faults.switch_on(Fault.DRIFTING, "unit.air_temperature", 2.0)
    climate.advance(1800.0)
    assert climate.device.read(Table.INPUT, 0, 1) == [210]


def test_a_stuck_sensor_shows_its_value_until_it_is_cleared(bench):
    climate = bench("climate-controller")
    climate.faults.switch_on(Fault.STUCK, "unit.air_temperature", 17.0)
    climate.show("air_temperature", 25.0)
    assert climate.device.read(Table.INPUT, 0, 1) == [170]
    climate.faults.clear("unit.air_temperature")
    climate.device.refresh()
    assert climate.device.read(Table.INPUT, 0, 1) == [250]


def test_a_rejected_write_changes_nothing(bench):
    climate = bench("climate-controller")
    climate.faults.switch_on(Fault.WRITE_REJECTED, "unit.heating_setpoint")
    assert climate.device.write(6, 0, [185]) is ExceptionCode.ILLEGAL_VALUE
    assert climate.plant.values == {}


def test_an_ignored_write_is_acknowledged_and_changes_nothing(bench):
    climate = bench("climate-controller")
    climate.faults.switch_on(Fault.WRITE_IGNORED, "unit.heating_setpoint")
    assert climate.device.write(6, 0, [185]) is None
    assert climate.device.read(Table.HOLDING, 0, 1) == [0]
    assert [(record.value, record.applied) for record in climate.log.since()] == [(18.5, None)]


def test_an_altered_write_reads_back_another_value(bench):
    climate = bench("climate-controller")
    climate.faults.switch_on(Fault.WRITE_ALTERED, "unit.heating_setpoint", 0.7)
    assert climate.device.write(6, 0, [185]) is None
    assert climate.device.read(Table.HOLDING, 0, 1) == [192]


def test_an_altered_write_of_a_coil_takes_the_opposite(bench):
    valves = bench("valve-block-8")
    valves.faults.switch_on(Fault.WRITE_ALTERED, "unit.valve_1")
    assert valves.device.write(5, 0, [1]) is None
    assert valves.plant.values["unit", "valve_1"] == 0.0


@pytest.mark.parametrize(
    ("fault", "code"), [(Fault.ABSENT, ExceptionCode.NO_RESPONSE_BEHIND_GATEWAY), (Fault.BUSY, ExceptionCode.BUSY)]
)
def test_an_absent_or_busy_unit_refuses_reads_and_writes(bench, fault, code):
    climate = bench("climate-controller")
    climate.faults.switch_on(fault, "unit")
    assert climate.device.read(Table.INPUT, 0, 1) is code
    assert climate.device.write(6, 0, [185]) is code
    assert climate.plant.values == {}


def test_the_communication_timeout_closes_the_valves_when_nobody_speaks(bench):
    """30 s are written; after 29.5 s of silence the valve is open, after 30 s it is closed, once."""
    valves = bench("valve-block-8")
    assert valves.device.write(6, 8, [30]) is None
    assert valves.device.write(5, 0, [1]) is None
    valves.advance(29.5)
    assert valves.plant.values["unit", "valve_1"] == 1.0
    valves.advance(0.5)
    assert valves.plant.values["unit", "valve_1"] == 0.0
    by_itself = [record for record in valves.log.since() if record.written_by is WrittenBy.COMMUNICATION_TIMEOUT]
    assert [record.point for record in by_itself] == [f"valve_{number}" for number in range(1, 9)]
    valves.advance(60.0)
    assert len(valves.log.since()) == 2 + 8


def test_any_request_holds_off_the_timeout_of_a_device_without_heartbeat(bench):
    valves = bench("valve-block-8")
    valves.device.write(6, 8, [30])
    valves.device.write(5, 0, [1])
    for _ in range(4):
        valves.advance(20.0)
        valves.device.read(Table.COIL, 0, 8)
    assert valves.plant.values["unit", "valve_1"] == 1.0


def test_only_the_heartbeat_holds_off_the_timeout_of_a_device_that_has_one(bench):
    """Reads alone do not prove that the master still decides anything."""
    unit = bench("water-fertilizer-unit")
    unit.device.write(6, 4, [30])
    unit.device.write(5, 0, [1])
    for beat in range(3):
        unit.advance(20.0)
        unit.device.write(6, 3, [beat + 1])
    assert unit.plant.values["unit", "pump_command"] == 1.0
    unit.advance(20.0)
    unit.device.read(Table.INPUT, 0, 4)
    unit.advance(20.0)
    assert unit.plant.values["unit", "pump_command"] == 0.0


def test_the_timeout_stops_a_motor_and_leaves_a_vent_where_it_is_going(bench):
    winder, vent = bench("blanket-winder"), bench("vent-motor")
    for unit, timeout_register in ((winder, 2), (vent, 1)):
        unit.device.write(6, timeout_register, [30])
        unit.device.write(6, 0, [1])
        unit.advance(31.0)
    assert winder.plant.values["unit", "motor_command"] == 0.0
    assert vent.plant.values["unit", "target_position"] == 0.1


def test_without_a_written_timeout_silence_closes_nothing(bench):
    valves = bench("valve-block-8")
    valves.device.write(5, 0, [1])
    valves.advance(86_400.0)
    assert valves.plant.values["unit", "valve_1"] == 1.0


def test_a_timeout_expires_again_after_the_master_came_back(bench):
    valves = bench("valve-block-8")
    valves.device.write(6, 8, [30])
    valves.advance(31.0)
    valves.device.write(5, 0, [1])
    valves.advance(31.0)
    assert valves.plant.values["unit", "valve_1"] == 0.0
