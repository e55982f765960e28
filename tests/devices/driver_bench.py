"""A driver on a scripted bus with a manual clock, and points that are read, written and counted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from devices.bus.jobs import Again
from devices.bus.scripted import ScriptedBus
from devices.driver import Driver, WriteOutcome
from devices.profiles.schema import DeviceProfile, PointSpec, ReadLimits
from devices.read_plan import Hole
from devices.samples import Origin, Reading

UNIT = 3
STARTED_AT = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)


class Memory:
    """Learned holes in memory."""

    def __init__(self, *holes: Hole) -> None:
        self.learned = set(holes)

    def holes(self, device: str) -> frozenset[Hole]:
        return frozenset(self.learned)

    def remember(self, device: str, hole: Hole) -> None:
        self.learned.add(hole)


class DriverBench:
    """A device, its driver, and everything that came out of it."""

    def __init__(
        self,
        clock,
        *points: PointSpec,
        device: str = "unit",
        unit: int = UNIT,
        bus=None,
        memory=None,
        gap: int = 10,
        **profile,
    ) -> None:
        self.clock = clock
        self.unit = unit
        self.bus = bus or ScriptedBus(elapse=clock.elapse)
        self.memory = memory or Memory()
        self.readings: list[Reading] = []
        self.driver = Driver(
            device,
            DeviceProfile(
                key="made-up", title_zh="虚构", title_en="Made up", source="made up", points=points, **profile
            ),
            unit,
            origin=Origin.SIMULATED,
            gap=gap,
            memory=self.memory,
            on_reading=self.readings.append,
            utc_now=lambda: STARTED_AT + timedelta(seconds=clock() - 1000.0),
            monotonic=clock,
        )

    def put(self, table, address: int, *words: int) -> None:
        self.bus.put(self.unit, table, address, *words)

    def poll(self, tasks=None, *, limit: int = 1000):
        """Run each task once, and what takes its place, until nothing is due at once; the tasks that are left."""
        due, left = list(self.driver.poll_tasks() if tasks is None else tasks), []
        for _ in range(limit):
            if not due:
                return left
            task = due.pop(0)
            replacement = task.run(self.bus)
            if replacement is None:
                left.append(task)
            else:
                due += replacement.at_once
                left += replacement.after_period
        raise AssertionError(f"still at work after {limit} runs")

    def values(self) -> dict[str, float]:
        """Last value of every point that was handed on."""
        return {
            key: float(value)
            for reading in self.readings
            for key, value in zip(reading.points, reading.values, strict=True)
        }

    def write(self, point: str, value: float, *, guard: Callable[[], None] = lambda: None, **options) -> WriteOutcome:
        """Write a value and let time pass until the outcome is known."""
        result = self.driver.write_job(point, value, guard=guard, **options)(self.bus)
        while isinstance(result, Again):
            self.clock.elapse(result.after_s)
            result = result.job(self.bus)
        return result


ONE_BY_ONE = ReadLimits(max_registers=1)
