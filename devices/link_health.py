"""Whether a unit answers, how long to leave it alone when it does not, and who is to blame for an error.

Pure: no clock and no bus. ``now_s`` is monotonic time. [s]
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from devices.errors import BusClosed, BusError, DeviceException, ReplyPending


class LinkState(StrEnum):
    """State of a unit, or of a whole line."""

    UNKNOWN = "unknown"
    """Not asked yet."""
    ONLINE = "online"
    DEGRADED = "degraded"
    """The last poll failed; it is still polled as usual."""
    OFFLINE = "offline"
    """Asked only now and then, with growing distance."""


class Blame(StrEnum):
    """Who is to blame for a failed request, and so who is left alone for a while."""

    LINE = "line"
    """There is no connection: asking another unit would fail as well."""
    UNIT = "unit"
    """This unit did not give a usable answer."""
    CONFIGURATION = "configuration"
    """The unit answers, but not to this request: wrong address, function or value."""
    BUSY = "busy"
    """The unit answers that it is at work; the same request may succeed later."""


def blame(error: BusError) -> Blame:
    """Who is to blame for an error of a request."""
    if isinstance(error, BusClosed):
        return Blame.LINE
    if isinstance(error, DeviceException):
        if error.is_configuration:
            return Blame.CONFIGURATION
        if error.is_busy:
            return Blame.BUSY
    return Blame.UNIT


@dataclass(frozen=True, slots=True)
class BackOff:
    """Growing pauses between attempts: ``first_s``, then twice as long each time, up to ``cap_s``. [s]"""

    first_s: float
    cap_s: float

    def pause_s(self, attempt: int) -> float:
        """Pause after the failed attempt of this number, counted from 1. [s]"""
        doublings = min(attempt - 1, 60)  # 2 ** 60 s is beyond any cap, and a float overflows at 2 ** 1024
        return min(self.first_s * 2.0**doublings, self.cap_s)


UNIT_BACK_OFF = BackOff(first_s=1.0, cap_s=15.0)
LINE_BACK_OFF = BackOff(first_s=0.5, cap_s=5.0)
FAILURES_UNTIL_OFFLINE = 2


@dataclass(frozen=True, slots=True)
class HealthChange:
    """A unit or a line changed its state.

    Attributes
    ----------
    unit_id : int or None
        None: the line itself.
    at_s : float
        Monotonic time of the change. [s]
    error : str
        What failed last, for people. Empty when the state became good.
    """

    line: str
    unit_id: int | None
    previous: LinkState
    state: LinkState
    at_s: float
    error: str = ""


class UnitHealth:
    """State of one unit and the time of its next attempt.

    A unit that never answered goes offline at its first failure, one that did at its second in a row. While it is
    offline it may be tried again after 1, 2, 4, 8 and then every 15 s.
    """

    def __init__(self, *, back_off: BackOff = UNIT_BACK_OFF) -> None:
        self.state = LinkState.UNKNOWN
        self.failures = 0
        """Failures in a row."""
        self.next_try_s = 0.0
        self.last_error = ""
        self._failures_offline = 0
        self._back_off = back_off

    def note_success(self, now_s: float) -> None:
        """The unit answered, if only with an exception of its own."""
        self.state = LinkState.ONLINE
        self.failures = self._failures_offline = 0
        self.next_try_s = now_s
        self.last_error = ""

    def note_failure(self, now_s: float, error: BusError) -> None:
        """The unit gave no usable answer."""
        self.failures += 1
        self.last_error = str(error)
        answers_now_and_then = self.state in (LinkState.ONLINE, LinkState.DEGRADED)
        if answers_now_and_then and self.failures < FAILURES_UNTIL_OFFLINE:
            self.state = LinkState.DEGRADED
            return
        self.state = LinkState.OFFLINE
        self._failures_offline += 1
        self.next_try_s = now_s + self._pause_s(error)

    def note_line_lost(self, error: str) -> None:
        """The line broke: the unit cannot be asked, which says nothing about the unit itself."""
        self.state = LinkState.OFFLINE
        self.last_error = error

    def note_line_back(self, now_s: float) -> None:
        """The line is open again: what answered before is asked at once, the others after the first pause."""
        self.next_try_s = now_s if self.failures == 0 else now_s + self._back_off.first_s

    def _pause_s(self, error: BusError) -> float:
        pause_s = self._back_off.pause_s(self._failures_offline)
        if isinstance(error, ReplyPending):  # asking earlier would only be refused again
            pause_s = max(pause_s, min(error.wait_s, self._back_off.cap_s))
        return pause_s
