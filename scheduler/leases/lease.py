"""Who may use a line, or be the control process: one question, whatever answers it.

On one machine a file lock answers it (``file_lease``). Where several machines share a PostgreSQL store, a row there
does, on top of the file lock of each machine (``stored_lease``).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol

from greenhouse.fencing import Fence

NOBODY_KNOWN = "somebody unknown"
"""Holder of a lease that was never taken, or whose row was deleted: it has to be waited for, too."""


class LeaseState(StrEnum):
    """How a lease stands at this moment."""

    HELD = "held"
    LAPSED = "lapsed"
    """It could not be renewed in time, so nothing may be written. It comes back if nobody has taken it meanwhile."""
    LOST = "lost"
    """It is not ours: never taken, given back, or taken by another process."""


class LeaseLapsed(Exception):
    """The lease may come back. Until then nothing is touched."""


class Lease(Protocol):
    """The right of one process to use one thing: a line, or the store of samples."""

    @property
    def name(self) -> str:
        """Name of the thing, for messages."""

    @property
    def fence(self) -> Fence:
        """What goes along with everything that is committed under this lease. The lease is held, or was."""

    def acquire(self) -> bool:
        """Take the lease if it is free. True if this object holds it afterwards; ask again until it does.

        Raises
        ------
        OSError, DatabaseError
            If it cannot be found out.
        """

    def state(self) -> LeaseState:
        """How it stands. Asks no other machine."""

    def held(self) -> bool:
        """Whether this object holds the lease now."""

    def require(self) -> None:
        """Do nothing if the lease is held.

        Raises
        ------
        LeaseLost
            If it is not. Called right before every write.
        """

    def holder(self) -> str | None:
        """The last owner as far as is known, for a message."""

    def release(self) -> None:
        """Give the lease back. Asks no other machine; safe to call twice."""


class Leases(Protocol):
    """All leases of this machine."""

    def control(self) -> Lease:
        """The right to be the control process: to store samples and to take requests."""

    def line(self, key: str) -> Lease:
        """The right to open a line: the control process's, or for a moment that of ``manage.py probe``."""

    def maintenance(self) -> Lease:
        """The right to run the schedules of maintenance."""

    def close(self) -> None:
        """End what keeps leases alive, when all are given back. Safe to call twice."""
