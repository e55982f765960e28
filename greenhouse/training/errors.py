"""What a training base refuses.

TrainingError
├── WrongBase           this process and this database are of two kinds of base -> start the other one
├── NoTrainingBase      only a training base can do that                        -> there is none here
└── ClockStands         nobody has started the base clock on this run of the machine -> make train
"""

from __future__ import annotations


class TrainingError(Exception):
    """Told in the reader's language."""


class WrongBase(TrainingError):
    """A training process on the database of a live base, or the other way round."""


class NoTrainingBase(TrainingError):
    """A live base goes at the pace of the clock, whatever is asked."""


class ClockStands(TrainingError):
    """The base clock belongs to another run of the machine."""
