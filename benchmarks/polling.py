"""20,000 points on 100 TCP units, once a second: period, requests and CPU, against bare pymodbus."""

from __future__ import annotations

import statistics
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from pymodbus.client import ModbusTcpClient

from benchmarks import bare
from benchmarks.results import Row, Section, at_least, at_most
from benchmarks.rounds import Meter, median_ratio, take_turns
from benchmarks.tcp_peer import TcpPeer
from benchmarks.unit import GAP, LIMITS, POINTS, make_driver, unit_profile
from devices.bus.line import Line
from devices.bus.modbus import ModbusBus
from devices.bus.settings import TcpLine
from devices.profiles.schema import DeviceProfile, PointSpec, Table
from devices.read_plan import Block, plan_reads
from devices.samples import Reading

PERIOD_S = 1.0
_WARM_UP_S = 1.5
_OURS, _POINT_BY_POINT, _VECTORIZED, _ONE_EACH = "ours", "point by point", "vectorized", "one request per point"


@dataclass(frozen=True, slots=True)
class Run:
    """One contestant in one round.

    Attributes
    ----------
    points : int
        That were polled.
    cpu_share : float
        CPU time by time of the clock.
    requests_per_s : float
        That were carried out.
    late_s, periods_s : float arrays
        How far each block came behind its own grid, taking its earliest reading for punctual, and the times from one
        reading to the next. [s]
    missed : int
        Periods that were left out.
    failed : int
        Requests without a good answer.
    """

    points: int
    cpu_share: float
    requests_per_s: float
    late_s: np.ndarray
    periods_s: np.ndarray
    missed: int = 0
    failed: int = 0


def measure(*, quick: bool) -> Section:
    """Poll in turns and compare."""
    units, window_s, rounds = (10, 2.0, 1) if quick else (100, 7.0, 3)
    few = max(1, units // 20)
    profile = unit_profile()
    blocks = _blocks(profile)
    with TcpPeer(units) as peer:
        _check_alike(blocks, peer.ports[0])
        runs = take_turns(
            {
                _OURS: lambda: _run_ours(profile, peer.ports, window_s),
                _POINT_BY_POINT: lambda: _run_bare(blocks, peer.ports, window_s, bare.PointByPoint),
                _VECTORIZED: lambda: _run_bare(blocks, peer.ports, window_s, bare.Vectorized),
                _ONE_EACH: lambda: _run_bare(_single_blocks(profile), peer.ports[:few], window_s, bare.PointByPoint),
            },
            rounds,
        )
    text = (
        f"{units * POINTS:,} points on {units} Modbus TCP units, each on a port and a line of its own, polled once a "
        f"second for {rounds} × {window_s:g} s. A unit has {POINTS} points: int16 and uint16 with scales, float32, bit "
        f"fields and counters, with small holes, in {len(blocks)} block reads. Readings are counted and dropped, as "
        "the store is not part of this. Bare pymodbus reads the same blocks, with one thread per unit, and decodes "
        "them to (value, quality): point by point with its own conversion functions, and vectorized by hand with "
        f"numpy. One request per point is measured on {few * POINTS:,} points."
    )
    return Section("20,000 points at 1 Hz", text, [*_rows_of_ours(runs, profile, units), *_rows_of_ratios(runs)])


def _rows_of_ours(runs: dict[str, list[Run]], profile: DeviceProfile, units: int) -> list[Row]:
    ours, theirs = runs[_OURS], runs[_POINT_BY_POINT]
    least = units * sum(_least_requests(profile, table) for table in Table) / PERIOD_S
    requests_per_s = statistics.median(run.requests_per_s for run in ours)
    return [
        _spread_row("period (p50 / p99), ms", [run.periods_s for run in ours]),
        _spread_row("period of bare pymodbus, point by point (p50 / p99), ms", [run.periods_s for run in theirs]),
        _spread_row("lateness (p50 / p99), ms", [run.late_s for run in ours]),
        Row("overruns", f"{sum(run.missed for run in ours)}", "0", all(run.missed == 0 for run in ours)),
        Row("failed requests", f"{sum(run.failed for run in ours)}", "0", all(run.failed == 0 for run in ours)),
        at_most(
            f"requests per second ({requests_per_s:.0f}) to the fewest that {LIMITS.max_registers} registers each "
            f"allow ({least:.0f})",
            requests_per_s / least,
            1.05,
            "{:.2f} ×",
        ),
        at_most("CPU, of one core", 100 * _median_share(ours), 60.0, "{:.1f} %"),
    ]


def _rows_of_ratios(runs: dict[str, list[Run]]) -> list[Row]:
    ours, single = runs[_OURS], runs[_ONE_EACH]
    rows = [
        at_most(
            f"CPU to bare pymodbus, decoded {name} ({100 * _median_share(runs[name]):.1f} % of one core)",
            median_ratio(_cpu_per_point(ours), _cpu_per_point(runs[name])),
            2.0,
            "{:.2f} ×",
        )
        for name in (_POINT_BY_POINT, _VECTORIZED)
    ]
    requests = [run.points / PERIOD_S / run.requests_per_s for run in ours]
    dearer = median_ratio(_cpu_per_point(single), _cpu_per_point(ours))
    share = statistics.median(_cpu_per_point(single)) * ours[0].points
    return [
        *rows,
        at_least("requests saved against one per point", statistics.median(requests), 8.0, "{:.0f} ×"),
        Row(f"CPU saved against one per point (for all points: {100 * share:.0f} % of one core)", f"{dearer:.1f} ×"),
    ]


def _spread_row(what: str, times_s: Iterable[np.ndarray]) -> Row:
    half, most = 1000 * np.percentile(np.concatenate(list(times_s)), (50, 99))
    return Row(what, f"{half:.1f} / {most:.1f}")


def _median_share(runs: Sequence[Run]) -> float:
    return statistics.median(run.cpu_share for run in runs)


def _cpu_per_point(runs: Sequence[Run]) -> list[float]:
    return [run.cpu_share / run.points for run in runs]


# -- the plan, and what no plan can beat


def _blocks(profile: DeviceProfile) -> tuple[Block, ...]:
    return plan_reads(profile.points, limits=LIMITS, gap=GAP)


def _single_blocks(profile: DeviceProfile) -> tuple[Block, ...]:
    return tuple(Block(point.table, point.address, point.word_count, (point,)) for point in profile.points)


def _least_requests(profile: DeviceProfile, table: Table) -> int:
    """Requests that the registers of a table need, if they stood side by side."""
    registers = {address for point in profile.points if point.table is table for address in range(*point.extent)}
    return -(-len(registers) // LIMITS.max_registers)


def _check_alike(blocks: Sequence[Block], port: int) -> None:
    """Ours and both comparators must find the same values, or their costs mean nothing."""
    readings: dict[str, float] = {}

    def take(reading: Reading) -> None:
        readings.update(zip(reading.points, reading.values.tolist(), strict=True))
        assert not reading.quality.any(), "the peer holds values out of range"

    bus = ModbusBus(TcpLine("bench", "127.0.0.1", port))
    make_driver("unit", unit_profile(), take).read(bus)
    bus.close()
    client = bare.connect(port)
    for block in blocks:
        registers = bare.reader(client, block)()
        ours = [readings[f"unit.{point.key}"] for point in block.points]
        for decode in (bare.PointByPoint(block), bare.Vectorized(block)):
            values, qualities = decode(registers)
            np.testing.assert_allclose(values, ours, rtol=1e-12)
            assert not any(qualities)
    client.close()


# -- the contestants


class _Arrivals:
    """When each block came. A list's append needs no lock."""

    def __init__(self) -> None:
        self._times_s: defaultdict[object, list[float]] = defaultdict(list)

    def note(self, block: object) -> None:
        self._times_s[block].append(time.monotonic())

    def late_and_periods_s(self, since_s: float) -> tuple[np.ndarray, np.ndarray]:
        """Lateness and distances of what came since a time. [s]"""
        late, periods = [], []
        for times_s in self._times_s.values():
            came_s = np.array([at_s for at_s in times_s if at_s >= since_s])
            if came_s.size > 1:
                behind_s = came_s - PERIOD_S * np.round((came_s - came_s[0]) / PERIOD_S)
                late.append(behind_s - behind_s.min())
                periods.append(np.diff(came_s))
        return np.concatenate(late), np.concatenate(periods)


def _run_ours(profile: DeviceProfile, ports: Sequence[int], window_s: float) -> Run:
    arrivals = _Arrivals()

    def take(reading: Reading) -> None:
        arrivals.note(id(reading.points))  # the same object at every poll of a block

    lines, drivers = [], []
    for number, port in enumerate(ports):
        driver = make_driver(f"unit-{number}", profile, take)
        bus = ModbusBus(TcpLine(f"line-{number}", "127.0.0.1", port))
        lines.append(Line(f"line-{number}", bus, driver.poll_tasks(), on_health=lambda _: None))
        drivers.append(driver)
    for line in lines:
        line.start()
    time.sleep(_WARM_UP_S)
    began_s, before = time.monotonic(), [line.stats() for line in lines]
    meter = Meter()
    time.sleep(window_s)
    cost, after = meter.cost(), [line.stats() for line in lines]
    for line in lines:
        line.stop(5.0)
    changes = list(zip(before, after, strict=True))
    return Run(
        len(ports) * len(profile.points),
        cost.cpu_s / cost.wall_s,
        sum(late.requests - early.requests for early, late in changes) / cost.wall_s,
        *arrivals.late_and_periods_s(began_s),
        missed=sum(late.overruns - early.overruns for early, late in changes),
        failed=sum(late.failures - early.failures for early, late in changes),
    )


class _BareUnit(threading.Thread):
    """One unit read with bare pymodbus once a second: all its blocks, one after the other."""

    def __init__(
        self,
        client: ModbusTcpClient,
        blocks: Sequence[Block],
        decoder: Callable[[Block], bare.Decode],
        arrivals: _Arrivals,
        delay_s: float,
    ) -> None:
        super().__init__(daemon=True)
        self.requests = 0
        self._client = client
        self._steps = [((id(self), i), bare.reader(client, b), decoder(b)) for i, b in enumerate(blocks)]
        self._arrivals = arrivals
        self._delay_s = delay_s
        self._stopping = threading.Event()

    def run(self) -> None:
        due_s = time.monotonic() + self._delay_s
        while not self._stopping.wait(max(0.0, due_s - time.monotonic())):
            due_s += PERIOD_S
            for block, read, decode in self._steps:
                decode(read())
                self._arrivals.note(block)
                self.requests += 1

    def stop(self) -> None:
        self._stopping.set()
        self.join()
        self._client.close()


def _run_bare(
    blocks: Sequence[Block], ports: Sequence[int], window_s: float, decoder: Callable[[Block], bare.Decode]
) -> Run:
    arrivals = _Arrivals()
    threads = [
        _BareUnit(bare.connect(port), blocks, decoder, arrivals, PERIOD_S * number / len(ports))
        for number, port in enumerate(ports)
    ]
    for thread in threads:
        thread.start()
    time.sleep(_WARM_UP_S)
    began_s, before = time.monotonic(), sum(thread.requests for thread in threads)
    meter = Meter()
    time.sleep(window_s)
    cost, after = meter.cost(), sum(thread.requests for thread in threads)
    for thread in threads:
        thread.stop()
    return Run(
        len(ports) * _point_count(block.points for block in blocks),
        cost.cpu_s / cost.wall_s,
        (after - before) / cost.wall_s,
        *arrivals.late_and_periods_s(began_s),
    )


def _point_count(points: Iterable[Sequence[PointSpec]]) -> int:
    return sum(map(len, points))
