"""The life of an alarm. Pure: no database, no clock."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """How an alarm stands, as ISA-18.2 names it. Stored."""

    NORMAL = "normal"
    """Over, and nothing is left to do: history."""
    UNACKNOWLEDGED = "unacknowledged"
    """On, and nobody has said that they saw it."""
    ACKNOWLEDGED = "acknowledged"
    """On, and somebody is on it."""
    RETURNED = "returned_unacknowledged"
    """The process is normal again before anybody said that they saw it."""
    SUPPRESSED = "suppressed"
    """On, but another alarm is its cause and speaks for it."""
    SHELVED = "shelved"
    """Set aside by a person for a while. No one can yet."""
    OUT_OF_SERVICE = "out_of_service"
    """Switched off for work on the equipment. No one can yet."""


OPEN = frozenset(State) - {State.NORMAL}
"""States of an alarm that is not history yet. There is one such row per alarm and object at most."""
CALLS = frozenset({State.UNACKNOWLEDGED, State.RETURNED})
"""States that call for a person."""
LISTED = CALLS | {State.ACKNOWLEDGED}
"""States that are listed for a person; what is suppressed is counted under its cause."""


class EventKind(StrEnum):
    """What happened to an alarm. Stored."""

    RAISED = "raised"
    ACKNOWLEDGED = "acknowledged"
    CLEARED = "cleared"
    """The process is normal again."""
    SUPPRESSED = "suppressed"
    RELEASED = "released"
    """No longer suppressed: the cause is over."""


def state_of(*, is_active: bool, is_acknowledged: bool, is_suppressed: bool) -> State:
    """How an alarm stands. What ends while its cause speaks for it leaves nothing for a person to do."""
    if not is_active:
        return State.NORMAL if is_acknowledged or is_suppressed else State.RETURNED
    if is_suppressed:
        return State.SUPPRESSED
    return State.ACKNOWLEDGED if is_acknowledged else State.UNACKNOWLEDGED
