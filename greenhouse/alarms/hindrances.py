"""What keeps a program from moving an output as it wants to. Pure.

A program that wants a move asks for it again and again; the page says why it is refused. Nobody reads a page at dusk.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from greenhouse.alarms.definitions import Kind
from greenhouse.commands.checks import Code, Verdict
from greenhouse.commands.weather_limits import SHUT_PCT
from greenhouse.rules.evaluate.decisions import Actuator, Decision, Why

_TOLD_OTHERWISE = frozenset({Code.OVER_TRAVEL, Code.LINK_DOWN, Code.LINK_UNKNOWN, Code.LOCATION_UNKNOWN})
"""A locked output and a lost link are alarms of their own: one for a cause."""

_COVERS = frozenset({Why.NIGHT, Why.WAITS_FOR_VENTS, Why.WIND_KEEPS_BLANKET_UP})


@dataclass(frozen=True, slots=True)
class OutputSeen:
    """An output that a program decides about.

    Attributes
    ----------
    position_pct : float or None
        Where it stands; None: nobody knows. [%]
    is_missing : bool
        Whether what is wanted is not in force.
    is_moving_there : bool
        Whether its motor does what is wanted.
    is_held : bool
        Whether a person holds the output itself.
    verdict : Verdict or None
        Why the request is refused now, if it is.
    """

    position_pct: float | None
    is_missing: bool
    is_moving_there: bool = False
    is_held: bool = False
    verdict: Verdict | None = None


@dataclass(frozen=True, slots=True)
class Hindrance:
    """A program cannot move an output; ``kind`` is that of the alarm."""

    kind: Kind
    position_pct: float | None
    facts: Mapping[str, str | float] = field(default_factory=dict)


def wants_cover(decision: Decision) -> bool:
    """Whether the blanket is to lie on the house for the night: also while it waits for vents or for less wind."""
    return decision.actuator is Actuator.BLANKET and decision.why in _COVERS


def hindrance(decision: Decision, seen: OutputSeen) -> Hindrance | None:
    """What is to be told of an output, if it goes on; None: nothing.

    A person who holds the output itself knows of it, and the hold ends. One who holds a vent need not think of the
    blanket. A blanket counts as up where nobody knows where it stands and what it was told is not in force.
    """
    if seen.is_held or seen.is_moving_there or _is_told_otherwise(seen):
        return None
    facts = {} if seen.verdict is None else _facts(seen.verdict)
    if wants_cover(decision):
        is_up = seen.is_missing if seen.position_pct is None else seen.position_pct > SHUT_PCT
        return Hindrance(Kind.BLANKET_WAITS, seen.position_pct, facts) if is_up else None
    if decision.target is None or not seen.is_missing or seen.verdict is None:
        return None
    return Hindrance(Kind.PROGRAM_HINDERED, seen.position_pct, facts)


def is_unknown(decision: Decision, seen: OutputSeen) -> bool:
    """Whether nobody can tell if a blanket waits: then what was told of it before stands.

    So it is where neither its position nor what is in force says anything, and while its own controller says nothing:
    that is an alarm of its own, and brings no blanket down.
    """
    if not wants_cover(decision) or seen.is_held or seen.is_moving_there:
        return False
    if seen.position_pct is None:
        return not seen.is_missing or _is_told_otherwise(seen)
    return seen.position_pct > SHUT_PCT and _is_told_otherwise(seen)


def _is_told_otherwise(seen: OutputSeen) -> bool:
    return seen.verdict is not None and seen.verdict.code in _TOLD_OTHERWISE


def _facts(verdict: Verdict) -> dict[str, str | float]:
    known = {name: fact for name, fact in verdict.facts.items() if fact is not None}
    return {"verdict": verdict.code.value, **known}
