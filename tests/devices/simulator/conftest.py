"""Simulated devices, plants and bases for the tests of this folder."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime

import pytest
from pymodbus.client import ModbusTcpClient
from pymodbus.framer import FramerType

from devices.profiles.catalog import load_shipped, shipped_profile
from devices.profiles.schema import DeviceProfile
from devices.simulator.base import LineDevice, LineKind, SimulatedBase, SimulatedLine
from devices.simulator.compartment import Enclosure
from devices.simulator.faults import FaultBoard
from devices.simulator.plant import PlantDevice
from devices.simulator.registers import SimulatedDevice
from devices.simulator.steady_plant import SteadyPlant
from devices.simulator.write_log import WriteLog

NOVEMBER = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
"""Noon in Kangbashi on a winter day."""


class TablePlant:
    """A plant that shows what it was told and takes every command, but those that are listed."""

    def __init__(self) -> None:
        self.values: dict[tuple[str, str], float | None] = {}
        self.rejected: set[str] = set()
        self.clock_skew_s = 0.0

    def advance(self, elapsed_s: float) -> None:
        pass

    def value(self, device: str, point: str) -> float | None:
        return self.values.get((device, point), 0.0)

    def command(self, device: str, point: str, value: float) -> bool:
        if point in self.rejected:
            return False
        self.values[device, point] = value
        return True

    def set_clock_skew(self, skew_s: float) -> None:
        self.clock_skew_s = skew_s


class Bench:
    """One simulated device on the table, with a plant that can be set by hand and a clock that can be turned."""

    def __init__(self, profile: DeviceProfile) -> None:
        self.now_s = 0.0
        self.plant = TablePlant()
        self.faults = FaultBoard([], {"unit": [point.key for point in profile.points]})
        self.log = WriteLog(lambda: self.now_s)
        self.device = SimulatedDevice("unit", profile, plant=self.plant, faults=self.faults, log=self.log)

    def show(self, point: str, value: float | None) -> None:
        self.plant.values["unit", point] = value
        self.device.refresh()

    def advance(self, elapsed_s: float) -> None:
        self.now_s += elapsed_s
        self.faults.advance(elapsed_s)
        self.device.advance(elapsed_s)


@pytest.fixture
def bench() -> Callable[[str], Bench]:
    return lambda profile_key: Bench(shipped_profile(profile_key))


@pytest.fixture
def steady_plant() -> Callable[..., SteadyPlant]:
    """A settled plant with one solar greenhouse and the named profiles, each device named like its profile."""

    def build(*profile_keys: str, start: datetime = NOVEMBER, seed: int = 1, place: str | None = "h1") -> SteadyPlant:
        devices = [PlantDevice(key, load_shipped()[key], place) for key in profile_keys]
        return SteadyPlant(devices, {"h1": Enclosure.SOLAR_GREENHOUSE}, start=start, seed=seed)

    return build


@pytest.fixture
def running() -> Iterator[Callable[..., SimulatedBase]]:
    """A base of one line ``line`` with units 1, 2, ... for the named profiles. Only ``advance`` moves its time."""
    with ExitStack() as stack:

        def start(*profile_keys: str, kind: LineKind = LineKind.TCP, **line_settings) -> SimulatedBase:
            devices = [PlantDevice(key, load_shipped()[key], "h1") for key in profile_keys]
            plant = SteadyPlant(devices, {"h1": Enclosure.SOLAR_GREENHOUSE}, start=NOVEMBER)
            units = tuple(LineDevice(device.key, unit, device.profile) for unit, device in enumerate(devices, start=1))
            line = SimulatedLine("line", kind, units, **line_settings)
            return stack.enter_context(SimulatedBase([line], plant, tick_s=None))

        yield start


@pytest.fixture
def client_of() -> Iterator[Callable[[SimulatedBase], ModbusTcpClient]]:
    """A plain pymodbus client of the base's line."""
    with ExitStack() as stack:

        def connect(base: SimulatedBase, framer: FramerType = FramerType.SOCKET) -> ModbusTcpClient:
            endpoint = base.endpoints["line"]
            client = ModbusTcpClient(endpoint.host, port=endpoint.port, framer=framer, timeout=0.3, retries=0)
            stack.callback(client.close)
            return client

        yield connect


def mbap_read(unit_id: int, address: int, count: int, *, function: int = 4, transaction: int = 7) -> bytes:
    """A Modbus TCP read request, made by hand."""
    return struct.pack(">HHHBBHH", transaction, 0, 6, unit_id, function, address, count)
