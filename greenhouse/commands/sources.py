"""Where a change comes from, and whose turn it is. Pure.

Order: interlock, then a person (whose value may be held), then a program. Nothing of a lower rank replaces what a
higher one has asked for; an interlock passes a manual hold, a program does not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Source(StrEnum):
    """Who wants a change, or made it."""

    PERSON = "person"
    PROGRAM = "program"
    """A control program, or the automatic return from a manual hold."""
    INTERLOCK = "interlock"
    """A condition that forces a value, whoever wants another one."""
    CONTROLLER = "controller"
    """The controller on site: somebody there, or the device itself. Recorded, never asked for."""


_RANK: Mapping[Source, int] = {Source.PROGRAM: 0, Source.PERSON: 1, Source.INTERLOCK: 2}

AUTOMATIC_RETURN = "automatic_return"
"""Name of the program that brings a point back when its manual hold ends."""
CLIMATE_PROGRAM = "climate_program"
"""Name of the climate programs, whichever compartment they are for."""
IRRIGATION_RUN = "irrigation_run"
"""Name of an irrigation run as it takes its steps."""
VALVE_GUARD = "valve_guard"
"""Name of the interlock that closes what stands open without a run."""
ON_SITE = "on_site"
"""Who changed a value at the controller is not known; this stands for them."""


@dataclass(frozen=True, slots=True)
class Automatic:
    """A program or an interlock that asks for a change.

    Attributes
    ----------
    source : Source
        Program or interlock.
    name : str
        Which one; stands where a person's name would.
    """

    source: Source
    name: str

    def __post_init__(self) -> None:
        if self.source not in {Source.PROGRAM, Source.INTERLOCK}:
            raise ValueError(f"{self.source} does not ask for changes by itself")
        if not self.name:
            raise ValueError("a program or an interlock that asks has a name")


def may_replace(newer: Source, older: Source) -> bool:
    """Whether a request may take the place of an older one that nobody has taken yet."""
    return _RANK[newer] >= _RANK[older]


def passes_hold(source: Source) -> bool:
    """Whether a request goes through on a point that a person holds."""
    return _RANK[source] >= _RANK[Source.PERSON]
