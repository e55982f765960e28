"""A planned stop of one line: every output that must not stay on is written to its safe value until it shows it.

The writes of people are never repeated. These are: a safe value is absolute, so sending it twice does no harm, while
not sending it again after one lost frame leaves a valve open.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from devices.bus.jobs import Again, Failure, attempt
from devices.bus.protocol import Bus, ReadRequest, Words, WriteRequest
from devices.driver.writing import Job, WriteOutcome, WriteState
from devices.errors import BusClosed, BusError, BusTimeout, DeviceException, DevicesError

logger = logging.getLogger(__name__)

T = TypeVar("T")

REPEAT_AFTER_S = 0.5
"""Pause before a stop is written again. [s]"""
SHOWN_WITHIN_S = 2.0
"""A stop that the device does not show within this time is written again. [s]"""
_SILENCES_OF_OFFLINE = 2
"""A unit that is offline waits behind one that lost a single frame."""


@dataclass(frozen=True, slots=True)
class StopJob:
    """A write of a planned stop.

    Attributes
    ----------
    rank : int
        Lower ones go first, over all devices of a line.
    point : str
        ``device.point``.
    job : callable
        May be called again.
    """

    rank: int
    point: str
    unit_id: int
    job: Job


@dataclass(slots=True, eq=False)
class _OpenStop:
    stop: StopJob
    place: int
    job: Job
    due_s: float
    begun_s: float | None = None


class LineStop:
    """The planned stop of one line, as one job for it.

    Units that answer go first and units that do not go last, each one request in turn; among equals the rank decides.
    So dead units keep no living one from closing.

    Parameters
    ----------
    stops : iterable of StopJob
        Of all devices of the line.
    offline : iterable of int
        Units that did not answer lately.
    over_at_s : float
        Monotonic time at which it gives up. [s]
    monotonic : callable
        Monotonic clock. [s]

    Attributes
    ----------
    faults : dict
        Why an output is not confirmed in its safe state yet, by ``device.point``. May be read while the stop runs.
    points : tuple of str
        All outputs that are stopped.
    """

    def __init__(
        self, stops: Iterable[StopJob], *, offline: Iterable[int], over_at_s: float, monotonic: Callable[[], float]
    ) -> None:
        now_s = monotonic()
        self._open = [_OpenStop(stop, place, stop.job, now_s) for place, stop in enumerate(stops)]
        self.points = tuple(left.stop.point for left in self._open)
        self.faults = dict.fromkeys(self.points, "its turn did not come in time")
        self._silences = dict.fromkeys((left.stop.unit_id for left in self._open), 0)
        self._silences.update(dict.fromkeys(offline, _SILENCES_OF_OFFLINE))
        self._over_at_s = over_at_s
        self._monotonic = monotonic

    def __call__(self, bus: Bus) -> Again[None] | None:
        """One step, usually one request."""
        now_s = self._monotonic()
        if not self._open or now_s >= self._over_at_s:
            return None
        due = [left for left in self._open if left.due_s <= now_s]
        if due:
            self._advance(min(due, key=self._turn), _ListeningBus(bus, self._silences))
            return Again(0.0, self)
        next_s = min(left.due_s for left in self._open)
        return Again(min(next_s, self._over_at_s) - now_s, self)

    def _turn(self, left: _OpenStop) -> tuple[int, int, int]:
        return (self._silences[left.stop.unit_id], left.stop.rank, left.place)

    def _advance(self, left: _OpenStop, bus: Bus) -> None:
        began_s = self._monotonic()
        if left.begun_s is None:
            left.begun_s = began_s
        result = attempt(lambda: left.job(bus))
        now_s = self._monotonic()
        match result:
            case Again() if now_s - left.begun_s < SHOWN_WITHIN_S:
                self.faults[left.stop.point] = _fault_of(result.if_stopped)
                left.job, left.due_s = result.job, now_s + result.after_s
            case Again():
                self._repeat(left, now_s, _fault_of(result.if_stopped))
            case WriteOutcome(state=WriteState.CONFIRMED):
                self._end(left)
            case WriteOutcome(state=WriteState.UNVERIFIABLE):  # writing it again would tell no more
                self._end(left, _fault_of(result))
            case WriteOutcome():
                self._repeat(left, now_s, _fault_of(result))
            case Failure(error=BusClosed() as error):
                self._repeat(left, now_s, str(error))
                for other in self._open:  # it is the line's, so there is nothing to send to the others either
                    other.due_s = max(other.due_s, left.due_s)
            case Failure(error=BusError() as error):
                self._repeat(left, now_s, str(error))
            case Failure(error=DevicesError() as error):  # a lost lease: another process answers for the output
                self._end(left, str(error))
            case Failure(error=error):
                logger.error("the stop of %s failed", left.stop.point, exc_info=error)
                self._end(left, repr(error))

    def _repeat(self, left: _OpenStop, now_s: float, fault: str) -> None:
        self.faults[left.stop.point] = fault
        left.job, left.due_s, left.begun_s = left.stop.job, now_s + REPEAT_AFTER_S, None

    def _end(self, left: _OpenStop, fault: str = "") -> None:
        self._open.remove(left)
        if fault:
            self.faults[left.stop.point] = fault
        else:
            del self.faults[left.stop.point]


def _fault_of(outcome: WriteOutcome | None) -> str:
    return "not sent: an earlier reply is still owed" if outcome is None else f"{outcome.state}: {outcome.detail}"


class _ListeningBus:
    """A bus that counts, for each unit, the requests in a row that got no reply."""

    def __init__(self, bus: Bus, silences: dict[int, int]) -> None:
        self._bus, self._silences = bus, silences

    def read(self, request: ReadRequest) -> Words:
        """Read through the bus."""
        return self._listen(request.unit_id, lambda: self._bus.read(request))

    def write(self, request: WriteRequest) -> None:
        """Write through the bus."""
        self._listen(request.unit_id, lambda: self._bus.write(request))

    def connect(self) -> None:
        """Open the connection if it is not open."""
        self._bus.connect()

    def close(self) -> None:
        """Close the connection."""
        self._bus.close()

    def _listen(self, unit_id: int, exchange: Callable[[], T]) -> T:
        try:
            reply = exchange()
        except BusTimeout:
            self._silences[unit_id] += 1
            raise
        except DeviceException:
            self._silences[unit_id] = 0
            raise
        self._silences[unit_id] = 0
        return reply
