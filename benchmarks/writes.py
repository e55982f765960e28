"""Writes on a line that polls as fast as it can: time from dispatch to confirmed."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, replace

import numpy as np

from benchmarks import bare
from benchmarks.results import Row, Section, at_least, at_most
from benchmarks.tcp_peer import TcpPeer
from benchmarks.unit import made_up_profile, make_driver, register_point, unit_profile
from devices.bus.connections import TcpConnection
from devices.bus.line import Line
from devices.bus.modbus import ModbusBus
from devices.bus.settings import TcpLine
from devices.driver import Driver, WriteState
from devices.profiles.schema import Access, PointSpec, Table, WordType, WriteSpec

_ADDRESS = 60000
_ALWAYS_DUE_S = 0.0005
_GOAL_MS = 150.0
_FULL_LOAD_PER_S = 2000.0
_BURST = 50
_LONGEST_PAUSE_S = 0.004
_WARM_UP_S = 0.3


@dataclass(frozen=True, slots=True)
class Loaded:
    """Latencies under load. [s]"""

    alone_s: list[float]
    in_bursts_s: list[float]
    windows_s: list[float]
    """From the last check of the lease until the kernel had the bytes of a write."""
    polls_per_s: float
    failures: int


def measure(*, quick: bool) -> Section:
    """Write on a loaded line, and the same with bare pymodbus on an idle connection."""
    writes, bursts = (30, 1) if quick else (1000, 10)
    with TcpPeer(1) as peer:
        idle_s = _bare_pairs(peer.ports[0], writes)
        loaded = _loaded(peer.ports[0], writes, bursts)
    window_us = 1e6 * np.percentile(loaded.windows_s, (50, 99, 100))
    alone_ms, bursts_ms, idle_ms = (
        1000 * np.percentile(times_s, (50, 99, 100)) for times_s in (loaded.alone_s, loaded.in_bursts_s, idle_s)
    )
    text = (
        f"One unit on the loopback whose polls are always due. {writes:,} setpoints are written one after the other at "
        f"random moments, then {bursts} bursts of {_BURST} at once. The time runs from making the write job to the "
        "outcome in the waiting thread: acknowledged, read back and found equal. Bare pymodbus writes and reads back "
        "on the same peer, with nothing else on the connection."
    )
    rows = [
        at_least("polls per second meanwhile", loaded.polls_per_s, _FULL_LOAD_PER_S, "{:.0f}"),
        Row("one write, p50", f"{alone_ms[0]:.2f} ms"),
        at_most("one write, p99", float(alone_ms[1]), _GOAL_MS, "{:.1f} ms"),
        Row("one write, longest", f"{alone_ms[2]:.1f} ms"),
        Row(f"{_BURST} writes at once, p50", f"{bursts_ms[0]:.2f} ms"),
        Row(f"{_BURST} writes at once, p99", f"{bursts_ms[1]:.1f} ms"),
        Row(
            "from the last check of the lease to the kernel, p50 / p99 / longest",
            " / ".join(f"{window:.0f}" for window in window_us) + " µs",
        ),
        Row("failed requests", f"{loaded.failures}", "0", loaded.failures == 0),
        Row("bare pymodbus on an idle connection, p50 / p99", f"{idle_ms[0]:.2f} / {idle_ms[1]:.2f} ms"),
    ]
    return Section("Writes at full poll load", text, rows)


def _setpoint() -> PointSpec:
    point = register_point("setpoint", Table.HOLDING, _ADDRESS, WordType.INT16)
    write = WriteSpec(
        function=6,
        table=point.table,
        address=point.address,
        type=point.type,
        order=point.order,
        limits=(5.0, 35.0),
        tolerance=0.05,
        readback=point.key,
    )
    return replace(point, scale=0.1, access=Access.READ_WRITE, write=write)


def _loaded(port: int, writes: int, bursts: int) -> Loaded:
    polled = tuple(replace(point, poll_s=_ALWAYS_DUE_S) for point in unit_profile().points)
    driver = make_driver("unit", made_up_profile((*polled, _setpoint())), lambda _: None)
    connection = _TimedConnection(TcpLine("bench", "127.0.0.1", port))
    bus = ModbusBus(connection.line, connection=connection, before_write=connection.note_check)
    line = Line("bench", bus, driver.poll_tasks(), on_health=lambda _: None)
    line.start()
    time.sleep(_WARM_UP_S)
    began_s, before = time.perf_counter(), line.stats()
    alone_s = _one_by_one(line, driver, writes)
    took_s, after = time.perf_counter() - began_s, line.stats()
    in_bursts_s = [latency_s for _ in range(bursts) for latency_s in _burst(line, driver)]
    line.stop(5.0)
    polls_per_s = (after.polls - before.polls) / took_s
    return Loaded(alone_s, in_bursts_s, connection.windows_s, polls_per_s, line.stats().failures)


class _TimedConnection(TcpConnection):
    """Measures how long after the check of the lease a write is with the kernel."""

    def __init__(self, line: TcpLine) -> None:
        super().__init__(line)
        self.line = line
        self.windows_s: list[float] = []
        self._checked_s: float | None = None

    def note_check(self) -> None:
        """The lease has just been checked."""
        self._checked_s = time.perf_counter()

    def send(self, message: bytes) -> None:
        """Send all bytes."""
        super().send(message)
        if self._checked_s is not None:
            self.windows_s.append(time.perf_counter() - self._checked_s)
            self._checked_s = None


def _one_by_one(line: Line, driver: Driver, writes: int) -> list[float]:
    moments = random.Random(1)
    latencies_s = []
    for number in range(writes):
        time.sleep(moments.random() * _LONGEST_PAUSE_S)
        began_s = time.perf_counter()
        outcome = line.submit(driver.write_job("setpoint", _value(number), guard=lambda: None)).result(10.0)
        latencies_s.append(time.perf_counter() - began_s)
        assert outcome.state is WriteState.CONFIRMED, outcome
    return latencies_s


def _burst(line: Line, driver: Driver) -> list[float]:
    """Latencies of writes that are all submitted at once, in the order in which they are carried out."""
    latencies_s = []
    began_s = time.perf_counter()
    futures = [
        line.submit(driver.write_job("setpoint", _value(number), guard=lambda: None)) for number in range(_BURST)
    ]
    for future in futures:
        assert future.result(10.0).state is WriteState.CONFIRMED
        latencies_s.append(time.perf_counter() - began_s)
    return latencies_s


def _value(number: int) -> float:
    return 10.0 + number % 200 / 10


def _bare_pairs(port: int, writes: int) -> list[float]:
    client = bare.connect(port)
    latencies_s = []
    for number in range(writes):
        began_s = time.perf_counter()
        client.write_register(_ADDRESS, 100 + number % 200, device_id=1)
        reply = client.read_holding_registers(_ADDRESS, count=1, device_id=1)
        latencies_s.append(time.perf_counter() - began_s)
        assert reply.registers == [100 + number % 200]
    client.close()
    return latencies_s
