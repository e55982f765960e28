"""What goes wrong with programs.

RulesError
├── ProgramDocumentError   a text is no program
└── ProgramRefused         a change of a program that was not made; nothing was stored
    ├── UnknownCompartment
    ├── UnknownProgram
    ├── FaultyProgram      it cannot run                  -> mend it; every fault is told
    ├── FaultyIrrigation   the same of an irrigation program
    ├── ReasonNeeded       a large change without a reason -> say why
    ├── NothingToChange    it is in force already
    └── ProgramConflict    somebody else was faster        -> look at theirs, do yours again
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from greenhouse.rules.evaluate import irrigation_program
    from greenhouse.rules.evaluate.climate_program import Fault


class RulesError(Exception):
    """Root of the package's errors."""


class ProgramDocumentError(RulesError):
    """A text is no program. `field` says where, `told` what stands there."""

    def __init__(self, field: str, told: object) -> None:
        super().__init__(f"{field}: {told!r} cannot be read as part of a program")
        self.field = field
        self.told = told


class ProgramRefused(RulesError):
    """A change of a program that was not made. Nothing was stored."""


class UnknownCompartment(ProgramRefused):
    """The base has no such compartment."""


class UnknownProgram(ProgramRefused):
    """There is no such program."""


class FaultyProgram(ProgramRefused):
    """The program cannot run; each fault names its field."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(", ".join(f"{fault.field}: {fault.code}" for fault in faults))
        self.faults = tuple(faults)


class FaultyIrrigation(ProgramRefused):
    """The irrigation program cannot run; each fault names its field."""

    def __init__(self, faults: Sequence[irrigation_program.Fault]) -> None:
        super().__init__(", ".join(f"{fault.field}: {fault.code}" for fault in faults))
        self.faults = tuple(faults)


class ReasonNeeded(ProgramRefused):
    """A large change says why."""


class NothingToChange(ProgramRefused):
    """What was asked for is in force already."""


class ProgramConflict(ProgramRefused):
    """Another version came in between.

    Attributes
    ----------
    seen, newest : int
        Number of the version that was changed, and of the one in force now.
    """

    def __init__(self, *, seen: int, newest: int) -> None:
        super().__init__(f"version {newest} came after version {seen}")
        self.seen = seen
        self.newest = newest
