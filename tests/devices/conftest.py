"""A clock that moves only when a test moves it."""

from dataclasses import dataclass

import pytest
from hypothesis import settings

from devices.profiles.schema import Table
from tests.devices.driver_bench import DriverBench
from tests.devices.points import make_setpoint

# A shared machine may pause in any example; numbers on speed belong to the benchmarks.
settings.register_profile("devices", deadline=None)
settings.load_profile("devices")


@dataclass
class ManualClock:
    now_s: float = 1000.0

    def __call__(self) -> float:
        return self.now_s

    def elapse(self, seconds: float) -> None:
        self.now_s += seconds


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def bench(clock):
    """A device with one setpoint that stands at 18.0 °C."""

    def make(*points, **options):
        device = DriverBench(clock, *(points or (make_setpoint(address=10),)), **options)
        device.put(Table.HOLDING, 10, 180)
        return device

    return make
