"""Why something was not stored. Each error carries its verdict and reads as a sentence in the reader's language.

RequestError
├── RequestNotAllowed this person may not (an access NotAllowed)   -> somebody else must do it
├── InvalidRequest    the point or the value is wrong              -> correct the entry
├── Conflict          somebody else was faster                     -> look at the new value, then decide
└── Unavailable       the controller cannot be reached or is local,
                      or an interlock forbids it now             -> try again later, or go there
"""

from __future__ import annotations

from greenhouse.access.errors import NotAllowed
from greenhouse.commands.checks import Code, Verdict
from greenhouse.commands.messages import sentence


class RequestError(Exception):
    """A request that was not stored."""

    def __init__(self, verdict: Verdict) -> None:
        self.verdict = verdict
        super().__init__(verdict.code)

    def __str__(self) -> str:
        return sentence(self.verdict)


class RequestNotAllowed(RequestError, NotAllowed):
    """This person may not do this."""


class InvalidRequest(RequestError):
    """The point takes no requests, or not this value."""


class Conflict(RequestError):
    """The value or the state of the point, or of the request, is no longer what was seen."""


class Unavailable(RequestError):
    """The device cannot take requests now."""


_KINDS: dict[Code, type[RequestError]] = {
    Code.NOT_ALLOWED: RequestNotAllowed,
    Code.MAY_NOT_HOLD: RequestNotAllowed,
    Code.MAY_NOT_APPROVE: RequestNotAllowed,
    Code.OWN_REQUEST: RequestNotAllowed,
    Code.VALUE_CHANGED: Conflict,
    Code.UNDER_WAY: Conflict,
    Code.HELD: Conflict,
    Code.HOLD_OVER: Conflict,
    Code.DECIDED: Conflict,
    Code.NOT_APPROVED: Conflict,
    Code.IN_FORCE_ALREADY: Conflict,
    Code.UNDO_OVER: Conflict,
    Code.LINK_UNKNOWN: Unavailable,
    Code.LINK_DOWN: Unavailable,
    Code.LOCATION_UNKNOWN: Unavailable,
    Code.LOCAL_CONTROL: Unavailable,
    Code.BLANKET_NOT_UP: Unavailable,
    Code.BLANKET_UNKNOWN: Unavailable,
    Code.VENTS_OPEN: Unavailable,
    Code.VENT_UNKNOWN: Unavailable,
    Code.WIND_LIMITS_VENT: Unavailable,
    Code.RAIN_LIMITS_VENT: Unavailable,
    Code.WIND_UNKNOWN: Unavailable,
    Code.WIND_UNKNOWN_BLANKET: Unavailable,
    Code.RAIN_UNKNOWN: Unavailable,
    Code.WIND_HOLDS_BLANKET: Unavailable,
    Code.WIND_HOLDS_NET: Unavailable,
    Code.WIND_UNKNOWN_NET: Unavailable,
    Code.RAIN_HOLDS_NET: Unavailable,
    Code.RAIN_UNKNOWN_NET: Unavailable,
    Code.OVER_TRAVEL: Unavailable,
    Code.NO_OPEN_VALVE: Unavailable,
    Code.NOT_LOCKED: Conflict,
    Code.RUN_OVER: Conflict,
}


def error_for(verdict: Verdict) -> RequestError:
    """The error that this verdict raises at submit."""
    return _KINDS.get(verdict.code, InvalidRequest)(verdict)
