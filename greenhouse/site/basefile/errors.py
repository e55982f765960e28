from __future__ import annotations

from devices.errors import FaultyFile


class BaseFileError(FaultyFile):
    """A base file that is wrong. Nothing of it was stored."""
