"""What the simulated devices were told and took: the witness that a proof can ask."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum

LONGEST_LOG = 20_000


REQUEST_CAME_FROM: ContextVar[str | None] = ContextVar("REQUEST_CAME_FROM", default=None)
"""Address and port of the master whose request is being answered; None while no request is, or on a serial line."""


class WrittenBy(StrEnum):
    """Who changed the value."""

    MASTER = "master"
    COMMUNICATION_TIMEOUT = "communication_timeout"


@dataclass(frozen=True, slots=True)
class WriteRecord:
    """One accepted write.

    Attributes
    ----------
    at_s : float
        Monotonic clock of the machine, the same in every process on it. [s]
    value : float
        What was written, canonical unit.
    applied : float or None
        What the device really took. None: a fault let it acknowledge and do nothing.
    came_from : str or None
        Address and port of the master. None: it came over a serial line, or the device did it by itself.
    """

    at_s: float
    device: str
    point: str
    value: float
    applied: float | None
    written_by: WrittenBy
    came_from: str | None = None


class WriteLog:
    """The latest accepted writes, oldest first."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._records: deque[WriteRecord] = deque(maxlen=LONGEST_LOG)

    def add(self, device: str, point: str, value: float, applied: float | None, written_by: WrittenBy) -> None:
        """Note a write that was accepted now."""
        came_from = REQUEST_CAME_FROM.get() if written_by is WrittenBy.MASTER else None
        self._records.append(WriteRecord(self._monotonic(), device, point, value, applied, written_by, came_from))

    def since(self, at_s: float = float("-inf")) -> tuple[WriteRecord, ...]:
        """Writes accepted after a moment of the monotonic clock. [s]"""
        return tuple(record for record in self._records if record.at_s > at_s)
