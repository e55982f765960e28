"""Why a harvest was not stored.

HarvestError
├── WeightRefused      no number, not above 0, NaN, too many digits, too much       -> write another one
├── StemsRefused       no whole number above 0, or stems of what has none           -> write another one
├── GradeRefused       no grade                                                     -> choose one
├── DayRefused         in the future, before planting, after clearing               -> another one
├── TextRefused        a note or reason that is too long, a correction without one  -> write another one
├── Doubtful           much more than usual                                         -> say why it is right, or mend it
├── UnknownHarvest     there is no such entry                                       -> nothing to do
├── CorrectedMeanwhile the entry was corrected since it was read                    -> read it again
├── NothingToCorrect   the correction says what stands there already                -> nothing to do
└── OtherContent       this form was sent before, with something else               -> correct what was stored

An unknown cycle is `greenhouse.crops.errors.UnknownCycle`; who lacks the right gets
`greenhouse.access.errors.NotAllowed`.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum


class HarvestError(Exception):
    """Nothing was stored."""


class WeightFault(StrEnum):
    """What is wrong with a weight."""

    NO_NUMBER = "no_number"
    NOT_ABOVE_ZERO = "not_above_zero"
    TOO_FINE = "too_fine"
    TOO_MUCH = "too_much"


class WeightRefused(HarvestError):
    """A weight that no harvest has."""

    def __init__(self, fault: WeightFault) -> None:
        super().__init__(fault)
        self.fault = fault


class StemsRefused(HarvestError):
    """No whole number of stems above 0; or stems of a crop that is not counted."""


class GradeRefused(HarvestError):
    """There is no such grade."""


class DayFault(StrEnum):
    """What is wrong with a day."""

    NO_DAY = "no_day"
    IN_FUTURE = "in_future"
    BEFORE_PLANTING = "before_planting"
    AFTER_CLEARING = "after_clearing"


class DayRefused(HarvestError):
    """A day on which this crop gave no harvest. ``other``: today, planting or clearing."""

    def __init__(self, fault: DayFault, other: date | None = None) -> None:
        super().__init__(fault, other)
        self.fault, self.other = fault, other


class TextRefused(HarvestError):
    """A note or reason that is too long; a correction without a reason."""


class Doubtful(HarvestError):
    """The weight is far from what is usual, and nobody said why it is right."""

    def __init__(self, mass_g: int, usual_g: int) -> None:
        super().__init__(mass_g, usual_g)
        self.mass_g, self.usual_g = mass_g, usual_g


class UnknownHarvest(HarvestError):
    """There is no such entry."""


class CorrectedMeanwhile(HarvestError):
    """The entry was corrected since it was read."""


class NothingToCorrect(HarvestError):
    """The correction says what stands there already."""


class OtherContent(HarvestError):
    """This form was sent before, and said something else then. ``stored`` is what stands."""
