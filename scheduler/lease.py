"""Who may use a line: a file lock that the kernel frees when its owner dies, by ``kill -9`` too."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from devices.errors import LeaseLost


class LineLease:
    """The right of one process to use one line.

    The lock is advisory and belongs to an open file, so it ends with the process. Whoever deletes or replaces the lock
    file takes the right away: ``held`` compares the file that is locked with the file that stands there.

    Parameters
    ----------
    directory : Path
        Folder of the lock files, the same for every process of this machine.
    line : str
        Key of the line.
    """

    def __init__(self, directory: Path, line: str) -> None:
        self.line = line
        self._path = directory / f"line-{line}.lock"
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
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
        self._descriptor = descriptor
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
            raise LeaseLost(self.line)

    def holder(self) -> str | None:
        """Process id of the last owner, as text, for a message. None if nobody ever held the line."""
        try:
            return self._path.read_text().strip() or None
        except FileNotFoundError:
            return None

    def release(self) -> None:
        """Give the lease back. Safe to call twice."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
