"""The bus over pymodbus: Modbus TCP, RTU over TCP and RTU on a serial port.

pymodbus supplies the messages, their framing and transaction ids. It does not supply what keeps wrong values out: it
accepts replies with a wrong function or too few registers, hands a late RTU reply to the next request, repeats writes,
and leaves no silence between RTU frames. So its client gets its bytes from a ``Dialog``, which lets one frame through:
the checked reply to the request in flight.

This is the only module that imports pymodbus's client.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import lru_cache

import numpy as np
from pymodbus.client.base import ModbusBaseSyncClient
from pymodbus.exceptions import ModbusException
from pymodbus.framer import FramerRTU, FramerType
from pymodbus.pdu import ModbusPDU
from pymodbus.pdu.bit_message import (
    ReadCoilsRequest,
    ReadCoilsResponse,
    ReadDiscreteInputsRequest,
    ReadDiscreteInputsResponse,
    WriteMultipleCoilsRequest,
    WriteSingleCoilRequest,
)
from pymodbus.pdu.diag_message import ReturnQueryDataRequest
from pymodbus.pdu.register_message import (
    ReadHoldingRegistersRequest,
    ReadHoldingRegistersResponse,
    ReadInputRegistersRequest,
    ReadInputRegistersResponse,
    WriteMultipleRegistersRequest,
    WriteSingleRegisterRequest,
)
from pymodbus.transport import CommParams, CommType

from devices.bus.connections import Connection, SerialConnection, TcpConnection
from devices.bus.dialogs import Dialog, MbapDialog, RtuDialog
from devices.bus.late_replies import in_step_reads
from devices.bus.protocol import ReadRequest, Words, WriteRequest
from devices.bus.settings import LineSettings, SerialLine, TcpLine, legal_unit_ids
from devices.bus.shapes import ReplyShape, check_request, echo_shape, shape_of
from devices.errors import BadReply, BusTimeout, DeviceException, ReplyPending
from devices.profiles.schema import Table

_PREPARED_KEPT = 1000
"""A line asks the same again and again; this is far more than the block reads of one line."""
_READ_MESSAGES: dict[Table, type[ModbusPDU]] = {
    Table.COIL: ReadCoilsRequest,
    Table.DISCRETE: ReadDiscreteInputsRequest,
    Table.HOLDING: ReadHoldingRegistersRequest,
    Table.INPUT: ReadInputRegistersRequest,
}


def _nothing() -> None:
    """For what needs no check."""


class ModbusBus:
    """One line, used by one thread.

    Parameters
    ----------
    line : TcpLine, RtuOverTcpLine or SerialLine
        Where the peer stands and how it is framed.
    connection : Connection or None
        The byte stream, if it is not the one that ``line`` describes.
    before_write : callable
        Called as the last thing before a write goes to the wire, when the line is open and silent; raises ``LeaseLost``
        if this process may not write. Nothing is sent then.
    monotonic, sleep : callable
        Clock and pause. [s]
    """

    def __init__(
        self,
        line: LineSettings,
        *,
        connection: Connection | None = None,
        before_write: Callable[[], None] = _nothing,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._unit_ids = legal_unit_ids(line)
        self._prepared = lru_cache(maxsize=_PREPARED_KEPT)(self._prepare)
        self._before_write = before_write
        self._monotonic = monotonic
        self._echo_token = 0
        if connection is None:
            connection = SerialConnection(line) if isinstance(line, SerialLine) else TcpConnection(line)
        self._connection = connection
        self._dialog: Dialog
        if isinstance(line, TcpLine):
            self._dialog = MbapDialog(connection, line, monotonic=monotonic)
        else:
            self._dialog = RtuDialog(connection, line, monotonic=monotonic, sleep=sleep)
        self._client = _WireClient(self._dialog, FramerType.SOCKET if isinstance(line, TcpLine) else FramerType.RTU)

    def connect(self) -> None:
        """Open the connection if it is not open."""
        self._dialog.open()

    def close(self) -> None:
        """Close the connection; the next request opens it again."""
        self._connection.close()

    def read(self, request: ReadRequest) -> Words:
        """Words of the reply, checked: right unit, function and count."""
        reply = self._exchange(request)
        assert isinstance(reply, _ReadReply)
        if request.table.is_bits:
            bits = np.frombuffer(reply.payload, dtype=np.uint8)
            return np.unpackbits(bits, count=request.count, bitorder="little").astype(np.uint16)
        return np.frombuffer(reply.payload, dtype=">u2").astype(np.uint16)

    def write(self, request: WriteRequest) -> None:
        """Send a write once and check the acknowledgement."""
        self._exchange(request, before_send=self._before_write)

    def _exchange(
        self, request: ReadRequest | WriteRequest, *, before_send: Callable[[], None] = _nothing
    ) -> ModbusPDU:
        message, shape = self._prepared(request)
        self._dialog.listen(request.unit_id)
        if self._dialog.blocked_until(shape) is not None:
            self._get_in_step(request, shape)
        return self._ask(message, shape, request.timeout_s, before_send=before_send)

    def _prepare(self, request: ReadRequest | WriteRequest) -> tuple[ModbusPDU, ReplyShape]:
        """The request as pymodbus encodes it, which may be sent any number of times, and what its reply looks like."""
        check_request(request, self._unit_ids)
        return _message(request), shape_of(request)

    def _get_in_step(self, request: ReadRequest | WriteRequest, shape: ReplyShape) -> None:
        """Ask the unit something else, whose reply proves that the earlier ones will not come any more.

        Raises
        ------
        ReplyPending
            If the unit did not answer that either. The request itself was not sent.
        """
        for substitute in in_step_reads(request):
            probe_shape = shape_of(substitute)
            if self._dialog.blocked_until(probe_shape) is None:
                message = _message(substitute)
                break
        else:
            self._echo_token = (self._echo_token + 1) & 0xFFFF
            probe_shape = echo_shape(request.unit_id, self._echo_token)
            message = ReturnQueryDataRequest(self._echo_token, dev_id=request.unit_id)
        try:
            self._ask(message, probe_shape, request.timeout_s)
        except DeviceException:
            pass  # An answer as good as any: it is the answer to this request.
        except (BusTimeout, BadReply) as error:
            until_s = self._dialog.blocked_until(shape)
            wait_s = 0.0 if until_s is None else until_s - self._monotonic()
            raise ReplyPending(request.unit_id, wait_s) from error
        self._dialog.listen(request.unit_id)

    def _ask(
        self,
        message: ModbusPDU,
        shape: ReplyShape,
        timeout_s: float,
        *,
        before_send: Callable[[], None] = _nothing,
    ) -> ModbusPDU:
        """Send one message and return the checked reply to it."""
        self._dialog.expect(shape, timeout_s)
        self._client.before_send = before_send
        try:
            reply = self._client.execute(False, message)  # noqa: FBT003  pymodbus names it no_response_expected
        except ModbusException as error:
            raise BadReply(shape.unit_id, f"pymodbus cannot decode the reply: {error}") from error
        finally:
            self._dialog.finish()
        if reply.isError():
            raise DeviceException(shape.unit_id, shape.function, reply.exception_code)
        return reply


def _message(request: ReadRequest | WriteRequest) -> ModbusPDU:
    """The request as pymodbus encodes it."""
    unit_id, address = request.unit_id, request.address
    if isinstance(request, ReadRequest):
        return _READ_MESSAGES[request.table](dev_id=unit_id, address=address, count=request.count)
    values = list(request.values)
    match request.function:
        case 5:
            return WriteSingleCoilRequest(dev_id=unit_id, address=address, bits=[bool(values[0])])
        case 6:
            return WriteSingleRegisterRequest(dev_id=unit_id, address=address, registers=values)
        case 15:
            return WriteMultipleCoilsRequest(dev_id=unit_id, address=address, bits=[bool(bit) for bit in values])
        case _:
            return WriteMultipleRegistersRequest(dev_id=unit_id, address=address, registers=values)


class _WireClient(ModbusBaseSyncClient):
    """pymodbus's blocking client on the bytes of a dialog.

    The dialog connects, keeps the time-out and raises our own errors, which pass through pymodbus untouched. Its
    ``recv`` returns one whole, checked frame, so pymodbus never waits, retries, drops or logs anything.
    """

    def __init__(self, dialog: Dialog, framer: FramerType) -> None:
        comm_type = CommType.TCP if framer is FramerType.SOCKET else CommType.SERIAL
        super().__init__(framer, 0, CommParams(comm_type=comm_type, timeout_connect=1.0), None, None, None)
        self._dialog = dialog
        self.before_send = _nothing
        if framer is FramerType.RTU:
            self.framer = self.transaction.framer = _CheckedRtuFramer(self.framer.decoder)
        for reply in (_CoilsReply, _DiscreteInputsReply, _HoldingRegistersReply, _InputRegistersReply):
            self.register(reply)

    def connect(self) -> bool:
        """Nothing to do: the dialog connects before the request."""
        return True

    def send(self, request: bytes, addr: tuple[str, int] | None = None) -> int:  # noqa: ARG002  pymodbus's signature
        """Send one request."""
        self.before_send()
        self._dialog.send(request)
        return len(request)

    def recv(self, size: int | None) -> bytes:  # noqa: ARG002  pymodbus's signature
        """One whole frame: the reply."""
        return self._dialog.receive()


class _CheckedRtuFramer(FramerRTU):
    """RTU framing that does not compute the checksum of a reply once more: only a right one leaves the dialog."""

    def decode(self, data: bytes) -> tuple[int, int, int, bytes]:
        """Bytes used, unit id, no transaction id, and the PDU of one whole frame."""
        return len(data), data[0], 0, data[1:-2]


class _ReadReply(ModbusPDU):
    """A read reply that keeps its payload as it came.

    pymodbus would make a Python list of numbers, and a text of them for a debug line that nobody reads; both cost more
    than the exchange of a full block on a loopback.
    """

    payload: bytes = b""

    def decode(self, data: bytes) -> None:
        """Keep what stands behind the byte count."""
        self.payload = data[1:]

    def __str__(self) -> str:
        return type(self).__name__


class _CoilsReply(_ReadReply, ReadCoilsResponse):
    pass


class _DiscreteInputsReply(_ReadReply, ReadDiscreteInputsResponse):
    pass


class _HoldingRegistersReply(_ReadReply, ReadHoldingRegistersResponse):
    pass


class _InputRegistersReply(_ReadReply, ReadInputRegistersResponse):
    pass
