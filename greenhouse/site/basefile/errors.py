from __future__ import annotations

from collections.abc import Sequence


class BaseFileError(Exception):
    """A base file that is wrong. Nothing of it was stored.

    Attributes
    ----------
    file : str
        Name of the file as the reader knows it.
    faults : tuple of str
        Every fault, one sentence each, with its place in the file.
    """

    def __init__(self, file: str, faults: Sequence[str]) -> None:
        self.file = file
        self.faults = tuple(faults)
        super().__init__(f"{file}: {len(self.faults)} fault(s)\n  " + "\n  ".join(self.faults))
