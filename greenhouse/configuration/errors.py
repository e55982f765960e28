"""What configuration refuses.

ConfigurationError
├── FaultySource        the text is wrong                        -> mend it; every fault is told
├── EditImpossible      a form cannot change this file           -> change it as text
├── NoReason            a change without a reason                -> say why
├── NothingToChange     the text is what is in force already
├── Conflict            somebody else was faster                 -> look at theirs, do yours again
├── Unfinished          an earlier version is not fully applied  -> finish that first
└── Disputed            the file on disk and the store were both changed -> an engineer says which one counts
"""

from __future__ import annotations

from collections.abc import Sequence

from devices.errors import FaultyFile


class ConfigurationError(Exception):
    """A change of the configuration that was not made. Nothing was stored."""


class FaultySource(FaultyFile, ConfigurationError):
    """The text of a base or alarm file is wrong; each fault names its place."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("base", faults)


class EditImpossible(ConfigurationError):
    """This file is written in a way that a form cannot change without harming it."""


class NoReason(ConfigurationError):
    """Every change says why."""


class NothingToChange(ConfigurationError):
    """The text is the one in force."""


class Conflict(ConfigurationError):
    """Another version came in between.

    Attributes
    ----------
    newest : int
        Number of the version that is the newest now.
    """

    def __init__(self, newest: int) -> None:
        super().__init__(f"version {newest} came in between")
        self.newest = newest


class Unfinished(ConfigurationError):
    """The newest version is being applied, or was cut off.

    Attributes
    ----------
    number : int
        Of that version.
    """

    def __init__(self, number: int) -> None:
        super().__init__(f"version {number} is not fully applied")
        self.number = number


class Disputed(ConfigurationError):
    """The file on disk was changed, and so was the stored version after that file was loaded."""
