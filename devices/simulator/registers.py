"""The registers of one simulated device: its profile in front of a plant.

Pure of the wire: requests come in as table, address and words, answers go out as words or as an exception code.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum

from devices.codec import encode_reading, to_canonical, written_value
from devices.errors import PointValueError
from devices.profiles.outputs import OnStop
from devices.profiles.schema import DeviceProfile, PointSpec, Table
from devices.simulator.faults import Fault, FaultBoard
from devices.simulator.plant import Plant
from devices.simulator.write_log import WriteLog, WrittenBy

_LIMIT_NOISE = 1e-9


class ExceptionCode(IntEnum):
    """Modbus exceptions that a simulated device answers."""

    ILLEGAL_FUNCTION = 1
    ILLEGAL_ADDRESS = 2
    ILLEGAL_VALUE = 3
    DEVICE_FAILURE = 4
    BUSY = 6
    NO_RESPONSE_BEHIND_GATEWAY = 11


class SimulatedDevice:
    """One device: holds registers, refuses what its profile refuses, closes its outputs when nobody speaks to it.

    A register that the profile does not name answers exception 2, so that holes have to be learned as in the field.
    """

    def __init__(self, key: str, profile: DeviceProfile, *, plant: Plant, faults: FaultBoard, log: WriteLog) -> None:
        self.key = key
        self.profile = profile
        self._plant, self._faults, self._log = plant, faults, log
        keep_alive = profile.keep_alive
        self._heartbeat = keep_alive.heartbeat if keep_alive else None
        self._timeout = keep_alive.timeout if keep_alive else None
        self._own_values = {point: 0.0 for point in (self._heartbeat, self._timeout) if point is not None}
        self._silent_s = 0.0
        self._has_timed_out = False
        self._readable = sorted(
            (point for point in profile.points if point.access.can_read),
            key=lambda point: (point.scale_register is not None or point.conditional_scale is not None, point.address),
        )
        self._writable = {
            (point.write.table, point.write.address): point for point in profile.points if point.write is not None
        }
        self._encoded: dict[str, tuple[float | None, tuple[int, ...] | None]] = {}
        self._words: dict[Table, dict[int, int]] = {}
        self._failing: dict[Table, set[int]] = {}
        self._is_stale = True

    @property
    def is_dead(self) -> bool:
        """Whether it neither hears nor answers."""
        return Fault.DEAD in self._faults.on_device(self.key)

    def addresses(self, table: Table) -> set[int]:
        """Addresses of a table that exist, for reading or for writing."""
        read = {
            address
            for point in self._readable
            if point.table is table
            for address in range(point.address, point.address + point.word_count)
        }
        written = {
            address
            for (point_table, first), point in self._writable.items()
            if point_table is table and point.write is not None
            for address in range(first, first + point.write.type.word_count)
        }
        return read | written

    def advance(self, elapsed_s: float) -> None:
        """Let time pass: values are sampled anew, and the communication time-out may expire. [s]"""
        self._is_stale = True
        self._silent_s += elapsed_s
        timeout_s = self._own_values.get(self._timeout, 0.0) if self._timeout else 0.0
        if timeout_s > 0.0 and self._silent_s >= timeout_s and not self._has_timed_out:
            self._has_timed_out = True
            self._close_outputs()

    def refresh(self) -> None:
        """Show a changed fault at the next read."""
        self._is_stale = True

    def read(self, table: Table, address: int, count: int) -> list[int] | ExceptionCode:
        """Words of the asked addresses; one per bit in the bit tables."""
        if refusal := self._refusal():
            return refusal
        self._hear(None)
        limits = self.profile.limits
        if count > (limits.max_bits if table.is_bits else limits.max_registers):
            return ExceptionCode.ILLEGAL_VALUE
        if limits.even_only and not table.is_bits and (address % 2 or count % 2):
            return ExceptionCode.ILLEGAL_ADDRESS
        words = self.image(table)
        if any(asked not in words for asked in range(address, address + count)):
            return ExceptionCode.ILLEGAL_ADDRESS
        if any(asked in self._failing[table] for asked in range(address, address + count)):
            return ExceptionCode.DEVICE_FAILURE
        return [words[asked] for asked in range(address, address + count)]

    def read_bits(self, table: Table, address: int, *, most: int) -> dict[int, int] | ExceptionCode:
        """Existing bits among ``most`` addresses, for a server that does not know how many of them were asked."""
        asked = [bit for bit in self.image(table) if address <= bit < address + most]
        first = self.read(table, address, 1)
        if isinstance(first, ExceptionCode):
            return first
        if not self._failing[table].isdisjoint(asked):
            return ExceptionCode.DEVICE_FAILURE
        return {bit: self._words[table][bit] for bit in asked}

    def image(self, table: Table) -> dict[int, int]:
        """Every readable address of a table with its word, sampled at most once per tick."""
        if self._is_stale:
            self._sample()
            self._is_stale = False
        return self._words[table]

    def write(self, function: int, address: int, words: Sequence[int]) -> ExceptionCode | None:
        """Take a write if every point it covers takes it; all are checked before the first one is changed."""
        if refusal := self._refusal():
            return refusal
        self._hear(None)
        covered = self._covered(function, address, words)
        if isinstance(covered, ExceptionCode):
            return covered
        wanted = [(point, self._acceptable(point, part)) for point, part in covered]
        accepted = [(point, value) for point, value in wanted if value is not None]
        if len(accepted) < len(wanted) or not all(self._apply(point, value) for point, value in accepted):
            return ExceptionCode.ILLEGAL_VALUE
        return None

    def _refusal(self) -> ExceptionCode | None:
        faults = self._faults.on_device(self.key)
        if Fault.ABSENT in faults:
            return ExceptionCode.NO_RESPONSE_BEHIND_GATEWAY
        return ExceptionCode.BUSY if Fault.BUSY in faults else None

    def _hear(self, point: str | None) -> None:
        """Start the silence anew: at any request, or only at keep-alive writes where the device counts heartbeats."""
        if self._heartbeat is None or (point is not None and point in self._own_values):
            self._silent_s, self._has_timed_out = 0.0, False

    def _covered(
        self, function: int, address: int, words: Sequence[int]
    ) -> list[tuple[PointSpec, tuple[int, ...]]] | ExceptionCode:
        """The points that a write covers, each with its words; every one of them wholly and by its own function."""
        table = Table.COIL if function in (5, 15) else Table.HOLDING
        covered = []
        position = 0
        while position < len(words):
            point = self._writable.get((table, address + position))
            if point is None or point.write is None:
                return ExceptionCode.ILLEGAL_ADDRESS
            if point.write.function != function:
                return ExceptionCode.ILLEGAL_FUNCTION
            part = tuple(words[position : position + point.write.type.word_count])
            if len(part) < point.write.type.word_count:
                return ExceptionCode.ILLEGAL_ADDRESS
            covered.append((point, part))
            position += len(part)
        return covered

    def _acceptable(self, point: PointSpec, words: tuple[int, ...]) -> float | None:
        """The written value, canonical; None if it is none or outside the limits."""
        assert point.write is not None
        try:
            value = written_value(point, words)
        except PointValueError:
            return None
        low, high = sorted(to_canonical(point, limit) for limit in point.write.limits)
        noise = _LIMIT_NOISE * max(abs(low), abs(high))
        return value if low - noise <= value <= high + noise else None

    def _apply(self, point: PointSpec, value: float) -> bool:
        faults = self._faults.on_point(self.key, point.key)
        if Fault.WRITE_REJECTED in faults:
            return False
        applied: float | None = value
        if Fault.WRITE_IGNORED in faults:
            applied = None
        elif Fault.WRITE_ALTERED in faults:
            applied = 1.0 - value if point.table.is_bits else value + (faults[Fault.WRITE_ALTERED].amount or 0.0)
        if applied is not None and not self._command(point.key, applied):
            return False
        self._hear(point.key)
        self._is_stale = True
        self._log.add(self.key, point.key, value, applied, WrittenBy.MASTER)
        return True

    def _command(self, point: str, value: float) -> bool:
        if point in self._own_values:
            self._own_values[point] = value
            return True
        return self._plant.command(self.key, point, value)

    def _close_outputs(self) -> None:
        """Bring every output that has a safe value to it; what holds or is supervised goes on."""
        for point in self.profile.points:
            output = point.output
            if output is None or output.safe_value is None or output.on_stop not in (OnStop.CLOSE, OnStop.STOP_MOTOR):
                continue
            safe = to_canonical(point, output.safe_value)
            if self._plant.command(self.key, point.key, safe):
                self._log.add(self.key, point.key, safe, safe, WrittenBy.COMMUNICATION_TIMEOUT)

    def _sample(self) -> None:
        self._words = {table: {} for table in Table}
        self._failing = {table: set() for table in Table}
        for point in self._readable:
            held = self._words[point.table]
            words = self._encode(point, held)
            if words is None:
                span = range(point.address, point.address + point.word_count)
                self._failing[point.table].update(span)
                words = (0,) * point.word_count
            held.update(enumerate(words, start=point.address))

    def _encode(self, point: PointSpec, held: dict[int, int]) -> tuple[int, ...] | None:
        """Words of a point now; None if no words can say it. Unchanged values are not encoded again."""
        own = self._own_values.get(point.key)
        value = own if own is not None else self._plant.value(self.key, point.key)
        value = self._faults.shown(self.key, point.key, value)
        depends_on_others = point.bits or point.scale_register or point.conditional_scale
        known = self._encoded.get(point.key)
        if known is not None and known[0] == value and not depends_on_others:
            return known[1]
        try:
            words: tuple[int, ...] | None = encode_reading(point, value, registers=held)
        except PointValueError:
            words = None
        self._encoded[point.key] = value, words
        return words
