"""What needs a second person, and what is tried again. Pure, and data as far as it goes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from devices.profiles.outputs import OutputKind
from greenhouse.commands.checks import Code, Target, confirmed_value
from greenhouse.commands.lifecycle import State
from greenhouse.commands.risk import doses_more_co2
from greenhouse.commands.sources import Source

REQUEST_LIFETIME = timedelta(seconds=15)
"""A request that no control process has taken by then is never sent: nothing waits silently and acts later."""
APPROVAL_WITHIN = timedelta(minutes=10)
"""A request that no second person has approved by then ends."""
UNDO_WITHIN = timedelta(minutes=10)
"""So long after it was confirmed, a change is taken back by one tap."""
REASON_LIMIT = 500
"""Longest reason that is stored. [characters]"""

HOLD_DEFAULT = timedelta(hours=2)
HOLD_LONGEST = timedelta(hours=12)
HOLD_WARNED_BEFORE = timedelta(minutes=10)
"""So long before its end a manual hold is shown as ending soon."""
RETURN_WAITS_AT_MOST = HOLD_LONGEST
"""So long an automatic return waits for a read-back; later it would surprise whoever works at the house by then."""

_BACK_OFF = (10.0, 60.0, 300.0, 900.0, 1800.0, 3600.0)
RETRIES: Mapping[Source, Mapping[OutputKind, tuple[float, ...]]] = {
    Source.PROGRAM: {OutputKind.SETPOINT: _BACK_OFF, OutputKind.MODE: _BACK_OFF},
    Source.PERSON: {},
    Source.INTERLOCK: {},
}
"""Pauses before each further try, by who asked and what is written. [s] What is not named is never tried again.

A setpoint and a mode are absolute: writing one twice is writing it once. A person looks and decides; an interlock asks
anew for as long as its condition holds.
"""

_TRIED_AGAIN = frozenset({State.TIMEOUT, State.EXPIRED, State.REFUSED})
_LASTING = frozenset(
    {
        Code.NOT_ALLOWED,
        Code.UNKNOWN_POINT,
        Code.NOT_WRITABLE,
        Code.DIRECT_OUTPUT,
        Code.NOT_FINITE,
        Code.OUT_OF_LIMITS,
        Code.NOT_A_STATE,
        Code.NO_READBACK_POINT,
        Code.HELD,
    }
)
"""Refusals that another try meets again."""


def needs_approval(target: Target, source: Source, value: float, *, is_whole_base: bool = False) -> bool:
    """Whether a second person has to agree before the value is sent.

    So it is for points whose base file or profile says so, for more CO2, and for one change in all compartments.
    """
    if source is not Source.PERSON:
        return False
    return target.needs_approval or is_whole_base or doses_more_co2(target.quantity, confirmed_value(target), value)


def retry_delay(source: Source, kind: OutputKind | None, *, state: State, code: Code, attempt: int) -> timedelta | None:
    """How long after its end a request is tried again, or None if it is not.

    Parameters
    ----------
    source, kind
        Who asked, and what is written; None for what is not written absolutely: a toggle twice is none at all.
    state, code
        How and why it ended.
    attempt : int
        Which try it was, from 1.
    """
    if state not in _TRIED_AGAIN or code in _LASTING or kind is None:
        return None
    pauses_s = RETRIES.get(source, {}).get(kind, ())
    return timedelta(seconds=pauses_s[attempt - 1]) if attempt <= len(pauses_s) else None
