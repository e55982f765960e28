"""From the stored description of the base to lines and drivers that run. The only door to the bus.

A line is wired when this process gets its lease, and let go when it loses it. A line whose lease another process holds
(``manage.py probe``, for a moment) is asked for again and again.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from devices.bus.jobs import Priority
from devices.bus.line import Line
from devices.bus.modbus import ModbusBus
from devices.bus.protocol import Bus, ReadRequest, Words
from devices.bus.settings import LineSettings, Parity, RtuOverTcpLine, SerialLine, TcpLine
from devices.driver import Driver, WriteOutcome
from devices.driver.writing import Job
from devices.errors import BusClosed, LineFull, NotWritable
from devices.link_health import HealthChange, LinkState
from devices.read_plan import ReadPlanMemory
from devices.samples import Reading
from greenhouse.site.basefile.schema import LineKind
from greenhouse.site.structure import LineWiring
from scheduler.lease import Lease, line_lease

log = logging.getLogger(__name__)

LINE_STOP_S = 3.0
"""How long a stopping line may take to finish its request. [s]"""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What lines and drivers need from the control process.

    Attributes
    ----------
    locks : Path
        Folder of the leases.
    on_reading, on_health : callable
        Called in the threads of the lines; they must not block.
    """

    locks: Path
    memory: ReadPlanMemory
    on_reading: Callable[[Reading], None]
    on_health: Callable[[HealthChange], None]
    utc_now: Callable[[], datetime]


@dataclass(slots=True)
class _WiredLine:
    wiring: LineWiring
    lease: Lease
    line: Line | None = None
    drivers: dict[str, Driver] = field(default_factory=dict)
    wired_at_s: float = 0.0
    was_refused: bool = False


@dataclass(frozen=True, slots=True)
class BusHealth:
    """State of all lines at one moment."""

    lines_up: int
    queue_depth: int
    oldest_lease_s: float
    units: Mapping[str, LinkState]
    """By device key; devices on lines of other processes are left out."""


class FieldBus:
    """All lines of the base, as far as this process holds them.

    Parameters
    ----------
    lines : sequence of LineWiring
        What the base says.
    around : Surroundings
        What lines and drivers need.
    totals : mapping
        Newest stored values of counters, by ``device.point``.
    """

    def __init__(self, lines: Sequence[LineWiring], around: Surroundings, *, totals: Mapping[str, float]) -> None:
        self._around = around
        self._totals = totals
        self._wired = {wiring.key: _WiredLine(wiring, line_lease(around.locks, wiring.key)) for wiring in lines}
        self._line_of = {device.key: line.key for line in lines for device in line.devices}

    # -- leases

    def take_free_lines(self) -> None:
        """Wire every line whose lease is free."""
        for wired in self._wired.values():
            if wired.line is None:
                self._try_to_wire(wired)

    def drop_lost_lines(self) -> None:
        """Let go of every line whose lease is lost. Nothing is written to it any more, not even a planned stop."""
        for wired in self._wired.values():
            if wired.line is not None and not wired.lease.held():
                log.error("line %s: the lease is lost; the line is let go", wired.wiring.key)
                wired.line.stop(LINE_STOP_S)
                self._unwire(wired)

    def _try_to_wire(self, wired: _WiredLine) -> None:
        if not wired.lease.acquire():
            if not wired.was_refused:
                log.warning("line %s is held by process %s; standing by", wired.wiring.key, wired.lease.holder())
            wired.was_refused = True
            return
        wired.was_refused = False
        settings = line_settings(wired.wiring)
        tasks = []
        for device in wired.wiring.devices:
            driver = Driver(
                device.key,
                device.profile,
                device.unit_id,
                origin=device.origin,
                gap=settings.gap,
                memory=self._around.memory,
                on_reading=self._around.on_reading,
                utc_now=self._around.utc_now,
            )
            prefix = f"{device.key}."
            driver.seed_counters(
                {key.removeprefix(prefix): total for key, total in self._totals.items() if key.startswith(prefix)}
            )
            wired.drivers[device.key] = driver
            tasks += [*driver.start_tasks(wired.lease.require), *driver.poll_tasks()]
        wired.line = Line(wired.wiring.key, ModbusBus(settings), tasks, on_health=self._around.on_health)
        wired.wired_at_s = time.monotonic()
        wired.line.start()
        log.info("line %s: %d devices at %s", wired.wiring.key, len(wired.drivers), settings.peer)

    def _unwire(self, wired: _WiredLine) -> None:
        wired.lease.release()
        wired.line = None
        wired.drivers.clear()

    # -- what the cycle asks of the bus

    def submit_write(self, point: str, value: float, *, on_accepted: Callable[[], None]) -> Future[WriteOutcome]:
        """Write a value once and read it back, before the line's next poll.

        Parameters
        ----------
        point : str
            ``device.point``.
        value : float
            Canonical unit.

        Returns
        -------
        Future of the outcome. If it fails instead, nothing was sent.

        Raises
        ------
        PointValueError
            If the value may not be written to the point.
        BusClosed
            If this process does not hold the line.
        """
        device, _, local_key = point.rpartition(".")
        line, driver, lease = self._reach(device)
        if local_key in driver.unprotected_outputs() and not driver.is_safe_move(local_key, value):
            raise NotWritable(point, "the device has not confirmed its time-out, so nothing would stop the output")
        job = driver.write_job(local_key, value, guard=lease.require, on_accepted=on_accepted)
        return line.submit(job, priority=Priority.COMMAND)

    def submit_read(self, line_key: str, request: ReadRequest) -> Future[Words]:
        """Read raw words between polls, for a diagnosis.

        Raises
        ------
        BusClosed
            If this process does not hold the line.
        """
        wired = self._wired.get(line_key)
        if wired is None or wired.line is None:
            raise BusClosed(f"line {line_key} is not held by this process")

        def read(bus: Bus) -> Words:
            bus.connect()
            return bus.read(request)

        return wired.line.submit(read, priority=Priority.DIAGNOSTIC)

    def _reach(self, device: str) -> tuple[Line, Driver, Lease]:
        wired = self._wired.get(self._line_of.get(device, ""))
        if wired is None or wired.line is None:
            raise BusClosed(f"the line of {device} is not held by this process")
        return wired.line, wired.drivers[device], wired.lease

    def dead_lines(self) -> tuple[str, ...]:
        """Held lines whose thread has ended without being told to. Only a defect of ours does that."""
        return tuple(key for key, wired in self._wired.items() if wired.line is not None and not wired.line.is_alive)

    def health(self) -> BusHealth:
        """State of the lines that this process holds."""
        held = [wired for wired in self._wired.values() if wired.line is not None]
        units: dict[str, LinkState] = {}
        for wired in held:
            assert wired.line is not None
            states = wired.line.unit_states()
            units.update({device.key: states.get(device.unit_id, LinkState.UNKNOWN) for device in wired.wiring.devices})
        now_s = time.monotonic()
        stats = [wired.line.stats() for wired in held if wired.line is not None]
        return BusHealth(
            lines_up=sum(stat.state is LinkState.ONLINE for stat in stats),
            queue_depth=sum(stat.queue_depth for stat in stats),
            oldest_lease_s=max((now_s - wired.wired_at_s for wired in held), default=0.0),
            units=units,
        )

    # -- the end

    def submit_stops(self) -> list[tuple[str, Future[WriteOutcome]]]:
        """Begin the planned stop: what doses is closed, motors are stopped. Positions and controllers stay.

        Returns
        -------
        ``device.point`` and the future of its write, in the order in which a line carries them out.
        """
        submitted = []
        for wired in self._wired.values():
            if wired.line is None:
                continue
            stops = [
                (stop, device)
                for device, driver in wired.drivers.items()
                for stop in driver.stop_jobs(wired.lease.require)
            ]
            stops.sort(key=lambda pair: pair[0].rank)
            submitted += [(f"{device}.{stop.point}", _submit(wired.line, stop.job)) for stop, device in stops]
        return submitted

    def close(self, *, beat: Callable[[], None]) -> None:
        """Stop every line and give its lease back."""
        for wired in self._wired.values():
            beat()
            if wired.line is not None:
                wired.line.stop(LINE_STOP_S)
                self._unwire(wired)


def _submit(line: Line, job: Job) -> Future[WriteOutcome]:
    try:
        return line.submit(job, priority=Priority.COMMAND)
    except (BusClosed, LineFull) as error:
        failed: Future[WriteOutcome] = Future()
        failed.set_exception(error)
        return failed


def line_settings(wiring: LineWiring) -> LineSettings:
    """Settings of the bus for a stored line; what the base leaves open takes the default of its kind."""
    settings = _peer_settings(wiring)
    if wiring.gap is not None:
        settings = replace(settings, gap=wiring.gap)
    if wiring.inter_frame_gap_s is not None and not isinstance(settings, TcpLine):
        settings = replace(settings, inter_frame_gap_s=wiring.inter_frame_gap_s)
    return settings


def _peer_settings(wiring: LineWiring) -> LineSettings:
    if wiring.kind is LineKind.SERIAL:
        assert wiring.serial_port is not None
        return SerialLine(
            wiring.key,
            wiring.serial_port,
            baudrate=wiring.baudrate,
            parity=Parity(wiring.parity),
            stopbits=wiring.stopbits,
        )
    assert wiring.host is not None
    assert wiring.port is not None
    kind = TcpLine if wiring.kind is LineKind.TCP else RtuOverTcpLine
    return kind(wiring.key, wiring.host, wiring.port, connect_timeout_s=wiring.connect_timeout_s)


def read_once(wiring: LineWiring, request: ReadRequest) -> Words:
    """Open a line, read from it once and close it. For a line whose lease the caller holds.

    Raises
    ------
    BusError
        Any of its kinds.
    """
    bus = ModbusBus(line_settings(wiring))
    try:
        bus.connect()
        return bus.read(request)
    finally:
        bus.close()


def counters(lines: Iterable[LineWiring]) -> list[str]:
    """Keys of all counters of the base."""
    return [
        f"{device.key}.{point.key}"
        for line in lines
        for device in line.devices
        for point in device.profile.points
        if point.rolls_over_at is not None
    ]
