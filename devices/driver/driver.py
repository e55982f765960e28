"""One device of a base: what a line polls for it, how it is written, and what stops with this system."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from devices.bus.protocol import Bus
from devices.bus.schedule import PollTask
from devices.codec import to_canonical
from devices.driver.keep_alive import DeviceTimeout, Heartbeat
from devices.driver.polling import Polling
from devices.driver.reading import BlockPlanner, Installation
from devices.driver.stopping import StopJob
from devices.driver.writing import SEND_WITHIN_S, Job, PointWriter, WriteJob, is_safe_move
from devices.errors import NotWritable
from devices.profiles.outputs import OnStop, OutputKind, OutputSpec, StoppedBy
from devices.profiles.schema import DeviceProfile
from devices.read_plan import ReadPlanMemory
from devices.samples import CounterState, Origin, Quality, Reading, Reason, Sample
from devices.units import canonical_unit

_STOP_ORDER = (
    OutputKind.DOSING,
    OutputKind.CO2,
    OutputKind.HEATER,
    OutputKind.PUMP,  # before the valves, so that it never works against closed ones
    OutputKind.FOG,
    OutputKind.VALVE,
    OutputKind.FAN,
    OutputKind.LAMP,
    OutputKind.RELAY,
    OutputKind.WINDER,
    OutputKind.VENT,
    OutputKind.THERMAL_SCREEN,
    OutputKind.SHADING_NET,
)


def _stop_rank(output: OutputSpec) -> int:
    return _STOP_ORDER.index(output.kind) if output.kind in _STOP_ORDER else len(_STOP_ORDER)


def _nothing() -> None:
    """For callers that need not know when a device acknowledged."""


class Driver:
    """One device on a line.

    Parameters
    ----------
    device : str
        Key of the device in the base.
    profile : DeviceProfile
        As it is used here, with the base file's overrides.
    gap : int
        Most unwanted registers that one read of this line may sweep up between two wanted ones.
    memory : ReadPlanMemory
        Keeps what is learned about illegal addresses.
    on_reading : callable
        Takes every reading, in the thread of the line.
    utc_now, monotonic : callable
        Clocks: of the readings, and of the time a read-back may take.

    Raises
    ------
    ValueError
        Naming every point that no legal request can read.
    """

    def __init__(
        self,
        device: str,
        profile: DeviceProfile,
        unit_id: int,
        *,
        origin: Origin,
        gap: int,
        memory: ReadPlanMemory,
        on_reading: Callable[[Reading], None],
        utc_now: Callable[[], datetime],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.device = device
        self.profile = profile
        self.unit_id = unit_id
        self._on_reading = on_reading
        self._also_takes: Callable[[Reading], None] | None = None
        self._installation = Installation(
            device=device,
            profile=profile,
            unit_id=unit_id,
            origin=origin,
            gap=gap,
            on_reading=self._hand_on,
            utc_now=utc_now,
            monotonic=monotonic,
        )
        self._planner = BlockPlanner(self._installation, memory)
        self._points = {point.key: point for point in profile.points}
        self._newest_writes: dict[str, WriteJob] = {}
        self._timeout: DeviceTimeout | None = None

    # -- reading

    def seed_counters(self, states: Mapping[str, CounterState]) -> None:
        """Let counters go on from stored states, by point key of the device. Before polls run."""
        self._planner.resume_counters(states)

    def poll_tasks(self) -> tuple[PollTask, ...]:
        """What a line does again and again to read this device: one task per block."""
        return Polling(self._installation, self._planner).tasks()

    def read(self, bus: Bus) -> list[Sample]:
        """Read every readable point once, also handing the readings on. For probing and tests, not for polling.

        Raises
        ------
        BusError
            The first that is not an illegal address.
        """
        readings: list[Reading] = []
        self._also_takes = readings.append
        try:
            due = deque(self.poll_tasks())
            while due:
                if (replacement := due.popleft().run(bus)) is not None:
                    due.extendleft(replacement.at_once)
        finally:
            self._also_takes = None
        samples = {sample.point: sample for reading in readings for sample in self._samples(reading)}
        keys = map(self._installation.store_key, self._points)
        return [samples[key] for key in keys if key in samples]

    def _hand_on(self, reading: Reading) -> None:
        if self._also_takes is not None:
            self._also_takes(reading)
        self._on_reading(reading)

    def _samples(self, reading: Reading) -> Iterator[Sample]:
        for i, key in enumerate(reading.points):
            value = reading.exact.get(i, float(reading.values[i]))
            quantity = self._points[key.removeprefix(f"{self.device}.")].quantity
            yield Sample(
                key,
                None if math.isnan(value) else value,
                canonical_unit(quantity),
                Quality(reading.quality[i]),
                Reason(reading.reason[i]),
                reading.origin,
                reading.observed_at,
            )

    # -- writing

    def write_job(
        self,
        point: str,
        value: float,
        *,
        guard: Callable[[], None],
        on_accepted: Callable[[], None] = _nothing,
        send_before_s: float | None = None,
    ) -> Job:
        """A job for the line that writes a value once and reads it back.

        Parameters
        ----------
        point : str
            Key of the point in the profile.
        value : float
            Canonical unit.
        guard : callable
            Called right before the request leaves; raises ``LeaseLost`` if this process may not write.
        on_accepted : callable
            Told once when the device acknowledged, in the thread of the line. It must neither block nor fail.
        send_before_s : float, optional
            Monotonic time from which on it is not sent any more. Without it, ten seconds from now. [s]

        Returns
        -------
        A job that ends with a ``WriteOutcome``. If it fails instead, nothing was sent.

        Raises
        ------
        PointValueError
            If the value may not be written to this point; nothing waits then.
        """
        writer = self._writer(point)
        request = writer.request(value)
        if send_before_s is None:
            send_before_s = self._installation.monotonic() + SEND_WITHIN_S
        return WriteJob(
            writer, request, writer.sent_value(request), guard, on_accepted, send_before_s, self._newest_writes
        )

    def stop_jobs(self, guard: Callable[[], None]) -> list[StopJob]:
        """Writes of a planned stop, in the order in which they should run.

        What feeds is closed first, then motors are stopped. Positions are held and controllers run on: for those there
        is nothing to do. They stay valid however late they leave, and may be run again.
        """
        stops = [
            StopJob(
                _stop_rank(point.output),
                self._installation.store_key(point.key),
                self.unit_id,
                self.write_job(
                    point.key, to_canonical(point, point.output.safe_value), guard=guard, send_before_s=math.inf
                ),
            )
            for point in self.profile.points
            if point.output is not None
            and point.output.on_stop in (OnStop.CLOSE, OnStop.STOP_MOTOR)
            and point.output.safe_value is not None
        ]
        return sorted(stops, key=lambda stop: stop.rank)

    # -- what stops an output when this system dies

    def start_tasks(self, guard: Callable[[], None]) -> tuple[PollTask, ...]:
        """Tasks that set the time-out of the device, watch it, and send its heartbeat."""
        keep_alive = self.profile.keep_alive
        if keep_alive is None:
            return ()
        tasks: list[PollTask] = []
        if keep_alive.timeout is not None:
            self._timeout = DeviceTimeout(self._writer(keep_alive.timeout), keep_alive.timeout_value, guard=guard)
            tasks.append(self._timeout)
        if keep_alive.heartbeat is not None:
            tasks.append(Heartbeat(self._writer(keep_alive.heartbeat), keep_alive.every_s, guard=guard))
        return tuple(tasks)

    def is_safe_move(self, point: str, value: float) -> bool:
        """Whether a canonical value stops or closes an output. Such a move must never be refused or delayed."""
        return is_safe_move(self._points[point], value)

    def unprotected_outputs(self) -> tuple[str, ...]:
        """Keys of outputs that the time-out of the device should stop, while that time-out is not confirmed."""
        if self._timeout is not None and self._timeout.is_confirmed:
            return ()
        return tuple(
            point.key
            for point in self.profile.points
            if point.output is not None and point.output.stopped_by is StoppedBy.DEVICE_TIMEOUT
        )

    def _writer(self, key: str) -> PointWriter:
        if key not in self._points:
            raise NotWritable(key, f"the profile {self.profile.key} has no such point")
        return PointWriter(self._installation, self._planner, self._points[key])
