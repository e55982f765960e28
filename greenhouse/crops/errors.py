"""Why a cultivar or a crop cycle was not stored.

CropError
├── UnknownCrop, UnknownCultivar,   there is none of this key                        -> choose another one
│   UnknownCompartment, UnknownCycle
├── NameRefused                     no name, or too long                             -> write another one
├── NameTaken                       the crop has a cultivar of this name             -> take that one
├── AreaRefused                     no area, or more than the compartment has        -> another one
├── NoRoom                          other cycles take the area at that time          -> less, or end them first
├── DayRefused                      in the future, too long ago, end before start    -> another one
├── TargetRefused                   a target that is none                            -> another one
├── HasEnded                        the cycle ended already                          -> nothing to do
├── ChangedMeanwhile                somebody else has changed it since it was read   -> read it again
└── OtherContent                    this form was sent before, with something else   -> open a new form

Who lacks the right gets `greenhouse.access.errors.NotAllowed`.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum


class CropError(Exception):
    """Nothing was stored."""


class UnknownCrop(CropError):
    """There is no crop of this key."""


class UnknownCultivar(CropError):
    """There is no cultivar of this key."""


class UnknownCompartment(CropError):
    """There is no compartment of this key, or it is switched off."""


class UnknownCycle(CropError):
    """There is no such crop cycle."""


class NameRefused(CropError):
    """There is no name, or it is longer than a name may be."""


class NameTaken(CropError):
    """The crop has a cultivar of this name."""


class AreaRefused(CropError):
    """No number above 0, or more than the compartment has. ``most_m2`` is what it has."""

    def __init__(self, most_m2: float) -> None:
        super().__init__(most_m2)
        self.most_m2 = most_m2


class NoRoom(CropError):
    """Other cycles take the area. ``free_m2`` is what is left on ``day``, where it is least."""

    def __init__(self, free_m2: float, day: date) -> None:
        super().__init__(free_m2, day)
        self.free_m2, self.day = free_m2, day


class DayFault(StrEnum):
    """What is wrong with a day."""

    IN_FUTURE = "in_future"
    LONG_AGO = "long_ago"
    END_BEFORE_START = "end_before_start"


class DayRefused(CropError):
    """A day on which nothing can have been planted or cleared. ``other`` is the day that it is measured against."""

    def __init__(self, fault: DayFault, other: date) -> None:
        super().__init__(fault, other)
        self.fault, self.other = fault, other


class TargetRefused(CropError):
    """A target that is no number above 0, or says not whether it is for a week or in total."""


class HasEnded(CropError):
    """The cycle ended already."""


class ChangedMeanwhile(CropError):
    """Somebody else has changed the cycle since it was read."""


class OtherContent(CropError):
    """This form was sent before, and said something else then."""
