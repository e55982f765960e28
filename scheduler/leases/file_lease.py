"""A lease on one machine: a file lock that the kernel frees when its owner dies."""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path

from devices.errors import LeaseLost
from greenhouse.clock import boot_id
from greenhouse.fencing import UNFENCED, Fence
from greenhouse.site.virtual_points import CONTROL
from scheduler.leases.lease import LeaseState


class FileLease:
    """The right of one process of this machine to use one thing.

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
        self.fence: Fence = UNFENCED
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

    def state(self) -> LeaseState:
        """Held or lost: the kernel leaves nothing open."""
        return LeaseState.HELD if self.held() else LeaseState.LOST

    def held(self) -> bool:
        """Whether this object holds the lease now."""
        descriptor = self._descriptor
        if descriptor is None:
            return False
        try:
            there = self._path.stat()
            ours = os.fstat(descriptor)
        except OSError:  # deleted, or released by another thread just now
            return False
        return (ours.st_dev, ours.st_ino) == (there.st_dev, there.st_ino)

    def require(self) -> None:
        """Do nothing if the lease is held, else raise ``LeaseLost``."""
        if not self.held():
            raise LeaseLost(self.name)

    def holder(self) -> str | None:
        """Process id of the last owner, as text, for a message. None if nobody ever held it."""
        try:
            pid = self._path.read_text().strip()
        except FileNotFoundError:
            return None
        return f"process {pid}" if pid else None

    def place(self) -> str:
        """Names the locked file itself, on this start of this machine: no two locks have the same place.

        Who holds the lock knows that whoever held something at the same place has let go of it, or is dead.
        """
        assert self._descriptor is not None, f"{self.name} is not held"
        ours = os.fstat(self._descriptor)
        return f"{boot_id()}:{ours.st_dev}:{ours.st_ino}"

    def release(self) -> None:
        """Give the lease back. Safe to call twice."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)


class FileLeases:
    """The leases of a machine whose store is its own.

    Parameters
    ----------
    directory : Path
        Folder of the lock files.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def control(self) -> FileLease:
        """The right to be the control process of this machine."""
        return FileLease(self._directory, CONTROL)

    def line(self, key: str) -> FileLease:
        """The right of a process of this machine to open a line."""
        return FileLease(self._directory, f"line-{key}")

    def maintenance(self) -> FileLease:
        """The right to run the schedules of maintenance on this machine."""
        return FileLease(self._directory, "maintenance")

    def backup(self) -> FileLease:
        """The right to make a backup on this machine."""
        return FileLease(self._directory, "backup")

    def close(self) -> None:
        """Nothing to do: the kernel keeps them."""
