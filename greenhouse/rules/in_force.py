"""The climate program that a compartment has, as whoever carries it out gets it. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from greenhouse.rules.evaluate.climate_program import ClimateProgram


@dataclass(frozen=True, slots=True)
class ProgramInForce:
    """A compartment's climate program.

    Attributes
    ----------
    program : ClimateProgram
    version : int
        0: the standard program, which nobody has changed yet.
    is_on : bool
        Whether it drives the compartment. Off: the controllers go on by what they were told last.
    """

    program: ClimateProgram
    version: int
    is_on: bool
