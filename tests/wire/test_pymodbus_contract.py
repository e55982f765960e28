"""What the bus takes for granted about pymodbus. A new version that breaks one of these must not go unseen."""

from __future__ import annotations

import pytest
from pymodbus.framer import FramerType

from devices.bus.modbus import _HoldingRegistersReply, _message, _WireClient
from devices.bus.protocol import ReadRequest, WriteRequest
from devices.profiles.schema import Table


class OneReply:
    """A dialog that gives one frame."""

    def __init__(self, reply: bytes) -> None:
        self.reply, self.sent, self.received = reply, [], 0

    def send(self, frame: bytes) -> None:
        self.sent.append(frame)

    def receive(self) -> bytes:
        self.received += 1
        return self.reply


# The specification's example of function 3 (V1.1b3, 6.3), in both framings, for unit 17; CRC as in test_rtu_input.
@pytest.mark.parametrize(
    ("framer", "request_", "reply"),
    [
        (FramerType.SOCKET, "00 01 00 00 00 06 11 03 00 6B 00 03", "00 01 00 00 00 09 11 03 06 02 2B 00 00 00 64"),
        (FramerType.RTU, "11 03 00 6B 00 03 76 87", "11 03 06 02 2B 00 00 00 64 C8 BA"),
    ],
)
def test_a_request_is_one_send_and_one_receive_of_a_whole_frame(framer, request_, reply):
    """No retry, no second read, our own reply class."""
    dialog = OneReply(bytes.fromhex(reply))
    answer = _WireClient(dialog, framer).execute(False, _message(ReadRequest(17, Table.HOLDING, 0x6B, 3, 1.0)))
    assert dialog.sent == [bytes.fromhex(request_)]
    assert dialog.received == 1
    assert isinstance(answer, _HoldingRegistersReply)
    assert answer.payload.hex(" ").upper() == "02 2B 00 00 00 64"


@pytest.mark.parametrize(
    "request_",
    [
        *(ReadRequest(17, table, 0x6B, 3, 1.0) for table in Table),
        WriteRequest(17, 5, 0x6B, (1,), 1.0),
        WriteRequest(17, 6, 0x6B, (0x1234,), 1.0),
        WriteRequest(17, 15, 0x6B, (1, 0, 1), 1.0),
        WriteRequest(17, 16, 0x6B, (1, 2, 3), 1.0),
    ],
)
def test_a_message_may_be_sent_any_number_of_times(request_):
    """The bus keeps messages. Sending one leaves nothing behind in it."""

    class Deaf(OneReply):
        def receive(self) -> bytes:
            raise LookupError

    message, dialog = _message(request_), Deaf(b"")
    client = _WireClient(dialog, FramerType.RTU)
    for _ in range(3):
        with pytest.raises(LookupError):
            client.execute(False, message)
    assert dialog.sent == [client.framer.buildFrame(_message(request_))] * 3


def test_an_error_of_ours_passes_through_untouched():
    """pymodbus retries and logs on TimeoutError; a BusError is none."""

    class Angry(OneReply):
        def receive(self) -> bytes:
            self.received += 1
            raise LookupError("ours")

    dialog = Angry(b"")
    with pytest.raises(LookupError, match="ours"):
        _WireClient(dialog, FramerType.RTU).execute(False, _message(WriteRequest(3, 6, 1, (3,), 1.0)))
    assert (len(dialog.sent), dialog.received) == (1, 1)


def test_the_reply_classes_of_one_client_are_not_those_of_the_library():
    """The simulator's servers in the same process keep pymodbus's own."""
    from pymodbus.pdu import DecodePDU

    _WireClient(OneReply(b""), FramerType.SOCKET)
    assert DecodePDU.pdu_table[3][1].__module__.startswith("pymodbus.")


@pytest.mark.parametrize(
    ("request_", "pdu"),
    [
        (WriteRequest(1, 5, 0xAC, (1,), 1), "05 00 AC FF 00"),
        (WriteRequest(1, 6, 1, (3,), 1), "06 00 01 00 03"),
        (WriteRequest(1, 15, 0x13, (1, 0, 1, 1, 0, 0, 1, 1, 1, 0), 1), "0F 00 13 00 0A 02 CD 01"),
        (WriteRequest(1, 16, 1, (0x0A, 0x0102), 1), "10 00 01 00 02 04 00 0A 01 02"),
        (ReadRequest(1, Table.COIL, 0x13, 0x13, 1), "01 00 13 00 13"),
        (ReadRequest(1, Table.DISCRETE, 0xC4, 0x16, 1), "02 00 C4 00 16"),
        (ReadRequest(1, Table.INPUT, 8, 1, 1), "04 00 08 00 01"),
    ],
)
def test_requests_are_encoded_as_the_specification_shows(request_, pdu):
    """Examples of V1.1b3, 6.1 to 6.12; bit order of coils has changed between versions of pymodbus."""
    message = _message(request_)
    assert (bytes([message.function_code]) + message.encode()).hex(" ").upper() == pdu
