"""Errors of the alarms.

AlarmsError
├── DefinitionsError      an alarm file is wrong                    -> correct the file; nothing of it was taken
├── UnknownAlarm          there is no such alarm                    -> look at the list again
└── NothingToAcknowledge  it was acknowledged or ended meanwhile    -> look at the list again

Who lacks the right gets `greenhouse.access.errors.NotAllowed`.
"""

from __future__ import annotations

from devices.errors import FaultyFile


class AlarmsError(Exception):
    """Something about an alarm cannot be done."""


class DefinitionsError(FaultyFile, AlarmsError):
    """An alarm file that is wrong."""


class UnknownAlarm(AlarmsError):
    """There is no such alarm."""


class NothingToAcknowledge(AlarmsError):
    """The alarm was acknowledged by somebody else, or nothing is left of it.

    Attributes
    ----------
    by : str
        Name of who was faster; empty if nobody was.
    """

    def __init__(self, by: str) -> None:
        self.by = by
        super().__init__(by)
