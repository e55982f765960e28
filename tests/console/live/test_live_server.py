"""Whatever a client sends, the real server ends its socket with a code, and writes no traceback."""

from __future__ import annotations

import json
import logging
import os
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest
from django.contrib.auth.models import User
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from greenhouse.access.roles import Role
from greenhouse.console.live import consumers
from greenhouse.console.live.consumers import HUB
from greenhouse.console.live.socket_limits import MESSAGES_AT_ONCE
from tests.console.conftest import AIR
from tests.console.live.page_socket import cookies_of
from tests.console.live.service_server import service_server

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "telemetry"])

PATIENCE_S = 10.0


@pytest.fixture
def port(shelf) -> Iterator[int]:
    shelf.put({AIR: 18.4})
    with service_server() as port:
        yield port


@pytest.fixture
def viewer(person) -> User:
    return person(Role.VIEWER)


@pytest.fixture(autouse=True)
def _no_fault_in_the_log(caplog) -> Iterator[None]:
    caplog.set_level(logging.INFO)
    yield
    bad = [record for record in caplog.records if record.exc_info or record.levelno >= logging.ERROR]
    assert bad == []


@contextmanager
def page(port: int, user: User | None, *, topic: str = "base", origin: str = "") -> Iterator[ClientConnection]:
    """A socket of a page, as a browser opens it."""
    headers = {} if user is None else {"Cookie": cookies_of(user).decode()}
    with connect(
        f"ws://127.0.0.1:{port}/live/{topic}",
        origin=origin or f"http://127.0.0.1:{port}",
        additional_headers=headers,
        compression=None,
        max_size=None,
        close_timeout=1.0,
    ) as opened:
        yield opened


def close_code(opened: ClientConnection) -> int | None:
    """The code with which the server ends the socket, whatever it says before."""
    try:
        while True:
            opened.recv(timeout=PATIENCE_S)
    except ConnectionClosed as end:
        return None if end.rcvd is None else end.rcvd.code


def frame(opcode: int, payload: bytes, *, masked: bool = True, first: int = 0x80) -> bytes:
    """A frame as it goes over the wire, right or wrong."""
    mask = os.urandom(4)
    body = bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload)) if masked else payload
    bit = 0x80 if masked else 0
    length = bytes((bit | len(payload),)) if len(payload) < 126 else bytes((bit | 126,)) + len(payload).to_bytes(2)
    return bytes((first | opcode,)) + length + (mask if masked else b"") + body


def test_a_page_gets_its_snapshot_uncompressed(port, viewer):
    with page(port, viewer) as opened:
        first = json.loads(opened.recv(timeout=PATIENCE_S))
        assert (first["type"], first["points"][AIR]["value"]) == ("snapshot", 18.4)
        assert opened.protocol.extensions == []


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (frame(1, b"hello"), 4400),
        (frame(2, b"\x00\x01"), 4400),
        (frame(1, b"x" * 3000), 4400),
        (frame(1, b"x" * 5000), 1009),
        (frame(1, b"\xff\xfe\xfd"), 1007),
        (frame(1, b"hello", masked=False), 1002),
        (frame(3, b"no such opcode"), 1002),
        (frame(1, b"reserved", first=0xF0), 1002),
        (frame(0, b"goes on from nothing"), 1002),
        (frame(9, b"x" * 126), 1002),
        (frame(1, b'{"resume": ' + b"9" * 150 + b', "epoch": "a"}'), None),
        (frame(1, b'{"resume": ' + b"[" * 150), 4400),
    ],
    ids=[  # a frame is masked at random, so it cannot name itself
        "no JSON",
        "binary",
        "no JSON, long",
        "too long",
        "no UTF-8",
        "not masked",
        "no such opcode",
        "reserved bits",
        "goes on from nothing",
        "long ping",
        "number of many digits",
        "deeply nested",
    ],
)
def test_nonsense_ends_the_socket_with_a_code(port, viewer, sent, code):
    with page(port, viewer) as opened:
        opened.recv(timeout=PATIENCE_S)
        opened.socket.sendall(sent)
        if code is None:
            assert json.loads(opened.recv(timeout=PATIENCE_S))["type"] in {"snapshot", "beat"}
        else:
            assert close_code(opened) == code
    _nothing_is_left()


def test_a_flood_ends_the_socket(port, viewer):
    with page(port, viewer) as opened:
        opened.recv(timeout=PATIENCE_S)
        opened.socket.sendall(frame(1, b'{"resume": 0, "epoch": "a"}') * (MESSAGES_AT_ONCE * 20))
        assert close_code(opened) == 4429
    _nothing_is_left()


def test_a_long_message_in_small_pieces_is_too_long_too(port, viewer):
    with page(port, viewer) as opened:
        opened.recv(timeout=PATIENCE_S)
        opened.socket.sendall(frame(1, b"x" * 100, first=0) + frame(0, b"x" * 100, first=0) * 100)
        assert close_code(opened) == 1009


def test_a_client_that_goes_without_a_word_leaves_nothing(port, viewer):
    with page(port, viewer) as opened:
        opened.recv(timeout=PATIENCE_S)
        opened.socket.shutdown(socket.SHUT_RDWR)
    _nothing_is_left()


def test_a_page_that_does_not_read_neither_stops_others_nor_fills_the_memory(shelf, viewer, person):
    """Its frames are dropped here, and it is cut off when it does not answer the server's ping."""
    shelf.put({AIR: 18.4})
    other = person(Role.EDUCATOR)
    with service_server(ws_ping_interval=1.0, ws_ping_timeout=1.0) as port, page(port, other) as reads:
        asleep = _raw(port, viewer)
        assert json.loads(reads.recv(timeout=PATIENCE_S))["type"] == "snapshot"
        until_s = time.monotonic() + 30
        while consumers.PLACES.taken == 2:
            assert time.monotonic() < until_s, "the silent page was not cut off"
            reads.recv(timeout=PATIENCE_S)
        asleep.close()


@pytest.mark.parametrize("origin", ["http://evil.example", "http://[::1", "null"])
def test_a_page_of_another_site_gets_no_socket(port, viewer, origin):
    with pytest.raises(InvalidStatus) as refused, page(port, viewer, origin=origin):
        pass
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize(("topic", "code"), [("nothing", 4404), ("base/", 4404), ("houses/", 4404), ("%00", 4404)])
def test_an_unknown_topic_is_a_code_and_no_fault(port, viewer, topic, code):
    with page(port, viewer, topic=topic) as opened:
        assert close_code(opened) == code


def test_nobody_signed_in_is_a_code_too(port):
    with page(port, None) as opened:
        assert close_code(opened) == 4401


def test_a_server_that_stops_tells_its_pages(shelf, viewer):
    shelf.put({AIR: 18.4})
    with ExitStack() as still_open:
        with service_server() as port:
            opened = still_open.enter_context(page(port, viewer))
            opened.recv(timeout=PATIENCE_S)
        assert close_code(opened) == 1012
    _nothing_is_left()


def _raw(port: int, user: User) -> socket.socket:
    """A socket after its handshake, whose owner reads nothing more."""
    opened = socket.create_connection(("127.0.0.1", port))
    opened.sendall(
        f"GET /live/base HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}\r\n"
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nCookie:{cookies_of(user).decode()}\r\n\r\n".encode()
    )
    assert opened.recv(12) == b"HTTP/1.1 101"
    return opened


def _nothing_is_left() -> None:
    until_s = time.monotonic() + PATIENCE_S
    while HUB.is_reading or consumers.PLACES.taken:
        assert time.monotonic() < until_s
        time.sleep(0.02)
