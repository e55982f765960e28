"""Buses on the three kinds of line, each with a fault peer at its other end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from devices.bus.modbus import ModbusBus
from devices.bus.protocol import ReadRequest, WriteRequest
from devices.bus.settings import RtuOverTcpLine, SerialLine, TcpLine
from devices.profiles.schema import Table
from tests.wire.behaviors import MBAP, RTU
from tests.wire.fault_peer import Peer, PtyPeer, TcpPeer

TIMEOUT_S = 0.25
"""Time-out of requests that will not be answered: waited out in full."""
LONG_S = 5.0
"""Time-out of requests that will be answered: longer than any pause of a busy machine, and never waited out."""
KINDS = ("tcp", "rtu-over-tcp", "serial")


@dataclass
class Wire:
    """A bus, and the peer at its other end."""

    kind: str
    bus: ModbusBus
    peer: Peer

    def read(
        self,
        address: int = 0,
        count: int = 4,
        *,
        unit_id: int = 3,
        table: Table = Table.HOLDING,
        timeout_s: float = LONG_S,
    ) -> list[int]:
        """What the bus hands on for one read request."""
        return self.bus.read(ReadRequest(unit_id, table, address, count, timeout_s)).tolist()

    def true(self, address: int = 0, count: int = 4, *, unit_id: int = 3, table: Table = Table.HOLDING) -> list[int]:
        """What that request must give."""
        return [self.peer.value(unit_id, table.read_function, address + place) for place in range(count)]

    def write(self, function: int, address: int, *values: int, unit_id: int = 3, timeout_s: float = LONG_S) -> None:
        """One write request."""
        self.bus.write(WriteRequest(unit_id, function, address, values, timeout_s))


@pytest.fixture
def make_wire() -> Iterator[Callable[[str], Wire]]:
    """Make a bus of a kind and its peer; both end with the test."""
    with ExitStack() as stack:

        def make(kind: str) -> Wire:
            if kind == "serial":
                pty = stack.enter_context(PtyPeer())
                bus, peer = ModbusBus(SerialLine(kind, pty.path, baudrate=115200, reply_horizon_s=1.0)), pty
            elif kind == "tcp":
                peer = stack.enter_context(TcpPeer(MBAP))
                bus = ModbusBus(TcpLine(kind, "127.0.0.1", peer.port))
            else:
                peer = stack.enter_context(TcpPeer(RTU))
                bus = ModbusBus(RtuOverTcpLine(kind, "127.0.0.1", peer.port, reply_horizon_s=1.0))
            stack.callback(bus.close)
            return Wire(kind, bus, peer)

        yield make


@pytest.fixture(params=KINDS)
def wire(request: pytest.FixtureRequest, make_wire: Callable[[str], Wire]) -> Wire:
    """A bus with its peer, once for each kind of line."""
    return make_wire(request.param)


@pytest.fixture
def tcp(make_wire: Callable[[str], Wire]) -> Wire:
    """A Modbus TCP bus with its peer."""
    return make_wire("tcp")


@pytest.fixture
def rtu_over_tcp(make_wire: Callable[[str], Wire]) -> Wire:
    """An RTU-over-TCP bus with its peer."""
    return make_wire("rtu-over-tcp")
