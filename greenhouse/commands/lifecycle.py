"""The life of a request, as one table. Pure: no database, no clock."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from greenhouse.commands.sources import Source


class State(StrEnum):
    """How far a request has come."""

    AWAITING_APPROVAL = "awaiting_approval"
    """Stored; a second person has to approve it before the control process may take it."""
    REQUESTED = "requested"
    """Stored; the control process has not taken it yet."""
    DISPATCHED = "dispatched"
    """Taken by the control process, which checks it and sends it once."""
    ACCEPTED = "accepted"
    """The device acknowledged the write. Whether it took is not known yet."""
    CONFIRMED = "confirmed"
    """Read back from the device and equal."""
    UNVERIFIABLE = "unverifiable"
    """Acknowledged, but the device has nothing to read back."""
    REFUSED = "refused"
    """Not sent: a check of ours forbade it."""
    REJECTED = "rejected"
    """The device answered that it will not."""
    TIMEOUT = "timeout"
    """Not known to have taken: no answer in time, or another value was read back."""
    EXPIRED = "expired"
    """Never taken by a control process, so never sent."""
    SUPERSEDED = "superseded"
    """A newer request, or a value set on site, took its place before it was taken, so never sent."""
    DECLINED = "declined"
    """A second person said no, so never sent."""


TRANSITIONS: Mapping[State, frozenset[State]] = {
    State.AWAITING_APPROVAL: frozenset({State.REQUESTED, State.DECLINED, State.EXPIRED, State.SUPERSEDED}),
    State.REQUESTED: frozenset({State.DISPATCHED, State.EXPIRED, State.SUPERSEDED}),
    # Straight to CONFIRMED: the acknowledgement was lost on the way, and the read-back agrees.
    State.DISPATCHED: frozenset({State.ACCEPTED, State.CONFIRMED, State.REFUSED, State.REJECTED, State.TIMEOUT}),
    State.ACCEPTED: frozenset({State.CONFIRMED, State.UNVERIFIABLE, State.TIMEOUT}),
    State.CONFIRMED: frozenset(),
    State.UNVERIFIABLE: frozenset(),
    State.REFUSED: frozenset(),
    State.REJECTED: frozenset(),
    State.TIMEOUT: frozenset(),
    State.EXPIRED: frozenset(),
    State.SUPERSEDED: frozenset(),
    State.DECLINED: frozenset(),
}
"""What may follow each state."""

BEGINS_AS: Mapping[Source, frozenset[State]] = {
    Source.PERSON: frozenset({State.REQUESTED, State.AWAITING_APPROVAL}),
    Source.PROGRAM: frozenset({State.REQUESTED}),
    Source.INTERLOCK: frozenset({State.REQUESTED}),
    # Nobody asked: the value was found at the controller, so it is in force.
    Source.CONTROLLER: frozenset({State.CONFIRMED}),
}
"""The first state of a request, by who it comes from."""

TERMINAL = frozenset(state for state, following in TRANSITIONS.items() if not following)
"""States that end a request."""

OPEN = frozenset(State) - TERMINAL
"""States of a request that may still do something. A point has one such request at most."""

UNDER_WAY = frozenset({State.DISPATCHED, State.ACCEPTED})
"""States in which the request may have reached the device."""

WAITING = OPEN - UNDER_WAY
"""States in which nobody has taken the request: a newer one may take its place."""

UNCONFIRMED = frozenset({State.TIMEOUT, State.UNVERIFIABLE, State.REJECTED})
"""Ends after which the point may not hold what was asked for, although something was sent."""

NOT_SENT = frozenset({State.REFUSED, State.EXPIRED, State.SUPERSEDED, State.DECLINED})
"""Ends after which nothing has left for the device."""


def may_follow(current: State, following: State) -> bool:
    """Whether a request may go from one state to the other."""
    return following in TRANSITIONS[current]


def predecessors(state: State) -> frozenset[State]:
    """States from which a request may come to this one."""
    return frozenset(current for current, following in TRANSITIONS.items() if state in following)
