"""An RTU line at 9600 baud: how much of what the wire can carry is carried."""

from __future__ import annotations

import time
from dataclasses import replace

from pymodbus.client import ModbusSerialClient

from benchmarks.results import Row, Section, at_least
from benchmarks.serial_peer import SerialPeer
from benchmarks.unit import made_up_profile, make_driver, register_point
from devices.bus.line import Line
from devices.bus.modbus import ModbusBus
from devices.bus.protocol import ReadRequest
from devices.bus.settings import SerialLine
from devices.profiles.schema import DeviceProfile, Table
from devices.samples import Reading

BAUDRATE = 9600
TURNAROUND_S = 0.005
"""Of good meters and drives."""
GOAL = 0.90
_BLOCKS = (1, 10, 50, 120)
_DEVICES = (2, 2, 2, 4, 4, 8, 16, 24, 40, 60)
"""Registers of the ten devices of a line: sensors, controllers, meters."""
_ALWAYS_DUE_S = 0.01


def measure(*, quick: bool) -> Section:
    """Read blocks of several lengths, then run a whole line."""
    reads, line_s = (2, 1.5) if quick else (15, 15.0)
    rows = [row for count in _BLOCKS for row in _block_rows(count, reads)]
    rows += _line_rows(line_s)
    text = (
        f"A pty whose peer lets every character take its time at {BAUDRATE} baud 8N1 and begins its reply "
        f"{1000 * TURNAROUND_S:.0f} ms after the silence. 100 % is the rate of the formula: characters of request "
        "and reply, 3.5 characters of silence before each, and the turnaround. Bare pymodbus is its blocking serial "
        f"client. The line of ten devices has {', '.join(map(str, _DEVICES))} registers, all always due, with one "
        "thread, schedule, decoding and all."
    )
    return Section("An RTU line at 9600 baud", text, rows)


# -- blocks, one after the other


def _block_rows(count: int, reads: int) -> list[Row]:
    share, silence_s = _our_share(count, reads)
    bare_share, bare_silence_s = _bare_share(count, reads)
    silence = f"shortest silence {1000 * silence_s:.1f} ms"
    bare_silence = f"shortest silence {1000 * bare_silence_s:.1f} ms"
    registers = f"{count} register{'s' if count > 1 else ''}"
    return [
        at_least(f"{registers}, {silence}", 100 * share, 100 * GOAL, "{:.1f} %"),
        Row(f"{registers}, bare pymodbus, {bare_silence}", f"{100 * bare_share:.1f} %"),
    ]


def _our_share(count: int, reads: int) -> tuple[float, float]:
    with SerialPeer(baudrate=BAUDRATE, turnaround_s=TURNAROUND_S) as peer:
        line = SerialLine("bench", peer.path, baudrate=BAUDRATE)
        bus = ModbusBus(line)
        request = ReadRequest(1, Table.HOLDING, 0, count, timeout_s=2.0)
        bus.read(request)
        began_s = time.perf_counter()
        for _ in range(reads):
            bus.read(request)
        took_s = time.perf_counter() - began_s
        bus.close()
        return reads * line.request_time_s(request, turnaround_s=TURNAROUND_S) / took_s, peer.finish()


def _bare_share(count: int, reads: int) -> tuple[float, float]:
    with SerialPeer(baudrate=BAUDRATE, turnaround_s=TURNAROUND_S) as peer:
        line = SerialLine("bench", peer.path, baudrate=BAUDRATE)
        client = ModbusSerialClient(peer.path, baudrate=BAUDRATE, timeout=2.0, retries=0)
        client.connect()
        client.read_holding_registers(0, count=count, device_id=1)
        began_s = time.perf_counter()
        for _ in range(reads):
            reply = client.read_holding_registers(0, count=count, device_id=1)
            assert len(reply.registers) == count
        took_s = time.perf_counter() - began_s
        client.close()
        request = ReadRequest(1, Table.HOLDING, 0, count, timeout_s=2.0)
        return reads * line.request_time_s(request, turnaround_s=TURNAROUND_S) / took_s, peer.finish()


# -- a whole line


class _Carried:
    """Sums up the wire time of what was read."""

    def __init__(self, line: SerialLine) -> None:
        self._line = line
        self._began_s = 0.0
        self._ended_s = 0.0
        self._wire_s = 0.0

    def take(self, reading: Reading) -> None:
        """Note a reading. The first one starts the clock."""
        self._ended_s = time.perf_counter()
        if not self._began_s:
            self._began_s = self._ended_s
            return
        request = ReadRequest(1, Table.HOLDING, 0, len(reading.points), timeout_s=2.0)
        self._wire_s += self._line.request_time_s(request, turnaround_s=TURNAROUND_S)

    @property
    def share(self) -> float:
        """Wire time by time of the clock, from the first reading to the last."""
        return self._wire_s / (self._ended_s - self._began_s)


def _line_rows(line_s: float) -> list[Row]:
    with SerialPeer(baudrate=BAUDRATE, turnaround_s=TURNAROUND_S) as peer:
        settings = SerialLine("bench", peer.path, baudrate=BAUDRATE)
        carried = _Carried(settings)
        tasks = [
            task
            for number, registers in enumerate(_DEVICES, start=1)
            for task in make_driver(
                f"unit-{number}", _device(registers), carried.take, unit_id=number, gap=settings.gap
            ).poll_tasks()
        ]
        line = Line("bench", ModbusBus(settings), tasks, on_health=lambda _: None)
        line.start()
        time.sleep(line_s)
        line.stop(5.0)
        stats = line.stats()
        silence = f"shortest silence {1000 * peer.finish():.1f} ms"
    return [
        at_least(f"ten devices on one line, {silence}", 100 * carried.share, 100 * GOAL, "{:.1f} %"),
        Row("failed requests on that line", f"{stats.failures} of {stats.requests}", "0", stats.failures == 0),
    ]


def _device(registers: int) -> DeviceProfile:
    points = (register_point(f"holding_{address}", Table.HOLDING, address) for address in range(registers))
    return made_up_profile(tuple(replace(point, poll_s=_ALWAYS_DUE_S) for point in points))
