"""The life of an irrigation run: its states as one table, and for how long it lets water flow. Pure.

A run is stored before its first command. Whatever ends it, its valves are written closed and read back: there is no way
from an open valve to an end that does not lead through ``closing``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum

from greenhouse.deadlines import Deadline, Moment

OPENING_S = 20.0
"""Time of the wire for registers, valves and pump to be written and read back, on top of what a run may last. [s]"""
REGISTER_MARGIN_S = 10.0
"""The device closes a valve by itself so long after the deadline of its run; time of the wire. [s]"""
STANDS_AFTER_S = 60.0
"""A meter that counts nothing for so long while valves are open: no water comes, or nobody knows how much. [s]"""
LATEST_BEGIN_S = 900.0
"""A run that could not begin within this time, and that of the runs before it, is missed. [s]"""


class RunState(StrEnum):
    """How far a run has come."""

    PLANNED = "planned"
    """Stored; nothing was sent."""
    OPENING = "opening"
    """Its deadline stands; registers, valves and pump are being written."""
    RUNNING = "running"
    """Everything was read back; water flows."""
    CLOSING = "closing"
    """It is over; its pump and valves are written closed, again and again until they are read closed."""
    DONE = "done"
    """The dose was given."""
    STOPPED = "stopped"
    """A person stopped it, or the process that carried it out ended."""
    FAILED = "failed"
    MISSED = "missed"
    """Nothing was opened."""


class RunReason(StrEnum):
    """Why a run ended, or is about to."""

    NONE = ""
    DOSE_GIVEN = "dose_given"
    BY_PERSON = "by_person"
    INTERRUPTED = "interrupted"
    """Its control process ended. It is closed and counted, never resumed."""
    TOO_LONG = "too_long"
    """The dose was not reached in the time that a run may last."""
    NOT_OPENED = "not_opened"
    """A step of opening was refused or not confirmed."""
    METER_STANDS = "meter_stands"
    METER_UNKNOWN = "meter_unknown"
    NO_METER = "no_meter"
    """A dose by volume, and nothing that counts it."""
    CLOSED_BY_ITSELF = "closed_by_itself"
    """A valve closed, or the pump stopped, without a request of ours."""
    TOO_LATE = "too_late"
    """Its time had come while nothing ran, or its turn did not come in time."""
    DRAIN_REACHED = "drain_reached"
    RESTORED = "restored"
    """It was planned in a backup that was put back; it may have been given since."""
    GROUP_GONE = "group_gone"
    """The base file has no such valve group any more."""
    SWITCHED_OFF = "switched_off"
    """Its program was switched off before its turn came."""
    CHANGED = "changed"
    """The newest version of its program has no such start for its group."""


TRANSITIONS: Mapping[RunState, frozenset[RunState]] = {
    RunState.PLANNED: frozenset({RunState.OPENING, RunState.STOPPED, RunState.MISSED}),
    RunState.OPENING: frozenset({RunState.RUNNING, RunState.CLOSING}),
    RunState.RUNNING: frozenset({RunState.CLOSING}),
    RunState.CLOSING: frozenset({RunState.DONE, RunState.STOPPED, RunState.FAILED}),
    RunState.DONE: frozenset(),
    RunState.STOPPED: frozenset(),
    RunState.FAILED: frozenset(),
    RunState.MISSED: frozenset(),
}
"""What may follow each state."""

BEGINS_AS = frozenset({RunState.PLANNED, RunState.MISSED})
TERMINAL = frozenset(state for state, following in TRANSITIONS.items() if not following)
BEGUN = frozenset({RunState.OPENING, RunState.RUNNING, RunState.CLOSING})
"""States in which something may be open. A water source has one such run at most."""
LETS_OPEN = frozenset({RunState.OPENING})
"""States in which commands may open something."""
COVERS = frozenset({RunState.OPENING, RunState.RUNNING})
"""States in which a valve may stand open, until the deadline."""

_ENDS_AS: Mapping[RunReason, RunState] = {
    RunReason.DOSE_GIVEN: RunState.DONE,
    RunReason.BY_PERSON: RunState.STOPPED,
    RunReason.INTERRUPTED: RunState.STOPPED,
}


def may_follow(current: RunState, following: RunState) -> bool:
    """Whether a run may go from one state to the other."""
    return following in TRANSITIONS[current]


def predecessors(state: RunState) -> frozenset[RunState]:
    """States from which a run may come to this one."""
    return frozenset(current for current, following in TRANSITIONS.items() if state in following)


def end_of(reason: RunReason) -> RunState:
    """How a run ends that closes for a reason."""
    return _ENDS_AS.get(reason, RunState.FAILED)


def may_open(state: RunState, deadline: Deadline | None, now: Moment) -> bool:
    """Whether commands of a run may open something now."""
    return state in LETS_OPEN and deadline is not None and not deadline.has_passed(now)


def covers(state: RunState, deadline: Deadline | None, now: Moment) -> bool:
    """Whether the valves of a run may stand open now."""
    return state in COVERS and deadline is not None and not deadline.has_passed(now)


def lasts(limit_s: float, now: Moment) -> timedelta:
    """From the begin of a run to its deadline."""
    return timedelta(seconds=limit_s) + now.span(timedelta(seconds=OPENING_S))


def register_s(deadline: Deadline, now: Moment, *, most_s: float) -> float:
    """What is written to the run-time register of a valve: what is left of the run, and a margin. [s]

    Parameters
    ----------
    most_s : float
        What the register takes. On a fast training base the time for opening alone is longer.
    """
    left = max(timedelta(), deadline.remaining(now)) + now.span(timedelta(seconds=REGISTER_MARGIN_S))
    return min(most_s, float(round(left.total_seconds())))
