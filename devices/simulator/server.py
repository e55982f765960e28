"""A Modbus server for the simulated devices of one line."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from itertools import pairwise

from pymodbus.constants import ExcCodes
from pymodbus.framer import FramerType
from pymodbus.pdu import ModbusPDU
from pymodbus.server import ModbusTcpServer
from pymodbus.server.requesthandler import ServerRequestHandler
from pymodbus.simulator import DataType, SimAction, SimData, SimDevice

from devices.profiles.schema import Table
from devices.simulator.registers import ExceptionCode, SimulatedDevice
from devices.simulator.write_log import REQUEST_CAME_FROM

_TABLE_OF_READ = {table.read_function: table for table in Table}
_WRITES = (5, 6, 15, 16)
_BITS_PER_WORD = 16
_UNUSED_BITS = SimData(65_520, values=[False] * _BITS_PER_WORD, datatype=DataType.BITS)
_UNUSED_REGISTERS = SimData(65_535, datatype=DataType.INVALID)
"""A table of a SimDevice may not be empty. Reads of these addresses are refused all the same."""


class LineServer:
    """Listens on a free port of the loopback interface; the fault proxy stands in front of it.

    Must be made and used inside one running event loop. Units that do not exist or are dead do not answer at all, as on
    a real bus; pymodbus itself would answer exception 4 for them.

    Parameters
    ----------
    devices : mapping of unit id to SimulatedDevice
        What stands on the line.
    masters : mapping of port to str
        Who stands behind a connection of the fault proxy, by the proxy's port; it fills this while the server runs.
    is_rtu : bool
        RTU frames instead of Modbus TCP.
    """

    def __init__(self, devices: Mapping[int, SimulatedDevice], masters: Mapping[int, str], *, is_rtu: bool) -> None:
        self._devices = devices
        self._server = _Server(
            masters,
            [_sim_device(unit_id, device) for unit_id, device in devices.items()],
            framer=FramerType.RTU if is_rtu else FramerType.SOCKET,
            address=("127.0.0.1", 0),
            trace_pdu=self._hear,
        )

    async def start(self) -> int:
        """Begin to listen; returns the port."""
        await self._server.serve_forever(background=True)
        listener: object = self._server.transport
        assert isinstance(listener, asyncio.Server)
        port: int = listener.sockets[0].getsockname()[1]
        return port

    async def stop(self) -> None:
        """Close the listener and every connection."""
        await self._server.shutdown()  # type: ignore[no-untyped-call]  # pymodbus leaves it without types

    def _hear(self, sending: bool, pdu: ModbusPDU) -> ModbusPDU | None:  # noqa: FBT001 - pymodbus calls it so
        if sending:
            return pdu
        device = self._devices.get(pdu.dev_id)
        return None if device is None or device.is_dead else pdu


class _Server(ModbusTcpServer):
    """pymodbus's server, whose answers know which master they are for."""

    def __init__(
        self,
        masters: Mapping[int, str],
        devices: list[SimDevice],
        *,
        framer: FramerType,
        address: tuple[str, int],
        trace_pdu: Callable[[bool, ModbusPDU], ModbusPDU | None],
    ) -> None:
        # pymodbus takes no None for an answer here, but None is what makes the server stay silent
        super().__init__(devices, framer=framer, address=address, trace_pdu=trace_pdu)  # type: ignore[arg-type]
        self.masters = masters

    def callback_new_connection(self) -> ServerRequestHandler:
        """A handler for the connection that has just been made."""
        return _Handler(self, self.trace_packet, self.trace_pdu, self.trace_connect)  # type: ignore[no-untyped-call]


class _Handler(ServerRequestHandler):
    def callback_data(self, data: bytes, addr: tuple[str, int] | None = None) -> int:
        """Take received data; what follows from it runs in a copy of this context."""
        proxy = self.transport.get_extra_info("peername") if isinstance(self.transport, asyncio.Transport) else None
        REQUEST_CAME_FROM.set(self.server.masters.get(proxy[1]) if proxy else None)
        used: int = super().callback_data(data, addr)
        return used


def _sim_device(unit_id: int, device: SimulatedDevice) -> SimDevice:
    return SimDevice(
        id=unit_id,
        simdata=(
            _bit_blocks(device.addresses(Table.COIL)),
            _bit_blocks(device.addresses(Table.DISCRETE)),
            _register_blocks(device.addresses(Table.HOLDING)),
            _register_blocks(device.addresses(Table.INPUT)),
        ),
        action=_action(device),
    )


def _bit_blocks(addresses: set[int]) -> list[SimData]:
    """One block from the first bit to the last; the device itself refuses the bits in between that do not exist."""
    if not addresses:
        return [_UNUSED_BITS]
    first, last = min(addresses), max(addresses)
    return [SimData(first, values=[False] * (last - first + 1), datatype=DataType.BITS)]


def _register_blocks(addresses: set[int]) -> list[SimData]:
    if not addresses:
        return [_UNUSED_REGISTERS]
    ordered = sorted(addresses)
    starts = [ordered[0], *(after for before, after in pairwise(ordered) if after != before + 1)]
    ends = [*(before for before, after in pairwise(ordered) if after != before + 1), ordered[-1]]
    return [
        SimData(start, count=end - start + 1, datatype=DataType.REGISTERS)
        for start, end in zip(starts, ends, strict=True)
    ]


def _action(device: SimulatedDevice) -> SimAction:
    """What pymodbus calls at each request: reads fetch the device's words, writes go through its checks."""

    async def answer(  # noqa: PLR0917 - the arguments are pymodbus's
        function: int, start: int, address: int, count: int, current: list[int], new: list[int] | list[bool] | None
    ) -> ExcCodes | None:
        if new is not None:
            return _refused(device.write(function, address, [int(word) for word in new]))
        if function in _WRITES:
            return None  # pymodbus fetches what it has just stored for the echo
        table = _TABLE_OF_READ.get(function)
        if table is None:
            return ExcCodes.ILLEGAL_FUNCTION
        if table.is_bits:
            bits = device.read_bits(table, address, most=count * _BITS_PER_WORD)
            if isinstance(bits, ExceptionCode):
                return _refused(bits)
            _fill(current, bits, start=start)
            return None
        words = device.read(table, address, count)
        if isinstance(words, ExceptionCode):
            return _refused(words)
        current[address - start : address - start + count] = words
        return None

    return answer


def _fill(current: list[int], bits: Mapping[int, int], *, start: int) -> None:
    """Pack bits into the words that pymodbus keeps them in."""
    for address, bit in bits.items():
        word, position = divmod(address, _BITS_PER_WORD)
        current[word - start] = current[word - start] & ~(1 << position) | bit << position


def _refused(code: ExceptionCode | None) -> ExcCodes | None:
    return None if code is None else ExcCodes(int(code))
