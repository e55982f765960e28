"""A clock that moves only when a test moves it."""

from dataclasses import dataclass

import pytest
from hypothesis import settings

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
