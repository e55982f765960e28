"""A late reply is never taken for the next request's."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.bus.late_replies import Arrival, LateReplies, in_step_reads
from devices.bus.modbus import ModbusBus
from devices.bus.protocol import ReadRequest, WriteRequest
from devices.bus.settings import RtuOverTcpLine, SerialLine
from devices.bus.shapes import ReplyShape, shape_of
from devices.errors import BusClosed, BusError, BusTimeout, DeviceException
from devices.profiles.schema import Table
from tests.devices.bus.virtual_line import Fate, VirtualLine

TIMEOUT_S, HORIZON_S = 0.5, 5.0
FOUR_WORDS = ReplyShape(3, bytes([3, 8]), 10)
TWO_WORDS = ReplyShape(3, bytes([3, 4]), 6)
REPLY_FOUR, REPLY_TWO = bytes([3, 8]) + bytes(8), bytes([3, 4]) + bytes(4)
EXCEPTION = bytes([0x83, 2])


def test_the_only_fitting_request_is_answered():
    """No debt: the frame is the reply."""
    late = LateReplies()
    late.ask(FOUR_WORDS)
    assert late.arrive(3, REPLY_FOUR) is Arrival.ANSWER


def test_an_unanswered_request_blocks_its_shape_until_its_horizon():
    """Neither another shape nor another unit is blocked."""
    late = LateReplies()
    late.ask(FOUR_WORDS)
    late.give_up(until_s=10.0)
    assert late.blocked_until(FOUR_WORDS, 9.9) == 10.0
    assert late.blocked_until(TWO_WORDS, 9.9) is None
    assert late.blocked_until(ReplyShape(4, bytes([3, 8]), 10), 9.9) is None
    assert late.blocked_until(FOUR_WORDS, 10.0) is None


def test_a_late_reply_pays_its_debt():
    """It is told from the reply to the request in flight, which is still waited for."""
    late = LateReplies()
    late.ask(FOUR_WORDS)
    late.give_up(until_s=10.0)
    late.ask(TWO_WORDS)
    assert late.arrive(3, REPLY_FOUR) is Arrival.LATE
    assert late.blocked_until(FOUR_WORDS, 1.0) is None
    assert late.arrive(3, REPLY_TWO) is Arrival.ANSWER


def test_the_reply_to_a_later_request_voids_the_earlier_debts():
    """A unit answers in order."""
    late = LateReplies()
    for shape in (FOUR_WORDS, FOUR_WORDS):
        late.ask(shape)
        late.give_up(until_s=10.0)
    late.ask(TWO_WORDS)
    assert late.arrive(3, REPLY_TWO) is Arrival.ANSWER
    assert late.blocked_until(FOUR_WORDS, 1.0) is None


def test_one_of_two_equal_debts_stays_open_after_one_reply():
    """The reply may be the first one's; the second may still come."""
    late = LateReplies()
    for until_s in (10.0, 11.0):
        late.ask(FOUR_WORDS)
        late.give_up(until_s=until_s)
    assert late.arrive(3, REPLY_FOUR) is Arrival.LATE
    assert late.blocked_until(FOUR_WORDS, 1.0) == 11.0
    assert late.arrive(3, REPLY_FOUR) is Arrival.LATE
    assert late.blocked_until(FOUR_WORDS, 1.0) is None


def test_an_exception_that_two_requests_could_have_met_is_ambiguous():
    """It pays the older debt; the next one of that kind can only be the request's own."""
    late = LateReplies()
    late.ask(FOUR_WORDS)
    late.give_up(until_s=10.0)
    late.ask(TWO_WORDS)
    assert late.arrive(3, EXCEPTION) is Arrival.AMBIGUOUS
    assert late.blocked_until(FOUR_WORDS, 1.0) is None
    assert late.arrive(3, EXCEPTION) is Arrival.ANSWER


def test_a_frame_that_nobody_asked_for_is_unowed():
    """Another unit, a wrong function, a short reply, an empty frame, an exception without a code."""
    late = LateReplies()
    late.ask(FOUR_WORDS)
    wrong = [(4, REPLY_FOUR), (3, bytes([4, 8]) + bytes(8)), (3, REPLY_TWO), (3, bytes([3, 0])), (3, bytes([0x83, 0]))]
    for unit_id, pdu in wrong:
        assert late.arrive(unit_id, pdu) is Arrival.UNOWED
    assert late.arrive(3, REPLY_FOUR) is Arrival.ANSWER


def test_a_reply_after_its_answer_is_unowed():
    """A unit that answers twice."""
    late = LateReplies()
    late.ask(FOUR_WORDS)
    late.arrive(3, REPLY_FOUR)
    assert late.arrive(3, REPLY_FOUR) is Arrival.UNOWED


@pytest.mark.parametrize(
    ("table", "count", "counts"),
    [
        (Table.HOLDING, 6, [4, 2, 5, 3, 1]),
        (Table.INPUT, 5, [3, 1, 4, 2]),
        (Table.HOLDING, 2, [1]),
        (Table.HOLDING, 1, []),
        (Table.COIL, 20, [12, 4]),
        (Table.DISCRETE, 8, []),
    ],
)
def test_a_read_gets_back_in_step_with_shorter_reads_of_the_same_block(table, count, counts):
    """Even steps first; never an address outside the block, and never a shape that is the request's own."""
    request = ReadRequest(3, table, 100, count, 0.5)
    reads = list(in_step_reads(request))
    assert [read.count for read in reads] == counts
    assert {(read.unit_id, read.table, read.address) for read in reads} <= {(3, table, 100)}
    assert shape_of(request) not in [shape_of(read) for read in reads]


@pytest.mark.parametrize(
    ("function", "table"), [(5, Table.COIL), (15, Table.COIL), (6, Table.HOLDING), (16, Table.HOLDING)]
)
def test_a_write_gets_back_in_step_by_reading_what_it_will_write(function, table):
    """One address, the first."""
    assert list(in_step_reads(WriteRequest(3, function, 7, (1,), 0.5))) == [ReadRequest(3, table, 7, 1, 0.5)]


# ------------------------------------------------------------------------------------------------------ in virtual time

FATES = st.builds(
    Fate,
    delay_s=st.one_of(
        st.floats(0.0, 0.4), st.floats(0.4, 1.2), st.floats(0.0, HORIZON_S), st.just(0.0), st.just(TIMEOUT_S)
    ),
    kind=st.sampled_from(
        [*["answered"] * 6, "exception", "request lost", "reply lost", "spoiled", "noise before", "cut"]
    ),
)
READS = st.builds(
    ReadRequest,
    unit_id=st.sampled_from([3, 4]),
    table=st.sampled_from([Table.HOLDING, Table.HOLDING, Table.INPUT, Table.COIL]),
    address=st.sampled_from([0, 10]),
    count=st.sampled_from([1, 2, 3, 4, 9]),
    timeout_s=st.just(TIMEOUT_S),
)
WRITES = st.builds(
    WriteRequest,
    unit_id=st.sampled_from([3, 4]),
    function=st.sampled_from([5, 6, 16]),
    address=st.sampled_from([0, 10]),
    values=st.sampled_from([(0,), (1,)]),
    timeout_s=st.just(TIMEOUT_S),
)
STEPS = st.lists(
    st.tuples(st.sampled_from([0.0, 0.0, 0.01, 0.3, 1.0, 6.0]), st.one_of(READS, READS, WRITES), FATES), max_size=40
)


@settings(max_examples=400, deadline=None)
@given(steps=STEPS, serial=st.booleans())
def test_what_is_handed_on_answers_the_very_request_that_was_sent(steps, serial):
    """Ordered slaves with delays up to the horizon, losses, spoiled frames, reconnects: reads, writes, exceptions."""
    wire = VirtualLine()
    line = (
        SerialLine("s", "/dev/null", reply_horizon_s=HORIZON_S)
        if serial
        else RtuOverTcpLine("g", "gateway", reply_horizon_s=HORIZON_S)
    )
    bus = ModbusBus(line, connection=wire, monotonic=wire.monotonic, sleep=wire.sleep)
    for pause_s, request, fate in steps:
        wire.now_s += pause_s
        wire.fate = fate
        try:
            if isinstance(request, WriteRequest):
                bus.write(request)
            else:
                got = bus.read(request).tolist()
                bits = request.table.is_bits
                assert got == (wire.expected_bits if bits else wire.expected_words)(request.count)
        except DeviceException:
            assert fate.kind == "exception"
        except BusError:
            continue
        assert wire.sent in wire.delivered
    assert wire.shortest_silence_s >= (3.5 * 10 / 9600 if serial else 0.005) - 1e-9


@settings(max_examples=200, deadline=None)
@given(steps=STEPS)
def test_a_unit_that_behaves_again_is_read_within_two_tries_after_the_horizon(steps):
    """However bad it was: debts lapse, and nothing that is left on the line keeps a value away."""
    wire = VirtualLine()
    line = RtuOverTcpLine("g", "gateway", reply_horizon_s=HORIZON_S)
    bus = ModbusBus(line, connection=wire, monotonic=wire.monotonic, sleep=wire.sleep)
    for pause_s, request, fate in steps:
        wire.now_s += pause_s
        wire.fate = fate
        with contextlib.suppress(BusError):
            bus.write(request) if isinstance(request, WriteRequest) else bus.read(request)
    wire.now_s += HORIZON_S + TIMEOUT_S
    wire.fate = Fate(0.01, "answered")
    for unit_id in (3, 4):
        assert bus.read(ReadRequest(unit_id, Table.HOLDING, 0, 1, TIMEOUT_S)).tolist() == wire.expected_words(1)


def test_a_dead_unit_costs_one_time_out_per_try():
    """Getting back in step with a unit that does not answer costs no more than asking it."""
    wire = VirtualLine()
    wire.fate = Fate(0.0, "request lost")
    line = RtuOverTcpLine("g", "gateway", inter_frame_gap_s=0.0, silent_limit=100)
    bus = ModbusBus(line, connection=wire, monotonic=wire.monotonic, sleep=wire.sleep)
    bus.connect()
    wire.sleep(1.0)
    started_s = wire.now_s
    for attempt in range(1, 15):
        with pytest.raises(BusError):
            bus.read(ReadRequest(3, Table.HOLDING, 0, 1, TIMEOUT_S))
        assert wire.now_s - started_s == pytest.approx(attempt * TIMEOUT_S)
        assert wire.sent == attempt


@pytest.mark.parametrize(
    ("timeout_s", "horizon_s", "lapses_after_s"), [(0.5, None, 5.0), (2.0, None, 20.0), (0.5, 1.0, 1.0)]
)
def test_a_debt_lapses_at_its_horizon(timeout_s, horizon_s, lapses_after_s):
    """Ten time-outs but at least 5 s, or what the line says; then the same request goes out without a proof before."""
    for early in (True, False):
        wire = VirtualLine()
        line = RtuOverTcpLine("g", "gateway", reply_horizon_s=horizon_s)
        bus = ModbusBus(line, connection=wire, monotonic=wire.monotonic, sleep=wire.sleep)
        wire.fate = Fate(0.0, "request lost")
        with pytest.raises(BusTimeout):
            bus.read(ReadRequest(3, Table.HOLDING, 0, 4, timeout_s))
        wire.sleep(lapses_after_s + (-0.1 if early else 0.1))
        wire.fate = Fate(0.0, "answered")
        bus.read(ReadRequest(3, Table.HOLDING, 0, 4, timeout_s))
        assert wire.sent == (3 if early else 2)


def test_a_late_reply_that_came_between_two_requests_leaves_nothing_owed():
    """It is heard before the next request, which then needs no proof that the unit is in step."""
    wire = VirtualLine()
    bus = ModbusBus(RtuOverTcpLine("g", "gateway"), connection=wire, monotonic=wire.monotonic, sleep=wire.sleep)
    wire.fate = Fate(TIMEOUT_S + 0.2, "answered")
    with pytest.raises(BusTimeout):
        bus.read(ReadRequest(3, Table.HOLDING, 0, 4, TIMEOUT_S))
    wire.sleep(1.0)
    wire.fate = Fate(0.0, "answered")
    assert bus.read(ReadRequest(3, Table.HOLDING, 0, 4, TIMEOUT_S)).tolist() == wire.expected_words(4)
    assert wire.sent == 2


def test_replies_that_a_serial_server_kept_are_heard_before_it_is_asked_again():
    """They come on the next connection, older than any horizon, and in the shape of the next request."""
    wire = VirtualLine()
    line = RtuOverTcpLine("g", "gateway", reply_horizon_s=HORIZON_S)
    bus = ModbusBus(line, connection=wire, monotonic=wire.monotonic, sleep=wire.sleep)
    wire.fate = Fate(1.0, "answered")
    with pytest.raises(BusTimeout):
        bus.read(ReadRequest(3, Table.HOLDING, 0, 4, TIMEOUT_S))
    bus.close()
    wire.sleep(60.0)
    wire.fate = Fate(0.0, "answered")
    assert bus.read(ReadRequest(3, Table.HOLDING, 10, 4, TIMEOUT_S)).tolist() == wire.expected_words(4)


def test_a_dead_unit_does_not_block_its_neighbor():
    """Debts are those of one unit."""
    wire = VirtualLine()
    bus = ModbusBus(RtuOverTcpLine("g", "gateway"), connection=wire, monotonic=wire.monotonic, sleep=wire.sleep)
    wire.fate = Fate(0.0, "request lost")
    with pytest.raises(BusTimeout):
        bus.read(ReadRequest(3, Table.HOLDING, 0, 4, TIMEOUT_S))
    wire.fate = Fate(0.0, "answered")
    assert bus.read(ReadRequest(4, Table.HOLDING, 0, 4, TIMEOUT_S)).tolist() == wire.expected_words(4)
    assert wire.sent == 2


def test_a_connection_that_breaks_after_sending_leaves_a_debt():
    """The serial server may have passed the request on."""
    wire = VirtualLine()
    bus = ModbusBus(RtuOverTcpLine("g", "gateway"), connection=wire, monotonic=wire.monotonic, sleep=wire.sleep)
    wire.fate = Fate(0.0, "cut")
    with pytest.raises(BusClosed):
        bus.read(ReadRequest(3, Table.HOLDING, 0, 4, TIMEOUT_S))
    wire.fate = Fate(0.0, "answered")
    assert bus.read(ReadRequest(3, Table.HOLDING, 0, 4, TIMEOUT_S)).tolist() == wire.expected_words(4)
    assert wire.sent == 3  # the first, one to get back in step, and the read itself
