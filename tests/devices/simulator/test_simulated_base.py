"""The simulated base on real Modbus, asked by a plain pymodbus client that knows nothing of it."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pymodbus.client import ModbusSerialClient, ModbusTcpClient
from pymodbus.exceptions import ModbusIOException
from pymodbus.framer import FramerType

from devices.codec import decode_point
from devices.profiles.catalog import load_shipped
from devices.profiles.schema import DeviceProfile, PointSpec, Table
from devices.samples import Quality
from devices.simulator.base import LineDevice, LineKind, SimulatedBase, SimulatedLine, SimulatorFailed
from devices.simulator.faults import CLOCK, Fault, FaultRefused
from devices.simulator.write_log import WrittenBy
from devices.units import conversion

GENERIC = (
    "climate-controller",
    "blanket-winder",
    "vent-motor",
    "valve-block-8",
    "water-fertilizer-unit",
    "weather-station",
    "pulse-water-meter",
)
START_C, SETPOINT_C = 15.0, 18.5


def words_of(client: ModbusTcpClient, point: PointSpec, unit_id: int, *, even: bool = False) -> np.ndarray | int:
    """Words of the point's extent, or the exception code."""
    first, end = point.extent
    count = end - first + (end - first) % 2 if even else end - first
    read = {
        Table.COIL: client.read_coils,
        Table.DISCRETE: client.read_discrete_inputs,
        Table.HOLDING: client.read_holding_registers,
        Table.INPUT: client.read_input_registers,
    }[point.table]
    reply = read(first, count=count, device_id=unit_id)
    if reply.isError():
        return reply.exception_code
    return np.array((reply.bits if point.table.is_bits else reply.registers)[:count], dtype=np.uint16)


def read_from_plant(profile: DeviceProfile) -> list[PointSpec]:
    """Readable points; the communication time-out is the device's own, and scales in registers are tried elsewhere."""
    own = profile.keep_alive.timeout if profile.keep_alive else None
    return [
        point
        for point in profile.points
        if point.access.can_read and point.key != own and not point.scale_register and not point.conditional_scale
    ]


@pytest.mark.parametrize("framing", ["tcp", "rtu"])
def test_every_point_of_every_shipped_profile_reads_back_what_the_plant_has(running, client_of, framing):
    """Decoded with the profile, each value is the plant's within a step of its register; generic ones are good."""
    keys = tuple(load_shipped())
    kind, framer = {"tcp": (LineKind.TCP, FramerType.SOCKET), "rtu": (LineKind.RTU_OVER_TCP, FramerType.RTU)}[framing]
    base = running(*keys, kind=kind)
    client = client_of(base, framer)
    wrong, compared = [], 0
    for unit_id, key in enumerate(keys, start=1):
        profile = load_shipped()[key]
        for point in read_from_plant(profile):
            words = words_of(client, point, unit_id, even=profile.limits.even_only)
            expected = base.value(key, point.key)
            if isinstance(words, int):
                if expected is not None or words != 4:
                    wrong.append(f"{key}.{point.key}: exception {words}")
                continue
            if expected is None:
                continue
            shown = decode_point(words[: point.word_count], point)
            compared += 1
            step = abs(point.scale * conversion(point.quantity, point.unit).factor)
            step = 1e-6 * abs(expected) if not point.type.is_integer else step
            if shown.value is None or abs(shown.value - expected) > step:
                wrong.append(f"{key}.{point.key}: {shown.value} instead of {expected}")
            elif key in GENERIC and shown.quality is not Quality.GOOD:
                wrong.append(f"{key}.{point.key}: {shown}")
    assert wrong == []
    assert compared > 200


@pytest.mark.parametrize("key", GENERIC)
def test_every_readable_point_of_a_generic_profile_has_something_behind_it(running, key):
    base = running(key)
    points = read_from_plant(load_shipped()[key])
    assert [point.key for point in points if base.value(key, point.key) is None] == []


def test_a_written_setpoint_reads_back_and_is_witnessed(running, client_of):
    base = running("climate-controller")
    client = client_of(base)
    reply = client.write_register(0, 185, device_id=1)
    assert not reply.isError()
    assert reply.registers == [185]
    assert client.read_holding_registers(0, count=1, device_id=1).registers == [185]
    [record] = base.writes()
    assert (record.device, record.point, record.value) == ("climate-controller", "heating_setpoint", SETPOINT_C)
    assert base.writes(since_s=record.at_s) == ()


def test_the_witness_tells_masters_apart(running, client_of):
    """Two are connected to one line and write in turn."""
    base = running("climate-controller")
    first, second = client_of(base), client_of(base)
    for number, client in enumerate((first, second, first)):
        assert not client.write_register(0, 180 + number, device_id=1).isError()
    addresses = ["{}:{}".format(*client.socket.getsockname()) for client in (first, second, first)]
    assert addresses[0] != addresses[1]
    assert [record.came_from for record in base.writes()] == addresses


def test_a_setpoint_out_of_limits_is_refused_and_the_old_one_stays(running, client_of):
    base = running("climate-controller")
    client = client_of(base)
    reply = client.write_register(0, 400, device_id=1)
    assert (reply.isError(), reply.exception_code) == (True, 3)
    assert client.read_holding_registers(0, count=1, device_id=1).registers == [150]
    assert base.value("climate-controller", "heating_setpoint") == START_C


def test_the_winder_stops_at_its_end_switch(running, client_of):
    base = running("blanket-winder")
    client = client_of(base)
    base.advance(1.0)
    client.write_register(0, 2, device_id=1)
    base.advance(400.0)
    assert client.read_discrete_inputs(0, count=2, device_id=1).bits[:2] == [False, True]
    client.write_register(0, 1, device_id=1)
    base.advance(100.0)
    assert client.read_input_registers(1, count=1, device_id=1).registers == [1]
    base.advance(300.0)
    assert client.read_discrete_inputs(0, count=2, device_id=1).bits[:2] == [True, False]
    assert client.read_input_registers(0, count=2, device_id=1).registers == [1000, 0]
    assert client.read_holding_registers(0, count=1, device_id=1).registers == [0]


def test_the_run_time_register_closes_the_valve(running, client_of):
    client = client_of(base := running("valve-block-8"))
    client.write_register(1, 45, device_id=1)
    assert client.write_coil(1, True, device_id=1).bits == [True]
    assert client.read_coils(0, count=8, device_id=1).bits == [False, True] + [False] * 6
    base.advance(44.0)
    assert client.read_coils(0, count=8, device_id=1).bits[1] is True
    assert client.read_input_registers(0, count=2, device_id=1).registers == [0, 1]
    base.advance(1.0)
    assert client.read_coils(0, count=8, device_id=1).bits == [False] * 8


def test_a_valve_whose_run_time_is_zero_is_rejected(running, client_of):
    client = client_of(running("valve-block-8"))
    client.write_register(0, 0, device_id=1)
    assert client.write_coil(0, True, device_id=1).exception_code == 3


def test_silence_closes_the_valve_by_the_communication_timeout(running, client_of):
    base = running("valve-block-8")
    client = client_of(base)
    client.write_register(8, 10, device_id=1)
    client.write_coil(0, True, device_id=1)
    base.advance(11.0)
    assert client.read_coils(0, count=1, device_id=1).bits[0] is False
    assert base.writes()[-1].written_by is WrittenBy.COMMUNICATION_TIMEOUT


def test_a_dead_unit_is_silent_and_its_neighbor_answers(running, client_of):
    base = running("climate-controller", "vent-motor")
    client = client_of(base)
    base.switch_on(Fault.DEAD, "climate-controller")
    with pytest.raises(ModbusIOException):
        client.read_input_registers(0, count=1, device_id=1)
    assert not client.read_input_registers(0, count=1, device_id=2).isError()
    base.clear("climate-controller")
    assert not client.read_input_registers(0, count=1, device_id=1).isError()


def test_a_dead_device_still_closes_its_outputs(running, client_of):
    """Its bus is dead, not the device: the time-out is what saves the house then."""
    base = running("valve-block-8")
    client = client_of(base)
    client.write_register(8, 10, device_id=1)
    client.write_coil(0, True, device_id=1)
    base.switch_on(Fault.DEAD, "valve-block-8")
    base.advance(11.0)
    assert base.value("valve-block-8", "valve_1") == 0.0


def test_a_unit_that_does_not_exist_is_silent(running, client_of):
    """pymodbus alone would answer exception 4 for it."""
    client = client_of(running("climate-controller"))
    with pytest.raises(ModbusIOException):
        client.read_input_registers(0, count=1, device_id=77)


@pytest.mark.parametrize(("fault", "code"), [(Fault.ABSENT, 11), (Fault.BUSY, 6)])
def test_an_absent_or_busy_unit_answers_its_exception(running, client_of, fault, code):
    base = running("climate-controller")
    base.switch_on(fault, "climate-controller")
    client = client_of(base)
    assert client.read_input_registers(0, count=1, device_id=1).exception_code == code
    assert client.read_discrete_inputs(0, count=1, device_id=1).exception_code in (2, code)


def test_a_sensor_sticks_at_its_present_value(running, client_of):
    base = running("climate-controller")
    client = client_of(base)
    before = client.read_input_registers(0, count=1, device_id=1).registers
    base.switch_on(Fault.STUCK, "climate-controller.air_temperature")
    for _ in range(3):
        base.advance(600.0)
        assert client.read_input_registers(0, count=1, device_id=1).registers == before
    base.clear()
    assert client.read_input_registers(0, count=1, device_id=1).registers != before


def test_an_open_sensor_shows_its_invalid_word_at_once(running, client_of):
    base = running("climate-controller")
    client = client_of(base)
    client.read_input_registers(0, count=17, device_id=1)
    base.switch_on(Fault.OPEN, "climate-controller.air_temperature")
    assert client.read_input_registers(0, count=1, device_id=1).registers == [0x8000]


def test_an_open_end_switch_fails_only_reads_that_touch_it(running, client_of):
    base = running("blanket-winder")
    base.switch_on(Fault.OPEN, "blanket-winder.end_switch_up")
    client = client_of(base)
    assert client.read_discrete_inputs(0, count=2, device_id=1).exception_code == 4
    assert not client.read_input_registers(0, count=5, device_id=1).isError()


def test_write_faults_are_seen_by_the_master_as_they_should_be(running, client_of):
    base = running("climate-controller")
    client = client_of(base)
    point = "climate-controller.heating_setpoint"
    base.switch_on(Fault.WRITE_REJECTED, point)
    assert client.write_register(0, 185, device_id=1).exception_code == 3
    base.clear()
    base.switch_on(Fault.WRITE_IGNORED, point)
    assert client.write_register(0, 185, device_id=1).registers == [185]
    assert client.read_holding_registers(0, count=1, device_id=1).registers == [150]
    base.clear()
    base.switch_on(Fault.WRITE_ALTERED, point, 2.0)
    assert client.write_register(0, 185, device_id=1).registers == [185]
    assert client.read_holding_registers(0, count=1, device_id=1).registers == [205]


def test_clock_skew_moves_the_day_period_of_the_devices(running, client_of):
    base = running("climate-controller")
    client = client_of(base)
    base.switch_on(Fault.CLOCK_SKEW, CLOCK, -12 * 3600.0)
    base.advance(1.0)
    assert client.read_input_registers(16, count=1, device_id=1).registers == [0]
    base.clear()
    base.advance(1.0)
    assert client.read_input_registers(16, count=1, device_id=1).registers == [2]


def test_reading_over_a_hole_is_an_illegal_address(running, client_of):
    """XY-MD02 has input registers 1 and 2 and nothing at 0 or 3."""
    client = client_of(running("xy-md02"))
    assert len(client.read_input_registers(1, count=2, device_id=1).registers) == 2
    assert client.read_input_registers(0, count=3, device_id=1).exception_code == 2
    assert client.read_input_registers(2, count=2, device_id=1).exception_code == 2
    assert client.read_input_registers(60_000, count=1, device_id=1).exception_code == 2
    assert client.read_coils(0, count=1, device_id=1).exception_code == 2


@pytest.mark.parametrize(
    "ask",
    [
        lambda client: client.mask_write_register(address=0, and_mask=0, or_mask=1, device_id=1),
        lambda client: client.write_registers(0, [185], device_id=1),
    ],
)
def test_a_function_that_the_device_does_not_know_is_refused_and_does_nothing(running, client_of, ask):
    base = running("climate-controller")
    assert ask(client_of(base)).exception_code == 1
    assert base.value("climate-controller", "heating_setpoint") == START_C


def test_a_serial_line_answers_on_a_pseudo_terminal_and_survives_a_new_master(running, tmp_path):
    port = tmp_path / "bus"
    base = running("climate-controller", "vent-motor", kind=LineKind.SERIAL, serial_port=port)
    assert base.endpoints["line"].serial_port == port
    for _ in range(2):
        with ModbusSerialClient(str(port), baudrate=9600, timeout=2, retries=0) as client:
            client.write_register(0, 185, device_id=1)
            assert client.read_holding_registers(0, count=1, device_id=1).registers == [185]
            assert len(client.read_input_registers(0, count=3, device_id=2).registers) == 3
    base.stop()
    assert not port.is_symlink()


def test_a_base_that_ticks_by_itself_lives(running, client_of, steady_plant):
    """Time passes without anyone advancing it: wait for the first value that changes, however long a tick takes."""
    profile = load_shipped()["climate-controller"]
    plant = steady_plant("climate-controller")
    line = SimulatedLine("line", LineKind.TCP, (LineDevice("climate-controller", 1, profile),))
    with SimulatedBase([line], plant, tick_s=0.01) as base:
        client = client_of(base)
        before = client.read_input_registers(0, count=17, device_id=1).registers
        while client.read_input_registers(0, count=17, device_id=1).registers == before:
            pass


def test_a_taken_port_is_told_with_the_line(running, steady_plant):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        line = SimulatedLine("glasshouse", LineKind.TCP, (), port=taken.getsockname()[1])
        base = SimulatedBase([line], steady_plant())
        with pytest.raises(SimulatorFailed, match=r"line glasshouse: 127\.0\.0\.1:\d+ cannot be opened"):
            base.start()
        assert not base.is_running


def test_a_file_in_the_place_of_a_serial_port_is_not_overwritten(steady_plant, tmp_path):
    path: Path = tmp_path / "not-a-link"
    path.write_text("precious", encoding="utf-8")
    base = SimulatedBase([SimulatedLine("bus", LineKind.SERIAL, (), serial_port=path)], steady_plant())
    with pytest.raises(SimulatorFailed, match="line bus"):
        base.start()
    assert path.read_text(encoding="utf-8") == "precious"


def test_a_base_that_does_not_run_says_so(steady_plant):
    base = SimulatedBase([], steady_plant())
    with pytest.raises(SimulatorFailed, match="does not run"):
        base.advance(1.0)
    base.stop()


def test_a_refused_fault_reaches_the_caller_of_another_thread(running: Callable[..., SimulatedBase]):
    with pytest.raises(FaultRefused, match="near it: climate-controller"):
        running("climate-controller").switch_on(Fault.DEAD, "climate-controler")
