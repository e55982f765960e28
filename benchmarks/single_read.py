"""What one read costs through our bus, with all its checks, against bare pymodbus."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

from pymodbus.framer import FramerType

from benchmarks import bare
from benchmarks.results import Row, Section, at_most
from benchmarks.rounds import Meter, median_ratio, take_turns
from benchmarks.tcp_peer import Framing, TcpPeer
from devices.bus.modbus import ModbusBus
from devices.bus.protocol import ReadRequest
from devices.bus.settings import RtuOverTcpLine, TcpLine
from devices.profiles.schema import Table

_ADDRESS = 200
_COUNTS = (10, 120)
_GOAL_COUNT = 10
_GOAL = 1.3


@dataclass(frozen=True, slots=True)
class Round:
    """Median latency and mean CPU time of a read. [s]"""

    latency_s: float
    cpu_s: float


def measure(*, quick: bool) -> Section:
    """Read in turns and compare."""
    rounds, reads = (3, 50) if quick else (41, 400)
    rows: list[Row] = []
    for name, framing in (("Modbus TCP", Framing.MBAP), ("RTU over TCP", Framing.RTU)):
        for count in _COUNTS:
            with TcpPeer(1, framing=framing) as peer:
                rows += _rows(f"{name}, {count} registers", framing, peer.ports[0], count, rounds, reads)
    text = (
        f"One unit on the loopback, one read after the other, {rounds} rounds of {reads} reads in turns. Ours brings "
        "an array of checked words (unit, function, count and transaction or debt of late replies), bare pymodbus a "
        "list. RTU over TCP is measured without the silence before each request, which pymodbus does not keep. RTU has "
        "no transaction ids, so ours finds the frame by its checksum and matches it with every reply that is still "
        "owed; pymodbus takes whatever comes."
    )
    return Section("A single read", text, rows)


def _rows(name: str, framing: Framing, port: int, count: int, rounds: int, reads: int) -> list[Row]:  # noqa: PLR0917
    is_mbap = framing is Framing.MBAP
    line = (
        TcpLine("bench", "127.0.0.1", port)
        if is_mbap
        else RtuOverTcpLine("bench", "127.0.0.1", port, inter_frame_gap_s=0.0)
    )
    bus = ModbusBus(line)
    client = bare.connect(port, framer=FramerType.SOCKET if is_mbap else FramerType.RTU)
    request = ReadRequest(1, Table.HOLDING, _ADDRESS, count, timeout_s=2.0)
    expected = list(range(_ADDRESS, _ADDRESS + count))
    assert bus.read(request).tolist() == expected
    assert client.read_holding_registers(_ADDRESS, count=count, device_id=1).registers == expected
    results = take_turns(
        {
            "ours": lambda: _round(lambda: bus.read(request), reads),
            "bare": lambda: _round(lambda: client.read_holding_registers(_ADDRESS, count=count, device_id=1), reads),
        },
        rounds,
    )
    bus.close()
    client.close()
    return [
        _ratio_row(f"{name}: latency", [[r.latency_s for r in results[who]] for who in ("ours", "bare")], count),
        _ratio_row(f"{name}: CPU", [[r.cpu_s for r in results[who]] for who in ("ours", "bare")], count),
    ]


def _ratio_row(what: str, times_s: list[list[float]], count: int) -> Row:
    ours_us, bare_us = (1e6 * statistics.median(of_one) for of_one in times_s)
    what = f"{what} ({ours_us:.0f} µs to {bare_us:.0f} µs)"
    ratio = median_ratio(*times_s)
    return at_most(what, ratio, _GOAL, "{:.2f} ×") if count == _GOAL_COUNT else Row(what, f"{ratio:.2f} ×")


def _round(read: Callable[[], object], reads: int) -> Round:
    latencies_s = []
    meter = Meter()
    for _ in range(reads):
        began_s = time.perf_counter()
        read()
        latencies_s.append(time.perf_counter() - began_s)
    return Round(statistics.median(latencies_s), meter.cost().cpu_s / reads)
