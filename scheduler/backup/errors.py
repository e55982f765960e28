"""Errors of backups. Each reads as a sentence in the reader's language.

BackupError
├── NotMade        no room, no right to write, no client    -> as the sentence says; earlier backups are untouched
├── NotSound       its files are not what its manifest says -> take another backup
└── NotRestored    it cannot, or may not, be put back       -> as the sentence says; the store is as it was
"""

from __future__ import annotations


class BackupError(Exception):
    """A backup that was not made, is not sound, or was not put back."""


class NotMade(BackupError):
    """There is no new backup."""


class NotSound(BackupError):
    """A backup that nobody should rely on."""


class NotRestored(BackupError):
    """The store was not changed."""
