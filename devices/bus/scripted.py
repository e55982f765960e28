"""A bus in memory whose faults follow a script: for tests, training and dry runs without a wire.

It keeps the registers of each unit, answers from them, and meets each request with the next fault of the unit's
script. It obeys the same rules as a real bus: it refuses the same requests, raises the same errors, and never repeats
a request by itself.

>>> from devices.bus.protocol import ReadRequest
>>> from devices.profiles.schema import Table
>>> bus = ScriptedBus()
>>> bus.put(3, Table.HOLDING, 0, 215, 650)
>>> bus.script(3, Silent())
>>> ask = ReadRequest(unit_id=3, table=Table.HOLDING, address=0, count=2, timeout_s=0.5)
>>> bus.read(ask)
Traceback (most recent call last):
devices.errors.BusTimeout: unit 3: no reply within 0.5 s
>>> bus.read(ask).tolist()
[215, 650]
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from devices.bus.protocol import ReadRequest, Words, WriteRequest
from devices.bus.shapes import check_request
from devices.errors import BadReply, BusClosed, BusTimeout, DeviceException, ReplyPending
from devices.modbus_limits import TCP_UNIT_IDS
from devices.profiles.schema import Table

_ILLEGAL_ADDRESS = 2


@dataclass(frozen=True, slots=True)
class Silent:
    """No reply. ``applied``: a write was carried out all the same."""

    applied: bool = False


@dataclass(frozen=True, slots=True)
class Garbled:
    """A frame that does not answer the request. ``applied``: a write was carried out all the same."""

    applied: bool = False


@dataclass(frozen=True, slots=True)
class Breaks:
    """The connection breaks during the exchange. ``applied``: a write was carried out all the same."""

    applied: bool = False


@dataclass(frozen=True, slots=True)
class Refuses:
    """The device answers with an exception code; a write is not carried out."""

    code: int


@dataclass(frozen=True, slots=True)
class Owes:
    """An earlier reply is still owed: nothing is sent. [s]"""

    wait_s: float


@dataclass(frozen=True, slots=True)
class Slow:
    """The right reply, but it takes its time; beyond the time-out it does not come at all. [s]"""

    delay_s: float


@dataclass(frozen=True, slots=True)
class Ignores:
    """A write is acknowledged but not carried out. A read is answered as usual."""


@dataclass(frozen=True, slots=True)
class Reads:
    """A read is answered with these words instead of the registers."""

    words: tuple[int, ...]


Fault = Silent | Garbled | Breaks | Refuses | Owes | Slow | Ignores | Reads


class ScriptedBus:
    """A ``Bus`` in memory.

    Parameters
    ----------
    elapse : callable
        Told how long each exchange took, in seconds: the time-out of an unanswered request, the delay of a slow one.
        A test passes the step of its own clock. Nothing ever sleeps.

    Attributes
    ----------
    sent : list
        Every request that went out, in order. What was refused before sending is not in it.
    reachable : bool
        Whether the peer can be connected to. Setting it False breaks an open connection as well.
    is_open : bool
        Whether the connection stands.
    connects : int
        How often a connection was opened or tried.
    """

    def __init__(self, elapse: Callable[[float], None] = lambda _seconds: None) -> None:
        self.sent: list[ReadRequest | WriteRequest] = []
        self.is_open = False
        self.connects = 0
        self._reachable = True
        self._elapse = elapse
        self._registers: dict[tuple[int, Table], dict[int, int]] = {}
        self._scripts: dict[int, deque[Fault | None]] = {}
        self._standing: dict[int, Fault] = {}

    @property
    def writes(self) -> list[WriteRequest]:
        """The writes among ``sent``."""
        return [request for request in self.sent if isinstance(request, WriteRequest)]

    @property
    def reachable(self) -> bool:
        """Whether the peer can be connected to."""
        return self._reachable

    @reachable.setter
    def reachable(self, reachable: bool) -> None:
        self._reachable = reachable
        self.is_open = self.is_open and reachable

    def put(self, unit_id: int, table: Table, address: int, *words: int) -> None:
        """Set registers, or bits, of a unit from an address on. Only addresses that were put exist."""
        self._registers.setdefault((unit_id, table), {}).update(enumerate(words, start=address))

    def word(self, unit_id: int, table: Table, address: int) -> int:
        """The register, or bit, as it stands now."""
        return self._registers[unit_id, table][address]

    def script(self, unit_id: int, *faults: Fault | None) -> None:
        """Append faults that the next requests to a unit meet, one each. None: this request goes well."""
        self._scripts.setdefault(unit_id, deque()).extend(faults)

    def fail(self, unit_id: int, fault: Fault) -> None:
        """Let every request to a unit meet a fault, once its script is used up, until ``heal``."""
        self._standing[unit_id] = fault

    def heal(self, unit_id: int) -> None:
        """End a unit's script and its standing fault."""
        self._scripts.pop(unit_id, None)
        self._standing.pop(unit_id, None)

    def connect(self) -> None:
        """Open the connection if it is not open."""
        if self.is_open:
            return
        self.connects += 1
        if not self._reachable:
            raise BusClosed("the scripted peer cannot be reached")
        self.is_open = True

    def close(self) -> None:
        """Close the connection."""
        self.is_open = False

    def read(self, request: ReadRequest) -> Words:
        """Registers of a unit, or the next fault of its script."""
        fault = self._begin(request)
        if isinstance(fault, Reads):
            if len(fault.words) != request.count:
                raise BadReply(request.unit_id, f"scripted: {len(fault.words)} words instead of {request.count}")
            return np.array(fault.words, dtype=np.uint16)
        registers = self._table(request.unit_id, request.table, request.timeout_s)
        span = range(request.address, request.address + request.count)
        if any(address not in registers for address in span):
            raise DeviceException(request.unit_id, request.table.read_function, _ILLEGAL_ADDRESS)
        return np.array([registers[address] for address in span], dtype=np.uint16)

    def write(self, request: WriteRequest) -> None:
        """Write into the registers of a unit, or meet the next fault of its script."""
        fault = self._begin(request)
        if not isinstance(fault, Ignores):
            self._apply(request)

    def _begin(self, request: ReadRequest | WriteRequest) -> Fault | None:
        """Send a request and meet its fault, unless that fault lets a reply through."""
        check_request(request, TCP_UNIT_IDS)
        self.connect()
        fault = self._next_fault(request.unit_id)
        if isinstance(fault, Owes):
            raise ReplyPending(request.unit_id, fault.wait_s)
        self.sent.append(request)
        if isinstance(fault, Slow):
            self._elapse(min(fault.delay_s, request.timeout_s))
            if fault.delay_s > request.timeout_s:
                raise BusTimeout(request.unit_id, request.timeout_s)
        elif isinstance(fault, Refuses):
            function = request.function if isinstance(request, WriteRequest) else request.table.read_function
            raise DeviceException(request.unit_id, function, fault.code)
        elif isinstance(fault, (Silent, Garbled, Breaks)):
            self._lose(request, fault)
        return fault

    def _next_fault(self, unit_id: int) -> Fault | None:
        script = self._scripts.get(unit_id)
        return script.popleft() if script else self._standing.get(unit_id)

    def _lose(self, request: ReadRequest | WriteRequest, fault: Silent | Garbled | Breaks) -> None:
        if fault.applied and isinstance(request, WriteRequest):
            self._apply(request)
        if isinstance(fault, Garbled):
            raise BadReply(request.unit_id, "scripted: the frame does not answer the request")
        if isinstance(fault, Breaks):
            self.close()
            raise BusClosed("scripted: the connection broke")
        self._elapse(request.timeout_s)
        raise BusTimeout(request.unit_id, request.timeout_s)

    def _apply(self, request: WriteRequest) -> None:
        table = Table.COIL if request.function in (5, 15) else Table.HOLDING
        registers = self._table(request.unit_id, table, request.timeout_s)
        span = range(request.address, request.address + len(request.values))
        if any(address not in registers for address in span):
            raise DeviceException(request.unit_id, request.function, _ILLEGAL_ADDRESS)
        registers.update(zip(span, request.values, strict=True))

    def _table(self, unit_id: int, table: Table, timeout_s: float) -> dict[int, int]:
        """Registers of one table; a unit without any does not exist, so it does not answer."""
        if all(unit != unit_id for unit, _table in self._registers):
            self._elapse(timeout_s)
            raise BusTimeout(unit_id, timeout_s)
        return self._registers.get((unit_id, table), {})
