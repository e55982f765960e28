"""A small base on real Modbus, wired by its stored base file, with the control cycle in the test's own hands."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection

from devices.simulator.base import LineDevice, LineKind, SimulatedBase, SimulatedLine
from devices.simulator.compartment import Enclosure
from devices.simulator.plant import PlantDevice
from devices.simulator.steady_plant import SteadyPlant
from devices.simulator.write_log import WriteRecord, WrittenBy
from greenhouse.clock import is_training, moment_now, utc_now
from greenhouse.commands.models import CommandRequest
from greenhouse.commands.submit import submit_setpoint
from greenhouse.site.basefile.importer import import_base
from greenhouse.site.basefile.reader import parse_base
from greenhouse.telemetry import series
from scheduler.cycle import ControlCycle
from scheduler.leases.choice import open_leases
from scheduler.machine_clock import clock_of_the_base

NOON = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
DEVICES = {
    "h1-climate": ("controllers", 1, "climate-controller"),
    "h1-valves": ("controllers", 2, "valve-block-8"),
    "h1-blanket": ("controllers", 3, "blanket-winder"),
    "h1-vent": ("controllers", 4, "vent-motor"),
    "h1-air": ("sensors", 1, "xy-md02"),
    "h1-fan": ("controllers", 5, "deaf-fan"),
}
DEAF_FAN = """
[device]
key = "deaf-fan"
title_zh = "无回读风机"
title_en = "Fan that shows nothing"
source = "this test"

[[point]]
key = "speed_setpoint"
label_zh = "转速设定"
label_en = "speed setpoint"
quantity = "speed_ratio"
unit = "%"
table = "holding"
address = 1
type = "uint16"
access = "write"
poll_s = 5
write = { function = 6, limits = [0, 100], readback = "none" }
output = { kind = "setpoint", stopped_by = "supervised", on_stop = "keep" }
confidence = "own"
source = "this test"

[[point]]
key = "motor_state"
label_zh = "电机状态"
label_en = "motor state"
quantity = "state"
unit = "1"
table = "input"
address = 1
type = "uint16"
states = [[0, "停", "stopped"], [1, "转", "running"]]
poll_s = 5
confidence = "own"
source = "this test"
"""
"""A profile that a site brought along: its one setpoint cannot be read back."""
VALVE_GROUPS = """
[[valve_group]]
key = "north"
name_zh = "北"
name_en = "North"
compartment = "h1"
valves = ["h1-valves.valve_1", "h1-valves.valve_2"]
area_m2 = 240
meter = "h1-valves.total_volume"
[[valve_group]]
key = "south"
name_zh = "南"
name_en = "South"
compartment = "h1"
valves = ["h1-valves.valve_3"]
area_m2 = 240
meter = "h1-valves.total_volume"
"""
WITHIN_S = 20.0


def base_text(ports: dict[str, int]) -> str:
    """The base file of the small base, with the ports of its lines."""
    text = """profiles = "own-profiles"
[base]
key = "flow"
name_zh = "流程基地"
name_en = "Flow base"
latitude_deg = 39.6
longitude_deg = 109.8
elevation_m = 1300
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
"""
    for key, kind in (("controllers", "tcp"), ("sensors", "rtu_over_tcp")):
        text += f"""
[[line]]
key = "{key}"
name_zh = "{key}"
name_en = "{key}"
kind = "{kind}"
host = "127.0.0.1"
port = {ports[key]}
"""
    for key, (line, unit_id, profile) in DEVICES.items():
        text += f"""
[[device]]
key = "{key}"
name_zh = "{key}"
name_en = "{key}"
line = "{line}"
unit_id = {unit_id}
profile = "{profile}"
compartment = "h1"
origin = "simulated"
"""
    return text + VALVE_GROUPS


class FlowBase:
    """The whole loop with its ends in reach: the simulated devices, the control cycle, and a technician."""

    def __init__(self, simulated: SimulatedBase, technician: User, locks: Path) -> None:
        self.simulated = simulated
        self.technician = technician
        self.locks = locks
        self.cycle = self.new_cycle()

    def new_cycle(self) -> ControlCycle:
        """A control process, as far as the store and the lines can tell. The one before must have ended."""
        self.leases = open_leases(self.locks)
        lease = self.leases.control()
        assert lease.acquire()
        return ControlCycle(
            lease, self.leases, clock_of_the_base(self.locks), look_again=lambda: None, beat=lambda: None
        )

    def load_base_named(self, name_zh: str) -> None:
        """Load the base file again, with another name of the base."""
        text = base_text({"controllers": 15020, "sensors": 15021}).replace("流程基地", name_zh)
        import_base(parse_base(text, file="flow.toml", folder=self.locks.parent), now=moment_now().wall)

    def stop(self) -> None:
        """The planned stop."""
        self.cycle.stop_outputs()
        self.cycle.end()
        self.leases.close()

    def kill(self) -> None:
        """End the control process as `kill -9` would: no planned stop, and the kernel frees its leases."""
        self.cycle.close()
        self.cycle._lease.release()
        self.leases.close()

    def turn_until(self, is_so: Callable[[], bool]) -> None:
        """Let the control cycle turn until something is so."""
        over_at_s = time.monotonic() + WITHIN_S
        while not is_so():
            assert time.monotonic() < over_at_s, f"not so within {WITHIN_S} s"
            self.cycle.look()
            self.cycle.tick()
            time.sleep(0.02)  # the lines work in threads of their own; there is nothing to wait for but them

    def wait_until(self, is_so: Callable[[], bool]) -> None:
        """Wait for the lines alone; the control cycle stands still."""
        over_at_s = time.monotonic() + WITHIN_S
        while not is_so():
            assert time.monotonic() < over_at_s, f"not so within {WITHIN_S} s"
            time.sleep(0.02)  # the lines work in threads of their own; there is nothing to wait for but them

    def value(self, point: str) -> float | None:
        """Newest stored value of a point."""
        sample = series.latest([point]).get(point)
        return None if sample is None else sample.value

    def begin(self) -> None:
        """Start polling and wait until everything has answered."""
        self.cycle.begin()
        links = [f"{device}.link" for device in DEVICES]
        self.turn_until(lambda: all(self.value(link) == 2.0 for link in links))
        self.turn_until(lambda: self.value("h1-climate.heating_setpoint") is not None)
        self.turn_until(lambda: self.value("h1-climate.control_location") is not None)

    def ask(self, point: str, value: float) -> CommandRequest:
        """A technician asks for a value, having seen the one in force."""
        return submit_setpoint(
            point, value, by=self.technician, seen_value=self.value(point), seen_at=None, now=moment_now()
        )

    def states_of(self, request: CommandRequest) -> list[str]:
        """Steps of a request so far."""
        return list(request.events.values_list("state", flat=True))

    def writes_by_master(self, since_s: float = float("-inf")) -> list[WriteRecord]:
        """What arrived at the devices from outside, without heartbeats and time-outs."""
        return [
            record
            for record in self.simulated.writes(since_s)
            if record.written_by is WrittenBy.MASTER and record.point not in ("heartbeat", "communication_timeout")
        ]


def free_leases(*names: str) -> None:
    """Nobody holds anything. Else a new line would have to wait: nobody knows that it never had a holder."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM leases_lease")
        for number, name in enumerate(names):
            cursor.execute(
                "INSERT INTO leases_lease (name, token, renewals, lasts_s) VALUES (%s, %s, 0, 0)", (name, -number)
            )


@pytest.fixture
def flow(transactional_db, tmp_path: Path) -> Iterator[FlowBase]:
    (tmp_path / "own-profiles").mkdir()
    (tmp_path / "own-profiles" / "deaf-fan.toml").write_text(DEAF_FAN)
    asked = parse_base(base_text({"controllers": 1, "sensors": 2}), file="flow.toml", folder=tmp_path)
    devices = {device.key: device for device in asked.devices}
    plant = SteadyPlant(
        [PlantDevice(key, devices[key].profile, "h1") for key in DEVICES],
        {"h1": Enclosure.SOLAR_GREENHOUSE},
        start=NOON,
    )
    lines = [
        SimulatedLine(
            key=line,
            kind=kind,
            devices=tuple(
                LineDevice(key, unit_id, devices[key].profile)
                for key, (its_line, unit_id, _profile) in DEVICES.items()
                if its_line == line
            ),
            port=0,  # the simulated base takes a free one
        )
        for line, kind in (("controllers", LineKind.TCP), ("sensors", LineKind.RTU_OVER_TCP))
    ]
    technician = User.objects.create_user("zhang", password="a long password", first_name="张工")
    technician.groups.add(Group.objects.get_or_create(name="technician")[0])
    plant_s = (lambda: utc_now().timestamp()) if is_training() else time.monotonic
    with SimulatedBase(lines, plant, plant_s=plant_s) as simulated:
        ports = {line: endpoint.port for line, endpoint in simulated.endpoints.items() if endpoint.port}
        import_base(parse_base(base_text(ports), file="flow.toml", folder=tmp_path), now=utc_now())
        free_leases("control", "line-controllers", "line-sensors")
        base = FlowBase(simulated, technician, tmp_path / "locks")
        yield base
        base.stop()
