"""From the stored description of the base to lines and drivers that run. The only door to the bus.

A line is wired when this process gets its lease, and let go when it loses it. A line whose lease another process holds
(``manage.py probe``, for a moment) is asked for again and again.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import datetime

from devices.bus.jobs import Priority
from devices.bus.line import Line
from devices.bus.modbus import ModbusBus
from devices.bus.protocol import Bus, ReadRequest, Words
from devices.bus.settings import LineSettings, Parity, RtuOverTcpLine, SerialLine, TcpLine
from devices.driver import Driver, LineStop, WriteOutcome
from devices.errors import BusClosed, DevicesError, NotWritable
from devices.link_health import HealthChange, LinkState
from devices.profiles.schema import PointSpec
from devices.read_plan import ReadPlanMemory
from devices.samples import CounterState, Reading
from greenhouse.site.basefile.schema import LineKind
from greenhouse.site.wiring import LineWiring
from scheduler.leases.lease import NOBODY_KNOWN, Lease, Leases

logger = logging.getLogger(__name__)

LINE_STOP_S = 3.0
"""How long stopping lines, all together, may take to finish their requests. [s]"""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What lines and drivers need from the control process.

    Attributes
    ----------
    leases : Leases
        Where the leases of the lines come from.
    control : Lease
        The lease under which this process works; no write leaves without it either.
    on_reading, on_health : callable
        Called in the threads of the lines; they must not block.
    """

    leases: Leases
    control: Lease
    memory: ReadPlanMemory
    on_reading: Callable[[Reading], None]
    on_health: Callable[[HealthChange], None]
    utc_now: Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class _LineAtWork:
    line: Line
    drivers: Mapping[str, Driver]
    since_s: float


@dataclass(slots=True, eq=False)
class _Wire:
    """A line of the base. ``at_work`` is set and taken away as a whole, so any thread may look at it once."""

    wiring: LineWiring
    lease: Lease
    at_work: _LineAtWork | None = None
    was_refused: bool = False
    told_fault: str = ""


@dataclass(frozen=True, slots=True)
class BusHealth:
    """State of all lines at one moment."""

    lines_up: int
    """Of those that carry anything but truth units."""
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
    counters : mapping
        From what counters go on, by ``device.point``.
    """

    def __init__(
        self, lines: Sequence[LineWiring], around: Surroundings, *, counters: Mapping[str, CounterState]
    ) -> None:
        self._around = around
        self._counters = counters
        self._wires = {wiring.key: _Wire(wiring, around.leases.line(wiring.key)) for wiring in lines}
        self._line_of = {device.key: line.key for line in lines for device in line.devices}
        self._wiring_lock = threading.Lock()
        self._is_ending = False

    # -- leases

    def take_free_lines(self) -> None:
        """Wire every line whose lease is free. A line that cannot be wired keeps no other from being wired."""
        for wire in self._wires.values():
            if wire.at_work is None and not self._is_ending:
                self._try_to_wire(wire)

    def drop_lost_lines(self) -> None:
        """Let go of every line whose lease is lost. Nothing is written to it any more, not even a planned stop."""
        with self._wiring_lock:  # nobody wires a line that is half let go
            lost = [wire for wire in self._wires.values() if wire.at_work is not None and not wire.lease.held()]
            for wire in lost:
                logger.error("line %s: the lease is lost; the line is let go", wire.wiring.key)
            self._let_go(lost, beat=_nothing)

    def _try_to_wire(self, wire: _Wire) -> None:
        try:
            if wire.lease.acquire():  # may ask a store that hangs: not under the lock
                wire.was_refused = False
                with self._wiring_lock:
                    if self._is_ending:
                        wire.lease.release()
                        return
                    self._wire(wire)
                wire.told_fault = ""
            elif not wire.was_refused:
                logger.warning(
                    "line %s is held by %s; standing by", wire.wiring.key, wire.lease.holder() or NOBODY_KNOWN
                )
                wire.was_refused = True
        except (DevicesError, ValueError, OSError) as error:
            wire.lease.release()
            if wire.told_fault != str(error):
                logger.error("line %s cannot be wired, the others go on without it: %s", wire.wiring.key, error)
            wire.told_fault = str(error)

    def _wire(self, wire: _Wire) -> None:
        settings, guard = line_settings(wire.wiring), self._guard(wire)
        drivers: dict[str, Driver] = {}
        tasks = []
        for device in wire.wiring.devices:
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
                {key.removeprefix(prefix): state for key, state in self._counters.items() if key.startswith(prefix)}
            )
            drivers[device.key] = driver
            tasks += [*driver.start_tasks(guard), *driver.poll_tasks()]
        bus = ModbusBus(settings, before_write=guard)
        line = Line(wire.wiring.key, bus, tasks, on_health=self._around.on_health)
        line.start()
        wire.at_work = _LineAtWork(line, drivers, time.monotonic())
        logger.info("line %s: %d devices at %s", wire.wiring.key, len(drivers), settings.peer)

    def _let_go(self, wires: Iterable[_Wire], *, beat: Callable[[], None]) -> None:
        """Stop lines together, so that many cost no more time than one, and give their leases back."""
        stopping = [(wire, wire.at_work.line) for wire in wires if wire.at_work is not None]
        for _wire, line in stopping:
            line.close()
        over_at_s = time.monotonic() + LINE_STOP_S
        for wire, line in stopping:
            beat()
            line.stop(max(0.0, over_at_s - time.monotonic()))
            wire.at_work = None
            wire.lease.release()

    # -- what the cycle asks of the bus

    def submit_write(
        self, point: str, value: float, *, on_accepted: Callable[[], None], send_before_s: float | None = None
    ) -> Future[WriteOutcome]:
        """Write a value once and read it back, before the line's next poll.

        Parameters
        ----------
        point : str
            ``device.point``.
        value : float
            Canonical unit.
        send_before_s : float, optional
            Monotonic time from which on it is not sent any more. Without it, ten seconds from now. [s]

        Returns
        -------
        Future of the outcome. If it fails instead, nothing was sent.

        Raises
        ------
        PointValueError
            If the value may not be written to the point.
        BusClosed
            If this process does not hold the line, or a planned stop has begun.
        """
        device, _, local_key = point.rpartition(".")
        wire, line, driver = self._reach(device)
        if local_key in driver.unprotected_outputs() and not driver.is_safe_move(local_key, value):
            raise NotWritable(point, "the device has not confirmed its time-out, so nothing would stop the output")
        job = driver.write_job(
            local_key, value, guard=self._guard(wire), on_accepted=on_accepted, send_before_s=send_before_s
        )
        return line.submit(job, priority=Priority.COMMAND)

    def submit_read(self, line_key: str, request: ReadRequest) -> Future[Words]:
        """Read raw words between polls, for a diagnosis.

        Raises
        ------
        BusClosed
            If this process does not hold the line.
        """
        wire = self._wires.get(line_key)
        at_work = None if wire is None else wire.at_work
        if at_work is None:
            raise BusClosed(f"line {line_key} is not held by this process")

        def read(bus: Bus) -> Words:
            bus.connect()
            return bus.read(request)

        return at_work.line.submit(read, priority=Priority.DIAGNOSTIC)

    def _reach(self, device: str) -> tuple[_Wire, Line, Driver]:
        wire = self._wires.get(self._line_of.get(device, ""))
        if wire is None or (at_work := wire.at_work) is None:
            raise BusClosed(f"the line of {device} is not held by this process")
        return wire, at_work.line, at_work.drivers[device]

    def _guard(self, wire: _Wire) -> Callable[[], None]:
        """What is asked right before each write: the line must be ours, and control too."""

        def require() -> None:
            self._around.control.require()
            wire.lease.require()

        return require

    def _held(self) -> list[tuple[_Wire, _LineAtWork]]:
        return [(wire, at_work) for wire in self._wires.values() if (at_work := wire.at_work) is not None]

    def dead_lines(self) -> tuple[str, ...]:
        """Held lines whose thread has ended without being told to. Only a defect of ours does that."""
        return tuple(wire.wiring.key for wire, at_work in self._held() if not at_work.line.is_alive)

    def health(self) -> BusHealth:
        """State of the lines that this process holds."""
        held = self._held()
        units: dict[str, LinkState] = {}
        for wire, at_work in held:
            states = at_work.line.unit_states()
            units.update({device.key: states.get(device.unit_id, LinkState.UNKNOWN) for device in wire.wiring.devices})
        now_s = time.monotonic()
        stats = [(wire.wiring, at_work.line.stats()) for wire, at_work in held]
        return BusHealth(
            lines_up=sum(stat.state is LinkState.ONLINE for line, stat in stats if not line.is_of_truths),
            queue_depth=sum(stat.queue_depth for _line, stat in stats),
            oldest_lease_s=max((now_s - at_work.since_s for _wire, at_work in held), default=0.0),
            units=units,
        )

    # -- the end

    def begin_stop(self, *, over_at_s: float) -> list[tuple[LineStop, Future[None]]]:
        """Begin the planned stop on all lines at once. From now on no write is taken and no line is wired.

        What doses is closed, motors are stopped. Positions and controllers stay. A write that has not left yet fails.

        Parameters
        ----------
        over_at_s : float
            Monotonic time at which every line gives up. [s]

        Returns
        -------
        The stop of each held line, and a future that ends with it.
        """
        with self._wiring_lock:
            self._is_ending = True
        return [_begin_stop(at_work, self._guard(wire), over_at_s) for wire, at_work in self._held()]

    def close(self, *, beat: Callable[[], None]) -> None:
        """Stop all lines together and give their leases back. Safe to call twice.

        Parameters
        ----------
        beat : callable
            Gives a sign of life, line by line.
        """
        with self._wiring_lock:
            self._is_ending = True
        self._let_go(self._wires.values(), beat=beat)


def _begin_stop(at_work: _LineAtWork, guard: Callable[[], None], over_at_s: float) -> tuple[LineStop, Future[None]]:
    states = at_work.line.unit_states()
    stop = LineStop(
        [stop for driver in at_work.drivers.values() for stop in driver.stop_jobs(guard)],
        offline=[unit_id for unit_id, state in states.items() if state is LinkState.OFFLINE],
        over_at_s=over_at_s,
        monotonic=time.monotonic,
    )
    try:
        return stop, at_work.line.submit_last(stop)
    except BusClosed as error:
        refused: Future[None] = Future()
        refused.set_exception(error)
        return stop, refused


def _nothing() -> None:
    """For whom no sign of life is needed."""


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


def counters(lines: Iterable[LineWiring]) -> dict[str, PointSpec]:
    """All counters of the base, by key."""
    return {
        f"{device.key}.{point.key}": point
        for line in lines
        for device in line.devices
        for point in device.profile.points
        if point.rolls_over_at is not None
    }
