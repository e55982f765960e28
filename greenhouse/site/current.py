"""The structure of the base, read again only after an import has changed it."""

from __future__ import annotations

from greenhouse.site import structure
from greenhouse.site.structure import BaseStructure


class NoBase(Exception):
    """No base file has been loaded yet."""


_read: BaseStructure | None = None
"""What was read last. Replaced as a whole, so threads see either the old or the new structure."""


def current_base() -> BaseStructure:
    """The base as it is now.

    Raises
    ------
    NoBase
        If no base file has been loaded.
    """
    global _read  # noqa: PLW0603  (one structure per process)
    revision = structure.revision()
    if _read is None or _read.revision != revision:
        _read = structure.base()
    if _read is None:
        raise NoBase
    return _read
