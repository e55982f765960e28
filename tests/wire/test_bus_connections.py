"""Connections that are refused, break, die silently or come back, and what a bus refuses to send."""

from __future__ import annotations

import os
import pty
import socket
import threading
from pathlib import Path

import pytest
import serial

from devices.bus.modbus import ModbusBus
from devices.bus.protocol import ReadRequest, WriteRequest
from devices.bus.settings import Parity, RtuOverTcpLine, SerialLine, TcpLine
from devices.errors import BadReply, BusClosed, BusError, BusTimeout
from devices.profiles.schema import Table
from tests.wire import behaviors as does
from tests.wire.behaviors import MBAP, RTU
from tests.wire.conftest import LONG_S, TIMEOUT_S, Wire
from tests.wire.fault_peer import PtyPeer, TcpPeer

ASK = ReadRequest(3, Table.HOLDING, 0, 4, LONG_S)


@pytest.fixture(params=["tcp", "rtu-over-tcp"])
def socket_wire(request, make_wire) -> Wire:
    """Both kinds of line that end at a TCP port."""
    return make_wire(request.param)


def test_a_refused_first_connection_is_closed_and_the_next_try_succeeds(socket_wire: Wire):
    """The peer is off when the base starts. Bare pymodbus's asynchronous client would never try again."""
    socket_wire.peer.stop()
    with pytest.raises(BusClosed, match=r"127\.0\.0\.1:\d+ cannot be connected to: Connection refused"):
        socket_wire.bus.connect()
    with pytest.raises(BusClosed, match="refused"):
        socket_wire.bus.read(ASK)
    socket_wire.peer.start()
    socket_wire.bus.connect()
    assert socket_wire.read() == socket_wire.true()


def test_a_restarted_peer_is_called_again_within_the_next_request(socket_wire: Wire):
    """The old connection ended while nothing was asked, so nothing is lost by asking on a new one."""
    assert socket_wire.read() == socket_wire.true()
    socket_wire.peer.stop()
    socket_wire.peer.start()
    assert socket_wire.read() == socket_wire.true()
    assert len(socket_wire.peer.requests) == 2


def test_a_long_outage_costs_one_refusal_per_try_and_ends_with_it(socket_wire: Wire):
    """However often the line is tried in vain, the first try after the outage gives values."""
    assert socket_wire.read() == socket_wire.true()
    socket_wire.peer.stop()
    for _ in range(50):
        with pytest.raises(BusClosed):
            socket_wire.bus.read(ASK)
    socket_wire.peer.start()
    assert socket_wire.read() == socket_wire.true()


def test_a_half_open_link_is_given_up_after_three_silent_requests(socket_wire: Wire):
    """The peer stopped reading and answering without closing: a pulled cable. A new connection works."""
    wire = socket_wire
    wire.peer.script(does.deaf)
    for address in (0, 40, 80):
        with pytest.raises(BusTimeout):
            wire.read(address, 4 + address // 40, timeout_s=TIMEOUT_S)
    assert wire.peer.accepted == 1
    assert wire.read(120, 7) == wire.true(120, 7)
    assert wire.peer.accepted == 2


def test_a_unit_that_answers_keeps_the_connection_of_a_silent_neighbor(socket_wire: Wire):
    """Silence counts only while no unit of the line answers."""
    wire = socket_wire
    for turn in range(4):
        wire.peer.script(does.silent, does.normal)
        with pytest.raises(BusError):
            wire.read(0, 4 + turn, unit_id=9, timeout_s=TIMEOUT_S)
        assert wire.read(0, 4, unit_id=3) == wire.true(0, 4)
    assert wire.peer.accepted == 1


def test_a_peer_that_is_slow_to_accept_is_waited_for(request):
    """The connection stands in the kernel before the peer accepts it; the first reply comes a little later."""
    with TcpPeer(MBAP, accept_delay_s=0.1) as peer:
        bus = ModbusBus(TcpLine("slow", "127.0.0.1", peer.port))
        request.addfinalizer(bus.close)
        assert bus.read(ASK).tolist() == [peer.value(3, 3, place) for place in range(4)]


def test_a_peer_that_never_answers_a_connection_is_closed_in_time():
    """A full backlog looks like a host behind a dead switch: no refusal, only silence."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            bus = ModbusBus(TcpLine("full", "127.0.0.1", port, connect_timeout_s=0.1))
            with pytest.raises(BusClosed, match=r"did not answer within 0\.1 s"):
                bus.connect()


def test_a_host_without_an_address_is_closed_with_its_name():
    """A wrong host name in the base file."""
    bus = ModbusBus(TcpLine("nowhere", "no.such.host.invalid"))
    with pytest.raises(BusClosed, match=r"no\.such\.host\.invalid:502 cannot be connected to"):
        bus.connect()


def test_a_stream_out_of_step_is_left_before_the_next_request(tcp: Wire):
    """Garbage that comes after a reply spoils the stream: the next request goes out on a new connection."""

    def act(exchange):
        yield exchange.right + b"\xff" * 30

    tcp.peer.script(does.Behavior("garbage after", act))
    assert tcp.read() == tcp.true()
    assert tcp.read(40) == tcp.true(40)
    assert tcp.read(80) == tcp.true(80)
    assert len(tcp.peer.requests) == 3


def test_tcp_probes_an_idle_link(tcp: Wire):
    """Keep-alive, a limit on unacknowledged bytes, and no delay for small requests."""
    tcp.bus.connect()
    opened = tcp.bus._connection._socket
    tcp_level = socket.IPPROTO_TCP
    assert opened.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
    assert opened.getsockopt(tcp_level, socket.TCP_KEEPIDLE) == 10
    assert opened.getsockopt(tcp_level, socket.TCP_KEEPINTVL) == 5
    assert opened.getsockopt(tcp_level, socket.TCP_KEEPCNT) == 3
    assert opened.getsockopt(tcp_level, socket.TCP_USER_TIMEOUT) == 10_000
    assert opened.getsockopt(tcp_level, socket.TCP_NODELAY) == 1


def test_connections_leave_no_descriptor_open_after_them():
    """Neither refused nor closed ones; a leak would end the process after some hours without the peer."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(8)
        bus = ModbusBus(RtuOverTcpLine("g", *listener.getsockname()))
        before = sorted(Path("/proc/self/fd").iterdir())
        for _ in range(3):
            bus.connect()
            assert len(list(Path("/proc/self/fd").iterdir())) == len(before) + 1
            bus.close()
            bus.close()
        assert sorted(Path("/proc/self/fd").iterdir()) == before
    for _ in range(3):
        with pytest.raises(BusClosed):
            bus.connect()
    assert len(list(Path("/proc/self/fd").iterdir())) == len(before) - 1


# --------------------------------------------------------------------------------------------------------- serial ports


def test_a_missing_serial_port_is_named_with_what_to_look_at():
    """The adapter is not plugged in."""
    bus = ModbusBus(SerialLine("s1", "/dev/ttyUSB-not-there"))
    with pytest.raises(BusClosed, match=r"serial port /dev/ttyUSB-not-there does not exist.*plugged in"):
        bus.read(ASK)


def test_a_serial_port_that_another_program_holds_is_named():
    """Two programs on one port would take each other's replies."""
    with PtyPeer() as peer, serial.Serial(peer.path, exclusive=True):
        bus = ModbusBus(SerialLine("s1", peer.path))
        with pytest.raises(BusClosed, match="is in use: another program"):
            bus.connect()


def test_a_file_that_is_no_serial_port_is_named(tmp_path):
    """A wrong path in the base file."""
    path = tmp_path / "notes.txt"
    path.touch()
    with pytest.raises(BusClosed, match="is no working serial port"):
        ModbusBus(SerialLine("s1", str(path))).connect()


def test_a_serial_port_can_be_opened_again_after_it_was_closed(make_wire):
    """The exclusive lock goes with the port."""
    wire = make_wire("serial")
    for _ in range(3):
        assert wire.read() == wire.true()
        wire.bus.close()


def test_an_unplugged_adapter_is_closed_and_works_again_when_it_is_back(tmp_path):
    """The port disappears under a running bus; the same bus opens the next one behind the stable name."""
    port = tmp_path / "usb-adapter"
    bus = ModbusBus(SerialLine("s1", str(port), baudrate=115200))
    for _ in range(2):
        with PtyPeer() as peer:
            port.symlink_to(peer.path)
            assert bus.read(ASK).tolist() == [peer.value(3, 3, place) for place in range(4)]
        port.unlink()
        with pytest.raises(BusClosed):
            bus.read(ASK)


def test_an_adapter_that_disappears_during_a_request_is_closed(make_wire):
    """The request fails at once; it does not wait out its time-out."""
    wire = make_wire("serial")
    assert wire.read() == wire.true()

    def act(_exchange):
        wire.peer.unplug()
        yield from ()

    wire.peer.script(does.Behavior("unplug", act))
    with pytest.raises(BusClosed):
        wire.bus.read(ReadRequest(3, Table.HOLDING, 0, 4, 60.0))


@pytest.mark.parametrize(("baudrate", "parity", "bits"), [(9600, Parity.NONE, 10), (19200, Parity.EVEN, 11)])
def test_requests_keep_the_silence_between_frames(baudrate, parity, bits):
    """At least 3.5 characters after the last character of a reply, as slaves on RS-485 need it."""
    with PtyPeer(baudrate=baudrate, bits_per_character=bits) as peer:
        line = SerialLine("s1", peer.path, baudrate=baudrate, parity=parity)
        bus = ModbusBus(line)
        for address in range(6):
            got = bus.read(ReadRequest(3 + address % 2, Table.HOLDING, address, 2, LONG_S)).tolist()
            assert got == [peer.value(3 + address % 2, 3, address + place) for place in range(2)]
        bus.close()
        assert peer.shortest_silence_s >= 3.5 * bits / baudrate


def test_a_longer_silence_is_kept_when_the_line_asks_for_it():
    """Slow slaves get what the base file gives them."""
    with PtyPeer() as peer:
        bus = ModbusBus(SerialLine("s1", peer.path, baudrate=115200, inter_frame_gap_s=0.03))
        for address in range(3):
            bus.read(ReadRequest(3, Table.HOLDING, address, 2, LONG_S))
        bus.close()
        assert peer.shortest_silence_s >= 0.03


def test_the_time_of_the_characters_is_not_part_of_the_time_out():
    """125 registers at 9600 baud take 0.28 s on the wire; a unit that may take 0.2 s is not late for that."""
    with PtyPeer(baudrate=9600) as peer:
        bus = ModbusBus(SerialLine("s1", peer.path, baudrate=9600))
        got = bus.read(ReadRequest(3, Table.HOLDING, 0, 125, 0.2)).tolist()
        bus.close()
        assert got == [peer.value(3, 3, place) for place in range(125)]


def test_a_line_that_never_falls_silent_is_a_bad_reply():
    """Another master, or noise without end: nothing is sent into it."""
    master, slave = pty.openpty()
    stop = threading.Event()

    def chatter() -> None:
        while not stop.wait(0.001):
            os.write(master, b"\x55")

    noise = threading.Thread(target=chatter, daemon=True)
    noise.start()
    try:
        # A silence far longer than a busy machine may hold the noise up.
        bus = ModbusBus(SerialLine("s1", os.ttyname(slave), inter_frame_gap_s=0.15))
        with pytest.raises(BadReply, match="was not silent"):
            bus.read(ASK)
        bus.close()
    finally:
        stop.set()
        noise.join(5)
        os.close(master)
        os.close(slave)


# ------------------------------------------------------------------------------------------------- what is never sent

TOO_MUCH = [
    ReadRequest(3, Table.HOLDING, 0, 0, 1.0),
    ReadRequest(3, Table.HOLDING, 0, 126, 1.0),
    ReadRequest(3, Table.COIL, 0, 2001, 1.0),
    ReadRequest(3, Table.INPUT, 70000, 1, 1.0),
    ReadRequest(3, Table.INPUT, 65535, 2, 1.0),
    ReadRequest(3, Table.INPUT, -1, 2, 1.0),
    ReadRequest(0, Table.HOLDING, 0, 1, 1.0),
    ReadRequest(256, Table.HOLDING, 0, 1, 1.0),
    WriteRequest(3, 16, 0, (0,) * 124, 1.0),
    WriteRequest(3, 15, 0, (0,) * 1969, 1.0),
    WriteRequest(3, 6, 0, (1, 2), 1.0),
    WriteRequest(3, 6, 0, (), 1.0),
    WriteRequest(3, 6, 0, (-5,), 1.0),
    WriteRequest(3, 6, 0, (65536,), 1.0),
    WriteRequest(3, 5, 0, (2,), 1.0),
    WriteRequest(3, 3, 0, (1,), 1.0),
    WriteRequest(3, 6, 65536, (1,), 1.0),
]


@pytest.mark.parametrize("request_", TOO_MUCH, ids=repr)
def test_what_the_protocol_cannot_say_is_refused_before_sending(tcp: Wire, request_):
    """A mistake of the caller is a ValueError that names the unit; nothing reaches the wire, nothing is connected."""
    with pytest.raises(ValueError, match=f"unit (id )?{request_.unit_id}"):
        tcp.bus.read(request_) if isinstance(request_, ReadRequest) else tcp.bus.write(request_)
    assert tcp.peer.requests == []
    assert tcp.peer.accepted == 0


def test_the_largest_requests_go_through(wire: Wire):
    """125 registers, 2000 bits, 123 written registers, 1968 written bits: the protocol's limits."""
    assert wire.read(0, 125) == wire.true(0, 125)
    assert wire.read(0, 2000, table=Table.DISCRETE) == wire.true(0, 2000, table=Table.DISCRETE)
    words, bits = list(range(1, 124)), [place % 3 & 1 for place in range(1968)]
    wire.write(16, 7, *words)
    wire.write(15, 7, *bits)
    assert wire.read(7, 123) == words
    assert wire.read(7, 1968, table=Table.COIL) == bits
    assert wire.read(65535, 1) == wire.true(65535, 1)


@pytest.mark.parametrize(
    ("framing", "unit_id", "legal"), [(RTU, 247, True), (RTU, 254, True), (RTU, 248, False), (MBAP, 255, True)]
)
def test_unit_ids_are_those_of_the_framing(request, framing, unit_id, legal):
    """RTU: 1 to 247, and the 254 that some sensors answer to; TCP: also 255, a device without units behind it."""
    with TcpPeer(framing) as peer:
        line = TcpLine if framing is MBAP else RtuOverTcpLine
        bus = ModbusBus(line("units", "127.0.0.1", peer.port))
        request.addfinalizer(bus.close)
        ask = ReadRequest(unit_id, Table.HOLDING, 0, 1, LONG_S)
        if legal:
            assert bus.read(ask).tolist() == [peer.value(unit_id, 3, 0)]
        else:
            with pytest.raises(ValueError, match="unit id 248"):
                bus.read(ask)
