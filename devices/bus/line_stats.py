"""What a line has done: counters for metrics and for the virtual points of the control process."""

from __future__ import annotations

from dataclasses import dataclass

from devices.bus.protocol import Bus, ReadRequest, Words, WriteRequest
from devices.errors import BusError
from devices.link_health import LinkState

_WINDOW_S = 60.0


@dataclass(frozen=True, slots=True)
class LineStats:
    """Counters of a line since its start, and its state now.

    Attributes
    ----------
    requests, failures : int
        Requests, and how many of them ended in an error of any kind.
    retries : int
        Polls repeated at once because they got no usable answer.
    overruns : int
        Poll periods that were skipped because the line was not free in time.
    defects : int
        Polls that ended in an error of this program.
    connects : int
        Times that a connection was opened or tried.
    busy_s : float
        Time spent in polls, jobs and connecting. [s]
    worst_lateness_s : float
        Longest delay of a poll behind its time, over the last one to two minutes. [s]
    queue_depth : int
        Jobs that wait.
    """

    requests: int
    failures: int
    polls: int
    jobs: int
    retries: int
    overruns: int
    defects: int
    connects: int
    busy_s: float
    worst_lateness_s: float
    queue_depth: int
    state: LinkState


class CountedBus:
    """A bus that counts its requests, failures and connections."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self.requests = self.failures = self.connects = 0

    def read(self, request: ReadRequest) -> Words:
        """Read through the bus."""
        self.requests += 1
        try:
            return self._bus.read(request)
        except BusError:
            self.failures += 1
            raise

    def write(self, request: WriteRequest) -> None:
        """Write through the bus."""
        self.requests += 1
        try:
            self._bus.write(request)
        except BusError:
            self.failures += 1
            raise

    def connect(self) -> None:
        """Connect the bus."""
        self._bus.connect()

    def close(self) -> None:
        """Close the bus."""
        self._bus.close()


class WorstLateness:
    """Longest delay noted in this minute and the last. [s]"""

    def __init__(self, now_s: float) -> None:
        self._minute_began_s = now_s
        self._this_minute_s = self._last_minute_s = 0.0

    def note(self, late_s: float, now_s: float) -> None:
        """Note the delay of a poll."""
        if now_s - self._minute_began_s >= _WINDOW_S:
            self._last_minute_s, self._this_minute_s = self._this_minute_s, 0.0
            self._minute_began_s = now_s
        self._this_minute_s = max(self._this_minute_s, late_s)

    @property
    def worst_s(self) -> float:
        """The longest of the last one to two minutes."""
        return max(self._this_minute_s, self._last_minute_s)
