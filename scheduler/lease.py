"""Who may use a line, or be the control process: a file lock that the kernel frees when its owner dies."""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path

from devices.errors import LeaseLost


class Lease:
    """The right of one process to use one thing: a line, or the store of samples.

    The lock is advisory and belongs to an open file, so it ends with the process. Whoever deletes or replaces the lock
    file takes the right away: ``held`` compares the file that is locked with the file that stands there.

    Parameters
    ----------
    directory : Path
        Folder of the lock files, the same for every process of this machine.
    name : str
        Name of the thing, for the file and for messages.
    """

    def __init__(self, directory: Path, name: str) -> None:
        self.name = name
        self._path = directory / f"{name}.lock"
        self._descriptor: int | None = None

    def acquire(self) -> bool:
        """Take the lease if it is free. True if this object holds it afterwards."""
        if self.held():
            return True
        self.release()
        self._path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        self._descriptor = descriptor
        # Always the same length, written over the old one: a full disk must not cost the lease.
        with suppress(OSError):
            os.pwrite(descriptor, f"{os.getpid():<10d}\n".encode(), 0)
        if self.held():
            return True
        self.release()  # the file was replaced between open and lock
        return False

    def held(self) -> bool:
        """Whether this object holds the lease now."""
        if self._descriptor is None:
            return False
        try:
            there = self._path.stat()
        except FileNotFoundError:
            return False
        ours = os.fstat(self._descriptor)
        return (ours.st_dev, ours.st_ino) == (there.st_dev, there.st_ino)

    def require(self) -> None:
        """Do nothing if the lease is held.

        Raises
        ------
        LeaseLost
            If it is not. Called right before every write.
        """
        if not self.held():
            raise LeaseLost(self.name)

    def holder(self) -> str | None:
        """Process id of the last owner, as text, for a message. None if nobody ever held it."""
        try:
            return self._path.read_text().strip() or None
        except FileNotFoundError:
            return None

    def release(self) -> None:
        """Give the lease back. Safe to call twice."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def control_lease(directory: Path) -> Lease:
    """The right to be the control process of this machine: to store samples and to take requests."""
    return Lease(directory, "control")


def maintenance_lease(directory: Path) -> Lease:
    """The right to run the schedules of maintenance on this machine."""
    return Lease(directory, "maintenance")


def line_lease(directory: Path, line: str) -> Lease:
    """The right to open a line: the control process's, or for a moment that of ``manage.py probe``."""
    return Lease(directory, f"line-{line}")
