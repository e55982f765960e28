"""What a line is: where its peer stands, how it is framed, and how much time its characters take.

A line is one serial port or one host and port. It carries one request at a time, so everything that shares it shares
these settings.

References
----------
MODBUS over Serial Line, Specification and Implementation Guide V1.02, 2.5.1.1: at least 3.5 characters of silence
between frames, fixed at 1.75 ms above 19200 baud; a character is 11 bits with parity or two stop bits, 10 without.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from devices.bus.protocol import ReadRequest, WriteRequest
from devices.bus.shapes import request_length, shape_of
from devices.modbus_limits import RTU_UNIT_IDS, TCP_UNIT_IDS

_FIXED_SILENCE_S = 0.00175
_FIXED_SILENCE_ABOVE_BAUD = 19200
_RTU_OVERHEAD = 3
"""Unit id and checksum around a PDU. [characters]"""


class Parity(StrEnum):
    """Parity of a serial line."""

    NONE = "N"
    EVEN = "E"
    ODD = "O"


@dataclass(frozen=True, slots=True)
class TcpLine:
    """Modbus TCP: a device or a gateway that speaks MBAP.

    Attributes
    ----------
    key : str
        Name of the line in the base file.
    gap : int
        Largest hole of unneeded addresses that a block read may sweep up.
    silent_limit : int
        After so many requests without any answer in between the connection is taken for dead and opened anew.
    """

    key: str
    host: str
    port: int = 502
    gap: int = 50
    connect_timeout_s: float = 2.0
    silent_limit: int = 3

    @property
    def peer(self) -> str:
        """Where the line ends, as a person would write it."""
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class RtuOverTcpLine:
    """RTU frames through a transparent serial server. It has no transaction ids, so late replies need care.

    Attributes
    ----------
    inter_frame_gap_s : float
        Silence before each request, for the slaves behind the server. [s]
    reply_horizon_s : float or None
        After this long an unanswered request will not be answered any more. None: ten time-outs, at least 5 s. [s]
    """

    key: str
    host: str
    port: int = 4196
    gap: int = 10
    connect_timeout_s: float = 2.0
    silent_limit: int = 3
    inter_frame_gap_s: float = 0.005
    reply_horizon_s: float | None = None

    @property
    def peer(self) -> str:
        """Where the line ends, as a person would write it."""
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class SerialLine:
    """RTU on a serial port (RS-485).

    Attributes
    ----------
    port : str
        Path of the port; a stable one such as ``/dev/serial/by-id/...``.
    inter_frame_gap_s : float
        Silence before each request; never less than the specification asks for. [s]
    reply_horizon_s : float or None
        As on ``RtuOverTcpLine``. [s]
    """

    key: str
    port: str
    baudrate: int = 9600
    parity: Parity = Parity.NONE
    stopbits: int = 1
    gap: int = 10
    inter_frame_gap_s: float = 0.0
    reply_horizon_s: float | None = None

    @property
    def peer(self) -> str:
        """Where the line ends, as a person would write it."""
        return self.port

    @property
    def character_s(self) -> float:
        """Time of one character: start bit, 8 data bits, parity, stop bits. [s]"""
        return (9 + (self.parity is not Parity.NONE) + self.stopbits) / self.baudrate

    @property
    def silence_s(self) -> float:
        """Silence that the specification asks for between two frames. [s]"""
        return _FIXED_SILENCE_S if self.baudrate > _FIXED_SILENCE_ABOVE_BAUD else 3.5 * self.character_s

    def request_time_s(self, request: ReadRequest | WriteRequest, *, turnaround_s: float = 0.0) -> float:
        """Least time of one exchange: both frames, the silence before each, and the device's own. [s]

        Parameters
        ----------
        request : ReadRequest or WriteRequest
            What is asked. Its reply is taken to be complete and no exception.
        turnaround_s : float
            Time the device needs to begin its reply, beyond the silence. [s]
        """
        characters = request_length(request) + shape_of(request).length + 2 * _RTU_OVERHEAD
        return characters * self.character_s + 2 * self.silence_s + turnaround_s


LineSettings = TcpLine | RtuOverTcpLine | SerialLine


def legal_unit_ids(line: LineSettings) -> range | frozenset[int]:
    """Unit ids that may be asked on this line."""
    return TCP_UNIT_IDS if isinstance(line, TcpLine) else RTU_UNIT_IDS
