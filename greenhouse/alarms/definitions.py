"""What an alarm is, as checked values. Read by `greenhouse.alarms.loader`; written in ``data/*.toml``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import IntEnum, StrEnum

from devices.profiles.outputs import OutputKind
from devices.units import Quantity
from greenhouse.access.roles import Role
from greenhouse.site.basefile.schema import HouseKind
from greenhouse.site.naming import in_readers_language


class Priority(IntEnum):
    """How urgent: P1 urgent, P2 high, P3 medium, P4 notice. Stored as its number."""

    P1 = 1
    P2 = 2
    P3 = 3
    P4 = 4


class Severity(StrEnum):
    """How bad it gets if nobody does anything."""

    MINOR = "minor"
    MAJOR = "major"
    SEVERE = "severe"


class Kind(StrEnum):
    """What is looked at."""

    HIGH = "high"
    LOW = "low"
    AWAY = "away"
    STATE = "state"
    BITS = "bits"
    UNUSABLE = "unusable"
    """No usable value: bad ones, or none."""
    COUNTER = "counter"
    """A counter was reset, or stands further ahead than it can have counted."""
    LINK_LOST = "link_lost"
    """A device does not answer."""
    LINE_LOST = "line_lost"
    """No device of a line answers."""
    UNCONFIRMED = "unconfirmed"
    """A command is not known to have taken."""
    RETURN_WAITING = "return_waiting"
    """A manual hold is over, and its automatic return waits for a read-back."""

    OUTPUT_LOCKED = "output_locked"
    """A motor ran too long; its output is locked till a person has looked at it."""
    BLANKET_WAITS = "blanket_waits"
    """A program wants the blanket down, and it does not come down."""
    PROGRAM_HINDERED = "program_hindered"
    """What a program wants of an output is refused again and again."""

    @property
    def has_limit(self) -> bool:
        """Whether it compares a number with a limit."""
        return self in {Kind.HIGH, Kind.LOW, Kind.AWAY}

    @property
    def follows_commands(self) -> bool:
        """Whether it comes from requests, holds, locks and decisions, not from readings."""
        return self in {Kind.UNCONFIRMED, Kind.RETURN_WAITING, Kind.OUTPUT_LOCKED} or self.follows_programs

    @property
    def follows_programs(self) -> bool:
        """Whether it comes from what programs decide."""
        return self in {Kind.BLANKET_WAITS, Kind.PROGRAM_HINDERED}

    @property
    def is_cause(self) -> bool:
        """Whether it explains the alarms of everything behind it."""
        return self in {Kind.LINK_LOST, Kind.LINE_LOST}


class GateState(StrEnum):
    """What other points must say for the condition to count."""

    ANY_ON = "any_on"
    ALL_OFF = "all_off"


@dataclass(frozen=True, slots=True)
class Gate:
    """The condition counts only while other points of the same device are on, or off (0)."""

    points: tuple[str, ...]
    state: GateState


@dataclass(frozen=True, slots=True)
class Selection:
    """Which points an alarm looks at.

    Attributes
    ----------
    quantity : Quantity or None
        None: any.
    keys : tuple of str
        Keys of points within their device; empty: any.
    houses : tuple of HouseKind
        Only in houses of these kinds; empty: anywhere.
    moves : tuple of OutputKind
        Only of devices whose reference moves one of these; empty: any.
    once_per_compartment : bool
        The first such point of each compartment, in the order of the base file, and none outside.
    """

    quantity: Quantity | None = None
    keys: tuple[str, ...] = ()
    houses: tuple[HouseKind, ...] = ()
    moves: tuple[OutputKind, ...] = ()
    once_per_compartment: bool = False


@dataclass(frozen=True, slots=True)
class Wording:
    """One text in both languages."""

    zh: str
    en: str

    def __str__(self) -> str:
        return in_readers_language(self.zh, self.en)


@dataclass(frozen=True, slots=True)
class Definition:
    """One alarm of the base, before it is bound to points.

    Attributes
    ----------
    action : Wording
        What to do by hand.
    severity, respond_within_min
        How bad it gets, and how long a person has. [min]
    stated_priority, priority_reason
        Where the computed priority was overruled, and why.
    limit, deadband : float
        Canonical unit of the point; of the difference, if there is a reference.
    reference : str or None
        Key, within the same device, of the point from which the difference is taken.
    states, bits : tuple of int
        Which numbers or which bits are wrong.
    covered_by : str or None
        Key of the graver alarm of the same object, which speaks for this one while both are on.
    owner : Role
        Who answers for limits and texts.
    """

    key: str
    kind: Kind
    name: Wording
    cause: Wording
    consequence: Wording
    action: Wording
    severity: Severity
    respond_within_min: float
    owner: Role
    reviewed_on: date
    selection: Selection
    on_delay_s: float
    off_delay_s: float
    limit: float = 0.0
    deadband: float = 0.0
    reference: str | None = None
    gate: Gate | None = None
    states: tuple[int, ...] = ()
    bits: tuple[int, ...] = ()
    covered_by: str | None = None
    stated_priority: Priority | None = None
    priority_reason: str = ""

    @property
    def priority(self) -> Priority:
        """As computed from severity and time to respond, unless it was overruled."""
        return self.stated_priority or computed_priority(self.severity, self.respond_within_min)


@dataclass(frozen=True, slots=True)
class Override:
    """What a site says about an alarm beyond its definition. None: as defined.

    Attributes
    ----------
    compartments : tuple of str
        Keys; empty: everywhere.
    reason : str
        Why. There is no override without one.
    """

    key: str
    reason: str
    compartments: tuple[str, ...] = ()
    enabled: bool = True
    limit: float | None = None
    deadband: float | None = None
    on_delay_s: float | None = None
    off_delay_s: float | None = None
    priority: Priority | None = None

    def applies_in(self, compartment: str | None) -> bool:
        """Whether it is meant for something in this compartment."""
        return not self.compartments or compartment in self.compartments


SHORTEST_RESPONSE_MIN = 3.0
"""A severe consequence that leaves less time than this cannot be left to a person. [min]"""

_MATRIX: Mapping[Severity, tuple[Priority, Priority, Priority, Priority]] = {
    Severity.MINOR: (Priority.P4, Priority.P3, Priority.P3, Priority.P2),
    Severity.MAJOR: (Priority.P3, Priority.P2, Priority.P2, Priority.P1),
    Severity.SEVERE: (Priority.P2, Priority.P1, Priority.P1, Priority.P1),
}
"""By time to respond: over 30 min, over 10 min, from 3 min, less."""


def computed_priority(severity: Severity, respond_within_min: float) -> Priority:
    """Priority from consequence and time to respond. [min]"""
    over_30, over_10, from_3, less = _MATRIX[severity]
    if respond_within_min > 30:
        return over_30
    if respond_within_min > 10:
        return over_10
    return from_3 if respond_within_min >= SHORTEST_RESPONSE_MIN else less
