"""Errors of publishing.

FaultyFile
└── PublishedListError    the list of what is published is wrong   -> fix the file; nothing is published
"""

from __future__ import annotations

from devices.errors import FaultyFile


class PublishedListError(FaultyFile):
    """The list of what visitors may see; each fault names its entry."""
