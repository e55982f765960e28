"""Which leases this installation uses."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.db import connection

from scheduler.leases.file_lease import FileLeases
from scheduler.leases.lease import Leases
from scheduler.leases.stored_lease import StoredLeases
from scheduler.leases.term import Term


def locks_folder() -> Path:
    """Where this machine's processes keep what is theirs alone: lock files, and what is believed of its clock."""
    folder: Path = settings.VAR_DIR / "locks"
    return folder


def open_leases(directory: Path) -> Leases:
    """File locks while the store is this machine's own; on PostgreSQL rows as well, since others may share it.

    Parameters
    ----------
    directory : Path
        Folder of the lock files of this machine.
    """
    files = FileLeases(directory)
    if connection.vendor == "postgresql":
        return StoredLeases(files, term=Term(settings.LEASE_LASTS_S))
    return files
