"""The seam between this library and the wire: requests, and the ``Bus`` that carries them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from devices.codec import Words
from devices.profiles.schema import Table

__all__ = ["Bus", "ReadRequest", "Words", "WriteRequest"]


@dataclass(frozen=True, slots=True)
class ReadRequest:
    """Read ``count`` addresses of one table. ``timeout_s`` bounds the wait for the reply. [s]"""

    unit_id: int
    table: Table
    address: int
    count: int
    timeout_s: float


@dataclass(frozen=True, slots=True)
class WriteRequest:
    """Write registers (functions 6, 16) or bits (5, 15), starting at ``address``."""

    unit_id: int
    function: int
    address: int
    values: tuple[int, ...]
    timeout_s: float


class Bus(Protocol):
    """One line. Used by one thread at a time; carries one request at a time and never repeats one by itself."""

    def read(self, request: ReadRequest) -> Words:
        """Words of the reply, checked: right unit, function and count.

        Raises
        ------
        BusError
            Any of its kinds. Nothing of a wrong, short, late or garbled reply is ever returned.
        """

    def write(self, request: WriteRequest) -> None:
        """Send a write once and check the acknowledgement. Only a read-back tells whether it took.

        Raises
        ------
        BusError
            ``BusTimeout`` and ``BadReply`` leave it open whether the device carried the write out.
        """

    def connect(self) -> None:
        """Open the connection if it is not open.

        Raises
        ------
        BusClosed
            If the peer or the port cannot be opened.
        """

    def close(self) -> None:
        """Close the connection; the next request opens it again."""
