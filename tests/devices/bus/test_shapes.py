"""What a reply must look like, and what is never sent."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.bus.protocol import ReadRequest, WriteRequest
from devices.bus.shapes import check_request, echo_shape, request_length, shape_of
from devices.modbus_limits import RTU_UNIT_IDS, TCP_UNIT_IDS
from devices.profiles.schema import Table

# Request and reply PDUs from the examples of the MODBUS Application Protocol Specification V1.1b3, 6.1 to 6.12.
EXAMPLES = [
    (ReadRequest(1, Table.COIL, 0x13, 0x13, 1), "01 03 CD 6B 05"),
    (ReadRequest(1, Table.DISCRETE, 0xC4, 0x16, 1), "02 03 AC DB 35"),
    (ReadRequest(1, Table.HOLDING, 0x6B, 3, 1), "03 06 02 2B 00 00 00 64"),
    (ReadRequest(1, Table.INPUT, 8, 1, 1), "04 02 00 0A"),
    (WriteRequest(1, 5, 0xAC, (1,), 1), "05 00 AC FF 00"),
    (WriteRequest(1, 6, 1, (3,), 1), "06 00 01 00 03"),
    (WriteRequest(1, 15, 0x13, (1, 0, 1, 1, 0, 0, 1, 1, 1, 0), 1), "0F 00 13 00 0A"),
    (WriteRequest(1, 16, 1, (0x0A, 0x0102), 1), "10 00 01 00 02"),
]


@pytest.mark.parametrize(("request_", "reply"), EXAMPLES, ids=lambda value: value if isinstance(value, str) else "")
def test_the_specifications_own_replies_fit(request_, reply):
    """And no other unit's, and none that is a byte shorter or longer."""
    shape, pdu = shape_of(request_), bytes.fromhex(reply)
    assert shape.is_met_by(1, pdu)
    assert not shape.is_met_by(2, pdu)
    assert not shape.is_met_by(1, pdu[:-1])
    assert not shape.is_met_by(1, pdu + b"\0")
    assert not shape.is_refused_by(1, pdu)


@pytest.mark.parametrize(("request_", "reply"), EXAMPLES, ids=lambda value: value if isinstance(value, str) else "")
def test_an_exception_fits_the_function_it_names(request_, reply):
    """A code of 0, another function or another unit does not."""
    shape, function = shape_of(request_), int(reply[:2], 16)
    assert shape.function == function
    assert shape.is_refused_by(1, bytes([0x80 | function, 2]))
    assert not shape.is_refused_by(1, bytes([0x80 | function, 0]))
    assert not shape.is_refused_by(1, bytes([0x80 | (function ^ 1), 2]))
    assert not shape.is_refused_by(2, bytes([0x80 | function, 2]))
    assert not shape.is_met_by(1, bytes([0x80 | function, 2]))


@given(st.binary(max_size=12))
def test_only_bytes_that_fit_both_ways_are_accepted(pdu):
    """Whatever comes, an accepted PDU has the asked function, byte count and length."""
    shape = shape_of(ReadRequest(3, Table.HOLDING, 0, 2, 1))
    assert shape.is_met_by(3, pdu) == (len(pdu) == 6 and pdu[0] == 3 and pdu[1] == 4)


def test_writes_that_differ_have_shapes_that_differ():
    """Address and value are part of the echo; so are address and count of a block."""
    writes = [(5, 0, (0,)), (5, 0, (1,)), (5, 1, (1,)), (6, 0, (0,)), (6, 0, (1,))]
    writes += [(16, 0, (1,)), (16, 0, (1, 2)), (15, 0, (1,))]
    shapes = {shape_of(WriteRequest(3, function, address, values, 1)) for function, address, values in writes}
    assert len(shapes) == 8
    assert shape_of(WriteRequest(3, 16, 0, (1, 2), 1)) == shape_of(WriteRequest(3, 16, 0, (7, 8), 1))
    assert echo_shape(3, 1) != echo_shape(3, 2)


@pytest.mark.parametrize(
    ("pdu", "unit_id", "says"),
    [
        (bytes([3, 4, 0, 0, 0, 0]), 4, "unit 4 answered"),
        (b"", 3, "empty"),
        (bytes([4, 4, 0, 0, 0, 0]), 3, "function 3, answered with 4"),
        (bytes([0x84, 2]), 3, "function 3, answered with 132"),
        (bytes([3, 2, 0, 0]), 3, "has 4 bytes instead of 6"),
        (bytes([3, 6, 0, 0, 0, 0]), 3, "begins with 03 06 instead of 03 04"),
    ],
)
def test_a_wrong_reply_is_described(pdu, unit_id, says):
    assert says in shape_of(ReadRequest(3, Table.HOLDING, 0, 2, 1)).fault_of(unit_id, pdu)


@pytest.mark.parametrize(
    ("request_", "length"),
    [
        (ReadRequest(1, Table.HOLDING, 0, 125, 1), 5),
        (WriteRequest(1, 5, 0, (1,), 1), 5),
        (WriteRequest(1, 6, 0, (1,), 1), 5),
        (WriteRequest(1, 15, 0, (1,) * 9, 1), 8),
        (WriteRequest(1, 16, 0, (1,) * 3, 1), 12),
    ],
)
def test_request_lengths_are_those_of_the_specification(request_, length):
    assert request_length(request_) == length


def test_unit_ids_at_their_limits():
    """RTU 1 to 247 and 254, TCP 1 to 255."""
    assert [unit for unit in range(300) if unit in RTU_UNIT_IDS] == [*range(1, 248), 254]
    assert [unit for unit in range(300) if unit in TCP_UNIT_IDS] == [*range(1, 256)]


@pytest.mark.parametrize(
    ("request_", "says"),
    [
        (ReadRequest(0, Table.HOLDING, 0, 1, 1), "unit id 0 is not a unit of this line"),
        (ReadRequest(3, Table.HOLDING, 0, 126, 1), "unit 3, holding: count 126 is outside 1 to 125"),
        (ReadRequest(3, Table.COIL, 0, 0, 1), "unit 3, coil: count 0 is outside 1 to 2000"),
        (ReadRequest(3, Table.INPUT, 65535, 2, 1), "address 65535 with count 2 is outside 0 to 65535"),
        (WriteRequest(3, 16, 0, (0,) * 124, 1), "function 16: count 124 is outside 1 to 123"),
        (WriteRequest(3, 6, 0, (65536,), 1), "value 65536 is outside 0 to 65535"),
        (WriteRequest(3, 15, 0, (1, 2), 1), "value 2 is outside 0 to 1"),
        (WriteRequest(3, 4, 0, (1,), 1), "function 4 is no write"),
    ],
)
def test_what_the_protocol_cannot_say_is_refused_with_the_facts(request_, says):
    with pytest.raises(ValueError, match=says):
        check_request(request_, RTU_UNIT_IDS)


@pytest.mark.parametrize("request_", [request_ for request_, _reply in EXAMPLES], ids=repr)
def test_the_specifications_own_requests_may_be_sent(request_):
    check_request(request_, RTU_UNIT_IDS)
