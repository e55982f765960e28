"""The simulated base of a base file: what is simulated, where it listens, and how it is broken from the shell."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pymodbus.client import ModbusTcpClient

from devices.samples import Origin
from devices.simulator.base import SimulatedBase, SimulatorFailed
from devices.simulator.control import ControlServer
from devices.simulator.faults import Fault
from greenhouse.site.basefile.reader import load_base, parse_base
from greenhouse.site.basefile.schema import BaseFile, HouseKind, LineKind
from scheduler.simulated_plant.breakdowns import breakdown_kinds
from scheduler.simulated_plant.counters import COUNTERS_FILE
from scheduler.simulation import read_address, remove_address, simulated_lines, simulated_plant, write_address

PROJECT = Path(__file__).resolve().parent.parent.parent
DEMONSTRATION = PROJECT / "bases" / "kangbashi.toml"
NOVEMBER = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
SMALL = """
[base]
key = "small"
name_zh = "小基地"
name_en = "Small base"
latitude_deg = 39.6
longitude_deg = 109.8
elevation_m = 1300
time_zone = "Asia/Shanghai"

[[house]]
key = "h1"
name_zh = "1号日光温室"
name_en = "Solar greenhouse 1"
kind = "solar"
area_m2 = 480

[[compartment]]
key = "h1"
house = "h1"
name_zh = "1号日光温室"
name_en = "Solar greenhouse 1"
area_m2 = 480

[[line]]
key = "climate"
name_zh = "气候线路"
name_en = "Climate line"
kind = "tcp"
host = "127.0.0.1"
port = {port}

[[device]]
key = "h1-climate"
name_zh = "1号日光温室环境控制器"
name_en = "Climate controller"
line = "climate"
unit_id = 1
profile = "climate-controller"
compartment = "h1"
origin = "simulated"

[[device]]
key = "h1-vent"
name_zh = "1号日光温室通风口"
name_en = "Vent motor"
line = "climate"
unit_id = 2
profile = "vent-motor"
compartment = "h1"
origin = "simulated"
"""


def small(port: int = 15099) -> BaseFile:
    return parse_base(SMALL.format(port=port), file="small.toml", folder=PROJECT)


def with_devices(base_file: BaseFile, **changes) -> BaseFile:
    first, *rest = base_file.devices
    return replace(base_file, devices=(replace(first, **changes), *rest))


@pytest.fixture(scope="module")
def demonstration() -> BaseFile:
    return load_base(DEMONSTRATION)


def test_the_demonstration_base_has_its_houses(demonstration):
    """Six solar greenhouses and a glasshouse with three compartments."""
    assert Counter(house.kind for house in demonstration.houses) == {HouseKind.SOLAR: 6, HouseKind.GLASSHOUSE: 1}
    parts = Counter(part.house for part in demonstration.compartments)
    assert sorted(parts.values()) == [1, 1, 1, 1, 1, 1, 3]


def test_the_demonstration_base_is_large_enough_and_wholly_simulated(demonstration):
    """At least 300 points on at least 10 units, over at least 3 TCP and 2 RTU-over-TCP lines."""
    assert sum(len(device.profile.points) for device in demonstration.devices) >= 300
    assert len(demonstration.devices) >= 10
    kinds = Counter(line.kind for line in demonstration.lines)
    assert kinds[LineKind.TCP] >= 3
    assert kinds[LineKind.RTU_OVER_TCP] >= 2
    assert {device.origin for device in demonstration.devices} == {Origin.SIMULATED}


def test_the_demonstration_base_listens_on_loopback_ports_of_its_own(demonstration):
    lines = simulated_lines(demonstration)
    assert {line.host for line in lines} == {"127.0.0.1"}
    ports = [line.port for line in lines]
    assert len(set(ports)) == len(ports)
    assert set(ports) <= set(range(15020, 15030))


def test_every_compartment_of_the_demonstration_base_has_its_equipment(demonstration):
    """A climate controller, two vent motors and valves everywhere; a blanket winder where there is a blanket."""
    kinds = {house.key: house.kind for house in demonstration.houses}
    for part in demonstration.compartments:
        equipment = Counter(device.profile_key for device in demonstration.devices if device.compartment == part.key)
        assert equipment["climate-controller"] == 1, part.key
        assert equipment["vent-motor"] == 2, part.key
        assert equipment["valve-block-8"] == 1, part.key
        assert equipment["blanket-winder"] == (kinds[part.house] is HouseKind.SOLAR), part.key


def test_the_plant_of_the_demonstration_base_has_a_value_for_every_readable_point(demonstration):
    """Except what belongs to the register map: the communication time-out of the devices."""
    plant = simulated_plant(demonstration, start=NOVEMBER, seed=1)
    empty = {
        point.key
        for device in demonstration.devices
        for point in device.profile.points
        if point.access.can_read and plant.value(device.key, point.key) is None
    }
    assert empty == {"communication_timeout"}


def test_a_line_whose_devices_are_measured_is_left_alone():
    base_file = small()
    measured = tuple(replace(device, origin=Origin.MEASURED) for device in base_file.devices)
    assert simulated_lines(replace(base_file, devices=measured)) == ()


def test_a_line_with_measured_and_simulated_devices_is_refused():
    with pytest.raises(SimulatorFailed, match="line climate: h1-climate is not simulated, but others on the line are"):
        simulated_lines(with_devices(small(), origin=Origin.MEASURED))


@pytest.mark.parametrize("host", ["192.168.1.20", "0.0.0.0", "controller.local"])
def test_a_simulated_line_never_listens_beyond_this_machine(host):
    base_file = small()
    [line] = base_file.lines
    with pytest.raises(SimulatorFailed, match=f"line climate: .* not at {host}"):
        simulated_lines(replace(base_file, lines=(replace(line, host=host),)))


def test_a_serial_line_is_simulated_at_its_port(tmp_path):
    base_file = small()
    [line] = base_file.lines
    serial = replace(line, kind=LineKind.SERIAL, host=None, port=None, serial_port=str(tmp_path / "bus"))
    [simulated] = simulated_lines(replace(base_file, lines=(serial,)))
    assert simulated.serial_port == tmp_path / "bus"
    assert [device.unit_id for device in simulated.devices] == [1, 2]


def test_the_address_of_the_control_socket_is_found_and_goes_away(tmp_path):
    write_address(tmp_path, 4321)
    assert read_address(tmp_path) == 4321
    remove_address(tmp_path)
    with pytest.raises(SimulatorFailed, match="no simulator runs here"):
        read_address(tmp_path)


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"port": "x"}', "null"])
def test_a_damaged_address_is_told(tmp_path, content):
    (tmp_path / "simulator.json").write_text(content, encoding="utf-8")
    with pytest.raises(SimulatorFailed, match="missing or unreadable"):
        read_address(tmp_path)


class Shell:
    """``manage.py simfault`` beside a running base."""

    def __init__(self, base: SimulatedBase) -> None:
        self.base = base

    def __call__(self, *words: str) -> list[str]:
        output = StringIO()
        call_command("simfault", *words, stdout=output)
        return output.getvalue().splitlines()


@pytest.fixture
def shell(settings, tmp_path):
    settings.VAR_DIR = tmp_path
    base_file = small()
    lines = [replace(line, port=0) for line in simulated_lines(base_file)]
    with SimulatedBase(lines, simulated_plant(base_file, start=NOVEMBER, seed=1), tick_s=None) as base:
        control = ControlServer(base)
        write_address(tmp_path, control.start())
        yield Shell(base)
        control.stop()


def test_the_shell_switches_faults_on_lists_and_clears_them(shell):
    assert shell("list") == ["no fault is on"]
    assert shell("on", "late", "climate", "900") == ["late climate 900"]
    assert shell("on", "dead", "h1-climate") == ["dead h1-climate"]
    assert {active.fault for active in shell.base.active_faults()} == {Fault.LATE, Fault.DEAD}
    assert shell("list") == ["late climate 900", "dead h1-climate"]
    assert shell("clear", "h1-climate") == ["cleared: dead h1-climate"]
    assert shell("clear") == ["cleared: late climate 900"]
    assert shell.base.active_faults() == ()


def test_the_shell_takes_a_negative_amount(shell):
    assert shell("on", "clock-skew", "clock", "-3600") == ["clock-skew clock -3600"]


def test_the_shell_names_what_it_does_not_know(shell):
    with pytest.raises(CommandError, match='there is no device "h1-climat"; near it: h1-climate'):
        shell("on", "dead", "h1-climat")
    with pytest.raises(CommandError, match="invalid choice: 'explode'"):
        shell("on", "explode", "h1-climate")
    with pytest.raises(CommandError, match="drifting needs a number"):
        shell("on", "drifting", "h1-climate.air_temperature")


def test_the_shell_shows_accepted_writes(shell):
    endpoint = shell.base.endpoints["climate"]
    assert shell("writes") == ["no write was accepted"]
    with ModbusTcpClient(endpoint.host, port=endpoint.port, timeout=5, retries=0) as client:
        shell("on", "write-ignored", "h1-climate.ventilation_setpoint")
        client.write_register(0, 185, device_id=1)
        client.write_register(1, 260, device_id=1)
    assert [line.split("  ")[1] for line in shell("writes")] == [
        "h1-climate.heating_setpoint = 18.5 (master)",
        "h1-climate.ventilation_setpoint = 26, took None (master)",
    ]
    assert len(shell("writes", "--last", "1")) == 1


def test_the_shell_explains_every_fault_and_its_targets(shell):
    explained = {line.split()[0] for line in shell("kinds") if not line.startswith(" ")}
    assert explained == {fault.value for fault in Fault} | set(breakdown_kinds())
    assert shell("targets", "late") == ["climate"]


def test_the_shell_without_a_simulator_says_how_to_start_one(settings, tmp_path):
    settings.VAR_DIR = tmp_path
    with pytest.raises(CommandError, match=r"start one with `manage\.py runsimulator`"):
        call_command("simfault", "list")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (('origin = "simulated"', 'origin = "measured"'), "no device of this base is simulated"),
        (('profile = "vent-motor"', 'profile = "vent-moter"'), "vent-moter"),
        (("127.0.0.1", "10.1.1.1"), "must end on this machine"),
    ],
)
def test_a_base_that_cannot_be_simulated_is_told_before_anything_starts(tmp_path, change, message):
    file = tmp_path / "small.toml"
    file.write_text(SMALL.format(port=15099).replace(*change), encoding="utf-8")
    with pytest.raises(CommandError, match=message):
        call_command("runsimulator", str(file))


def test_the_process_serves_until_it_is_told_to_stop(tmp_path):
    """Started as the supervisor starts it: it answers Modbus, beats, and leaves nothing behind after SIGTERM."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    file = tmp_path / "small.toml"
    file.write_text(SMALL.format(port=port), encoding="utf-8")
    environment = os.environ | {
        "GREENHOUSE_VAR": str(tmp_path / "var"),
        "GREENHOUSE_BASE_FILE": str(file),
        "DJANGO_SETTINGS_MODULE": "config.settings.console",
    }
    process = subprocess.Popen(
        [sys.executable, "manage.py", "runsimulator"], cwd=PROJECT, env=environment, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stderr is not None
        line = ""
        while "on line climate" not in line:
            assert select.select([process.stderr], [], [], 60.0)[0], "the simulator says nothing"
            line = process.stderr.readline()
            assert line, f"the simulator ended with {process.wait()}"
        with ModbusTcpClient("127.0.0.1", port=port, timeout=10, retries=0) as client:
            assert len(client.read_input_registers(0, count=17, device_id=1).registers) == 17
        address = json.loads((tmp_path / "var" / "simulator.json").read_text(encoding="utf-8"))
        assert address["pid"] == process.pid
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
        assert not (tmp_path / "var" / "simulator.json").exists()
        assert (tmp_path / "var" / COUNTERS_FILE).exists()
    finally:
        process.kill()
        process.communicate()
