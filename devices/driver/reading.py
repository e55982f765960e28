"""Blocks of a device as readings: request, decoder and keys compiled once, arrays all the way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from devices.bus.protocol import Bus, ReadRequest
from devices.codec import BlockDecoder, Decoded, advance_counter, counter_value, most_steps
from devices.profiles.schema import DeviceProfile, PointSpec
from devices.read_plan import Block, Hole, ReadPlanMemory, never_swept, plan_reads
from devices.samples import CounterState, Origin, Quality, Reading, Reason

_EXACT_FLOAT = 2**53
_NO_COUNTERS: Mapping[int, CounterState] = {}


@dataclass(frozen=True, slots=True)
class Installation:
    """A device as it is installed: which profile, where on its line, and who takes its readings.

    Attributes
    ----------
    device : str
        Key of the device in the base.
    gap : int
        Most unwanted registers between two wanted ones that one request may read through, on this line.
    """

    device: str
    profile: DeviceProfile
    unit_id: int
    origin: Origin
    gap: int
    on_reading: Callable[[Reading], None]
    utc_now: Callable[[], datetime]
    monotonic: Callable[[], float]

    def store_key(self, point: str) -> str:
        """Key of a point in the base."""
        return f"{self.device}.{point}"


class Counters:
    """Where the counters of a device stand. Used by the thread of its line only, once polls run."""

    def __init__(self) -> None:
        self._states: dict[str, CounterState] = {}

    def resume(self, point: PointSpec, state: CounterState) -> None:
        """Go on from what was stored before this start."""
        self._states[point.key] = state

    def advance(
        self, points: tuple[PointSpec, ...], positions: Iterable[int], decoded: Decoded, read_at: datetime
    ) -> dict[int, CounterState]:
        """Put totals in the place of the raw numbers of counters. A bad reading counts nothing.

        Returns
        -------
        dict of position to CounterState
            From what each counter goes on.
        """
        advanced: dict[int, CounterState] = {}
        for i in positions:
            raw = decoded.exact.pop(i, None)
            point = points[i]
            if raw is None or point.rolls_over_at is None:
                continue
            before = self._states.get(point.key)
            state, reason = advance_counter(
                before,
                raw,
                rolls_over_at=point.rolls_over_at,
                max_step=most_steps(point, before, read_at),
                read_at=read_at,
            )
            self._states[point.key] = advanced[i] = state
            value = counter_value(point, state.total)
            decoded.values[i] = value
            if isinstance(value, int) and abs(value) > _EXACT_FLOAT:
                decoded.exact[i] = value
            if reason is not Reason.NONE:
                decoded.quality[i], decoded.reason[i] = Quality.UNCERTAIN, reason
        return advanced


class BlockReader:
    """Reads one block and hands its values on."""

    def __init__(self, installation: Installation, counters: Counters, block: Block) -> None:
        profile = installation.profile
        self.block = block
        self._request = ReadRequest(
            installation.unit_id, block.table, block.address, block.count, timeout_s=profile.timeout_s
        )
        self._decoder = BlockDecoder(block.points, address=block.address, count=block.count)
        self._keys = tuple(installation.store_key(point.key) for point in block.points)
        self._counters = counters
        self._origin = installation.origin
        self._on_reading = installation.on_reading
        self._utc_now = installation.utc_now

    def read(self, bus: Bus) -> Reading:
        """Read the block and hand the reading on.

        Raises
        ------
        BusError
            Any of its kinds; nothing is handed on then.
        """
        words = bus.read(self._request)
        observed_at = self._utc_now()
        decoded = self._decoder.decode(words)
        counters: Mapping[int, CounterState] = _NO_COUNTERS
        if self._decoder.counters:
            counters = self._counters.advance(self._decoder.points, self._decoder.counters, decoded, observed_at)
        reading = Reading(
            points=self._keys,
            values=decoded.values,
            quality=decoded.quality,
            reason=decoded.reason,
            observed_at=observed_at,
            origin=self._origin,
            exact=decoded.exact,
            counters=counters,
        )
        self._on_reading(reading)
        return reading

    def report_illegal(self) -> None:
        """Hand on that the device refuses these addresses: no values, bad."""
        count = len(self._keys)
        self._on_reading(
            Reading(
                points=self._keys,
                values=np.full(count, np.nan),
                quality=np.full(count, Quality.BAD, dtype=np.uint8),
                reason=np.full(count, Reason.ILLEGAL_ADDRESS, dtype=np.uint8),
                observed_at=self._utc_now(),
                origin=self._origin,
            )
        )


class BlockPlanner:
    """Plans the block reads of one device and keeps the holes it learns."""

    def __init__(self, installation: Installation, memory: ReadPlanMemory) -> None:
        self._installation = installation
        self._memory = memory
        self._holes = memory.holes(installation.device)
        self._unreadable = never_swept(installation.profile)
        self.counters = Counters()

    def readers(self, points: Iterable[PointSpec]) -> tuple[BlockReader, ...]:
        """The fewest block reads that bring these points, ready to use.

        Raises
        ------
        ValueError
            Naming every point that no legal request can read.
        """
        blocks = plan_reads(
            points,
            limits=self._installation.profile.limits,
            gap=self._installation.gap,
            unreadable=self._unreadable,
            holes=self._holes,
        )
        return tuple(self.reader(block) for block in blocks)

    def reader(self, block: Block) -> BlockReader:
        """A reader for one block."""
        return BlockReader(self._installation, self.counters, block)

    def learn(self, holes: Iterable[Hole]) -> None:
        """Never read across these holes again, also after a restart."""
        for hole in sorted(holes):
            if hole not in self._holes:
                self._memory.remember(self._installation.device, hole)
                self._holes |= {hole}

    def resume_counters(self, states: Mapping[str, CounterState]) -> None:
        """Let counters go on from stored states, by point key of the device. Other points are passed over."""
        for point in self._installation.profile.points:
            if point.rolls_over_at is not None and point.key in states:
                self.counters.resume(point, states[point.key])
