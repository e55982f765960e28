"""The fault proxy on real sockets and terminals, looked at as bytes and without a Modbus library."""

from __future__ import annotations

import os
import select
import socket
import struct
import tty
from collections.abc import Iterator
from contextlib import suppress

import pytest

from devices.simulator.base import LineKind
from devices.simulator.distortion import checksum
from devices.simulator.faults import Fault

PATIENCE_S = 10.0
"""How long to wait for what must come."""
NOTHING_S = 0.2
"""How long to wait for what must not come."""


def mbap_read(address: int, count: int, *, transaction: int = 7) -> bytes:
    """A Modbus TCP request for input registers of unit 1."""
    return struct.pack(">HHHBBHH", transaction, 0, 6, 1, 4, address, count)


def rtu_read(address: int, count: int) -> bytes:
    body = struct.pack(">BBHH", 1, 4, address, count)
    return body + checksum(body)


def rtu_write(address: int, word: int) -> bytes:
    body = struct.pack(">BBHH", 1, 6, address, word)
    return body + checksum(body)


def exchange(connection: socket.socket, request: bytes) -> bytes:
    connection.sendall(request)
    connection.settimeout(PATIENCE_S)
    return connection.recv(300)


def is_silent(connection: socket.socket) -> bool:
    return not select.select([connection], [], [], NOTHING_S)[0]


@pytest.fixture
def base(running):
    return running("climate-controller")


@pytest.fixture
def connection(base) -> Iterator[socket.socket]:
    endpoint = base.endpoints["line"]
    with socket.create_connection((endpoint.host, endpoint.port), timeout=PATIENCE_S) as connected:
        yield connected


@pytest.fixture
def rtu(running):
    return running("climate-controller", kind=LineKind.RTU_OVER_TCP)


@pytest.fixture
def rtu_connection(rtu) -> Iterator[socket.socket]:
    endpoint = rtu.endpoints["line"]
    with socket.create_connection((endpoint.host, endpoint.port), timeout=PATIENCE_S) as connected:
        yield connected


def test_without_faults_a_reply_passes_unchanged(connection):
    reply = exchange(connection, mbap_read(0, 2))
    assert reply[:9] == bytes.fromhex("0007 0000 0007 01 04 04")
    assert len(reply) == 13


def test_on_rtu_a_reply_passes_with_a_right_checksum(rtu_connection):
    reply = exchange(rtu_connection, rtu_read(0, 2))
    assert reply[:3] == bytes.fromhex("01 04 04")
    assert checksum(reply[:-2]) == reply[-2:]


def test_a_late_reply_comes_after_a_silence(base, connection):
    base.switch_on(Fault.LATE, "line", 1500.0)
    connection.sendall(mbap_read(0, 1))
    assert is_silent(connection)
    connection.settimeout(PATIENCE_S)
    assert connection.recv(300)[:9] == bytes.fromhex("0007 0000 0005 01 04 02")


def test_late_replies_keep_their_order_when_the_delay_shrinks(base, connection):
    base.switch_on(Fault.LATE, "line", 1000.0)
    connection.sendall(mbap_read(0, 1, transaction=1))
    assert is_silent(connection)
    base.switch_on(Fault.LATE, "line", 0.0)
    connection.sendall(mbap_read(0, 1, transaction=2))
    connection.settimeout(PATIENCE_S)
    received = b""
    while len(received) < 22:
        received += connection.recv(300)
    assert [received[1], received[12]] == [1, 2]


def test_a_cut_line_closes_its_connections_and_refuses_new_ones_until_it_is_mended(base, connection):
    endpoint = base.endpoints["line"]
    exchange(connection, mbap_read(0, 1))
    base.switch_on(Fault.CUT, "line")
    connection.settimeout(PATIENCE_S)
    with suppress(ConnectionResetError):  # the end may also arrive as a reset
        assert connection.recv(300) == b""
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((endpoint.host, endpoint.port), timeout=PATIENCE_S)
    base.clear("line")
    with socket.create_connection((endpoint.host, endpoint.port), timeout=PATIENCE_S) as again:
        assert len(exchange(again, mbap_read(0, 1))) == 11


def test_a_half_open_line_swallows_everything_and_closes_nothing(base, connection):
    exchange(connection, mbap_read(0, 1))
    base.switch_on(Fault.HALF_OPEN, "line")
    connection.sendall(mbap_read(0, 1))
    assert is_silent(connection)
    endpoint = base.endpoints["line"]
    with socket.create_connection((endpoint.host, endpoint.port), timeout=PATIENCE_S) as newcomer:
        newcomer.sendall(mbap_read(0, 1))
        assert is_silent(newcomer)
    base.clear("line")
    assert is_silent(connection)
    assert len(exchange(connection, mbap_read(0, 1, transaction=9))) == 11


def test_a_write_that_a_half_open_line_swallowed_never_reaches_the_device(base, connection):
    base.switch_on(Fault.HALF_OPEN, "line")
    connection.sendall(struct.pack(">HHHBBHH", 1, 0, 6, 1, 6, 0, 185))
    assert is_silent(connection)
    base.clear()
    exchange(connection, mbap_read(0, 1))
    assert base.writes() == ()


def test_a_reply_on_its_way_is_lost_when_the_line_goes_half_open(base, connection):
    base.switch_on(Fault.LATE, "line", 300.0)
    connection.sendall(mbap_read(0, 1, transaction=1))
    base.switch_on(Fault.HALF_OPEN, "line")
    assert not select.select([connection], [], [], 0.3 + NOTHING_S)[0]
    base.clear()
    assert exchange(connection, mbap_read(0, 1, transaction=2))[1] == 2


def test_a_write_whose_reply_is_torn_was_carried_out(base, connection):
    """The master cannot know it from the reply: only a read-back tells."""
    base.switch_on(Fault.TORN, "line")
    assert len(exchange(connection, struct.pack(">HHHBBHH", 1, 0, 6, 1, 6, 0, 185))) == 6
    assert [record.value for record in base.writes()] == [18.5]


@pytest.mark.parametrize(
    ("fault", "reply"),
    [(Fault.SHORT, "0007 0000 0005 01 04 02"), (Fault.WRONG_ID, "0007 0000 0007 02 04 04"), (Fault.TORN, "0007 0000")],
)
def test_reply_faults_reach_the_master_on_tcp(base, connection, fault, reply):
    base.switch_on(fault, "line")
    assert exchange(connection, mbap_read(0, 2)).startswith(bytes.fromhex(reply))


@pytest.mark.parametrize(("fault", "reply"), [(Fault.SHORT, "01 04 02"), (Fault.WRONG_ID, "02 04 04")])
def test_reply_faults_reach_the_master_on_rtu_with_right_checksums(rtu, rtu_connection, fault, reply):
    rtu.switch_on(fault, "line")
    frame = exchange(rtu_connection, rtu_read(0, 2))
    assert frame.startswith(bytes.fromhex(reply))
    assert checksum(frame[:-2]) == frame[-2:]


def test_a_garbled_reply_fails_its_checksum_on_rtu(rtu, rtu_connection):
    rtu.switch_on(Fault.GARBLED, "line")
    for _ in range(20):
        frame = exchange(rtu_connection, rtu_read(0, 2))
        assert checksum(frame[:-2]) != frame[-2:]


def test_a_garbled_reply_has_a_wrong_header_on_tcp(base, connection):
    base.switch_on(Fault.GARBLED, "line")
    for _ in range(20):
        assert exchange(connection, mbap_read(0, 2))[:6] != bytes.fromhex("0007 0000 0007")


def test_faults_pass_through_a_pseudo_terminal(running, tmp_path):
    port = tmp_path / "bus"
    base = running("climate-controller", kind=LineKind.SERIAL, serial_port=port)
    terminal = os.open(port, os.O_RDWR | os.O_NOCTTY)
    try:
        tty.setraw(terminal)
        for fault in (Fault.CUT, Fault.HALF_OPEN):
            base.switch_on(fault, "line")
            os.write(terminal, rtu_write(0, 185))
            assert not select.select([terminal], [], [], NOTHING_S)[0]
            base.clear()
            assert base.writes() == ()
        base.switch_on(Fault.WRONG_ID, "line", 4.0)
        os.write(terminal, rtu_read(0, 2))
        frame = b""
        while len(frame) < 9:
            assert select.select([terminal], [], [], PATIENCE_S)[0]
            frame += os.read(terminal, 300)
        assert frame[:3] == bytes.fromhex("05 04 04")
        assert checksum(frame[:-2]) == frame[-2:]
    finally:
        os.close(terminal)


def test_a_master_that_leaves_with_replies_on_the_way_disturbs_nobody(base):
    endpoint = base.endpoints["line"]
    base.switch_on(Fault.LATE, "line", 100.0)
    for _ in range(5):
        with socket.create_connection((endpoint.host, endpoint.port), timeout=PATIENCE_S) as hasty:
            hasty.sendall(mbap_read(0, 2))
    with socket.create_connection((endpoint.host, endpoint.port), timeout=PATIENCE_S) as patient:
        assert len(exchange(patient, mbap_read(0, 2))) == 13
