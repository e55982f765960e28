"""The simulated base: servers, fault proxies and a plant, running in a thread of their own."""

from __future__ import annotations

import asyncio
import logging
import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from devices.errors import DevicesError
from devices.profiles.schema import DeviceProfile
from devices.simulator.fault_proxy import FaultsNow, SerialFaultProxy, TcpFaultProxy
from devices.simulator.faults import ActiveFault, Fault, FaultBoard, Scope
from devices.simulator.plant import BreakablePlant, Plant, WitnessedPlant
from devices.simulator.registers import SimulatedDevice
from devices.simulator.server import LineServer
from devices.simulator.write_log import WriteLog, WriteRecord

logger = logging.getLogger(__name__)

TICK_S = 0.5
_START_TIMEOUT_S = 20.0

Answer = TypeVar("Answer")


class SimulatorFailed(DevicesError):
    """The simulated base cannot start or does not answer; the message names the line."""


class LineKind(StrEnum):
    """How a simulated line is reached."""

    TCP = "tcp"
    RTU_OVER_TCP = "rtu_over_tcp"
    SERIAL = "serial"


@dataclass(frozen=True, slots=True)
class LineDevice:
    """A device on a simulated line."""

    key: str
    unit_id: int
    profile: DeviceProfile


@dataclass(frozen=True, slots=True)
class SimulatedLine:
    """A line of the base: where its master connects, and what stands on it.

    Attributes
    ----------
    port : int
        For the TCP kinds. 0 takes a free one; ``SimulatedBase.endpoints`` then tells which.
    serial_port : Path or None
        For a serial line: where the link to its pseudo terminal is laid.
    """

    key: str
    kind: LineKind
    devices: tuple[LineDevice, ...]
    host: str = "127.0.0.1"
    port: int = 0
    serial_port: Path | None = None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a line can be reached."""

    host: str | None = None
    port: int | None = None
    serial_port: Path | None = None

    def __str__(self) -> str:
        return str(self.serial_port) if self.serial_port else f"{self.host}:{self.port}"


class SimulatedBase:
    """A whole base on real Modbus, for demonstrations, training and tests.

    Every method may be called from any thread. Everything that happens inside runs in one event loop in one thread.

    Parameters
    ----------
    lines : sequence of SimulatedLine
        What to serve.
    plant : Plant
        What gives the devices their values. It belongs to the base from here on.
    tick_s : float or None
        How often the plant advances by the time that really passed. None: only ``advance`` moves it. [s]
    plant_s : callable
        The clock that the plant and its faults live by; on a training base it may be a fast one. The devices' own
        communication time-outs are the wire's and follow the monotonic clock. [s]
    seed : int
        Decides which replies a garbling line damages.
    """

    def __init__(
        self,
        lines: Sequence[SimulatedLine],
        plant: Plant,
        *,
        tick_s: float | None = TICK_S,
        plant_s: Callable[[], float] = time.monotonic,
        seed: int = 1,
    ) -> None:
        self._lines = tuple(lines)
        self._plant = plant
        self._tick_s, self._plant_s = tick_s, plant_s
        self._dice = random.Random(seed)  # noqa: S311 - it only damages replies
        self._log = WriteLog(time.monotonic)
        devices = [device for line in lines for device in line.devices]
        witnesses = plant.witnesses if isinstance(plant, WitnessedPlant) else ()
        self.faults = FaultBoard(
            [line.key for line in lines],
            {
                device.key: [point.key for point in device.profile.points if device.key not in witnesses]
                for device in devices
            },
            compartments=plant.breakable if isinstance(plant, BreakablePlant) else (),
            plant_kinds=plant.fault_kinds if isinstance(plant, BreakablePlant) else {},
        )
        self._devices = {
            device.key: SimulatedDevice(device.key, device.profile, plant=plant, faults=self.faults, log=self._log)
            for device in devices
        }
        self._points = {(device.key, point.key) for device in devices for point in device.profile.points}
        self._proxies: list[TcpFaultProxy | SerialFaultProxy] = []
        self._endpoints: dict[str, Endpoint] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._started = threading.Event()
        self._failure: SimulatorFailed | None = None
        self._thread = threading.Thread(target=self._run, name="simulated base", daemon=True)

    @property
    def endpoints(self) -> Mapping[str, Endpoint]:
        """Where each line can be reached, by line key."""
        return self._endpoints

    @property
    def is_running(self) -> bool:
        """Whether the base serves."""
        return self._loop is not None

    def start(self) -> None:
        """Start to serve; returns when every line listens.

        Raises
        ------
        SimulatorFailed
            If a line cannot listen, because its port is taken for example.
        """
        self._thread.start()
        if not self._started.wait(_START_TIMEOUT_S):
            raise SimulatorFailed(f"the simulated base did not start within {_START_TIMEOUT_S:g} s")
        if self._failure is not None:
            raise self._failure
        if not self.is_running:
            raise SimulatorFailed("the simulated base ended while it started")

    def stop(self) -> None:
        """Close every line and end the thread. A base that does not run is left alone."""
        if self._loop is not None and self._stopping is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stopping.set)
        if self._thread.ident is not None:
            self._thread.join(_START_TIMEOUT_S)

    def __enter__(self) -> SimulatedBase:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def advance(self, elapsed_s: float) -> None:
        """Let the base live on at once by ``elapsed_s``, without waiting for it. [s]"""
        self.call(lambda: self._advance(elapsed_s, plant_s=elapsed_s))

    def value(self, device: str, point: str) -> float | None:
        """What the plant has for a point, before any fault; canonical unit."""
        return self.call(lambda: self._plant.value(device, point))

    def values(self, points: Sequence[tuple[str, str]]) -> list[float | None]:
        """`value` of several points, all at one moment.

        Raises
        ------
        SimulatorFailed
            If no simulated device has such a point.
        """
        for device, point in points:
            if (device, point) not in self._points:
                raise SimulatorFailed(f'no simulated device has a point "{device}.{point}"')
        return self.call(lambda: [self._plant.value(device, point) for device, point in points])

    def switch_on(self, fault: str, target: str, amount: float | None = None) -> ActiveFault:
        """Switch a fault on.

        Raises
        ------
        FaultRefused
            If the target or the amount does not fit the fault.
        """
        return self.call(lambda: self._switch_on(fault, target, amount), then_follow=True)

    def clear(self, target: str | None = None) -> tuple[ActiveFault, ...]:
        """Switch the faults of a target off, or all; returns what was on.

        Raises
        ------
        FaultRefused
            If nothing of that name exists.
        """
        return self.call(lambda: self._clear(target), then_follow=True)

    def active_faults(self) -> tuple[ActiveFault, ...]:
        """Every fault that is on."""
        return self.call(self.faults.active)

    def writes(self, since_s: float = float("-inf")) -> tuple[WriteRecord, ...]:
        """Writes that the devices accepted after a moment of the monotonic clock. [s]"""
        return self.call(lambda: self._log.since(since_s))

    def call(self, question: Callable[[], Answer], *, then_follow: bool = False) -> Answer:
        """Run something in the thread of the base and wait for its answer.

        ``then_follow`` lets the lines open or close as their faults ask before this returns.
        """
        if self._loop is None:
            raise SimulatorFailed("the simulated base does not run")

        async def answer() -> Answer:
            found = question()
            if then_follow:
                for proxy in self._proxies:
                    await proxy.follow_faults()
            return found

        return asyncio.run_coroutine_threadsafe(answer(), self._loop).result(_START_TIMEOUT_S)

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except SimulatorFailed as error:
            self._failure = error
        finally:
            self._loop = None
            self._started.set()

    async def _serve(self) -> None:
        self._stopping = asyncio.Event()
        async with AsyncExitStack() as stack:
            for line in self._lines:
                self._endpoints[line.key] = await self._open(line, stack)
            self._loop = asyncio.get_running_loop()
            self._started.set()
            if self._tick_s is None:
                await self._stopping.wait()
            else:
                await self._tick(self._tick_s)

    async def _open(self, line: SimulatedLine, stack: AsyncExitStack) -> Endpoint:
        """Start the server of a line and the proxy in front of it."""
        devices = {device.unit_id: self._devices[device.key] for device in line.devices}
        masters: dict[int, str] = {}
        server = LineServer(devices, masters, is_rtu=line.kind is not LineKind.TCP)
        port = await server.start()
        stack.push_async_callback(server.stop)
        faults: FaultsNow = lambda: self.faults.on_line(line.key)  # noqa: E731 - named for its type
        proxy: TcpFaultProxy | SerialFaultProxy
        try:
            if line.kind is LineKind.SERIAL:
                if line.serial_port is None:
                    raise SimulatorFailed(f"line {line.key}: a serial line needs the path of its port")
                proxy = SerialFaultProxy(line.serial_port, port, faults, dice=self._dice)
                endpoint = Endpoint(serial_port=await proxy.start())
            else:
                is_rtu = line.kind is LineKind.RTU_OVER_TCP
                proxy = TcpFaultProxy((line.host, line.port), port, masters, faults, is_rtu=is_rtu, dice=self._dice)
                host, open_port = await proxy.start()
                endpoint = Endpoint(host=host, port=open_port)
        except OSError as error:
            where = line.serial_port or f"{line.host}:{line.port}"
            raise SimulatorFailed(f"line {line.key}: {where} cannot be opened: {error.strerror}") from error
        stack.push_async_callback(proxy.stop)
        self._proxies.append(proxy)
        return endpoint

    async def _tick(self, tick_s: float) -> None:
        """Advance by what the clocks say until the base is stopped; the next tick makes up for a late one."""
        assert self._stopping is not None
        before_s, plant_before_s = time.monotonic(), self._plant_s()
        while not self._stopping.is_set():
            try:
                await asyncio.wait_for(self._stopping.wait(), tick_s)
            except TimeoutError:
                now_s, plant_now_s = time.monotonic(), self._plant_s()
                self._advance(now_s - before_s, plant_s=plant_now_s - plant_before_s)
                before_s, plant_before_s = now_s, plant_now_s

    def _advance(self, elapsed_s: float, *, plant_s: float) -> None:
        self._plant.advance(plant_s)
        self.faults.advance(plant_s)
        for device in self._devices.values():
            device.advance(elapsed_s)

    def _switch_on(self, fault: str, target: str, amount: float | None) -> ActiveFault:
        if fault is Fault.STUCK and amount is None and target in self.faults.targets(Scope.POINT):
            device, _, point = target.partition(".")
            amount = self._plant.value(device, point)
        active = self.faults.switch_on(fault, target, amount)
        if fault is Fault.CLOCK_SKEW:
            self._plant.set_clock_skew(active.amount or 0.0)
        self._break_down(active)
        self._show_faults()
        return active

    def _clear(self, target: str | None) -> tuple[ActiveFault, ...]:
        cleared = self.faults.clear(target)
        if any(active.fault is Fault.CLOCK_SKEW for active in cleared):
            self._plant.set_clock_skew(0.0)
        for active in cleared:
            self._break_down(active)
        self._show_faults()
        return cleared

    def _break_down(self, changed: ActiveFault) -> None:
        """Tell the plant what is on in the compartment of a fault that came or went."""
        if self.faults.kind(changed.fault).scope is Scope.COMPARTMENT and isinstance(self._plant, BreakablePlant):
            self._plant.break_down(changed.target, self.faults.on_compartment(changed.target))

    def _show_faults(self) -> None:
        if isinstance(self._plant, WitnessedPlant):
            self._plant.learn_faults(
                {
                    device.key: self.faults.befalling(device.key, line.key)
                    for line in self._lines
                    for device in line.devices
                }
            )
        for device in self._devices.values():
            device.refresh()
