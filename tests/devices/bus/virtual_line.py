"""An RTU line with ordered slaves in virtual time: hours of late, lost and spoiled replies in milliseconds."""

from __future__ import annotations

import heapq
import struct
from dataclasses import dataclass

from devices.bus.rtu_input import crc16
from devices.errors import BusClosed


@dataclass(frozen=True)
class Fate:
    """What happens to one request.

    Attributes
    ----------
    delay_s : float
        From the request to its reply, if the unit is not still busy with an earlier one. [s]
    kind : str
        answered, exception, request lost, reply lost, spoiled, noise before, or cut (the connection breaks).
    """

    delay_s: float
    kind: str


class VirtualLine:
    """A ``Connection`` whose clock only moves when somebody waits.

    Each reply carries the number of the request it answers: every word of a read is that number, plus its place. So a
    reply to any other request, even to an earlier copy of the same one, shows in the value.
    """

    def __init__(self) -> None:
        self.now_s = 0.0
        self.is_open = False
        self.fate = Fate(0.0, "answered")
        self.sent = 0
        self.delivered: set[int] = set()
        """Numbers of the requests whose replies were handed over."""
        self.shortest_silence_s = float("inf")
        """Least time from the end of a reply to the next request. [s]"""
        self._heard_s = float("-inf")
        self._on_the_way: list[tuple[float, int, int, bytes]] = []
        self._busy_until_s: dict[int, float] = {}

    def monotonic(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        self.now_s += seconds

    def open(self) -> None:
        self.is_open = True

    def close(self) -> None:
        self.is_open = False

    def receive(self, wait_s: float) -> bytes:
        if self._on_the_way and self._on_the_way[0][0] <= self.now_s + wait_s:
            at_s, _order, number, message = heapq.heappop(self._on_the_way)
            self.now_s = max(self.now_s, at_s)
            self.delivered.add(number)
            self._heard_s = self.now_s
            return message
        self.now_s += wait_s
        return b""

    def send(self, message: bytes) -> None:
        self.sent += 1
        self.shortest_silence_s = min(self.shortest_silence_s, self.now_s - self._heard_s)
        unit_id, function, address, second = struct.unpack(">BBHH", message[:6])
        if self.fate.kind == "cut":
            self.close()
            raise BusClosed("cut")
        if self.fate.kind == "request lost":
            return
        # A unit answers in order, and every reply within the horizon of its own request.
        at_s = max(self.now_s + self.fate.delay_s, self._busy_until_s.get(unit_id, 0.0) + 1e-6)
        self._busy_until_s[unit_id] = at_s
        if self.fate.kind == "reply lost":
            return
        frame = self._frame(unit_id, self._reply(function, address, second))
        if self.fate.kind == "spoiled":
            frame = frame[:-1] + bytes([frame[-1] ^ 0x40])
        elif self.fate.kind == "noise before":
            frame = b"\x00\xff\x13" + frame
        heapq.heappush(self._on_the_way, (at_s, self.sent, self.sent, frame))

    def expected_words(self, count: int) -> list[int]:
        """What a read of registers must give if its reply is that to the request sent last."""
        return [(self.sent * 251 + place) & 0xFFFF for place in range(count)]

    def expected_bits(self, count: int) -> list[int]:
        """The same for a read of bits."""
        return [self.sent >> place % 8 & 1 for place in range(count)]

    def _reply(self, function: int, address: int, second: int) -> bytes:
        if self.fate.kind == "exception":
            return bytes([function | 0x80, 2])
        if function in (3, 4):
            return struct.pack(f">BB{second}H", function, 2 * second, *self.expected_words(second))
        if function in (1, 2):
            size = (second + 7) // 8
            return bytes([function, size]) + bytes([self.sent & 0xFF]) * size
        return struct.pack(">BHH", function, address, second)

    @staticmethod
    def _frame(unit_id: int, pdu: bytes) -> bytes:
        message = bytes([unit_id]) + pdu
        return message + struct.pack("<H", crc16(message))
